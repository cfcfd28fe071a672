public import Wire

/// What the vantages say of a region.
public enum OutsideState: String, Hashable, Sendable, CaseIterable {
  case serving, bad, split, unknown
}

/// One vantage's vote on one family of a region's addresses.
public struct VantageVote: Hashable, Sendable {
  /// `coordinator` or a region.
  public var vantage: String
  public var family: AddressFamily
  public var vote: Vote
  public var detail: String
  /// When the newest answer behind the vote was asked for; without a vote, when the newest probe
  /// ended.
  public var at: Instant?
  public var badSince: Instant?
  public var servingStarted: Instant?
  /// Of a bad vote: when an agent was served last that would speak against it, and is mute.
  public var muteServed: Instant?
  /// When the vantage was served last, whether or not that still counts.
  var lastServed: Instant?
}

/// A region from outside.
public struct OutsideView: Hashable, Sendable {
  public var state: OutsideState
  /// No valid vote is serving.
  public var unanimousBad: Bool
  public var votes: [VantageVote]
  /// The first bad result behind the vote that completed `bad`, over all families.
  public var completedBadSince: Instant?
  /// When the last of all bad votes' first bad result was: that completed the unanimity.
  public var unanimousBadSince: Instant?
  /// Families that are bad while another serves.
  public var badFamilies: [AddressFamily]
  /// Families whose vantages agree that they serve.
  public var servingFamilies: Set<AddressFamily>
}

/// Adds up the vantages' votes (RULES 3).
public enum Outside {
  /// The coordinator's name as a vantage.
  public static let coordinator = "coordinator"

  /// The state for `good` serving and `bad` bad votes; `foreignBad` says that one of the bad comes
  /// from another region.
  public static func state(
    good: Int, bad: Int, foreignBad: Bool, minVantages: Int
  ) -> OutsideState {
    if good + bad == 0 { return .unknown }
    if good > bad { return .serving }
    if bad >= minVantages && bad > good && (foreignBad || minVantages == 1) { return .bad }
    return .split
  }

  /// The view of one region.
  public static func view(
    of region: RegionID, topology: Topology, policy: Policy, evidence: Evidence, now: Present
  ) -> OutsideView {
    let families = topology.families
    let all = families.flatMap { family in
      votes(
        on: ProbeKey(service: topology.service, region: region, family: family),
        topology: topology, policy: policy, evidence: evidence, now: now)
    }
    return view(of: all, families: families, minVantages: policy.minVantages)
  }

  /// Adds the vantages' votes up, of all families.
  static func view(
    of votes: [VantageVote], families: [AddressFamily], minVantages: Int
  ) -> OutsideView {
    var states: [AddressFamily: OutsideState] = [:]
    var completed: [Instant] = []
    for family in families {
      let good = votes.count { $0.family == family && $0.vote == .serving }
      let bad = votes.filter { $0.family == family && $0.vote == .bad }
      states[family] = state(
        good: good, bad: bad.count, foreignBad: bad.contains { $0.vantage != coordinator },
        minVantages: minVantages)
      completed += [completing(bad, good: good, minVantages: minVantages)].compactMap { $0 }
    }
    completed += votes.compactMap(\.muteServed)
    let state = combine(states)
    return OutsideView(
      state: state, unanimousBad: !votes.contains { $0.vote == .serving }, votes: votes,
      completedBadSince: state == .bad ? completed.max() : nil,
      unanimousBadSince: state == .bad ? (completed + badSince(votes)).max() : nil,
      badFamilies: state == .bad ? [] : states.filter { $0.value == .bad }.keys.sorted(),
      servingFamilies: Set(states.filter { $0.value == .serving }.keys))
  }

  private static func badSince(_ votes: [VantageVote]) -> [Instant] {
    votes.filter { $0.vote == .bad }.compactMap(\.badSince)
  }

  /// Bad only if every published family is bad.
  static func combine(_ states: [AddressFamily: OutsideState]) -> OutsideState {
    let values = states.values
    if values.isEmpty { return .unknown }
    if values.allSatisfy({ $0 == .bad }) { return .bad }
    if values.contains(.serving) { return .serving }
    return values.contains(.split) || values.contains(.bad) ? .split : .unknown
  }

  /// When the vote was cast that made the bad ones enough: the smallest set, in order of their
  /// first bad result, that fulfils the condition while the later ones still served.
  private static func completing(
    _ bad: [VantageVote], good: Int, minVantages: Int
  ) -> Instant? {
    func began(_ vote: VantageVote) -> Instant { vote.badSince ?? .latest }
    let sorted = bad.sorted { began($0) < began($1) }
    let enough = sorted.indices.first { last in
      state(
        good: good + sorted.count - last - 1, bad: last + 1,
        foreignBad: sorted[...last].contains { $0.vantage != coordinator },
        minVantages: minVantages) == .bad
    }
    return enough.flatMap { sorted[$0].badSince }
  }

