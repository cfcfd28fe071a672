import Codec
import DNS
import Decision
import Logging
import Recording
import Store
import Wire

extension Coordinator {
  /// Steps one service's machine: judge, decide, store the transition and the intent in one
  /// transaction, and only then perform. Gives false when nothing could be stored: then nothing
  /// was decided either.
  @discardableResult
  func step(_ name: String, now: Now) -> Bool {
    guard !ending, var room = rooms[name] else { return false }
    let before = room.machine
    let stepped = room.machine.tick(evidence: evidence, doubts: doubts, now: now)
    var events = verdictEvents(&room, stepped.assessment, now: now)
    events += ruleEvents(&room, stepped.assessment, transition: stepped.transition, now: now)
    events += familyEvents(&room, stepped.assessment, now: now)
    events += replicationEvents(&room, stepped.assessment, now: now)
    events += heldEvents(&room, stepped.assessment, now: now)
    let changed = stepped.transition != nil || room.machine.memory != room.stored
    var told: [EventRecord] = []
    if changed || !events.isEmpty {
      var commit = Commit(service: name, events: events)
      prepare(&commit, room: &room, stepped: stepped, now: now)
      do {
        commit.epoch = room.machine.memory.epoch
        commit.memory = try JSON.encode(room.machine.memory)
        let receipt = try store.commit(commit)
        if let id = receipt.incident { room.incident?.id = id }
        room.stored = room.machine.memory
        storeTrouble = nil
      } catch let error as StoreError {
        // Not durable: it did not happen. The next tick tries again.
        note(storeError: error)
        rooms[name]?.machine = before
        return false
      } catch {
        note(encoding: error, of: name)
        rooms[name]?.machine = before
        return false
      }
      told = commit.events
      if room.incident?.outcome != .open, let ended = room.incident {
        room.lastIncident = ended
        room.incident = nil
      }
    }
    room.assessment = stepped.assessment
    rooms[name] = room
    recording.put(
      name, before: before, after: room.machine, transition: stepped.transition, now: now)
    for event in told { log(event) }
    if let transition = stepped.transition { perform(transition, service: name) }
    keepGoing(name, now: now)
    return true
  }

  /// Adds what a transition closes and opens to its commit.
  private func prepare(
    _ commit: inout Commit, room: inout Room,
    stepped: (transition: Transition?, assessment: Assessment), now: Now
  ) {
    guard let transition = stepped.transition else { return }
    let rule = transition.decision.rule
    switch transition.decision.effect {
    case .none, .passPointOfNoReturn: break
    case .openEmergency, .openElective, .openCommanded, .openRepair:
      room.incident = opened(transition, room: room, stepped.assessment, now: now)
      room.asked = nil
      room.resumed = false
      room.saidNotPublished = false
      room.saidStuck = false
    case .cancel, .fail, .finish:
      guard var incident = room.incident else { break }
      close(&incident, effect: transition.decision.effect, rule: rule, asked: room.asked)
      room.asked = nil
      room.incident = incident
    case .supersede:
      if var old = room.incident {
        old.outcome = .superseded
        old.outcomeText = "superseded: \(old.to) is down (\(rule.name))"
        commit.closing = old
        room.lastIncident = old
      }
      room.incident = opened(transition, room: room, stepped.assessment, now: now)
      room.resumed = false
      room.saidNotPublished = false
      room.saidStuck = false
    case .verify:
      let committed = room.incident?.stamps.committedMs ?? now.wallMs
      room.incident?.stamps.committedMs = committed
    }
    commit.incident = room.incident
  }

  /// `asked`: who took the move back.
  private func close(
    _ incident: inout IncidentRecord, effect: Effect, rule: Rule,
    asked: (by: String, reason: String?)?
  ) {
    switch effect {
    case .cancel:
      incident.outcome = .cancelled
      incident.outcomeText = "called off before any write was seen: \(RuleText.sentence(rule))"
      if rule == .cancelOrdered, let asked {
        incident.outcomeText? += " (\(asked.by)\(asked.reason.map { ": \($0)" } ?? ""))"
      }
    case .fail:
      incident.outcome = .failed
      incident.outcomeText = incident.outcomeText ?? RuleText.sentence(rule)
    default:
      incident.outcome = .converged
      incident.outcomeText = "every name server that answers shows \(incident.to)"
    }
  }

