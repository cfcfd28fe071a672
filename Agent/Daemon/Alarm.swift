import Synchronization

/// Wakes one waiting task early. A ring without a waiter is remembered, once.
final class Alarm: Sendable {
  private struct State {
    var rang = false
    var sleeper: Task<Void, Never>?
  }

  private let state = Mutex(State())

  /// Wakes the waiter, or the next one at once.
  func ring() {
    let sleeper = state.withLock { state -> Task<Void, Never>? in
      if state.sleeper == nil { state.rang = true }
      return state.sleeper
    }
    sleeper?.cancel()
  }

  /// Waits for a ring, at most `limit`; returns early when the task is cancelled.
  func wait(atMost limit: Duration) async {
    guard limit > .zero else { return }
    let sleeper = Task { _ = try? await Task.sleep(for: limit) }
    let rang = state.withLock { state -> Bool in
      if state.rang {
        state.rang = false
        return true
      }
      state.sleeper = sleeper
      return false
    }
    if rang { sleeper.cancel() }
    await withTaskCancellationHandler {
      await sleeper.value
    } onCancel: {
      sleeper.cancel()
    }
    state.withLock { $0.sleeper = nil }
  }
}
