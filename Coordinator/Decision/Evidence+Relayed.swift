public import Wire

/// Health summaries of hosts that are not heard (RULES 4): they lie in the heartbeat items, and
/// other regions' agents relay them.
extension Evidence {
  /// Takes in a summary whose signature is the agent's, as a report of its true age that says
  /// nothing but what its checks showed. `signed` is the earliest instant at which it can have been
  /// signed: what is newer already stays.
  public mutating func take(_ summary: HealthSummary, signed: Instant, now: Instant) {
    guard !twins.hold(summary.agent, at: Present(now)) else {
      relayed[summary.agent] = nil
      return
    }
    if let before = relayed[summary.agent], before.receivedAt >= signed { return }
    relayed[summary.agent] = AgentEvidence(report: Report(summary), receivedAt: signed)
  }

  /// What tells of the agent's host: its own report while that is fresh, else a relayed summary
  /// where there is one. Whether it is fresh is for the reader to ask.
  func voice(of agent: AgentID, now: Present, for limit: Duration) -> AgentEvidence? {
    if isFresh(agent, now: now, for: limit) { return agents[agent] }
    return relayed[agent] ?? agents[agent]
  }
}

extension Report {
  /// What a summary says, in the form of a report.
  fileprivate init(_ summary: HealthSummary) {
    self.init(
      agent: summary.agent, region: summary.region, boot: summary.boot,
      sequence: summary.sequence, sentMs: summary.wallMs, intervalMs: 0,
      checks: summary.checks.map { check in
        CheckResult(
          name: check.name, kind: "relayed", services: check.services, state: check.state,
          reason: "relayed by another region", ageMs: check.ageMs, badSinceMs: check.badSinceMs)
      },
      agentVersion: "", starved: summary.starved ?? false, deployingMs: summary.deployingMs)
  }
}
