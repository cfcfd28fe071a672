import Codec
import CoordinatorCore
import Decision
import Store
import Wire

extension Shell {
  /// Judge, decide, store the transition and the intent in one transaction, and only then perform.
  /// False when nothing could be stored: then nothing was decided either.
  @discardableResult
  func step(_ index: Int, now: Now) -> Bool {
    guard !isGone else { return false }
    var core = rooms[index].core
    let shown = core.shownVerdicts
    let judged = core.judge(evidence, doubts, now: now)
    world.figures.ticks += 1
    say(judged, core, shownBefore: shown)
    let hasChanged =
      judged.transition != nil
      || core.assessment?.decision.rule != judged.assessment.decision.rule
    let isHasty = judged.transition != nil && world.perturbation == .writeBeforeCommit
    if isHasty {
      core.settle(judged, incident: nil, now: now)
      rooms[index].core = core
      perform(index)
      if isGone { return false }
    }
    var incident: Int64?
    if let commit = judged.commit {
      let opens = judged.transition?.opened != nil
      // What is only told may be told a tick later where quiet time is jumped over.
      let matters = judged.hasChanged || Self.isSaid(commit)
      if matters, opens ? world.reach(.beforeCommit) : world.reach(.anyCommit) { return false }
      guard let receipt = store(commit, room: index) else {
        rooms[index].isDirty = true
        return false
      }
      incident = receipt.incident
      world.judge.judged(world, self, index, judged.assessment, judged.transition)
      if opens && world.reach(.afterCommit) { return false }
      for ended in [commit.closing, commit.incident].compactMap(\.self)
      where ended.outcome != .open { world.judge.closed(world, ended) }
    } else {
      world.judge.judged(world, self, index, judged.assessment, nil)
    }
    rooms[index].rest = Rest(
      judged.assessment, machine: core.machine, hasChanged: hasChanged, now: now)
    if core.isLeaseDue(now: now) { rooms[index].rest.isRestless = true }
    if judged.transition != nil { world.noteTrouble() }
    if isHasty {
      rooms[index].core.incident?.id = incident ?? 0
    } else {
      core.settle(judged, incident: incident, now: now)
      rooms[index].core = core
    }
    perform(index)
    return true
  }

  /// Makes a commit durable; nil if that failed.
  func store(_ commit: ServiceCommit, room index: Int) -> CommitReceipt? {
    do {
      world.journal.isFull = world.conditions.coordinator.diskFull
      let receipt = try world.journal.commit(
        Commit(
          service: rooms[index].name, epoch: commit.epoch, memory: try JSON.encode(commit.memory),
          closing: commit.closing, incident: commit.incident, events: commit.events))
      world.figures.commits += 1
      world.judge.stored(world, rooms[index].service, commit.memory)
      return receipt
    } catch is JournalTrouble {
      world.noteTrouble()
      world.figures.refusedCommits += 1
    } catch {
      world.judge.fail(world, .durable, "a commit is refused: \(error)")
    }
    return nil
  }

  /// Performs what a service's core wants done, in its order.
  func perform(_ index: Int) {
    for directive in rooms[index].core.takeDirectives() {
      if isGone { return }
      switch directive {
      case .log, .forgetCaches: break
      case .record(let event): tell(event)
      case .keep(let event):
        let commit = rooms[index].core.commit([event])
        if store(commit, room: index) != nil { rooms[index].core.stored = commit.memory }
      case .write(let reply): drive(index, reply)
      case .verify: startVerification(index)
      case .stopVerifying: rooms[index].verifyKey = nil
      }
    }
  }

  /// Stores a line of the history that belongs to no transition.
  private func tell(_ event: EventRecord) {
    world.journal.isFull = world.conditions.coordinator.diskFull
    _ = try? world.journal.commit(Commit(service: event.service, events: [event]))
    world.figures.commits += 1
  }

  /// The trace's lines of a step: verdicts that changed, a rule that acts anew.
  private func say(
    _ judged: ServiceStep, _ core: ServiceCore, shownBefore: [RegionID: Verdict]
  ) {
    for region in core.machine.topology.regions.map(\.id) {
      guard let verdict = core.shownVerdicts[region], verdict != shownBefore[region] else {
        continue
      }
      world.trace.say(
        world.now,
        "\(core.name): \(region) is \(verdict) (was \(shownBefore[region] ?? .unknown))",
        counts: true)
    }
    guard let commit = judged.commit, Self.saysRule(commit) else { return }
    let rule = judged.assessment.decision.rule
    let move =
      judged.transition?.opened.map { " epoch \($0.epoch) \($0.from ?? "nowhere") -> \($0.to)" }
      ?? ""
    world.trace.say(
      world.now,
      "\(core.name): rule \(rule.rawValue) \(rule.name), \(judged.assessment.phase)\(move)",
      counts: true)
  }

  /// The lines of verdicts and rules come at the same ticks, however time passes.
  private static func isSaid(_ commit: ServiceCommit) -> Bool {
    saysRule(commit)
      || commit.events.contains { $0.kind == CoordinatorMessage.verdictWorse.historyKind }
  }

  private static func saysRule(_ commit: ServiceCommit) -> Bool {
    let rules = [CoordinatorMessage.decided, .failoverBegun, .converged].map(\.historyKind)
    return commit.events.contains { rules.contains($0.kind) }
  }
}
