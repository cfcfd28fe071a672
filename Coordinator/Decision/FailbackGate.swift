public import Wire

/// The gate of a return to the primary (RULES 12).
public struct FailbackGate: Hashable, Sendable {
  public var conditions: [CheckedLine]
  /// A heartbeat since the recovery took longer than `max_lag`: the gate's clock starts anew.
  public var lagBreach: Bool

  public var isOpen: Bool { conditions.allSatisfy(\.holds) }

  /// Judges the return from `active` to `recovered`.
  public static func judge(
    recovered: RegionID, active: RegionID, chooser: TargetChooser
  ) -> FailbackGate {
    let policy = chooser.policy
    let eligibility = chooser.eligibility(of: recovered, EligibilityQuery(source: nil))
    var lines = eligibility.conditions
    let memory = chooser.memories[recovered]
    let stable = memory?.stable(chooser.now) ?? .zero
    lines.append(
      CheckedLine(
        name: "stable",
        holds: memory?.isStable(for: policy.failbackAfter, chooser.now) == true,
        text: "\(recovered) stable for \(TargetChooser.seconds(stable)) (needs "
          + "\(TargetChooser.seconds(policy.failbackAfter)))"))
    let since = memory?.upSince ?? chooser.now.instant
    let others = eligibleOthers(recovered, active, chooser: chooser)
    var breach = false
    if isStrong([recovered, active], chooser: chooser) {
      lines.append(writesLine(recovered, name: "writes-out", since: since, chooser: chooser))
      lines.append(writesLine(active, name: "writes-in", since: since, chooser: chooser))
    } else {
      for (source, target) in [(recovered, active), (active, recovered)] {
        let crossed = crossed(from: source, to: target, since: since, chooser: chooser)
        breach = breach || crossed.slow > 0 || crossed.stuck
        lines.append(
          CheckedLine(
            name: source == recovered ? "replication-out" : "replication-in",
            holds: crossed.isEnough, text: crossed.text(source, target, policy)))
      }
      if let line = othersLine(recovered, others, since: since, chooser: chooser) {
        lines.append(line)
      }
    }
    if let line = replicaLine([recovered, active] + others, chooser: chooser) {
      lines.append(line)
    }
    return FailbackGate(conditions: lines, lagBreach: breach)
  }

  /// Whether the table is a strongly consistent one (MRSC), as hosts of both regions say.
  private static func isStrong(_ regions: [RegionID], chooser: TargetChooser) -> Bool {
    regions.allSatisfy { region in
      let told = freshReports([region], chooser).compactMap(\.consistency)
      return told.contains(.strong) && !told.contains(.eventual)
    }
  }

  private static func freshReports(
    _ regions: [RegionID], _ chooser: TargetChooser
  ) -> [Report] {
    regions.flatMap(chooser.topology.agents)
      .filter { chooser.evidence.isFresh($0, now: chooser.now, for: chooser.policy.freshFor) }
      .compactMap { chooser.evidence.agents[$0]?.report }
  }

  /// On a strongly consistent table nothing lags: what counts is that the region writes. Its
  /// checks read every write back strongly before they call themselves good.
  private static func writesLine(
    _ region: RegionID, name: String, since: Instant, chooser: TargetChooser
  ) -> CheckedLine {
    var most = 0
    for agent in chooser.topology.agents(of: region) {
      let acknowledged = chooser.evidence.acknowledgements[agent] ?? []
      most = max(most, acknowledged.count { $0.at >= since })
    }
    return CheckedLine(
      name: name, holds: most >= Defaults.failbackHeartbeats,
      text: "writes acknowledged in \(region): \(min(most, Defaults.failbackHeartbeats)) of "
        + "\(Defaults.failbackHeartbeats)")
  }

  /// The regions that would be the next to go to: they count as long as they are eligible.
  private static func eligibleOthers(
    _ recovered: RegionID, _ active: RegionID, chooser: TargetChooser
  ) -> [RegionID] {
    chooser.topology.regions.map(\.id).filter { region in
      region != recovered && region != active
        && chooser.eligibility(of: region, EligibilityQuery(source: nil)).isEligible
    }
  }

