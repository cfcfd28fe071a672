/// UpdateTable, and the global tables of 2017.
extension DynamoDBService {
  /// What UpdateTable takes here.
  private static let known: Set<String> = [
    "TableName", "AttributeDefinitions", "BillingMode", "ProvisionedThroughput",
    "StreamSpecification", "ReplicaUpdates", "DeletionProtectionEnabled", "TableClass",
    "MultiRegionConsistency", "GlobalTableWitnessUpdates",
  ]

  private static let oneAction =
    "Update table operation with more than one create or delete replica actions not allowed."

  mutating func updateTable(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    if let other = request.members?.first(where: { !Self.known.contains($0.name) }) {
      throw .validation("The sandbox takes no \(other.name)")
    }
    let group = try described(request, region, now)
    try checkChange("UpdateTable", group.table.name, in: region)
    let changes = (request.members ?? []).map(\.name).filter {
      ![
        "TableName", "AttributeDefinitions", "MultiRegionConsistency", "GlobalTableWitnessUpdates",
      ].contains($0)
    }
    guard !changes.isEmpty else {
      throw .validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
          + "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
    }
    guard let updates = request["ReplicaUpdates"]?.elements else {
      return try change(group, request, region, now)
    }
    guard changes == ["ReplicaUpdates"] else {
      throw .validation(
        "Replica updates cannot be combined with any other update of the table in one request")
    }
    return try updateReplicas(group, updates, request, region, now)
  }

  // MARK: One region's table

  private mutating func change(
    _ old: DynamoDBGroup, _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    var group = old
    guard group.serves(region, now: now) else {
      throw group.work == nil ? .tableNotFound : Self.inUse
    }
    guard group.work == nil else { throw Self.inUse }
    if let stream = request["StreamSpecification"] {
      let wanted = try Self.stream(stream)
      guard group.members.count == 1 else {
        throw .validation("Disabling Stream is not allowed for a Global Table replica.")
      }
      guard (wanted == nil) != (group.stream == nil) else {
        throw .validation(
          wanted == nil
            ? "Table already has no stream enabled: \(group.table.name)"
            : "Table already has an enabled stream: \(group.table.name)")
      }
      group.stream = wanted
    }
    switch request["BillingMode"]?.text {
    case "PAY_PER_REQUEST": group.capacity = nil
    case "PROVISIONED": group.capacity = try Self.capacity(request["ProvisionedThroughput"])
    case nil: break
    case let mode?: throw .validation("Unknown BillingMode \(mode)")
    }
    if let isProtected = request["DeletionProtectionEnabled"]?.boolean {
      group.change(region) { $0.isProtected = isProtected }
      // That alone is done at once where nobody else has the table.
      if group.members.count == 1, request.members?.count == 2 {
        keep(group)
        return ["TableDescription": description(group, region, now)]
      }
    }
    group.work = .init(kind: .changing(replica: nil), began: now, takes: pace / 2)
    keep(group)
    return ["TableDescription": description(group, region, now)]
  }

  // MARK: Replicas

  private mutating func updateReplicas(
    _ old: DynamoDBGroup, _ updates: [JSON], _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    var group = old
    let (verb, regions) = try Self.actions(updates)
    guard !regions.contains(region) else {
      throw .validation(
        "Cannot add, delete, or update the local region through ReplicaUpdates. Use CreateTable, "
          + "DeleteTable, or UpdateTable as required.")
    }
    if let unknown = regions.first(where: { !replicas.regions.contains($0) }) {
      let known = replicas.regions.sorted().joined(separator: ", ")
      throw .validation(
        "Region \(unknown) is not supported. The latest version of global tables are only "
          + "supported in the following regions: [\(known)]")
    }
    for other in regions {
      let needs =
        verb == "Create"
        ? "CreateTableReplica" : verb == "Delete" ? "DeleteTableReplica" : "UpdateTable"
      try checkChange(needs, group.table.name, in: other)
    }
    guard !group.isLegacy else {
      throw .validation(
        "Table \(group.table.name) is a replica of a global table of version 2017.11.29: "
          + "ReplicaUpdates is not supported")
    }
    let isBusy = group.work != nil || group.leaving[region] != nil
    switch verb {
    case "Create": try add(regions, to: &group, request, region, now, isBusy: isBusy)
    case "Delete": try remove(regions, from: &group, request, now, isBusy: isBusy)
    default:
      try Self.checkMembers(regions, group, now)
      guard !isBusy else { throw Self.inUse }
      group.work = .init(kind: .changing(replica: regions.first), began: now, takes: pace / 2)
    }
    keep(group)
    return ["TableDescription": description(group, region, now)]
  }

