/// A moment on the host's boot-time clock, in milliseconds; only differences mean anything.
///
/// The boot-time clock goes on while the host sleeps and never steps. Pure code is handed instants
/// and reads no clock.
public struct Instant: Comparable, Hashable, Sendable {
  /// Since an arbitrary origin, which is the same for a whole boot of the host.
  public var milliseconds: Int64

  /// An instant so many milliseconds after the clock's origin.
  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// Whether the left instant comes first.
  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// The milliseconds from the right instant to the left one; negative if the right one is later.
  public static func - (left: Instant, right: Instant) -> Int64 {
    left.milliseconds - right.milliseconds
  }

  /// The instant so many milliseconds later.
  public static func + (left: Instant, right: Int64) -> Instant {
    Instant(milliseconds: left.milliseconds + right)
  }

  /// The age at `now` for a report: milliseconds, never negative, at most what an `Int32` holds.
  public func age(at now: Instant) -> Int {
    Int(min(max(0, now - self), Int64(Int32.max)))
  }
}
