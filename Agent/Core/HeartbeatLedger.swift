public import Wire

/// What one attempt to write the heartbeat came to.
public enum BeatOutcome: Hashable, Sendable {
  /// The table acknowledged it.
  case acknowledged
  /// It was refused or never got there; `misconfigured` where only a human can repair it.
  case failed(FailureClass, reason: String)
  /// No answer came: it may have been written.
  case unknown(FailureClass, reason: String)
}

/// Keeps the sequence of this boot's heartbeats and what became of the newest ones.
///
/// Every attempt takes a fresh sequence and a fresh time, so that a late echo of an earlier attempt
/// is never mistaken for a newer heartbeat.
public struct HeartbeatLedger: Sendable {
  /// The table's name, for the report.
  public let table: String
  private let agent: String
  private let boot: String
  private var sequence: UInt64 = 0
  private var acknowledged: UInt64 = 0
  private var newest: (heartbeat: Heartbeat, at: Instant)?
  private var previousRttMs: Int?
  private var failure: FailureClass?
  private var reason: String?

  /// A ledger for the heartbeats of `agent` since this `boot`.
  public init(table: String, agent: String, boot: String) {
    self.table = table
    self.agent = agent
    self.boot = boot
  }

  /// The next heartbeat to send, written at `wallMs`.
  public mutating func next(wallMs: Int64, periodMs: Int, clockErrorMs: Int?) -> Heartbeat {
    sequence += 1
    return Heartbeat(
      agent: agent, boot: boot, sequence: sequence, writtenMs: wallMs, periodMs: periodMs,
      clockErrorMs: clockErrorMs, previousRttMs: previousRttMs, acknowledgedBefore: acknowledged)
  }

  /// Takes in what became of `heartbeat`; says whether the class of failure has changed.
  @discardableResult
  public mutating func take(
    _ outcome: BeatOutcome, of heartbeat: Heartbeat, started: Instant, ended: Instant
  ) -> Bool {
    let before = failure
    switch outcome {
    case .acknowledged:
      acknowledged += 1
      previousRttMs = Int(min(max(0, ended - started), Int64(Int32.max)))
      failure = nil
      reason = nil
      if heartbeat.sequence > newest?.heartbeat.sequence ?? 0 { newest = (heartbeat, ended) }
    case .failed(let found, let text), .unknown(let found, let text):
      failure = found
      reason = Text.cut(text, to: Limits.textBytes)
    }
    return failure != before
  }

  /// The newest acknowledged sequence; 0 before the first.
  public var acknowledgedSequence: UInt64 { newest?.heartbeat.sequence ?? 0 }

  /// What the report says of the heartbeat.
  public func own(periodMs: Int, at now: Instant) -> OwnHeartbeat {
    OwnHeartbeat(
      table: table, sequence: acknowledgedSequence, writtenMs: newest?.heartbeat.writtenMs,
      acknowledgedMs: newest?.at.age(at: now), periodMs: periodMs, failure: failure, reason: reason)
  }
}