  /// The one kind of action, and the regions.
  private static func actions(
    _ updates: [JSON]
  ) throws(DynamoDBError) -> (verb: String, regions: [String]) {
    var verbs: Set<String> = []
    var regions: [String] = []
    for update in updates {
      guard let action = update.members?.first, let region = action.value["RegionName"]?.text,
        ["Create", "Delete", "Update"].contains(action.name)
      else {
        throw .validation(
          "There are no actions specified in the Replica Update Action of the request.")
      }
      if action.name == "Update", action.value.members?.count == 1 {
        throw .validation(
          "There are no actions specified in the Replica Update Action of the request.")
      }
      verbs.formUnion((update.members ?? []).map(\.name))
      if !regions.contains(region) { regions.append(region) }
    }
    guard verbs.count <= 1 else {
      throw .validation(
        "Update table operation with more than one type of replica actions not allowed.")
    }
    guard let verb = verbs.first else {
      throw .validation("1 validation error detected: Value '[]' at 'replicaUpdates' failed")
    }
    return (verb, regions)
  }

  private static func checkMembers(
    _ regions: [String], _ group: DynamoDBGroup, _ now: Duration
  ) throws(DynamoDBError) {
    let strangers = regions.filter { group.replicaStatus(of: $0, now: now) == nil }
    guard strangers.isEmpty else {
      throw .validation(
        "Update global table operation failed because one or more replicas were not part of the "
          + "global table. Please retry the request without these replicas: "
          + "[\(strangers.joined(separator: ", "))].")
    }
  }

  private func add(
    _ regions: [String], to group: inout DynamoDBGroup, _ request: JSON, _ source: String,
    _ now: Duration, isBusy: Bool
  ) throws(DynamoDBError) {
    let name = group.table.name
    guard !isBusy else { throw Self.inUse }
    let isStrong = request["MultiRegionConsistency"]?.text == "STRONG"
    let witness = request["GlobalTableWitnessUpdates"]?.elements?.first?["Create"]?["RegionName"]?
      .text
    if group.members.count > 1, isStrong || group.isStrong {
      throw .validation(
        "MultiRegionConsistency parameter is unsupported on existing global table")
    }
    guard regions.count == (isStrong && witness == nil ? 2 : 1) else {
      throw .validation(
        isStrong
          ? "A table with multi-Region strong consistency has three regions: two replicas to add, "
            + "or one and a witness"
          : Self.oneAction
      )
    }
    guard regions.allSatisfy({ self.group(name, in: $0, now) == nil }) else {
      throw .validation(
        "Failed to create a the new replica of table with name: '\(name)' because one or more "
          + "replicas already existed as tables.")
    }
    guard group.capacity == nil else {
      throw .validation("Table write capacity should either be Pay-Per-Request or AutoScaled.")
    }
    guard isStrong || group.stream == "NEW_AND_OLD_IMAGES" else {
      throw .validation(
        "One or more parameter values were invalid: Table \(name) needs a stream with "
          + "NEW_AND_OLD_IMAGES to get a replica")
    }
    if isStrong, !replicas.items(table: name, in: source).isEmpty {
      throw .validation(
        "Table \(name) is not empty: multi-Region strong consistency needs an empty table")
    }
    group.isStrong = isStrong
    group.witness = isStrong ? witness : nil
    for region in regions {
      group.members.append(.init(region: region))
      group.change(source) { $0.sourced[region] = now }
    }
    group.work = .init(
      kind: .adding(regions, fails: trouble.failing), began: now, takes: pace)
  }

