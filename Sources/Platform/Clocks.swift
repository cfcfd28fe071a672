import CLinux
import Glibc

/// A point on one of this host's own clocks, which no adjustment of the wall clock moves.
public struct MonotonicInstant: Comparable, Hashable, Sendable {
  /// Nanoseconds since the clock's start (for both clocks of `Clocks`: the host's boot).
  public var nanoseconds: Int64

  /// Makes the point so many nanoseconds after the clock's start.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The time from this point to another; negative when that is earlier.
  public func duration(to other: MonotonicInstant) -> Duration {
    .nanoseconds(other.nanoseconds - nanoseconds)
  }

  /// The point that much later; clamped at some 290 years.
  public func advanced(by duration: Duration) -> MonotonicInstant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
    return MonotonicInstant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
  }

  public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The time from the right point to the left one.
  public static func - (left: MonotonicInstant, right: MonotonicInstant) -> Duration {
    right.duration(to: left)
  }

  /// The point that much later.
  public static func + (left: MonotonicInstant, right: Duration) -> MonotonicInstant {
    left.advanced(by: right)
  }

  /// The point that much earlier.
  public static func - (left: MonotonicInstant, right: Duration) -> MonotonicInstant {
    left.advanced(by: .zero - right)
  }
}

/// The host's clocks. Nothing else in the project reads them.
public enum Clocks {
  /// Time since boot, including time in which the host was suspended (CLOCK_BOOTTIME).
  public static func bootTime() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: read(CLOCK_BOOTTIME))
  }

  /// Time since boot, without time in which the host was suspended (CLOCK_MONOTONIC).
  public static func monotonic() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: read(CLOCK_MONOTONIC))
  }

  /// The wall clock in milliseconds of Unix time (CLOCK_REALTIME). It may jump.
  public static func wallMilliseconds() -> Int64 {
    read(CLOCK_REALTIME) / 1_000_000
  }

  /// Whether the kernel considers the wall clock synchronised, and its largest error as the kernel
  /// knows it (adjtimex(2); nil where the kernel does not say). Without synchronisation the error
  /// is a formal figure of some 16 s.
  public static func synchronisation() -> (synchronised: Bool, errorMilliseconds: Int?) {
    var microseconds = 0
    let state = signalbox_clock_state(&microseconds)
    return (state == 1, state < 0 ? nil : (microseconds + 999) / 1000)
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // Cannot fail for these clocks on Linux.
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Wall-clock times as text.
public enum WallTime {
  /// "2026-11-23T03:12:05.123Z" of milliseconds of Unix time; years 0 to 9999.
  public static func iso8601(_ milliseconds: Int64) -> String {
    let bounded = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    var seconds = time_t(bounded / 1000)
    var fraction = bounded % 1000
    if fraction < 0 {
      fraction += 1000
      seconds -= 1
    }
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let date =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))"
      + "-\(padded(Int(parts.tm_mday), 2))"
    return "\(date)T\(clock(parts)).\(padded(Int(fraction), 3))Z"
  }

  /// "03:12:05" in the host's time zone, of milliseconds of Unix time.
  public static func clock(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    if milliseconds % 1000 < 0 { seconds -= 1 }
    var parts = tm()
    localtime_r(&seconds, &parts)
    return clock(parts)
  }

  private static func clock(_ parts: tm) -> String {
    "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2))"
      + ":\(padded(Int(parts.tm_sec), 2))"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
