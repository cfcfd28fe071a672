import Wire

/// How long a confirmed down verdict of the active region is held back.
extension RegionMemory {
  /// It is held back from now on, if it was not already.
  public mutating func hold(_ now: Present) {
    if heldSince == nil { heldSince = now.instant }
  }

  mutating func letGo(_ now: Present) {
    heldMs = held(now.instant).wholeMilliseconds
    heldSince = nil
  }

  mutating func forgetHeld() {
    heldMs = 0
    heldSince = nil
  }

  /// How long it has been held back, all in all, since it was confirmed.
  public func held(_ now: Instant) -> Duration {
    .milliseconds(heldMs) + (heldSince.map { now - $0 } ?? .zero)
  }

  /// Whether it has been for so long.
  public func isHeld(for span: Duration, _ now: Present) -> Bool {
    guard let heldSince else { return .milliseconds(heldMs) >= span }
    return now.hasLasted(span - .milliseconds(heldMs), since: heldSince)
  }
}
