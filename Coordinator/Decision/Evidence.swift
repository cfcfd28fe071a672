public import Wire

/// What one agent reported last, with its ages turned into instants of the coordinator's clock.
public struct AgentEvidence: Hashable, Sendable {
  public var report: Report
  public var receivedAt: Instant

  public init(report: Report, receivedAt: Instant) {
    self.report = report
    self.receivedAt = receivedAt
  }

  /// When something of the given age at sending happened. The network's delay makes evidence older,
  /// never younger.
  public func instant(ageMs: Int) -> Instant { receivedAt.before(ageMs: ageMs) }
}

/// One acknowledged heartbeat of a writer, on the coordinator's clock: free of clock skew.
public struct Acknowledgement: Hashable, Sendable {
  public var boot: String
  public var sequence: UInt64
  /// The writer's wall clock.
  public var writtenMs: Int64
  public var at: Instant
}

/// What the coordinator's own probes of one address show.
public struct OwnProbe: Hashable, Sendable {
  public var vote: Vote
  public var outcome: ProbeOutcome
  public var detail: String
  /// When the newest probe ended.
  public var at: Instant
  public var servingStarted: Instant?
  public var badSince: Instant?

  public init(
    vote: Vote, outcome: ProbeOutcome, detail: String, at: Instant, servingStarted: Instant?,
    badSince: Instant?
  ) {
    self.vote = vote
    self.outcome = outcome
    self.detail = detail
    self.at = at
    self.servingStarted = servingStarted
    self.badSince = badSince
  }
}

/// What a probe is about.
public struct ProbeKey: Hashable, Sendable {
  public var service: String
  public var region: RegionID
  public var family: AddressFamily

  public init(service: String, region: RegionID, family: AddressFamily) {
    self.service = service
    self.region = region
    self.family = family
  }
}

/// Everything known now, of all regions: hosts are shared by services, so evidence is too.
public struct Evidence: Sendable {
  public private(set) var agents: [AgentID: AgentEvidence] = [:]
  public private(set) var ownProbes: [ProbeKey: OwnProbe] = [:]
  /// The newest acknowledgements of each agent's heartbeats, oldest first.
  public private(set) var acknowledgements: [AgentID: [Acknowledgement]] = [:]
  /// Evidence from before this instant is void (RULES 6c, 15).
  public private(set) var floor: Instant
  /// Evidence of any age is void until then (RULES 6a).
  public private(set) var voidUntil: Instant?
  /// Whether the newest own probe round had no good answer anywhere (RULES 6b).
  public var ownVoteVoid = false

  /// The most acknowledgements kept of one agent; twice what a full window of sightings needs.
  static let keptAcknowledgements = 64

  public init(floor: Instant) {
    self.floor = floor
  }

  /// Takes in an authentic, timely report.
  public mutating func take(_ report: Report, at received: Instant) {
    agents[report.agent] = AgentEvidence(report: report, receivedAt: received)
    guard let heartbeat = report.heartbeat, let written = heartbeat.writtenMs,
      let age = heartbeat.acknowledgedMs
    else { return }
    var kept = acknowledgements[report.agent] ?? []
    if let last = kept.last, last.boot == report.boot, last.sequence >= heartbeat.sequence {
      return
    }
    kept.append(
      Acknowledgement(
        boot: report.boot, sequence: heartbeat.sequence, writtenMs: written,
        at: received.before(ageMs: age)))
    acknowledgements[report.agent] = Array(kept.suffix(Self.keptAcknowledgements))
  }

  /// Takes in the state of the coordinator's own probes of one address.
  public mutating func take(_ probe: OwnProbe, of key: ProbeKey) {
    ownProbes[key] = probe
  }

  /// Forgets what an agent said: it is configured otherwise now.
  public mutating func forget(_ agent: AgentID) {
    agents[agent] = nil
    acknowledgements[agent] = nil
  }

  /// Forgets the coordinator's own probes of an address: it is configured otherwise now.
  public mutating func forget(_ key: ProbeKey) {
    ownProbes[key] = nil
  }

  /// Drops all evidence from before `instant` (RULES 6c).
  public mutating func drop(before instant: Instant) {
    floor = max(floor, instant)
  }

  /// Voids everything until `instant` (RULES 6a).
  public mutating func void(until instant: Instant) {
    voidUntil = max(voidUntil ?? instant, instant)
  }

  /// Whether evidence of that instant counts now.
  public func isFresh(_ at: Instant, now: Instant, for limit: Duration) -> Bool {
    if let voidUntil, now < voidUntil { return false }
    return at >= floor && now - at <= limit
  }

  /// Whether the agent's report as a whole counts now.
  public func isFresh(_ agent: AgentID, now: Instant, for limit: Duration) -> Bool {
    guard let evidence = agents[agent] else { return false }
    return isFresh(evidence.receivedAt, now: now, for: limit)
  }
}
