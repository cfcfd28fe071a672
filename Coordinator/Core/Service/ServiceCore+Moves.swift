import Decision
import Wire

/// The writes of a move: begun by a stored transition, taken up again after a stop, permitted one
/// by one.
extension ServiceCore {
  /// Performs a transition's effect; it is durable already.
  mutating func perform(_ effect: Effect, now: Now) {
    switch effect {
    case .none, .passPointOfNoReturn: break
    case .openEmergency, .openElective, .openCommanded, .openRepair: startMove()
    case .cancel, .fail:
      direct(.forgetCaches)
      cancelWriting()
      stopVerifying()
    case .supersede:
      cancelWriting()
      stopVerifying()
      startMove()
    case .verify: verify()
    case .finish:
      stopVerifying()
      // The name servers have just shown what was written.
      wroteAt = nil
    }
  }

  /// Takes up again what a restart or a stopped write left: every step comes by here.
  mutating func keepGoing(now: Present) {
    guard let intent = machine.memory.intent else { return }
    switch machine.memory.phase {
    case .verifying: if !isVerifying { verify() }
    case .switching, .committed:
      guard !isMoving else { return }
      if machine.isReadOnly { return holdMove(now: now.now) }
      if let from = retryFrom, !now.hasReached(from) { return }
      switch assessment?.decision.rule {
      // Each of them waits for somebody else, and a write would be stopped by it.
      case .resumeWait, .targetDeadNoOther, .supersedeAwaitsApproval: return
      default: break
      }
      if let from = mayWriteFrom, !now.hasReached(from) { return }
      if machine.isInGrace(now) { return }
      guard resumed else { return startMove() }
      if machine.write == .underway {
        // What was under way before the restart has landed or never will, as a reading from
        // after the wait tells; the next step judges the move anew.
        guard let read = readAt, let from = mayWriteFrom, read >= from else { return }
        machine.noteMayLand(now: now.now)
        machine.observe(write: hasBegun(intent) ? .partly : .pending)
      }
      resumed = false
      tell(.resumed, at: now.now, text: "taking up the move to \(intent.to) after a restart")
    case .steady, .confirming, .awaitingApproval, .stranded, .cooling: break
    }
  }

  /// Whether a record shows the target already: then there is no way back.
  private func hasBegun(_ intent: Intent) -> Bool {
    guard let found = reading, let target = machine.topology.region(intent.to) else { return false }
    return found.contains { name in
      machine.topology.families.contains { name.shows(target, $0) }
    }
  }

  /// A move that waits for an operator's `adopt`: one that wrote nothing ends.
  private mutating func holdMove(now: Now) {
    guard let claim = machine.claim, machine.memory.phase == .switching,
      machine.write == .pending, machine.memory.intent?.halfway != true
    else { return }
    refuse(Self.readOnly(claim), now: now)
  }

  /// Why nothing is written.
  public static func readOnly(_ claim: String) -> String {
    "\(claim): nothing is written until signalbox adopt"
  }

  // MARK: One after the other

  mutating func startMove() {
    guard let intent = machine.memory.intent, let plan = plan(intent) else { return }
    // What was read before this move says nothing about where DNS points after it.
    generation += 1
    reading = nil
    readAt = nil
    direct(.forgetCaches)
    // One writer at a time: the one before ends between two calls.
    waitsForMove = writing != nil
    guard !waitsForMove else { return yield() }
    begin(.move(RecordMove(plan, pace: pace.move), epoch: intent.epoch))
  }

  private func plan(_ intent: Intent) -> MovePlan? {
    let topology = machine.topology
    guard let target = topology.region(intent.to) else { return nil }
    let from = intent.from.flatMap(topology.region)
    var desired: [String: String] = [:]
    var previous: [String: Set<String>] = [:]
    for (family, address) in target.addresses {
      desired[family.recordType] = address
      // A superseded move may have left the records apart, and so may a late echo.
      guard intent.rule != .supersede && !machine.mayShowEchoes else { continue }
      let before = intent.replaced(family) + [from?.addresses[family]].compactMap { $0 }
      if !before.isEmpty { previous[family.recordType] = Set(before) }
    }
    let configured = topology.regions.flatMap { $0.addresses.values } + (intent.replaces ?? [])
    return MovePlan(
      names: names, desired: desired, previous: previous, configured: Set(configured),
      marker: Marker(
        cluster: writer.cluster, incarnation: writer.incarnation, epoch: intent.epoch,
        active: intent.to), adopted: machine.memory.conflict?.adopted ?? [])
  }

  /// The marker as it is to stand while nothing is in flight.
  public var marker: Marker {
    Marker(
      cluster: writer.cluster, incarnation: writer.incarnation, epoch: machine.memory.epoch,
      active: machine.memory.active ?? "unknown")
  }

  // MARK: Before each write

  mutating func prepareMoveWrite() -> WritePermission? {
    if let claim = machine.claim { return .stop(Self.readOnly(claim)) }
    // Whoever asks has read what the write before came to.
    if machine.write == .underway { notWritten() }
    return nil
  }

