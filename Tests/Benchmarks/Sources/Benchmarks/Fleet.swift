import CoordinatorCore
import Decision
import Wire

/// The core with services of three regions with two hosts each, all well; every service has hosts
/// of its own.
struct Fleet {
  private struct Agent {
    var id: AgentID
    var service: Int
    var region: Int
    var sequence: UInt64 = 0
    var challenge: String?
  }

  private static let regions = 3
  private static let hosts = 2
  private static let reportMs: Int64 = 5_000
  private static let tickMs: Int64 = 500

  private var state: CoordinatorState
  private var agents: [Agent]
  private let topologies: [Topology]
  private var now = Now(instant: Instant(milliseconds: 1_000_000), wallMs: 1_790_000_000_000)
  private var ticks = 0
  private var incidents: Int64 = 0

  init(services: Int) {
    agents = (0..<services).flatMap { service in
      (0..<Self.regions).flatMap { region in
        (0..<Self.hosts).map { host in
          Agent(id: "s\(service)-r\(region)-h\(host)", service: service, region: region)
        }
      }
    }
    let all = Dictionary(grouping: agents, by: \.service)
    let topologies = (0..<services).map { service in
      Topology(
        service: "app\(service)", name: "app\(service).example.org",
        regions: (0..<Self.regions).map { region in
          Region(
            id: Self.region(region), aws: "aws-\(region)",
            addresses: [.ipv4: "10.\(service / 256).\(service % 256).\(region + 1)"])
        },
        agents: Dictionary(
          uniqueKeysWithValues: (all[service] ?? []).map { ($0.id, Self.region($0.region)) }))
    }
    self.topologies = topologies
    var policy = Policy()
    policy.automation = .automatic
    let start = now
    let cores = topologies.map { topology in
      ServiceCore(
        ServiceRules(
          topology: topology, policy: policy, names: [topology.name],
          pace: ServicePace(
            move: MovePace(), restartMargin: .seconds(10), readEvery: .seconds(10)),
          upkeep: UpkeepRules(
            proof: .seconds(21_600), retry: .seconds(60), healAfter: .seconds(60), creates: false,
            ttlSeconds: 30, tokenCure: "")),
        memory: Memory(), writer: Writer(cluster: "bench", incarnation: "1"),
        started: start.instant, incident: nil, last: nil)
    }
    state = CoordinatorState(
      rules: StateRules(
        policies: [policy], tick: .milliseconds(Self.tickMs), window: .seconds(60),
        journalEvery: nil, journalRetry: .seconds(2),
        agents: Dictionary(
          uniqueKeysWithValues: agents.map { ($0.id, Self.region($0.region)) }),
        writers: Dictionary(
          uniqueKeysWithValues: (0..<Self.regions).map { region in
            let mine = all.sorted { $0.key < $1.key }.map { service, agents in
              WriterGroup(
                table: "t\(service)",
                agents: agents.filter { $0.region == region }.map(\.id))
            }
            return (Self.region(region), mine)
          })),
      services: cores, now: now)
    tell(.started)
  }

  private static func region(_ number: Int) -> RegionID { "region-\(number)" }

  /// Hands an event over, and does what comes of it.
  private mutating func tell(_ event: CoreEvent) {
    state.handle(event, now: now, jitter: 0.5)
    while let output = state.next() {
      guard case .store(let request) = output else { continue }
      incidents += 1
      state.stored(incident: request.commit.incident == nil ? nil : incidents, now: now)
    }
  }

  /// Half a second goes by: a tenth of the agents report, own probes and readings come, and a tick.
  mutating func pass() {
    ticks += 1
    now.instant = now.instant + .milliseconds(Self.tickMs)
    now.wallMs += Self.tickMs
    let every = Int(Self.reportMs / Self.tickMs)
    for index in agents.indices where index % every == ticks % every { report(index) }
    if ticks % every == 1 { tell(.probes(probes(0..<topologies.count), reachedAnything: true)) }
    if ticks % (2 * every) == 1 { for service in topologies.indices { read(service) } }
    tell(.tick)
  }

