/// Where a service is in its state machine; paused and maintenance are facts, not phases.
public enum Phase: String, Hashable, Sendable, Codable, CaseIterable {
  /// Nothing is going on.
  case steady
  /// The active region is down and that is being confirmed, or the move is held back.
  case confirming
  /// The active region is confirmed down and no region may take over.
  case stranded
  /// The active region is confirmed down, a target is there, and an operator has to approve.
  case awaitingApproval = "awaiting_approval"
  /// An intent is durable; no record is written yet: it can still be called off.
  case switching
  /// At least one record is written: the move is finished whatever the source does.
  case committed
  /// Every record is written; the name servers are being asked.
  case verifying
  /// A move was completed a short while ago.
  case cooling
}

/// Where DNS points, as far as a decision depends on it (RULES 7).
public enum AtFact: String, Hashable, Sendable, Codable, CaseIterable {
  case region, mixed, foreign, unknown
  /// An abandoned write of ours has landed late.
  case echo
  /// A foreign or mixed value that is to be overwritten now (`drift = "enforce"`).
  case drift
}

/// How the active region stands.
public enum SourceFact: String, Hashable, Sendable, Codable, CaseIterable {
  /// Up.
  case well
  /// Silent, partial or unknown: no reason to move.
  case unsure
  /// Down, not yet for as long as its verdict needs.
  case down
  /// Down for as long as its verdict needs.
  case confirmed
}

/// What holds an automatic move back, in the order in which it is told.
public enum Block: String, Hashable, Sendable, Codable, CaseIterable {
  case conflict, grace, doubt, zone, observe, pause, maintenance, budget, freeBudget, refusal

  /// The rule that says so.
  public var rule: Rule {
    switch self {
    case .conflict: .blockedByConflict
    case .grace: .blockedByGrace
    case .doubt: .blockedByDoubt
    case .zone: .blockedByZone
    case .observe: .blockedByObserve
    case .pause: .blockedByPause
    case .maintenance: .blockedByMaintenance
    case .budget: .blockedByBudget
    case .freeBudget: .blockedByFreeBudget
    case .refusal: .blockedByRefusal
    }
  }

  /// Somebody wants no automatic move: one that has written nothing is called off.
  var callsOff: Bool {
    switch self {
    case .conflict, .observe, .pause, .maintenance: true
    case .grace, .doubt, .zone, .budget, .freeBudget, .refusal: false
    }
  }
}

/// Why a move is being made.
public enum Errand: String, Hashable, Sendable, Codable, CaseIterable {
  /// From a region with a confirmed down verdict.
  case emergency
  /// An automatic failback.
  case elective
  /// A named operator's.
  case commanded
  /// What a late echo or somebody else put into the record is overwritten: not a move.
  case repair

  /// Nobody asked for it.
  var isAutomaticMove: Bool {
    switch self {
    case .emergency, .elective: true
    case .commanded, .repair: false
    }
  }
}

/// How the target of the move in flight stands.
public enum GoalFact: String, Hashable, Sendable, Codable, CaseIterable {
  case eligible, ineligible, dead
}

/// How far the writes of the move in flight are.
public enum WriteFact: String, Hashable, Sendable, Codable, CaseIterable {
  /// No write was sent.
  case pending
  /// No write was sent, and the move that this one replaced has left the records apart.
  case apart
  /// A write was sent and its outcome is not known.
  case underway
  case partly, all
  /// The name servers agree.
  case converged
  /// The provider refused for good before anything was written.
  case refused
}

/// Whether traffic may return to the primary by itself.
public enum GateFact: String, Hashable, Sendable, Codable, CaseIterable {
  /// The primary is active, or failback is not automatic here and now.
  case none
  case closed, open
}

/// Everything a decision may depend on, with time already reduced to booleans.
public struct Facts: Hashable, Sendable, Codable {
  public var at: AtFact
  public var source: SourceFact
  /// A region is eligible to take over from the active one.
  public var hasTarget: Bool
  public var block: Block?
  /// An automatic move needs an operator's approval and has none.
  public var unapproved: Bool
  public var gate: GateFact
  /// A named operator's valid request waits: for a move, or to take back the one that is in flight.
  public var request: Bool
  /// The cool-down runs.
  public var cooling: Bool
  public var errand: Errand
  public var goal: GoalFact
  public var write: WriteFact

  public init(
    at: AtFact = .region, source: SourceFact = .well, hasTarget: Bool = true, block: Block? = nil,
    unapproved: Bool = false, gate: GateFact = .none, request: Bool = false, cooling: Bool = false,
    errand: Errand = .emergency, goal: GoalFact = .eligible, write: WriteFact = .pending
  ) {
    self.at = at
    self.source = source
    self.hasTarget = hasTarget
    self.block = block
    self.unapproved = unapproved
    self.gate = gate
    self.request = request
    self.cooling = cooling
    self.errand = errand
    self.goal = goal
    self.write = write
  }
}

/// What a decision asks the shell to do; every one is durable before it is done.
public enum Effect: String, Hashable, Sendable, Codable, CaseIterable {
  case none
  /// Open an intent for that errand and perform it.
  case openEmergency, openElective, openCommanded, openRepair
  /// Close the intent as cancelled.
  case cancel
  /// Close the intent as superseded and open the next in the same transaction.
  case supersede
  /// Close the intent as failed.
  case fail
  /// Note the first committed write: the move counts from now on.
  case passPointOfNoReturn
  /// Ask the name servers until they agree.
  case verify
  /// Close the intent as converged.
  case finish
}

/// The outcome of `decide`.
public struct Decision: Hashable, Sendable, Codable {
  public var rule: Rule
  public var next: Phase
  public var effect: Effect

  public init(_ rule: Rule, _ next: Phase, _ effect: Effect = .none) {
    self.rule = rule
    self.next = next
    self.effect = effect
  }
}
