import Wire

/// What ends a hold.
public enum Clearing: Hashable, Sendable {
  /// Time alone.
  case after(Duration)
  /// Other evidence, or another state of the world.
  case when(String)
  /// Somebody has to do it: a command or a setting.
  case operation(String)
}

/// One thing that holds automatic moves back, with its numbers.
public struct Hold: Hashable, Sendable {
  public var block: Block
  public var text: String
  public var clears: Clearing

  public init(block: Block, text: String, clears: Clearing) {
    self.block = block
    self.text = text
    self.clears = clears
  }
}

extension Machine {
  /// All that holds an automatic move back, in the order in which it is told.
  func holds(
    doubts: Doubts, chooser: TargetChooser, query: EligibilityQuery, now: Present
  ) -> [Hold] {
    [
      conflictHold(), graceHold(now), doubtHold(doubts), zoneHold(), observeHold(), pauseHold(now),
      maintenanceHold(chooser, query, now), budgetHold(now), freeBudgetHold(chooser, query, now),
      refusalHold(now),
    ].compactMap { $0 }
  }

  private func zoneHold() -> Hold? {
    memory.zoneTrouble.map {
      Hold(block: .zone, text: $0, clears: .when("when what is written reaches users again"))
    }
  }

  private func graceHold(_ now: Present) -> Hold? {
    guard isInGrace(now), let left = graceLeft(now.instant) else { return nil }
    return Hold(block: .grace, text: "just started", clears: .after(left))
  }

  private func doubtHold(_ doubts: Doubts) -> Hold? {
    guard doubts.blocks else { return nil }
    let texts = doubts.current.map(\.text).sorted().joined(separator: "; ")
    return Hold(
      block: .doubt, text: texts, clears: .when("one round after reports arrive again"))
  }

  private func observeHold() -> Hold? {
    policy.automation == .observe
      ? Hold(
        block: .observe, text: "automation is observe",
        clears: .operation("set automation = \"automatic\""))
      : nil
  }

  private func pauseHold(_ now: Present) -> Hold? {
    guard let pause = memory.pause else { return nil }
    let reason = pause.reason.map { ": \($0)" } ?? ""
    let resume = "signalbox resume \(topology.service)"
    return Hold(
      block: .pause, text: "paused by \(pause.by)\(reason)",
      clears: pause.untilMs.map { .after(.milliseconds($0 - now.wallMs)) } ?? .operation(resume))
  }

  /// A region in maintenance is left only when everyone outside sees it dead (RULES 14).
  private func maintenanceHold(
    _ chooser: TargetChooser, _ query: EligibilityQuery, _ now: Present
  ) -> Hold? {
    guard let source = query.source, let work = memory.maintenance?[source],
      chooser.pictures[source]?.isHardDown == false
    else { return nil }
    return Hold(
      block: .maintenance, text: "\(source) is in maintenance by \(work.by)",
      clears: .after(.milliseconds(work.untilMs - now.wallMs)))
  }

  private func budgetHold(_ now: Present) -> Hold? {
    spent(policy.maxSwitchesHard, now).map { left in
      Hold(
        block: .budget,
        text: "\(movesUsed(now)) automatic moves, at most \(policy.maxSwitchesHard) in "
          + Words.span(policy.switchWindow),
        clears: .after(left))
    }
  }

