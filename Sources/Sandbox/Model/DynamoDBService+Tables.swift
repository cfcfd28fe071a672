/// Operations on tables.
extension DynamoDBService {
  mutating func answerTables(
    _ operation: String, _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    switch operation {
    case "DescribeTable":
      return ["Table": description(try described(request, region, now), region, now)]
    case "ListTables":
      let names = groups.filter { $0.isIn(region, now: now) }.map { JSON.string($0.table.name) }
      return ["TableNames": .array(names)]
    case "CreateTable": return try createTable(request, region, now)
    case "DeleteTable": return try deleteTable(request, region, now)
    case "UpdateTable": return try updateTable(request, region, now)
    case "DescribeTimeToLive":
      let group = try described(request, region, now)
      return ["TimeToLiveDescription": Self.timeToLive(group.timeToLive)]
    case "UpdateTimeToLive": return try updateTimeToLive(request, region, now)
    case "CreateGlobalTable": return try createGlobalTable(request, region, now)
    case "UpdateGlobalTable": return try updateGlobalTable(request, region, now)
    case "DescribeGlobalTable":
      return ["GlobalTableDescription": try globalTable(request, region, now)]
    default: throw DynamoDBError(.front, "UnknownOperationException", "")
    }
  }

  /// The table that a request names, however it is.
  func described(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> DynamoDBGroup {
    let name = try Self.tableName(request)
    guard let group = group(name, in: region, now) else {
      throw DynamoDBError(
        .service, "ResourceNotFoundException",
        "Requested resource not found: Table: \(name) not found")
    }
    return group
  }

  /// Ends the changes that are over, and drops replicas that had no key for too long.
  mutating func settleTables(_ now: Duration) {
    for index in groups.indices {
      let table = groups[index].table.name
      for member in groups[index].members {
        let isKeyless = trouble.keyless.contains(member.region)
        if isKeyless != (member.keylessSince != nil) {
          groups[index].change(member.region) { $0.keylessSince = isKeyless ? now : nil }
        }
        guard let since = member.keylessSince, now - since >= grace, groups[index].members.count > 1
        else { continue }
        // It is a table of its own from now on, and nothing crosses any more.
        lastGroup += 1
        var alone = DynamoDBGroup(
          groups[index].table, id: lastGroup, regions: [member.region], created: now)
        alone.stream = groups[index].stream
        alone.change(member.region) { $0.keylessSince = member.keylessSince }
        groups[index].members.removeAll { $0.region == member.region }
        groups.append(alone)
      }
      let (filled, emptied) = groups[index].settle(now)
      for region in filled {
        let source = groups[index].members.first {
          !filled.contains($0.region) && !$0.isFailed
        }
        if let source { replicas.copy(table: table, from: source.region, to: region) }
      }
      for region in emptied { replicas.drop(table: table, in: region) }
    }
    groups.removeAll { $0.members.isEmpty && $0.leaving.isEmpty }
  }

  /// Keeps what was changed of a table.
  mutating func keep(_ group: DynamoDBGroup) {
    guard let index = groups.firstIndex(where: { $0.id == group.id }) else { return }
    groups[index] = group
  }

  // MARK: What is refused

  /// What the faults in force refuse of a change.
  func checkChange(
    _ action: String, _ table: String, in region: String
  ) throws(DynamoDBError) {
    if trouble.denied.contains(region) {
      throw DynamoDBError(
        .front, "AccessDeniedException",
        "User: arn:aws:iam::\(Self.account):user/sandbox is not authorized to perform: "
          + "dynamodb:\(action) on resource: \(Self.name(of: table, in: region)) because no "
          + "identity-based policy allows the dynamodb:\(action) action")
    }
    if trouble.isLimited {
      throw DynamoDBError(
        .service, "LimitExceededException",
        "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted "
          + "simultaneously")
    }
  }

  static let inUse = DynamoDBError(
    .service, "ResourceInUseException",
    "The resource which you are attempting to change is in use.")

  static func inUse(_ table: String) -> DynamoDBError {
    DynamoDBError(
      .service, "ResourceInUseException",
      "Attempt to change a resource which is still in use: Table is being used: \(table)")
  }

  // MARK: Making and dropping

  private mutating func createTable(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let name = try Self.tableName(request)
    try checkChange("CreateTable", name, in: region)
    guard group(name, in: region, now) == nil else {
      throw DynamoDBError(
        .service, "ResourceInUseException", "Table already exists: \(name)")
    }
    if let other = [
      "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "SSESpecification", "Tags",
    ].first(where: { request[$0] != nil }) {
      throw .validation("The sandbox takes no \(other)")
    }
    lastGroup += 1
    var group = DynamoDBGroup(
      try Self.schema(request, name), id: lastGroup, regions: [region], created: now)
    switch request["BillingMode"]?.text ?? "PROVISIONED" {
    case "PAY_PER_REQUEST": break
    case "PROVISIONED": group.capacity = try Self.capacity(request["ProvisionedThroughput"])
    case let mode: throw .validation("Unknown BillingMode \(mode)")
    }
    group.stream = try Self.stream(request["StreamSpecification"])
    let isProtected = request["DeletionProtectionEnabled"]?.boolean ?? false
    group.change(region) { $0.isProtected = isProtected }
    group.work = .init(kind: .makingTable, began: now, takes: pace / 2)
    groups.append(group)
    return ["TableDescription": description(group, region, now)]
  }

  private mutating func deleteTable(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    var group = try described(request, region, now)
    try checkChange("DeleteTable", group.table.name, in: region)
    guard group.work == nil, group.leaving[region] == nil else {
      throw Self.inUse(group.table.name)
    }
    try Self.checkRemoval(of: region, group, now)
    let isLast = group.members.count == 1
    if group.isStrong { throw .validation("Deletion of only one table replica is not supported") }
    group.work = .init(
      kind: isLast ? .droppingTable(region) : .dropping([region]), began: now,
      takes: isLast ? pace / 2 : pace)
    keep(group)
    return ["TableDescription": description(group, region, now)]
  }

  /// Whether a region's replica may go.
  static func checkRemoval(
    of region: String, _ group: DynamoDBGroup, _ now: Duration
  ) throws(DynamoDBError) {
    guard let member = group.member(region) else { return }
    guard !member.isProtected else {
      throw .validation(
        "Resource cannot be deleted as it is currently protected against deletion. Disable "
          + "deletion protection first.")
    }
    guard member.sourced.values.allSatisfy({ now - $0 >= .seconds(24 * 3600) }) else {
      throw .validation(
        "Replica cannot be deleted because it has acted as a source region for new replica(s) "
          + "being added to the table in the last 24 hours.")
    }
  }

  private mutating func updateTimeToLive(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    var group = try described(request, region, now)
    guard let wanted = request["TimeToLiveSpecification"],
      let isOn = wanted["Enabled"]?.boolean, let attribute = wanted["AttributeName"]?.text
    else { throw .validation("TimeToLiveSpecification names no AttributeName or Enabled") }
    guard !group.isStrong else {
      throw .validation("Time to live is not supported with multi-Region strong consistency")
    }
    guard isOn != (group.timeToLive != nil) else {
      throw .validation("TimeToLive is already \(isOn ? "enabled" : "disabled")")
    }
    group.timeToLive = isOn ? attribute : nil
    keep(group)
    return ["TimeToLiveSpecification": wanted]
  }

  // MARK: What requests say

  private static func schema(_ request: JSON, _ name: String) throws(DynamoDBError) -> DynamoDBTable
  {
    guard let elements = request["KeySchema"]?.elements, !elements.isEmpty else {
      throw .validation("1 validation error detected: Value at 'keySchema' must not be null")
    }
    let types = Dictionary(
      (request["AttributeDefinitions"]?.elements ?? []).compactMap { attribute in
        attribute["AttributeName"]?.text.map { ($0, attribute["AttributeType"]?.text ?? "S") }
      }
    ) { $1 }
    var keys: [DynamoDBTable.Key] = []
    for (element, kind) in zip(elements, ["HASH", "RANGE"]) {
      guard let key = element["AttributeName"]?.text, element["KeyType"]?.text == kind else {
        throw .validation(
          "Invalid KeySchema: the first element is a HASH key, a second one a RANGE")
      }
      guard let type = types[key], ["S", "N", "B"].contains(type) else {
        throw .validation(
          "One or more parameter values were invalid: Some index key attributes are not defined in "
            + "AttributeDefinitions. Keys: [\(key)]")
      }
      keys.append(.init(name: key, type: type))
    }
    guard elements.count <= 2, types.count == keys.count else {
      throw .validation(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not "
          + "exactly match number of attributes defined in AttributeDefinitions")
    }
    return DynamoDBTable(name: name, hash: keys[0], range: keys.count > 1 ? keys[1] : nil)
  }

  static func capacity(_ json: JSON?) throws(DynamoDBError) -> (read: Int, write: Int) {
    guard let read = json?["ReadCapacityUnits"]?.integer, read > 0,
      let write = json?["WriteCapacityUnits"]?.integer, write > 0
    else {
      throw .validation(
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must "
          + "both be specified when BillingMode is PROVISIONED")
    }
    return (read, write)
  }

  static func stream(_ json: JSON?) throws(DynamoDBError) -> String? {
    guard let json, json["StreamEnabled"]?.boolean == true else { return nil }
    let types = ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"]
    guard let type = json["StreamViewType"]?.text, types.contains(type) else {
      throw .validation(
        "One or more parameter values were invalid: StreamViewType is required when StreamEnabled "
          + "is true")
    }
    return type
  }
}