  mutating func permitMoveWrite(_ epoch: UInt64, now: Now) -> WritePermission {
    guard let intent = machine.memory.intent, intent.epoch == epoch else {
      return .stop("the intent of epoch \(epoch) is closed")
    }
    guard let rule = assessment?.decision.rule else { return .stop("nothing is judged yet") }
    guard rule.mayWrite else { return .stop(RuleText.sentence(rule)) }
    machine.observe(write: .underway)
    wroteAt = now.instant
    return .go
  }

  // MARK: What came of it

  /// Takes in one step of the move for that epoch.
  mutating func note(_ step: MoveStep, ofMove epoch: UInt64, now: Now) {
    if case .ambiguous(let record, let target, _) = step, record.type != "TXT" {
      // Durable with the next step, which comes before any other write; also of a move that was
      // replaced while it wrote.
      machine.noteMayLand(address: target, epoch: epoch, now: now)
    }
    guard machine.memory.intent?.epoch == epoch else { return }
    switch step {
    case .notApplied: notWritten()
    case .answered(let record, let error):
      // The marker is no point of no return, and a definite refusal changed nothing.
      if record.type == "TXT" || error != nil { notWritten() }
    case .ambiguous(let record, _, _):
      if record.type == "TXT" { notWritten() }
    case .committed(let record): noteCommitted(record)
    default: break
    }
    if let line = MoveWords.line(step) {
      tell(line.kind, at: now, level: line.level, text: line.text)
    }
    noteTrouble(step, now: now)
  }

  private mutating func noteCommitted(_ record: ProviderRecord) {
    let index = incident?.records.firstIndex { change in
      change.type == record.type && change.name == record.name
    }
    if let index {
      incident?.records[index].committed = true
      incident?.records[index].recordId = record.id
    }
    ttlSeconds = record.ttlSeconds
    if incident?.records.contains(where: { !$0.committed }) == true {
      // The point of no return: from here on the rest is written whatever happens.
      machine.observe(write: .partly)
    }
  }

  /// The end of the open intent's writes.
  mutating func take(_ result: MoveResult, now: Now) {
    noteRetry(after: result, now: now)
    switch result {
    case .committed:
      machine.observe(write: .all)
      incident?.stamps.committedMs = now.wallMs
      tokenWorks(now: now)
    case .stopped(let reason):
      // The machine has decided otherwise, or asks to wait; it takes the write up again itself.
      if machine.write == .underway { notWritten() }
      tell(.writeStopped, at: now, text: "no write: \(reason)")
    case .interrupted(let reason):
      // A write may have landed: taken up again at once, and it begins with a read.
      tell(.writeInterrupted, at: now, text: "interrupted after a write: \(reason)")
    case .foreign(let found):
      refuse(
        "the record holds \(found.joined(separator: ", ")), which is not configured: "
          + "someone else put it there. Put a configured address back, then it goes on", now: now)
    case .conflict(let conflicts):
      noteConflict(conflicts, now: now)
      // What is written stays; the rest waits for an operator.
      if machine.memory.phase == .committed {
        notWritten()
      } else {
        refuse(
          "\(MarkerConflict.words(conflicts)). One of two coordinators has to stop", now: now)
      }
    case .refused(let error):
      if error.kind == .unauthorized { tokenRefused(error, now: now) }
      refuse(error.description, now: now)
    }
  }

  /// When the move is taken up again, if it has to be: a refusal is not repeated at full pace.
  private mutating func noteRetry(after result: MoveResult, now: Now) {
    switch result {
    case .foreign, .conflict, .refused: refusals = min(refusals + 1, 16)
    case .committed, .stopped, .interrupted: refusals = 0
    }
    let wait = pace.move.rereadAfter * (1 << max(0, refusals - 1))
    retryFrom = now.instant + min(wait, .seconds(120))
  }

  /// An operator has settled what it was refused for: it is tried at once.
  mutating func forgetRefusals() {
    refusals = 0
    retryFrom = nil
  }

  /// The newest write changed nothing; what was written before it stands.
  private mutating func notWritten() {
    machine.observe(write: machine.memory.phase == .committed ? .partly : .pending)
  }

  private mutating func refuse(_ text: String, now: Now) {
    machine.observe(write: .refused)
    // A move that cannot be called off is refused again and again.
    guard incident?.outcomeText != text else { return }
    incident?.outcomeText = text
    tell(.refused, at: now, level: .alert, text: text)
  }

  // MARK: Asking the name servers

  /// The proof of a move that is being published begins anew: under another epoch, or because the
  /// clock that times it was stepped.
  mutating func verifyAnew() {
    if isVerifying { verify() }
  }

  private mutating func verify() {
    isVerifying = true
    strays = 0
    direct(.verify)
  }

  private mutating func stopVerifying() {
    isVerifying = false
    direct(.stopVerifying)
  }
}
