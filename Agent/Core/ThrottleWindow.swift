/// Tells lasting throttling from a burst: bad once 80 % of the attempts were throttled all through
/// 60 s (RULES 1).
///
/// It watches a spell that begins with a throttled attempt and ends as soon as fewer than that were
/// throttled, of those of the last 60 s that belong to it: what went well before the spell neither
/// delays nor hastens it. Counts in buckets of one second, so its size does not depend on the
/// number of attempts.
public struct ThrottleWindow: Sendable {
  /// How long a spell has to last, and how far back its share is counted.
  public static let windowMs: Int64 = 60_000
  /// The share of throttled attempts at which it is saturated, in percent.
  public static let percent = 80
  /// The fewest attempts that say anything.
  public static let leastAttempts = 5

  private struct Bucket: Sendable {
    var second: Int64
    var attempts: Int
    var throttled: Int
  }

  /// Those of the spell.
  private var buckets: [Bucket] = []
  /// The first throttled attempt of the spell; nil without one.
  private var since: Instant?
  private var newest: Instant?

  /// An empty window.
  public init() {}

  /// Takes in an attempt that ended at `instant`.
  public mutating func take(throttled: Bool, at instant: Instant) {
    // Nothing is known of a gap.
    if let newest, instant - newest > Self.windowMs { end() }
    newest = instant
    guard since != nil || throttled else { return }
    add(throttled, at: instant)
    let (attempts, hits) = counts
    guard hits * 100 < attempts * Self.percent else { return }
    end()
    // Where older ones fell out of the count, a spell may end with a throttled attempt: the next
    // one begins with it.
    if throttled { add(throttled, at: instant) }
  }

  private mutating func add(_ throttled: Bool, at instant: Instant) {
    if since == nil { since = instant }
    let second = instant.milliseconds / 1000
    if buckets.last?.second != second {
      buckets.append(Bucket(second: second, attempts: 0, throttled: 0))
    }
    buckets[buckets.count - 1].attempts += 1
    buckets[buckets.count - 1].throttled += throttled ? 1 : 0
    let past = buckets.prefix { $0.second <= second - Self.windowMs / 1000 }.count
    if past > 0 { buckets.removeFirst(past) }
  }

  /// Whether throttling has gone on for the whole window up to the newest attempt.
  public var isSaturated: Bool {
    guard let since, let newest, newest - since >= Self.windowMs else { return false }
    return counts.attempts >= Self.leastAttempts
  }

  private var counts: (attempts: Int, throttled: Int) {
    buckets.reduce((0, 0)) { ($0.0 + $1.attempts, $0.1 + $1.throttled) }
  }

  private mutating func end() {
    since = nil
    buckets.removeAll(keepingCapacity: true)
  }
}