  /// Heartbeats between the recovered region and the others, in both directions. A lagging third
  /// region holds the return back; it does not restart the gate's clock.
  private static func othersLine(
    _ recovered: RegionID, _ others: [RegionID], since: Instant, chooser: TargetChooser
  ) -> CheckedLine? {
    guard !others.isEmpty else { return nil }
    let pairs = others.flatMap { [(recovered, $0), ($0, recovered)] }
    let missing = pairs.compactMap { source, target -> String? in
      let crossed = crossed(from: source, to: target, since: since, chooser: chooser)
      return crossed.isEnough ? nil : crossed.text(source, target, chooser.policy)
    }
    return CheckedLine(
      name: "replication-others", holds: missing.isEmpty,
      text: missing.isEmpty
        ? "heartbeats to and from \(others.joined(separator: ", "))"
        : missing.joined(separator: "; "))
  }

  /// Replicas of these regions as the hosts of any of them list them; nil where nobody does.
  private static func replicaLine(
    _ regions: [RegionID], chooser: TargetChooser
  ) -> CheckedLine? {
    let known = Replication.replicas(
      of: regions, as: regions, topology: chooser.topology, policy: chooser.policy,
      evidence: chooser.evidence, now: chooser.now)
    guard let known else { return nil }
    let ill = Set(known.values).sorted()
    return CheckedLine(
      name: "replicas", holds: ill.isEmpty,
      text: ill.isEmpty ? "replicas are active" : "replica \(ill.joined(separator: ", "))")
  }

  /// What is known of `source`'s heartbeats in `target`.
  private struct Crossing {
    /// Distinct ones within the limit, and over it.
    var fast = 0
    var slow = 0
    /// Its writer's newest are long acknowledged and not seen: replication lags or stands.
    var stuck = false

    var isEnough: Bool { fast >= Defaults.failbackHeartbeats && slow == 0 }

    func text(_ source: RegionID, _ target: RegionID, _ policy: Policy) -> String {
      "heartbeats \(source) to \(target): "
        + "\(min(fast, Defaults.failbackHeartbeats)) of \(Defaults.failbackHeartbeats) within "
        + TargetChooser.seconds(policy.maxLag) + (slow > 0 ? ", \(slow) slower" : "")
        + (stuck ? ", the newest do not arrive" : "")
    }
  }

  /// Distinct heartbeats of `source` written after `since` and seen in `target`. Which ones were
  /// written after it is told by the writer's own acknowledgements: free of clock skew.
  private static func crossed(
    from source: RegionID, to target: RegionID, since: Instant, chooser: TargetChooser
  ) -> Crossing {
    var first: [String: UInt64] = [:]
    for agent in chooser.topology.agents(of: source) {
      for ack in chooser.evidence.acknowledgements[agent] ?? [] where ack.at >= since {
        first[ack.boot] = min(first[ack.boot] ?? ack.sequence, ack.sequence)
      }
    }
    var best = Crossing()
    var seenMs: Int64?
    for agent in chooser.topology.agents(of: target) {
      guard chooser.evidence.isFresh(agent, now: chooser.now, for: chooser.policy.freshFor),
        let report = chooser.evidence.agents[agent]?.report
      else { continue }
      for peer in report.peers where peer.region == source {
        seenMs = max(seenMs ?? peer.writtenMs, peer.writtenMs)
        guard let from = first[peer.boot] else { continue }
        let after = peer.sightings.filter { $0.sequence >= from }
        let slow = after.count {
          Duration.milliseconds($0.lagHighMs) > chooser.policy.maxLag
        }
        let fast = after.count - slow
        best.fast = max(best.fast, fast)
        best.slow = max(best.slow, slow)
      }
    }
    let newest = Heartbeats.newestAcknowledgement(
      of: source, topology: chooser.topology, evidence: chooser.evidence)
    if let newest, newest.at >= since, let seenMs {
      // Two reports that are a round apart at most tell of both.
      let policy = chooser.policy
      let allowed = policy.maxLag + policy.round + policy.heartbeatPeriod
      best.stuck = newest.writtenMs - seenMs > allowed.wholeMilliseconds
    }
    return best
  }
}
