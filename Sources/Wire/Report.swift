/// One signed message from an agent to the coordinator: what this host knows now.
///
/// Ages are milliseconds on the agent's boot-time clock at the moment of sending, so that no wall
/// clock has to agree. JSON keys are the snake_case of these names.
public struct Report: Codable, Hashable, Sendable {
  /// `Limits.wireVersion` of the sender.
  public var version: Int
  /// The agent's id, unique in the deployment.
  public var agent: String
  /// The Linode region id this agent was configured for.
  public var region: String
  /// 16 hex digits, random at each process start.
  public var boot: String
  /// Rises by at least 1 with each report of one boot, from 1.
  public var sequence: UInt64
  /// The sender's wall clock, Unix milliseconds.
  public var sentMs: Int64
  /// The interval at which this agent reports when nothing changes.
  public var intervalMs: Int
  /// The challenge of the newest directive, echoed; absent at first contact.
  public var challenge: String?
  /// Which orders this agent goes by (`Directive.orders`); absent: none that have a name.
  public var orders: String?
  /// Which of the coordinator's words on services this agent holds whole (`Directive.stand`): it
  /// acknowledges their epochs, and `acknowledged` is empty. Absent: none that have a name.
  public var stand: String?
  public var checks: [CheckResult]
  /// This host's own heartbeat; absent while it is not the region's writer.
  public var heartbeat: OwnHeartbeat?
  /// The newest heartbeats of other regions, read from the local replica.
  public var peers: [PeerHeartbeat]
  /// What this host sees of the other regions' public addresses, but for those in `steady`.
  public var probes: [ProbeResult]
  /// Those that serve as they did when they were told last; absent where there are none.
  public var steady: SteadyProbes?
  public var clock: ClockState
  /// What the app says of itself, where a check's reply states it.
  public var app: AppState?
  /// The agent's release, as `1.2.3`.
  public var agentVersion: String
  /// The agent could not run on time: its own bad votes are not to be trusted.
  public var starved: Bool
  /// What is left of a deploy notice (RULES 1).
  public var deployingMs: Int?
  /// The last report of a clean stop: the host is missing, not silent by surprise.
  public var goodbye: Bool
  /// The newest directive epoch of each service that this agent took over; empty where `stand` says
  /// it.
  public var acknowledged: [ServiceEpoch]
  /// What could not be delivered while the coordinator was away, oldest first: history, never
  /// evidence.
  public var history: [PastCheck]
  /// The replicas in other AWS regions as the local one lists them; absent while not read of late.
  public var replicas: [ReplicaState]?
  /// How the replicas of the global table agree; absent while not known.
  public var consistency: TableConsistency?

  public init(
    version: Int = Limits.wireVersion, agent: String, region: String, boot: String,
    sequence: UInt64, sentMs: Int64, intervalMs: Int, challenge: String? = nil,
    orders: String? = nil, stand: String? = nil, checks: [CheckResult] = [],
    heartbeat: OwnHeartbeat? = nil, peers: [PeerHeartbeat] = [], probes: [ProbeResult] = [],
    steady: SteadyProbes? = nil, clock: ClockState = ClockState(), app: AppState? = nil,
    agentVersion: String, starved: Bool = false, deployingMs: Int? = nil, goodbye: Bool = false,
    acknowledged: [ServiceEpoch] = [], history: [PastCheck] = [], replicas: [ReplicaState]? = nil,
    consistency: TableConsistency? = nil
  ) {
    self.version = version
    self.agent = agent
    self.region = region
    self.boot = boot
    self.sequence = sequence
    self.sentMs = sentMs
    self.intervalMs = intervalMs
    self.challenge = challenge
    self.orders = orders
    self.stand = stand
    self.checks = checks
    self.heartbeat = heartbeat
    self.peers = peers
    self.probes = probes
    self.steady = steady
    self.clock = clock
    self.app = app
    self.agentVersion = agentVersion
    self.starved = starved
    self.deployingMs = deployingMs
    self.goodbye = goodbye
    self.acknowledged = acknowledged
    self.history = history
    self.replicas = replicas
    self.consistency = consistency
  }
}

