public import AgentCore
import DynamoDB
import Platform
import Synchronization
import Wire

/// Whether the local DynamoDB replica can be written and strongly read (RULES 1).
///
/// The region's writer is judged by its heartbeat writes and a strongly consistent read of that
/// item; every other agent by a strongly consistent read of its own key. An eventually consistent
/// read is never a vote: it only names the class of a failure.
public final class DynamoDBCheck: Check {
  /// What the check is called and what it speaks for.
  public let identity: CheckIdentity
  private let access: TableAccess
  private let writer: HeartbeatWriter
  private let agent: String
  private let region: String
  /// Names that tell a vanished endpoint from a broken resolver.
  private let references: [String]
  /// The other AWS regions of the deployment, as far as they are known.
  private let others: @Sendable () async -> [String]
  /// The number of the newest heartbeat write that was judged.
  private let judged = Mutex(0)

  /// A check for `agent` in `region`. `references` are names that should resolve whenever this
  /// host's resolver works; `others` are AWS regions whose endpoints should do so whenever
  /// DynamoDB's names do, beside those that the table has replicas in.
  public init(
    identity: CheckIdentity, access: TableAccess, writer: HeartbeatWriter, agent: String,
    region: String, references: [String],
    others: @escaping @Sendable () async -> [String] = { [] }
  ) {
    self.identity = identity
    self.access = access
    self.writer = writer
    self.agent = agent
    self.region = region
    self.references = references
    self.others = others
  }

  /// Writes where this agent is the writer, reads strongly, and judges both, within `deadline`.
  public func attempt(deadline: Duration) async -> CheckOutcome {
    let start = Clocks.bootTime()
    func left() -> Duration {
      max(deadline - start.duration(to: Clocks.bootTime()), deadline / 10)
    }
    do {
      _ = try await access.description(deadline: deadline * 6 / 10)
    } catch {
      return await judgeDescription(error, deadline: left())
    }
    let beat = await writer.beat(
      after: judged.withLock { $0 }, deadline: deadline * 55 / 100)
    if let beat { judged.withLock { $0 = beat.number } }
    if let error = beat?.error, !Self.isWorthReading(after: error) {
      return await judge(error, deadline: left())
    }
    do {
      let item = try await TableClient.attempting(deadline: left()) { left throws(DynamoDBError) in
        try await read(beat: beat, consistent: true, deadline: left)
      }
      return await judge(beat, found: item, deadline: left())
    } catch {
      return await judge(error, deadline: left())
    }
  }

  /// After these a read would only say the same again.
  private static func isWorthReading(after error: DynamoDBError) -> Bool {
    switch error.kind {
    case .network, .timeout, .tls, .serverError, .conflict, .conditionFailed, .throttled,
      .tableBusy, .other:
      true
    case .nameResolution, .credentials, .permission, .missingTable, .clock, .signature,
      .validation, .hostNetwork:
      false
    }
  }

  private func read(
    beat: HeartbeatWriter.Beat?, consistent: Bool, deadline: Duration
  ) async throws(DynamoDBError) -> HeartbeatItem? {
    let keys = try await access.description(deadline: deadline).keys
    let key = keys.key(HeartbeatItem.partition(region), agent)
    let item = try await access.client.get(
      key, table: access.table, consistent: consistent, deadline: deadline)
    return item.flatMap { HeartbeatItem($0, region: region) }
  }

  // MARK: Judging

  /// The read came back: what the heartbeat write adds to it.
  private func judge(
    _ beat: HeartbeatWriter.Beat?, found: HeartbeatItem?, deadline: Duration
  ) async -> CheckOutcome {
    guard let beat else { return CheckOutcome(.success) }
    let isOurs = found?.agent == agent && found?.boot == beat.heartbeat.boot
    let isThere = isOurs && (found?.sequence ?? 0) >= beat.heartbeat.sequence
    guard let error = beat.error else {
      // Another writer of a table without a sort key may have replaced it meanwhile.
      if isThere || (found != nil && !isOurs) { return CheckOutcome(.success) }
      return CheckOutcome(
        .unknown, .other,
        reason: "a strongly consistent read does not show heartbeat \(beat.heartbeat.sequence), "
          + "which was acknowledged")
    }
    // A write without an answer is unknown until it is read back.
    if isThere { return CheckOutcome(.success) }
    return await judge(error, deadline: deadline)
  }

