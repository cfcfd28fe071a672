import Wire

/// A point on the coordinator's boot-time clock, in milliseconds; the shell passes it in.
public struct Instant: Hashable, Comparable, Sendable, Codable {
  public var milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// The span from `right` to `left`; negative when `left` is earlier. What does not fit is the
  /// nearest that does, here and below.
  public static func - (left: Instant, right: Instant) -> Duration {
    .milliseconds(left.milliseconds.subtractingSaturated(right.milliseconds))
  }

  public static func - (left: Instant, right: Duration) -> Instant {
    Instant(milliseconds: left.milliseconds.subtractingSaturated(right.wholeMilliseconds))
  }

  public static func + (left: Instant, right: Duration) -> Instant {
    Instant(milliseconds: left.milliseconds.addingSaturated(right.wholeMilliseconds))
  }

  /// The instant `age` milliseconds before this one; ages come from the network and are clamped to
  /// 0 ... 30 days.
  public func before(ageMs: Int) -> Instant {
    Instant(
      milliseconds: milliseconds.subtractingSaturated(Int64(min(max(ageMs, 0), 2_592_000_000))))
  }
}

/// Now, on both clocks: rules count on `instant`; what has to survive a restart is kept in wall
/// time.
public struct Now: Hashable, Sendable, Codable {
  public var instant: Instant
  /// Unix milliseconds.
  public var wallMs: Int64

  public init(instant: Instant, wallMs: Int64) {
    self.instant = instant
    self.wallMs = wallMs
  }

  /// The wall time of an instant, by today's offset.
  public func wall(_ other: Instant) -> Int64 {
    wallMs.subtractingSaturated(
      instant.milliseconds.subtractingSaturated(other.milliseconds))
  }
}
