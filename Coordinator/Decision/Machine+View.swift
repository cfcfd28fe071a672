import Wire

extension Machine {
  /// What one tick is decided on.
  struct View {
    var facts: Facts
    var active: RegionID?
    var chooser: TargetChooser
    /// Of all regions but the active one.
    var eligibilities: [RegionID: Eligibility]
    var target: RegionID?
    var holds: [Hold]
    var gate: FailbackGate?
    /// What an automatic failback needs beyond the gate.
    var arming: [CheckedLine]
    /// The automatic move that would need an approval and does not have it.
    var asks: Question?
    var confirmation: Duration?
    var evidence: Evidence
    /// The active region as the target of a move that only replaces an adopted address.
    var putBack: Eligibility?
  }

  /// Draws every region, folds the pictures into the memories, and reduces all to facts.
  mutating func draw(evidence: Evidence, doubts: Doubts, now: Present) -> View {
    let excused = agentsInMaintenance
    let pictures = fold(evidence: evidence, excused: excused, now: now)
    let cooling = isCooling(now)
    let confirmed = confirm(pictures, cooling: cooling, now: now)
    let active = memory.active
    let chooser = TargetChooser(
      topology: topology, policy: policy, evidence: evidence, pictures: pictures,
      memories: regions, justLeft: cooling ? memory.left : nil, excused: excused,
      maintained: regionsInMaintenance, now: now)
    var query = query(active: active, pictures: pictures)
    query.longStable = movesUsed(now) >= policy.maxSwitches
    let eligibilities = chooser.eligibilities(query)
    let target = chooser.choose(query, among: eligibilities)
    let holds = holds(doubts: doubts, chooser: chooser, query: query, now: now)
    let gate = gate(chooser: chooser, active: active, now: now)
    let arming = arming(cooling: cooling, holds: holds, now: now)
    let source = source(active, pictures: pictures, confirmed: confirmed)
    // What a move in flight would go on to is a target, wherever it comes from.
    let isReturn = source == .well && memory.intent == nil
    let asks = asks(
      isReturn ? topology.primary : target, emergency: source != .well, chooser: chooser, now: now)
    let enforces = enforces(pictures: pictures, holds: holds, now: now)
    let facts = Facts(
      at: enforces ? .drift : at, source: source, hasTarget: target != nil,
      block: holds.first?.block,
      unapproved: asks != nil, gate: gateFact(gate, arming: arming),
      request: request != nil || isCalledOff,
      cooling: cooling, errand: memory.intent?.errand ?? .emergency,
      goal: goal(chooser: chooser, confirmed: confirmed), write: writeFact)
    return View(
      facts: facts, active: active, chooser: chooser, eligibilities: eligibilities,
      target: target, holds: holds, gate: gate, arming: arming, asks: asks,
      confirmation: active.flatMap { pictures[$0] }.flatMap { limit(of: $0, cooling: cooling) },
      evidence: evidence, putBack: putBack(active, chooser: chooser))
  }

  /// Nil where users are at the active region's own address.
  private func putBack(_ active: RegionID?, chooser: TargetChooser) -> Eligibility? {
    guard memory.accepted != nil, let active else { return nil }
    return chooser.eligibility(of: active, EligibilityQuery(source: nil))
  }

  private mutating func fold(
    evidence: Evidence, excused: Set<AgentID>, now: Present
  ) -> [RegionID: RegionPicture] {
    var pictures: [RegionID: RegionPicture] = [:]
    for region in topology.regions {
      let picture = RegionPicture.draw(
        of: region.id, topology: topology, policy: policy, evidence: evidence, now: now,
        excused: excused)
      pictures[region.id] = picture
      regions[region.id]?.fold(picture, policy: policy, now: now)
    }
    return pictures
  }

  /// The regions that are down for as long as their verdicts need; every region's confirmation
  /// runs, also that of a move's target.
  private mutating func confirm(
    _ pictures: [RegionID: RegionPicture], cooling: Bool, now: Present
  ) -> Set<RegionID> {
    var confirmed: Set<RegionID> = []
    for (id, picture) in pictures {
      // The cool-down does not apply to the target of a move in flight (RULES 10).
      let doubled = cooling && id == memory.active && memory.intent == nil
      guard let limit = limit(of: picture, cooling: doubled) else { continue }
      if regions[id]?.confirm(limit: limit, now: now) == true { confirmed.insert(id) }
    }
    return confirmed
  }

  /// How long the picture's down verdict has to stand; nil where it is none that moves traffic.
  private func limit(of picture: RegionPicture, cooling: Bool) -> Duration? {
    guard let confirmation = picture.judgement.confirmation, policy.movesFor(picture.verdict) else {
      return nil
    }
    let limit = policy.limit(confirmation, cooling: cooling)
    return picture.lacksCredentials ? limit + policy.credentialsWait : limit
  }

  /// As the shell tells it, with what the move before has left: a refusal does not end a move that
  /// has to bring the records together again.
  private var writeFact: WriteFact {
    guard memory.intent?.halfway == true else { return write }
    return write == .pending || write == .refused && memory.phase == .switching ? .apart : write
  }

