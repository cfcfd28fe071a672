extension DynamoDBService {
  /// What one page of a query or a scan reads at most, before filters.
  static let pageBytes = 1_048_576
  static let batchBytes = 16 * 1_048_576
  static let batchKeys = 100

  func get(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let table = try table(request, region, now)
    let key = try table.key(asked: request["Key"])
    let shape = try projection(request)
    let address = DynamoDBReplicas.Address(table: table.name, key: key)
    guard let item = replicas.version(address, in: region)?.item else { return [:] }
    return ["Item": DynamoDBValues.json(Self.project(item, shape))]
  }

  private func projection(_ request: JSON) throws(DynamoDBError) -> [DynamoDBPath]? {
    guard let text = request["ProjectionExpression"]?.text else { return nil }
    var parser = try DynamoDBExpressionParser("ProjectionExpression", request)
    let paths = try parser.projection(text)
    try parser.checkAllUsed()
    return paths
  }

  private static func project(_ item: DynamoDBItem, _ paths: [DynamoDBPath]?) -> DynamoDBItem {
    paths.map { DynamoDBPath.project(item, $0) } ?? item
  }

  func batchGet(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    guard let asked = request["RequestItems"]?.members, !asked.isEmpty else {
      throw .validation(
        "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: "
          + "Member must have length greater than or equal to 1")
    }
    guard asked.reduce(0, { $0 + ($1.value["Keys"]?.elements?.count ?? 0) }) <= Self.batchKeys
    else { throw .validation("Too many items requested for the BatchGetItem call") }
    var responses: [JSON.Member] = []
    var unprocessed: [JSON.Member] = []
    var size = 0
    for member in asked {
      let table = try table(["TableName": .string(member.name)], region, now)
      guard let keys = member.value["Keys"]?.elements, !keys.isEmpty else {
        throw .validation(
          "1 validation error detected: Value '[]' at 'requestItems.\(member.name).member.keys' "
            + "failed to satisfy constraint: Member must have length greater than or equal to 1")
      }
      let shape = try projection(member.value)
      var seen: Set<[JSON]> = []
      var items: [JSON] = []
      var left: [JSON] = []
      for asked in keys {
        let key = try table.key(asked: asked)
        guard seen.insert(key).inserted else {
          throw .validation("Provided list of item keys contains duplicates")
        }
        let address = DynamoDBReplicas.Address(table: table.name, key: key)
        guard let item = replicas.version(address, in: region)?.item else { continue }
        size += DynamoDBValues.bytes(item)
        guard size <= Self.batchBytes else {
          left.append(asked)
          continue
        }
        items.append(DynamoDBValues.json(Self.project(item, shape)))
      }
      responses.append(.init(name: member.name, value: .array(items)))
      guard !left.isEmpty else { continue }
      let rest = (member.value.members ?? []).map {
        $0.name == "Keys" ? .init(name: $0.name, value: .array(left)) : $0
      }
      unprocessed.append(.init(name: member.name, value: .object(rest)))
    }
    return ["Responses": .object(responses), "UnprocessedKeys": .object(unprocessed)]
  }

  func query(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let table = try table(request, region, now)
    guard let text = request["KeyConditionExpression"]?.text else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
          + "request.")
    }
    try refuseIndex(request)
    var parser = try DynamoDBExpressionParser("KeyConditionExpression", request)
    let condition = try parser.parse(text)
    let reading = try Reading(request, &parser)
    let hash = try KeyCondition(condition, table).hash
    let isBackward = request["ScanIndexForward"]?.boolean == false
    func isBefore(_ left: [JSON], _ right: [JSON]) -> Bool {
      guard left.count > 1, right.count > 1 else { return false }
      let (left, right) = isBackward ? (right[1], left[1]) : (left[1], right[1])
      return DynamoDBValues.isBefore(left, right) ?? false
    }
    var found = replicas.items(table: table.name, hash: hash, in: region)
      .filter { condition.holds(for: $0.item) }
    found.sort { isBefore($0.key, $1.key) }
    if let start = request["ExclusiveStartKey"], start != .null {
      let key = try table.key(asked: start)
      guard key.first == hash else {
        throw .validation(
          "The provided starting key is outside query boundaries based on provided conditions")
      }
      // The item itself may be gone by now.
      found.removeAll { !isBefore(key, $0.key) }
    }
    return reading.page(found, of: table)
  }

  func scan(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let table = try table(request, region, now)
    try refuseIndex(request)
    var parser = try DynamoDBExpressionParser("FilterExpression", request)
    let reading = try Reading(request, &parser)
    let (segment, segments) = try Self.segment(request)
    var found = replicas.items(table: table.name, in: region).filter {
      Int(Self.place($0.key)) % segments == segment
    }
    found.sort { Self.isScanned($0.key, before: $1.key) }
    if let start = request["ExclusiveStartKey"], start != .null {
      let key = try table.key(asked: start)
      guard Int(Self.place(key)) % segments == segment else {
        throw .validation(
          "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
            + "ExclusiveStartKey with correct Segment. TotalSegments: \(segments) Segment: "
            + "\(segment)")
      }
      found.removeAll { !Self.isScanned(key, before: $0.key) }
    }
    return reading.page(found, of: table)
  }

  private func refuseIndex(_ request: JSON) throws(DynamoDBError) {
    if let index = request["IndexName"]?.text {
      throw .validation("The table does not have the specified index: \(index)")
    }
  }

  private static func segment(_ request: JSON) throws(DynamoDBError) -> (Int, Int) {
    switch (request["Segment"]?.integer, request["TotalSegments"]?.integer) {
    case (nil, nil): return (0, 1)
    case (nil, _?):
      throw .validation(
        "The Segment parameter is required but was not present in the request when parameter "
          + "TotalSegments is present")
    case (_?, nil):
      throw .validation(
        "The TotalSegments parameter is required but was not present in the request when Segment "
          + "parameter is present")
    case (let segment?, let segments?):
      guard (1...1_000_000).contains(segments) else {
        throw .validation(
          "1 validation error detected: Value '\(segments)' at 'totalSegments' failed to satisfy "
            + "constraint: Member must have value between 1 and 1000000")
      }
      guard (0..<segments).contains(segment) else {
        throw .validation(
          "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            + "Segment: \(segment) is not less than TotalSegments: \(segments)")
      }
      return (segment, segments)
    }
  }

  /// A scan goes by a hash of the partition, as the service's does by its own.
  private static func place(_ key: [JSON]) -> UInt32 {
    CRC32.of(key.first?.encoded() ?? [])
  }

  private static func isScanned(_ left: [JSON], before right: [JSON]) -> Bool {
    let (first, second) = (place(left), place(right))
    if first != second { return first < second }
    for (left, right) in zip(left, right) where left != right {
      return DynamoDBValues.isBefore(left, right) ?? false
    }
    return false
  }
}

