import Wire

extension Machine {
  /// What one tick is decided on.
  struct View {
    var facts: Facts
    var active: RegionID?
    var chooser: TargetChooser
    var query: EligibilityQuery
    var target: RegionID?
    var blocks: [Block]
    var gate: FailbackGate?
    var confirmation: Duration?
    var evidence: Evidence
  }

  /// Draws every region, folds the pictures into the memories, and reduces all to facts.
  mutating func draw(evidence: Evidence, doubts: Doubts, now: Now) -> View {
    var pictures: [RegionID: RegionPicture] = [:]
    for region in topology.regions {
      let picture = RegionPicture.draw(
        of: region.id, topology: topology, policy: policy, evidence: evidence, now: now.instant)
      pictures[region.id] = picture
      _ = regions[region.id]?.fold(picture, policy: policy, now: now.instant)
    }
    let cooling = isCooling(now)
    // Every region's confirmation runs, also that of a move's target.
    var confirmed: Set<RegionID> = []
    for (id, picture) in pictures {
      guard let confirmation = picture.judgement.confirmation else { continue }
      // The cool-down does not apply to the target of a move in flight (RULES 10).
      let doubled = cooling && id == memory.active && memory.intent == nil
      let limit = policy.limit(confirmation, cooling: doubled)
      if regions[id]?.confirm(limit: limit, now: now.instant) == true { confirmed.insert(id) }
    }
    let active = memory.active
    let chooser = TargetChooser(
      topology: topology, policy: policy, evidence: evidence, pictures: pictures,
      memories: regions, justLeft: cooling ? memory.left : nil, now: now.instant)
    let query = query(active: active, pictures: pictures)
    let target = chooser.choose(query)
    let blocks = blocks(doubts: doubts, now: now)
    let gate = gate(chooser: chooser, active: active, now: now)
    let facts = Facts(
      at: at, source: source(active, pictures: pictures, confirmed: confirmed),
      hasTarget: target != nil, block: blocks.first,
      gate: gateFact(gate, blocks: blocks, cooling: cooling), request: request != nil,
      cooling: cooling, errand: memory.intent?.errand ?? .emergency,
      goal: goal(chooser: chooser, confirmed: confirmed), write: write)
    return View(
      facts: facts, active: active, chooser: chooser, query: query, target: target,
      blocks: blocks, gate: gate,
      confirmation: active.flatMap { pictures[$0]?.judgement.confirmation }.map {
        policy.limit($0, cooling: cooling)
      }, evidence: evidence)
  }

  func isCooling(_ now: Now) -> Bool {
    // A wall clock that was set back must not stretch it.
    memory.completedMs.map {
      (0..<policy.cooldown.wholeMilliseconds).contains(now.wallMs - $0)
    } ?? false
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
    guard verdict.isDown else { return .unsure }
    return confirmed.contains(active) ? .confirmed : .down
  }

  /// All that holds an automatic move back, in the order in which it is told.
  func blocks(doubts: Doubts, now: Now) -> [Block] {
    var blocks: [Block] = []
    if graceLeft(now.instant) != nil { blocks.append(.grace) }
    if doubts.blocks { blocks.append(.doubt) }
    if policy.automation == .observe { blocks.append(.observe) }
    if movesUsed(now) >= policy.maxSwitchesHard { blocks.append(.budget) }
    if let refused = memory.refusedMs,
      (0..<policy.refusalPause.wholeMilliseconds).contains(now.wallMs - refused)
    {
      blocks.append(.refusal)
    }
    return blocks
  }

  func movesUsed(_ now: Now) -> Int {
    let window = policy.switchWindow.wholeMilliseconds
    return memory.moves.count { now.wallMs - $0.atMs <= window }
  }

  private mutating func gate(
    chooser: TargetChooser, active: RegionID?, now: Now
  ) -> FailbackGate? {
    guard let active, let primary = topology.primary, primary != active else { return nil }
    // While a failback writes, its source is still the active region.
    let gate = FailbackGate.judge(recovered: primary, active: active, chooser: chooser)
    if gate.lagBreach { regions[primary]?.resetGate(now: now.instant) }
    return gate
  }

  private func gateFact(_ gate: FailbackGate?, blocks: [Block], cooling: Bool) -> GateFact {
    guard let gate, policy.failback == .automatic, memory.pinned == nil else { return .none }
    return gate.isOpen && blocks.isEmpty && !cooling ? .open : .closed
  }

  /// How the target of the move in flight stands; what an operator overrode does not count.
  private func goal(chooser: TargetChooser, confirmed: Set<RegionID>) -> GoalFact {
    guard let intent = memory.intent else { return .ineligible }
    let query =
      switch intent.errand {
      case .emergency: query(active: intent.from, pictures: chooser.pictures)
      // As in the gate: both regions are well.
      case .elective: EligibilityQuery(source: nil)
      case .commanded: EligibilityQuery(source: intent.from)
      }
    let failing = chooser.eligibility(of: intent.to, query).conditions.contains {
      !$0.holds && !intent.overrides.contains($0.name)
    }
    if !intent.overrides.isEmpty && !failing { return .eligible }
    if confirmed.contains(intent.to) { return .dead }
    return failing ? .ineligible : .eligible
  }

  func assessment(_ view: View, decision: Decision, now: Now) -> Assessment {
    var eligibilities: [RegionID: Eligibility] = [:]
    var risks: [RegionID: DataAtRisk] = [:]
    for region in topology.regions where region.id != view.active {
      eligibilities[region.id] = view.chooser.eligibility(of: region.id, view.query)
      if let active = view.active {
        risks[region.id] = dataAtRisk(from: active, to: region.id, view: view)
      }
    }
    let left = memory.completedMs.map {
      policy.cooldown - .milliseconds(now.wallMs - $0)
    }
    return Assessment(
      now: now, phase: memory.phase, epoch: memory.epoch, active: view.active, facts: view.facts,
      decision: decision, pictures: view.chooser.pictures, memories: regions,
      eligibilities: eligibilities, target: view.target, blocks: view.blocks, gate: view.gate,
      dataAtRisk: risks, confirmation: view.confirmation,
      cooldownLeft: left.flatMap { $0 > .zero ? $0 : nil }, movesUsed: movesUsed(now),
      intent: memory.intent, pinned: memory.pinned)
  }

  private func dataAtRisk(from source: RegionID, to target: RegionID, view: View) -> DataAtRisk? {
    guard let picture = view.chooser.pictures[source] else { return nil }
    // Heartbeats that stopped elsewhere bound the source's last write by its first bad evidence.
    let stopped = picture.heartbeats == .stopped ? regions[source]?.downSince : nil
    return Heartbeats.dataAtRisk(
      source: source, target: target, topology: topology, policy: policy,
      evidence: view.evidence, stopped: stopped, alive: picture.inside.state != .silent)
  }
}
