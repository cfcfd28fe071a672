import Decision
import Wire

/// Counts votes over again, simply and from the raw evidence: what stands behind a move.
struct Witness {
  let evidence: Evidence
  let topology: Topology
  let policy: Policy
  let now: Moment
  var agents: [AgentID: AgentEvidence]
  /// Hosts and regions that an operator has taken out.
  var excused: Set<String> = []

  init(evidence: Evidence, topology: Topology, policy: Policy, now: Moment) {
    self.evidence = evidence
    self.topology = topology
    self.policy = policy
    self.now = now
    agents = evidence.agents
  }

  private func fresh(_ agent: AgentID) -> AgentEvidence? {
    agents[agent].flatMap { isFresh($0) ? $0 : nil }
  }

  private func isFresh(_ held: AgentEvidence) -> Bool {
    held.receivedAt >= evidence.floor && now - held.receivedAt <= policy.freshFor
  }

  /// What tells of a host: its own report, else what others relay of it (RULES 4).
  private func voice(_ agent: AgentID) -> AgentEvidence? {
    fresh(agent) ?? evidence.relayed[agent].flatMap { isFresh($0) ? $0 : nil }
  }

  /// Whether what the agent found so long before its report is fresh.
  private func isFresh(_ ageMs: Int, in held: AgentEvidence) -> Bool {
    let found = held.instant(ageMs: ageMs)
    return found >= evidence.floor && now - found <= policy.freshFor
  }

  private func counting(_ report: Report) -> [CheckResult] {
    report.checks.filter {
      $0.counts == .region
        && ($0.services.contains("*") || $0.services.contains(topology.service))
    }
  }

  /// The expected hosts of a region.
  func expected(_ region: RegionID) -> [AgentID] {
    topology.agents(of: region).filter { !excused.contains($0) }
  }

  /// Hosts of whom a fresh report says that a check which counts is bad.
  func badHosts(_ region: RegionID) -> Int {
    expected(region).count { agent in
      guard let report = voice(agent)?.report, !report.starved, !report.goodbye,
        report.version == Limits.wireVersion
      else { return false }
      return counting(report).contains { $0.state == .bad }
    }
  }

  /// Hosts of whom a fresh report says that all checks which count are good.
  func goodHosts(_ region: RegionID) -> Int {
    expected(region).count { agent in
      guard let report = voice(agent)?.report, !report.goodbye,
        report.version == Limits.wireVersion
      else { return false }
      let checks = counting(report)
      return !checks.isEmpty
        && checks.allSatisfy { [.good, .degraded, .misconfigured].contains($0.state) }
    }
  }

  /// Places other than the region itself whose newest vote on it is `vote`; `besides` is left out.
  func vantages(_ region: RegionID, _ vote: Vote, besides: RegionID? = nil) -> Set<String> {
    var found: Set<String> = []
    for (key, probe) in evidence.ownProbes
    where key.region == region && key.service == topology.service && probe.vote == vote
      && !evidence.ownVoteVoid && now - (answered(probe) ?? probe.at) <= policy.freshFor
    {
      found.insert(Outside.coordinator)
    }
    for (agent, home) in topology.agents where home != region && home != besides {
      guard let held = fresh(agent) else { continue }
      let says = held.probes.contains {
        $0.region == region && $0.service == topology.service && $0.vote == vote
          && isFresh(max($0.ageMs, ($0.vote == .serving ? $0.servingMs : $0.badMs) ?? 0), in: held)
      }
      if says { found.insert(home) }
    }
    return found
  }

  /// When the answer that the vote stands on was asked for.
  private func answered(_ probe: OwnProbe) -> Moment? {
    probe.vote == .serving ? probe.servingStarted : probe.badNewest
  }

  /// Why the evidence does not carry leaving `region`; nil where it does.
  func againstLeaving(_ region: RegionID) -> String? {
    let hosts = expected(region)
    let bad = badHosts(region)
    if Double(bad) > (1 - policy.minHealthy) * Double(hosts.count) + 1e-9 { return nil }
    let blind = vantages(region, .bad)
    let foreign = blind.contains { $0 != Outside.coordinator }
    if blind.count >= policy.minVantages, foreign || policy.minVantages == 1 { return nil }
    return "\(bad) of \(hosts.count) hosts say bad, and \(blind.count) vantages: "
      + blind.sorted().joined(separator: ", ")
  }

  /// Why the evidence does not carry going to `region`; nil where it does.
  func againstEntering(_ region: RegionID, from source: RegionID?) -> String? {
    let hosts = expected(region)
    let good = goodHosts(region)
    guard Double(good) >= policy.minHealthy * Double(hosts.count) - 1e-9, good > 0 else {
      return "\(good) of \(hosts.count) hosts say good"
    }
    let serving = vantages(region, .serving, besides: source)
    let bad = vantages(region, .bad, besides: source).subtracting(serving)
    guard serving.count > bad.count else {
      return "\(serving.count) vantages are served, \(bad.count) are not"
    }
    return nil
  }
}