/// What one check says of the host.
public enum CheckState: String, Codable, Hashable, Sendable, CaseIterable {
  case good, degraded, bad, unknown
  /// Credentials, permission, missing table, clock or signature: never bad (RULES 1).
  case misconfigured
}

/// Whether a check is a reason to leave a region.
public enum CheckCounts: String, Codable, Hashable, Sendable, CaseIterable {
  case region, alert
}

/// The class of a check's or probe's failure; the text is for people, this is for rules.
public enum FailureClass: String, Codable, Hashable, Sendable, CaseIterable {
  case network, timeout, status, body, tls, nameResolution = "name_resolution"
  case serverError = "server_error"
  case throttled, quorum, credentials, permission, missingTable = "missing_table"
  case clock, signature, hostNetwork = "host_network", other
}

/// The state of one check after `fall`, `rise` and forgiveness (RULES 1).
public struct CheckResult: Codable, Hashable, Sendable {
  /// Unique within the agent, as `http http://127.0.0.1:3000/health` or `dynamodb app`.
  public var name: String
  /// `http`, `tcp` or `dynamodb`.
  public var kind: String
  /// The services this check speaks for; `*` is all of them.
  public var services: [String]
  public var counts: CheckCounts
  public var state: CheckState
  public var failure: FailureClass?
  /// For people, at most `Limits.textBytes`.
  public var reason: String?
  /// What is odd about a good state, for people, at most `Limits.textBytes`; never a vote.
  public var finding: String?
  /// How long the newest attempt took.
  public var latencyMs: Double?
  /// Since the newest attempt ended.
  public var ageMs: Int
  /// Since the first failure of the unbroken bad run behind a bad state was started.
  public var badSinceMs: Int?
  /// Successes in a row up to now.
  public var successes: Int
  /// Since the start of the oldest of the newest `rise` successes in a row; absent while fewer.
  public var riseMs: Int?

  public init(
    name: String, kind: String, services: [String] = ["*"], counts: CheckCounts = .region,
    state: CheckState, failure: FailureClass? = nil, reason: String? = nil, finding: String? = nil,
    latencyMs: Double? = nil, ageMs: Int, badSinceMs: Int? = nil, successes: Int = 0,
    riseMs: Int? = nil
  ) {
    self.name = name
    self.kind = kind
    self.services = services
    self.counts = counts
    self.state = state
    self.failure = failure
    self.reason = reason
    self.finding = finding
    self.latencyMs = latencyMs
    self.ageMs = ageMs
    self.badSinceMs = badSinceMs
    self.successes = successes
    self.riseMs = riseMs
  }
}

/// A check's state of the past, kept while the coordinator was away.
public struct PastCheck: Codable, Hashable, Sendable {
  /// The agent's wall clock when the state was taken on.
  public var atMs: Int64
  public var name: String
  public var state: CheckState
  public var reason: String?

  public init(atMs: Int64, name: String, state: CheckState, reason: String? = nil) {
    self.atMs = atMs
    self.name = name
    self.state = state
    self.reason = reason
  }
}

/// What the writer says of its own heartbeat item.
public struct OwnHeartbeat: Codable, Hashable, Sendable {
  public var table: String
  /// The newest acknowledged sequence of this boot; 0 before the first.
  public var sequence: UInt64
  /// The wall clock that the newest acknowledged heartbeat carries.
  public var writtenMs: Int64?
  /// Since its acknowledgement arrived.
  public var acknowledgedMs: Int?
  public var periodMs: Int
  /// Why the newest attempt failed; absent when it did not.
  public var failure: FailureClass?
  public var reason: String?

