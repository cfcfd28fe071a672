import Codec
import CoordinatorCore
import DNS
import Decision
import Platform
import Recording
import Settings
import Synchronization
import Wire

/// The configuration, turned into what the coordinator works with.
struct Deployment: Sendable {
  struct Service: Sendable {
    var settings: ServiceSettings
    var topology: Topology
    var policy: Policy
    var probes: [ProbeTarget]

    var name: String { topology.service }

    /// Every DNS name that is moved, the one that is probed first.
    var names: [String] { settings.dns.isEmpty ? [topology.name] : settings.dns }
  }

  var settings: CoordinatorSettings
  /// By name.
  var services: [Service]
  /// Agent id to region, all services.
  var agents: [AgentID: RegionID]
  /// Key id to agent and key.
  var keys: [String: (agent: AgentID, verifier: Verifier)]
  /// What agents are told that only a configuration changes.
  private(set) var orders = StandingOrders()

  /// The key of that id, as signatures are verified with it; nil where no agent has it.
  func verifyingKey(_ id: String) -> VerifyingKey? { keys[id]?.verifier.verifyingKey(id) }

  init(_ settings: CoordinatorSettings) throws(KeyError) {
    self.settings = settings
    agents = [:]
    keys = [:]
    services = []
    for agent in settings.agents {
      let verifier = try Verifier(base64: agent.publicKey)
      agents[agent.id] = agent.region
      keys[verifier.keyID] = (agent.id, verifier)
    }
    let pace = probePace
    // Services mostly have the same hosts, and hosts are many: they share the list.
    var rosters: [Roster] = []
    services = settings.services.map { service in
      let mine = Self.agents(of: service, settings: settings)
      let known = rosters.first { $0.agents == mine }
      let roster = known ?? Roster(mine)
      if known == nil { rosters.append(roster) }
      return Self.service(service, of: roster, probed: pace, settings: settings)
    }
    orders = StandingOrders(
      edition: SecureRandom.hex(6), agents: Self.orders(services, settings: settings),
      probeInterval: pace.interval, probeDeadline: pace.deadline)
  }

  private static func service(
    _ service: ServiceSettings, of roster: Roster, probed pace: ProbePace,
    settings: CoordinatorSettings
  ) -> Service {
    let regions = service.regions.compactMap { id in
      settings.regions.first { $0.id == id }.map(region)
    }
    let name = service.dns.first ?? service.name
    let topology = Topology(
      service: service.name, name: name, regions: regions, roster: roster)
    let url = service.probe.replacing("{name}", with: name)
    let probes = regions.flatMap { region in
      region.addresses.sorted { $0.key < $1.key }.map { family, address in
        ProbeTarget(
          service: service.name, region: region.id, family: family, address: address, url: url,
          bodyContains: service.probeBody, aws: region.aws,
          otherRegions: ids(beside: region, settings: settings), jsonPath: service.probeJSONPath,
          healthy: service.probeHealthy.isEmpty ? nil : service.probeHealthy,
          periodMs: ProbePace(service).periodMs(besides: pace),
          deadlineMs: ProbePace(service).deadlineMs(besides: pace))
      }
    }
    return Service(
      settings: service, topology: topology, policy: Policy(service, of: settings),
      probes: probes)
  }

  /// The ids of all other configured regions; two may share an AWS region, whose id then tells
  /// nothing.
  private static func ids(beside region: Region, settings: CoordinatorSettings) -> [String] {
    let others = settings.regions.filter { $0.id != region.id }
    return Set(others.map(\.id) + others.map(\.aws)).subtracting([region.id, region.aws]).sorted()
  }

  /// The agents that are expected: in the service's regions, and carrying it.
  private static func agents(
    of service: ServiceSettings, settings: CoordinatorSettings
  ) -> [AgentID: RegionID] {
    let mine = settings.agents.filter { agent in
      service.regions.contains(agent.region) && agent.services?.contains(service.name) != false
    }
    return Dictionary(mine.map { ($0.id, $0.region) }) { first, _ in first }
  }

  /// What the core goes by.
  var rules: StateRules {
    let speed = settings.rehearsalSpeed
    return StateRules(
      policies: services.map(\.policy), tick: tick, window: settings.pace.firstContactWindow,
      journalEvery: .seconds(30) / speed, journalRetry: max(tick, .seconds(2) / speed),
      agents: agents, writers: writers, orders: orders)
  }

  /// What the core goes by for that service.
  func rules(of service: Service) -> ServiceRules {
    ServiceRules(
      topology: service.topology, policy: service.policy, names: service.names, pace: servicePace,
      upkeep: upkeep(service))
  }

  /// The times of every service's writes and readings.
  private var servicePace: ServicePace {
    let pace = settings.pace
    return ServicePace(
      move: MovePace(
        writeDeadline: pace.writeDeadline, rereadAfter: pace.rereadAfter,
        retryBase: pace.rereadAfter / 4, retryLimit: pace.writeDeadline,
        askedLimit: pace.moveWaitLimit),
      restartMargin: pace.restartMargin, readEvery: readInterval)
  }

  private static func region(_ region: RegionSettings) -> Region {
    var addresses: [AddressFamily: String] = [:]
    // As the records are compared: in one form.
    addresses[.ipv4] = region.addresses.first.map(Canonical.address)
    addresses[.ipv6] = region.addresses6.first.map(Canonical.address)
    return Region(id: region.id, aws: region.aws, addresses: addresses)
  }

  /// How that service's records are kept up.
  private func upkeep(_ service: Service) -> UpkeepRules {
    UpkeepRules(
      proof: settings.pace.tokenProof, retry: settings.pace.tokenProofRetry,
      healAfter: settings.pace.healAfter, creates: service.settings.missing == .create,
      ttlSeconds: service.settings.ttlSeconds,
      tokenCure: "Make one with the scope domains:read_write"
        + (settings.regions.contains { $0.nodebalancer != nil }
          ? " and nodebalancers:read_only" : "")
        + ", put it into \(settings.linode.tokenFile), and: systemctl restart "
        + "signalbox-coordinator")
  }

  /// How often everything is judged.
  var tick: Duration { .milliseconds(max(50, 500 / settings.rehearsalSpeed)) }

  /// How often the record is read while nothing is in flight: well under the API's 200 lists a
  /// minute (facts/linode section 2).
  var readInterval: Duration { .milliseconds(max(500, 10_000 / settings.rehearsalSpeed)) }
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    var rest = Substring(self)
    var result = ""
    while let range = rest.firstRange(of: part) {
      result += rest[..<range.lowerBound] + other
      rest = rest[range.upperBound...]
    }
    return result + rest
  }
}

extension Verifier {
  /// As signatures are verified with it.
  func verifyingKey(_ id: String) -> VerifyingKey {
    VerifyingKey(keyID: id) { signature, message in verify(signature, of: message) }
  }
}

/// The agents' keys as they are configured now: who verifies a signature need not wait for the
/// coordinator.
final class KeyRing: Sendable {
  private let keys: Mutex<[String: (agent: AgentID, verifier: Verifier)]>

  init(_ deployment: Deployment) {
    keys = Mutex(deployment.keys)
  }

  /// Another configuration is in force.
  func replace(by deployment: Deployment) { keys.withLock { $0 = deployment.keys } }

  /// Who has the key of that id; nil where nobody has it.
  subscript(id: String) -> (agent: AgentID, verifier: Verifier)? { keys.withLock { $0[id] } }
}
