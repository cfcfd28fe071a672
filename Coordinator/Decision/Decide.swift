/// Whether traffic moves: total, pure, one function per phase, every arm a numbered rule.
public func decide(_ phase: Phase, _ facts: Facts) -> Decision {
  switch phase {
  case .steady: steady(facts)
  case .confirming: confirming(facts)
  case .stranded: stranded(facts)
  case .awaitingApproval: awaitingApproval(facts)
  case .switching: switching(facts)
  case .committed: committed(facts)
  case .verifying: verifying(facts)
  case .cooling: cooling(facts)
  }
}

extension Facts {
  /// The phase of rest: cooling while the cool-down runs.
  fileprivate var rest: Phase { cooling ? .cooling : .steady }

  /// Nothing is repaired toward a region that is down: users are better off elsewhere.
  fileprivate var place: AtFact {
    switch (at, source) {
    case (.echo, .down), (.echo, .confirmed): .region
    default: at
    }
  }

  /// Just started, or in doubt about the own view: nothing is written on it.
  fileprivate var evidenceIsThin: Bool { block == .grace || block == .doubt }

  /// The gate counts only where nothing holds an elective move back.
  fileprivate var openGate: GateFact {
    gate == .open && (block != nil || cooling) ? .closed : gate
  }
}

private func steady(_ facts: Facts) -> Decision {
  switch (facts.place, facts.request, facts.source, facts.openGate) {
  case (.unknown, _, _, _): Decision(.atUnknown, .steady)
  case (.foreign, _, _, _): Decision(.atForeign, .steady)
  case (.mixed, _, _, _): Decision(.atMixed, .steady)
  case (.echo, _, _, _): Decision(.lateEcho, .switching, .openRepair)
  case (.drift, _, _, _): Decision(.enforceDrift, .switching, .openRepair)
  case (.region, true, _, _): Decision(.operatorMove, .switching, .openCommanded)
  case (.region, false, .well, .open):
    facts.unapproved
      ? Decision(.failbackAwaitsApproval, .steady)
      : Decision(.failBack, .switching, .openElective)
  case (.region, false, .well, .closed): Decision(.failbackGateClosed, .steady)
  case (.region, false, .well, .none): Decision(.steady, .steady)
  case (.region, false, .unsure, _): Decision(.unsure, .steady)
  case (.region, false, .down, _), (.region, false, .confirmed, _): Decision(.suspect, .confirming)
  }
}

private func cooling(_ facts: Facts) -> Decision {
  switch (facts.place, facts.request, facts.source, facts.cooling) {
  case (.unknown, _, _, _): Decision(.atUnknown, facts.rest)
  case (.foreign, _, _, _): Decision(.atForeign, facts.rest)
  case (.mixed, _, _, _): Decision(.atMixed, facts.rest)
  case (.echo, _, _, _): Decision(.lateEcho, .switching, .openRepair)
  case (.drift, _, _, _): Decision(.enforceDrift, .switching, .openRepair)
  case (.region, true, _, _): Decision(.operatorMove, .switching, .openCommanded)
  case (.region, false, .well, true): Decision(.coolingDown, .cooling)
  case (.region, false, .well, false): Decision(.cooldownOver, .steady)
  case (.region, false, .unsure, _): Decision(.unsure, facts.rest)
  case (.region, false, .down, _), (.region, false, .confirmed, _): Decision(.suspect, .confirming)
  }
}

private func confirming(_ facts: Facts) -> Decision { leaving(facts, well: .refuted) }

private func awaitingApproval(_ facts: Facts) -> Decision { leaving(facts, well: .refuted) }

private func stranded(_ facts: Facts) -> Decision { leaving(facts, well: .recovered) }

/// The active region was down when this phase was entered; `well` says what its return means.
private func leaving(_ facts: Facts, well: Rule) -> Decision {
  switch (facts.place, facts.request, facts.source) {
  case (.unknown, _, _): Decision(.atUnknown, facts.rest)
  case (.foreign, _, _): Decision(.atForeign, facts.rest)
  case (.mixed, _, _): Decision(.atMixed, facts.rest)
  case (.echo, _, _): Decision(.lateEcho, .switching, .openRepair)
  case (.drift, _, _): Decision(.enforceDrift, .switching, .openRepair)
  case (.region, true, _): Decision(.operatorMove, .switching, .openCommanded)
  case (.region, false, .well): Decision(well, facts.rest)
  case (.region, false, .unsure): Decision(.doubtful, facts.rest)
  case (.region, false, .down): Decision(.confirmWait, .confirming)
  case (.region, false, .confirmed): confirmed(facts)
  }
}

