import Decision
import Wire

/// The lines that a step adds to the history, so that each minute has its reason.
extension ServiceCore {
  /// A line for every verdict that changed.
  mutating func verdictEvents(_ assessment: Assessment, now: Now) -> [EventRecord] {
    var events: [EventRecord] = []
    for picture in assessment.pictures(of: machine.topology) {
      let before = shownVerdicts[picture.region] ?? .unknown
      guard picture.verdict != before else { continue }
      // Until the grace is over, not having heard from a region is no news.
      if machine.graceLeft(now.instant) != nil && !picture.verdict.isUp { continue }
      shownVerdicts[picture.region] = picture.verdict
      let isWorse =
        picture.verdict.isDown || picture.verdict == .silent || picture.verdict == .partial
      events.append(
        EventRecord(
          isWorse ? .verdictWorse : .verdictBetter, at: now, service: name,
          region: picture.region, epoch: assessment.epoch, level: isWorse ? .alert : .notice,
          text: "\(picture.region) is \(picture.verdict.word) (was \(before.word)): "
            + Story.brief(picture)))
    }
    return events
  }

  /// A line for every rule that acts anew.
  mutating func ruleEvents(
    _ assessment: Assessment, transition: Transition?, now: Now
  ) -> [EventRecord] {
    let rule = assessment.decision.rule
    guard transition != nil || rule != shownRule else { return [] }
    shownRule = rule
    let opens = transition?.opened != nil
    let level: EventLevel =
      switch RuleText.weight(rule) {
      case .quiet: .info
      case .telling: .notice
      case .alarming: .alert
      }
    // The journal tells a rule's meaning from its number; the history has two kinds.
    let kind =
      transition?.decision.effect == .finish
      ? CoordinatorMessage.converged.rawValue
      : (opens ? CoordinatorMessage.failoverBegun : .decided).historyKind
    return [
      EventRecord(
        atMs: now.wallMs, service: name, region: assessment.active,
        incident: opens ? 0 : incident?.id, epoch: machine.memory.epoch,
        rule: rule.rawValue, kind: kind, level: level,
        text: RuleText.sentence(rule) + Story.context(rule, assessment: assessment))
    ]
  }

  /// An alert, once, when a confirmed down verdict is held back for long, with the way to force it
  /// (RULES 6).
  mutating func heldEvents(_ assessment: Assessment, now: Present) -> [EventRecord] {
    guard assessment.facts.source == .confirmed, !assessment.isUnderWay,
      let active = assessment.active, let memory = assessment.memories[active]
    else {
      saidHeld = false
      return []
    }
    guard !saidHeld, memory.isHeld(for: machine.policy.outsideConfirm, now) else { return [] }
    saidHeld = true
    let rule = assessment.decision.rule
    return [
      EventRecord(
        .held, at: now.now, service: name, region: active, epoch: assessment.epoch, rule: rule,
        level: .alert,
        text: "\(active) has been down and not left for "
          + "\(Story.span(memory.held(now.instant))): \(RuleText.sentence(rule)). "
          + "To force it: \(Story.force(machine.topology, assessment: assessment))")
    ]
  }

  /// A line for every published family of a region that fails outside alone, and for its end
  /// (RULES 3): users of that family do not reach it, and nothing is moved for it.
  mutating func familyEvents(_ assessment: Assessment, now: Now) -> [EventRecord] {
    var events: [EventRecord] = []
    for picture in assessment.pictures(of: machine.topology) {
      let (region, outside) = (picture.region, picture.outside)
      let before = badFamilies[region] ?? []
      let bad = Set(outside.badFamilies)
      // All of them bad is a verdict, and is told as one.
      guard bad != before, outside.state != .bad else { continue }
      badFamilies[region] = bad
      for family in bad.symmetricDifference(before).sorted() {
        let begins = bad.contains(family)
        events.append(
          EventRecord(
            begins ? .familyBad : .familyBack, at: now, service: name, region: region,
            epoch: assessment.epoch, level: begins ? .alert : .notice,
            text: begins
              ? "\(region) is served, but not at its \(family.rawValue) address: its users of "
                + "that family do not reach it"
              : "the \(family.rawValue) address of \(region) is not seen to fail any more"))
      }
    }
    return events
  }

  /// A line when a region's address has given only answers without a vote for a while (RULES 3),
  /// and when one counts again.
  mutating func votelessEvents(_ assessment: Assessment, now: Now) -> [EventRecord] {
    var events: [EventRecord] = []
    for region in machine.topology.regions.map(\.id) {
      let found = assessment.voteless[region]
      guard (found != nil) != voteless.contains(region) else { continue }
      if found == nil { voteless.remove(region) } else { voteless.insert(region) }
      events.append(
        EventRecord(
          found == nil ? .saysAgain : .saysNothing, at: now, service: name, region: region,
          epoch: assessment.epoch, level: found == nil ? .notice : .alert,
          text: found.map { "\(region): \($0.text)" }
            ?? "an address of \(region) tells again whether users are served, or is not asked"))
    }
    return events
  }

  /// Replication that is late or stands still (RULES 12), told once, whatever DNS does: a line for
  /// everything of it that begins, and for its end.
  mutating func replicationEvents(_ assessment: Assessment, now: Now) -> [EventRecord] {
    let service = name
    func event(_ trouble: ReplicationTrouble, ends: Bool, _ text: String) -> EventRecord {
      EventRecord(
        ends ? .replicationFlows : .replicationStands, at: now, service: service,
        region: trouble.region, epoch: assessment.epoch, level: ends ? .notice : .alert, text: text)
    }
    var events: [EventRecord] = []
    for (trouble, clause) in assessment.replicationTroubles(at: now)
    where replicationTroubles.insert(trouble).inserted {
      events.append(
        event(trouble, ends: false, "\(clause): nobody is returned over it, data is at risk"))
    }
    for trouble in replicationTroubles.sorted() {
      guard let text = trouble.end(assessment) else { continue }
      replicationTroubles.remove(trouble)
      events.append(event(trouble, ends: true, text))
    }
    return events
  }
}
