public import Wire

/// An address that answers, and nothing that says whether users are served: redirects, or what a
/// firewall, a limiter or a wrong path say (RULES 3). No vote comes of it, so nothing is moved for
/// it, and the region is no target.
public struct Voteless: Hashable, Sendable, Codable {
  public var family: AddressFamily
  /// Of the newest such answer: 3xx or 4xx.
  public var status: Int
  /// Since when every answer has been one.
  public var since: Instant

  public init(family: AddressFamily, status: Int, since: Instant) {
    self.family = family
    self.status = status
    self.since = since
  }

  /// What usually makes an address answer so, as a clause, with what to do.
  public var cause: String {
    switch status {
    case 300..<400:
      "it sends elsewhere: put the address that it names into `probe`, or serve the path itself"
    case 401, 403, 407:
      "a firewall or a login is in the way: let the vantages pass"
    case 404, 410:
      "nothing is at that path under that name: look at `probe`, and at the names that the region "
        + "serves"
    case 405, 406: "the path takes no plain GET: give `probe` one that does"
    case 429: "a rate limit: leave the vantages' addresses out of it"
    default: "it says that the question is wrong: look at `probe`"
    }
  }

  /// The whole finding, without a full stop.
  public var text: String {
    "its \(family.words) address answers only \(status), which does not tell whether users are "
      + "served: \(cause)"
  }
}

extension AddressFamily {
  /// For people.
  fileprivate var words: String {
    switch self {
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    }
  }
}

/// An address of which no answer says anything at this instant.
struct VotelessAnswer: Hashable, Sendable {
  var family: AddressFamily
  var status: Int
  /// When an answer that says something was last asked for; nil: not known.
  var voted: Instant?

  /// The region's addresses of which no fresh answer of any vantage says anything, though one came.
  static func all(
    of region: RegionID, topology: Topology, policy: Policy, evidence: Evidence, now: Present
  ) -> [VotelessAnswer] {
    topology.families.compactMap { family in
      let key = ProbeKey(service: topology.service, region: region, family: family)
      return found(key, topology: topology, policy: policy, evidence: evidence, now: now)
    }
  }

  private static func found(
    _ key: ProbeKey, topology: Topology, policy: Policy, evidence: Evidence, now: Present
  ) -> VotelessAnswer? {
    var newest: (at: Instant, status: Int)?
    var voted: Instant?
    /// Takes one vantage's newest answer in; false where it says something.
    func take(_ outcome: ProbeOutcome, _ status: Int?, at: Instant, votedAt: Instant?) -> Bool {
      guard evidence.isFresh(at, now: now, for: policy.freshFor) else { return true }
      guard outcome == .none else { return false }
      if let status, newest.map({ $0.at < at }) ?? true { newest = (at, status) }
      if let votedAt { voted = max(voted ?? votedAt, votedAt) }
      return true
    }
    if let own = evidence.ownProbes[key] {
      let last = [own.servingStarted, own.badNewest].compactMap { $0 }.max()
      guard take(own.outcome, own.status, at: own.at, votedAt: last) else { return nil }
    }
    for region in topology.regions where region.id != key.region {
      for agent in topology.agents(of: region.id) {
        guard let held = evidence.agents[agent], let probe = held.probes[key] else { continue }
        let last = [probe.servingMs, probe.badMs].compactMap { $0 }.min().map(held.instant)
        let at = held.instant(ageMs: probe.ageMs)
        guard take(probe.outcome, probe.status, at: at, votedAt: last) else { return nil }
      }
    }
    return newest.map { VotelessAnswer(family: key.family, status: $0.status, voted: voted) }
  }
}

extension RegionMemory {
  /// Notes since when addresses have said nothing.
  mutating func foldVoteless(_ answers: [VotelessAnswer], now: Present) {
    let before = voteless ?? []
    let after = answers.map { answer in
      let since = before.first { $0.family == answer.family }?.since ?? now.instant
      return Voteless(
        family: answer.family, status: answer.status, since: max(since, answer.voted ?? since))
    }
    voteless = after.isEmpty ? nil : after
  }
}
