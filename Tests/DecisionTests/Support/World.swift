import Decision
import Wire

/// The newest heartbeat of another region that one host has read.
struct WorldSight {
  var agent: AgentID
  var sequence: UInt64
  var writtenMs: Int64
  var seenAt: Instant
  var sightings: [Sighting] = []
}

/// One run of an agent's process.
struct WorldProcess {
  var boot = "boot"
  var sequence: UInt64 = 0
  var challenge: String?
}

/// One host with its app and its agent.
struct WorldHost {
  var id: AgentID
  var power = true
  /// Until when the app answers 500; a far future means until it is repaired.
  var appFailsUntil: Instant?
  /// Until when the app works for ten seconds and fails for ten, over and over.
  var flapsUntil: Instant?
  /// The host's credentials for DynamoDB are refused.
  var refusedCredentials = false
  /// Too little CPU: its agent says so.
  var starved = false
  var version = Limits.wireVersion
  var agentRuns = true
  var deployUntil: Instant?
  var checks: [WorldCheck] = []
  var tallies: [ProbeKey: ProbeTally<Instant>] = [:]
  var outcomes: [ProbeKey: (outcome: ProbeOutcome, at: Instant)] = [:]
  var probeDue: Instant
  var reads: [RegionID: WorldSight] = [:]
  var readAt: Instant?
  var reportDue: Instant
  var process = WorldProcess()
  /// A copy of the host, with the same key: it sees what the host sees.
  var copy: WorldProcess?
  var acknowledged: (sequence: UInt64, writtenMs: Int64, at: Instant)?
}

/// One heartbeat on its way through AWS.
struct WorldBeat {
  var agent: AgentID
  var sequence: UInt64
  var writtenMs: Int64
  /// When the other replicas show it; nil while replication stands still.
  var visibleAt: Instant?
}

/// One region: its road, its NodeBalancer, its hosts, its DynamoDB replica.
struct WorldRegion {
  var id: RegionID
  /// Of the NodeBalancer.
  var power = true
  /// Whether the world outside reaches the NodeBalancer.
  var reachable = true
  /// Families whose address is dead while the others serve.
  var deadFamilies: Set<AddressFamily> = []
  /// Its address answers 404 to everybody, whatever the app does.
  var answersNothing = false
  /// Whether the coordinator reaches it, and its agents the coordinator.
  var roadToCoordinator = true
  /// Whether the endpoint's name resolves there.
  var dynamodb = true
  var replicates = true
  var hosts: [WorldHost]
  var beats: [WorldBeat] = []
  var beatDue: Instant
  var beatSequence: UInt64 = 0
}

/// A virtual world in virtual time: regions, agents, heartbeats, DNS and one coordinator.
///
/// It moves in steps of half a second; the coordinator ticks once a second.
final class World {
  static let start = Instant(milliseconds: 3_600_000)
  static let wallStart: Int64 = 1_790_000_000_000
  static let step = Duration.milliseconds(500)
  /// How long a heartbeat takes to the other replicas.
  static let lag = Duration.milliseconds(800)

  let topology: Topology
  let policy: Policy
  var now = World.start
  var regions: [WorldRegion]
  var coordinator: WorldCoordinator
  var dns: WorldDNS
  /// Lines for the story, as they happen.
  var events: [String] = []
  /// What is told once.
  var told: Set<String> = []

  init(topology: Topology, policy: Policy, active: RegionID, memory: Memory = Memory()) {
    self.topology = topology
    self.policy = policy
    let addresses = topology.region(active)?.addresses ?? [:]
    dns = WorldDNS(zone: addresses)
    coordinator = WorldCoordinator(
      topology: topology, policy: policy, memory: memory, now: World.start)
    var offset = Duration.zero
    regions = topology.regions.map { region in
      let hosts = topology.agents(of: region.id).map { id in
        // Spread over the intervals, so that not everything happens at once.
        offset += .milliseconds(1500)
        let spread = Duration.milliseconds(offset.wholeMilliseconds % 5000)
        return WorldHost(
          id: id,
          checks: [
            WorldCheck(kind: "http", due: World.start + spread),
            WorldCheck(kind: "dynamodb", due: World.start + spread),
          ], probeDue: World.start + spread, reportDue: World.start + spread)
      }
      return WorldRegion(id: region.id, hosts: hosts, beatDue: World.start)
    }
  }

  /// Both clocks.
  var clock: Now {
    Now(instant: now, wallMs: World.wallStart + (now - World.start).wholeMilliseconds)
  }

  /// Lets `span` pass.
  func pass(_ span: Duration) {
    let end = now + span
    while now < end {
      now = now + World.step
      writeHeartbeats()
      for index in regions.indices {
        for host in regions[index].hosts.indices { live(index, host) }
      }
      answerDNS()
      tickCoordinator()
    }
  }

  /// What a vantage sees of a region's public address of one family.
  func outcome(of region: WorldRegion, _ family: AddressFamily) -> ProbeOutcome {
    guard region.power, region.reachable, !region.deadFamilies.contains(family) else {
      return .dark
    }
    if region.answersNothing { return .none }
    // The NodeBalancer sends requests to hosts whose app answers; without one it says 503.
    return region.hosts.contains { $0.power && works($0) } ? .serving : .erroring
  }

  func works(_ host: WorldHost) -> Bool {
    if let until = host.flapsUntil, now < until, now.milliseconds % 20_000 < 10_000 { return false }
    return host.appFailsUntil.map { now >= $0 } ?? true
  }

  /// Heartbeats are written by each region's first host that can.
  private func writeHeartbeats() {
    for index in regions.indices where now >= regions[index].beatDue {
      regions[index].beatDue = now + Defaults.heartbeatPeriod
      let writer = regions[index].hosts.firstIndex { $0.power && $0.agentRuns }
      guard let writer, regions[index].dynamodb else { continue }
      regions[index].beatSequence += 1
      let sequence = regions[index].beatSequence
      let beat = WorldBeat(
        agent: regions[index].hosts[writer].id, sequence: sequence, writtenMs: clock.wallMs,
        visibleAt: regions[index].replicates ? now + World.lag : nil)
      regions[index].beats = (regions[index].beats + [beat]).suffix(64)
      regions[index].hosts[writer].acknowledged = (sequence, clock.wallMs, now)
    }
  }

  /// Replication out of a region goes on: the backlog arrives together.
  func replicate(_ region: Int) {
    regions[region].replicates = true
    for beat in regions[region].beats.indices where regions[region].beats[beat].visibleAt == nil {
      regions[region].beats[beat].visibleAt = now + World.lag
    }
  }
}
