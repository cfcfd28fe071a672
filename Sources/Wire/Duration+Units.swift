extension Duration {
  /// The span in milliseconds, rounded towards zero; what does not fit is the nearest that does.
  public var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isOver) = seconds.multipliedReportingOverflow(by: 1000)
    guard !isOver else { return seconds < 0 ? .min : .max }
    return whole.addingSaturated(attoseconds / 1_000_000_000_000_000)
  }

  /// The span in seconds.
  public var inSeconds: Double { Double(wholeMilliseconds) / 1000 }
}

extension Int64 {
  /// The sum; what does not fit is the nearest that does.
  public func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? (other < 0 ? .min : .max) : sum
  }

  /// The difference; what does not fit is the nearest that does.
  public func subtractingSaturated(_ other: Int64) -> Int64 {
    let (difference, isOver) = subtractingReportingOverflow(other)
    return isOver ? (other < 0 ? .max : .min) : difference
  }
}
