import Tables

/// What trying an action showed of whether these credentials may do it.
public struct TableTrial: Hashable, Sendable {
  /// What came of it.
  public enum Result: Hashable, Sendable {
    case allowed
    /// The service's words.
    case denied(String)
    /// There is no way to try it that changes nothing for certain.
    case untried
    /// It could not be tried, and why.
    case unclear(String)
  }

  /// By its name in IAM, as "dynamodb:PutItem".
  public var action: String
  /// What it was tried on.
  public var on: String
  public var result: Result
}

/// Tries what policies allow, without changing anything: reads, a write under a condition that
/// nothing fulfils, and a change that is there already.
extension TableClient {
  /// Of the agents in `region` (Linode id), whose policy is `TablePolicy(region:…)`; `regions`
  /// are all whose heartbeats are read, `alsoWrite` the keys of second items.
  public func agentTrials(
    region: String, regions: [String], table: String, alsoWrite: [String], deadline: Duration
  ) async -> [TableTrial] {
    var trials: [TableTrial] = []
    var keys: TableKeys?
    var isMissing = false
    await trials.append(
      trial(.describeTable, on: table) { () async throws(DynamoDBError) in
        do throws(DynamoDBError) {
          keys = try await describe(table: table, deadline: deadline).keys
        } catch {
          isMissing = error.kind == .missingTable
          throw error
        }
      })
    let own = HeartbeatItem.partition(region)
    let reads = [own] + regions.filter { $0 != region }.map(HeartbeatItem.partition)
    guard let keys else {
      let why = TableTrial.Result.unclear(
        isMissing
          ? "the region has no table \(table)"
          : "without DescribeTable the table's key is not known")
      return trials
        + [TableOperation.putItem, .getItem, .query].map { operation in
          TableTrial(action: operation.action, on: own, result: why)
        }
    }
    for name in [own] + alsoWrite {
      await trials.append(
        trial(.putItem, on: name) { () async throws(DynamoDBError) in
          try await self.putNever(keys.key(name, "trial"), keys, table: table, deadline: deadline)
        })
    }
    for name in reads {
      await trials.append(
        trial(.getItem, on: name) { () async throws(DynamoDBError) in
          _ = try await self.get(
            keys.key(name, "trial"), table: table, consistent: false, deadline: deadline)
        })
      await trials.append(
        trial(.query, on: name) { () async throws(DynamoDBError) in
          _ = try await self.query(
            keys.hash, equals: name, table: table, consistent: false, deadline: deadline)
        })
    }
    return trials
  }

  /// Of an operator, whose policy is `TablePolicy.admin`. A change is tried where the table has the
  /// stream that it would switch on.
  public func adminTrials(table: String, deadline: Duration) async -> [TableTrial] {
    var trials: [TableTrial] = []
    var state: TableState?
    await trials.append(
      trial(.describeTable, on: table) { () async throws(DynamoDBError) in
        state = try await self.state(table: table, deadline: deadline)
      })
    await trials.append(
      trial(AdministrationOperation.describeTimeToLive.action, on: table) {
        () async throws(DynamoDBError) in
        _ = try await timeToLive(table: table, deadline: deadline)
      })
    if state?.stream == TableState.wholeStream, state?.status == .active {
      await trials.append(
        trial(AdministrationOperation.updateTable.action, on: table) {
          () async throws(DynamoDBError) in
          try await change(.enableStream(at: region), table: table, deadline: deadline)
        })
    }
    let tried = Set(trials.map(\.action))
    let policy = TablePolicy.admin(aws: [region], tables: [table])
    return trials
      + policy.actions.filter { !tried.contains($0) }.map { action in
        TableTrial(action: action, on: table, result: .untried)
      }
  }

  private func trial(
    _ operation: TableOperation, on object: String,
    _ body: () async throws(DynamoDBError) -> Void
  ) async -> TableTrial {
    await trial(operation.action, on: object, body)
  }

  /// Every refusal but one of permission comes from somebody who may.
  private func trial(
    _ action: String, on object: String, _ body: () async throws(DynamoDBError) -> Void
  ) async -> TableTrial {
    let result: TableTrial.Result
    do throws(DynamoDBError) {
      try await body()
      result = .allowed
    } catch {
      switch error.kind {
      case .permission: result = .denied(error.description)
      case .conditionFailed, .validation, .missingTable, .tableBusy: result = .allowed
      case .nameResolution, .network, .timeout, .tls, .serverError, .throttled, .conflict,
        .credentials, .clock, .signature, .hostNetwork, .other:
        result = .unclear(error.description)
      }
    }
    return TableTrial(action: action, on: object, result: result)
  }
}

extension TableOperation {
  var action: String { "dynamodb:\(rawValue)" }
}

extension AdministrationOperation {
  var action: String { "dynamodb:\(rawValue)" }
}

extension TablePolicy {
  /// All that it allows, once each, in its order.
  var actions: [String] {
    var seen: Set<String> = []
    return Statement.flatMap(\.Action).filter { seen.insert($0).inserted }
  }
}
