import CoordinatorCore
import Decision
import Wire

/// Performs what is written at the provider: the core says what to ask, and is told what came.
extension Shell {
  /// Goes on with it, up to what takes time.
  func drive(_ index: Int, _ first: WriteReply) {
    // What it waited for until now says nothing any more.
    world.waits += 1
    rooms[index].waitKey = world.waits
    if first == .begin {
      rooms[index].hasWritten = false
      rooms[index].jitter = world.noise.unit(.pause, index, world.now)
    }
    var reply = first
    while let turn = rooms[index].core.nextTurn(reply, jitter: rooms[index].jitter) {
      for step in turn.notes {
        if case .committed = step, world.reach(.beforeJournal) { return }
        rooms[index].core.note(step, now: world.clock)
        perform(index)
        if isGone { return }
      }
      switch turn.then {
      case .end(let end): return finishWriting(index, end)
      case .ask(.mayWrite(let record, let region)):
        reply = .permission(mayWrite(index, record, at: region))
        if isGone { return }
      case .ask(.pause(let span)):
        world.queue.plan(
          .resumeMove, at: world.frozenNow + span.wholeMilliseconds, who: index,
          key: rooms[index].waitKey)
        return
      case .ask(let question): return call(question, room: index)
      }
    }
  }

  private func call(_ question: WriteQuestion, room index: Int) {
    let isMove = rooms[index].core.movingEpoch != nil
    let kind: ProviderCall.Kind
    switch question {
    case .records(let names):
      if isMove, rooms[index].hasWritten, world.reach(.beforeReadBack) { return }
      kind = .records(names)
    case .listing(let names): kind = .listing(names)
    case .setTarget(let target, let record):
      if isMove, record.type != "TXT" {
        if world.reach(.beforeFirstWrite) { return }
        rooms[index].hasWritten = true
      }
      world.judge.writes(world, rooms[index], record: record, target: target)
      kind = .setTarget(target, record)
    case .setTTL(let seconds, let record):
      world.judge.writes(world, rooms[index], record: record, target: record.target)
      kind = .setTTL(seconds, record)
    case .create(let record):
      if record.type != "TXT" { rooms[index].hasWritten = true }
      world.judge.writes(world, rooms[index], record: record, target: record.target)
      kind = .create(record)
    case .mayWrite, .pause: return
    }
    let call = ProviderCall(
      kind: kind, service: index, life: life, move: rooms[index].waitKey)
    let memory = rooms[index].core.machine.memory
    world.zone.begin(call, epoch: rooms[index].core.movingEpoch ?? memory.epoch, in: world)
    if rooms[index].hasWritten { _ = world.reach(.callSent) }
  }

  /// A pause of what is written is over.
  func resumeMove(_ index: Int, key: Int) {
    guard !isGone, rooms.indices.contains(index), rooms[index].waitKey == key,
      case .pause = rooms[index].core.question
    else { return }
    guard !postponed(.resumeMove, index, key) else { return }
    drive(index, .paused)
  }

  /// A stopped process looks at its timers when it runs again.
  func postponed(_ kind: Event.Kind, _ who: Int, _ key: Int) -> Bool {
    guard world.conditions.coordinator.stopped else { return false }
    world.queue.plan(kind, at: world.frozenNow + 1000, who: who, key: key)
    return true
  }

  /// The provider has answered.
  func answer(_ call: ProviderCall) {
    guard !isGone, call.life == life else { return }
    if world.conditions.coordinator.stopped {
      world.queue.plan(
        .land, at: world.frozenNow + 1000, who: call.service, key: world.keep(.call(call)))
      return
    }
    guard let move = call.move else {
      if case .records(let found) = call.answer { finishReading(call.service, found) }
      return
    }
    let index = call.service
    guard rooms[index].waitKey == move else { return }
    if rooms[index].hasWritten, world.reach(.answerArrived) { return }
    switch call.answer {
    case .records(let found): drive(index, .records(found))
    case .written(let answer): drive(index, .written(answer))
    }
  }

  /// Right before each write: judged anew on the evidence of this moment, and durable.
  private func mayWrite(
    _ index: Int, _ record: ProviderRecord, at region: RegionID
  ) -> WritePermission {
    if let no = rooms[index].core.prepareWrite() { return no }
    if rooms[index].core.movingEpoch != nil,
      world.perturbation == .noRevalidation || world.perturbation == .writeBeforeCommit
    {
      rooms[index].core.machine.observe(write: .underway)
      return .go
    }
    guard step(index, now: world.clock) else { return .stop("cannot store the decision") }
    var core = rooms[index].core
    let leave = core.permitWrite(record, at: region, now: world.clock)
    if let commit = leave.commit {
      if world.reach(.anyCommit) { return WriteLeave.notStored }
      if store(commit, room: index) == nil { return WriteLeave.notStored }
    }
    rooms[index].core = core
    perform(index)
    return leave.permission
  }

  /// The end of what was written.
  private func finishWriting(_ index: Int, _ end: WritingEnd) {
    let now = world.clock
    guard let ended = rooms[index].core.finishWriting(end, now: now) else { return }
    perform(index)
    if ended.isCurrent {
      world.trace.say(world.now, "\(rooms[index].name): writes end: \(end)")
      step(index, now: now)
    }
    guard !isGone else { return }
    rooms[index].core.afterWriting(ended, now: now)
    perform(index)
  }
}
