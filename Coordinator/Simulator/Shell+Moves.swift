import CoordinatorCore
import Decision
import Wire

/// Performs what is written at the provider: the core says what to ask, and is told what came.
extension Shell {
  func ask(_ question: WriteQuestion, _ call: WriteCall) {
    let index = position(call.service)
    let core = core(index)
    let isMove = core.movingEpoch != nil
    let kind: ProviderCall.Kind
    switch question {
    case .mayWrite: return
    case .pause(let span):
      return wait(call, for: span.wholeMilliseconds)
    case .records(let names):
      if isMove, hasWritten(index), world.reach(.beforeReadBack) { return }
      kind = .records(names)
    case .listing(let names):
      // What is written beside moves begins with a look.
      if !isMove { rooms[index].wroteFor = nil }
      kind = .listing(names)
    case .setTarget(let target, let record):
      if isMove, record.type != "TXT" {
        if world.reach(.beforeFirstWrite) { return }
        rooms[index].wroteFor = core.movingEpoch
      }
      kind = .setTarget(target, record)
    case .setTTL(let seconds, let record): kind = .setTTL(seconds, record)
    case .create(let record):
      if record.type != "TXT" { rooms[index].wroteFor = core.movingEpoch ?? 0 }
      kind = .create(record)
    }
    if let write = question.write {
      world.judge.writes(world, index, core, record: write.record, target: write.target)
    }
    world.zone.begin(
      ProviderCall(kind: kind, service: index, life: life, move: call),
      epoch: core.movingEpoch ?? core.machine.memory.epoch, in: world)
    if hasWritten(index) { _ = world.reach(.callSent) }
  }

  /// What is written now has sent a write.
  private func hasWritten(_ index: Int) -> Bool {
    rooms[index].wroteFor == core(index).movingEpoch ?? 0
  }

  private func wait(_ call: WriteCall, for spanMs: Int64) {
    world.queue.plan(
      .resumeMove, at: world.frozenNow + spanMs, who: position(call.service),
      key: world.keep(.pause(call, life: life)))
  }

  /// A pause of what is written is over.
  func resume(_ call: WriteCall, life: Int) {
    guard !isGone, life == self.life else { return }
    // A stopped process looks at its timers when it runs again.
    guard !world.conditions.coordinator.stopped else { return wait(call, for: 1000) }
    tell(.reply(call, .paused), of: position(call.service))
  }

  /// A stopped process looks at its timers when it runs again.
  func postponesVerification(_ who: Int, _ key: Int) -> Bool {
    guard world.conditions.coordinator.stopped else { return false }
    world.queue.plan(.verify, at: world.frozenNow + 1000, who: who, key: key)
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
    if state.awaits(move), hasWritten(call.service), world.reach(.answerArrived) { return }
    switch call.answer {
    case .records(let found): tell(.reply(move, .records(found)), of: call.service)
    case .written(let answer): tell(.reply(move, .written(answer)), of: call.service)
    }
  }
}

extension WriteQuestion {
  /// What it would change, and to what.
  fileprivate var write: (record: ProviderRecord, target: String)? {
    switch self {
    case .setTarget(let target, let record): (record, target)
    case .setTTL(_, let record), .create(let record): (record, record.target)
    case .mayWrite, .pause, .records, .listing: nil
    }
  }
}
