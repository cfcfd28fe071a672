/// Whether traffic moves: total, pure, one function per phase, every arm a numbered rule.
public func decide(_ phase: Phase, _ facts: Facts) -> Decision {
  switch phase {
  case .steady: steady(facts)
  case .confirming: confirming(facts)
  case .stranded: stranded(facts)
  case .switching: switching(facts)
  case .committed: committed(facts)
  case .verifying: verifying(facts)
  case .cooling: cooling(facts)
  }
}

extension Facts {
  /// The phase of rest: cooling while the cool-down runs.
  fileprivate var rest: Phase { cooling ? .cooling : .steady }

  /// The gate counts only where nothing holds an elective move back.
  fileprivate var openGate: GateFact {
    gate == .open && (block != nil || cooling) ? .closed : gate
  }
}

private func steady(_ facts: Facts) -> Decision {
  switch (facts.at, facts.request, facts.source, facts.openGate) {
  case (.unknown, _, _, _): Decision(.atUnknown, .steady)
  case (.foreign, _, _, _): Decision(.atForeign, .steady)
  case (.mixed, _, _, _): Decision(.atMixed, .steady)
  case (.region, true, _, _): Decision(.operatorMove, .switching, .openCommanded)
  case (.region, false, .well, .open): Decision(.failBack, .switching, .openElective)
  case (.region, false, .well, .closed): Decision(.failbackGateClosed, .steady)
  case (.region, false, .well, .none): Decision(.steady, .steady)
  case (.region, false, .unsure, _): Decision(.unsure, .steady)
  case (.region, false, .down, _), (.region, false, .confirmed, _): Decision(.suspect, .confirming)
  }
}

private func cooling(_ facts: Facts) -> Decision {
  switch (facts.at, facts.request, facts.source, facts.cooling) {
  case (.unknown, _, _, _): Decision(.atUnknown, facts.rest)
  case (.foreign, _, _, _): Decision(.atForeign, facts.rest)
  case (.mixed, _, _, _): Decision(.atMixed, facts.rest)
  case (.region, true, _, _): Decision(.operatorMove, .switching, .openCommanded)
  case (.region, false, .well, true): Decision(.coolingDown, .cooling)
  case (.region, false, .well, false): Decision(.cooldownOver, .steady)
  case (.region, false, .unsure, _): Decision(.unsure, facts.rest)
  case (.region, false, .down, _), (.region, false, .confirmed, _): Decision(.suspect, .confirming)
  }
}

private func confirming(_ facts: Facts) -> Decision {
  switch (facts.at, facts.request, facts.source, facts.block, facts.hasTarget) {
  case (.unknown, _, _, _, _): Decision(.atUnknown, facts.rest)
  case (.foreign, _, _, _, _): Decision(.atForeign, facts.rest)
  case (.mixed, _, _, _, _): Decision(.atMixed, facts.rest)
  case (.region, true, _, _, _): Decision(.operatorMove, .switching, .openCommanded)
  case (.region, false, .well, _, _): Decision(.refuted, facts.rest)
  case (.region, false, .unsure, _, _): Decision(.doubtful, facts.rest)
  case (.region, false, .down, _, _): Decision(.confirmWait, .confirming)
  case (.region, false, .confirmed, .some(let block), _): Decision(block.rule, .confirming)
  case (.region, false, .confirmed, nil, false): Decision(.noTarget, .stranded)
  case (.region, false, .confirmed, nil, true): Decision(.failOver, .switching, .openEmergency)
  }
}

private func stranded(_ facts: Facts) -> Decision {
  switch (facts.at, facts.request, facts.source, facts.block, facts.hasTarget) {
  case (.unknown, _, _, _, _): Decision(.atUnknown, facts.rest)
  case (.foreign, _, _, _, _): Decision(.atForeign, facts.rest)
  case (.mixed, _, _, _, _): Decision(.atMixed, facts.rest)
  case (.region, true, _, _, _): Decision(.operatorMove, .switching, .openCommanded)
  case (.region, false, .well, _, _): Decision(.recovered, facts.rest)
  case (.region, false, .unsure, _, _): Decision(.doubtful, facts.rest)
  case (.region, false, .down, _, _): Decision(.confirmWait, .confirming)
  case (.region, false, .confirmed, .some(let block), _): Decision(block.rule, .confirming)
  case (.region, false, .confirmed, nil, false): Decision(.noTarget, .stranded)
  case (.region, false, .confirmed, nil, true): Decision(.failOver, .switching, .openEmergency)
  }
}

private func switching(_ facts: Facts) -> Decision {
  switch facts.write {
  case .underway: Decision(.writeUnderway, .switching)
  case .refused: Decision(.writeRefused, facts.rest, .fail)
  case .partly: Decision(.pointOfNoReturn, .committed, .passPointOfNoReturn)
  case .all, .converged: Decision(.allCommitted, .verifying, .verify)
  case .pending: beforeFirstWrite(facts)
  }
}

private func beforeFirstWrite(_ facts: Facts) -> Decision {
  switch (facts.block, facts.goal, facts.errand, facts.source, facts.gate) {
  case (.grace, _, _, _, _), (.doubt, _, _, _, _): Decision(.resumeWait, .switching)
  case (_, .dead, _, _, _), (_, .ineligible, _, _, _):
    Decision(.cancelTargetLost, facts.rest, .cancel)
  case (_, .eligible, .emergency, .well, _): Decision(.cancelRefuted, facts.rest, .cancel)
  case (_, .eligible, .elective, _, .closed), (_, .eligible, .elective, _, .none):
    Decision(.cancelGateClosed, facts.rest, .cancel)
  case (_, .eligible, .elective, _, .open), (_, .eligible, .commanded, _, _),
    (_, .eligible, .emergency, .unsure, _), (_, .eligible, .emergency, .down, _),
    (_, .eligible, .emergency, .confirmed, _):
    Decision(.writePending, .switching)
  }
}

private func committed(_ facts: Facts) -> Decision {
  switch (facts.write, facts.goal, facts.hasTarget, facts.block) {
  case (.all, _, _, _), (.converged, _, _, _): Decision(.allCommitted, .verifying, .verify)
  case (.partly, .dead, true, nil): Decision(.supersede, .switching, .supersede)
  case (.partly, .dead, false, _), (.partly, .dead, true, .some):
    Decision(.targetDeadNoOther, .committed)
  case (.partly, .eligible, _, _), (.partly, .ineligible, _, _): Decision(.finishing, .committed)
  case (.pending, _, _, _), (.underway, _, _, _), (.refused, _, _, _):
    Decision(.finishing, .committed)
  }
}

private func verifying(_ facts: Facts) -> Decision {
  switch (facts.write, facts.goal, facts.hasTarget, facts.block) {
  case (.converged, _, _, _): Decision(.converged, .cooling, .finish)
  case (.refused, _, _, _): Decision(.overtaken, facts.rest, .fail)
  case (_, .dead, true, nil): Decision(.supersede, .switching, .supersede)
  case (_, .dead, false, _), (_, .dead, true, .some): Decision(.targetDeadNoOther, .verifying)
  case (.all, .eligible, _, _), (.all, .ineligible, _, _): Decision(.awaitPublication, .verifying)
  case (.pending, .eligible, _, _), (.pending, .ineligible, _, _),
    (.underway, .eligible, _, _), (.underway, .ineligible, _, _),
    (.partly, .eligible, _, _), (.partly, .ineligible, _, _):
    Decision(.awaitPublication, .verifying)
  }
}
