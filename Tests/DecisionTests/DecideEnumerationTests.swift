import Decision
import Testing

/// Every phase with every combination of facts: small enough to look at all of them.
struct DecideEnumerationTests {
  /// Calls `body` with each of the 870,912 combinations.
  static func all(_ body: (Phase, Facts) -> Void) {
    let blocks = [nil] + Block.allCases.map(Optional.some)
    var facts = Facts()
    for at in AtFact.allCases {
      facts.at = at
      for source in SourceFact.allCases {
        facts.source = source
        for block in blocks {
          facts.block = block
          for gate in GateFact.allCases {
            facts.gate = gate
            for errand in Errand.allCases {
              facts.errand = errand
              for goal in GoalFact.allCases {
                facts.goal = goal
                for write in WriteFact.allCases {
                  facts.write = write
                  switches(facts, body)
                }
              }
            }
          }
        }
      }
    }
  }

  private static func switches(_ facts: Facts, _ body: (Phase, Facts) -> Void) {
    var facts = facts
    for bits in 0..<8 {
      facts.hasTarget = bits & 1 != 0
      facts.request = bits & 2 != 0
      facts.cooling = bits & 4 != 0
      for phase in Phase.allCases { body(phase, facts) }
    }
  }

  /// Collects the combinations that break a property; a failure shows the first few.
  private static func broken(_ holds: (Phase, Facts, Decision) -> Bool) -> [String] {
    var found: [String] = []
    all { phase, facts in
      let decision = decide(phase, facts)
      if found.count < 3 && !holds(phase, facts, decision) {
        found.append("\(phase) \(facts) gives \(decision)")
      }
    }
    return found
  }

  private static let withoutIntent: Set<Phase> = [.steady, .confirming, .stranded, .cooling]

  @Test func everyRuleFires() {
    var silent = Set(Rule.allCases)
    var count = 0
    Self.all { phase, facts in
      silent.remove(decide(phase, facts).rule)
      count += 1
    }
    #expect(silent.isEmpty)
    #expect(count == 870_912)
  }

  @Test func theSameFactsGiveTheSameDecision() {
    #expect(Self.broken { decide($0, $1) == $2 } == [])
  }

  @Test func intentsOpenOnlyWhereNoneIs() {
    let broken = Self.broken { phase, _, decision in
      switch decision.effect {
      case .openEmergency, .openElective, .openCommanded:
        Self.withoutIntent.contains(phase) && decision.next == .switching
      case .supersede:
        (phase == .committed || phase == .verifying) && decision.next == .switching
      case .cancel: phase == .switching && Self.withoutIntent.contains(decision.next)
      case .fail:
        // In `verifying` only what someone else did to the record ends a move.
        (phase == .switching || phase == .verifying && decision.rule == .overtaken)
          && Self.withoutIntent.contains(decision.next)
      case .passPointOfNoReturn: phase == .switching && decision.next == .committed
      case .verify: (phase == .switching || phase == .committed) && decision.next == .verifying
      case .finish: phase == .verifying && decision.next == .cooling
      case .none:
        // Without an effect the intent stays where it is.
        Self.withoutIntent.contains(phase) == Self.withoutIntent.contains(decision.next)
      }
    }
    #expect(broken == [])
  }

  @Test func nothingOpensAgainstABlock() {
    let broken = Self.broken { _, facts, decision in
      switch decision.effect {
      case .openEmergency, .openElective, .supersede: facts.block == nil
      default: true
      }
    }
    #expect(broken == [])
  }

  @Test func anEmergencyNeedsAConfirmedSourceAndATarget() {
    let broken = Self.broken { _, facts, decision in
      decision.effect != .openEmergency
        || (facts.source == .confirmed && facts.hasTarget && facts.at == .region
          && !facts.request)
    }
    #expect(broken == [])
  }

  @Test func aFailbackNeedsAWellSourceAnOpenGateAndNoCooldown() {
    let broken = Self.broken { _, facts, decision in
      decision.effect != .openElective
        || (facts.source == .well && facts.gate == .open && facts.at == .region && !facts.cooling)
    }
    #expect(broken == [])
  }

