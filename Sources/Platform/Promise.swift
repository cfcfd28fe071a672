import Synchronization

/// A value that arrives once, from any thread; any number of tasks may wait for it.
final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case waiting([Int: @Sendable (Value?) -> Void], next: Int)
    case fulfilled(Value)
  }
  /// A waiter with a deadline.
  private struct Ticket {
    var number: Int?
    var timer: Task<Void, Never>?
  }
  private let state = Mutex(State.waiting([:], next: 0))

  /// Delivers the value; false when one was there already.
  @discardableResult
  func fulfil(_ value: Value) -> Bool {
    let waiters: [@Sendable (Value?) -> Void]? = state.withLock { state in
      guard case .waiting(let waiters, _) = state else { return nil }
      state = .fulfilled(value)
      return Array(waiters.values)
    }
    guard let waiters else { return false }
    for waiter in waiters { waiter(value) }
    return true
  }

  /// The value if it is there.
  var current: Value? {
    state.withLock { state in
      if case .fulfilled(let value) = state { value } else { nil }
    }
  }

  /// Waits for the value however long it takes, even in a cancelled task.
  func value() async -> Value {
    await withCheckedContinuation { continuation in
      _ = wait { value in
        if let value { continuation.resume(returning: value) }
      }
    }
  }

  /// The value, or nil when `atMost` has passed or the task was cancelled before it arrived.
  func value(atMost: Duration) async -> Value? {
    if let current { return current }
    let ticket = Mutex<Ticket>(Ticket())
    let value = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
        let number = wait { continuation.resume(returning: $0) }
        let timer = Task {
          try? await Task.sleep(for: atMost)
          if !Task.isCancelled { giveUp(number) }
        }
        ticket.withLock { $0 = Ticket(number: number, timer: timer) }
        // The handler below may have run before the waiter was registered.
        if Task.isCancelled { giveUp(number) }
      }
    } onCancel: {
      giveUp(ticket.withLock { $0.number })
    }
    ticket.withLock { $0.timer }?.cancel()
    return value
  }

  /// Registers a waiter; nil when it was called at once because the value is there.
  private func wait(_ waiter: @escaping @Sendable (Value?) -> Void) -> Int? {
    let (number, value): (Int?, Value?) = state.withLock { state in
      switch state {
      case .fulfilled(let value):
        return (nil, value)
      case .waiting(var waiters, let next):
        waiters[next] = waiter
        state = .waiting(waiters, next: next + 1)
        return (next, nil)
      }
    }
    if let value { waiter(value) }
    return number
  }

  private func giveUp(_ number: Int?) {
    guard let number else { return }
    let waiter: (@Sendable (Value?) -> Void)? = state.withLock { state in
      guard case .waiting(var waiters, let next) = state else { return nil }
      let waiter = waiters.removeValue(forKey: number)
      state = .waiting(waiters, next: next)
      return waiter
    }
    waiter?(nil)
  }
}
