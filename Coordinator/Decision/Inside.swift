public import Wire

/// One expected instance's vote (RULES 2).
public enum InstanceVote: String, Hashable, Sendable, CaseIterable {
  case good, degraded, bad, missing
}

/// What a region's own agents say of it.
public enum InsideState: String, Hashable, Sendable, CaseIterable {
  case healthy, degraded, failing, partial, silent
}

/// An instance's vote with the reason for it.
public struct InstanceView: Hashable, Sendable {
  public var agent: AgentID
  public var vote: InstanceVote
  /// When the first failed result of the run behind a bad vote was started.
  public var badSince: Instant?
  public var reason: String?
  public var failure: FailureClass?
  /// What fails is the check of its replica.
  public var failsByDynamoDB = false
  /// A check of it cannot vote because its credentials or permissions fail.
  public var lacksCredentials = false
  /// It reports; what it says may still be no vote.
  public var isHeard = true
}

/// The region from inside, counted over the expected hosts.
public struct InsideView: Hashable, Sendable {
  public var state: InsideState
  public var instances: Instances
  /// The first failed result behind the vote that completed `failing`.
  public var completedBadSince: Instant?

  /// How many instances have one of these votes.
  public func count(_ votes: InstanceVote...) -> Int {
    let notable = instances.notable
    return notable.count { votes.contains($0.vote) }
      + (votes.contains(.good) ? instances.count - notable.count : 0)
  }
}

/// Counts votes over the expected hosts: a lost report never creates a down verdict.
public enum Inside {
  /// The state for `good`, `bad` and `missing` of `n` hosts; `flawed` says that a good one has a
  /// finding.
  public static func state(
    good: Int, bad: Int, missing: Int, flawed: Bool, minHealthy: Double
  ) -> InsideState {
    let expected = good + bad + missing
    guard expected > 0 else { return .silent }
    let needed = minHealthy * Double(expected) - 1e-9
    if Double(good + missing) < needed { return .failing }
    if Double(good) >= needed {
      return bad + missing == 0 && !flawed ? .healthy : .degraded
    }
    return good + bad == 0 ? .silent : .partial
  }

  /// The view of one region; hosts that are `excused` by maintenance are not expected.
  public static func view(
    of region: RegionID, topology: Topology, policy: Policy, evidence: Evidence, now: Present,
    excused: Set<AgentID> = []
  ) -> InsideView {
    let all = topology.agents(of: region)
    var instances = Instances(good: excused.isEmpty ? all : all.filter { !excused.contains($0) })
    for (place, agent) in instances.agents.enumerated() {
      instances[place] = vote(
        of: agent, service: topology.service, policy: policy, evidence: evidence, now: now)
    }
    excuseDeploys(&instances, policy: policy, evidence: evidence, now: now)
    let notable = instances.notable
    let bad = notable.filter { $0.vote == .bad }
    let missing = notable.count { $0.vote == .missing }
    let good = instances.count - bad.count - missing
    let state = state(
      good: good, bad: bad.count, missing: missing,
      flawed: notable.contains { $0.vote == .degraded }, minHealthy: policy.minHealthy)
    var completed: Instant?
    if state == .failing {
      // The k-th bad vote is the one that made the rest too few.
      let total = Double(instances.count)
      let spare = total - policy.minHealthy * total + 1e-9
      let needed = min(Int(spare) + 1, bad.count)
      completed = bad.compactMap(\.badSince).sorted().dropFirst(needed - 1).first
    }
    return InsideView(state: state, instances: instances, completedBadSince: completed)
  }

