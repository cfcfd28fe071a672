import Codec
import CoordinatorCore
import Decision
import Store
import Wire

extension Shell {
  /// Tells the core what happened, and performs what comes of it, in its order, until the process
  /// is gone. `index`: of the service that it is about.
  @discardableResult
  func tell(_ event: CoreEvent, of index: Int? = nil) -> CoreAnswer? {
    guard !isGone else { return nil }
    let committed = index.map(committedCount)
    var answer: CoreAnswer?
    state.handle(event, now: world.clock, jitter: world.noise.unit(.pause, index ?? 0, world.now))
    while !isGone, let output = state.next() {
      // Nothing of it is stored yet.
      if case .reply = event, let index, let committed, committedCount(index) > committed,
        world.reach(.beforeJournal)
      {
        break
      }
      if case .answer(let found) = output { answer = found } else { perform(output) }
    }
    return isGone ? nil : answer
  }

  private func committedCount(_ index: Int) -> Int {
    state.cores[rooms[index].place].incident?.records.count { $0.committed } ?? 0
  }

  private func perform(_ output: CoreOutput) {
    switch output {
    case .store(let request): store(request)
    case .judged(let judged): take(judged)
    case .record(let event):
      state.canStore = commit(Commit(service: event.service, events: [event])) != nil
    case .ask(let question, let call): ask(question, call)
    case .verify(let name): startVerification(position(name))
    case .stopVerifying(let name): rooms[position(name)].verifyKey = nil
    case .heardServers(let name, let isOver): if isOver { rooms[position(name)].verifyKey = nil }
    case .disturbed:
      world.noteTrouble()
    case .log, .forget, .forgetCaches, .shown, .answer: break
    }
  }

  /// A step counts.
  private func take(_ judged: JudgedService) {
    let index = position(judged.service)
    let step = judged.step
    judgedNow.insert(index)
    let gate = step.assessment.gate.map { [$0.lagBreach] + $0.conditions.map(\.holds) } ?? []
    if gate != rooms[index].gate {
      rooms[index].gate = gate
      rooms[index].gateSince = world.frozenNow
    }
    world.figures.ticks += 1
    say(judged, index)
    if step.commit == nil { world.judge.judged(world, self, index, step.assessment, nil) }
    if step.transition != nil { world.noteTrouble() }
  }

  // MARK: The journal

  /// Makes it durable, unless the process crashes at that.
  private func store(_ request: StoreRequest) {
    let opens = request.step?.transition?.opened != nil
    let isHasty = request.step?.transition != nil && world.perturbation == .writeBeforeCommit
    if isHasty {
      state.stored(incident: nil, now: world.clock)
      while !isGone, let output = state.next() { perform(output) }
      if isGone { return }
    }
    // What is only told may be told a tick later where quiet time is jumped over.
    let matters = request.step.map { $0.hasChanged || Self.isSaid(request.commit) } ?? true
    if matters, opens ? world.reach(.beforeCommit) : world.reach(.anyCommit) { return }
    let index = position(request.service)
    guard let receipt = commit(request, index) else {
      if !isHasty { state.notStored("the disk is full", now: world.clock) }
      return
    }
    if let step = request.step {
      world.judge.judged(world, self, index, step.assessment, step.transition)
      if opens && world.reach(.afterCommit) { return }
    }
    for ended in [request.commit.closing, request.commit.incident].compactMap(\.self)
    where ended.outcome != .open { world.judge.closed(world, ended) }
    if isHasty {
      rooms[index].hastyIncident = receipt.incident
    } else {
      state.stored(incident: receipt.incident, now: world.clock)
    }
  }

  private func commit(_ request: StoreRequest, _ index: Int) -> CommitReceipt? {
    let commit = request.commit
    var incident = commit.incident
    if let id = rooms[index].hastyIncident, incident?.id == 0,
      request.step?.transition?.opened == nil
    {
      incident?.id = id
    }
    do {
      let memory = try JSON.encode(commit.memory)
      let receipt = self.commit(
        Commit(
          service: request.service, epoch: commit.epoch, memory: memory, closing: commit.closing,
          incident: incident, events: commit.events))
      if receipt != nil { world.judge.stored(world, index, commit.memory) }
      return receipt
    } catch {
      world.judge.fail(world, .durable, "a memory cannot be encoded: \(error)")
      return nil
    }
  }

  /// Nil where the disk is full.
  private func commit(_ commit: Commit) -> CommitReceipt? {
    do {
      world.journal.isFull = world.conditions.coordinator.diskFull
      let receipt = try world.journal.commit(commit)
      world.figures.commits += 1
      return receipt
    } catch is JournalTrouble {
      world.noteTrouble()
      world.figures.refusedCommits += 1
    } catch {
      world.judge.fail(world, .durable, "a commit is refused: \(error)")
    }
    return nil
  }

  // MARK: What is said

  /// The trace's lines of a step: verdicts that changed, a rule that acts anew.
  private func say(_ judged: JudgedService, _ index: Int) {
    let after = core(index).shownVerdicts
    for region in judged.after.topology.regions.map(\.id) {
      let before = rooms[index].shown[region]
      guard let verdict = after[region], verdict != before else { continue }
      world.trace.say(
        world.now,
        "\(judged.service): \(region) is \(verdict) (was \(before ?? .unknown))", counts: true)
    }
    rooms[index].shown = after
    guard let commit = judged.step.commit, Self.saysRule(commit) else { return }
    let rule = judged.step.assessment.decision.rule
    let move =
      judged.step.transition?.opened.map {
        " epoch \($0.epoch) \($0.from ?? "nowhere") -> \($0.to)"
      } ?? ""
    world.trace.say(
      world.now,
      "\(judged.service): rule \(rule.rawValue) \(rule.name), "
        + "\(judged.step.assessment.phase)\(move)", counts: true)
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
