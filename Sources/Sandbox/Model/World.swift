import Logging
import NIOCore
import Platform

/// All state of a sandbox, and the one place where it changes: requests, faults and time come in,
/// answers go out, and the listeners and name servers are kept as the faults in force want them.
actor World {
  let topology: Topology
  let log: Logger
  let gate: Gate
  private let start = Clocks.monotonic()

  var faults = FaultBook()
  var conditions: Conditions
  var linode = LinodeModel()
  /// The zones as `api-stale` shows them.
  var staleDomains: [LinodeDomain]?
  /// Changes that `api-late` holds back, in their order.
  var lateChanges: [(due: Duration, request: LinodeRequest)] = []
  /// How many lists `api-garbled-marker` has spoilt.
  var garbled = 0
  var dynamoDB: DynamoDBService
  var balancers: [String: Balancer] = [:]
  var requests = RequestLog()
  let verifiers: [String: SigV4Verifier]

  /// One for each name server, in their order.
  var servers: [NameServer] = []
  var publications: [Publication] = []
  let publishDelays: [Duration]
  /// What `zone-file` will tell of, oldest first.
  var waitingRenders: [(due: Duration, domains: [LinodeDomain])] = []
  /// What the faults that change records have done so far, by the fault's id.
  var meddling: [Int: Meddling] = [:]
  var rateLimiter = RateLimiter()
  let rateLimit: Int?
  /// The zone of the sandbox's own names; changes of it are published at once.
  private var names: ZoneSnapshot
  private var listeners: [Part: Listener] = [:]
  private var settling: Task<Void, Never>?
  private var hasFailedToOpen = false
  private var nextRetry: Duration = .zero
  private var nextNodeCheck: Duration = .zero

  /// What listens.
  enum Part: Hashable, Sendable {
    case linode
    case relay
    case balancer(region: String)
    case dynamoDB(region: String)
    case app(instance: String)

    /// The flag of `serve` that moves it.
    var flag: String {
      switch self {
      case .linode: "--linode"
      case .relay: "--relay"
      case .balancer, .dynamoDB, .app: "--network"
      }
    }
  }

  init(_ topology: Topology, _ options: SandboxOptions, log: Logger) {
    self.topology = topology
    self.log = log
    let conditions = Conditions(faults, topology)
    self.conditions = conditions
    gate = Gate(topology, conditions)
    publishDelays = options.publishDelaysOrDefault
    rateLimit = options.rateLimit
    let wall = Clocks.wallMilliseconds()
    dynamoDB = DynamoDBService(
      regions: topology.awsRegions, lag: options.replicationLag, seed: options.seed,
      created: wall / 1000, pace: options.tablePace, grace: options.replicaGrace)
    dynamoDB.knowsLegacyTables = options.knowsLegacyTables
    verifiers = Dictionary(
      uniqueKeysWithValues: topology.regions.map { region in
        let secrets = ["sandbox": "sandbox-secret"]
        return (region.id, SigV4Verifier(region: region.awsRegion, secrets: secrets))
      })
    names = Self.names(topology, without: [])
    linode.fill(topology, time: Self.apiTime(wall))
    rateLimiter.limit = rateLimit
    for region in topology.regions {
      balancers[region.id] = Balancer(instances: region.instances.map(\.id))
    }
  }

  /// The time since the sandbox's start.
  var now: Duration { start.duration(to: Clocks.monotonic()) }

  /// "2026-11-23T03:12:05", as the API writes times.
  static func apiTime(_ milliseconds: Int64) -> String {
    String(WallTime.iso8601(milliseconds).prefix(19))
  }

  /// The zones at the start, for the name servers' files.
  var zones: [ZoneSnapshot] { servedZones + [names] }

  /// The names of the sandbox's own zone, less those of some regions' endpoints.
  private static func names(_ topology: Topology, without regions: Set<String>) -> ZoneSnapshot {
    func name(_ name: String, _ address: String) -> ZoneRecord {
      ZoneRecord(owner: "\(name).sandbox.test.", type: "A", ttl: 1, data: address)
    }
    var records: Set = [name("reference", topology.linode.address)]
    for region in topology.regions where !regions.contains(region.id) {
      records.insert(name("dynamodb.\(region.awsRegion)", region.dynamoDB.address))
    }
    for (index, server) in topology.nameServers.enumerated() {
      records.insert(name("ns\(index + 1)", server.address))
    }
    return ZoneSnapshot(origin: "sandbox.test", defaultTTL: 1, records: records)
  }

  func attach(_ listeners: [Part: Listener]) { self.listeners = listeners }

  func attach(_ servers: [NameServer]) {
    self.servers = servers
    let zones = servedZones
    publications = servers.indices.map {
      Publication(delay: publishDelays[$0], published: zones)
    }
  }

  /// What time brings: to be called every few milliseconds.
  func tick() async {
    let now = now
    let hasEnded = faults.advance(to: now)
    dynamoDB.advance(to: now)
    makeLateChanges()
    meddleOn()
    publish()
    for region in topology.regions {
      balancers[region.id]?.check(conditions.apps, now: now)
    }
    if now >= nextNodeCheck {
      nextNodeCheck = now + Balancer.interval
      checkNodes(again: false)
    }
    if hasEnded || hasFailedToOpen && now >= nextRetry { await settle() }
  }

  // Faults.

  func startFault(
    _ kind: FaultKind, target: String?, seconds: Double?, count: Int?
  ) async throws(FaultRefusal) -> Fault {
    try checkRecord(kind, target)
    let fault = try faults.start(
      kind, target: target, seconds: seconds, count: count, in: topology, now: now)
    await settle()
    return fault
  }

  func endFault(_ id: Int) async -> Bool {
    guard faults.end(id) else { return false }
    await settle()
    return true
  }

  func endAllFaults() async {
    faults.endAll()
    await settle()
  }

  /// Makes everything as the faults in force want it. Calls follow one another, and each returns
  /// when its work is done.
  private func settle() async {
    let before = settling
    let task = Task {
      await before?.value
      await settleNow()
    }
    settling = task
    await task.value
  }

  private func settleNow() async {
    let wanted = Conditions(faults, topology)
    let old = conditions
    conditions = wanted
    gate.set(wanted)
    linode.areTokensRevoked = wanted.tokenRevoked
    linode.areTokensNarrowed = wanted.tokenNarrowed
    staleDomains = wanted.apiStale ? staleDomains ?? linode.domains : nil
    rateLimiter.limit = wanted.apiRateLimit.map { min($0, rateLimit ?? $0) } ?? rateLimit
    settleMeddling()
    dynamoDB.advance(to: now)
    dynamoDB.trouble = wanted.tables
    dynamoDB.replicas.setCut(wanted.cutLinks, now: now)
    await settleServers(from: old)
    for listener in listeners.values { listener.cutRefused() }
    await settleListeners()
  }

  private func settleServers(from old: Conditions) async {
    let names = Self.names(topology, without: conditions.namelessReplicas)
    let oldNames = self.names
    self.names = names
    for (index, server) in servers.enumerated() {
      let address = server.endpoint.address
      let isMute = conditions.muteServers.contains(address)
      if isMute != old.muteServers.contains(address) { await server.setMute(isMute) }
      publications[index].isHeld = isMute || conditions.staleServers.contains(address)
      publications[index].replacements =
        conditions.wrongServers.contains(address) ? topology.wrongAddresses : [:]
      if names != oldNames { server.enqueue(.init(changed: (oldNames, names), refused: {})) }
    }
    publish()
  }

  private func settleListeners() async {
    hasFailedToOpen = false
    nextRetry = now + .seconds(1)
    for (part, listener) in listeners {
      guard wants(part) else {
        await listener.close()
        continue
      }
      do { try await listener.open() } catch {
        hasFailedToOpen = true
        log.warning("\(BindProblem.describe(error, listener.endpoint, part.flag))")
      }
    }
  }

  private func wants(_ part: Part) -> Bool {
    switch part {
    case .linode: true
    case .relay: !conditions.coordinatorCut
    case .balancer(let region): !conditions.deadBalancers.contains(region)
    case .dynamoDB(let region): !conditions.deadReplicas.contains(region)
    case .app(let instance): conditions.apps[instance] != .dead
    }
  }
}
