/// DynamoDB's operations over the replicas: PutItem, GetItem, Query, DescribeTable, ListTables.
/// Time is the time since the sandbox's start.
struct DynamoDBService: Sendable {
  /// Of every account id in names.
  static let account = "000000000000"

  let tables: [DynamoDBTable]
  var replicas: DynamoDBReplicas
  /// When the tables were made, Unix seconds.
  let created: Int64

  init(regions: [String], lag: Duration, seed: UInt64, created: Int64) {
    tables = [
      DynamoDBTable(name: "app", hash: .init(name: "pk"), range: .init(name: "sk")),
      DynamoDBTable(name: "my-app-data", hash: .init(name: "id")),
    ]
    replicas = DynamoDBReplicas(regions: regions, lag: lag, seed: seed)
    self.created = created
  }

  /// `target` is the header `X-Amz-Target`.
  mutating func answer(
    target: String?, body: [UInt8], region: String, now: Duration
  ) throws(DynamoDBError) -> JSON {
    let prefix = "DynamoDB_20120810."
    guard let target, target.hasPrefix(prefix) else {
      throw DynamoDBError(.front, "UnknownOperationException", "")
    }
    let request: JSON
    do { request = try JSON(parsing: body) } catch {
      throw DynamoDBError(.front, "SerializationException", error.description)
    }
    guard request.members != nil else {
      throw DynamoDBError(.front, "SerializationException", "Start of structure expected")
    }
    replicas.advance(to: now)
    switch target.dropFirst(prefix.count) {
    case "PutItem": return try put(request, region, now)
    case "GetItem": return try get(request, region)
    case "Query": return try query(request, region)
    case "DescribeTable": return try describe(request, region)
    case "ListTables": return ["TableNames": .array(tables.map { .string($0.name) })]
    default: throw DynamoDBError(.front, "UnknownOperationException", "")
    }
  }

  private func table(_ request: JSON) throws(DynamoDBError) -> DynamoDBTable {
    guard var name = request["TableName"]?.text, !name.isEmpty else {
      throw .validation("The parameter 'TableName' is required but was not present in the request")
    }
    if let slash = name.lastIndex(of: "/"), name.hasPrefix("arn:") {
      name = String(name[name.index(after: slash)...])
    }
    guard (3...255).contains(name.utf8.count) else {
      throw .validation(
        "TableName must be at least 3 characters long and at most 255 characters long")
    }
    guard let table = tables.first(where: { $0.name == name }) else { throw .tableNotFound }
    return table
  }

  private mutating func put(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let table = try table(request)
    let item = try DynamoDBValues.item(request["Item"], "item")
    let address = DynamoDBReplicas.Address(table: table.name, key: try table.key(ofItem: item))
    let old = replicas.version(address, in: region)?.item
    var parser = try DynamoDBExpressionParser("ConditionExpression", request)
    var condition: DynamoDBExpression?
    if let text = request["ConditionExpression"]?.text { condition = try parser.parse(text) }
    try parser.checkAllUsed()
    // Conditions see this region's version only, as in a table with eventual consistency.
    if let condition, !condition.holds(for: old ?? [:]) {
      var error = DynamoDBError(
        .service, "ConditionalCheckFailedException", "The conditional request failed")
      if request["ReturnValuesOnConditionCheckFailure"]?.text == "ALL_OLD", let old {
        error.item = DynamoDBValues.json(old)
      }
      throw error
    }
    let values = request["ReturnValues"]?.text ?? "NONE"
    guard ["NONE", "ALL_OLD"].contains(values) else {
      throw .validation("ReturnValues can only be ALL_OLD or NONE")
    }
    guard replicas.write(item, at: address, in: region, now: now) else { throw .internalError }
    if values == "ALL_OLD", let old { return ["Attributes": DynamoDBValues.json(old)] }
    return [:]
  }

  private func get(_ request: JSON, _ region: String) throws(DynamoDBError) -> JSON {
    let table = try table(request)
    let key = try table.key(asked: request["Key"])
    let shape = try projection(request)
    let address = DynamoDBReplicas.Address(table: table.name, key: key)
    guard let item = replicas.version(address, in: region)?.item else { return [:] }
    return ["Item": DynamoDBValues.json(Self.project(item, shape))]
  }

  private func projection(_ request: JSON) throws(DynamoDBError) -> [String]? {
    guard let text = request["ProjectionExpression"]?.text else { return nil }
    var parser = try DynamoDBExpressionParser("ProjectionExpression", request)
    let paths = try parser.projection(text)
    if request["KeyConditionExpression"] == nil { try parser.checkAllUsed() }
    return paths
  }

