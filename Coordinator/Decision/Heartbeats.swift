public import Wire

/// Whether a region's heartbeats still arrive in other regions' replicas (RULES 4).
public enum HeartbeatView: String, Hashable, Sendable, CaseIterable {
  case advancing, stopped, unknown
}

/// What the heartbeat items tell of a region.
public enum Heartbeats {
  /// The view of `region` from the fresh reports of all others.
  public static func view(
    of region: RegionID, topology: Topology, policy: Policy, evidence: Evidence, now: Present
  ) -> HeartbeatView {
    var stopped = false
    for (agent, home) in topology.agents where home != region {
      guard let held = evidence.agents[agent],
        evidence.isFresh(held.receivedAt, now: now, for: policy.freshFor),
        let peer = held.report.peers.filter({ $0.region == region }).min(by: {
          $0.seenMs < $1.seenMs
        })
      else { continue }
      let limit = limit(peer, policy: policy)
      // At the time of the report. What is seen late may have been written long ago: a backlog that
      // drains is no life.
      let isNew = Duration.milliseconds(peer.seenMs) <= limit
      if isNew, age(of: peer, in: held, evidence: evidence) <= limit { return .advancing }
      if !isNew, Duration.milliseconds(peer.readMs) <= limit { stopped = true }
    }
    return stopped ? .stopped : .unknown
  }

  /// How long before the report the heartbeat was written, by the writer's own time: its
  /// acknowledgements tell what that is on this clock. Where none of that process is known, by what
  /// the reader measured of its lag.
  private static func age(
    of peer: PeerHeartbeat, in held: AgentEvidence, evidence: Evidence
  ) -> Duration {
    let known = evidence.acknowledgements[peer.agent]?.last { $0.boot == peer.boot }
    if let known {
      // Saturated: both times come from the network.
      let (since, overflow) = peer.writtenMs.subtractingReportingOverflow(known.writtenMs)
      guard !overflow, abs(since) < 1 << 53 else { return .seconds(Int32.max) }
      return held.receivedAt - (known.at + .milliseconds(since))
    }
    let lag = peer.sightings.last { $0.sequence == peer.sequence } ?? peer.sightings.last
    return .milliseconds(peer.seenMs) + .milliseconds(max(0, lag?.lagLowMs ?? 0))
  }

  /// How long none may come: three periods, and the largest of the newest lags, at most `maxLag`.
  static func limit(_ peer: PeerHeartbeat, policy: Policy) -> Duration {
    let seen = Int64(peer.sightings.map(\.lagHighMs).max() ?? 0)
    let usual = min(max(seen, 0), policy.maxLag.wholeMilliseconds)
    return policy.heartbeatPeriod * 3 + .milliseconds(usual)
  }

  /// The newest acknowledged heartbeat of the region's writers.
  public static func newestAcknowledgement(
    of region: RegionID, topology: Topology, evidence: Evidence
  ) -> Acknowledgement? {
    topology.agents(of: region)
      .compactMap { evidence.acknowledgements[$0]?.last }
      .max { $0.writtenMs < $1.writtenMs }
  }

  /// The newest heartbeat of `source` seen in `target`'s replica, with its sightings.
  public static func newestSeen(
    of source: RegionID, in target: RegionID, topology: Topology, evidence: Evidence
  ) -> PeerHeartbeat? {
    topology.agents(of: target)
      .compactMap { evidence.agents[$0]?.report }
      .flatMap(\.peers)
      .filter { $0.region == source }
      .max { $0.writtenMs < $1.writtenMs }
  }

  /// The replication lag from `source` to `target` as an interval, by the newest sighting.
  public static func lag(
    of source: RegionID, in target: RegionID, topology: Topology, evidence: Evidence
  ) -> (lowMs: Int, highMs: Int)? {
    newestSeen(of: source, in: target, topology: topology, evidence: evidence)?
      .sightings.last.map { ($0.lagLowMs, $0.lagHighMs) }
  }

  /// The writes of `source` that `target` may not have (RULES 11). The upper bound needs to know
  /// until when the source can have written: `stopped`, when its heartbeats are seen to have
  /// stopped elsewhere; without it the bound is left out.
  public static func dataAtRisk(
    source: RegionID, target: RegionID, topology: Topology, policy: Policy, evidence: Evidence,
    stopped: Instant?, alive: Bool
  ) -> DataAtRisk? {
    guard let ack = newestAcknowledgement(of: source, topology: topology, evidence: evidence),
      let seen = newestSeen(of: source, in: target, topology: topology, evidence: evidence)
    else { return nil }
    // Both on the writer's clock, so free of skew.
    let behindMs = max(0, ack.writtenMs - seen.writtenMs)
    var tailMs: Int64?
    if alive {
      tailMs = 0
    } else if let stopped {
      tailMs = max(0, (stopped - ack.at).wholeMilliseconds)
    }
    let periods = (policy.heartbeatPeriod + policy.heartbeatRead).wholeMilliseconds
    let upperMs = tailMs.map { behindMs + $0 + periods }
    return DataAtRisk(
      behindSeconds: Double(behindMs) / 1000, upperSeconds: upperMs.map { Double($0) / 1000 },
      fromMs: seen.writtenMs, toMs: upperMs.map { seen.writtenMs + $0 } ?? ack.writtenMs)
  }
}
