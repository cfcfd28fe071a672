public import Tables
import Wire

/// What `signalbox table` calls, by the names of the API reference.
enum AdministrationOperation: String, CaseIterable, Sendable {
  case describeTable = "DescribeTable"
  case describeGlobalTable = "DescribeGlobalTable"
  case describeTimeToLive = "DescribeTimeToLive"
  case createTable = "CreateTable"
  case updateTable = "UpdateTable"
}

/// What an operator reads and changes of a table, in one region.
extension TableClient {
  /// The table as it is told of here; nil: the region has none of that name.
  public func state(
    table: String, deadline: Duration
  ) async throws(DynamoDBError) -> TableState? {
    var state: TableState
    do {
      state = try await call(
        AdministrationOperation.describeTable.rawValue, TableName(TableName: table), deadline)
    } catch {
      guard error.kind == .missingTable else { throw error }
      return nil
    }
    // Of version 2017.11.29 DescribeTable says nothing.
    guard state.version == nil else { return state }
    do {
      _ =
        try await call(
          AdministrationOperation.describeGlobalTable.rawValue,
          GlobalTableName(GlobalTableName: table), deadline) as Nothing
      state.isLegacy = true
    } catch {
      guard error.isAnsweredForGood else { throw error }
    }
    return state
  }

  /// Runs `body`, and once more where the service refused the credentials: they are looked up anew
  /// then, and those of a session come to their end.
  public static func renewing<T: Sendable>(
    _ body: @Sendable () async throws(DynamoDBError) -> T
  ) async throws(DynamoDBError) -> T {
    do {
      return try await body()
    } catch {
      guard error.kind == .credentials, error.failure == .transient else { throw error }
      return try await body()
    }
  }

  /// The attribute that tells when an item expires, and whether it counts, for people.
  public func timeToLive(
    table: String, deadline: Duration
  ) async throws(DynamoDBError) -> String {
    let reply: TimeToLiveReply = try await call(
      AdministrationOperation.describeTimeToLive.rawValue, TableName(TableName: table), deadline)
    let told = reply.TimeToLiveDescription
    switch (told?.TimeToLiveStatus, told?.AttributeName) {
    case ("ENABLED", let attribute?): return "by \(attribute)"
    case ("DISABLED", _), (nil, _): return "off"
    case (let status?, let attribute): return "\(attribute ?? "?"), \(status)"
    }
  }

  /// Makes one change of a table: one attempt, which returns when it is taken on. It goes to the
  /// region that the action names.
  public func change(
    _ action: TableAction, table: String, deadline: Duration
  ) async throws(DynamoDBError) {
    if case .createTable(let wish) = action {
      _ =
        try await call(
          AdministrationOperation.createTable.rawValue, CreateTable(table, wish), deadline)
        as Nothing
    } else {
      _ =
        try await call(
          AdministrationOperation.updateTable.rawValue, UpdateTable(table, action), deadline)
        as Nothing
    }
  }
}

extension DynamoDBError {
  /// Whether the service said no, and says it again: newer regions know nothing of version
  /// 2017.11.29 (ValidationException), and an operator may lack the permission. Where a table is
  /// such one after all, DynamoDB refuses the changes itself.
  var isAnsweredForGood: Bool {
    guard failure == .permanent else { return false }
    switch kind {
    case .validation, .permission, .missingTable, .conditionFailed, .other: return true
    case .nameResolution, .network, .timeout, .tls, .serverError, .throttled, .conflict,
      .credentials, .tableBusy, .clock, .signature, .hostNetwork:
      return false
    }
  }
}

// The requests and replies, with the names of the API reference.

private struct Nothing: Decodable {}

private struct TableName: Encodable {
  var TableName: String
}

private struct GlobalTableName: Encodable {
  var GlobalTableName: String
}

private struct TimeToLiveReply: Decodable {
  struct Description: Decodable {
    var TimeToLiveStatus: String?
    var AttributeName: String?
  }
  var TimeToLiveDescription: Description?
}

private struct Stream: Encodable {
  var StreamEnabled = true
  var StreamViewType = TableState.wholeStream
}

private struct CreateTable: Encodable {
  struct Attribute: Encodable {
    var AttributeName: String
    var AttributeType: String
  }
  struct Element: Encodable {
    var AttributeName: String
    var KeyType: String
  }
  var TableName: String
  var AttributeDefinitions: [Attribute]
  var KeySchema: [Element]
  var BillingMode = "PAY_PER_REQUEST"
  var StreamSpecification = Stream()
  var DeletionProtectionEnabled: Bool

  init(_ table: String, _ wish: TableWish) {
    TableName = table
    AttributeDefinitions = wish.keys.map {
      Attribute(AttributeName: $0.name, AttributeType: $0.type)
    }
    KeySchema = zip(wish.keys, ["HASH", "RANGE"]).map {
      Element(AttributeName: $0.name, KeyType: $1)
    }
    DeletionProtectionEnabled = wish.isProtected
  }
}

private struct UpdateTable: Encodable {
  struct Region: Encodable {
    var RegionName: String
  }
  /// Create or Delete.
  struct Update: Encodable {
    var Create: Region?
    var Delete: Region?
  }
  var TableName: String
  var StreamSpecification: Stream?
  var ReplicaUpdates: [Update]?
  var MultiRegionConsistency: String?
  var GlobalTableWitnessUpdates: [Update]?

  init(_ table: String, _ action: TableAction) {
    TableName = table
    switch action {
    case .createTable, .enableStream: StreamSpecification = Stream()
    case .addReplica(let region, _):
      ReplicaUpdates = [Update(Create: Region(RegionName: region))]
    case .removeReplica(let region, _):
      ReplicaUpdates = [Update(Delete: Region(RegionName: region))]
    case .makeStrong(let regions, let witness, _):
      ReplicaUpdates = regions.map { Update(Create: Region(RegionName: $0)) }
      MultiRegionConsistency = "STRONG"
      GlobalTableWitnessUpdates = witness.map { [Update(Create: Region(RegionName: $0))] }
    }
  }
}
