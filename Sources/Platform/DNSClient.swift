import Synchronization

/// Asks one name server at a time: no cache, no search list, no other server.
///
/// ldns does the work, blocking, on a thread per server, which ends after 10 idle seconds. One
/// server's questions are asked one after the other; servers do not delay each other.
public final class DNSClient: Sendable {
  private struct State {
    var workers: [DNSServer: DNSWorker] = [:]
    var isShutDown = false
  }

  private let state = Mutex(State())

  /// Makes a client; threads start with the first question.
  public init() {}

  deinit {
    shutdown()
  }

  /// Asks the server once (over TCP too where a UDP answer was cut).
  ///
  /// An error of kind `.timeout` comes when `deadline` has passed, at the latest, whatever the
  /// thread still waits for; cancelling the task ends the wait at once. `recursive` asks the server
  /// to find the answer elsewhere.
  public func ask(
    _ question: DNSQuestion, server: DNSServer, transport: DNSTransport = .udp, deadline: Duration,
    recursive: Bool = false
  ) async throws(DNSError) -> DNSAnswer {
    let job = DNSJob(
      question: question, server: server, transport: transport, recursive: recursive,
      start: Clocks.monotonic(), deadline: deadline)
    try enqueue(job)
    if let result = await job.outcome.value(atMost: deadline) { return try result.get() }
    if Task.isCancelled { throw job.error(.other, "cancelled") }
    throw job.error(.timeout, "no answer within \(deadline.brief)")
  }

  /// Ends all threads once they are idle; questions under way fail. Later questions fail too.
  public func shutdown() {
    let workers = state.withLock { state in
      defer { state.workers = [:] }
      state.isShutDown = true
      return state.workers
    }
    for worker in workers.values { worker.stop() }
  }

  private func enqueue(_ job: DNSJob) throws(DNSError) {
    let problem: String? = state.withLock { state in
      if state.isShutDown { return "the DNS client was shut down" }
      switch state.workers[job.server]?.enqueue(job) {
      case .accepted: return nil
      case .full: return "too many questions wait for this server"
      case .ended, nil: break
      }
      state.workers = state.workers.filter { !$0.value.hasEnded }
      let worker = DNSWorker()
      guard worker.enqueue(job) == .accepted, worker.start() else { return "no thread for DNS" }
      state.workers[job.server] = worker
      return nil
    }
    if let problem { throw job.error(.other, problem) }
  }
}

/// A question on its way.
struct DNSJob: Sendable {
  let question: DNSQuestion
  let server: DNSServer
  let transport: DNSTransport
  let recursive: Bool
  let start: MonotonicInstant
  let deadline: Duration
  let outcome = Promise<Result<DNSAnswer, DNSError>>()

  func error(_ kind: DNSError.Kind, _ reason: String) -> DNSError {
    let way = transport == .tcp ? " over TCP" : ""
    return DNSError(kind: kind, description: "\(question) asked of \(server)\(way): \(reason)")
  }
}

/// The thread of one server.
final class DNSWorker: Sendable {
  private struct State {
    var jobs: [DNSJob] = []
    var stopping = false
    var ended = false
  }

  private static let idleTime = Duration.seconds(10)
  /// Questions that wait for one server; more are refused.
  private static let maxQueued = 256

  private let monitor = Monitor(State())

  var hasEnded: Bool { monitor.update { $0.ended } }

  enum Acceptance { case accepted, full, ended }

  func enqueue(_ job: DNSJob) -> Acceptance {
    monitor.update { state in
      if state.ended || state.stopping { return .ended }
      if state.jobs.count >= Self.maxQueued { return .full }
      state.jobs.append(job)
      return .accepted
    }
  }

  func start() -> Bool {
    guard let thread = try? OwnThread(name: "dns", { self.run() }) else { return false }
    thread.detach()
    return true
  }

  func stop() {
    let jobs = monitor.update { state in
      defer { state.jobs = [] }
      state.stopping = true
      return state.jobs
    }
    for job in jobs {
      job.outcome.fulfil(.failure(job.error(.other, "the DNS client was shut down")))
    }
  }

  private func run() {
    while let job = next() {
      let left = job.deadline - job.start.duration(to: Clocks.monotonic())
      // Nobody waits any longer.
      if left <= .zero { continue }
      job.outcome.fulfil(LdnsQuery(job: job, left: left).run())
    }
  }

  /// The next question; nil when the thread has to end.
  private func next() -> DNSJob? {
    let job: DNSJob?? = monitor.wait(atMost: Self.idleTime) { state in
      if !state.jobs.isEmpty { return .some(state.jobs.removeFirst()) }
      return state.stopping ? .some(nil) : nil
    }
    if let job, let job { return job }
    return monitor.update { state in
      // A question may have come just now.
      if !state.jobs.isEmpty && !state.stopping { return state.jobs.removeFirst() }
      state.ended = true
      return nil
    }
  }
}
