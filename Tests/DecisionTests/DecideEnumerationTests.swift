import Decision
import Testing

/// Every phase with every combination of facts: small enough to look at all of them, once.
struct DecideEnumerationTests {
  static let withoutIntent: Set<Phase> = [
    .steady, .confirming, .stranded, .awaitingApproval, .cooling,
  ]

  @Test func everyPropertyHoldsForEveryCombination() {
    var silent = Set(Rule.allCases)
    var broken: [String: [String]] = [:]
    var count = 0
    Combinations.all { phase, facts, _ in
      let decision = decide(phase, facts)
      silent.remove(decision.rule)
      count += 1
      for property in Self.properties where !property.holds(phase, facts, decision) {
        // The first few are enough to see what is wrong.
        if broken[property.name, default: []].count < 3 {
          broken[property.name, default: []].append("\(phase) \(facts) gives \(decision)")
        }
      }
    }
    #expect(broken == [:])
    #expect(silent.isEmpty, "no combination fires these rules")
    #expect(count == Combinations.count)
  }

  /// With unchanged facts every story comes to rest: no two decisions undo each other.
  @Test func noPingPong() {
    var restless: [String] = []
    Combinations.all { phase, facts, _ in
      var phase = phase
      var facts = facts
      for _ in 0..<8 {
        let decision = decide(phase, facts)
        if decision.next == phase && decision.effect == .none { return }
        phase = decision.next
        facts.take(decision.effect)
      }
      if restless.count < 3 { restless.append("does not rest: \(phase) with \(facts)") }
    }
    #expect(restless == [])
  }
}

extension DecideEnumerationTests {
  struct Property: Sendable {
    var name: String
    var holds: @Sendable (Phase, Facts, Decision) -> Bool
  }