  private static func votes(
    on key: ProbeKey, topology: Topology, policy: Policy, evidence: Evidence, now: Present
  ) -> [VantageVote] {
    var votes: [VantageVote] = []
    if let own = evidence.ownProbes[key] {
      let isFresh =
        own.voted.map { evidence.isFresh($0, now: now, for: policy.freshFor) } ?? false
      let counts = !evidence.ownVoteVoid && isFresh
      votes.append(
        VantageVote(
          vantage: coordinator, family: key.family, vote: counts ? own.vote : .none,
          detail: evidence.ownVoteVoid ? "void: it reached nothing" : own.detail,
          at: counts ? own.voted : own.at, badSince: own.badSince,
          servingStarted: own.servingStarted,
          lastServed: own.servingStarted ?? evidence.servedBefore(coordinator, key)))
    }
    for other in topology.regions where other.id != key.region {
      votes.append(
        vote(
          of: other.id, on: key, topology: topology, policy: policy, evidence: evidence, now: now))
    }
    return votes
  }

  /// A region's vote: the majority of its agents that probe; a tie is no vote.
  private static func vote(
    of vantage: RegionID, on key: ProbeKey, topology: Topology, policy: Policy,
    evidence: Evidence, now: Present
  ) -> VantageVote {
    var results: [(probe: ProbeResult, held: AgentEvidence, voted: Instant)] = []
    var muteServed: Instant?
    var newest: (probe: ProbeResult, ended: Instant)?
    var lastServed: Instant?
    for agent in topology.agents(of: vantage) {
      if let served = evidence.servedBefore(agent, key) {
        lastServed = max(lastServed ?? served, served)
      }
      guard let held = evidence.agents[agent], let probe = held.probes[key] else { continue }
      let ended = held.instant(ageMs: probe.ageMs)
      if newest.map({ $0.ended < ended }) ?? true { newest = (probe, ended) }
      let voted = probe.votedMs.map(held.instant)
      let isMute =
        held.report.goodbye || held.report.version != Limits.wireVersion
        || !(voted.map { evidence.isFresh($0, now: now, for: policy.freshFor) } ?? false)
      // A starved host's timeouts say nothing about the region it asks.
      if isMute || held.report.starved && probe.vote == .bad {
        if let served = probe.servingMs.map(held.instant) {
          muteServed = max(muteServed ?? served, served)
          lastServed = max(lastServed ?? served, served)
        }
        continue
      }
      if probe.vote == .bad, let served = probe.servingMs.map(held.instant) {
        lastServed = max(lastServed ?? served, served)
      }
      if let voted { results.append((probe, held, voted)) }
    }
    let serving = results.filter { $0.probe.vote == .serving }
    let bad = results.filter { $0.probe.vote == .bad }
    // Who is served and outvoted says nothing of when the vantage was.
    if serving.count >= bad.count {
      lastServed = (serving.map(\.voted) + [lastServed].compactMap(\.self)).max()
    }
    var vote = VantageVote(
      vantage: vantage, family: key.family, vote: .none, detail: "no probe", at: newest?.ended,
      lastServed: lastServed)
    if bad.count > serving.count {
      let since = bad.map { $0.held.instant(ageMs: $0.probe.badSinceMs ?? $0.probe.ageMs) }.sorted()
      vote.vote = .bad
      vote.at = bad.map(\.voted).max()
      vote.muteServed = muteServed
      vote.badSince = since[(serving.count + bad.count) / 2]
      vote.detail = bad[0].probe.reason ?? bad[0].probe.outcome.rawValue
    } else if serving.count > bad.count {
      vote.vote = .serving
      vote.at = serving.map(\.voted).max()
      vote.servingStarted = vote.at
      vote.detail = serving[0].probe.describeServing
    } else if !results.isEmpty {
      vote.detail = "its agents disagree"
    } else if let newest {
      vote.detail = newest.probe.reason ?? newest.probe.status.map(String.init) ?? vote.detail
    }
    return vote
  }
}

extension Instant {
  static let latest = Instant(milliseconds: .max)
}

extension ProbeResult {
  fileprivate var describeServing: String {
    let status = status.map(String.init) ?? "ok"
    return latencyMs.map { "\(status) in \(Int($0.rounded())) ms" } ?? status
  }
}
