import Wire

/// Starts of the coordinator (RULES 15): each restarts every confirmation, so that one that starts
/// over and over never moves anything.
extension Machine {
  /// Notes that the coordinator started; once, before its first tick.
  public mutating func noteStart(wallMs: Int64) {
    let kept = (memory.startedMs ?? []) + [wallMs]
    memory.startedMs = kept.suffix(Defaults.startsKept)
  }

  /// How many times it has started of late, when that is too often; nil: it is not.
  public func restarts(wallMs: Int64) -> Int? {
    let window = 0...Defaults.startsWindow.wholeMilliseconds
    let count = (memory.startedMs ?? []).count { window.contains(wallMs - $0) }
    return count < Defaults.startsAlarm ? nil : count
  }
}
