/// The coordinator's signed reply to a report: what this agent is to do and to tell the app.
public struct Directive: Codable, Hashable, Sendable {
  public var version: Int
  /// The agent and the report that this answers.
  public var agent: String
  public var sequence: UInt64
  /// What the app is to be told of each service; empty where `renews` says it.
  public var services: [ServiceDirective]
  /// Names `services`: whoever says it in the next report holds them whole. Absent, without
  /// `renews`: the next report is to say what it holds.
  public var stand: String?
  /// What was told under that name holds as if it were told again: leases run from the sending of
  /// the report that this answers.
  public var renews: String?
  /// To be echoed in the next report; proves that the report is timely.
  public var challenge: String
  /// How long until the next report when nothing changes.
  public var nextReportMs: Int
  /// Whether this agent writes the region's heartbeat item.
  public var heartbeatWriter: Bool
  public var heartbeatPeriodMs: Int
  /// How often the peers' heartbeats are to be read.
  public var heartbeatReadMs: Int
  /// Names `peers` and `probes`: whoever says it in the next report goes by them, and they are not
  /// told again. Absent: they are told each time.
  public var orders: String?
  /// The other regions, whose heartbeats are to be read from the local replica; absent: as before.
  public var peers: [String]?
  /// What to probe; absent: as before.
  public var probes: [ProbeTarget]?
  public var probePeriodMs: Int
  public var probeDeadlineMs: Int
  public var probeFall: Int
  /// The coordinator's wall clock, Unix milliseconds, for the host's side of the skew.
  public var coordinatorMs: Int64

  public init(
    version: Int = Limits.wireVersion, agent: String, sequence: UInt64,
    services: [ServiceDirective], stand: String? = nil, renews: String? = nil, challenge: String,
    nextReportMs: Int, heartbeatWriter: Bool,
    heartbeatPeriodMs: Int, heartbeatReadMs: Int, orders: String? = nil, peers: [String]?,
    probes: [ProbeTarget]?, probePeriodMs: Int, probeDeadlineMs: Int, probeFall: Int,
    coordinatorMs: Int64
  ) {
    self.version = version
    self.agent = agent
    self.sequence = sequence
    self.services = services
    self.stand = stand
    self.renews = renews
    self.challenge = challenge
    self.nextReportMs = nextReportMs
    self.heartbeatWriter = heartbeatWriter
    self.heartbeatPeriodMs = heartbeatPeriodMs
    self.heartbeatReadMs = heartbeatReadMs
    self.orders = orders
    self.peers = peers
    self.probes = probes
    self.probePeriodMs = probePeriodMs
    self.probeDeadlineMs = probeDeadlineMs
    self.probeFall = probeFall
    self.coordinatorMs = coordinatorMs
  }
}

/// What an app in this region is told of one service (RULES 13).
public struct ServiceDirective: Codable, Hashable, Sendable {
  public var service: String
  public var epoch: UInt64
  /// The region that DNS points at; absent while it is not one configured region.
  public var traffic: String?
  /// How long it has pointed there.
  public var trafficAgeMs: Int?
  /// The region that holds the lease for exclusive work; absent while pending or not leased.
  public var exclusive: String?
  /// How long the lease lasts from the sending of the report; absent when there is none.
  public var leaseMs: Int?
  /// Whether the lease waits for the region before to give it up; absent when it does not.
  public var pending: Bool?

  public init(
    service: String, epoch: UInt64, traffic: String? = nil, trafficAgeMs: Int? = nil,
    exclusive: String? = nil, leaseMs: Int? = nil, pending: Bool? = nil
  ) {
    self.service = service
    self.epoch = epoch
    self.traffic = traffic
    self.trafficAgeMs = trafficAgeMs
    self.exclusive = exclusive
    self.leaseMs = leaseMs
    self.pending = pending
  }
}

/// Why a request was refused: the body of every error reply.
public struct Problem: Codable, Hashable, Sendable, Error {
  /// Stable, for programs: `bad_signature`, `unknown_key`, `replayed`, `not_timely`, …
  public var code: String
  /// For people: what was found, what is accepted, what to do.
  public var message: String
  /// On a refusal for time: echo it in the next report.
  public var challenge: String?

  public init(code: String, message: String, challenge: String? = nil) {
    self.code = code
    self.message = message
    self.challenge = challenge
  }
}
