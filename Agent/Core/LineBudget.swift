/// Bounds how many lines are written: a bucket of lines, refilled at a steady rate.
public struct LineBudget: Sendable {
  /// The most lines at once.
  public let burst: Int
  /// One line is refilled in this time.
  public let refillMs: Int64
  private var left: Int
  private var refilled: Instant?
  private var swallowed = 0

  /// A full bucket.
  public init(burst: Int = 40, refillMs: Int64 = 2000) {
    self.burst = max(1, burst)
    self.refillMs = max(1, refillMs)
    left = max(1, burst)
  }

  /// Takes one line: nil if it may not be written, else how many were swallowed since the last one.
  public mutating func take(at now: Instant) -> Int? {
    if let last = refilled {
      let lines = max(0, now - last) / refillMs
      left = Int(min(Int64(burst), Int64(left) + lines))
      refilled = last + lines * refillMs
    } else {
      refilled = now
    }
    guard left > 0 else {
      swallowed += 1
      return nil
    }
    left -= 1
    defer { swallowed = 0 }
    return swallowed
  }
}
