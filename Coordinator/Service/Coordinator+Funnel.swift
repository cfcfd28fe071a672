import Codec
import CoordinatorCore
import DNS
import Decision
import Platform
import Recording
import Settings
import Store
import Wire

extension Coordinator {
  /// Tells the core what happened, and performs what comes of it, in its order.
  @discardableResult
  func tell(_ event: CoreEvent, now: Now = .read()) -> CoreAnswer? {
    state.handle(event, now: now, jitter: .random(in: 0..<1))
    var answer: CoreAnswer?
    while let output = state.next() {
      if case .answer(let found) = output { answer = found } else { perform(output) }
    }
    planEarlyTick()
    return answer
  }

  private func perform(_ output: CoreOutput) {
    switch output {
    case .store(let request): store(request)
    case .judged(let judged):
      recording.put(
        judged.service, before: judged.step.before, after: judged.after,
        transition: judged.step.transition, now: judged.step.now)
    case .log(let event): log(event)
    case .record(let event): record(event)
    case .ask(let question, let call): ask(question, call)
    case .forget(let name):
      shells[name]?.calling?.task.cancel()
      shells[name]?.calling = nil
    case .verify(let name): startVerification(name)
    case .stopVerifying(let name):
      shells[name]?.verifying?.cancel()
      shells[name]?.verifying = nil
    case .heardServers(let name, let isOver):
      watchCaches(name)
      if isOver { shells[name]?.verifying = nil }
    case .forgetCaches(let name): shells[name]?.caches = nil
    case .shown(let name, let shown, let isStrange):
      watchStranger(name, shown: shown, isStrange: isStrange, now: .read())
    case .disturbed, .answer: break
    }
  }

  /// Makes a commit durable, in one transaction; the core is told whether it is.
  private func store(_ request: StoreRequest) {
    let commit = request.commit
    do {
      let receipt = try store.commit(
        Commit(
          service: request.service, epoch: commit.epoch, memory: try JSON.encode(commit.memory),
          closing: commit.closing, incident: commit.incident, events: commit.events))
      storeTrouble = nil
      state.stored(incident: receipt.incident, now: .read())
      // Whoever told that it can be written again may have failed at that.
      state.canStore = storeTrouble == nil
      return
    } catch let error as StoreError {
      note(storeError: error)
    } catch {
      note(encoding: error, of: request.service)
    }
    state.notStored(storeTrouble ?? "unknown", now: .read())
  }

  /// Performs one question of what is written.
  private func ask(_ question: WriteQuestion, _ call: WriteCall) {
    let source = source(of: call)
    let caller = WriteCaller(source, deadline: deployment.settings.pace.writeDeadline)
    let task = Task {
      let reply = await caller.answer(question)
      answered(call, reply)
    }
    shells[call.service]?.calling = (task, call.number)
  }

  private func source(of call: WriteCall) -> any DNSProvider {
    if call.isRoutine { return provider.routine }
    let intent = state[call.service]?.machine.memory.intent
    // The decision does not look at the zone between an intent and its write: the provider does.
    return intent?.overrides.contains(Machine.zoneOverride) == true
      ? provider.despiteZone : provider
  }

  private func answered(_ call: WriteCall, _ reply: WriteReply) {
    if shells[call.service]?.calling?.number == call.number { shells[call.service]?.calling = nil }
    tell(.reply(call, reply))
  }
}
