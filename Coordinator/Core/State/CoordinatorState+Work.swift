import Decision
import Wire

/// What is to be done for a service, one thing after the other.
enum Work: Sendable {
  /// The process has begun.
  case start(String)
  /// Judge all that is due at that time.
  case judgeDue(Now)
  case judge(String, Now)
  /// Judge it, and then go on.
  indirect case step(String, AfterStep)
  /// What comes after a step that counts.
  indirect case follow(String, AfterStep)
  /// Go on with what is written, by that reply.
  indirect case write(String, WriteReply)
  /// Take in one step of what is written.
  indirect case note(String, MoveStep)
  indirect case then(String, WriteTurn<WritingEnd>.Then)
  indirect case afterWriting(String, EndedWriting)
  /// Store the machine's memory and this line.
  indirect case keep(String, EventRecord)
  /// The marker is to be written next, as a proof.
  case prove(String)
  indirect case order(String, OrderKind, OrderRequest)
  /// See whether the journal can be written.
  case proveJournal
  /// Say where DNS points now; `isNew`: the records were read just now.
  case locate(String, isNew: Bool)
}

/// What comes after a step, whether or not it could be stored.
enum AfterStep: Sendable {
  case nothing
  /// Whether that record may be written, so that it points at that region.
  case permit(ProviderRecord, RegionID)
  case afterWriting(EndedWriting)
  /// Whoever asked for a move is told whether it has begun.
  case answerMove
}

/// What waits to be stored, and the core that counts then.
indirect enum Pending: Sendable {
  case start(ServiceCore, ServiceCommit)
  case step(ServiceCore, ServiceStep, AfterStep)
  case leave(ServiceCore, WriteLeave)
  case keep(String, ServiceCommit, EventRecord)
  case journal
  case order(ServiceCore, OrderKind, TakenOrder)
  case reading(ServiceCore, Whereabouts, ServiceCommit)
}

extension CoordinatorState {
  /// Does it, up to what has to be stored before it goes on.
  mutating func perform(_ work: Work) -> CoreOutput? {
    switch work {
    case .start(let name):
      guard var core = self[name] else { return nil }
      let commit = core.start(at: now)
      return store(commit, of: name, .start(core, commit))
    case .judgeDue(let now): judgeDue(now)
    case .judge(let name, let time):
      // A commit that took long completes no confirmation of the next service.
      now = time
      return step(name, .nothing)
    case .step(let name, let then): return step(name, then)
    case .follow(let name, let then): return follow(name, then)
    case .write(let name, let reply): write(name, reply)
    case .note(let name, let step): change(name) { $0.note(step, now: $1) }
    case .then(let name, .ask(.mayWrite(let record, let region))):
      if let no = self[name]?.prepareWrite() {
        push(.write(name, .permission(no)))
      } else if judgesBeforeWrites {
        return step(name, .permit(record, region))
      } else {
        return permit(name, record, region)
      }
    case .then(let name, .ask(let question)):
      // Whoever starts next reads what came of the newest write.
      guard !isEnding else { return nil }
      let isRoutine = self[name]?.isRoutine == true
      return .ask(
        question, WriteCall(service: name, number: newCall(of: name), isRoutine: isRoutine))
    case .then(let name, .end(let end)): finish(name, end)
    case .afterWriting(let name, let ended):
      change(name) { $0.afterWriting(ended, now: $1) }
    case .keep(let name, let event):
      guard let commit = self[name]?.commit([event]) else { return nil }
      return store(commit, of: name, .keep(name, commit, event))
    case .prove(let name):
      change(name) { $0.proveToken(now: $1) }
    case .proveJournal:
      guard let core = cores.first else { return nil }
      let commit = ServiceCommit(epoch: core.stored.epoch, memory: core.stored, events: [])
      return store(commit, of: core.name, .journal)
    case .order(let name, let kind, let request): return take(kind, request, for: name)
    case .locate(let name, let isNew): return locate(name, isNew: isNew)
    }
    return nil
  }

  mutating func store(
    _ commit: ServiceCommit, of name: String, step: ServiceStep? = nil, _ then: Pending
  ) -> CoreOutput {
    pending = then
    return .store(StoreRequest(service: name, commit: commit, step: step))
  }

  // MARK: Judging

