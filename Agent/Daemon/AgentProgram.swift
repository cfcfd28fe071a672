import AgentChecks
import AgentCore
import DynamoDB
import Logging
import Platform
import Settings
import UnixSignals
import Wire

/// The agent as a process: from a checked configuration to a clean end.
struct AgentProgram: Sendable {
  private let loaded: Loaded
  private let log: StateLog

  init(_ loaded: Loaded) {
    self.loaded = loaded
    Journal.bootstrap(program: "signalbox-agent", level: .info)
    var logger = Logger(label: "signalbox-agent")
    logger[metadataKey: "agent"] = "\(loaded.settings.agent)"
    log = StateLog(logger)
  }

  /// Runs until SIGTERM or SIGINT.
  func run() async {
    let settings = loaded.settings
    let http = HTTPClient(userAgent: "signalbox-agent/\(Release.version)")
    let dns = DNSClient()
    let agent = Agent(
      facts: AgentFacts(
        agent: settings.agent, region: settings.region, boot: SecureRandom.hex(8),
        version: Release.version, reportIntervalMs: settings.reportInterval.milliseconds,
        table: settings.dynamodb?.table,
        lateTimerMs: max(1000, settings.checkDeadline.milliseconds)),
      coordinator: settings.coordinator, log: log)
    let reporter = Reporter(agent: agent, http: http, loaded: loaded)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)

    log.write(
      .info,
      "signalbox-agent \(Release.version) starts in \(settings.region), "
        + "reports to \(settings.coordinator)")
    Supervisor.ready(status: await agent.status)
    await withDiscardingTaskGroup { group in
      group.addTask { await work(agent, reporter, http, dns) }
      for await signal in signals {
        log.write(.info, "stops: \(signal)")
        break
      }
      Supervisor.stopping()
      group.cancelAll()
    }
    await reporter.sayGoodbye()
    http.shutdown()
    dns.shutdown()
    log.write(.info, "stopped")
  }

  private func work(
    _ agent: Agent, _ reporter: Reporter, _ http: HTTPClient, _ dns: DNSClient
  ) async {
    let workers = Workers(agent: agent, log: log)
    let settings = loaded.settings
    await withDiscardingTaskGroup { group in
      for check in settings.checks {
        await start(check, workers, http, in: &group)
      }
      if let table = loaded.table {
        await start(table, workers, http, dns, in: &group)
      }
      group.addTask {
        await workers.probe(PeerProbe(http: http, sourceAddress: settings.sourceAddress))
      }
      group.addTask { await workers.watchTime() }
      group.addTask { await reporter.run() }
    }
  }

  private func start(
    _ check: HTTPCheckSettings, _ workers: Workers, _ http: HTTPClient,
    in group: inout DiscardingTaskGroup
  ) async {
    let identity = CheckIdentity(
      name: Text.cut("http \(check.url)", to: Limits.textBytes), kind: "http",
      services: check.services, counts: check.counts)
    let target = HTTPCheck.Target(
      url: check.url, host: check.host, forwardedProto: check.forwardedProto,
      bodyContains: check.bodyContains, sourceAddress: loaded.settings.sourceAddress)
    let policy = CheckPolicy(
      fall: check.fall, rise: check.rise, flapWindowMs: Defaults.flapWindow.milliseconds,
      intervalMs: check.every.milliseconds,
      confirmMs: min(check.every, loaded.settings.confirmInterval).milliseconds)
    guard let number = await workers.agent.add(identity, policy: policy) else { return }
    let http = HTTPCheck(identity: identity, target: target, http: http)
    group.addTask { await workers.run(http, number: number, deadline: check.timeout) }
  }

  private func start(
    _ table: Loaded.Table, _ workers: Workers, _ http: HTTPClient, _ dns: DNSClient,
    in group: inout DiscardingTaskGroup
  ) async {
    let settings = loaded.settings
    let credentials = CredentialProvider(
      settings: CredentialSettings(
        file: table.settings.credentialsFile, profile: table.settings.profile,
        environment: loaded.environment), http: http)
    let client = TableClient(
      http: http, endpoint: table.endpoint, region: table.settings.awsRegion,
      credentials: credentials, names: NameResolver(server: table.resolver, dns: dns),
      sourceAddress: settings.sourceAddress)
    let access = TableAccess(client: client, table: table.settings.table)
    let writer = HeartbeatWriter(
      access: access, region: settings.region, alsoWrite: table.settings.alsoWrite,
      book: workers.agent)
    let identity = CheckIdentity(name: "dynamodb \(table.settings.table)", kind: "dynamodb")
    let policy = CheckPolicy(
      flapWindowMs: Defaults.flapWindow.milliseconds,
      intervalMs: settings.checkInterval.milliseconds,
      confirmMs: settings.confirmInterval.milliseconds)
    guard let number = await workers.agent.add(identity, policy: policy) else { return }
    let check = DynamoDBCheck(
      identity: identity, access: access, writer: writer, agent: settings.agent,
      region: settings.region, references: table.settings.referenceName.map { [$0] } ?? [])
    let deadline = settings.checkDeadline
    group.addTask { await workers.run(check, number: number, deadline: deadline) }
    group.addTask { await workers.beat(writer, deadline: deadline) }
    group.addTask { await workers.read(ReplicaReader(access: access, deadline: deadline)) }
  }
}

extension Duration {
  /// Whole milliseconds, at least 1.
  fileprivate var milliseconds: Int64 {
    max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}
