public import AgentCore
public import DynamoDB
import Platform
import Wire

/// Where the writer gets its heartbeats from and says what became of them.
public protocol HeartbeatBook: Sendable {
  /// The next heartbeat, with a fresh sequence and the present time; nil while another agent is
  /// the region's writer.
  func nextBeat() async -> Heartbeat?
  /// What became of one.
  func record(
    _ outcome: BeatOutcome, of heartbeat: Heartbeat, started: Instant, ended: Instant) async
}

/// Writes this region's heartbeat item, one write at a time.
///
/// Who asks while a write is in flight gets that one's result: a later write never overtakes an
/// earlier one.
public actor HeartbeatWriter {
  /// A finished write: one attempt and at most one more.
  public struct Beat: Sendable {
    /// Rises with each finished write of this process.
    public var number: Int
    /// The newest heartbeat that was tried.
    public var heartbeat: Heartbeat
    /// Why it failed; nil if it was acknowledged.
    public var error: DynamoDBError?
  }

  private let access: TableAccess
  private let region: String
  private let alsoWrite: String?
  private let book: any HeartbeatBook
  private var newest: Beat?
  private var count = 0
  private var inFlight: Task<Beat?, Never>?
  /// The newest heartbeat of the write in flight.
  private var tried: Heartbeat?

  /// A writer of `region`'s heartbeat. `alsoWrite` names a key that is written too, for programs
  /// that look for their own heartbeat item.
  public init(
    access: TableAccess, region: String, alsoWrite: String? = nil, book: any HeartbeatBook
  ) {
    self.access = access
    self.region = region
    self.alsoWrite = alsoWrite
    self.book = book
  }

  /// Writes a heartbeat within `deadline`; nil while another agent is the region's writer.
  @discardableResult
  public func beat(deadline: Duration) async -> Beat? {
    if let inFlight { return await inFlight.value }
    let task = Task { await write(deadline: deadline) }
    inFlight = task
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// The newest write if its number is above `number`, else one made now: so that each is counted
  /// once by whoever judges them.
  public func beat(after number: Int, deadline: Duration) async -> Beat? {
    if let newest, newest.number > number { return newest }
    return await beat(deadline: deadline)
  }

  private func write(deadline: Duration) async -> Beat? {
    defer { inFlight = nil }
    tried = nil
    do {
      try await TableClient.attempting(deadline: deadline) { left throws(DynamoDBError) in
        try await self.attempt(deadline: left)
      }
    } catch {
      return finish(tried, error)
    }
    return finish(tried, nil)
  }

  /// A repeated attempt is a new heartbeat, with a sequence and a time of its own.
  private func attempt(deadline: Duration) async throws(DynamoDBError) {
    guard let heartbeat = await book.nextBeat() else { return }
    tried = heartbeat
    try await put(heartbeat, deadline: deadline)
  }

  private func finish(_ heartbeat: Heartbeat?, _ error: DynamoDBError?) -> Beat? {
    guard let heartbeat else {
      newest = nil
      return nil
    }
    count += 1
    newest = Beat(number: count, heartbeat: heartbeat, error: error)
    return newest
  }

  private func put(_ heartbeat: Heartbeat, deadline: Duration) async throws(DynamoDBError) {
    let started = Instant.now
    do {
      let keys = try await access.description(deadline: deadline).keys
      let item = HeartbeatItem(heartbeat, region: region)
      try await access.client.put(item.item(keys: keys), table: access.table, deadline: deadline)
      await book.record(.acknowledged, of: heartbeat, started: started, ended: .now)
      if let alsoWrite {
        let left = max(deadline - .milliseconds(Instant.now - started), .milliseconds(20))
        // Another program's item: that it fails is no finding of this one's health.
        _ = try? await access.client.put(
          item.companion(named: alsoWrite, keys: keys), table: access.table, deadline: left)
      }
    } catch {
      // Cut off by the end of the process, which says nothing about the table.
      if Task.isCancelled { throw error }
      let failure = error.failureClass
      let outcome: BeatOutcome =
        error.failure == .outcomeUnknown
        ? .unknown(failure, reason: error.description)
        : .failed(failure, reason: error.description)
      await book.record(outcome, of: heartbeat, started: started, ended: .now)
      throw error
    }
  }
}