  /// Judges and decides; what comes of it is made durable before it counts.
  private mutating func step(_ name: String, _ then: AfterStep) -> CoreOutput? {
    guard !isEnding, var core = self[name] else {
      return follow(name, then, failure: "the coordinator is about to end")
    }
    let judged = core.judge(evidence, doubts, now: now)
    guard let commit = judged.commit else {
      settle(core, judged, then, incident: nil)
      return nil
    }
    return store(commit, of: name, step: judged, .step(core, judged, then))
  }

  private mutating func settle(
    _ core: ServiceCore, _ judged: ServiceStep, _ then: AfterStep, incident: Int64?
  ) {
    let name = core.name
    let after = core.machine
    guard let place = place(of: name) else { return }
    cores.replace(place, core) { $0.settle(judged, incident: incident, now: now) }
    push(.follow(name, then))
    pushDirectives(of: name)
    push(.judged(JudgedService(service: name, step: judged, after: after)))
  }

  /// `failure`: why nothing was judged, and so nothing has changed.
  private mutating func follow(
    _ name: String, _ then: AfterStep, failure: String? = nil
  ) -> CoreOutput? {
    switch then {
    case .nothing: return nil
    case .permit(let record, let region):
      guard let failure else { return permit(name, record, region) }
      push(.write(name, .permission(.stop("cannot store the decision: \(failure)"))))
    case .afterWriting(let ended): push(.afterWriting(name, ended))
    case .answerMove: answerMove(name, failure)
    }
    return nil
  }

  // MARK: Writing

  private mutating func write(_ name: String, _ reply: WriteReply) {
    if isEnding, reply == .begin { return }
    // What it waited for until now says nothing any more.
    let wasAsked = calls.removeValue(forKey: name) != nil
    defer { if wasAsked { push(.forget(name)) } }
    guard let place = place(of: name), let turn = cores[place].nextTurn(reply, jitter: jitter)
    else { return }
    push(.then(name, turn.then))
    for step in turn.notes.reversed() { push(.note(name, step)) }
  }

  /// Right before each write, judged anew on the evidence of this moment.
  private mutating func permit(
    _ name: String, _ record: ProviderRecord, _ region: RegionID
  ) -> CoreOutput? {
    guard var core = self[name] else { return nil }
    let leave = core.permitWrite(record, at: region, now: now)
    if let commit = leave.commit { return store(commit, of: name, .leave(core, leave)) }
    grant(core, leave)
    return nil
  }

  private mutating func grant(_ core: ServiceCore, _ leave: WriteLeave) {
    self[core.name] = core
    push(.write(core.name, .permission(leave.permission)))
    pushDirectives(of: core.name)
  }

  /// The end of what was written.
  private mutating func finish(_ name: String, _ end: WritingEnd) {
    guard !isEnding, let place = place(of: name),
      let ended = cores[place].finishWriting(end, now: now)
    else { return }
    push(ended.isCurrent ? .step(name, .afterWriting(ended)) : .afterWriting(name, ended))
    pushDirectives(of: name)
  }

  // MARK: What was to be stored

  /// What waited counts.
  mutating func settle(_ stored: Pending, incident: Int64?) {
    switch stored {
    case .start(let core, let commit):
      self[core.name] = core
      self[core.name]?.started(commit)
      pushDirectives(of: core.name)
    case .step(let core, let judged, let then): settle(core, judged, then, incident: incident)
    case .leave(let core, let leave): grant(core, leave)
    case .keep(let name, let commit, let event):
      self[name]?.stored = commit.memory
      push(.log(event))
    case .journal: break
    case .order(let core, let kind, let taken): settle(core, kind, taken)
    case .reading(let core, let found, let adoption): settle(core, found, adoption)
    }
  }

  /// What waited did not happen.
  mutating func undo(_ pending: Pending, _ reason: String) {
    switch pending {
    case .start(let core, _):
      // What was found is told all the same; it is stored with the next step.
      self[core.name] = core
      pushDirectives(of: core.name)
    case .step(let core, _, let then):
      _ = follow(core.name, then, failure: reason)
    case .leave(let core, _): push(.write(core.name, .permission(WriteLeave.notStored)))
    case .order:
      let text = "not done, it could not be stored: \(reason)"
      push(.answer(.refused(Refusal(code: "cannot_store", message: text))))
    case .keep, .reading, .journal: break
    }
  }
}