  static func vote(
    of agent: AgentID, service: String, policy: Policy, evidence: Evidence, now: Present
  ) -> InstanceView {
    func missing(_ reason: String, isHeard: Bool = true) -> InstanceView {
      InstanceView(agent: agent, vote: .missing, reason: reason, isHeard: isHeard)
    }
    func named(_ check: CheckResult, or word: String) -> String {
      "\(check.name): \(check.reason ?? word)"
    }
    guard let held = evidence.voice(of: agent, now: now, for: policy.freshFor) else {
      return missing(
        evidence.twins.hold(agent, at: now)
          ? "is quarantined: two hosts share its identity" : "has not reported",
        isHeard: false)
    }
    guard evidence.isFresh(held.receivedAt, now: now, for: policy.freshFor) else {
      return missing("its last report is too old", isHeard: false)
    }
    guard held.report.version == Limits.wireVersion else { return missing("unsupported version") }
    guard !held.report.goodbye else { return missing("said goodbye", isHeard: false) }
    if isPlainlyGood(held, service, policy: policy, evidence: evidence, now: now) {
      return InstanceView(agent: agent, vote: .good)
    }
    let checks = held.report.checks.filter { $0.counts(for: service) }
    guard !checks.isEmpty else { return missing("no check counts for \(service)") }
    let voting = checks.filter { $0.state != .misconfigured }
    guard !voting.isEmpty else { return missing("every check is misconfigured") }
    let fresh = voting.filter {
      evidence.isFresh(held.instant(ageMs: $0.ageMs), now: now, for: policy.freshFor)
    }
    if let bad = firstBad(fresh) {
      guard !held.report.starved else { return missing("is starved; its bad votes do not count") }
      // What failed under a deploy notice was planned: it confirms nothing after its end.
      let began = held.instant(ageMs: bad.badSinceMs ?? bad.ageMs)
      let excused = evidence.excuses[agent]?.until.flatMap { now.counts(until: $0) ? nil : $0 }
      return InstanceView(
        agent: agent, vote: .bad, badSince: max(began, excused ?? began),
        reason: named(bad, or: "bad"), failure: bad.failure, failsByDynamoDB: bad.isOfDynamoDB,
        lacksCredentials: checks.contains(where: \.lacksCredentials))
    }
    if fresh.count < voting.count { return missing("a check has no fresh result") }
    if let unknown = voting.first(where: { $0.state == .unknown }) {
      return missing(named(unknown, or: "unknown"))
    }
    let flaw =
      voting.first { $0.state == .degraded } ?? checks.first { $0.state == .misconfigured }
    return InstanceView(
      agent: agent, vote: flaw == nil ? .good : .degraded,
      reason: flaw.map { named($0, or: $0.state.rawValue) })
  }

  /// Whether all checks that count are good and fresh, and there is one: as with most hosts, which
  /// are asked for each of their services. It copies nothing of the report.
  private static func isPlainlyGood(
    _ held: AgentEvidence, _ service: String, policy: Policy, evidence: Evidence, now: Present
  ) -> Bool {
    var isAny = false
    for place in held.report.checks.indices
    where held.report.checks[place].counts(for: service) {
      isAny = true
      guard held.report.checks[place].state == .good,
        evidence.isFresh(
          held.instant(ageMs: held.report.checks[place].ageMs), now: now, for: policy.freshFor)
      else { return false }
    }
    return isAny
  }

  /// The bad check that has been bad for longest.
  private static func firstBad(_ checks: [CheckResult]) -> CheckResult? {
    checks.filter { $0.state == .bad }
      .max { ($0.badSinceMs ?? $0.ageMs) < ($1.badSinceMs ?? $1.ageMs) }
  }

  /// Bad votes of hosts under a deploy notice become missing: of at most half of the hosts, rounded
  /// up, and of each for a while; beyond that they count (RULES 1).
  private static func excuseDeploys(
    _ instances: inout Instances, policy: Policy, evidence: Evidence, now: Present
  ) {
    let most = (instances.count + 1) / 2
    var left = most
    for index in instances.notablePlaces where instances[index].vote == .bad {
      let agent = instances[index].agent
      guard let held = evidence.voice(of: agent, now: now, for: policy.freshFor),
        let remaining = held.report.deployingMs,
        now.counts(until: held.receivedAt + .milliseconds(remaining)),
        let excuses = evidence.excuses[agent]
      else { continue }
      let refusal: String? =
        if !excuses.holds(at: now) {
          "at most \(TargetChooser.seconds(Defaults.deployLimit)) in any "
            + TargetChooser.seconds(Defaults.deployWindow)
        } else if left == 0 {
          "at most \(most) of \(instances.count) hosts at once"
        } else {
          nil
        }
      if let refusal {
        instances[index].reason? += "; its deploy notice does not count: \(refusal)"
        continue
      }
      instances[index].vote = .missing
      instances[index].badSince = nil
      instances[index].reason = "is being deployed"
      left -= 1
    }
  }
}

extension CheckResult {
  /// Whether it is a reason to leave the region for `service`.
  func counts(for service: String) -> Bool {
    counts == .region && !services.allSatisfy { $0 != "*" && $0 != service }
  }

  /// A relayed summary has no kind: agents name their checks by it.
  fileprivate var isOfDynamoDB: Bool { kind == "dynamodb" || name.hasPrefix("dynamodb ") }

  fileprivate var lacksCredentials: Bool {
    state == .misconfigured && (failure == .credentials || failure == .permission)
  }
}
