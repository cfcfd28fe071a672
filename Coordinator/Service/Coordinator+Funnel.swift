import Codec
import CoordinatorCore
import Decision
import Recording
import Store
import Wire

extension Coordinator {
  /// Steps one service: judge, decide, store the transition and the intent in one transaction, and
  /// only then perform. Gives false when nothing could be stored: then nothing was decided either.
  @discardableResult
  func step(_ name: String, now: Now) -> Bool {
    guard !ending, var core = rooms[name]?.core else { return false }
    let judged = core.judge(evidence, doubts, now: now)
    let after = core.machine
    var incident: Int64?
    if let commit = judged.commit {
      // Not durable: it did not happen. The next tick tries again.
      guard let receipt = store(commit, of: name) else { return false }
      incident = receipt.incident
    }
    core.settle(judged, incident: incident, now: now)
    rooms[name]?.core = core
    recording.put(
      name, before: judged.before, after: after, transition: judged.transition, now: now)
    perform(name)
    return true
  }

  /// Makes a commit durable; nil if that failed.
  func store(_ commit: ServiceCommit, of name: String) -> CommitReceipt? {
    do {
      let receipt = try store.commit(
        Commit(
          service: name, epoch: commit.epoch, memory: try JSON.encode(commit.memory),
          closing: commit.closing, incident: commit.incident, events: commit.events))
      storeTrouble = nil
      return receipt
    } catch let error as StoreError {
      note(storeError: error)
    } catch {
      note(encoding: error, of: name)
    }
    return nil
  }

  /// Performs what a service's core wants done, in its order.
  func perform(_ name: String) {
    for directive in rooms[name]?.core.takeDirectives() ?? [] { perform(directive, of: name) }
  }

  private func perform(_ directive: CoreDirective, of name: String) {
    switch directive {
    case .log(let event): log(event)
    case .record(let event): record(event)
    case .keep(let event):
      guard let commit = rooms[name]?.core.commit([event]), store(commit, of: name) != nil else {
        return
      }
      rooms[name]?.core.stored = commit.memory
      log(event)
    case .write(let reply): if !ending || reply != .begin { write(name, reply) }
    case .verify: startVerification(name)
    case .stopVerifying:
      rooms[name]?.verifying?.cancel()
      rooms[name]?.verifying = nil
    case .forgetCaches: rooms[name]?.caches = nil
    }
  }
}
