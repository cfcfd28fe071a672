import Linode

/// A check that was changed, until its hosts are known to pass it.
struct SetupWatch: Hashable, Sendable {
  /// What a reading means for it.
  enum Verdict: Hashable {
    /// The account does not show the new check, or not any more.
    case idle
    case passed
    case wait(String)
    case undo(SetupStep)
    case refused(SetupRefusal)
  }

  private struct Undoing: Hashable {
    var since: Duration
    var askedAt: Duration
    var outcome: SetupWork.Outcome?
    /// Since when the old check is read again.
    var oldSince: Duration?
  }

  let step: SetupStep
  /// How many hosts passed before.
  let hostsBefore: Int
  /// When the account showed the new check for the first time.
  private var takenAt: Duration?
  private var undoing: Undoing?

  init(_ step: SetupStep, hostsBefore: Int) {
    self.step = step
    self.hostsBefore = hostsBefore
  }

  /// Whether the account showed the new check.
  var isTaken: Bool { takenAt != nil }

  /// What asking for the old check came to.
  mutating func answered(_ outcome: SetupWork.Outcome, _ now: Duration) {
    undoing?.outcome = outcome
    undoing?.askedAt = now
  }

  mutating func look(
    _ proposal: SetupProposal, _ pace: SetupPace, _ now: Duration
  ) -> Verdict {
    guard case .check(let port, _, let new) = step else { return .passed }
    if undoing != nil { return undo(proposal.config(of: port), pace, now) }
    guard let config = proposal.config(of: port) else {
      guard let takenAt else { return .idle }
      // Once is no answer.
      return now - takenAt < pace.settle(new) + pace.watchFor
        ? .wait("\(step.title): it is not listed now")
        : .refused(.unwatched(step, "the port is gone"))
    }
    guard config.settings == new else {
      // Somebody else's by now, or not taken on yet.
      return .idle
    }
    let since = takenAt ?? now
    takenAt = since
    let settled = since + pace.settle(new)
    let isEnough = config.nodesUp > 0 && config.nodesUp >= hostsBefore
    if now >= settled, isEnough, config.nodesDown == 0 { return .passed }
    if now < settled + pace.watchFor {
      return .wait(
        "\(step.title): waiting whether hosts pass (\(config.nodesUp) do, "
          + "\(config.nodesDown) do not)")
    }
    // Some fail that were not asked before, or there is no host at all.
    if isEnough || config.nodesUp + config.nodesDown == 0 && hostsBefore == 0 { return .passed }
    guard let back = step.reversed else { return .passed }
    undoing = Undoing(since: now, askedAt: now)
    return .undo(back)
  }

  private mutating func undo(
    _ config: LinodeBalancerConfig?, _ pace: SetupPace, _ now: Duration
  ) -> Verdict {
    guard var undoing, let back = step.reversed, case .check(_, let old, _) = step else {
      return .passed
    }
    defer { self.undoing = undoing }
    if case .refused(let text) = undoing.outcome { return .refused(.notUndone(step, text)) }
    let isOld = config?.settings == old
    undoing.oldSince = isOld ? undoing.oldSince ?? now : nil
    // Two readings, so that one from before the change does not pass for it.
    if let oldSince = undoing.oldSince, now - oldSince >= pace.rereadAfter {
      return .refused(.undone(step, "fewer hosts passed it than before"))
    }
    guard now - undoing.since < pace.busyFor else {
      return .refused(.notUndone(step, "it was asked for, and nothing shows it"))
    }
    let isDue = undoing.outcome == nil || now - undoing.askedAt >= pace.rereadAfter
    guard !isOld, isDue else { return .wait("\(step.title): too few hosts pass; putting it back") }
    undoing.askedAt = now
    return .undo(back)
  }
}
