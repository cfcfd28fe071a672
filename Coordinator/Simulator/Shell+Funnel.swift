import Codec
import DNS
import Decision
import Store
import Wire

extension Shell {
  /// Judge, decide, store the transition and the intent in one transaction, and only then perform.
  /// False when nothing could be stored: then nothing was decided either.
  @discardableResult
  func step(_ index: Int, now: Now) -> Bool {
    guard !isGone else { return false }
    var room = rooms[index]
    let before = room.machine
    let stepped = room.machine.tick(evidence: evidence, doubts: doubts, now: now)
    world.figures.ticks += 1
    var events = verdictEvents(&room, stepped.assessment, now: now)
    events += ruleEvents(&room, stepped.assessment, transition: stepped.transition, now: now)
    if let transition = stepped.transition, world.perturbation == .writeBeforeCommit {
      rooms[index] = room
      perform(transition, room: index)
      room = rooms[index]
    }
    if stepped.transition != nil || room.machine.memory != room.stored || !events.isEmpty {
      var commit = Commit(service: room.name, events: events)
      prepare(&commit, room: &room, stepped: stepped, now: now)
      let opens = stepped.transition?.opened != nil
      if opens ? world.reach(.beforeCommit) : world.reach(.anyCommit) { return false }
      guard store(&commit, room: &room) else {
        rooms[index].machine = before
        rooms[index].isDirty = true
        return false
      }
      world.judge.judged(world, self, index, stepped.assessment, stepped.transition)
      if opens && world.reach(.afterCommit) { return false }
      if let ended = room.incident, ended.outcome != .open {
        world.judge.closed(world, ended)
        room.lastIncident = ended
        room.incident = nil
      }
    } else {
      world.judge.judged(world, self, index, stepped.assessment, nil)
    }
    let hasChanged =
      stepped.transition != nil
      || room.assessment?.decision.rule != stepped.assessment.decision.rule
    room.rest = Rest(
      stepped.assessment, machine: room.machine, hasChanged: hasChanged, now: now)
    room.assessment = stepped.assessment
    rooms[index] = room
    if let transition = stepped.transition {
      world.noteTrouble()
      if world.perturbation != .writeBeforeCommit { perform(transition, room: index) }
    }
    keepGoing(index, now: now)
    return true
  }

  /// Makes a commit durable; false if that failed.
  func store(_ commit: inout Commit, room: inout Room) -> Bool {
    do {
      commit.epoch = room.machine.memory.epoch
      commit.memory = try JSON.encode(room.machine.memory)
      world.journal.isFull = world.conditions.coordinator.diskFull
      let receipt = try world.journal.commit(commit)
      if let id = receipt.incident { room.incident?.id = id }
      room.stored = room.machine.memory
      world.figures.commits += 1
      world.judge.stored(world, room.service, room.machine.memory)
      return true
    } catch is JournalTrouble {
      world.noteTrouble()
      world.figures.refusedCommits += 1
      return false
    } catch {
      world.judge.fail(world, .durable, "a commit is refused: \(error)")
      return false
    }
  }

  private func prepare(
    _ commit: inout Commit, room: inout Room,
    stepped: (transition: Transition?, assessment: Assessment), now: Now
  ) {
    guard let transition = stepped.transition else { return }
    switch transition.decision.effect {
    case .none, .passPointOfNoReturn: break
    case .openEmergency, .openElective, .openCommanded, .openRepair:
      room.incident = opened(transition, room: room, stepped.assessment, now: now)
      room.resumed = false
    case .cancel:
      room.incident?.outcome = .cancelled
      room.incident?.outcomeText = transition.decision.rule.name
    case .fail:
      room.incident?.outcome = .failed
      room.incident?.outcomeText = transition.decision.rule.name
    case .finish:
      room.incident?.outcome = .converged
    case .supersede:
      if var old = room.incident {
        old.outcome = .superseded
        commit.closing = old
        world.judge.closed(world, old)
      }
      room.incident = opened(transition, room: room, stepped.assessment, now: now)
      room.resumed = false
    case .verify:
      let committed = room.incident?.stamps.committedMs ?? now.wallMs
      room.incident?.stamps.committedMs = committed
    }
    commit.incident = room.incident
  }

