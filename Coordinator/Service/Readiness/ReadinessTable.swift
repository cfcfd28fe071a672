import Wire

/// The table of readiness: every item once, with its title and how it is judged.
///
/// What is to be looked at before an incident is added here, with a test for good and for each
/// finding; `signalbox check` prints the items in this order.
enum ReadinessItem: String, CaseIterable, Sendable {
  case nextRegion = "next-region"
  case apiToken = "api-token"
  case tokenWrites = "token-writes"
  case zone
  case delegation
  case records
  case families
  case ttl
  case zoneTTL = "zone-ttl"
  case marker
  case nameServers = "name-servers"
  case standby
  case certificate
  case balancers = "nodebalancers"
  case balancerPath = "nodebalancer-path"
  case release
  case replicas
  case replication
  case agents
  case clocks
  case versions
  case checks
  case vantages
  case automation
  case orders
  case journal
  case drill

  var title: String {
    switch self {
    case .nextRegion: "If it went dark now"
    case .apiToken: "API token"
    case .tokenWrites: "Token can write"
    case .zone: "Zone"
    case .delegation: "Delegation"
    case .records: "Records"
    case .families: "IPv4 and IPv6"
    case .ttl: "TTL"
    case .zoneTTL: "Zone's default TTL"
    case .marker: "Marker"
    case .nameServers: "Name servers"
    case .standby: "Standby answers"
    case .certificate: "TLS certificate"
    case .balancers: "NodeBalancers"
    case .balancerPath: "NodeBalancer path"
    case .release: "App release"
    case .replicas: "Replicas"
    case .replication: "Replication"
    case .agents: "Agents"
    case .clocks: "Clocks"
    case .versions: "Versions"
    case .checks: "Checks"
    case .vantages: "Vantages"
    case .automation: "Automation"
    case .orders: "Orders"
    case .journal: "Journal's disk"
    case .drill: "Drill"
    }
  }

  /// How it stands.
  func judge(_ facts: ReadinessFacts) -> Judgement {
    switch self {
    case .nextRegion: facts.nextRegion
    case .apiToken: facts.apiToken
    case .tokenWrites: facts.tokenWrites
    case .zone: facts.zone
    case .delegation: facts.delegated
    case .records: facts.recordsPresent
    case .families: facts.familiesPublished
    case .ttl: facts.ttl
    case .zoneTTL: facts.zoneTTL
    case .marker: facts.marker
    case .nameServers: facts.servers
    case .standby: facts.standby
    case .certificate: facts.certificate
    case .balancers: facts.balancers
    case .balancerPath: facts.balancerPath
    case .release: facts.release
    case .replicas: facts.replicas
    case .replication: facts.replication
    case .agents: facts.agentsHeard
    case .clocks: facts.clocks
    case .versions: facts.versions
    case .checks: facts.checks
    case .vantages: facts.vantages
    case .automation: facts.automationMode
    case .orders: facts.ordersHeld
    case .journal: facts.journal
    case .drill: .unmeasured("drills are not recorded yet: rehearse a move by hand")
    }
  }
}

extension ReadinessFacts {
  /// Every item of the table, judged.
  var readiness: ServiceReadiness {
    ServiceReadiness(
      service: service, names: names,
      lines: ReadinessItem.allCases.map { item in
        let judgement = item.judge(self)
        return ReadinessLine(
          item: item.rawValue, title: item.title, level: judgement.level, text: judgement.text,
          ageMs: judgement.ageMs, fixes: judgement.fixes)
      })
  }
}

/// What an item came to.
struct Judgement: Sendable, Hashable {
  var level: ReadinessLevel
  var text: String
  var ageMs: Int?
  var fixes: [String] = []

  static func ok(_ text: String, ageMs: Int? = nil) -> Judgement {
    Judgement(level: .ok, text: text, ageMs: ageMs)
  }

  static func unmeasured(_ text: String, ageMs: Int? = nil) -> Judgement {
    Judgement(level: .unmeasured, text: text, ageMs: ageMs)
  }

  static func problem(_ text: String, ageMs: Int? = nil, fix: String...) -> Judgement {
    Judgement(level: .problem, text: text, ageMs: ageMs, fixes: fix)
  }

  static func problem(_ text: String, ageMs: Int? = nil, fixes: [String]) -> Judgement {
    Judgement(level: .problem, text: text, ageMs: ageMs, fixes: fixes)
  }

  static func warning(_ text: String, ageMs: Int? = nil, fix: String...) -> Judgement {
    Judgement(level: .warning, text: text, ageMs: ageMs, fixes: fix)
  }
}

/// Findings of one item, put together: the worst level, all texts, all commands.
struct Findings {
  private var level = ReadinessLevel.ok
  private var texts: [String] = []
  private var fixes: [String] = []
  /// The oldest evidence.
  var ageMs: Int?

  mutating func problem(_ text: String, fix: String...) {
    add(.problem, text, fix)
  }

  mutating func warning(_ text: String, fix: String...) {
    add(.warning, text, fix)
  }

  mutating func warning(_ text: String, fixes: [String]) {
    add(.warning, text, fixes)
  }

  mutating func saw(ageMs age: Int?) {
    guard let age else { return }
    ageMs = max(ageMs ?? 0, age)
  }

  private mutating func add(_ new: ReadinessLevel, _ text: String, _ fix: [String]) {
    if level != .problem { level = new }
    if !texts.contains(text) { texts.append(text) }
    for command in fix where !fixes.contains(command) { fixes.append(command) }
  }

  var isEmpty: Bool { texts.isEmpty }

  /// The findings; where there are none, what is good.
  func or(_ good: Judgement) -> Judgement {
    guard !texts.isEmpty else {
      var good = good
      good.ageMs = good.ageMs ?? ageMs
      return good
    }
    return Judgement(
      level: level, text: texts.joined(separator: "; "), ageMs: ageMs, fixes: fixes)
  }
}
