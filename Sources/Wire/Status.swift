/// `GET /v1/status`: everything the status screen shows, a value each.
public struct StatusDocument: Codable, Hashable, Sendable {
  public var version: Int
  /// The coordinator's wall clock, Unix milliseconds.
  public var atMs: Int64
  public var coordinator: CoordinatorStatus
  public var services: [ServiceStatus]
  /// The agents that reported since the start, by name.
  public var agents: [AgentStatus]?

  public init(
    version: Int = 1, atMs: Int64, coordinator: CoordinatorStatus, services: [ServiceStatus],
    agents: [AgentStatus]? = nil
  ) {
    self.version = version
    self.atMs = atMs
    self.coordinator = coordinator
    self.services = services
    self.agents = agents
  }
}

/// The coordinator about itself.
public struct CoordinatorStatus: Codable, Hashable, Sendable {
  public var release: String
  public var startedMs: Int64
  /// `observe` or `automatic`.
  public var automation: String
  /// What is left of the start-up grace (RULES 15); absent afterwards.
  public var graceMs: Int?
  /// Its doubts about itself (RULES 6), a sentence each; empty when it has none.
  public var doubts: [String]
  /// Reports refused since the start, by code.
  public var refusedReports: [String: Int]
  /// The public key that directives are signed with, base64.
  public var publicKey: String

  public init(
    release: String, startedMs: Int64, automation: String, graceMs: Int? = nil,
    doubts: [String] = [], refusedReports: [String: Int] = [:], publicKey: String
  ) {
    self.release = release
    self.startedMs = startedMs
    self.automation = automation
    self.graceMs = graceMs
    self.doubts = doubts
    self.refusedReports = refusedReports
    self.publicKey = publicKey
  }
}

/// One service.
public struct ServiceStatus: Codable, Hashable, Sendable {
  public var service: String
  public var names: [String]
  /// In a word that clients of before 0.2 know; `standing` is the word where that is another one.
  private var plain: Situation
  private var standing: Situation?
  /// The first line: complete sentence, without the situation's word.
  public var headline: String
  /// `region`, `mixed`, `foreign` or `unknown`.
  public var at: String
  public var active: String?
  public var addresses: [String]
  /// Since the record was last read, milliseconds.
  public var readMs: Int?
  public var epoch: UInt64
  /// `steady`, `confirming`, `switching`, `verifying`, `cooling`, `stranded`.
  public var phase: String
  public var rule: RuleLine
  public var regions: [RegionStatus]
  public var nameServers: [NameServerLine]
  public var ttlSeconds: Int?
  public var policy: PolicyStatus
  /// If the active region failed now, where that moves users by itself: what clients of before 0.2
  /// read of `outlook`.
  public var forecast: Forecast?
  /// The move in flight.
  public var incident: IncidentRecord?
  /// The newest ended move.
  public var lastIncident: IncidentRecord?
  /// A region that automatic failback is pinned away from by an operator.
  public var pinned: String?
  /// The operator's orders that hold, and what waits for one; absent when there is nothing.
  public var orders: OrdersStatus?
  /// Who may do exclusive work (RULES 13); absent where nothing is leased.
  public var exclusive: ExclusiveStatus?
  /// What to know about it beside its regions, a sentence each; absent when there is nothing.
  public var findings: [String]?
  /// Whether it is ready for an incident; absent where nobody looks.
  public var readiness: ReadinessSummary?
  /// What resolvers show after the newest move; absent where none is asked.
  public var caches: CachesStatus?
  /// What else is wrong beside the headline, a sentence each; absent when nothing is.
  public var also: [String]?
  /// What it would do by itself if the active region failed now; absent while that one is down, a
  /// move is in flight, or nothing is judged.
  public var outlook: Outlook?
  /// While the active region is down: how it goes on if everything stays as it is.
  public var then: Outlook?
  /// When the pin of an operator's move ends by itself, Unix milliseconds; absent: with `failback`
  /// or `resume`.
  public var pinnedUntilMs: Int64?
  /// Whether `failback` to the primary would be made now; absent while that is no question.
  public var mayFailBack: Bool?
  /// Whether `cancel` would take the move in flight back now; absent without one.
  public var mayCancel: Bool?

