import Decision
import Wire

/// For files that also know the agents' instants.
typealias CoordinatorInstant = Instant

/// Who looks at what: `vantage` is an agent's id or `coordinator`.
struct Sight: Hashable {
  var vantage: String
  var region: RegionID
  var family: AddressFamily
}

/// A vote with the instant at which it was taken on.
struct Held<Value> {
  var value: Value
  var since: Instant
}

/// One host as its report describes it.
struct Host {
  var state: CheckState = .good
  var since: Instant
  var name = "http app"
  var services = ["*"]
  var counts = CheckCounts.region
  var reports = true
  var starved = false
  var goodbye = false
  var deployingMs: Int?
  var version = Limits.wireVersion
}

/// One service with evidence set by hand: every tick all reporting agents report anew.
struct Lab {
  static let start = Instant(milliseconds: 1_000_000)
  static let wallStart: Int64 = 1_790_000_000_000

  var topology: Topology
  var policy: Policy
  var machine: Machine
  var doubts: Doubts
  var evidence: Evidence
  var now = Lab.start
  var hosts: [AgentID: Host] = [:]
  var sights: [Sight: Held<Vote>] = [:]
  /// The last touch on each report, for heartbeats and the like.
  var edit: (inout Report, Instant) -> Void = { _, _ in }
  /// Whether the coordinator's own probes answer at all.
  var ownProbes = true
  private var sequence: UInt64 = 0

  /// `hosts` in each of `regions`, all good and served, DNS at the first of them.
  init(
    _ regions: [RegionID] = ["a", "b", "c"], hosts count: Int = 2,
    families: [AddressFamily] = [.ipv4], policy: Policy = Policy.acting, memory: Memory = Memory()
  ) {
    topology = Lab.topology(regions, hosts: count, families: families)
    self.policy = policy
    machine = Machine(topology: topology, policy: policy, memory: memory, started: now)
    doubts = Doubts(policy: policy, expectedTick: .seconds(1))
    evidence = Evidence(floor: now)
    for agent in topology.agents.keys { hosts[agent] = Host(since: now) }
    for region in topology.regions {
      for family in families {
        see(region.id, .serving, from: [Outside.coordinator] + topology.regions.map(\.id), family)
      }
    }
  }

  static func topology(
    _ regions: [RegionID], hosts: Int, families: [AddressFamily] = [.ipv4]
  ) -> Topology {
    var agents: [AgentID: RegionID] = [:]
    for region in regions {
      for host in 0..<hosts { agents["\(region)\(host + 1)"] = region }
    }
    let configured = regions.enumerated().map { index, id in
      var addresses: [AddressFamily: String] = [:]
      for family in families {
        addresses[family] = family == .ipv4 ? "192.0.2.\(index + 1)" : "2001:db8::\(index + 1)"
      }
      return Region(id: id, aws: "aws-\(id)", addresses: addresses)
    }
    return Topology(service: "app", name: "app.example.com", regions: configured, agents: agents)
  }

  /// Sets the check of some hosts, by host or by region.
  mutating func check(_ who: String..., is state: CheckState) {
    for agent in agents(who) where hosts[agent]?.state != state {
      hosts[agent]?.state = state
      hosts[agent]?.since = now
    }
  }

  /// Stops or starts the reports of some hosts, by host or by region.
  mutating func reports(_ who: String..., arrive: Bool) {
    for agent in agents(who) { hosts[agent]?.reports = arrive }
  }

  /// Sets what vantages see of a region; a region as a vantage is all of its agents.
  mutating func see(
    _ region: RegionID, _ vote: Vote, from vantages: [String], _ family: AddressFamily = .ipv4
  ) {
    for vantage in vantages where vantage != region {
      let eyes = topology.region(vantage) == nil ? [vantage] : topology.agents(of: vantage)
      for eye in eyes {
        let sight = Sight(vantage: eye, region: region, family: family)
        if sights[sight]?.value != vote { sights[sight] = Held(value: vote, since: now) }
      }
    }
  }

  /// The whole region is bad, inside and out.
  mutating func fail(_ region: RegionID) {
    check(region, is: .bad)
    for family in topology.families {
      see(region, .bad, from: [Outside.coordinator] + topology.regions.map(\.id), family)
    }
  }

  /// The whole region is good, inside and out.
  mutating func recover(_ region: RegionID) {
    check(region, is: .good)
    for family in topology.families {
      see(region, .serving, from: [Outside.coordinator] + topology.regions.map(\.id), family)
    }
  }

