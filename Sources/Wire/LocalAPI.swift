/// What an agent says of its host: the reply of `GET /health` of the local endpoint.
public struct HostHealth: Codable, Hashable, Sendable {
  /// In a word; only `unhealthy` goes with status 503.
  public enum Status: String, Codable, Hashable, Sendable, CaseIterable {
    case healthy
    /// A check says so, or one that is only for alerts is bad.
    case degraded
    /// A check that counts for the region is bad.
    case unhealthy
    /// A check that counts has nothing to say: never taken for a failure.
    case unknown
  }

  public var status: Status
  /// The Linode region id.
  public var region: String
  public var agent: String
  public var checks: [HostCheck]
  /// The host does not run the agent on time: its bad checks may be its own fault.
  public var starved: Bool
  /// What is left of a deploy notice.
  public var deployingMs: Int?

  public init(
    status: Status, region: String, agent: String, checks: [HostCheck], starved: Bool,
    deployingMs: Int? = nil
  ) {
    self.status = status
    self.region = region
    self.agent = agent
    self.checks = checks
    self.starved = starved
    self.deployingMs = deployingMs
  }
}

/// A check of the host, for people and monitoring.
public struct HostCheck: Codable, Hashable, Sendable {
  public var name: String
  public var state: CheckState
  public var counts: CheckCounts
  public var reason: String?

  public init(name: String, state: CheckState, counts: CheckCounts, reason: String? = nil) {
    self.name = name
    self.state = state
    self.counts = counts
    self.reason = reason
  }
}

/// What an app on the host may go by: the reply of `GET /role` of the local endpoint (RULES 13).
public struct HostRole: Codable, Hashable, Sendable {
  public var agent: String
  /// The Linode region id of this host.
  public var region: String
  /// Whole seconds since the coordinator's newest directive; absent before the first.
  public var heardSeconds: Int?
  /// Whether a lease is only advice: true unless the table is known to be strongly consistent.
  public var advisory: Bool
  /// What that means, for people.
  public var note: String
  /// By name.
  public var services: [ServiceRole]

  public init(
    agent: String, region: String, heardSeconds: Int? = nil, advisory: Bool, note: String,
    services: [ServiceRole]
  ) {
    self.agent = agent
    self.region = region
    self.heardSeconds = heardSeconds
    self.advisory = advisory
    self.note = note
    self.services = services
  }
}

/// The role of this host's region for one service.
public struct ServiceRole: Codable, Hashable, Sendable {
  public var service: String
  /// The newest epoch that was taken over.
  public var epoch: UInt64
  /// Where DNS points, as it was last heard: it never expires.
  public var traffic: TrafficRole
  public var exclusive: ExclusiveRole

  public init(
    service: String, epoch: UInt64, traffic: TrafficRole, exclusive: ExclusiveRole
  ) {
    self.service = service
    self.epoch = epoch
    self.traffic = traffic
    self.exclusive = exclusive
  }
}

/// Where a service's users go.
public struct TrafficRole: Codable, Hashable, Sendable {
  /// Absent while DNS does not point at one configured region.
  public var region: String?
  /// Whether that is this host's region.
  public var here: Bool
  /// Whole seconds that DNS has pointed there; counted on while the coordinator is away.
  public var ageSeconds: Int?

  public init(region: String? = nil, here: Bool, ageSeconds: Int? = nil) {
    self.region = region
    self.here = here
    self.ageSeconds = ageSeconds
  }
}

/// Who may do work that only one region may do.
public struct ExclusiveRole: Codable, Hashable, Sendable {
  /// Whether this host may, in a word.
  public enum State: String, Codable, Hashable, Sendable, CaseIterable {
    /// This host may, until `leaseSeconds` from now.
    case held
    /// Another region may.
    case elsewhere
    /// Nobody may yet: the region before has not given it up for certain.
    case pending
    /// This region is the one, but this host's lease has run out: it may not.
    case lapsed
    /// The service has no exclusive work, or nothing was heard of it.
    case none
  }