  private static func project(_ item: DynamoDBItem, _ paths: [String]?) -> DynamoDBItem {
    guard let paths else { return item }
    return item.filter { paths.contains($0.key) }
  }

  private func query(_ request: JSON, _ region: String) throws(DynamoDBError) -> JSON {
    let table = try table(request)
    guard let text = request["KeyConditionExpression"]?.text else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
          + "request.")
    }
    if let index = request["IndexName"]?.text {
      throw .validation("The table does not have the specified index: \(index)")
    }
    var parser = try DynamoDBExpressionParser("KeyConditionExpression", request)
    let condition = try parser.parse(text)
    var filter: DynamoDBExpression?
    if let text = request["FilterExpression"]?.text { filter = try parser.parse(text) }
    var shape: [String]?
    if let text = request["ProjectionExpression"]?.text { shape = try parser.projection(text) }
    try parser.checkAllUsed()
    let hash = try KeyCondition(condition, table).hash
    let limit = request["Limit"]?.integer
    if let limit, limit < 1 {
      throw .validation(
        "1 validation error detected: Value '\(limit)' at 'limit' failed to satisfy constraint: "
          + "Member must have value greater than or equal to 1")
    }
    var found = replicas.versions(table: table.name, hash: hash, in: region)
      .filter { condition.holds(for: $0.version.item) }
    found.sort { Self.isBefore($0.key, $1.key) }
    if request["ScanIndexForward"]?.boolean == false { found.reverse() }
    if let start = request["ExclusiveStartKey"], start != .null {
      let key = try table.key(asked: start)
      found = Array(found.drop { $0.key != key }.dropFirst())
    }
    let page = limit.map { Array(found.prefix($0)) } ?? found
    let items = page.map(\.version.item).filter { filter?.holds(for: $0) ?? true }
    var members: [JSON.Member] = []
    if request["Select"]?.text != "COUNT" {
      let shaped = items.map { DynamoDBValues.json(Self.project($0, shape)) }
      members.append(.init(name: "Items", value: .array(shaped)))
    }
    members.append(.init(name: "Count", value: .integer(items.count)))
    members.append(.init(name: "ScannedCount", value: .integer(page.count)))
    if page.count < found.count || page.count == limit, let last = page.last {
      let key = zip(table.keys, last.key).map { JSON.Member(name: $0.name, value: $1) }
      members.append(.init(name: "LastEvaluatedKey", value: .object(key)))
    }
    return .object(members)
  }

  private static func isBefore(_ left: [JSON], _ right: [JSON]) -> Bool {
    guard left.count > 1, right.count > 1 else { return false }
    return DynamoDBValues.isBefore(left[1], right[1]) ?? false
  }

  private func describe(_ request: JSON, _ region: String) throws(DynamoDBError) -> JSON {
    let table: DynamoDBTable
    do { table = try self.table(request) } catch {
      guard error == .tableNotFound else { throw error }
      throw DynamoDBError(
        .service, "ResourceNotFoundException",
        "Requested resource not found: Table: \(request["TableName"]?.text ?? "") not found")
    }
    let schema = table.keys.enumerated().map { index, key -> JSON in
      ["AttributeName": .string(key.name), "KeyType": index == 0 ? "HASH" : "RANGE"]
    }
    let attributes = table.keys.map { key -> JSON in
      ["AttributeName": .string(key.name), "AttributeType": .string(key.type)]
    }
    let others = replicas.regions.filter { $0 != region }.map { other -> JSON in
      [
        "RegionName": .string(other), "ReplicaStatus": "ACTIVE",
        "ReplicaArn": .string(Self.name(of: table, in: other)),
      ]
    }
    return [
      "Table": [
        "AttributeDefinitions": .array(attributes), "TableName": .string(table.name),
        "KeySchema": .array(schema), "TableStatus": "ACTIVE", "CreationDateTime": .integer(created),
        "ProvisionedThroughput": [
          "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0,
        ],
        "TableSizeBytes": 0, "ItemCount": 0, "TableArn": .string(Self.name(of: table, in: region)),
        "BillingModeSummary": ["BillingMode": "PAY_PER_REQUEST"],
        "GlobalTableVersion": "2019.11.21", "Replicas": .array(others),
        "DeletionProtectionEnabled": false,
      ]
    ]
  }

  private static func name(of table: DynamoDBTable, in region: String) -> String {
    "arn:aws:dynamodb:\(region):\(account):table/\(table.name)"
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
      case .compare(.attribute(let attribute), let comparison, .value(let value)):
        name = attribute
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
      case .between(.attribute(let attribute), .value, .value),
        .beginsWith(.attribute(let attribute), .value):
        name = attribute
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