  private func agents(_ who: [String]) -> [AgentID] {
    who.flatMap { topology.region($0) == nil ? [$0] : topology.agents(of: $0) }
  }

  /// Lets all reporting agents and the coordinator's probes speak now.
  mutating func gather() {
    for agent in topology.agents.keys.sorted() {
      guard let host = hosts[agent], host.reports else { continue }
      evidence.take(report(agent, host), at: now)
    }
    guard ownProbes else { return }
    for (sight, held) in sights where sight.vantage == Outside.coordinator {
      evidence.take(
        OwnProbe(
          vote: held.value, outcome: held.value == .bad ? .dark : .serving, detail: "",
          at: now, servingStarted: held.value == .serving ? now : nil,
          badSince: held.value == .bad ? held.since : nil),
        of: ProbeKey(service: "app", region: sight.region, family: sight.family))
    }
  }

  private mutating func report(_ agent: AgentID, _ host: Host) -> Report {
    sequence += 1
    let age = Int((now - host.since).wholeMilliseconds)
    let check = CheckResult(
      name: host.name, kind: "http", services: host.services, counts: host.counts,
      state: host.state, failure: host.state == .bad ? .status : nil, ageMs: 0,
      badSinceMs: host.state == .bad ? age : nil, successes: host.state == .bad ? 0 : 9,
      riseMs: host.state == .bad ? nil : min(age, 2000))
    let probes = sights.filter { $0.key.vantage == agent }.map { sight, held in
      ProbeResult(
        service: "app", region: sight.region, family: sight.family,
        outcome: held.value == .bad ? .dark : .serving, vote: held.value, ageMs: 0,
        servingMs: held.value == .serving ? 0 : nil,
        badSinceMs: held.value == .bad ? Int((now - held.since).wholeMilliseconds) : nil)
    }
    var report = Report(
      version: host.version, agent: agent, region: topology.agents[agent] ?? "", boot: "boot",
      sequence: sequence, sentMs: 0, intervalMs: 5000, checks: [check], probes: probes,
      agentVersion: "1.0.0", starved: host.starved, deployingMs: host.deployingMs,
      goodbye: host.goodbye)
    edit(&report, now)
    return report
  }

  /// Today's wall clock with the instant.
  var clock: Now {
    Now(instant: now, wallMs: Lab.wallStart + (now - Lab.start).wholeMilliseconds)
  }

  /// One tick of the coordinator on the evidence as it is.
  @discardableResult
  mutating func tick() -> Assessment {
    if doubts.tick(&evidence, now: now) { machine.restartConfirmations() }
    return machine.tick(evidence: evidence, doubts: doubts, now: clock).assessment
  }

  /// A second passes, everyone reports, the coordinator ticks; `seconds` times.
  @discardableResult
  mutating func run(_ seconds: Int = 1) -> Assessment {
    var last: Assessment?
    for _ in 0..<max(seconds, 1) {
      now = now + .seconds(1)
      gather()
      last = tick()
    }
    return last ?? tick()
  }

  /// Points DNS at a region and lets the start-up grace pass.
  @discardableResult
  mutating func settle(at region: RegionID = "a") -> Assessment {
    point(at: region)
    return run(31)
  }

  mutating func point(at region: RegionID) {
    guard let addresses = topology.region(region)?.addresses else { return }
    _ = machine.observe(addresses: addresses.mapValues { [$0] }, now: clock)
  }

  /// Runs until the machine has opened an intent; nil when it has not within `limit` seconds.
  mutating func secondsUntilIntent(limit: Int) -> Int? {
    for second in 1...limit where run().intent != nil { return second }
    return nil
  }

  /// Lets the move in flight succeed at once and converge.
  mutating func complete() {
    guard let intent = machine.memory.intent else { return }
    run()
    machine.observe(write: .all)
    run()
    point(at: intent.to)
    machine.observe(write: .converged)
    run()
  }

  /// The region as the evidence of now shows it.
  func picture(_ region: RegionID) -> RegionPicture {
    RegionPicture.draw(
      of: region, topology: topology, policy: policy, evidence: evidence, now: Present(now))
  }
}

extension Lab {
  /// What the machine says would come of it.
  func forecast(_ assumption: Assumption = .dies("a")) -> Outlook? {
    machine.foretell(assumption, evidence: evidence, doubts: doubts, now: clock)
  }
}

extension Policy {
  /// The defaults with automation switched on.
  static var acting: Policy {
    var policy = Policy()
    policy.automation = .automatic
    return policy
  }
}
