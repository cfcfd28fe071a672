import Decision
import Wire

/// Services of five regions with two hosts each, all well. As many share their hosts as fit into
/// one report.
struct Fleet {
  private struct Agent {
    var id: AgentID
    var region: Int
    var group: Int
    var isWriter: Bool
  }

  private static let regions = 5
  private static let hosts = 2
  /// As many as have their probes of the other regions in one report.
  private static let together = Limits.listEntries / (regions - 1)
  private static let tickMs: Int64 = 500
  /// Each agent reports at every tenth tick.
  private static let every = 10

  private let topologies: [Topology]
  private let agents: [Agent]
  private var machines: [Machine] = []
  private var evidence = Evidence(floor: Instant(milliseconds: 0))
  private var doubts: Doubts
  private var now = Now(instant: Instant(milliseconds: 1_000_000), wallMs: 1_790_000_000_000)

  init(services: Int) {
    let groups = (services + Self.together - 1) / Self.together
    agents = (0..<groups).flatMap { group in
      (0..<Self.regions).flatMap { region in
        (0..<Self.hosts).map { host in
          Agent(
            id: "g\(group)-r\(region)-h\(host)", region: region, group: group, isWriter: host == 0)
        }
      }
    }
    let all = agents
    topologies = (0..<services).map { service in
      let mine = all.filter { $0.group == service / Self.together }
      return Topology(
        service: "app\(service)", name: "app\(service).example.org",
        regions: (0..<Self.regions).map { region in
          Region(
            id: Self.region(region), aws: "aws-\(region)",
            addresses: [.ipv4: "10.\(service / 256).\(service % 256).\(region + 1)"])
        },
        agents: Dictionary(uniqueKeysWithValues: mine.map { ($0.id, Self.region($0.region)) }))
    }
    var policy = Policy()
    policy.automation = .automatic
    doubts = Doubts(policy: policy, expectedTick: .milliseconds(Self.tickMs))
    for topology in topologies {
      var machine = Machine(topology: topology, policy: policy, started: now.instant)
      let address = topology.regions[0].addresses.mapValues { [$0] }
      _ = machine.observe(addresses: address, now: now)
      machines.append(machine)
    }
  }

  private static func region(_ number: Int) -> RegionID { "region-\(number)" }

  /// Time goes on: a tenth of the agents say what they always say, and one host of the first
  /// service has a check that is good and degraded in turn.
  mutating func bringIn(_ tick: Int) {
    now.instant = now.instant + .milliseconds(Self.tickMs)
    now.wallMs += Self.tickMs
    for (number, agent) in agents.enumerated()
    where tick < 2 || number % Self.every == tick % Self.every {
      evidence.take(report(of: agent, tick, .good), at: now.instant)
    }
    let last = agents[Self.regions * Self.hosts - 1]
    evidence.take(
      report(of: last, tick, tick % 2 == 0 ? .degraded : .good, again: 1), at: now.instant)
    guard tick % Self.every == 0 else { return }
    for topology in topologies {
      for region in topology.regions {
        evidence.take(
          OwnProbe(
            vote: .serving, outcome: .serving, detail: "200", at: now.instant,
            servingStarted: now.instant, badSince: nil),
          of: ProbeKey(service: topology.service, region: region.id, family: .ipv4))
      }
    }
  }

  /// One tick of every service.
  mutating func decide() {
    _ = doubts.tick(&evidence, now: now.instant)
    for index in machines.indices {
      _ = machines[index].tick(evidence: evidence, doubts: doubts, now: now)
    }
  }

  /// Nothing moves.
  var areSteady: Bool {
    machines.allSatisfy { $0.memory.phase == .steady && $0.memory.active == Self.region(0) }
  }

  private func report(
    of agent: Agent, _ tick: Int, _ state: CheckState, again: UInt64 = 0
  ) -> Report {
    let sequence = UInt64(tick) * 2 + 1 + again
    let others = (0..<Self.regions).filter { $0 != agent.region }
    let first = agent.group * Self.together
    let mine = topologies[first..<min(first + Self.together, topologies.count)]
    return Report(
      agent: agent.id, region: Self.region(agent.region), boot: "0123456789abcdef",
      sequence: sequence, sentMs: now.wallMs, intervalMs: 5000,
      checks: ["http", "dynamodb"].map { kind in
        CheckResult(
          name: kind, kind: kind, state: kind == "http" ? state : .good, ageMs: 300,
          successes: 100, riseMs: 4000)
      },
      heartbeat: agent.isWriter
        ? OwnHeartbeat(
          table: "app", sequence: sequence, writtenMs: now.wallMs - 400, acknowledgedMs: 390,
          periodMs: 2000) : nil,
      peers: others.map { peer(agent.group, $0, sequence) },
      probes: mine.flatMap { topology in
        others.map { region in
          ProbeResult(
            service: topology.service, region: Self.region(region), family: .ipv4,
            outcome: .serving, vote: .serving, status: 200, latencyMs: 30, ageMs: 900,
            servingMs: 930)
        }
      }, agentVersion: "1.0.0")
  }

  private func peer(_ group: Int, _ region: Int, _ sequence: UInt64) -> PeerHeartbeat {
    PeerHeartbeat(
      region: Self.region(region), agent: "g\(group)-r\(region)-h0", boot: "0123456789abcdef",
      sequence: sequence, writtenMs: now.wallMs - 900, seenMs: 200, readMs: 200, periodMs: 2000,
      sightings: (0..<Int64(Limits.sightings)).map { index in
        Sighting(
          sequence: sequence &+ UInt64(index), writtenMs: now.wallMs - 32_000 + index * 2000,
          lagLowMs: 100, lagHighMs: 700)
      })
  }
}
