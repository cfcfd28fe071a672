/// Runs blocking work, as reading files, on a thread of its own; one piece at a time.
///
/// The thread lives as long as the process.
public actor BlockingWorker {
  private let executor: ThreadExecutor
  /// The worker's thread.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Starts the thread; `name` has at most 15 bytes. Throws where the system has no room for it.
  public init(name: String) throws {
    executor = try ThreadExecutor(name: name)
  }

  /// Runs `body` and gives what it gives.
  public func run<Value: Sendable>(_ body: @Sendable () throws -> Value) rethrows -> Value {
    try body()
  }
}
