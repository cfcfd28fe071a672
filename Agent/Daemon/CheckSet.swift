import AgentChecks
import AgentCore
import DynamoDB
import NIOCore
import Platform
import Settings
import Wire

/// The checks of this host: those of the configuration in force.
struct CheckSet {
  /// What makes a check the one it is: with any of it changed it is another, without a past.
  private enum Key: Hashable {
    case http(HTTPCheckSettings)
    case tcp(TCPCheckSettings)
    case table(reference: String?, counts: CheckCounts)
  }

  private let agent: Agent
  private let http: HTTPClient
  private let loop: any EventLoopGroup
  private let table: TableParts?
  private var numbers: [Key: Int] = [:]

  /// An empty set; `loop` is what TCP checks connect with, `table` what the DynamoDB check does.
  init(agent: Agent, http: HTTPClient, loop: any EventLoopGroup, table: TableParts?) {
    self.agent = agent
    self.http = http
    self.loop = loop
    self.table = table
  }

  /// Takes on the checks of a configuration. Those that are as before go on with their history.
  mutating func take(_ loaded: Loaded) async -> (added: Int, removed: Int) {
    var wanted: [Key] = loaded.settings.checks.map(Key.http)
    wanted += loaded.settings.tcpChecks.map(Key.tcp)
    if let settings = loaded.settings.dynamodb, table != nil {
      wanted.append(.table(reference: settings.referenceName, counts: settings.counts))
    }
    let gone = numbers.filter { !wanted.contains($0.key) }
    for (key, number) in gone {
      await agent.remove(check: number)
      numbers[key] = nil
    }
    var added = 0
    for key in wanted where numbers[key] == nil {
      numbers[key] = await add(key, loaded.settings)
      added += 1
    }
    return (added, gone.count)
  }

  private func add(_ key: Key, _ settings: AgentSettings) async -> Int? {
    switch key {
    case .http(let check):
      let target = HTTPCheck.Target(
        url: check.url, host: check.host, forwardedProto: check.forwardedProto,
        bodyContains: check.bodyContains, jsonPath: check.jsonPath, healthy: check.healthy,
        sourceAddress: settings.sourceAddress)
      let identity = CheckIdentity(
        name: Text.cut("http \(check.url)", to: Limits.textBytes), kind: "http",
        services: check.services, counts: check.counts)
      let policy = CheckPolicy(
        fall: check.fall, rise: check.rise, flapWindowMs: Defaults.flapWindow.milliseconds,
        intervalMs: check.every.milliseconds,
        confirmMs: min(check.every, settings.confirmInterval).milliseconds)
      return await agent.add(
        HTTPCheck(identity: identity, target: target, http: http), policy: policy,
        deadline: check.timeout)
    case .tcp(let check):
      let policy = CheckPolicy(
        fall: check.fall, rise: check.rise, flapWindowMs: Defaults.flapWindow.milliseconds,
        intervalMs: check.every.milliseconds,
        confirmMs: min(check.every, settings.confirmInterval).milliseconds)
      let identity = CheckIdentity(
        name: "tcp \(check.place)", kind: "tcp", services: check.services, counts: check.counts)
      return await agent.add(
        TCPCheck(
          identity: identity, address: check.place.host, port: check.place.port,
          sourceAddress: settings.sourceAddress, loop: loop), policy: policy,
        deadline: check.timeout)
    case .table(let reference, let counts):
      guard let table else { return nil }
      let policy = CheckPolicy(
        flapWindowMs: Defaults.flapWindow.milliseconds,
        intervalMs: settings.checkInterval.milliseconds,
        confirmMs: settings.confirmInterval.milliseconds)
      return await agent.add(
        DynamoDBCheck(
          identity: CheckIdentity(
            name: "dynamodb \(table.access.table)", kind: "dynamodb", counts: counts),
          access: table.access, writer: table.writer, agent: settings.agent,
          region: settings.region, references: reference.map { [$0] } ?? [],
          others: { [agent] in await agent.otherRegions }),
        policy: policy, deadline: settings.checkDeadline)
    }
  }
}

/// What everything about the DynamoDB table works with; it lives as long as the process.
struct TableParts: Sendable {
  let access: TableAccess
  let writer: HeartbeatWriter

  /// Nil where no table is configured.
  init?(_ loaded: Loaded, agent: Agent, http: HTTPClient, dns: DNSClient) {
    guard let table = loaded.table else { return nil }
    let credentials = CredentialProvider(
      settings: CredentialSettings(
        file: table.settings.credentialsFile, profile: table.settings.profile,
        environment: loaded.environment), http: http)
    let client = TableClient(
      http: http, endpoint: table.endpoint, region: table.settings.awsRegion,
      credentials: credentials, names: NameResolver(server: table.resolver, dns: dns),
      sourceAddress: loaded.settings.sourceAddress)
    access = TableAccess(client: client, table: table.settings.table)
    writer = HeartbeatWriter(
      access: access, region: loaded.settings.region, alsoWrite: table.settings.alsoWrite,
      book: agent)
  }
}

extension Duration {
  /// Whole milliseconds, at least 1.
  var milliseconds: Int64 {
    max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}
