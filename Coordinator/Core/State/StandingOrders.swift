public import Decision
public import Wire

/// What an agent is told that only a configuration changes.
public struct AgentOrders: Hashable, Sendable {
  /// The regions whose heartbeats it reads.
  public var peers: [RegionID]
  /// What it asks of the other regions: of the services that it carries.
  public var probes: [ProbeTarget]

  public init(peers: [RegionID] = [], probes: [ProbeTarget] = []) {
    self.peers = peers
    self.probes = probes
  }
}

/// What all agents are told that only a configuration changes.
public struct StandingOrders: Sendable {
  /// Names them: another one with each start and each reload. Nil: agents are told each time.
  public var edition: String?
  public var agents: [AgentID: AgentOrders]
  /// From probe to probe, and how long one may take, of targets that do not say so.
  public var probeInterval: Duration
  public var probeDeadline: Duration

  public init(
    edition: String? = nil, agents: [AgentID: AgentOrders] = [:],
    probeInterval: Duration = Defaults.probeInterval,
    probeDeadline: Duration = Defaults.probeDeadline
  ) {
    self.edition = edition
    self.agents = agents
    self.probeInterval = probeInterval
    self.probeDeadline = probeDeadline
  }
}

/// The words on services that agents were told, with their names: most agents of a region are told
/// the same, and the same again.
struct Stands: Sendable {
  private var numbers: [[ServiceDirective]: Int] = [:]
  private var words: [Int: [ServiceDirective]] = [:]
  private var newest = 0

  /// How many are known at least, before they are forgotten; then they are told again.
  static let kept = 256

  /// The name of these words of that time, within orders of that edition: they are the same as long
  /// as traffic is where it is since the same time. `agents`: who may be told others each.
  mutating func name(
    _ services: [ServiceDirective], edition: String, wallMs: Int64, agents: Int
  ) -> String {
    var words = services
    for index in words.indices {
      // Since when, and not for how long.
      words[index].trafficAgeMs = words[index].trafficAgeMs.map { Int(wallMs) - $0 }
    }
    if let number = numbers[words] { return "\(edition).\(number)" }
    if numbers.count >= max(Self.kept, 2 * agents) {
      numbers = [:]
      self.words = [:]
    }
    newest += 1
    numbers[words] = newest
    self.words[newest] = words
    return "\(edition).\(newest)"
  }

  /// The words of that name; nil where it is not known any more, or another edition's.
  func words(_ name: String?, edition: String?) -> [ServiceDirective]? {
    guard let name, let edition, name.hasPrefix("\(edition)."),
      let number = Int(name.dropFirst(edition.utf8.count + 1))
    else { return nil }
    return words[number]
  }
}
