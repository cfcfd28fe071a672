import Decision
import Wire

/// What is to be done for a service, one thing after the other.
enum Work: Sendable {
  /// The process has begun.
  case start(String)
  /// Judge it, and then go on.
  case step(String, AfterStep)
  /// What comes after a step that counts.
  case follow(String, AfterStep)
  /// Go on with what is written, by that reply.
  case write(String, WriteReply)
  /// Take in one step of what is written.
  case note(String, MoveStep)
  case then(String, WriteTurn<WritingEnd>.Then)
  case afterWriting(String, EndedWriting)
  /// Store the machine's memory and this line.
  case keep(String, EventRecord)
  /// The marker is to be written next, as a proof.
  case prove(String)
  case order(String, OrderKind, OrderRequest)
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
enum Pending: Sendable {
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
      guard var core = services[name] else { return nil }
      let commit = core.start(at: now)
      return store(commit, of: name, .start(core, commit))
    case .step(let name, let then): return step(name, then)
    case .follow(let name, let then): return follow(name, then)
    case .write(let name, let reply): write(name, reply)
    case .note(let name, let step):
      services[name]?.note(step, now: now)
      pushDirectives(of: name)
    case .then(let name, .ask(.mayWrite(let record, let region))):
      if let no = services[name]?.prepareWrite() {
        push(.write(name, .permission(no)))
      } else if judgesBeforeWrites {
        return step(name, .permit(record, region))
      } else {
        return permit(name, record, region)
      }
    case .then(let name, .ask(let question)):
      // Whoever starts next reads what came of the newest write.
      guard !isEnding else { return nil }
      let isRoutine = services[name]?.isRoutine == true
      return .ask(
        question, WriteCall(service: name, number: newCall(of: name), isRoutine: isRoutine))
    case .then(let name, .end(let end)): finish(name, end)
    case .afterWriting(let name, let ended):
      services[name]?.afterWriting(ended, now: now)
      pushDirectives(of: name)
    case .keep(let name, let event):
      guard let commit = services[name]?.commit([event]) else { return nil }
      return store(commit, of: name, .keep(name, commit, event))
    case .prove(let name):
      services[name]?.proveToken(now: now)
      pushDirectives(of: name)
    case .proveJournal:
      guard let core = services.min(by: { $0.key < $1.key })?.value else { return nil }
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
    guard !isEnding, var core = services[name] else {
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
    services[name] = core
    services[name]?.settle(judged, incident: incident, now: now)
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
    guard let turn = services[name]?.nextTurn(reply, jitter: jitter) else { return }
    push(.then(name, turn.then))
    for step in turn.notes.reversed() { push(.note(name, step)) }
  }

  /// Right before each write, judged anew on the evidence of this moment.
  private mutating func permit(
    _ name: String, _ record: ProviderRecord, _ region: RegionID
  ) -> CoreOutput? {
    guard var core = services[name] else { return nil }
    let leave = core.permitWrite(record, at: region, now: now)
    if let commit = leave.commit { return store(commit, of: name, .leave(core, leave)) }
    grant(core, leave)
    return nil
  }

  private mutating func grant(_ core: ServiceCore, _ leave: WriteLeave) {
    services[core.name] = core
    push(.write(core.name, .permission(leave.permission)))
    pushDirectives(of: core.name)
  }

  /// The end of what was written.
  private mutating func finish(_ name: String, _ end: WritingEnd) {
    guard !isEnding, let ended = services[name]?.finishWriting(end, now: now) else { return }
    push(ended.isCurrent ? .step(name, .afterWriting(ended)) : .afterWriting(name, ended))
    pushDirectives(of: name)
  }

  // MARK: What was to be stored

  /// What waited counts.
  mutating func settle(_ stored: Pending?, incident: Int64?) {
    pending = nil
    switch stored {
    case .start(let core, let commit):
      services[core.name] = core
      services[core.name]?.started(commit)
      pushDirectives(of: core.name)
    case .step(let core, let judged, let then): settle(core, judged, then, incident: incident)
    case .leave(let core, let leave): grant(core, leave)
    case .keep(let name, let commit, let event):
      services[name]?.stored = commit.memory
      push(.log(event))
    case .journal: break
    case .order(let core, let kind, let taken): settle(core, kind, taken)
    case .reading(let core, let found, let adoption): settle(core, found, adoption)
    case nil: preconditionFailure("nothing was to be stored")
    }
  }

  /// What waited did not happen.
  mutating func undo(_ pending: Pending?, _ reason: String) {
    self.pending = nil
    switch pending {
    case .start(let core, _):
      // What was found is told all the same; it is stored with the next step.
      services[core.name] = core
      pushDirectives(of: core.name)
    case .step(let core, _, let then):
      _ = follow(core.name, then, failure: reason)
    case .leave(let core, _): push(.write(core.name, .permission(WriteLeave.notStored)))
    case .order:
      let text = "not done, it could not be stored: \(reason)"
      push(.answer(.refused(Refusal(code: "cannot_store", message: text))))
    case .keep, .reading, .journal: break
    case nil: preconditionFailure("nothing was to be stored")
    }
  }
}
