import Glibc

/// Times and how to tell them.
enum Timing {
  /// What this process has had of its processors, in microseconds: waiting does not count.
  static func cpuMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
  }

  /// The value that the share of all does not exceed; 0 of none.
  static func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let index = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return sorted[min(max(0, index), sorted.count - 1)]
  }

  /// With so many digits after the point, right-aligned.
  static func text(_ value: Double, digits: Int = 1, width: Int = 10) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int64((value * scale).rounded())
    let unit = Int64(scale)
    let rest = String(whole % unit)
    let fraction = String(repeating: "0", count: max(0, digits - rest.count)) + rest
    let number = digits == 0 ? "\(whole)" : "\(whole / unit).\(fraction)"
    return String(repeating: " ", count: max(0, width - number.count)) + number
  }
}
