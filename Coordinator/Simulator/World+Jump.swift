import AgentCore
import Decision
import Wire

/// Quiet time is jumped over: everyone lives on the frozen clock, so nothing needs to be told.
extension World {
  /// After a jump everything is played for real that long before anything can happen: what
  /// estimators remember of heartbeats is renewed meanwhile.
  static let warmUpMs: Int64 = 60_000
  /// So long everything has to have been well: the longest that a message is on its way, and what
  /// windows of late timers remember.
  static let memoryMs: Int64 = 70_000
  /// What check machines remember of a fall.
  static let failureMs: Int64 = Defaults.flapWindow.wholeMilliseconds + 60_000

  /// Leaves out the time up to shortly before the next thing that can happen.
  func jump() {
    guard commonPeriod > 0 || mayShift, !isRestless, now - troubleAt > Self.memoryMs, let shell,
      shell.isQuiet, zone.isQuiet(in: conditions, at: now), hosts.allSatisfy(isQuiet)
    else { return }
    let deadline = shell.deadlineTrue() ?? .max
    let room = min(nextTurn, deadline, schedule.length) - now - Self.warmUpMs
    guard room >= max(commonPeriod, Self.tickMs) else { return }
    if setup.lossPercent == 0 {
      leaveOut(commonPeriod > 0 ? room / commonPeriod * commonPeriod : room)
    } else if isUsual, isStill, now >= lullFrom {
      jumpLosses(shell, room: min(room, Self.lullMs))
    }
  }

  /// Whether faults may meet the regular things at other moments than they would without the jump:
  /// where these never come together again in short, and no other story has to be the same.
  private var mayShift: Bool { pace == .jump && setup.lossPercent == 0 }

  /// At most so much is looked ahead at once.
  private static let lullMs: Int64 = 3_600_000

  private func jumpLosses(_ shell: Shell, room: Int64) {
    guard var lull = Lull(self, shell, room: room) else { return }
    guard let span = lull.longest() else {
      lullFrom = max(lull.end, now + 5_000)
      return
    }
    let due = lull.due(after: span)
    leaveOut(span)
    for (host, due) in zip(hosts, due) {
      host.isDueAnew = true
      host.reportPlanned = due - frozen
      queue.plan(.report, at: due - frozen, who: host.number, key: host.life)
    }
  }

  /// Whether the host does what it always does.
  private func isQuiet(_ host: Host) -> Bool {
    guard host.runs else { return true }
    return host.isSettled && frozenNow - host.badAt > Self.failureMs && !host.isStarved
  }

  /// The smallest span after which everything that happens regularly happens again; 0: it is too
  /// long.
  static func commonPeriod(_ setup: Setup) -> Int64 {
    let policy = setup.policy
    let spans = [
      policy.reportInterval, policy.probeInterval, policy.heartbeatPeriod, policy.heartbeatRead,
      Defaults.checkInterval,
    ].map(\.wholeMilliseconds)
    var period = readMs
    for span in spans + [tickMs] where span > 0 { period = period / divisor(period, span) * span }
    return period > 600_000 ? 0 : period
  }

  private static func divisor(_ left: Int64, _ right: Int64) -> Int64 {
    right == 0 ? left : divisor(right, left % right)
  }
}
