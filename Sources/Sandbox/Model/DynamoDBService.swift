/// DynamoDB's operations over the replicas: PutItem, UpdateItem, DeleteItem, GetItem,
/// BatchGetItem, Query, Scan; and on tables: CreateTable, DeleteTable, DescribeTable, ListTables,
/// UpdateTable with its replica operations, UpdateTimeToLive, DescribeTimeToLive, and as much of
/// the global tables of 2017 as is needed to have one.
/// Time is the time since the sandbox's start.
struct DynamoDBService: Sendable {
  /// Of every account id in names.
  static let account = "000000000000"

  /// The tables, each with its replicas.
  var groups: [DynamoDBGroup]
  var replicas: DynamoDBReplicas
  /// When the sandbox was started, Unix seconds.
  let created: Int64
  /// How long the change of a table takes.
  let pace: Duration
  /// After how long without its key a replica is dropped from its table.
  let grace: Duration
  /// What is wrong with changes of tables.
  var trouble = TableTrouble()
  var lastGroup = 0

  /// What the faults in force mean for tables, by AWS ids of regions.
  struct TableTrouble: Hashable, Sendable {
    var isLimited = false
    var denied: Set<String> = []
    var failing: Set<String> = []
    var keyless: Set<String> = []
  }

  /// Whether it takes calls of version 2017.11.29.
  var knowsLegacyTables = true

  init(
    regions: [String], lag: Duration, seed: UInt64, created: Int64, pace: Duration = .seconds(2),
    grace: Duration = .seconds(20 * 3600)
  ) {
    groups = []
    replicas = DynamoDBReplicas(regions: regions, lag: lag, seed: seed)
    self.created = created
    self.pace = pace
    self.grace = grace
    for table in [
      DynamoDBTable(name: "app", hash: .init(name: "pk"), range: .init(name: "sk")),
      DynamoDBTable(name: "my-app-data", hash: .init(name: "id")),
    ] {
      lastGroup += 1
      var group = DynamoDBGroup(table, id: lastGroup, regions: regions)
      group.stream = "NEW_AND_OLD_IMAGES"
      groups.append(group)
    }
  }

  /// What time brings, to items and to tables.
  mutating func advance(to now: Duration) {
    settleTables(now)
    replicas.advance(to: now)
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
    advance(to: now)
    let operation = String(target.dropFirst(prefix.count))
    if let name = Self.old.first(where: { request[$0] != nil }) {
      throw .validation("The sandbox takes no \(name), only expressions")
    }
    switch operation {
    case "PutItem": return try put(request, region, now)
    case "UpdateItem": return try update(request, region, now)
    case "DeleteItem": return try delete(request, region, now)
    case "GetItem": return try get(request, region, now)
    case "BatchGetItem": return try batchGet(request, region, now)
    case "Query": return try query(request, region, now)
    case "Scan": return try scan(request, region, now)
    default: return try answerTables(operation, request, region, now)
    }
  }

  /// Parameters of before there were expressions.
  private static let old = [
    "AttributeUpdates", "AttributesToGet", "ConditionalOperator", "Expected", "KeyConditions",
    "QueryFilter", "ScanFilter",
  ]

  /// The table that items are read from or written to in a region.
  func table(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> DynamoDBTable {
    let name = try Self.tableName(request)
    guard let group = group(name, in: region, now), group.serves(region, now: now) else {
      throw .tableNotFound
    }
    guard group.member(region)?.keylessSince == nil else {
      throw DynamoDBError(
        .front, "AccessDeniedException",
        "KMS key access denied error: the key of table \(name) cannot be used")
    }
    return group.table
  }

  static func tableName(_ request: JSON, _ member: String = "TableName") throws(DynamoDBError)
    -> String
  {
    guard var name = request[member]?.text, !name.isEmpty else {
      throw .validation("The parameter '\(member)' is required but was not present in the request")
    }
    if let slash = name.lastIndex(of: "/"), name.hasPrefix("arn:") {
      name = String(name[name.index(after: slash)...])
    }
    guard (3...255).contains(name.utf8.count) else {
      throw .validation(
        "TableName must be at least 3 characters long and at most 255 characters long")
    }
    return name
  }

  /// The table of that name which a region has, in whatever state.
  func group(_ name: String, in region: String, _ now: Duration) -> DynamoDBGroup? {
    groups.first { $0.table.name == name && $0.isIn(region, now: now) }
  }

  /// The other regions that a write to a table goes to, and whether before it is answered.
  func others(_ table: DynamoDBTable, than region: String) -> (regions: [String], atOnce: Bool) {
    let group = groups.first { $0.table.name == table.name && $0.member(region) != nil }
    let regions = group?.members.filter { $0.region != region && !$0.isFailed }.map(\.region)
    return (regions ?? [], group?.isStrong ?? false)
  }

  /// Writes an item where it was asked for, and on its way to the other replicas.
  mutating func write(
    _ item: DynamoDBItem?, at address: DynamoDBReplicas.Address, of table: DynamoDBTable,
    in region: String, now: Duration
  ) throws(DynamoDBError) {
    let (others, atOnce) = others(table, than: region)
    guard
      replicas.write(item, at: address, in: region, to: others, atOnce: atOnce, now: now)
    else { throw .internalError }
  }
}
