import Wire

/// What a report says that the same agent's one before it did not, but for times: everything of an
/// age goes on by itself, and steps know when it ends (`Present`).
public struct ReportNews: Sendable {
  /// A check or a probe turned, a host came or went: it is worth to be judged at once.
  public let turns: Bool
  /// It says something else, or something that did not count any more or not yet.
  public let isNew: Bool

  /// Of what is held now; `before` is what was held of the agent until then.
  public init(
    _ held: AgentEvidence, after before: AgentEvidence?, floor: Instant, policy: Policy
  ) {
    guard let before else {
      (turns, isNew) = (true, true)
      return
    }
    let (new, old) = (held.report, before.report)
    turns = !new.saysTheSame(as: old) || !held.probes.votes(as: before.probes)
    let now = held.receivedAt
    isNew =
      turns || new.differs(from: old) || held.probes.differs(from: before.probes)
      || new.peerNews(policy) != old.peerNews(policy)
      || !held.counts(as: before) { $0 >= floor && now - $0 <= policy.freshFor }
  }
}

extension AgentEvidence {
  /// Whether the report, its checks and its probes count as those of before, which are as many.
  fileprivate func counts(as before: AgentEvidence, _ counts: (Instant) -> Bool) -> Bool {
    counts(receivedAt) == counts(before.receivedAt)
      && report.checks.elementsEqual(before.report.checks) { check, old in
        counts(instant(ageMs: check.ageMs)) == counts(before.instant(ageMs: old.ageMs))
      }
      && probes.indices.allSatisfy { place in
        // Where its newest answer says nothing, that counts for itself.
        let (new, old) = (probes.ages(place), before.probes.ages(place))
        return counts(instant(ageMs: new.voted)) == counts(before.instant(ageMs: old.voted))
          && counts(instant(ageMs: new.asked)) == counts(before.instant(ageMs: old.asked))
      }
  }

  /// When the oldest of what the report says was so.
  public var oldest: Instant {
    var age = 0
    for check in report.checks { age = max(age, check.ageMs) }
    for place in probes.indices { age = max(age, probes.ages(place).voted) }
    return instant(ageMs: age)
  }
}

extension Report {
  /// Whether host and checks are as before.
  fileprivate func saysTheSame(as old: Report) -> Bool {
    version == old.version && boot == old.boot && goodbye == old.goodbye
      && starved == old.starved && isDeploying == old.isDeploying
      && checks.elementsEqual(old.checks) { $0.state == $1.state && $0.name == $1.name }
  }

  /// Whether anything else differs that is not of a time.
  fileprivate func differs(from old: Report) -> Bool {
    isDeploying || replicas != old.replicas || consistency != old.consistency
      || !checks.elementsEqual(old.checks) { check, before in
        check.failure == before.failure && check.services == before.services
          && check.counts == before.counts && check.kind == before.kind
          && (check.riseMs == nil) == (before.riseMs == nil)
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
