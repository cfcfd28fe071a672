/// Tells lasting throttling from a burst: bad at 80 % of the attempts of 60 s (RULES 1).
///
/// Counts in buckets of one second, so its size does not depend on the number of attempts.
public struct ThrottleWindow: Sendable {
  /// How far back it looks.
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

  private var buckets: [Bucket] = []
  /// The first attempt of a watch without a gap of a whole window.
  private var watchedSince: Instant?
  private var newest: Instant?

  /// An empty window.
  public init() {}

  /// Takes in an attempt that ended at `instant`.
  public mutating func take(throttled: Bool, at instant: Instant) {
    if let newest, instant - newest > Self.windowMs {
      watchedSince = nil
      buckets.removeAll()
    }
    if watchedSince == nil { watchedSince = instant }
    newest = instant
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
    guard let watchedSince, let newest, newest - watchedSince >= Self.windowMs else { return false }
    let attempts = buckets.reduce(0) { $0 + $1.attempts }
    let throttled = buckets.reduce(0) { $0 + $1.throttled }
    return attempts >= Self.leastAttempts && throttled * 100 >= attempts * Self.percent
  }
}
