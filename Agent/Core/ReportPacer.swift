/// When the next report is due: at the interval, at once on a change, later after failures.
public struct ReportPacer: Sendable {
  /// Two reports are never closer than this.
  public static let spacingMs: Int64 = 100
  /// The first pause after a failure; it doubles up to the interval, so that a coordinator that
  /// comes back hears every agent within its grace.
  public static let backoffMs: Int64 = 500

  /// From report to report when nothing changes.
  public private(set) var intervalMs: Int64
  private var sent: Instant?
  private var changed = true
  private var notBefore: Instant?
  private var failures = 0

  /// A pacer whose first report is due at once.
  public init(intervalMs: Int64) {
    self.intervalMs = max(Self.spacingMs, intervalMs)
  }

  /// Something changed that the coordinator should hear at once.
  public mutating func change() { changed = true }

  /// A report was sent at `instant`.
  public mutating func send(at instant: Instant) {
    sent = instant
    changed = false
  }

  /// The report was taken over; the next one is wanted after `intervalMs`.
  public mutating func deliver(nextMs: Int) {
    failures = 0
    notBefore = nil
    intervalMs = Int64(min(max(Int(Self.spacingMs), nextMs), 600_000))
  }

  /// The report was not taken over; `jitter` in 0..<1 spreads the agents.
  public mutating func fail(at instant: Instant, jitter: Double) {
    let doubled = Self.backoffMs << Int64(min(failures, 16))
    let pause = min(doubled, max(intervalMs, Self.spacingMs))
    failures += 1
    let spread = 0.5 + min(max(0, jitter), 1) / 2
    notBefore = instant + max(Self.spacingMs, Int64(Double(pause) * spread))
    changed = true
  }

  /// A refusal named what was missing: the next report may go at once.
  public mutating func retryAtOnce() {
    notBefore = nil
    changed = true
  }

  /// When the next report is due; in the past or now means at once.
  public var due: Instant? {
    guard let sent else { return nil }
    var due = sent + (changed ? Self.spacingMs : intervalMs)
    if let notBefore, notBefore > due { due = notBefore }
    return due
  }
}
