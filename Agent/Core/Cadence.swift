/// A fixed schedule: slots a period apart, however long the work in one of them takes.
///
/// Missed slots are skipped, never made up for.
public struct Cadence: Hashable, Sendable {
  /// One of the slots.
  public let origin: Instant
  /// From slot to slot, at least 1 ms.
  public let periodMs: Int64

  /// Slots at `origin` and every `periodMs` after it.
  public init(origin: Instant, periodMs: Int64) {
    self.origin = origin
    self.periodMs = max(1, periodMs)
  }

  /// The first slot that is later than `now`, and never before the origin.
  public func next(after now: Instant) -> Instant {
    guard now >= origin else { return origin }
    return origin + ((now - origin) / periodMs + 1) * periodMs
  }
}
