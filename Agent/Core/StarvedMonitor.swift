/// Finds out whether this process gets to run on time: its own timers tell (RULES 2, FAULTS 14).
///
/// One late timer is a hiccup or a sleeping host; several within the window mean that deadlines are
/// missed for want of processor time, so that bad outcomes say nothing about the app.
public struct StarvedMonitor: Sendable {
  /// A timer later than this counts.
  public let lateMs: Int64
  /// How far back it looks.
  public let windowMs: Int64
  /// This many late timers within the window make it starved.
  public let limit: Int
  /// The newest late timers, at most `limit`.
  private var late: [(due: Instant, fired: Instant)] = []

  /// A monitor; a timer counts as late by more than `lateMs`.
  public init(lateMs: Int64 = 1000, windowMs: Int64 = 20_000, limit: Int = 3) {
    self.lateMs = lateMs
    self.windowMs = windowMs
    self.limit = max(1, limit)
  }

  /// Takes in a timer that was to fire at `due` and fired at `fired`.
  public mutating func take(due: Instant, fired: Instant) {
    guard fired - due > lateMs else { return }
    late.append((due, fired))
    if late.count > limit { late.removeFirst() }
  }

  /// Whether too many timers of the window up to `now` were late.
  public func isStarved(at now: Instant) -> Bool {
    late.count { now - $0.fired <= windowMs } >= limit
  }

  /// When the oldest of the late timers was due that make it starved.
  public var began: Instant? { late.first?.due }
}
