extension Duration {
  /// Whole nanoseconds, clamped to what fits.
  var clampedNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    if seconds > 9_000_000_000 { return 9_000_000_000_000_000_000 }
    if seconds < -9_000_000_000 { return -9_000_000_000_000_000_000 }
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }

  /// Whole milliseconds, rounded up, at least 1 and at most some 24 days: what C libraries take.
  var timerMilliseconds: Int {
    let milliseconds = (clampedNanoseconds + 999_999) / 1_000_000
    return Int(min(max(milliseconds, 1), 2_000_000_000))
  }

  /// "3 s", "1.5 s", "250 ms": for messages.
  var brief: String {
    let milliseconds = clampedNanoseconds / 1_000_000
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
    return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}