  private func opened(
    _ transition: Transition, room: Room, _ assessment: Assessment, now: Now
  ) -> IncidentRecord? {
    guard let intent = transition.opened else { return nil }
    let topology = room.machine.topology
    let from = intent.from.flatMap(topology.region)
    let target = topology.region(intent.to)
    let records = topology.families.compactMap { family in
      target?.addresses[family].map { new in
        RecordChange(
          name: topology.name, type: family.recordType, old: from?.addresses[family], new: new)
      }
    }
    var stamps = Stamps(intentMs: now.wallMs)
    if intent.errand == .emergency, let memory = intent.from.flatMap({ assessment.memories[$0] }) {
      stamps.lastGoodMs = memory.lastUp.map(now.wall)
      stamps.firstBadMs = memory.downSince.map(now.wall)
      stamps.confirmedMs = memory.confirmedAt.map(now.wall)
      stamps.heldMs = memory.heldMs
    } else {
      stamps.gateMs = now.wallMs
    }
    let verdict = intent.from.flatMap { assessment.pictures[$0]?.verdict.rawValue } ?? "unknown"
    return IncidentRecord(
      service: topology.service, epoch: intent.epoch, kind: intent.kind, from: intent.from,
      to: intent.to, rule: intent.rule.rawValue,
      why: "\(intent.from ?? "nowhere") is \(verdict): \(intent.rule.name)", records: records,
      stamps: stamps, dataAtRisk: assessment.dataAtRisk[intent.to])
  }

  /// A line for every verdict that changed.
  private func verdictEvents(
    _ room: inout Room, _ assessment: Assessment, now: Now
  ) -> [EventRecord] {
    var events: [EventRecord] = []
    for region in room.machine.topology.regions {
      guard let picture = assessment.pictures[region.id] else { continue }
      let before = room.shownVerdicts[region.id] ?? .unknown
      guard picture.verdict != before else { continue }
      if room.machine.graceLeft(now.instant) != nil && !picture.verdict.isUp { continue }
      room.shownVerdicts[region.id] = picture.verdict
      world.trace.say(
        world.now, "\(room.name): \(region.id) is \(picture.verdict) (was \(before))",
        counts: true)
      events.append(
        EventRecord(
          atMs: now.wallMs, service: room.name, region: region.id, epoch: assessment.epoch,
          kind: "verdict", text: "\(region.id) is \(picture.verdict.rawValue)"))
    }
    return events
  }

  /// A line for every rule that acts anew.
  private func ruleEvents(
    _ room: inout Room, _ assessment: Assessment, transition: Transition?, now: Now
  ) -> [EventRecord] {
    let rule = assessment.decision.rule
    guard transition != nil || rule != room.shownRule else { return [] }
    room.shownRule = rule
    let opened = transition?.opened
    let move = opened.map { " epoch \($0.epoch) \($0.from ?? "nowhere") -> \($0.to)" } ?? ""
    world.trace.say(
      world.now, "\(room.name): rule \(rule.rawValue) \(rule.name), \(assessment.phase)\(move)",
      counts: true)
    return [
      EventRecord(
        atMs: now.wallMs, service: room.name, region: assessment.active,
        incident: opened != nil ? 0 : room.incident?.id, epoch: room.machine.memory.epoch,
        rule: rule.rawValue, kind: opened != nil ? "intent" : "rule", text: rule.name)
    ]
  }

  /// Stores a line of the history that belongs to no transition.
  func tell(_ index: Int, kind: String) {
    guard !isGone else { return }
    let room = rooms[index]
    let event = EventRecord(
      atMs: world.clock.wallMs, service: room.name, incident: room.incident?.id,
      epoch: room.machine.memory.epoch, kind: kind, text: kind)
    world.journal.isFull = world.conditions.coordinator.diskFull
    _ = try? world.journal.commit(Commit(service: room.name, events: [event]))
    world.figures.commits += 1
  }
}