  /// Beyond the free moves only from a region that is dead for all to one that is long stable
  /// (RULES 9).
  private func freeBudgetHold(
    _ chooser: TargetChooser, _ query: EligibilityQuery, _ now: Present
  ) -> Hold? {
    guard let left = spent(policy.maxSwitches, now), let source = query.source else { return nil }
    let since = chooser.memories[source]?.hardDownSince
    let dead = since.map { now.instant - $0 } ?? .zero
    let isDead = since.map { now.hasLasted(policy.outsideConfirm, since: $0) } ?? false
    var anyone = query
    anyone.longStable = false
    let lacksStable = chooser.choose(query) == nil && chooser.choose(anyone) != nil
    guard !isDead || lacksStable else { return nil }
    var text =
      "\(movesUsed(now)) automatic moves in \(Words.span(policy.switchWindow)), "
      + "beyond \(policy.maxSwitches) they need more: "
    text +=
      isDead
      ? "no target is stable for \(TargetChooser.seconds(policy.failbackAfter))"
      : "that \(source) is dead for everyone outside for "
        + "\(TargetChooser.seconds(policy.outsideConfirm)) "
        + (since == nil ? "(it is not)" : "(so far for \(TargetChooser.seconds(dead)))")
    // It ends with that evidence, or when there are fewer moves in the window.
    let clears: Clearing =
      if lacksStable {
        .when("when one is, or with fewer moves in the window")
      } else if since == nil {
        .when("when everyone outside sees that, or with fewer moves in the window")
      } else {
        .after(min(left, policy.outsideConfirm - dead))
      }
    return Hold(block: .freeBudget, text: text, clears: clears)
  }

  /// How long until fewer than `limit` moves are in the window; nil: there are fewer.
  private func spent(_ limit: Int, _ now: Present) -> Duration? {
    memory.moves.map(\.atMs).filter { inWindow($0, now) }.sorted().dropLast(limit - 1).last.map {
      policy.switchWindow - .milliseconds(now.wallMs - $0)
    }
  }

  private func refusalHold(_ now: Present) -> Hold? {
    guard let refused = memory.refusedMs, now.runs(policy.refusalPause, sinceMs: refused)
    else { return nil }
    return Hold(
      block: .refusal, text: "the DNS provider refused the last attempt",
      clears: .after(policy.refusalPause - .milliseconds(now.wallMs - refused)))
  }

  func movesUsed(_ now: Present) -> Int { memory.moves.count { inWindow($0.atMs, now) } }

  func inWindow(_ atMs: Int64, _ now: Present) -> Bool {
    now.isWithin(policy.switchWindow, ofMs: atMs)
  }

  /// What an automatic failback needs beyond the gate (RULES 9, 14).
  func arming(cooling: Bool, holds: [Hold], now: Present) -> [CheckedLine] {
    let elective = memory.moves.count { $0.errand == .elective && inWindow($0.atMs, now) }
    return [
      CheckedLine(name: "cooldown", holds: !cooling, text: "the cool-down is over"),
      CheckedLine(
        name: "elective-budget", holds: elective < policy.maxElective,
        text: "\(elective) of \(policy.maxElective) automatic failbacks in "
          + Words.span(policy.switchWindow)),
      CheckedLine(
        name: "armed", holds: memory.disarmed == nil,
        text: memory.disarmed.map {
          "\($0.region) failed soon after a failback: signalbox ack \(topology.service)"
        } ?? "no failback went wrong"),
      CheckedLine(
        name: "nothing-holds", holds: holds.isEmpty,
        text: holds.isEmpty
          ? "nothing holds automatic moves back" : holds.map(\.text).joined(separator: "; ")),
    ]
  }

  /// The automatic move to `target` that waits for an operator's approval; nil: it needs none, or
  /// has it.
  func asks(
    _ target: RegionID?, emergency: Bool, chooser: TargetChooser, now: Present
  ) -> Question? {
    guard let target, let active = memory.active, target != active else { return nil }
    let wants: String? =
      if policy.automation == .approve {
        "automation is approve"
      } else if emergency, memory.intent == nil, policy.onDataRisk == .ask {
        chooser.dataDoubt(source: active, target: target)
      } else {
        nil
      }
    guard let wants else { return nil }
    if let given = memory.approval, given.epoch == memory.epoch, given.from == active,
      given.to == target, !now.hasReached(wallMs: given.untilMs),
      now.hasReached(
        wallMs: given.untilMs.subtractingSaturated(policy.approvalValid.wholeMilliseconds))
    {
      return nil
    }
    return Question(from: active, to: target, why: wants)
  }
}
