import Wire

/// One service's state machine: folds evidence into pictures, reduces them to facts, decides.
///
/// It has no clock, no I/O and no `async`; the shell makes every effect durable before it performs
/// it, and feeds outcomes back.
public struct Machine: Hashable, Sendable, Codable {
  public internal(set) var topology: Topology
  public internal(set) var policy: Policy
  /// What survives a restart.
  public internal(set) var memory: Memory
  /// Where DNS points, as last read.
  public internal(set) var at: AtFact = .unknown
  public internal(set) var write = WriteFact.pending
  var regions: [RegionID: RegionMemory] = [:]
  var request: Request?
  private var graceEnds: Instant

  /// A machine that starts at `started`, with what the journal holds; an open intent is resumed:
  /// its write may be under way until a read tells.
  public init(topology: Topology, policy: Policy, memory: Memory = Memory(), started: Instant) {
    self.topology = topology
    self.policy = policy
    self.memory = memory
    graceEnds = started + policy.grace
    switch memory.phase {
    case .steady, .cooling, .switching, .committed, .verifying: break
    // Confirmations rest on evidence, and none survives.
    case .confirming, .stranded, .awaitingApproval: self.memory.phase = .steady
    }
    write =
      switch memory.phase {
      case .switching: .underway
      case .committed: .partly
      case .verifying: .all
      case .steady, .cooling, .confirming, .stranded, .awaitingApproval: .pending
      }
    for region in topology.regions { regions[region.id] = RegionMemory(at: started) }
  }

  /// So much time passed that the boot-time clock does not know of, and nothing happened in it:
  /// only where time is virtual.
  public mutating func leaveOut(_ span: Duration) {
    graceEnds = graceEnds - span
    for id in regions.keys { regions[id]?.leaveOut(span) }
  }

  /// What is left of the start-up grace.
  public func graceLeft(_ now: Instant) -> Duration? {
    now < graceEnds ? graceEnds - now : nil
  }

  /// Whether the start-up grace runs.
  public func isInGrace(_ now: Present) -> Bool { !now.hasReached(graceEnds) }

  /// Takes in where DNS points; returns the region when it was not this machine that moved it
  /// there. One entry per name of the service; nil: not known.
  public mutating func observe(names: [NameReading]?, now: Now) -> RegionID? {
    guard let names else {
      at = .unknown
      return nil
    }
    expireEchoes(Present(now))
    let found = Self.locate(names, topology: topology)
    if let echo = echo(in: names) {
      noteEcho(of: echo)
      return nil
    }
    at = noteDrift(names, found: found.fact, now: now)
    guard let region = found.region else { return nil }
    guard memory.intent == nil else { return nil }
    guard region != memory.active else { return nil }
    let adopted = memory.active != nil
    memory.active = region
    memory.activeSinceMs = now.wallMs
    if adopted {
      memory.pinned = region == topology.primary ? nil : region
      memory.pinnedUntilMs = nil
    }
    return adopted ? region : nil
  }

  /// The same for a service with one name.
  public mutating func observe(addresses: NameReading?, now: Now) -> RegionID? {
    observe(names: addresses.map { [$0] }, now: now)
  }

  /// Which region the names point at (RULES 7): one, or it is none.
  static func locate(
    _ names: [NameReading], topology: Topology
  ) -> (fact: AtFact, region: RegionID?) {
    var found: Set<RegionID> = []
    for name in names {
      for family in topology.families {
        let values = name[family] ?? []
        guard !values.isEmpty else { return (.unknown, nil) }
        for value in values {
          let owner = topology.regions.first { $0.addresses[family] == value }
          guard let owner else { return (.foreign, nil) }
          found.insert(owner.id)
        }
      }
    }
    if found.count > 1 { return (.mixed, nil) }
    return (found.isEmpty ? .unknown : .region, found.first)
  }

  /// Takes in whether what is written to the zone reaches users; `trouble` says why it does not.
  public mutating func observe(zoneTrouble trouble: String?) {
    memory.zoneTrouble = trouble
  }

  /// Whether a reading would make it forget where users are, the active region or an adopted
  /// address: a single one does not count for that.
  public func wouldForget(_ names: [NameReading]) -> Bool {
    guard memory.intent == nil, memory.active != nil else { return false }
    let found = Self.locate(names, topology: topology)
    if let accepted = memory.accepted { return found.fact != .unknown && names.shown != accepted }
    guard let region = found.region, echo(in: names) == nil else { return false }
    return region != memory.active
  }

  /// Takes in how far the writes of the move in flight are.
  public mutating func observe(write: WriteFact) {
    self.write = write
  }

  /// Restarts every confirmation (RULES 6c).
  public mutating func restartConfirmations() {
    for id in regions.keys { regions[id]?.restartConfirmation() }
  }

  /// Judges, decides, and applies the decision to the memory. The shell stores `memory` and the
  /// transition in one transaction before it performs the effect.
  public mutating func tick(
    evidence: Evidence, doubts: Doubts, now: Now
  ) -> (transition: Transition?, assessment: Assessment) {
    tick(evidence: evidence, doubts: doubts, now: Present(now))
  }