  public var state: State
  /// The region that holds the lease.
  public var region: String?
  /// Whole seconds that are left of this host's lease, rounded down; only while held.
  public var leaseSeconds: Int?

  public init(state: State, region: String? = nil, leaseSeconds: Int? = nil) {
    self.state = state
    self.region = region
    self.leaseSeconds = leaseSeconds
  }
}

/// The body of `POST /deploying` of the local endpoint: begins, replaces or ends a deploy notice.
public struct DeployRequest: Codable, Hashable, Sendable {
  /// How long the host's bad votes are planned: 1 to `Defaults.deployLimit`; 0 ends the notice.
  public var forMs: Int

  public init(forMs: Int) {
    self.forMs = forMs
  }
}

/// The reply to it.
public struct DeployReply: Codable, Hashable, Sendable {
  public var agent: String
  public var region: String
  /// What is left of the notice; 0 when it was ended.
  public var forMs: Int
  /// Whether the coordinator answered a report that says so.
  public var heard: Bool
  /// Why not, where that is known.
  public var trouble: String?

  public init(agent: String, region: String, forMs: Int, heard: Bool, trouble: String? = nil) {
    self.agent = agent
    self.region = region
    self.forMs = forMs
    self.heard = heard
    self.trouble = trouble
  }
}

/// The agent's side of everything: the reply of `GET /status` of the local endpoint.
public struct HostStatus: Codable, Hashable, Sendable {
  public var agent: String
  public var region: String
  /// The agent's release.
  public var version: String
  /// Whole seconds since the agent was started.
  public var upSeconds: Int
  /// Where the reports go.
  public var coordinator: String
  /// Whether the newest report was answered; absent before the first.
  public var heard: Bool?
  /// Why not.
  public var trouble: String?
  public var reports: ReportCounts
  /// In a word, as in `HostHealth`.
  public var health: HostHealth.Status
  public var checks: [CheckResult]
  public var starved: Bool
  public var deployingMs: Int?
  public var role: HostRole
  /// Absent while this host is not the region's writer.
  public var heartbeat: OwnHeartbeat?
  public var peers: [PeerHeartbeat]
  public var probes: [ProbeResult]
  public var replicas: [ReplicaState]?
  public var consistency: TableConsistency?
  /// Why the newest look at the replicas failed.
  public var tableTrouble: String?

  public init(
    agent: String, region: String, version: String, upSeconds: Int, coordinator: String,
    heard: Bool? = nil, trouble: String? = nil, reports: ReportCounts, health: HostHealth.Status,
    checks: [CheckResult], starved: Bool, deployingMs: Int? = nil, role: HostRole,
    heartbeat: OwnHeartbeat? = nil, peers: [PeerHeartbeat] = [], probes: [ProbeResult] = [],
    replicas: [ReplicaState]? = nil, consistency: TableConsistency? = nil,
    tableTrouble: String? = nil
  ) {
    self.agent = agent
    self.region = region
    self.version = version
    self.upSeconds = upSeconds
    self.coordinator = coordinator
    self.heard = heard
    self.trouble = trouble
    self.reports = reports
    self.health = health
    self.checks = checks
    self.starved = starved
    self.deployingMs = deployingMs
    self.role = role
    self.heartbeat = heartbeat
    self.peers = peers
    self.probes = probes
    self.replicas = replicas
    self.consistency = consistency
    self.tableTrouble = tableTrouble
  }
}

/// What became of the reports since the agent was started.
public struct ReportCounts: Codable, Hashable, Sendable {
  public var sent: UInt64
  /// Answered with a directive that was taken over.
  public var answered: UInt64
  /// Lost, refused, or answered with something that is not trusted.
  public var lost: UInt64

  public init(sent: UInt64 = 0, answered: UInt64 = 0, lost: UInt64 = 0) {
    self.sent = sent
    self.answered = answered
    self.lost = lost
  }
}