  public init(
    service: String, names: [String], situation: Situation, headline: String, at: String,
    active: String?, addresses: [String], readMs: Int?, epoch: UInt64, phase: String,
    rule: RuleLine, regions: [RegionStatus], nameServers: [NameServerLine], ttlSeconds: Int?,
    policy: PolicyStatus, forecast: Forecast?, incident: IncidentRecord?,
    lastIncident: IncidentRecord?, pinned: String?, orders: OrdersStatus? = nil,
    exclusive: ExclusiveStatus? = nil, findings: [String]? = nil,
    readiness: ReadinessSummary? = nil, caches: CachesStatus? = nil, also: [String]? = nil,
    outlook: Outlook? = nil, then: Outlook? = nil, pinnedUntilMs: Int64? = nil
  ) {
    self.service = service
    self.names = names
    plain = situation.plain
    standing = situation == situation.plain ? nil : situation
    self.headline = headline
    self.at = at
    self.active = active
    self.addresses = addresses
    self.readMs = readMs
    self.epoch = epoch
    self.phase = phase
    self.rule = rule
    self.regions = regions
    self.nameServers = nameServers
    self.ttlSeconds = ttlSeconds
    self.policy = policy
    self.forecast = forecast
    self.incident = incident
    self.lastIncident = lastIncident
    self.pinned = pinned
    self.orders = orders
    self.exclusive = exclusive
    self.findings = findings
    self.readiness = readiness
    self.caches = caches
    self.also = also
    self.outlook = outlook
    self.then = then
    self.pinnedUntilMs = pinnedUntilMs
  }

  /// What the first line has to tell.
  public var situation: Situation {
    get { standing ?? plain }
    set {
      plain = newValue.plain
      standing = newValue == plain ? nil : newValue
    }
  }

  private enum CodingKeys: String, CodingKey {
    case service, names, standing, headline, at, active, addresses, readMs, epoch, phase, rule
    case plain = "situation"
    case regions, nameServers, ttlSeconds, policy, forecast, incident, lastIncident, pinned, orders
    case exclusive, findings, readiness, caches, also, outlook, then, pinnedUntilMs
    case mayFailBack, mayCancel
  }
}

/// Who may do the work that only one region may do.
public struct ExclusiveStatus: Codable, Hashable, Sendable {
  /// The region whose hosts hold leases; absent while nobody is granted any.
  public var region: String?
  /// The region that is to have them next.
  public var pending: String?
  /// How long the leases that it waits for may still run, milliseconds.
  public var leftMs: Int?
  /// The agents whose acknowledgement would end the wait.
  public var holders: [String]

  public init(
    region: String? = nil, pending: String? = nil, leftMs: Int? = nil, holders: [String] = []
  ) {
    self.region = region
    self.pending = pending
    self.leftMs = leftMs
    self.holders = holders
  }
}

/// A numbered rule with what it says here and now.
public struct RuleLine: Codable, Hashable, Sendable {
  public var number: Int
  /// The rule's name, as `steady`, `confirm-wait`.
  public var name: String
  public var text: String

  public init(number: Int, name: String, text: String) {
    self.number = number
    self.name = name
    self.text = text
  }
}

/// One region as one service sees it.
public struct RegionStatus: Codable, Hashable, Sendable {
  public var region: String
  public var aws: String
  public var addresses: [String]
  /// `active`, `next` (the target if the active one failed now) or `standby`.
  public var role: String
  /// `healthy`, `degraded`, `failing`, `unreachable`, `isolated`, `contested`, `partial`,
  /// `silent`, `unknown`.
  public var verdict: String
  /// Since the verdict has been this one.
  public var verdictMs: Int
  public var agents: AgentCounts
  public var outside: OutsideCounts
  /// `ok`, `bad`, `misconfigured` or `unknown`, of the region's DynamoDB replica.
  public var dynamodb: String
  public var dynamodbLatencyMs: Double?
  /// Replication lag from the active region, as an interval; absent for the active one.
  public var lagLowSeconds: Double?
  public var lagHighSeconds: Double?
  /// How replication from the active region stands: `flowing`, `late`, `stopped`, or `unwritten`
  /// where that one writes nothing; absent where nothing was seen, and for the active one.
  public var replication: String?
  /// Since the newest heartbeat of the active region was first seen, seconds.
  public var lagAgeSeconds: Double?
  /// What to know about it, a sentence each.
  public var findings: [String]
  public var eligible: Bool
  /// Why it is not eligible as a target.
  public var whyNot: [String]
  /// Its address has given only answers that say nothing of users for long; absent where it has
  /// not.
  public var voteless: VotelessStatus?