  /// The same, at a present that notes when it has to be done again.
  public mutating func tick(
    evidence: Evidence, doubts: Doubts, now: Present
  ) -> (transition: Transition?, assessment: Assessment) {
    expireOrders(now)
    expireEchoes(now)
    let view = draw(evidence: evidence, doubts: doubts, now: now)
    let before = memory.phase
    let decision = decide(before, view.facts)
    let ended = memory.intent
    apply(decision, view: view, now: now)
    noteHeld(decision, view: view, now: now)
    let changed = decision.next != before || decision.effect != .none
    let transition =
      changed
      ? Transition(
        from: before, decision: decision, facts: view.facts, ended: ended,
        opened: memory.intent == ended ? nil : memory.intent)
      : nil
    return (transition, assessment(view, decision: decision, now: now))
  }

  private mutating func apply(_ decision: Decision, view: View, now: Present) {
    memory.phase = decision.next
    switch decision.effect {
    case .none: break
    case .verify: passPointOfNoReturn(now: now)
    case .openEmergency:
      noteRelapse(now: now)
      open(.emergency, to: view.target, rule: decision.rule)
    case .openElective: open(.elective, to: topology.primary, rule: decision.rule)
    case .openRepair:
      if decision.rule == .enforceDrift { enforceDrift(now: now) } else { openRepair() }
    case .openCommanded:
      request.map { begin($0, rule: decision.rule) }
    case .cancel:
      // Nothing was written.
      unpin()
      memory.intent = nil
      memory.calledOff = nil
    case .fail:
      unpin()
      memory.intent = nil
      if decision.rule == .writeRefused { memory.refusedMs = now.wallMs }
      write = .pending
    case .supersede:
      noteRelapse(now: now)
      let halfway = view.facts.write == .partly || view.facts.write == .apart
      open(.emergency, to: view.target, rule: decision.rule)
      memory.intent?.halfway = halfway ? true : nil
    case .passPointOfNoReturn:
      passPointOfNoReturn(now: now)
    case .finish:
      if memory.intent?.errand != .repair { memory.completedMs = now.wallMs }
      memory.intent = nil
      write = .pending
    }
  }

  /// An operator's move that was not made pins nothing.
  private mutating func unpin() {
    guard let intent = memory.intent, intent.errand == .commanded,
      memory.pinned == nil || memory.pinned == intent.to
    else { return }
    memory.pinned = intent.pinnedBefore
    memory.pinnedUntilMs = intent.pinnedBeforeUntilMs
  }

  /// The primary fails again soon after users were returned to it: the next return is not made
  /// without a look (RULES 9).
  private mutating func noteRelapse(now: Present) {
    let last = memory.moves.last
    let returned = memory.returnedMs ?? (last?.errand == .elective ? last?.atMs : nil)
    guard let returned, let active = memory.active, active == topology.primary,
      now.isWithin(policy.probation, ofMs: returned)
    else { return }
    memory.disarmed = Disarmed(region: active, atMs: now.wallMs)
  }

  private mutating func begin(_ request: Request, rule: Rule) {
    let (pinned, untilMs) = (memory.pinned, memory.pinnedUntilMs)
    open(.commanded, to: request.to, rule: rule, overrides: request.overrides)
    memory.intent?.pinnedBefore = pinned
    memory.intent?.pinnedBeforeUntilMs = untilMs
    self.request = nil
    if request.to == memory.active {
      // Users are not there: an adopted address is replaced, and nothing else changes.
      memory.intent?.from = nil
      return
    }
    memory.pinned = request.isFailback ? nil : request.to
    memory.pinnedUntilMs = request.isFailback ? nil : request.untilMs
  }

  /// The move in flight has written: it counts, and DNS points at its target from now on. Once.
  private mutating func passPointOfNoReturn(now: Present) {
    guard let intent = memory.intent else { return }
    at = .region
    memory.accepted = nil
    guard memory.active != intent.to else { return }
    count(intent, now: now)
    if intent.to == topology.primary { noteReturn(intent, now: now) }
    memory.left = memory.active
    memory.active = intent.to
    memory.activeSinceMs = now.wallMs
  }

  /// The hour of probation follows every return, an operator's too (RULES 9).
  private mutating func noteReturn(_ intent: Intent, now: Present) {
    switch intent.errand {
    case .elective, .commanded: memory.returnedMs = now.wallMs
    case .emergency, .repair: break
    }
  }

  mutating func open(
    _ errand: Errand, from: RegionID? = nil, to: RegionID?, rule: Rule, overrides: [String] = []
  ) {
    memory.epoch += 1
    memory.approval = nil
    memory.calledOff = nil
    let replaces = memory.accepted ?? memory.intent?.replaces
    memory.intent = to.map { to in
      Intent(
        epoch: memory.epoch, errand: errand, from: from ?? memory.active, to: to, rule: rule,
        overrides: overrides)
    }
    memory.intent?.replaces = replaces
    write = .pending
  }

  /// Counts an automatic move against the budget.
  private mutating func count(_ intent: Intent, now: Present) {
    guard intent.errand.isAutomaticMove else { return }
    let kept = memory.moves.filter { inWindow($0.atMs, now) }
    memory.moves = kept + [MoveMark(atMs: now.wallMs, errand: intent.errand)]
  }

  /// Notes since when a confirmed down verdict of the active region has been held back, and until
  /// when it was.
  private mutating func noteHeld(_ decision: Decision, view: View, now: Present) {
    guard let active = view.active else { return }
    let isUnderWay = memory.intent != nil && decision.rule != .supersedeAwaitsApproval
    if view.facts.source == .confirmed, !isUnderWay {
      regions[active]?.hold(now)
    } else {
      regions[active]?.letGo(now)
    }
  }
}
