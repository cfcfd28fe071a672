public import CoordinatorCore

/// What a running procedure asks before each write, and tells.
public protocol WriteObserver: Sendable {
  /// Asked right before each write: may `record` be written, so that it points at, or speaks of,
  /// `region`? After `.go` the intent is durable.
  func mayWrite(_ record: ProviderRecord, region: String) async -> WritePermission

  /// Called with every step, before the next one starts.
  func record(_ step: MoveStep) async
}

/// Performs write procedures at a provider, in real time.
///
/// When the task is cancelled, the procedure is; a call that is under way is waited for all the
/// same: a write that is cut off in the middle has an unknown outcome. `sleep` may throw when the
/// task is cancelled; `jitter` gives numbers within 0..<1.
public struct WriteDriver: Sendable {
  let caller: WriteCaller
  let observer: any WriteObserver
  let sleep: @Sendable (Duration) async throws -> Void
  let jitter: @Sendable () -> Double

  /// `deadline` bounds each write.
  public init(
    _ provider: any DNSProvider, deadline: Duration, observer: any WriteObserver,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    caller = WriteCaller(provider, deadline: deadline)
    self.observer = observer
    self.sleep = sleep
    self.jitter = jitter
  }

  /// Performs a procedure that was not begun, to its end.
  public func run<Procedure: WriteProcedure>(_ begun: Procedure) async -> Procedure.Outcome {
    var procedure = begun
    var reply = WriteReply.begin
    while true {
      if Task.isCancelled { procedure.cancel() }
      let turn = procedure.next(reply, jitter: jitter())
      for note in turn.notes { await observer.record(note) }
      switch turn.then {
      case .end(let outcome): return outcome
      case .ask(.mayWrite(let record, let region)):
        reply = .permission(await observer.mayWrite(record, region: region))
      case .ask(.pause(let time)):
        do { try await sleep(time) } catch { procedure.cancel() }
        reply = .paused
      case .ask(let question): reply = await Task { await caller.answer(question) }.value
      }
    }
  }
}
