/// A serial executor on one thread of its own, for an actor whose work may block (SQLite, fsync).
///
/// The thread lives as long as the process: an actor that owns a machine and a store is never
/// replaced.
public final class ThreadExecutor: SerialExecutor {
  private let jobs = Monitor<[UnownedJob]>([])

  /// Starts the thread; `name` has at most 15 bytes. Throws where the system has no room for it.
  public init(name: String) throws {
    let thread = try OwnThread(name: name) { [self] in
      while true {
        guard
          let ready = jobs.wait(until: { held -> [UnownedJob]? in
            guard !held.isEmpty else { return nil }
            defer { held.removeAll(keepingCapacity: true) }
            return held
          })
        else { continue }
        for job in ready { job.runSynchronously(on: asUnownedSerialExecutor()) }
      }
    }
    thread.detach()
  }

  /// Takes an actor's next piece of work; the concurrency runtime calls this.
  public func enqueue(_ job: consuming ExecutorJob) {
    let held = UnownedJob(job)
    jobs.update { $0.append(held) }
  }
}