  static let properties: [Property] = [
    Property(name: "intents open only where none is") { phase, _, decision in
      switch decision.effect {
      case .openEmergency, .openElective, .openCommanded, .openRepair:
        withoutIntent.contains(phase) && decision.next == .switching
      case .supersede: !withoutIntent.contains(phase) && decision.next == .switching
      case .cancel: phase == .switching && withoutIntent.contains(decision.next)
      case .fail:
        // In `verifying` only what someone else did to the record ends a move.
        (phase == .switching || phase == .verifying && decision.rule == .overtaken)
          && withoutIntent.contains(decision.next)
      case .passPointOfNoReturn: phase == .switching && decision.next == .committed
      case .verify: (phase == .switching || phase == .committed) && decision.next == .verifying
      case .finish: phase == .verifying && decision.next == .cooling
      case .none:
        // Without an effect the intent stays where it is.
        withoutIntent.contains(phase) == withoutIntent.contains(decision.next)
      }
    },
    Property(name: "a write is made only on the way from an intent to its last record") {
      !$2.rule.mayWrite
        || [.switching, .committed].contains($2.next) && ![.cancel, .fail].contains($2.effect)
    },
    Property(name: "nothing opens by itself against a block") { _, facts, decision in
      switch decision.effect {
      case .openEmergency, .openElective, .supersede: facts.block == nil
      default: true
      }
    },
    Property(name: "nothing new opens by itself without the approval it needs") {
      switch $2.effect {
      case .openEmergency, .openElective, .supersede: !$1.unapproved
      default: true
      }
    },
    Property(name: "an emergency needs a confirmed source and a target") { _, facts, decision in
      decision.effect != .openEmergency
        || (facts.source == .confirmed && facts.hasTarget && facts.isPlaced
          && !facts.request)
    },
    Property(name: "a confirmed source with a target and nothing against it is left") {
      phase, facts, decision in
      let must =
        facts.source == .confirmed && facts.hasTarget && facts.isPlaced && facts.block == nil
        && !facts.unapproved && !facts.request && withoutIntent.contains(phase)
      // From rest it is first noted, in the same tick's evidence.
      return !must || decision.effect == .openEmergency || decision.next == .confirming
    },
    Property(name: "a failback needs a well source, an open gate and no cool-down") {
      $2.effect != .openElective
        || ($1.source == .well && $1.gate == .open && $1.at == .region && !$1.cooling)
    },
    Property(name: "an operator is heard wherever no move is in flight and DNS is known") {
      phase, facts, decision in
      let heard = withoutIntent.contains(phase) && facts.request && facts.isPlaced
      return heard == (decision.effect == .openCommanded)
    },
    Property(name: "superseded only for another target, when this one cannot be reached") {
      phase, facts, decision in
      guard decision.effect == .supersede else { return true }
      let dead = facts.goal == .dead
      let stuck = phase == .switching && facts.write == .apart && facts.goal == .ineligible
      return facts.hasTarget && (dead || stuck)
    },
    Property(name: "no cancel once a write was sent, also by the move before") {
      switch $2.effect {
      case .cancel: $1.write == .pending
      case .fail: $1.write == .refused
      default: true
      }
    },
    Property(name: "a write under way is waited for") { phase, facts, decision in
      phase != .switching || facts.write != .underway
        || decision == Decision(.writeUnderway, .switching)
    },
    Property(name: "silence and doubt move nothing") { phase, facts, decision in
      guard facts.source == .unsure, !facts.request, withoutIntent.contains(phase) else {
        return true
      }
      let alarmed: Set<Phase> = [.confirming, .stranded, .awaitingApproval]
      return [.none, .openRepair].contains(decision.effect) && !alarmed.contains(decision.next)
    },
    Property(name: "what DNS points at unknown to us is never acted on") { phase, facts, decision in
      !withoutIntent.contains(phase) || facts.isPlaced || decision.effect == .none
        || decision.effect == .openRepair
    },
    Property(name: "drift is overwritten, and a late echo unless the active region is down") {
      phase, facts, decision in
      let wrong = facts.at == .drift || facts.at == .echo && !facts.isPlaced
      let must = withoutIntent.contains(phase) && wrong
      return must == (decision.effect == .openRepair)
    },
    Property(name: "after the point of no return the source does not matter") {
      phase, facts, decision in
      guard phase == .committed || phase == .verifying else { return true }
      return SourceFact.allCases.allSatisfy { source in
        var other = facts
        other.source = source
        return decide(phase, other) == decision
      }
    },
    Property(name: "a move is called off for exactly these reasons") { phase, facts, decision in
      guard phase == .switching, facts.write == .pending else { return decision.effect != .cancel }
      let waits = facts.block == .grace || facts.block == .doubt
      let lost = facts.goal != .eligible
      let refuted = facts.errand == .emergency && facts.source == .well
      let closed = facts.errand == .elective && facts.gate != .open
      let held: Set<Block> = [.conflict, .observe, .pause, .maintenance]
      let stopped =
        [.emergency, .elective].contains(facts.errand) && facts.block.map(held.contains) == true
      let taken = facts.request && facts.errand == .commanded
      return (decision.effect == .cancel)
        == (taken || !waits && (lost || refuted || closed || stopped))
    },
  ]
}

extension Facts {
  /// What the machine's facts become by an effect when nothing else changes in the world.
  fileprivate mutating func take(_ effect: Effect) {
    switch effect {
    case .none: break
    case .openEmergency: open(.emergency)
    case .openElective: open(.elective)
    case .openRepair:
      open(.repair)
      // Once in a while only.
      if at == .drift { at = .foreign }
    case .openCommanded:
      open(.commanded)
      request = false
    case .supersede:
      let apart = write == .partly || write == .apart
      open(.emergency)
      source = .confirmed
      if apart { write = .apart }
    case .cancel:
      write = .pending
      request = false
    case .fail:
      write = .pending
      if block == nil { block = .refusal }
      if gate == .open { gate = .closed }
    case .passPointOfNoReturn, .verify: arrive()
    case .finish:
      write = .pending
      if errand != .repair { cooling = true }
      if gate == .open { gate = .closed }
    }
  }

  /// DNS points at a region as far as moves are concerned: a late echo hides no outage.
  var isPlaced: Bool {
    at == .region || at == .echo && (source == .down || source == .confirmed)
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
