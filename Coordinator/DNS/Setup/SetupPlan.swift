import Linode

/// What `signalbox setup --apply` changes of an account: what can be done without deleting anything
/// and without leading users elsewhere. The rest are findings.
///
/// It is a function of what was read; nothing is remembered. Whoever is stopped reads again, and
/// finds what is left.
public struct SetupPlan: Hashable, Sendable {
  /// In the order in which they are carried out: regions without users first, records last.
  public var steps: [SetupStep]

  /// What an operator agrees to: a part for each step, so that the same agreement holds for what is
  /// left of a plan that was begun. Empty when there is nothing to do.
  public var checksum: String { steps.map(\.token).joined(separator: "-") }

  /// The parts of a checksum.
  static func tokens(of checksum: String) -> Set<String> {
    Set(checksum.split(separator: "-").map(String.init))
  }

  /// Of a proposal.
  public init(_ proposal: SetupProposal) {
    let byUse =
      proposal.regions.reversed().filter { !$0.isActive }
      + proposal.regions.reversed().filter(\.isActive)
    let names = [proposal.main] + [proposal.canary].compactMap(\.self)
    steps =
      byUse.flatMap { region in
        region.balancer.configs.compactMap { Self.check(of: $0, region) }
      }
      + names.flatMap { Self.times(of: $0, proposal) }
      + names.flatMap { Self.creations(of: $0, proposal) }
  }

  // MARK: Checks

  /// What the hosts of a web app are asked for: shallow, so that a slow database takes no host out.
  static let shallowPath = "/up"
  /// A host that is gone is left out after 10 to 13 s.
  static let intervalSeconds = 5
  static let timeoutSeconds = 3
  static let attempts = 2
  /// Longer than this to leave a host out is too long, in seconds.
  static let slowestSeconds = 30
  static let ttlSeconds = 30

  /// What is wrong with a port's check, and nothing else.
  enum Flaw: Hashable {
    case unchecked
    case deep
    case slow
    case passive
  }

  static func flaws(_ config: LinodeBalancerConfig) -> Set<Flaw> {
    guard config.protocolName != "udp" else { return [] }
    var flaws: Set<Flaw> = []
    if config.hasActiveCheck {
      let path = config.checkPath.prefix { $0 != "?" }
      if config.settings.asksByHTTP, path == SetupProposal.deepPath { flaws.insert(.deep) }
      if config.checkIntervalSeconds * config.checkAttempts > slowestSeconds { flaws.insert(.slow) }
    } else {
      flaws.insert(.unchecked)
    }
    if config.speaksHTTP, config.checksPassively { flaws.insert(.passive) }
    return flaws
  }

  private static func check(
    of config: LinodeBalancerConfig, _ region: SetupProposal.Region
  ) -> SetupStep? {
    let flaws = flaws(config)
    guard !flaws.isEmpty else { return nil }
    let object = region.balancer.object
    let port = SetupPort(
      balancer: object.id, label: object.label, region: region.id, config: config.id,
      port: config.port, protocolName: config.protocolName,
      address: region.balancer.ipv4 ?? region.balancer.ipv6)
    var wanted = config.settings
    if !flaws.isDisjoint(with: [.unchecked, .deep]) {
      // Bytes that are passed on as they are may well be TLS: hosts would fail a check by HTTP.
      wanted.check = port.speaksHTTP ? "http" : "connection"
      wanted.path = port.speaksHTTP ? shallowPath : ""
    }
    if !flaws.isDisjoint(with: [.unchecked, .slow]) {
      wanted.intervalSeconds = intervalSeconds
      wanted.timeoutSeconds = timeoutSeconds
      wanted.attempts = attempts
    }
    if flaws.contains(.passive) { wanted.isPassive = false }
    return .check(port, old: config.settings, new: wanted)
  }

  // MARK: Records

  private static func record(
    _ found: LinodeRecord, of name: SetupProposal.Name, _ proposal: SetupProposal
  ) -> SetupRecord {
    SetupRecord(
      domain: proposal.zone.domain.id, zone: proposal.zone.name, id: found.id, type: found.type,
      name: name.name, target: found.target)
  }

  private static func times(
    of name: SetupProposal.Name, _ proposal: SetupProposal
  ) -> [SetupStep] {
    guard proposal.zone.domain.type == "master" else { return [] }
    return name.addresses.compactMap { found in
      guard !SetupProposal.accepted.contains(proposal.effectiveTTL(found)) else { return nil }
      return .timeToLive(
        record(found, of: name, proposal), oldSeconds: found.ttlSeconds, newSeconds: ttlSeconds)
    }
  }

  private static func creations(
    of name: SetupProposal.Name, _ proposal: SetupProposal
  ) -> [SetupStep] {
    guard name.delegated == nil, !name.records.isEmpty || name.wildcard == nil,
      proposal.zone.domain.type == "master",
      proposal.zone.domain.status == "active"
    else { return [] }
    func creation(_ address: String) -> SetupStep {
      .create(
        SetupRecord(
          domain: proposal.zone.domain.id, zone: proposal.zone.name, id: 0,
          type: address.contains(":") ? "AAAA" : "A", name: name.name, target: address),
        ttlSeconds: ttlSeconds)
    }
    let steps = name.records.isEmpty ? proposal.regions.first?.addresses.map(creation) ?? [] : []
    let further = further(of: name, proposal).map(creation)
    return steps
      + further.filter { step in
        !steps.contains(step)
          && (proposal.agreed.contains(step.token) || proposal.addsIPv6 && step.isIPv6)
      }
  }

  /// The addresses that a name could have besides: of the primary, or of the region where its only
  /// record leads.
  private static func further(
    of name: SetupProposal.Name, _ proposal: SetupProposal
  ) -> [String] {
    let balancers = proposal.regions.map(\.balancer)
    var place = balancers.first
    if !name.records.isEmpty {
      guard name.records.count == 1, let only = name.addresses.first else { return [] }
      place = balancers.first { $0.isTarget(of: only) }
    }
    let ipv4 = balancers.allSatisfy { $0.ipv4 != nil } ? place?.ipv4 : nil
    let ipv6 = balancers.allSatisfy { $0.ipv6 != nil } ? place?.ipv6 : nil
    let types = Set(name.records.map(\.type))
    return [types.contains("A") ? nil : ipv4, types.contains("AAAA") ? nil : ipv6]
      .compactMap(\.self)
  }
}

extension SetupStep {
  fileprivate var isIPv6: Bool {
    if case .create(let record, _) = self { record.type == "AAAA" } else { false }
  }
}

extension SetupProposal {
  /// What is proposed to somebody who agreed to a plan: where that gives a name both families, and
  /// one of them is made, the other is still to come.
  public init(
    _ survey: SetupSurvey, _ wishes: SetupWishes, agreed checksum: String
  ) throws(SetupProblem) {
    self = try SetupProposal(survey, wishes)
    agreed = SetupPlan.tokens(of: checksum)
  }
}