  /// DescribeTable belongs to the control plane: only what would hit every call counts as bad.
  private func judgeDescription(_ error: DynamoDBError, deadline: Duration) async -> CheckOutcome {
    switch error.kind {
    case .serverError, .throttled:
      CheckOutcome(
        .unknown, error.failureClass,
        reason: "the key schema is not known yet: \(error.description)")
    case .validation:
      CheckOutcome(.misconfigured, .missingTable, reason: error.description)
    default:
      await judge(error, deadline: deadline)
    }
  }

  private func judge(_ error: DynamoDBError, deadline: Duration) async -> CheckOutcome {
    let reason = error.description
    switch error.kind {
    case .network, .timeout, .tls:
      return CheckOutcome(.failure, error.failureClass, reason: reason)
    case .serverError:
      let isQuorum = await onlyEventualReadsWork(deadline: deadline)
      return isQuorum ? quorum(reason) : CheckOutcome(.failure, .serverError, reason: reason)
    case .other, .tableBusy:
      let isQuorum = await onlyEventualReadsWork(deadline: deadline)
      return isQuorum ? quorum(reason) : CheckOutcome(.unknown, .other, reason: reason)
    case .throttled:
      return CheckOutcome(.throttled, .throttled, reason: reason)
    case .conflict, .conditionFailed:
      return CheckOutcome(.success)
    case .credentials, .permission, .missingTable, .clock, .signature:
      return CheckOutcome(.misconfigured, error.failureClass, reason: advice(error))
    case .validation:
      await access.forget()
      return CheckOutcome(.unknown, .other, reason: reason)
    case .hostNetwork:
      return CheckOutcome(.unknown, .hostNetwork, reason: reason)
    case .nameResolution:
      return await judgeName(reason, deadline: deadline)
    }
  }

  private func quorum(_ reason: String) -> CheckOutcome {
    CheckOutcome(
      .failure, .quorum,
      reason: "writes and strong reads are refused, only eventually consistent reads work: "
        + reason)
  }

  private func onlyEventualReadsWork(deadline: Duration) async -> Bool {
    guard let known = await access.current, known.consistency == .strong else { return false }
    do {
      _ = try await read(beat: nil, consistent: false, deadline: deadline)
      return true
    } catch {
      return false
    }
  }

  /// A dead name is the region's fault only while a reference name and other regions' endpoints
  /// live (20 October 2025). A resolver that knows one name from its cache, or none of DynamoDB's,
  /// is no reason to leave a region.
  private func judgeName(_ reason: String, deadline: Duration) async -> CheckOutcome {
    let endpoints = await otherEndpoints()
    let found = await resolving(references + endpoints, deadline: deadline)
    guard let reference = references.first(where: found.contains) else {
      return CheckOutcome(
        .unknown, .hostNetwork,
        reason: "\(reason), and neither does \(references.joined(separator: ", ")): "
          + "this host's resolver is at fault")
    }
    guard let endpoint = endpoints.first(where: found.contains) else {
      return CheckOutcome(
        .unknown, .nameResolution,
        reason: "\(reason), but no other region's endpoint does either "
          + "(\(endpoints.joined(separator: ", "))): the region alone is not at fault")
    }
    return CheckOutcome(
      .failure, .nameResolution,
      reason: "\(reason), while \(reference) resolves, and so does \(endpoint)")
  }

  /// The endpoints of some other AWS regions, those of the deployment first.
  private func otherEndpoints() async -> [String] {
    let own = access.client.region
    let known = (await access.current?.replicas.map(\.region) ?? []) + (await others())
    var hosts: [String] = []
    for other in known + Endpoint.wellKnownRegions(beside: own) where other != own {
      let host = access.client.endpoint.host(in: other, insteadOf: own)
      if hosts.count < Self.mostEndpoints, !hosts.contains(host) { hosts.append(host) }
    }
    return hosts
  }

  private static let mostEndpoints = 4

  /// Those of the names that resolve within `deadline`, asked for at once.
  private func resolving(_ hosts: [String], deadline: Duration) async -> Set<String> {
    let names = access.client.names
    let limit = max(deadline, .milliseconds(100))
    return await withTaskGroup(of: String?.self) { group in
      for host in Set(hosts) {
        group.addTask {
          (try? await names.addresses(of: host, deadline: limit)) == nil ? nil : host
        }
      }
      var found: Set<String> = []
      for await host in group { if let host { found.insert(host) } }
      return found
    }
  }

  private func advice(_ error: DynamoDBError) -> String {
    switch error.kind {
    case .clock: "\(error.description). This host's clock is off: check timedatectl"
    case .permission:
      "\(error.description). Needed: PutItem, GetItem, Query, DescribeTable on \(access.table)"
    case .missingTable: "\(error.description). Is [dynamodb] table right for aws_region?"
    default: error.description
    }
  }
}
