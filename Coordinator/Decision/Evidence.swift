public import Wire

/// What one agent reported last, with its ages turned into instants of the coordinator's clock.
///
/// Immutable, so that every look at it shares it.
public final class AgentEvidence: Hashable, Sendable, Codable {
  /// All of it but the probes.
  public let report: Report
  public let probes: ProbeSheet
  public let receivedAt: Instant

  /// Of a report that tells everything.
  public convenience init(report: Report, receivedAt: Instant) {
    self.init(report: report, probes: ProbeSheet(report.probes), receivedAt: receivedAt)
  }

  init(report: Report, probes: ProbeSheet, receivedAt: Instant) {
    var rest = report
    (rest.probes, rest.steady) = ([], nil)
    self.report = rest
    self.probes = probes
    self.receivedAt = receivedAt
  }

  /// When something of the given age at sending happened, but for what the report was on its way.
  public func instant(ageMs: Int) -> Instant { receivedAt.before(ageMs: ageMs) }

  public static func == (left: AgentEvidence, right: AgentEvidence) -> Bool {
    left === right
      || left.receivedAt == right.receivedAt && left.report == right.report
        && left.probes == right.probes
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(report)
    hasher.combine(receivedAt)
  }
}

/// One acknowledged heartbeat of a writer, on the coordinator's clock: free of clock skew.
public struct Acknowledgement: Hashable, Sendable, Codable {
  public var boot: String
  public var sequence: UInt64
  /// The writer's wall clock.
  public var writtenMs: Int64
  public var at: Instant
}

/// What the coordinator's own probes of one address show.
public struct OwnProbe: Hashable, Sendable, Codable {
  public var vote: Vote
  public var outcome: ProbeOutcome
  public var detail: String
  /// When the newest probe ended.
  public var at: Instant
  /// When the newest serving probe was started.
  public var servingStarted: Instant?
  public var badSince: Instant?
  /// When the newest bad probe of the unbroken run was started.
  public var badNewest: Instant?
  /// The newest answer's HTTP status, where there was one.
  public var status: Int?

  public init(
    vote: Vote, outcome: ProbeOutcome, detail: String, at: Instant, servingStarted: Instant?,
    badSince: Instant?, badNewest: Instant? = nil, status: Int? = nil
  ) {
    self.vote = vote
    self.outcome = outcome
    self.detail = detail
    self.at = at
    self.servingStarted = servingStarted
    self.badSince = badSince
    self.badNewest = badNewest
    self.status = status
  }

  /// When the newest answer behind the vote was asked for: that is the vote's age.
  public var voted: Instant? {
    switch vote {
    case .serving: servingStarted
    case .bad: badNewest ?? (outcome.isBad ? at : nil)
    case .none: nil
    }
  }
}

/// What a probe is about.
public struct ProbeKey: Hashable, Sendable, Codable {
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
public struct Evidence: Hashable, Sendable, Codable {
  public private(set) var agents: [AgentID: AgentEvidence] = [:]
  /// What other regions relay of agents that are not heard.
  public internal(set) var relayed: [AgentID: AgentEvidence] = [:]
  public private(set) var ownProbes: [ProbeKey: OwnProbe] = [:]
  /// The newest acknowledgements of each agent's heartbeats, oldest first.
  public private(set) var acknowledgements: [AgentID: [Acknowledgement]] = [:]
  /// Evidence from before this instant is void (RULES 6c, 15).
  public private(set) var floor: Instant
  /// Evidence of any age is void until then (RULES 6a).
  public private(set) var voidUntil: Instant?
  /// Whether the newest own probe round had no good answer anywhere (RULES 6b).
  public var ownVoteVoid = false
  /// Identities that two hosts use: they say nothing.
  public private(set) var twins = Twins()
  /// What an agent's deploy notices excuse, and did.
  public private(set) var excuses: [AgentID: DeployExcuses] = [:]

  /// When agents were last served by addresses of which their newest report does not tell it: they
  /// began anew, or are quarantined.
  private var servedBefore: [AgentID: [ProbeKey: Instant]]?