/// What queries and scans have in common: filter, projection, count, pages.
private struct Reading {
  var filter: DynamoDBExpression?
  var shape: [DynamoDBPath]?
  var limit: Int?
  var countsOnly: Bool

  init(_ request: JSON, _ parser: inout DynamoDBExpressionParser) throws(DynamoDBError) {
    if let text = request["FilterExpression"]?.text {
      parser.kind = "FilterExpression"
      filter = try parser.parse(text)
    }
    if let text = request["ProjectionExpression"]?.text {
      parser.kind = "ProjectionExpression"
      shape = try parser.projection(text)
    }
    try parser.checkAllUsed()
    let select = request["Select"]?.text
    guard shape == nil || select == nil || select == "SPECIFIC_ATTRIBUTES" else {
      throw .validation(
        "Cannot specify the ProjectionExpression when choosing to get \(select ?? "")")
    }
    countsOnly = select == "COUNT"
    limit = request["Limit"]?.integer
    if let limit, limit < 1 {
      throw .validation(
        "1 validation error detected: Value '\(limit)' at 'limit' failed to satisfy constraint: "
          + "Member must have value greater than or equal to 1")
    }
  }

  /// The first page of what is found, in its order.
  func page(_ found: [(key: [JSON], item: DynamoDBItem)], of table: DynamoDBTable) -> JSON {
    var size = 0
    let read = found.prefix(limit ?? found.count).prefix { _, item in
      size += DynamoDBValues.bytes(item)
      return size <= DynamoDBService.pageBytes
    }
    let items = read.map(\.item).filter { filter?.holds(for: $0) ?? true }
    var members: [JSON.Member] = []
    if !countsOnly {
      let shaped = items.map { item in
        DynamoDBValues.json(shape.map { DynamoDBPath.project(item, $0) } ?? item)
      }
      members.append(.init(name: "Items", value: .array(shaped)))
    }
    members.append(.init(name: "Count", value: .integer(items.count)))
    members.append(.init(name: "ScannedCount", value: .integer(read.count)))
    // A full page tells where it ended, even if nothing follows.
    if read.count < found.count || read.count == limit, let last = read.last {
      let key = zip(table.keys, last.key).map { JSON.Member(name: $0.name, value: $1) }
      members.append(.init(name: "LastEvaluatedKey", value: .object(key)))
    }
    return .object(members)
  }
}

/// A key condition that names the hash key once, with `=`, and at most the range key beside it.
private struct KeyCondition {
  var hash: JSON

  init(_ expression: DynamoDBExpression, _ table: DynamoDBTable) throws(DynamoDBError) {
    var parts = [expression]
    if case .and(let left, let right) = expression { parts = [left, right] }
    var hash: JSON?
    for part in parts {
      let name: String
      switch part {
      case .compare(.attribute(let path), let comparison, .value(let value)):
        name = path.attribute ?? path.text
        guard comparison != "<>" else {
          throw .validation("Unsupported operator on KeyCondition: operator: <>")
        }
        if name == table.hash.name {
          guard comparison == "=", hash == nil else {
            throw .validation("Query key condition not supported")
          }
          guard value[table.hash.type] != nil else {
            throw .validation(
              "One or more parameter values were invalid: Condition parameter type does not match "
                + "schema type")
          }
          hash = value
        }
      case .between(.attribute(let path), .value, .value),
        .beginsWith(.attribute(let path), .value):
        name = path.attribute ?? path.text
        guard name != table.hash.name else {
          throw .validation("Query key condition not supported")
        }
      default:
        throw .validation("Invalid operator used in KeyConditionExpression")
      }
      guard table.keys.contains(where: { $0.name == name }) else {
        throw .validation("Query condition missed key schema element: \(table.hash.name)")
      }
    }
    guard let hash else {
      throw .validation("Query condition missed key schema element: \(table.hash.name)")
    }
    self.hash = hash
  }
}