  func isCooling(_ now: Present) -> Bool {
    // A wall clock that was set back must not stretch it.
    memory.completedMs.map { now.runs(policy.cooldown, sinceMs: $0) } ?? false
  }

  /// What a target of an emergency has to fulfil now.
  func query(active: RegionID?, pictures: [RegionID: RegionPicture]) -> EligibilityQuery {
    EligibilityQuery(
      source: active, sourceBadSince: active.flatMap { regions[$0]?.downSince },
      fullyHealthy: active.flatMap { pictures[$0]?.verdict } == .contested)
  }

  private func source(
    _ active: RegionID?, pictures: [RegionID: RegionPicture], confirmed: Set<RegionID>
  ) -> SourceFact {
    guard let active, let verdict = pictures[active]?.verdict else { return .unsure }
    if verdict.isUp { return .well }
    guard policy.movesFor(verdict) else { return .unsure }
    return confirmed.contains(active) ? .confirmed : .down
  }

  private mutating func gate(
    chooser: TargetChooser, active: RegionID?, now: Present
  ) -> FailbackGate? {
    guard let active, let primary = topology.primary, primary != active else { return nil }
    // While a failback writes, its source is still the active region.
    let gate = FailbackGate.judge(recovered: primary, active: active, chooser: chooser)
    regions[primary]?.noteLag(isBreached: gate.lagBreach, now: now)
    return gate
  }

  private func gateFact(_ gate: FailbackGate?, arming: [CheckedLine]) -> GateFact {
    guard let gate, policy.failback == .automatic, memory.pinned == nil else { return .none }
    return gate.isOpen && arming.allSatisfy(\.holds) ? .open : .closed
  }

  /// How the target of the move in flight stands; what an operator overrode does not count.
  private func goal(chooser: TargetChooser, confirmed: Set<RegionID>) -> GoalFact {
    guard let intent = memory.intent else { return .ineligible }
    // Users are there already: only its death is a reason not to write it.
    if intent.errand == .repair {
      if confirmed.contains(intent.to) { return .dead }
      return mayEnforce(intent, pictures: chooser.pictures) ? .eligible : .ineligible
    }
    let query =
      switch intent.errand {
      case .emergency: query(active: intent.from, pictures: chooser.pictures)
      // As in the gate: both regions are well.
      case .elective: EligibilityQuery(source: nil)
      case .commanded, .repair: EligibilityQuery(source: intent.from)
      }
    let failing = chooser.eligibility(of: intent.to, query).conditions.contains {
      !$0.holds && !intent.overrides.contains($0.name)
    }
    if !intent.overrides.isEmpty && !failing { return .eligible }
    if confirmed.contains(intent.to) { return .dead }
    return failing ? .ineligible : .eligible
  }

  func assessment(_ view: View, decision: Decision, now: Present) -> Assessment {
    var risks: [RegionID: DataAtRisk] = [:]
    if let active = view.active {
      for region in topology.regions where region.id != active {
        risks[region.id] = dataAtRisk(from: active, to: region.id, view: view)
      }
    }
    let left = memory.completedMs.map {
      policy.cooldown - .milliseconds(now.wallMs - $0)
    }
    return Assessment(
      now: now.now, phase: memory.phase, epoch: memory.epoch, active: view.active,
      facts: view.facts,
      decision: decision, pictures: view.chooser.pictures, memories: regions,
      eligibilities: view.eligibilities, target: view.target, holds: view.holds, gate: view.gate,
      arming: view.arming, asks: view.asks, dataAtRisk: risks, confirmation: view.confirmation,
      cooldownLeft: left.flatMap { $0 > .zero ? $0 : nil }, movesUsed: movesUsed(now),
      intent: memory.intent, pinned: memory.pinned, voteless: voteless(now),
      putBack: view.putBack,
      replication: view.replication(now: now),
      illReplicas: Replication.replicas(
        of: topology.regions.map(\.id), as: topology.regions.map(\.id), topology: topology,
        policy: policy, evidence: view.evidence, now: now))
  }

  /// By region, the address that has given only answers without a vote for long.
  private func voteless(_ now: Present) -> [RegionID: Voteless] {
    guard let limit = policy.votelessAfter else { return [:] }
    return regions.compactMapValues { memory in
      memory.voteless?.filter { now.hasLasted(limit, since: $0.since) }.min { $0.since < $1.since }
    }
  }

  private func dataAtRisk(from source: RegionID, to target: RegionID, view: View) -> DataAtRisk? {
    let picture = view.chooser.pictures[source]
    // Heartbeats that stopped elsewhere bound the source's last write by its first bad evidence.
    let stopped = picture?.heartbeats == .stopped ? regions[source]?.downSince : nil
    return Heartbeats.dataAtRisk(
      source: source, target: target, topology: topology, policy: policy,
      evidence: view.evidence, stopped: stopped, alive: picture?.inside.state != .silent)
  }
}
