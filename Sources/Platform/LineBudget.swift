/// Bounds how many lines are written: a bucket of lines, refilled at a steady rate.
public struct LineBudget: Sendable {
  /// The most lines at once.
  public let burst: Int
  /// One line is refilled in this time.
  public let refill: Duration
  private var left: Int
  private var refilled: MonotonicInstant?
  private var swallowed = 0

  /// A full bucket; both bounds are held above zero.
  public init(burst: Int = 40, refill: Duration = .seconds(2)) {
    self.burst = max(1, burst)
    self.refill = max(.milliseconds(1), refill)
    left = max(1, burst)
  }

  /// Takes one line: nil if it may not be written, else how many were swallowed since the last one.
  public mutating func take(at now: MonotonicInstant) -> Int? {
    fill(at: now)
    guard left > 0 else {
      swallowed = min(swallowed, Int.max - 1) + 1
      return nil
    }
    left -= 1
    defer { swallowed = 0 }
    return swallowed
  }

  /// How many lines were swallowed, where a line is left to say so; that line is taken then.
  public mutating func confess(at now: MonotonicInstant) -> Int? {
    guard swallowed > 0 else { return nil }
    fill(at: now)
    guard left > 0 else { return nil }
    left -= 1
    defer { swallowed = 0 }
    return swallowed
  }

  private mutating func fill(at now: MonotonicInstant) {
    guard let last = refilled else {
      refilled = now
      return
    }
    let lines = max(.zero, now - last).clampedNanoseconds / refill.clampedNanoseconds
    left = Int(min(Int64(burst), Int64(left) + min(lines, Int64(burst))))
    refilled = last + refill * Int(clamping: lines)
  }
}
