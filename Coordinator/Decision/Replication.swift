import Wire

/// One direction of replication between two regions' replicas (RULES 12).
public struct Replication: Hashable, Sendable {
  /// How it stands.
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// The newest write that the source had acknowledged is there, or may still be on its way.
    case flowing
    /// Acknowledged writes have been missed for longer than `max_lag` and three periods.
    case late
    /// For 15 s more.
    case stopped
    /// The source has nothing acknowledged that could be missed: it is its writer that stands
    /// still.
    case unwritten
  }

  public var source: RegionID
  public var target: RegionID
  /// Of the newest heartbeat that was sighted; nil before the first.
  public var lagLowMs: Int?
  public var lagHighMs: Int?
  /// Since the newest heartbeat was first seen there: how old the lag is.
  public var ageMs: Int
  public var state: State

  /// Older than `max_lag` and three periods by this much is not late but stopped.
  static let lateFor = Duration.seconds(15)

  /// From `source` to `target`, by the target's fresh reports; nil where none of them has seen a
  /// heartbeat of the source.
  public static func view(
    from source: RegionID, to target: RegionID, topology: Topology, policy: Policy,
    evidence: Evidence, now: Present
  ) -> Replication? {
    var newest: (peer: PeerHeartbeat, seen: Instant)?
    for agent in topology.agents(of: target) {
      guard evidence.isFresh(agent, now: now, for: policy.freshFor),
        let held = evidence.agents[agent]
      else { continue }
      for peer in held.report.peers where peer.region == source {
        let seen = held.instant(ageMs: peer.seenMs)
        if newest.map({ $0.peer.writtenMs < peer.writtenMs }) ?? true { newest = (peer, seen) }
      }
    }
    guard let newest else { return nil }
    let acknowledged = Heartbeats.newestAcknowledgement(
      of: source, topology: topology, evidence: evidence)
    let sighting = newest.peer.sightings.last
    return Replication(
      source: source, target: target, lagLowMs: sighting?.lagLowMs, lagHighMs: sighting?.lagHighMs,
      ageMs: Int(clamping: max(0, (now.instant - newest.seen).wholeMilliseconds)),
      state: state(
        seen: newest.seen, now: now,
        isBehind: acknowledged.map { $0.writtenMs > newest.peer.writtenMs },
        policy: policy))
  }

  /// How long after the newest heartbeat was seen the next one may still be on its way.
  static func flowsWithin(_ policy: Policy) -> Duration {
    policy.maxLag + policy.heartbeatPeriod * 3
  }

  /// `isBehind` says whether the source had something acknowledged that was not seen; nil: its own
  /// word is not known.
  static func state(
    seen: Instant, now: Present, isBehind: Bool?, policy: Policy
  ) -> State {
    let limit = flowsWithin(policy)
    if now.isWithin(limit, of: seen) { return .flowing }
    if isBehind == false { return .unwritten }
    return now.isWithin(limit + lateFor, of: seen) ? .late : .stopped
  }

  /// Which of the regions' replicas are not active or not listed, as a clause each, as the hosts of
  /// `tellers` list them; nil where nobody lists any. A replica that others do not list is none.
  static func replicas(
    of regions: [RegionID], as tellers: [RegionID], topology: Topology, policy: Policy,
    evidence: Evidence, now: Present
  ) -> [RegionID: String]? {
    var found: [RegionID: String] = [:]
    var isTold = false
    for teller in tellers {
      for agent in topology.agents(of: teller) {
        guard evidence.isFresh(agent, now: now, for: policy.freshFor),
          let listed = evidence.agents[agent]?.report.replicas
        else { continue }
        isTold = true
        for id in regions where id != teller && found[id] == nil {
          guard let aws = topology.region(id)?.aws, aws != topology.region(teller)?.aws else {
            continue
          }
          let states = listed.filter { $0.aws == aws }
          if states.isEmpty {
            found[id] = "\(aws) is not listed in \(teller)"
          } else if let ill = states.first(where: { $0.status != "ACTIVE" }) {
            found[id] = "\(aws) is \(ill.status)"
          }
        }
      }
    }
    return isTold ? found : nil
  }
}

/// From where to where.
public struct RegionPair: Hashable, Sendable {
  public var source: RegionID
  public var target: RegionID

  public init(source: RegionID, target: RegionID) {
    self.source = source
    self.target = target
  }
}

extension Machine.View {
  /// Every direction between two regions in which heartbeats were seen.
  func replication(now: Present) -> [RegionPair: Replication] {
    var found: [RegionPair: Replication] = [:]
    for source in chooser.topology.regions {
      for target in chooser.topology.regions where target.id != source.id {
        found[RegionPair(source: source.id, target: target.id)] = Replication.view(
          from: source.id, to: target.id, topology: chooser.topology, policy: chooser.policy,
          evidence: evidence, now: now)
      }
    }
    return found
  }
}
