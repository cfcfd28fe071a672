import CoordinatorCore
import DNS
import Decision
import Platform
import Settings
import Store
import Wire

/// Performs what is written at the provider: the core says what to ask, and is told what came.
extension Coordinator {
  /// Goes on with it, up to what takes time.
  func write(_ name: String, _ first: WriteReply) {
    // What it waited for until now says nothing any more.
    rooms[name]?.calling?.task.cancel()
    rooms[name]?.calling = nil
    var reply = first
    while let turn = rooms[name]?.core.nextTurn(reply, jitter: .random(in: 0..<1)) {
      for step in turn.notes {
        rooms[name]?.core.note(step, now: .read())
        perform(name)
      }
      switch turn.then {
      case .end(let end): return finishWriting(name, end)
      case .ask(.mayWrite(let record, let region)):
        reply = .permission(mayWrite(name, record, at: region))
      case .ask(let question): return ask(question, for: name)
      }
    }
  }

  private func ask(_ question: WriteQuestion, for name: String) {
    // Whoever starts next reads what came of the newest write.
    guard !ending else { return }
    let source = rooms[name]?.core.isRoutine == true ? provider.routine : provider
    let caller = WriteCaller(source, deadline: deployment.settings.pace.writeDeadline)
    wait(for: name) { await caller.answer(question) }
  }

  private func wait(for name: String, _ reply: @escaping @Sendable () async -> WriteReply) {
    calls += 1
    let number = calls
    let task = Task {
      let reply = await reply()
      answered(name, number, reply)
    }
    rooms[name]?.calling = (task, number)
  }

  private func answered(_ name: String, _ number: Int, _ reply: WriteReply) {
    guard rooms[name]?.calling?.number == number else { return }
    write(name, reply)
  }

  /// Right before each write: judged anew on the evidence of this moment, and durable.
  private func mayWrite(
    _ name: String, _ record: ProviderRecord, at region: RegionID
  ) -> WritePermission {
    let now = Now.read()
    if let no = rooms[name]?.core.prepareWrite() { return no }
    guard step(name, now: now) else {
      return .stop("cannot store the decision: \(storeTrouble ?? "unknown")")
    }
    guard var core = rooms[name]?.core else { return .stop("the service is gone") }
    let leave = core.permitWrite(record, at: region, now: now)
    if let commit = leave.commit, store(commit, of: name) == nil { return WriteLeave.notStored }
    rooms[name]?.core = core
    perform(name)
    return leave.permission
  }

  /// The end of what was written.
  private func finishWriting(_ name: String, _ end: WritingEnd) {
    let now = Now.read()
    guard !ending, let ended = rooms[name]?.core.finishWriting(end, now: now) else { return }
    perform(name)
    if ended.isCurrent { step(name, now: now) }
    rooms[name]?.core.afterWriting(ended, now: now)
    perform(name)
  }
}

extension Deployment {
  /// The times of every service's writes and readings.
  var servicePace: ServicePace {
    let pace = settings.pace
    return ServicePace(
      move: MovePace(
        writeDeadline: pace.writeDeadline, rereadAfter: pace.rereadAfter,
        retryBase: pace.rereadAfter / 4, retryLimit: pace.writeDeadline,
        askedLimit: pace.moveWaitLimit),
      restartMargin: pace.restartMargin, readEvery: readInterval)
  }
}

extension AddressFamily {
  var questionType: DNSRecordType { self == .ipv4 ? .a : .aaaa }
}
