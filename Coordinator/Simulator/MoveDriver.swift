import DNS
import Dispatch
import Platform
import Synchronization

/// What a running move waits for.
enum MoveQuestion: Sendable {
  case records(String)
  case setTarget(String, ProviderRecord)
  case create(ProviderRecord)
  case sleep(Duration)
  case mayWrite
  case record(MoveStep)
  case ended(MoveResult)
}

/// What a move goes on with.
enum MoveReply: Sendable {
  case records(Result<[ProviderRecord], ProviderError>)
  case written(ProviderError?)
  case permission(WritePermission)
  /// A sleep is over, a step is noted.
  case goOn
  case cancelled
}

/// The real `RecordMove`, made to run in virtual time: it stops at every question that it asks of
/// the world, and goes on when the world answers.
///
/// The move is a task, the world a thread: exactly one of them runs at a time, so that the story is
/// the same each time. Use it from a thread that may block, never from a task.
final class MoveDriver: Sendable, DNSProvider, MoveObserver {
  private struct State {
    var question: MoveQuestion?
    var resume: CheckedContinuation<MoveReply, Never>?
    var task: Task<Void, Never>?
  }

  private let state = Mutex(State())
  private let stopped = DispatchSemaphore(value: 0)

  /// Starts the move and gives its first question.
  func start(_ plan: MovePlan, pace: MovePace, jitter: Double) -> MoveQuestion {
    let task = Task.detached { [self] in
      let result = await RecordMove.perform(
        plan, provider: self, pace: pace, sleep: { try await self.sleep($0) },
        jitter: { jitter }, observer: self)
      state.withLock { $0.question = .ended(result) }
      stopped.signal()
    }
    state.withLock { $0.task = task }
    return next()
  }

  /// Answers the question and gives the next.
  func answer(_ reply: MoveReply) -> MoveQuestion {
    let resume = state.withLock { state in
      defer { state.resume = nil }
      return state.resume
    }
    resume?.resume(returning: reply)
    return next()
  }

  /// Asks the move to end; it does between two calls.
  func cancel() {
    state.withLock { $0.task }?.cancel()
  }

  /// Lets the move run out without the world: its process is gone.
  func abandon(_ question: MoveQuestion) {
    cancel()
    var question = question
    while true {
      switch question {
      case .ended: return
      case .records:
        let error = ProviderError(.unreachable, .transient, description: "the process is gone")
        question = answer(.records(.failure(error)))
      case .setTarget, .create:
        let error = ProviderError(.unreachable, .transient, description: "the process is gone")
        question = answer(.written(error))
      case .sleep: question = answer(.cancelled)
      case .mayWrite: question = answer(.permission(.stop("the process is gone")))
      case .record: question = answer(.goOn)
      }
    }
  }

  private func next() -> MoveQuestion {
    stopped.wait()
    return state.withLock { state in
      defer { state.question = nil }
      return state.question ?? .ended(.stopped("nothing was asked"))
    }
  }

  private func ask(_ question: MoveQuestion) async -> MoveReply {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        state.question = question
        state.resume = continuation
      }
      stopped.signal()
    }
  }

  // MARK: What the move asks

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    guard case .records(let result) = await ask(.records(name)) else { throw Self.lost }
    return try result.get()
  }

  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    guard case .written(let error) = await ask(.setTarget(target, record)) else {
      throw Self.lost
    }
    if let error { throw error }
  }

  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    let record = ProviderRecord(
      id: 0, type: type, name: name, target: target, ttlSeconds: ttlSeconds)
    guard case .written(let error) = await ask(.create(record)) else { throw Self.lost }
    if let error { throw error }
    return record
  }

  private func sleep(_ time: Duration) async throws {
    if case .cancelled = await ask(.sleep(time)) { throw CancellationError() }
  }

  func mayWrite(_ plan: MovePlan) async -> WritePermission {
    guard case .permission(let permission) = await ask(.mayWrite) else {
      return .stop("no answer")
    }
    return permission
  }

  func record(_ step: MoveStep) async {
    _ = await ask(.record(step))
  }

  private static var lost: ProviderError {
    ProviderError(.unreachable, .outcomeUnknown, description: "no answer")
  }
}