  public init(
    table: String, sequence: UInt64, writtenMs: Int64? = nil, acknowledgedMs: Int? = nil,
    periodMs: Int, failure: FailureClass? = nil, reason: String? = nil
  ) {
    self.table = table
    self.sequence = sequence
    self.writtenMs = writtenMs
    self.acknowledgedMs = acknowledgedMs
    self.periodMs = periodMs
    self.failure = failure
    self.reason = reason
  }
}

/// The newest heartbeat of another region in the local replica, with its lag as an interval.
public struct PeerHeartbeat: Codable, Hashable, Sendable {
  public var region: String
  /// The agent that wrote it.
  public var agent: String
  public var boot: String
  public var sequence: UInt64
  /// The wall clock that the heartbeat carries (the writer's).
  public var writtenMs: Int64
  /// Since it was first seen here.
  public var seenMs: Int
  /// Since the replica was last read with success.
  public var readMs: Int
  public var periodMs: Int
  /// The newest sightings, oldest first, at most `Limits.sightings`; in a report that names orders
  /// (`Report.orders`) those that the coordinator of these orders has not acknowledged yet.
  public var sightings: [Sighting]
  /// The newest health summary of the region's writer; absent while none was seen.
  public var summary: RelayedSummary?

  public init(
    region: String, agent: String, boot: String, sequence: UInt64, writtenMs: Int64, seenMs: Int,
    readMs: Int, periodMs: Int, sightings: [Sighting] = [], summary: RelayedSummary? = nil
  ) {
    self.region = region
    self.agent = agent
    self.boot = boot
    self.sequence = sequence
    self.writtenMs = writtenMs
    self.seenMs = seenMs
    self.readMs = readMs
    self.periodMs = periodMs
    self.sightings = sightings
    self.summary = summary
  }
}

/// One replica of the agent's table in another AWS region.
public struct ReplicaState: Codable, Hashable, Sendable {
  /// The AWS region that it is in.
  public var aws: String
  /// `ACTIVE`, `CREATING`, `REGION_DISABLED`, … (AWS API reference, ReplicaDescription).
  public var status: String

  public init(aws: String, status: String) {
    self.aws = aws
    self.status = status
  }
}

/// How the replicas of a global table agree (AWS API reference, MultiRegionConsistency).
public enum TableConsistency: String, Codable, Hashable, Sendable, CaseIterable {
  /// MREC: writes arrive elsewhere later, the last one wins; nothing in it can fence.
  case eventual
  /// MRSC: a strongly consistent read sees every acknowledged write of any region.
  case strong
}

/// The first sight of one heartbeat: its replication took between `lagLowMs` and `lagHighMs`.
public struct Sighting: Codable, Hashable, Sendable {
  public var sequence: UInt64
  public var writtenMs: Int64
  public var lagLowMs: Int
  public var lagHighMs: Int

  public init(sequence: UInt64, writtenMs: Int64, lagLowMs: Int, lagHighMs: Int) {
    self.sequence = sequence
    self.writtenMs = writtenMs
    self.lagLowMs = lagLowMs
    self.lagHighMs = lagHighMs
  }
}

/// The agent's clock as the kernel describes it.
public struct ClockState: Codable, Hashable, Sendable {
  public var synchronised: Bool
  /// The bound of the error, where the kernel knows one.
  public var errorMs: Int?

  public init(synchronised: Bool = false, errorMs: Int? = nil) {
    self.synchronised = synchronised
    self.errorMs = errorMs
  }
}

/// What the app's health reply says of the app.
public struct AppState: Codable, Hashable, Sendable {
  public var region: String?
  public var release: String?

  public init(region: String? = nil, release: String? = nil) {
    self.region = region
    self.release = release
  }
}

/// An epoch of a service.
public struct ServiceEpoch: Codable, Hashable, Sendable {
  public var service: String
  public var epoch: UInt64

  public init(service: String, epoch: UInt64) {
    self.service = service
    self.epoch = epoch
  }
}
