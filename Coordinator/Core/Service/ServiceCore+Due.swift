public import Decision
import Wire

/// What the newest step was made of, as far as it is not evidence.
struct Judged: Sendable {
  /// What is changed between steps.
  var outer: Outer
  var going: Going
  /// Until then time alone changes nothing.
  var wake: Wake
}

/// What a move in flight is taken up again by.
struct Going: Hashable, Sendable {
  var isMoving: Bool
  var isVerifying: Bool
  var retryFrom: Instant?
  var mayWriteFrom: Instant?
  /// Of the newest reading, where a move from before a restart waits for one.
  var readAt: Instant?
}

/// When a service has to be judged: as soon as its step could come to something else. Nothing of it
/// decides anything; judged more often, it comes to the same.
extension ServiceCore {
  /// Whether a step of now may come to something else than the newest one did.
  public func isDue(_ now: Now) -> Bool {
    guard let judged else { return true }
    return judged.wake.isDue(now) || judged.outer != machine.outer || judged.going != going
  }

  mutating func leaveOut(_ span: Duration) {
    machine.leaveOut(span)
    judged = nil
  }

  private func isLeasePending(_ now: Now) -> Bool {
    let lease = machine.policy.lease
    if case .pending = leases.standing(machine.memory, lease: lease, now: now.instant) {
      return true
    }
    return false
  }

  /// Nothing is going on, all is well, and nothing is waited for but time.
  ///
  /// `isGateStill`: what reports bring for a failback has been the same for long.
  public func isCalm(_ now: Now, isGateStill: Bool) -> Bool {
    guard let assessment, !isDue(now), !isWriting, !isLeasePending(now),
      machine.at == .region, !machine.isReadOnly, machine.memory.intent == nil,
      machine.memory.drift == nil, assessment.pictures.values.allSatisfy({ $0.verdict == .healthy })
    else { return false }
    if isGateStill { return true }
    let memory = machine.topology.primary.flatMap { assessment.memories[$0] }
    return assessment.gate.map {
      !$0.lagBreach && !$0.waitsForReports(memory, machine.policy)
    } ?? true
  }

  var going: Going {
    Going(
      isMoving: isMoving, isVerifying: isVerifying, retryFrom: retryFrom,
      mayWriteFrom: mayWriteFrom, readAt: resumed ? readAt : nil)
  }

  /// When it is due by time alone, if the evidence stays as it is; nil: never.
  public var wake: Wake? { judged?.wake }

  /// The same with words of now, for whoever looks at it: as long as nothing is due the newest step
  /// would come to the same, and only what it tells of ages would be another.
  ///
  /// `evenIfDue`: for whoever acts on it now, before the next step.
  public func looked(
    _ evidence: Evidence, _ doubts: Doubts, now: Now, evenIfDue: Bool = false
  ) -> ServiceCore {
    guard let assessment, assessment.now != now, evenIfDue || !isDue(now) else { return self }
    var (looked, copy) = (self, machine)
    looked.assessment = copy.tick(evidence: evidence, doubts: doubts, now: now).assessment
    return looked
  }

  /// Whether each report may complete something: users are not well served, a region or the
  /// replication is not well, or a failback is waited for. Else a report is of interest only for
  /// what it says otherwise than the one before.
  var isAttentive: Bool { !isAllWell || machine.memory.intent != nil }

  /// Whether a report that says nothing new has to be judged, of a service that is attentive: where
  /// users are not well served each one is; of the others what is not well is looked at.
  func minds(_ report: Report, _ evidence: Evidence, now: Now) -> Bool {
    guard isServed, let assessment, let active = assessment.active else { return true }
    let (topology, policy, now) = (machine.topology, machine.policy, Present(now))
    for (region, picture) in assessment.pictures where !picture.verdict.isUp {
      let beats = Heartbeats.view(
        of: region, topology: topology, policy: policy, evidence: evidence, now: now)
      if beats != picture.heartbeats { return true }
    }
    for (pair, judged) in assessment.replication where judged.state != .flowing {
      let found = Replication.view(
        from: pair.source, to: pair.target, topology: topology, policy: policy,
        evidence: evidence, now: now)
      if found?.state != judged.state { return true }
    }
    guard let gate = assessment.gate, let primary = topology.primary else { return false }
    return gate.minds(
      report, from: active, to: primary, assessment: assessment, machine: machine,
      evidence: evidence, now: now)
  }

  /// Whether it has to be judged for the coordinator's own probe of one of its addresses.
  func minds(
    _ probe: OwnProbe, after before: OwnProbe?, _ evidence: Evidence, now: Now
  ) -> Bool {
    guard judged != nil else { return false }
    guard isServed, let before else { return true }
    let limit = machine.policy.freshFor
    func counts(_ at: Instant) -> Bool { at >= evidence.floor && now.instant - at <= limit }
    return counts(before.voted ?? before.at) != counts(probe.voted ?? probe.at)
      || counts(before.at) != counts(probe.at) || before.vote != probe.vote
      || before.outcome != probe.outcome || before.status != probe.status
      || (before.servingStarted == nil) != (probe.servingStarted == nil)
      || (before.badNewest == nil) != (probe.badNewest == nil)
  }

  /// What was judged does not hold any more.
  mutating func forgetJudged() { judged = nil }

  /// Users are well served by the active region, as far as is known.
  private var isServed: Bool {
    guard let assessment, let active = assessment.active else { return false }
    return assessment.pictures[active]?.verdict.isUp == true && machine.memory.intent == nil
  }
}

extension Assessment {
  /// Users are where a region serves them, no other is down, replication flows in every direction,
  /// and no failback is waited for.
  var isAllWell: Bool {
    active.map { pictures[$0] != nil } == true && gate == nil
      && pictures.values.allSatisfy(\.verdict.isUp)
      && replication.values.allSatisfy { $0.state == .flowing }
  }
}
