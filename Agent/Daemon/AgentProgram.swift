import AgentChecks
import AgentCore
import Codec
import CommandEntry
import Logging
import NIOCore
import NIOPosix
import Platform
import Settings
import UnixSignals
import Wire

/// The agent as a process: from a checked configuration to a clean end.
struct AgentProgram: Sendable {
  private let loaded: Loaded
  /// Reads the configuration again; it blocks.
  private let load: @Sendable () throws -> Loaded
  private let worker: BlockingWorker
  private let log: EventLog<AgentMessage>

  init(
    _ loaded: Loaded, logger: Logger, load: @escaping @Sendable () throws -> Loaded
  ) throws {
    self.loaded = loaded
    self.load = load
    worker = try BlockingWorker(name: "configuration")
    var logger = logger
    logger[metadataKey: "agent"] = "\(loaded.settings.agent)"
    // Events that speak of another region say so.
    logger[metadataKey: "region"] = "\(loaded.settings.region)"
    log = EventLog(logger)
  }

  /// Tells why the program does not start, a line for each reason.
  static func sayNotStarted(_ reasons: String, logger: Logger) {
    let log = EventLog<AgentMessage>(logger)
    for line in reasons.split(separator: "\n") { log.write(.notStarted, .critical, String(line)) }
    Supervisor.status(String(reasons.prefix(200)))
  }

  /// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again. Throws when the local
  /// endpoint cannot listen; nothing was begun then.
  func run() async throws(CommandFailure) {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    let settings = loaded.settings
    let http = HTTPClient(userAgent: "signalbox-agent/\(Release.version)")
    let dns = DNSClient()
    let signer = loaded.signer
    let key = SigningKey(keyID: signer.verifier.keyID) { signer.sign($0) }
    let agent = Agent(
      facts: AgentFacts(
        agent: settings.agent, region: settings.region, boot: SecureRandom.hex(8),
        version: Release.version, reportIntervalMs: settings.reportInterval.milliseconds,
        table: settings.dynamodb?.table,
        lateTimerMs: max(1000, settings.checkDeadline.milliseconds)),
      link: CoordinatorLink(loaded), key: key, log: log)
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let endpoint = try await listen(agent, loop)
    let reporter = Reporter(agent: agent, http: http, loaded: loaded)
    let table = TableParts(loaded, agent: agent, http: http, dns: dns)
    var checks = CheckSet(agent: agent, http: http, loop: loop, table: table)
    _ = await checks.take(loaded)

    log.write(
      .started, .notice,
      "signalbox-agent \(Release.version) starts in \(settings.region), "
        + "reports to \(settings.coordinator)")
    warn(loaded)
    Supervisor.ready(status: await agent.status)
    await withDiscardingTaskGroup { group in
      group.addTask { await work(agent, reporter, http, table) }
      var inForce = loaded
      for await signal in signals {
        guard signal == .sighup else {
          log.write(.stopped, .notice, "stops: \(signal)")
          break
        }
        await reload(&inForce, &checks, agent)
      }
      Supervisor.stopping()
      group.cancelAll()
    }
    await endpoint?.close()
    await reporter.sayGoodbye()
    http.shutdown()
    dns.shutdown()
    try? await loop.shutdownGracefully()
  }

  private func warn(_ loaded: Loaded) {
    for line in loaded.warnings { log.write(.started, .warning, line) }
  }

  private func listen(
    _ agent: Agent, _ loop: any EventLoopGroup
  ) async throws(CommandFailure) -> LocalEndpoint? {
    guard let place = loaded.settings.listen else { return nil }
    let answers = LocalAnswers(agent: agent)
    return try await LocalEndpoint.open(
      place, file: loaded.file, on: loop, answers: answers)
  }

  private func work(
    _ agent: Agent, _ reporter: Reporter, _ http: HTTPClient, _ table: TableParts?
  ) async {
    let workers = Workers(agent: agent)
    let settings = loaded.settings
    let deadline = settings.checkDeadline
    await withDiscardingTaskGroup { group in
      group.addTask { await workers.check() }
      if let table {
        group.addTask { await workers.beat(table.writer, deadline: deadline) }
        group.addTask {
          await workers.read(ReplicaReader(access: table.access, deadline: deadline))
        }
        let period = Pace.divided(Workers.lookPeriod, by: settings.rehearsalSpeed)
        group.addTask { await workers.look(table.access, period: period) }
      }
      group.addTask {
        await workers.probe(PeerProbe(http: http, sourceAddress: settings.sourceAddress))
      }
      group.addTask { await workers.watchTime() }
      group.addTask { await reporter.run() }
    }
  }

  /// Takes on the configuration anew, all of it or nothing.
  private func reload(_ inForce: inout Loaded, _ checks: inout CheckSet, _ agent: Agent) async {
    Supervisor.reloading()
    let found: Loaded
    do {
      found = try await worker.run(load)
    } catch {
      return await refuse("\(error)".split(separator: "\n").map(String.init), agent)
    }
    let change = AgentChange(from: inForce, to: found)
    guard change.restarts.isEmpty else { return await refuse(change.restarts, agent) }
    let counts = await checks.take(found)
    var words: [String] = []
    if counts.added > 0 { words.append("\(counts.added) check(s) added") }
    if counts.removed > 0 { words.append("\(counts.removed) check(s) removed") }
    if change.hasOtherCoordinator {
      await agent.take(CoordinatorLink(found))
      words.append("reports go to \(found.settings.coordinator)")
    }
    inForce = found
    warn(found)
    let text = words.isEmpty ? "nothing has changed" : words.joined(separator: "; ")
    log.write(.reloaded, .notice, "configuration reloaded: \(text)")
    await agent.endReload(trouble: nil)
  }

  private func refuse(_ reasons: [String], _ agent: Agent) async {
    for reason in reasons {
      log.write(.notReloaded, .error, "configuration not reloaded: \(reason)")
    }
    await agent.endReload(trouble: reasons.joined(separator: "; "))
  }
}