  /// The most acknowledgements kept of one agent; twice what a full window of sightings needs.
  static let keptAcknowledgements = 64

  public init(floor: Instant) {
    self.floor = floor
  }

  /// Takes in an authentic, timely report; of one that shows a twin nothing else is kept. False:
  /// what it leaves out as told before is not known, or nothing of it is kept: all is to be told
  /// again.
  @discardableResult
  public mutating func take(_ report: Report, at received: Instant) -> Bool {
    twins.take(report, at: received)
    let (held, isWhole) = AgentEvidence.joining(report, to: agents[report.agent], at: received)
    keepServed(of: report.agent, by: held.probes)
    guard !twins.hold(report.agent, at: Present(received)) else {
      agents[report.agent] = nil
      acknowledgements[report.agent] = nil
      return false
    }
    if report.deployingMs ?? 0 > 0 || excuses[report.agent] != nil {
      excuses[report.agent, default: DeployExcuses()].take(leftMs: report.deployingMs, at: received)
    }
    agents[report.agent] = held
    keepAcknowledgement(of: report, at: received)
    return isWhole
  }

  private mutating func keepAcknowledgement(of report: Report, at received: Instant) {
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

  /// Keeps what the agent's report of before tells and the next one does not.
  private mutating func keepServed(of agent: AgentID, by next: ProbeSheet) {
    guard let held = agents[agent], !next.tellsServed(as: held.probes) else { return }
    // Of what it asks now and asked right before: bounded as reports are.
    let kept = servedBefore?[agent]?.filter { next[$0.key] != nil }
    servedBefore?[agent] = kept
    for probe in held.probes {
      guard let age = probe.servingMs else { continue }
      keep(served: held.instant(ageMs: age), of: agent, ProbeKey(probe))
    }
  }

  /// Agents that say the same share the words of it: gives that of an agent of the same region.
  public mutating func share(_ agent: AgentID) {
    guard let held = agents[agent] else { return }
    for (other, theirs) in agents
    where other != agent && theirs.report.region == held.report.region {
      guard let shared = held.sharing(theirs) else { continue }
      agents[agent] = shared
      return
    }
  }

  /// When the agent was last served by that address as reports told that are replaced.
  func servedBefore(_ agent: AgentID, _ key: ProbeKey) -> Instant? { servedBefore?[agent]?[key] }

  /// Takes in the state of the coordinator's own probes of one address.
  public mutating func take(_ probe: OwnProbe, of key: ProbeKey) {
    if probe.servingStarted == nil, let served = ownProbes[key]?.servingStarted {
      keep(served: served, of: Outside.coordinator, key)
    }
    ownProbes[key] = probe
  }

  private mutating func keep(served: Instant, of vantage: String, _ key: ProbeKey) {
    servedBefore = servedBefore ?? [:]
    let before = servedBefore?[vantage]?[key]
    servedBefore?[vantage, default: [:]][key] = max(before ?? served, served)
  }

  /// Forgets what an agent said: it is configured otherwise now.
  public mutating func forget(_ agent: AgentID) {
    twins.forget(agent)
    excuses[agent] = nil
    agents[agent] = nil
    relayed[agent] = nil
    acknowledgements[agent] = nil
    servedBefore?[agent] = nil
  }

  /// Forgets the coordinator's own probes of an address: it is configured otherwise now.
  public mutating func forget(_ key: ProbeKey) {
    ownProbes[key] = nil
    servedBefore?[Outside.coordinator]?[key] = nil
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
  public func isFresh(_ at: Instant, now: Present, for limit: Duration) -> Bool {
    if let voidUntil, now.counts(until: voidUntil) { return false }
    return at >= floor && now.isWithin(limit, of: at)
  }

  /// Whether the agent's report as a whole counts now.
  public func isFresh(_ agent: AgentID, now: Present, for limit: Duration) -> Bool {
    guard let evidence = agents[agent] else { return false }
    return isFresh(evidence.receivedAt, now: now, for: limit)
  }
}
