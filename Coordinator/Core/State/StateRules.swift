public import Decision
public import Wire

/// What is configured for the coordinator as a whole.
public struct StateRules: Sendable {
  /// What agents, who serve several services, and the coordinator's own view go by: as often as the
  /// most demanding of them says.
  public var shared: Policy
  /// How often `tick` comes.
  public var tick: Duration
  /// How far the wall clock of an agent's first report may be off.
  public var window: Duration
  /// How often the journal is tried while nothing is stored; nil: only while it fails.
  public var journalEvery: Duration?
  /// How often it is tried while it fails.
  public var journalRetry: Duration
  /// Where every agent is at home.
  public var agents: [AgentID: RegionID]
  /// The agents of each region, in groups that share a table.
  public var writers: [RegionID: [WriterGroup]]
  /// What agents are told of the configuration.
  public var orders: StandingOrders

  /// `policies`: of all services.
  public init(
    policies: [Policy], tick: Duration, window: Duration, journalEvery: Duration?,
    journalRetry: Duration, agents: [AgentID: RegionID], writers: [RegionID: [WriterGroup]],
    orders: StandingOrders = StandingOrders()
  ) {
    shared = Self.shared(policies)
    self.tick = tick
    self.window = window
    self.journalEvery = journalEvery
    self.journalRetry = journalRetry
    self.agents = agents
    self.writers = writers
    self.orders = orders
  }

  private static func shared(_ policies: [Policy]) -> Policy {
    var shared = policies.first ?? Policy()
    for policy in policies {
      shared.freshFor = min(shared.freshFor, policy.freshFor)
      shared.reportInterval = min(shared.reportInterval, policy.reportInterval)
      shared.heartbeatPeriod = min(shared.heartbeatPeriod, policy.heartbeatPeriod)
      shared.heartbeatRead = min(shared.heartbeatRead, policy.heartbeatRead)
      shared.probeInterval = min(shared.probeInterval, policy.probeInterval)
    }
    return shared
  }
}

/// Agents of a region that share a table: one of them writes the heartbeats.
public struct WriterGroup: Hashable, Sendable {
  public var table: String
  public var agents: [AgentID]

  public init(table: String, agents: [AgentID]) {
    self.table = table
    self.agents = agents
  }
}

/// What is configured for one service.
public struct ServiceRules: Sendable {
  public var topology: Topology
  public var policy: Policy
  /// Every DNS name that is moved, in lower case, the one that is probed first.
  public var names: [String]
  public var pace: ServicePace
  public var upkeep: UpkeepRules

  public init(
    topology: Topology, policy: Policy, names: [String], pace: ServicePace, upkeep: UpkeepRules
  ) {
    self.topology = topology
    self.policy = policy
    self.names = names
    self.pace = pace
    self.upkeep = upkeep
  }
}

extension ServiceCore {
  /// A service as the journal has it: its memory, the open incident, and the newest of those that
  /// ended.
  public init(
    _ rules: ServiceRules, memory: Memory, writer: Writer, started: Instant,
    incident: IncidentRecord?, last: IncidentRecord?
  ) {
    self.init(
      machine: Machine(
        topology: rules.topology, policy: rules.policy, memory: memory, started: started),
      names: rules.names, pace: rules.pace, upkeep: rules.upkeep, writer: writer, started: started,
      incident: incident, last: last)
  }
}

/// Another configuration.
public struct StateChange: Sendable {
  public var rules: StateRules
  /// All of them.
  public var services: [ServiceRules]
  /// Those that are new, as the journal has them.
  public var added: [ServiceCore]
  /// What the coordinator's own probes asked of these is asked otherwise, or not any more.
  public var otherProbes: [ProbeKey]

  public init(
    rules: StateRules, services: [ServiceRules], added: [ServiceCore], otherProbes: [ProbeKey]
  ) {
    self.rules = rules
    self.services = services
    self.added = added
    self.otherProbes = otherProbes
  }
}

extension CoordinatorState {
  /// What forbids another configuration because a move rests on what it changes; a sentence each.
  public func hindrances(_ next: [ServiceRules]) -> [String] {
    cores.compactMap { core in
      guard let intent = core.machine.memory.intent else { return nil }
      let move =
        "a move of \(core.name) to \(intent.to) is in flight (epoch \(intent.epoch)): "
      guard let new = next.first(where: { $0.topology.service == core.name }) else {
        return move + "service.\(core.name) cannot be removed. Reload when it has ended"
      }
      guard new.names == core.names, new.topology.regions == core.machine.topology.regions else {
        return move + "the dns, the regions and the addresses of service.\(core.name) cannot "
          + "change. Reload when it has ended"
      }
      return nil
    }
  }

  /// Takes on another configuration. Evidence, confirmations and moves in flight are kept; of
  /// agents and addresses that are configured otherwise, evidence says nothing any more.
  mutating func reconfigure(_ change: StateChange) {
    let before = rules
    for (agent, region) in before.agents where change.rules.agents[agent] != region {
      evidence.forget(agent)
    }
    for key in change.otherProbes { evidence.forget(key) }
    rules = change.rules
    let names = Set(change.services.map(\.topology.service))
    for name in self.names where !names.contains(name) { calls[name] = nil }
    cores = ServiceCores(cores.filter { names.contains($0.name) })
    findPlaces()
    for next in change.services.reversed() {
      self.change(next.topology.service) { $0.reconfigure(next, now: $1) }
    }
    let added = change.added.filter { place(of: $0.name) == nil }
    cores = ServiceCores(cores + added)
    findPlaces()
    quarantined.formIntersection(rules.agents.keys)
    takeOnPolicy(before.shared)
    disturb()
    push(.disturbed)
  }

  /// What agents and the coordinator's own view go by may be different now.
  private mutating func takeOnPolicy(_ old: Policy) {
    let new = rules.shared
    guard old.freshFor != new.freshFor || old.round != new.round else { return }
    admission.reconfigure(freshFor: new.freshFor)
    doubts = Doubts(policy: new, expectedTick: rules.tick)
    // At once: no decision may rest on a view that nothing has doubted yet.
    _ = doubts.tick(&evidence, now: now.instant)
  }
}
