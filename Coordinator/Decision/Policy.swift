public import Wire

/// A Linode region id, opaque.
public typealias RegionID = String
/// An agent's id.
public typealias AgentID = String

/// Whether the coordinator may act by itself (RULES 14).
public enum Automation: String, Codable, Hashable, Sendable, CaseIterable {
  case observe, approve, automatic
}

/// What happens when a move may leave more writes behind than `max_data_at_risk` (RULES 11).
public enum OnDataRisk: String, Codable, Hashable, Sendable, CaseIterable {
  case proceed, ask
}

/// What happens when a region's hosts say bad while it is served from outside (RULES 4).
public enum OnContested: String, Codable, Hashable, Sendable, CaseIterable {
  case move, alert
}

/// What happens to somebody else's value in the record (RULES 7).
public enum DriftPolicy: String, Codable, Hashable, Sendable, CaseIterable {
  case alert, enforce
}

/// How traffic returns to the primary (RULES 12).
public enum FailbackMode: String, Codable, Hashable, Sendable, CaseIterable {
  case manual, automatic, never
}

/// One service's rules as numbers; the defaults are those of RULES 18.
public struct Policy: Hashable, Sendable, Codable {
  public var automation = Automation.observe
  public var failback = FailbackMode.manual
  /// The share of a region's expected hosts that has to be good.
  public var minHealthy = Defaults.minHealthy
  public var freshFor = Defaults.freshFor
  public var reportInterval = Defaults.reportInterval
  public var probeInterval = Defaults.probeInterval
  public var minVantages = Defaults.minVantages
  public var failoverAfter = Defaults.failoverAfter
  public var outsideConfirm = Defaults.outsideConfirm
  public var cooldown = Defaults.cooldown
  public var minUp = Defaults.minUp
  public var maxSwitches = Defaults.maxSwitches
  public var maxSwitchesHard = Defaults.maxSwitchesHard
  public var switchWindow = Defaults.switchWindow
  public var failbackAfter = Defaults.failbackAfter
  public var failbackPause = Defaults.failbackPause
  public var maxLag = Defaults.maxLag
  public var maxDataAtRisk = Defaults.maxDataAtRisk
  public var onDataRisk = OnDataRisk.proceed
  public var onContested = OnContested.move
  public var drift = DriftPolicy.alert
  /// How long the same wrong value has to stand before it is overwritten.
  public var driftAfter = Defaults.driftAfter
  /// At most once in this time.
  public var driftPause = Defaults.driftPause
  /// Automatic failbacks in `switchWindow`.
  public var maxElective = Defaults.maxElective
  /// A primary that fails within this time of a failback disarms the automatic one.
  public var probation = Defaults.probation
  /// Added to the confirmation while the credentials of the same hosts fail (RULES 8).
  public var credentialsWait = Defaults.credentialsWait
  /// How long an operator's approval holds.
  public var approvalValid = Defaults.approvalValid
  public var heartbeatPeriod = Defaults.heartbeatPeriod
  public var heartbeatRead = Defaults.heartbeatRead
  public var writeDeadline = Defaults.writeDeadline
  public var rereadAfter = Defaults.rereadAfter
  /// How long a write without an answer may still land.
  public var mayLandFor = Defaults.mayLandFor
  public var convergenceRound = Defaults.convergenceRound
  public var notPublishedAfter = Defaults.notPublishedAfter
  public var lateTick = Defaults.lateTick
  /// How long an address gives only answers without a vote before that is said; nil in recordings
  /// of before.
  public var votelessAfter: Duration? = Defaults.votelessAfter
  /// How long the provider's permanent refusal holds back the next attempt.
  public var refusalPause = Defaults.outsideConfirm
  /// How long a lease for exclusive work is (RULES 13); nil: nothing is leased.
  public var lease: Duration?

  public init() {}

  /// The longer of report and probe interval (RULES 6).
  public var round: Duration { max(reportInterval, probeInterval) }

  /// The start-up grace (RULES 15).
  public var grace: Duration { max(reportInterval * 3, freshFor) + probeInterval * 3 }

  /// The bound within which DNS agrees after the last fault (invariant 7), part by part:
  /// detection, the longest confirmation, one write with a retry, publication.
  public var bound: [BoundPart] {
    let detection = max(probeInterval * 3, freshFor) + round
    let confirmation = Confirmation.allCases.map { limit($0, cooling: true) }.reduce(.zero, max)
    let api = writeDeadline * 2 + rereadAfter
    return [
      BoundPart(name: "detection", seconds: detection.inSeconds),
      BoundPart(name: "confirmation", seconds: confirmation.inSeconds),
      BoundPart(name: "one write with a retry", seconds: api.inSeconds),
      BoundPart(name: "publication", seconds: notPublishedAfter.inSeconds),
    ]
  }

  /// How long it usually takes from a move's beginning until the name servers show it. Linode
  /// publishes in up to 60 s; half of it is the mean (facts/linode section 3).
  public var publicationSeconds: Double { notPublishedAfter.inSeconds / 6 }
}

/// A region as configured.
public struct Region: Hashable, Sendable, Codable {
  public var id: RegionID
  /// Its AWS region, where its DynamoDB replica is.
  public var aws: String
  /// The public addresses by family; the families of one service's regions are the same.
  public var addresses: [AddressFamily: String]

  public init(id: RegionID, aws: String, addresses: [AddressFamily: String]) {
    self.id = id
    self.aws = aws
    self.addresses = addresses
  }
}

/// The expected hosts: one value that services with the same hosts can share.
public struct Roster: Hashable, Sendable {
  public let agents: [AgentID: RegionID]
  /// The same by region, each sorted: every tick asks for it often.
  fileprivate let byRegion: [RegionID: [AgentID]]

  public init(_ agents: [AgentID: RegionID]) {
    self.agents = agents
    byRegion = Dictionary(grouping: agents.sorted { $0.key < $1.key }, by: \.value)
      .mapValues { $0.map(\.key) }
  }
}

/// What one service is made of.
public struct Topology: Hashable, Sendable, Codable {
  public var service: String
  public var name: String
  /// By preference, the primary first; 2 to 10.
  public var regions: [Region]
  private var roster: Roster
  /// Every expected agent and its region.
  public var agents: [AgentID: RegionID] {
    get { roster.agents }
    set { roster = Roster(newValue) }
  }

  private enum CodingKeys: String, CodingKey {
    case service, name, regions, agents
  }

  public init(service: String, name: String, regions: [Region], agents: [AgentID: RegionID]) {
    self.init(service: service, name: name, regions: regions, roster: Roster(agents))
  }

  public init(service: String, name: String, regions: [Region], roster: Roster) {
    self.service = service
    self.name = name
    self.regions = regions
    self.roster = roster
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      service: try container.decode(String.self, forKey: .service),
      name: try container.decode(String.self, forKey: .name),
      regions: try container.decode([Region].self, forKey: .regions),
      agents: try container.decode([AgentID: RegionID].self, forKey: .agents))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(service, forKey: .service)
    try container.encode(name, forKey: .name)
    try container.encode(regions, forKey: .regions)
    try container.encode(agents, forKey: .agents)
  }

  public var primary: RegionID? { regions.first?.id }

  /// The families that the service publishes.
  public var families: [AddressFamily] { regions.prefix(1).flatMap { $0.addresses.keys.sorted() } }

  /// The region of that id; nil where the service has none.
  public func region(_ id: RegionID) -> Region? { regions.first { $0.id == id } }

  /// The expected agents of a region, by id.
  public func agents(of region: RegionID) -> [AgentID] {
    roster.byRegion[region] ?? []
  }
}