  /// One thing changes: an own probe of the first service has another status than the one before;
  /// and the tick that it makes due.
  mutating func changeOne() {
    now.instant = now.instant + .milliseconds(1)
    now.wallMs += 1
    let status = now.wallMs % 2 == 0 ? 200 : 204
    tell(.probes(probes(0..<1, status: status), reachedAnything: true))
    tell(.tick)
  }

  /// One agent of the first service says what it said before.
  mutating func hearOne() {
    now.instant = now.instant + .milliseconds(1)
    now.wallMs += 1
    report(0)
  }

  /// Nothing happens.
  mutating func tick() {
    now.instant = now.instant + .milliseconds(1)
    now.wallMs += 1
    tell(.tick)
  }

  /// Nothing moves, and everybody knows where users are.
  var areSteady: Bool {
    state.cores.allSatisfy {
      $0.machine.memory.phase == .steady && $0.machine.memory.active == Self.region(0)
        && $0.assessment?.pictures.values.allSatisfy { $0.verdict == .healthy } == true
    }
  }

  private mutating func read(_ service: Int) {
    guard let core = state["app\(service)"] else { return }
    let records = topologies[service].regions[0].addresses.map { family, address in
      ProviderRecord(
        id: 1, type: family == .ipv4 ? "A" : "AAAA", name: core.names[0], target: address,
        ttlSeconds: 30)
    }
    tell(
      .reading(
        ServiceReading(
          service: core.name, generation: core.generation, began: now.instant,
          found: .success(records), lines: [])))
  }

  private func probes(_ services: Range<Int>, status: Int = 200) -> [ProbeKey: OwnProbe] {
    var probes: [ProbeKey: OwnProbe] = [:]
    for service in services {
      for region in 0..<Self.regions {
        let key = ProbeKey(
          service: "app\(service)", region: Self.region(region), family: .ipv4)
        probes[key] = OwnProbe(
          vote: .serving, outcome: .serving, detail: "\(status)", at: now.instant,
          servingStarted: now.instant, badSince: nil, status: status)
      }
    }
    return probes
  }

  private mutating func report(_ index: Int) {
    agents[index].sequence += 1
    var report = report(of: agents[index])
    report.challenge = agents[index].challenge
    let challenge = "c\(agents[index].sequence)"
    agents[index].challenge = challenge
    tell(.report(report, from: agents[index].id, challenge: challenge))
  }

  private func report(of agent: Agent) -> Report {
    let others = (0..<Self.regions).filter { $0 != agent.region }
    return Report(
      agent: agent.id, region: Self.region(agent.region), boot: "0123456789abcdef",
      sequence: agent.sequence, sentMs: now.wallMs, intervalMs: Int(Self.reportMs),
      checks: ["http", "dynamodb"].map { kind in
        CheckResult(
          name: kind, kind: kind, state: .good, ageMs: 300, successes: 100, riseMs: 4000)
      },
      heartbeat: agent.id.hasSuffix("h0")
        ? OwnHeartbeat(
          table: "app", sequence: agent.sequence, writtenMs: now.wallMs - 400,
          acknowledgedMs: 390, periodMs: 2000) : nil,
      peers: others.map { peer(agent, $0) },
      probes: others.map { region in
        ProbeResult(
          service: "app\(agent.service)", region: Self.region(region), family: .ipv4,
          outcome: .serving, vote: .serving, status: 200, latencyMs: 30, ageMs: 900,
          servingMs: 930)
      }, agentVersion: "1.0.0")
  }

  private func peer(_ agent: Agent, _ region: Int) -> PeerHeartbeat {
    PeerHeartbeat(
      region: Self.region(region), agent: "s\(agent.service)-r\(region)-h0",
      boot: "0123456789abcdef", sequence: agent.sequence, writtenMs: now.wallMs - 900,
      seenMs: 200, readMs: 200, periodMs: 2000,
      sightings: (0..<Int64(Limits.sightings)).map { index in
        Wire.Sighting(
          sequence: agent.sequence &+ UInt64(index),
          writtenMs: now.wallMs - 32_000 + index * 2000, lagLowMs: 100, lagHighMs: 700)
      })
  }
}
