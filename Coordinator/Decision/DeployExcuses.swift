import Wire

/// What one agent's deploy notices excuse: whatever it claims, at most `Defaults.deployLimit` in
/// any `Defaults.deployWindow` (RULES 1).
///
/// Time counts as excused while a notice is in force, whether the host was bad in it or not.
/// Bounded: spans that left the window are forgotten, and of too many the oldest become one.
public struct DeployExcuses: Hashable, Sendable, Codable {
  private struct Span: Hashable, Sendable, Codable {
    var from: Instant
    var until: Instant
  }

  /// The most spans that are kept.
  static let kept = 16

  /// Oldest first, apart from each other; the last one may end later than now.
  private var spans: [Span] = []
  /// Whether the newest report carried a notice.
  public private(set) var isClaimed = false

  /// An agent that never had one.
  public init() {}

  /// Takes in what a report, received at `told`, says is left of a notice; nil or 0 ends it.
  mutating func take(leftMs: Int?, at told: Instant) {
    let left = Duration.milliseconds(max(0, leftMs ?? 0))
    isClaimed = left > .zero
    // What was granted ends with this report, or goes on by it.
    if let last = spans.last, last.until > told {
      spans[spans.count - 1].until = max(last.from, told)
    }
    forget(before: told - Defaults.deployWindow)
    let granted = min(left, Defaults.deployLimit - spent(at: told))
    guard granted > .zero else { return }
    if let last = spans.last, last.until == told {
      spans[spans.count - 1].until = told + granted
    } else {
      spans.append(Span(from: told, until: told + granted))
      // The time between two counts as excused then: never less than was.
      if spans.count > Self.kept {
        let oldest = spans.removeFirst()
        spans[0].from = oldest.from
      }
    }
  }

  /// Whether bad votes are excused now.
  public func holds(at now: Present) -> Bool {
    guard isClaimed, let last = spans.last else { return false }
    return !now.counts(until: last.from) && now.counts(until: last.until)
  }

  /// The end of the newest excused time: what failed within it confirms nothing before that.
  public var until: Instant? { spans.last?.until }

  /// How much of the window up to `now` was excused.
  public func spent(at now: Instant) -> Duration {
    let start = now - Defaults.deployWindow
    return spans.reduce(.zero) { sum, span in
      sum + max(.zero, min(span.until, now) - max(span.from, start))
    }
  }

  private mutating func forget(before start: Instant) {
    // The newest one stays: its end dates what failed under it.
    let past = spans.dropLast().prefix { $0.until <= start }.count
    if past > 0 { spans.removeFirst(past) }
  }
}