/// The active region is down for as long as its verdict needs.
private func confirmed(_ facts: Facts) -> Decision {
  switch (facts.block, facts.hasTarget, facts.unapproved) {
  case (.some(let block), _, _): Decision(block.rule, .confirming)
  case (nil, false, _): Decision(.noTarget, .stranded)
  case (nil, true, true): Decision(.awaitApproval, .awaitingApproval)
  case (nil, true, false): Decision(.failOver, .switching, .openEmergency)
  }
}

private func switching(_ facts: Facts) -> Decision {
  switch facts.write {
  case .underway: Decision(.writeUnderway, .switching)
  case .refused: Decision(.writeRefused, facts.rest, .fail)
  case .partly: Decision(.pointOfNoReturn, .committed, .passPointOfNoReturn)
  case .all, .converged: Decision(.allCommitted, .verifying, .verify)
  case .pending: beforeFirstWrite(facts)
  case .apart: halfway(facts)
  }
}

private func beforeFirstWrite(_ facts: Facts) -> Decision {
  if facts.request, facts.errand == .commanded {
    return Decision(.cancelOrdered, facts.rest, .cancel)
  }
  if facts.evidenceIsThin { return Decision(.resumeWait, .switching) }
  if facts.errand.isAutomaticMove, facts.block?.callsOff == true {
    return Decision(.cancelHeld, facts.rest, .cancel)
  }
  return switch (facts.goal, facts.errand, facts.source, facts.gate) {
  case (.dead, _, _, _), (.ineligible, _, _, _):
    Decision(.cancelTargetLost, facts.rest, .cancel)
  case (.eligible, .emergency, .well, _): Decision(.cancelRefuted, facts.rest, .cancel)
  case (.eligible, .elective, _, .closed), (.eligible, .elective, _, .none):
    Decision(.cancelGateClosed, facts.rest, .cancel)
  case (.eligible, .elective, _, .open), (.eligible, .commanded, _, _), (.eligible, .repair, _, _),
    (.eligible, .emergency, .unsure, _), (.eligible, .emergency, .down, _),
    (.eligible, .emergency, .confirmed, _):
    Decision(.writePending, .switching)
  }
}

/// The move before this one was replaced when it had written some of the records: calling off would
/// leave them apart, so this move is made, or replaced in its turn.
private func halfway(_ facts: Facts) -> Decision {
  if facts.evidenceIsThin { return Decision(.resumeWait, .switching) }
  return switch facts.goal {
  case .eligible: Decision(.writePending, .switching)
  case .dead, .ineligible: replaced(facts, else: .switching)
  }
}

/// The target is down: another move takes the place of this one, where one is allowed.
private func replaced(_ facts: Facts, else phase: Phase) -> Decision {
  switch (facts.hasTarget, facts.block, facts.unapproved) {
  case (false, _, _), (true, .some, _): Decision(.targetDeadNoOther, phase)
  case (true, nil, true): Decision(.supersedeAwaitsApproval, phase)
  case (true, nil, false): Decision(.supersede, .switching, .supersede)
  }
}

private func committed(_ facts: Facts) -> Decision {
  switch (facts.write, facts.goal) {
  case (.all, _), (.converged, _): Decision(.allCommitted, .verifying, .verify)
  case (.partly, .dead): replaced(facts, else: .committed)
  case (.partly, .eligible), (.partly, .ineligible): Decision(.finishing, .committed)
  case (.pending, _), (.apart, _), (.underway, _), (.refused, _):
    Decision(.finishing, .committed)
  }
}

private func verifying(_ facts: Facts) -> Decision {
  switch (facts.write, facts.goal) {
  case (.converged, _): Decision(.converged, .cooling, .finish)
  case (.refused, _): Decision(.overtaken, facts.rest, .fail)
  case (_, .dead): replaced(facts, else: .verifying)
  case (_, .eligible), (_, .ineligible): Decision(.awaitPublication, .verifying)
  }
}