  @Test func anOperatorIsHeardWhereverNoMoveIsInFlightAndDNSIsKnown() {
    let broken = Self.broken { phase, facts, decision in
      let heard = Self.withoutIntent.contains(phase) && facts.request && facts.at == .region
      return heard == (decision.effect == .openCommanded)
    }
    #expect(broken == [])
  }

  @Test func supersededOnlyForADeadTargetWithAnother() {
    let broken = Self.broken { _, facts, decision in
      decision.effect != .supersede || (facts.goal == .dead && facts.hasTarget)
    }
    #expect(broken == [])
  }

  @Test func noCancelOnceAWriteWasSent() {
    let broken = Self.broken { _, facts, decision in
      switch decision.effect {
      case .cancel: facts.write == .pending
      case .fail: facts.write == .refused
      default: true
      }
    }
    #expect(broken == [])
  }

  @Test func aWriteUnderWayIsWaitedFor() {
    let broken = Self.broken { phase, facts, decision in
      phase != .switching || facts.write != .underway
        || decision == Decision(.writeUnderway, .switching)
    }
    #expect(broken == [])
  }

  @Test func silenceAndDoubtMoveNothing() {
    let broken = Self.broken { phase, facts, decision in
      guard facts.source == .unsure, !facts.request, Self.withoutIntent.contains(phase) else {
        return true
      }
      return decision.effect == .none && decision.next != .confirming && decision.next != .stranded
    }
    #expect(broken == [])
  }

  @Test func aForeignAddressIsNeverActedOn() {
    let broken = Self.broken { phase, facts, decision in
      !Self.withoutIntent.contains(phase) || facts.at == .region || decision.effect == .none
    }
    #expect(broken == [])
  }

  /// Once a target is committed to, the source's recovery does not turn the move round.
  @Test func afterThePointOfNoReturnTheSourceDoesNotMatter() {
    let broken = Self.broken { phase, facts, decision in
      guard phase == .committed || phase == .verifying else { return true }
      return SourceFact.allCases.allSatisfy { source in
        var other = facts
        other.source = source
        return decide(phase, other) == decision
      }
    }
    #expect(broken == [])
  }

  /// A move is called off for exactly these reasons.
  @Test func whatCancels() {
    let broken = Self.broken { phase, facts, decision in
      guard phase == .switching, facts.write == .pending else {
        return decision.effect != .cancel
      }
      let waits = facts.block == .grace || facts.block == .doubt
      let lost = facts.goal != .eligible
      let refuted = facts.errand == .emergency && facts.source == .well
      let closed = facts.errand == .elective && facts.gate != .open
      return (decision.effect == .cancel) == (!waits && (lost || refuted || closed))
    }
    #expect(broken == [])
  }

  /// With unchanged facts every story comes to rest: no two decisions undo each other.
  @Test func noPingPong() {
    var restless: [String] = []
    Self.all { phase, facts in
      var phase = phase
      var facts = facts
      var seen: [String] = []
      for _ in 0..<8 {
        let decision = decide(phase, facts)
        if decision.next == phase && decision.effect == .none { return }
        if restless.count < 3 { seen.append("\(phase) \(decision.rule)") }
        phase = decision.next
        facts.take(decision.effect)
      }
      if restless.count < 3 { restless.append("\(seen) ends in \(phase) with \(facts)") }
    }
    #expect(restless == [])
  }
}

extension Facts {
  /// What the machine's facts become by an effect when nothing else changes in the world.
  fileprivate mutating func take(_ effect: Effect) {
    switch effect {
    case .none: break
    case .openEmergency: open(.emergency)
    case .openElective: open(.elective)
    case .openCommanded:
      open(.commanded)
      request = false
    case .supersede:
      open(.emergency)
      source = .confirmed
    case .cancel: write = .pending
    case .fail:
      write = .pending
      if block == nil { block = .refusal }
      if gate == .open { gate = .closed }
    case .passPointOfNoReturn, .verify: arrive()
    case .finish:
      write = .pending
      cooling = true
      if gate == .open { gate = .closed }
    }
  }

  /// Only what is eligible is chosen.
  private mutating func open(_ errand: Errand) {
    self.errand = errand
    goal = .eligible
    write = .pending
  }

  /// The target is the active region from now on.
  private mutating func arrive() {
    at = .region
    switch goal {
    case .dead: source = .confirmed
    case .eligible: source = .well
    case .ineligible: source = .unsure
    }
  }
}
