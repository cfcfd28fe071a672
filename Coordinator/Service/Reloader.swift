import Platform
import ServiceLifecycle
import Settings
import UnixSignals

/// Takes on the configuration anew, one time after the other: what is read last holds.
actor Reloader {
  private let coordinator: Coordinator
  private let load: @Sendable () throws -> CoordinatorSettings
  /// Finds what the file leaves to the provider.
  private let complete: @Sendable (CoordinatorSettings) async throws -> CoordinatorSettings
  /// Files block.
  private let worker: BlockingWorker
  private var newest: Task<Result<String, ReloadRefusal>, Never>?

  init(
    _ coordinator: Coordinator, load: @escaping @Sendable () throws -> CoordinatorSettings,
    complete: @escaping @Sendable (CoordinatorSettings) async throws -> CoordinatorSettings
  ) throws {
    self.coordinator = coordinator
    self.load = load
    self.complete = complete
    worker = try BlockingWorker(name: "configuration")
  }

  /// Reads the configuration and takes it on, or tells why not; the supervisor is told of both.
  func reload() async -> Result<String, ReloadRefusal> {
    let before = newest
    let task = Task {
      _ = await before?.value
      return await once()
    }
    newest = task
    return await task.value
  }

  private func once() async -> Result<String, ReloadRefusal> {
    Supervisor.reloading()
    var result: Result<String, ReloadRefusal>
    do {
      let found = try await worker.run { [load] in
        let settings = try load()
        return (settings: settings, publicKey: try Program.check(settings))
      }
      let settings = try await complete(found.settings)
      result = .success(try await coordinator.reload(settings, publicKey: found.publicKey))
    } catch {
      let reasons = "\(error)".split(separator: "\n").map(String.init)
      await coordinator.refuseReload(reasons)
      result = .failure(ReloadRefusal(reasons: reasons))
    }
    // Where DNS points is asked for at once: a service may be new, or have another address.
    if case .success = result { Task { await coordinator.readAt(waiting: true) } }
    Supervisor.ready(status: await coordinator.snapshot(plays: false).line)
    return result
  }
}

/// Reloads at each SIGHUP.
struct Hangups: Service {
  let reloader: Reloader
  let signals: UnixSignalsSequence

  func run() async throws {
    for await _ in signals.cancelOnGracefulShutdown() {
      _ = await reloader.reload()
    }
  }
}