  private func remove(
    _ regions: [String], from group: inout DynamoDBGroup, _ request: JSON, _ now: Duration,
    isBusy: Bool
  ) throws(DynamoDBError) {
    try Self.checkMembers(regions, group, now)
    guard !isBusy else { throw Self.inUse }
    if group.isStrong {
      // All of it goes in one request, or nothing.
      guard regions.count == group.members.count - 1,
        group.witness == nil || request["GlobalTableWitnessUpdates"] != nil
      else { throw .validation("Deletion of only one table replica is not supported") }
    } else if regions.count > 1 {
      throw .validation(
        Self.oneAction)
    }
    for region in regions { try Self.checkRemoval(of: region, group, now) }
    group.work = .init(kind: .dropping(regions), began: now, takes: pace)
  }

  // MARK: 2017

  /// Joins tables of regions, empty ones with streams.
  mutating func createGlobalTable(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let name = try Self.tableName(request, "GlobalTableName")
    let asked = request["ReplicationGroup"]?.elements ?? []
    let regions = asked.compactMap { $0["RegionName"]?.text }
    guard regions.contains(region) else {
      throw .validation("ReplicationGroup has to name the region of the request")
    }
    let parts = try regions.map { other throws(DynamoDBError) in
      try joinable(name, other, now)
    }
    guard var group = parts.first(where: { $0.member(region) != nil }) else { return [:] }
    group.isLegacy = true
    for part in parts where part.id != group.id {
      group.members += part.members
      groups.removeAll { $0.id == part.id }
    }
    keep(group)
    return ["GlobalTableDescription": Self.globalTable(group, region, created)]
  }

  /// A region's table that may become part of a global table of 2017.
  private func joinable(
    _ name: String, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> DynamoDBGroup {
    guard let group = group(name, in: region, now) else {
      throw DynamoDBError(
        .service, "TableNotFoundException", "Table not found: \(name) in \(region)")
    }
    guard group.work == nil, group.members.count == 1 else { throw Self.inUse(name) }
    guard group.stream == "NEW_AND_OLD_IMAGES" else {
      throw .validation(
        "One or more parameter values were invalid: Table \(name) in \(region) needs a stream with "
          + "NEW_AND_OLD_IMAGES")
    }
    guard replicas.items(table: name, in: region).isEmpty else {
      throw .validation(
        "One or more parameter values were invalid: Table \(name) in \(region) is not empty")
    }
    return group
  }

  /// Adds a region's empty table.
  mutating func updateGlobalTable(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let name = try Self.tableName(request, "GlobalTableName")
    guard var group = group(name, in: region, now), group.isLegacy else {
      throw Self.noGlobalTable(name)
    }
    let (verb, regions) = try Self.actions(request["ReplicaUpdates"]?.elements ?? [])
    guard verb == "Create" else { throw .validation("The sandbox takes only Create here") }
    for other in regions {
      guard group.member(other) == nil else {
        throw DynamoDBError(
          .service, "ReplicaAlreadyExistsException", "\(other) is part of \(name) already")
      }
      // Every replica has to be empty, those that are there as well.
      for member in group.members
      where !replicas.items(table: name, in: member.region).isEmpty {
        throw .validation(
          "One or more parameter values were invalid: Table \(name) in \(member.region) is not "
            + "empty")
      }
      let part = try joinable(name, other, now)
      group.members += part.members
      groups.removeAll { $0.id == part.id }
    }
    keep(group)
    return ["GlobalTableDescription": Self.globalTable(group, region, created)]
  }

  func globalTable(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let name = try Self.tableName(request, "GlobalTableName")
    guard knowsLegacyTables else {
      throw DynamoDBError(
        .service, "ValidationException", "Global table version 2017.11.29 is not supported")
    }
    guard let group = group(name, in: region, now), group.isLegacy else {
      throw Self.noGlobalTable(name)
    }
    return Self.globalTable(group, region, created)
  }

  private static func noGlobalTable(_ name: String) -> DynamoDBError {
    DynamoDBError(
      .service, "GlobalTableNotFoundException",
      "Global table not found: Global table with name: '\(name)' does not exist.")
  }

  private static func globalTable(
    _ group: DynamoDBGroup, _ region: String, _ created: Int64
  ) -> JSON {
    [
      "ReplicationGroup": .array(group.members.map { ["RegionName": .string($0.region)] }),
      "GlobalTableArn": .string("arn:aws:dynamodb::\(account):global-table/\(group.table.name)"),
      "CreationDateTime": .integer(created), "GlobalTableStatus": "ACTIVE",
      "GlobalTableName": .string(group.table.name),
    ]
  }
}
