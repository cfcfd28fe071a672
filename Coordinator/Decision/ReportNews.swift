public import Wire

/// What a report says that the same agent's one before it did not, but for times: everything of an
/// age goes on by itself, and steps know when it ends (`Present`).
public struct ReportNews: Sendable {
  /// A check or a probe turned, a host came or went: it is worth to be judged at once.
  public let turns: Bool
  /// It says something else, or something that did not count any more or not yet.
  public let isNew: Bool

  /// Of `report`, received at `now`; `before` is what was held of the agent until then.
  public init(
    _ report: Report, after before: AgentEvidence?, floor: Instant, policy: Policy, now: Instant
  ) {
    guard let before else {
      (turns, isNew) = (true, true)
      return
    }
    let old = before.report
    turns = !report.saysTheSame(as: old)
    func counts(_ at: Instant) -> Bool { at >= floor && now - at <= policy.freshFor }
    isNew =
      turns || report.differs(from: old) || report.peerNews(policy) != old.peerNews(policy)
      || before.whatCounts(counts)
        != AgentEvidence(report: report, receivedAt: now).whatCounts(counts)
  }
}

extension AgentEvidence {
  /// The report, its checks and its probes: whether each counts.
  fileprivate func whatCounts(_ counts: (Instant) -> Bool) -> [Bool] {
    [counts(receivedAt)] + report.checks.map { counts(instant(ageMs: $0.ageMs)) }
      + report.probes.flatMap { probe in
        // Where its newest answer says nothing, that counts for itself.
        [counts(instant(ageMs: probe.votedMs ?? probe.ageMs)), counts(instant(ageMs: probe.ageMs))]
      }
  }

  /// When the oldest of what the report says was so.
  public var oldest: Instant {
    var age = 0
    for check in report.checks { age = max(age, check.ageMs) }
    for probe in report.probes { age = max(age, probe.votedMs ?? probe.ageMs) }
    return instant(ageMs: age)
  }
}

extension Report {
  /// Whether all votes are those of before.
  fileprivate func saysTheSame(as old: Report) -> Bool {
    version == old.version && boot == old.boot && goodbye == old.goodbye
      && starved == old.starved && isDeploying == old.isDeploying
      && checks.elementsEqual(old.checks) { $0.state == $1.state && $0.name == $1.name }
      && probes.elementsEqual(old.probes) { $0.vote == $1.vote && $0.isOfSame($1) }
  }

  /// Whether anything else differs that is not of a time.
  fileprivate func differs(from old: Report) -> Bool {
    isDeploying || replicas != old.replicas || consistency != old.consistency
      || !checks.elementsEqual(old.checks) { check, before in
        check.failure == before.failure && check.services == before.services
          && check.counts == before.counts && check.kind == before.kind
          && (check.riseMs == nil) == (before.riseMs == nil)
      }
      || !probes.elementsEqual(old.probes) { probe, before in
        probe.outcome == before.outcome && probe.status == before.status
          && (probe.servingMs == nil) == (before.servingMs == nil)
          && (probe.badMs == nil) == (before.badMs == nil)
      }
  }

  private var isDeploying: Bool { deployingMs ?? 0 > 0 }

  /// How other regions' heartbeats arrive, by all limits that are asked for.
  fileprivate func peerNews(_ policy: Policy) -> [PeerNews] {
    peers.map { peer in
      let limit = Heartbeats.limit(peer, policy: policy)
      let seen = Duration.milliseconds(peer.seenMs)
      return PeerNews(
        agent: peer.agent, boot: peer.boot, isSeen: seen <= limit,
        isFlowing: seen <= Replication.flowsWithin(policy),
        isRead: .milliseconds(peer.readMs) <= limit,
        isSlow: peer.isSlow(policy))
    }
  }
}

private struct PeerNews: Hashable {
  var agent: AgentID
  var boot: String
  var isSeen: Bool
  var isFlowing: Bool
  var isRead: Bool
  var isSlow: Bool
}

extension PeerHeartbeat {
  /// One of its newest heartbeats took too long.
  func isSlow(_ policy: Policy) -> Bool {
    sightings.contains { .milliseconds($0.lagHighMs) > policy.maxLag }
  }
}

extension ProbeResult {
  func isOfSame(_ other: ProbeResult) -> Bool {
    service == other.service && region == other.region && family == other.family
  }
}
