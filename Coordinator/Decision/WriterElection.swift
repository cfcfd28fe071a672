import Wire

/// Names one heartbeat writer per region and table (RULES 12): the first fresh agent, replaced
/// after three periods without an acknowledged write.
public struct WriterElection: Sendable {
  private struct Term: Sendable {
    var agent: AgentID
    var since: Instant
  }

  private var terms: [String: Term] = [:]

  /// Nobody is named yet.
  public init() {}

  /// The writer among `agents`, which all write for `group`: a region, or a table of one; nil
  /// before any of them was heard.
  public mutating func writer(
    of group: String, agents: [AgentID], evidence: Evidence, policy: Policy, now: Instant
  ) -> AgentID? {
    func isFresh(_ agent: AgentID) -> Bool {
      evidence.isFresh(agent, now: Present(now), for: policy.freshFor)
        && evidence.agents[agent]?.report.goodbye == false
    }
    // With every report: the others are looked at only where another one is to be named.
    let stands = terms[group].map { isFresh($0.agent) && agents.contains($0.agent) } ?? false
    if stands, let term = terms[group],
      !hasFailed(term, evidence: evidence, policy: policy, now: now)
    {
      return term.agent
    }
    let fresh = agents.filter(isFresh)
    if stands, fresh.count < 2 { return terms[group]?.agent }
    let last = terms[group]?.agent
    guard let next = fresh.first(where: { $0 != last }) ?? fresh.first else {
      return terms[group]?.agent
    }
    terms[group] = Term(agent: next, since: now)
    return next
  }

  private func hasFailed(
    _ term: Term, evidence: Evidence, policy: Policy, now: Instant
  ) -> Bool {
    let limit = policy.heartbeatPeriod * 3 + policy.reportInterval * 2
    let acknowledged = evidence.acknowledgements[term.agent]?.last?.at
    return now - max(acknowledged ?? term.since, term.since) > limit
  }
}
