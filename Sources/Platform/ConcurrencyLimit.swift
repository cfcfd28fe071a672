import Synchronization

/// Lets at most so many tasks do something at once; the others wait in the order in which they
/// came. Whoever is cancelled while it waits still gets its turn: what it does then ends by itself.
public final class ConcurrencyLimit: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  /// `count`: at least 1.
  public init(_ count: Int) { state = Mutex(State(free: max(count, 1))) }

  /// Runs the body once there is room.
  public func run<Value: Sendable>(_ body: () async -> Value) async -> Value {
    await enter()
    defer { leave() }
    return await body()
  }

  private func enter() async {
    await withCheckedContinuation { continuation in
      let mayEnter = state.withLock { state in
        guard state.free == 0 else {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if mayEnter { continuation.resume() }
    }
  }

  private func leave() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