  /// The history's record of an intent, with what was known when it was made.
  private func opened(
    _ transition: Transition, room: Room, _ assessment: Assessment, now: Now
  ) -> IncidentRecord? {
    guard let intent = transition.opened else { return nil }
    let topology = room.service.topology
    let from = intent.from.flatMap(topology.region)
    let target = topology.region(intent.to)
    var records: [RecordChange] = []
    for name in room.service.names {
      for family in topology.families {
        guard let new = target?.addresses[family] else { continue }
        records.append(
          RecordChange(
            name: name, type: family.recordType,
            old: intent.replaced(family).first ?? from?.addresses[family], new: new))
      }
    }
    return IncidentRecord(
      service: topology.service, epoch: intent.epoch, kind: intent.kind, from: intent.from,
      to: intent.to, rule: intent.rule.rawValue,
      why: Story.why(intent, assessment: assessment, asked: room.asked),
      evidence: intent.from.map { Story.evidence(of: $0, assessment: assessment) } ?? [],
      operatorName: intent.errand == .commanded ? room.asked?.by : nil, records: records,
      stamps: stamps(intent, assessment, now: now),
      dataAtRisk: assessment.dataAtRisk[intent.to])
  }

  private func stamps(_ intent: Intent, _ assessment: Assessment, now: Now) -> Stamps {
    var stamps = Stamps(intentMs: now.wallMs)
    guard intent.errand == .emergency, let from = intent.from,
      let memory = assessment.memories[from]
    else {
      stamps.gateMs = now.wallMs
      return stamps
    }
    stamps.lastGoodMs = memory.lastUp.map(now.wall)
    stamps.firstBadMs = memory.downSince.map(now.wall)
    stamps.confirmedMs = memory.confirmedAt.map(now.wall)
    stamps.heldMs = memory.heldMs
    return stamps
  }

  /// A line for every verdict that changed.
  private func verdictEvents(
    _ room: inout Room, _ assessment: Assessment, now: Now
  ) -> [EventRecord] {
    var events: [EventRecord] = []
    for region in room.service.topology.regions {
      guard let picture = assessment.pictures[region.id] else { continue }
      let before = room.shownVerdicts[region.id] ?? .unknown
      guard picture.verdict != before else { continue }
      // Until the grace is over, not having heard from a region is no news.
      if room.machine.graceLeft(now.instant) != nil && !picture.verdict.isUp { continue }
      room.shownVerdicts[region.id] = picture.verdict
      let level: EventLevel =
        picture.verdict.isDown || picture.verdict == .silent || picture.verdict == .partial
        ? .alert : .notice
      events.append(
        EventRecord(
          level == .alert ? .verdictWorse : .verdictBetter, at: now, service: room.name,
          region: region.id, epoch: assessment.epoch, level: level,
          text: "\(region.id) is \(picture.verdict.word) (was \(before.word)): "
            + Story.brief(picture)))
    }
    return events
  }

  /// An alert, once, when a confirmed down verdict is held back for long, with the way to force it
  /// (RULES 6).
  private func heldEvents(
    _ room: inout Room, _ assessment: Assessment, now: Now
  ) -> [EventRecord] {
    guard assessment.facts.source == .confirmed, assessment.intent == nil,
      let active = assessment.active, let memory = assessment.memories[active]
    else {
      room.saidHeld = false
      return []
    }
    let limit = room.service.policy.outsideConfirm.wholeMilliseconds
    guard !room.saidHeld, memory.heldMs >= limit else { return [] }
    room.saidHeld = true
    let rule = assessment.decision.rule
    return [
      EventRecord(
        .held, at: now, service: room.name, region: active,
        epoch: assessment.epoch, rule: rule, level: .alert,
        text: "\(active) has been down and not left for "
          + "\(Story.span(.milliseconds(memory.heldMs))): \(RuleText.sentence(rule)). "
          + "To force it: \(Story.force(room.service.topology, assessment: assessment))")
    ]
  }

  /// A line for every rule that acts anew, so that each minute has its reason.
  private func ruleEvents(
    _ room: inout Room, _ assessment: Assessment, transition: Transition?, now: Now
  ) -> [EventRecord] {
    let rule = assessment.decision.rule
    guard transition != nil || rule != room.shownRule else { return [] }
    room.shownRule = rule
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
        atMs: now.wallMs, service: room.service.topology.service, region: assessment.active,
        incident: opens ? 0 : room.incident?.id, epoch: room.machine.memory.epoch,
        rule: rule.rawValue, kind: kind, level: level,
        text: RuleText.sentence(rule) + Story.context(rule, assessment: assessment))
    ]
  }
}
