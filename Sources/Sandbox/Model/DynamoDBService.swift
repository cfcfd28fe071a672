/// DynamoDB's operations over the replicas: PutItem, UpdateItem, DeleteItem, GetItem, BatchGetItem,
/// Query, Scan, DescribeTable, ListTables.
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
    let operation = String(target.dropFirst(prefix.count))
    if let name = Self.old.first(where: { request[$0] != nil }) {
      throw .validation("The sandbox takes no \(name), only expressions")
    }
    switch operation {
    case "PutItem": return try put(request, region, now)
    case "UpdateItem": return try update(request, region, now)
    case "DeleteItem": return try delete(request, region, now)
    case "GetItem": return try get(request, region)
    case "BatchGetItem": return try batchGet(request, region)
    case "Query": return try query(request, region)
    case "Scan": return try scan(request, region)
    case "DescribeTable": return try describe(request, region)
    case "ListTables": return ["TableNames": .array(tables.map { .string($0.name) })]
    default: throw DynamoDBError(.front, "UnknownOperationException", "")
    }
  }

  /// Parameters of before there were expressions.
  private static let old = [
    "AttributeUpdates", "AttributesToGet", "ConditionalOperator", "Expected", "KeyConditions",
    "QueryFilter", "ScanFilter",
  ]

  func table(_ request: JSON) throws(DynamoDBError) -> DynamoDBTable {
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