  public init(
    region: String, aws: String, addresses: [String], role: String, verdict: String,
    verdictMs: Int, agents: AgentCounts, outside: OutsideCounts, dynamodb: String,
    dynamodbLatencyMs: Double? = nil, lagLowSeconds: Double? = nil, lagHighSeconds: Double? = nil,
    findings: [String] = [], eligible: Bool, whyNot: [String] = [],
    voteless: VotelessStatus? = nil
  ) {
    self.region = region
    self.aws = aws
    self.addresses = addresses
    self.role = role
    self.verdict = verdict
    self.verdictMs = verdictMs
    self.agents = agents
    self.outside = outside
    self.dynamodb = dynamodb
    self.dynamodbLatencyMs = dynamodbLatencyMs
    self.lagLowSeconds = lagLowSeconds
    self.lagHighSeconds = lagHighSeconds
    self.findings = findings
    self.eligible = eligible
    self.whyNot = whyNot
    self.voteless = voteless
  }
}

/// An address that answers, and nothing that says whether users are served (RULES 3).
public struct VotelessStatus: Codable, Hashable, Sendable {
  public var family: AddressFamily
  /// The newest answer's HTTP status.
  public var status: Int
  /// Since when all answers have been such, milliseconds.
  public var sinceMs: Int
  /// What usually makes an address answer so, with what to do; a clause.
  public var cause: String

  public init(family: AddressFamily, status: Int, sinceMs: Int, cause: String) {
    self.family = family
    self.status = status
    self.sinceMs = sinceMs
    self.cause = cause
  }
}

/// Votes from inside a region, counted over the expected hosts.
public struct AgentCounts: Codable, Hashable, Sendable {
  public var expected: Int
  public var good: Int
  public var bad: Int
  public var missing: Int

  public init(expected: Int, good: Int, bad: Int, missing: Int) {
    self.expected = expected
    self.good = good
    self.bad = bad
    self.missing = missing
  }
}

/// Votes of vantages outside a region.
public struct OutsideCounts: Codable, Hashable, Sendable {
  /// `serving`, `bad`, `split` or `unknown`.
  public var state: String
  public var serving: Int
  public var bad: Int
  public var vantages: [VantageStatus]

  public init(state: String, serving: Int, bad: Int, vantages: [VantageStatus]) {
    self.state = state
    self.serving = serving
    self.bad = bad
    self.vantages = vantages
  }
}

/// One vantage's vote on a region.
public struct VantageStatus: Codable, Hashable, Sendable {
  /// `coordinator` or a region.
  public var vantage: String
  public var vote: Vote
  /// What it saw last, as `200 in 41 ms` or `connection refused`.
  public var detail: String
  public var ageMs: Int?

  public init(vantage: String, vote: Vote, detail: String, ageMs: Int? = nil) {
    self.vantage = vantage
    self.vote = vote
    self.detail = detail
    self.ageMs = ageMs
  }
}

/// The policy in force, with what is used of its budget.
public struct PolicyStatus: Codable, Hashable, Sendable {
  public var automation: String
  public var failoverAfterSeconds: Double
  /// `manual`, `automatic` or `never`.
  public var failback: String
  public var switchesUsed: Int
  public var switchesMax: Int
  public var switchWindowSeconds: Double
  /// What is left of the cool-down; absent when there is none.
  public var cooldownMs: Int?

  public init(
    automation: String, failoverAfterSeconds: Double, failback: String, switchesUsed: Int,
    switchesMax: Int, switchWindowSeconds: Double, cooldownMs: Int? = nil
  ) {
    self.automation = automation
    self.failoverAfterSeconds = failoverAfterSeconds
    self.failback = failback
    self.switchesUsed = switchesUsed
    self.switchesMax = switchesMax
    self.switchWindowSeconds = switchWindowSeconds
    self.cooldownMs = cooldownMs
  }
}

/// Where users would go, how long it would take, what would be late.
public struct Forecast: Codable, Hashable, Sendable {
  public var to: String
  /// The bound of invariant 7 for this policy, without caches.
  public var seconds: Double
  public var dataAtRisk: DataAtRisk?

  public init(to: String, seconds: Double, dataAtRisk: DataAtRisk? = nil) {
    self.to = to
    self.seconds = seconds
    self.dataAtRisk = dataAtRisk
  }
}
