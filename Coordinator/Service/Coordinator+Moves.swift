import DNS
import Decision
import Platform
import Settings
import Store
import Wire

extension Coordinator {
  /// Performs a transition's effect; it is durable already.
  func perform(_ transition: Transition, service name: String) {
    switch transition.decision.effect {
    case .none, .passPointOfNoReturn: break
    case .openEmergency, .openElective, .openCommanded, .openRepair: startMove(name)
    case .cancel, .fail:
      rooms[name]?.caches = nil
      rooms[name]?.moving?.cancel()
      rooms[name]?.verifying?.cancel()
      rooms[name]?.verifying = nil
    case .supersede:
      rooms[name]?.moving?.cancel()
      rooms[name]?.verifying?.cancel()
      rooms[name]?.verifying = nil
      startMove(name)
    case .verify: startVerification(name)
    case .finish:
      rooms[name]?.verifying?.cancel()
      rooms[name]?.verifying = nil
      // The name servers have just shown what was written.
      rooms[name]?.upkeep.wroteAt = nil
    }
  }

  /// Takes up again what a restart or a stopped write left: every tick comes by here.
  func keepGoing(_ name: String, now: Now) {
    guard let room = rooms[name], let intent = room.machine.memory.intent else { return }
    switch room.machine.memory.phase {
    case .verifying: if room.verifying == nil { startVerification(name) }
    case .switching, .committed:
      guard room.moving == nil else { return }
      if room.machine.isReadOnly { return holdMove(name) }
      if let from = room.retryFrom, now.instant < from { return }
      if room.assessment?.decision.rule == .resumeWait { return }
      if let from = room.mayWriteFrom, now.instant < from { return }
      if room.machine.graceLeft(now.instant) != nil { return }
      if room.resumed {
        if room.machine.write == .underway {
          // What was under way before the restart has landed or never will, as a reading from
          // after the wait tells; the next tick judges the move anew.
          guard let read = room.readAt, read >= (room.mayWriteFrom ?? read) else { return }
          rooms[name]?.machine.noteMayLand(now: now)
          rooms[name]?.machine.observe(write: hasBegun(room, intent) ? .partly : .pending)
        }
        rooms[name]?.resumed = false
        tell(name, .resumed, text: "taking up the move to \(intent.to) after a restart")
        return
      }
      startMove(name)
    case .steady, .confirming, .awaitingApproval, .stranded, .cooling: break
    }
  }

  /// Whether a record shows the target already: then there is no way back.
  private func hasBegun(_ room: Room, _ intent: Intent) -> Bool {
    guard let found = room.reading, let target = room.service.topology.region(intent.to)
    else { return false }
    return found.contains { name in
      room.service.topology.families.contains { name.shows(target, $0) }
    }
  }

  private func startMove(_ name: String) {
    guard !ending, let room = rooms[name], let intent = room.machine.memory.intent,
      let plan = plan(room, intent: intent)
    else { return }
    // What was read before this move says nothing about where DNS points after it.
    rooms[name]?.moves += 1
    rooms[name]?.reading = nil
    rooms[name]?.readAt = nil
    rooms[name]?.movingEpoch = intent.epoch
    rooms[name]?.caches = nil
    let before = room.moving
    let proving = room.upkeep.proving
    let watch = MoveWatch(coordinator: self, service: name, epoch: intent.epoch)
    let pace = movePace
    let provider = provider
    rooms[name]?.moving = Task {
      // One writer at a time: the one before ends between two calls.
      _ = await before?.value
      await proving?.value
      let result = await RecordMove.perform(
        plan, provider: provider, pace: pace, observer: watch)
      moved(name, epoch: intent.epoch, result: result)
    }
  }

  private var movePace: MovePace {
    let pace = deployment.settings.pace
    return MovePace(
      writeDeadline: pace.writeDeadline, rereadAfter: pace.rereadAfter,
      retryBase: pace.rereadAfter / 4, retryLimit: pace.writeDeadline,
      askedLimit: pace.moveWaitLimit)
  }

  private func plan(_ room: Room, intent: Intent) -> MovePlan? {
    let topology = room.service.topology
    guard let target = topology.region(intent.to) else { return nil }
    let from = intent.from.flatMap(topology.region)
    var desired: [String: String] = [:]
    var previous: [String: Set<String>] = [:]
    for (family, address) in target.addresses {
      desired[family.recordType] = address
      // A superseded move may have left the records apart, and so may a late echo.
      guard intent.rule != .supersede && !room.machine.mayShowEchoes else { continue }
      let before = intent.replaced(family) + [from?.addresses[family]].compactMap { $0 }
      if !before.isEmpty { previous[family.recordType] = Set(before) }
    }
    let configured = topology.regions.flatMap { $0.addresses.values } + (intent.replaces ?? [])
    return MovePlan(
      names: room.service.names, desired: desired, previous: previous,
      configured: Set(configured),
      marker: Marker(
        cluster: store.clusterID, incarnation: incarnation, epoch: intent.epoch,
        active: intent.to), adopted: room.machine.memory.conflict?.adopted ?? [])
  }

  /// Right before each write: judged anew on the evidence of this moment.
  func mayWrite(_ name: String, epoch: UInt64) -> WritePermission {
    let now = Now.read()
    if let claim = rooms[name]?.machine.claim { return .stop(Self.readOnly(claim)) }
    // Whoever asks has read what the write before came to.
    if rooms[name]?.machine.write == .underway { notWritten(name) }
    guard step(name, now: now) else {
      return .stop("cannot store the decision: \(storeTrouble ?? "unknown")")
    }
    guard let room = rooms[name], let intent = room.machine.memory.intent, intent.epoch == epoch
    else { return .stop("the intent of epoch \(epoch) is closed") }
    guard let decision = room.assessment?.decision else { return .stop("nothing is judged yet") }
    switch decision.rule {
    case .writePending, .failOver, .failBack, .operatorMove, .supersede, .lateEcho, .enforceDrift,
      .finishing, .pointOfNoReturn:
      rooms[name]?.machine.observe(write: .underway)
      rooms[name]?.upkeep.wroteAt = now.instant
      return .go
    default: return .stop(RuleText.sentence(decision.rule))
    }
  }

  /// Journals one step of a move.
  func note(_ step: MoveStep, service name: String, epoch: UInt64) {
    if case .ambiguous(let record, let target, _) = step, record.type != "TXT" {
      // Durable with the next step, which comes before any other write; also of a move that was
      // replaced while it wrote.
      rooms[name]?.machine.noteMayLand(address: target, epoch: epoch, now: Now.read())
    }
    guard var room = rooms[name], room.machine.memory.intent?.epoch == epoch else { return }
    let line = MoveWords.line(step)
    defer { noteTrouble(step, of: name, now: .read()) }
    switch step {
    case .notApplied: notWritten(name)
    case .answered(let record, let error):
      // The marker is no point of no return, and a definite refusal changed nothing.
      if record.type == "TXT" || error != nil { notWritten(name) }
    case .ambiguous(let record, _, _):
      if record.type == "TXT" { notWritten(name) }
    case .committed(let record):
      let isThis = { (change: RecordChange) in
        change.type == record.type && change.name == record.name
      }
      if let index = room.incident?.records.firstIndex(where: isThis) {
        room.incident?.records[index].committed = true
        room.incident?.records[index].recordId = record.id
      }
      room.ttlSeconds = record.ttlSeconds
      if room.incident?.records.contains(where: { !$0.committed }) == true {
        // The point of no return: from here on the rest is written whatever happens.
        room.machine.observe(write: .partly)
      }
      rooms[name] = room
    default: break
    }
    guard let line else { return }
    tell(name, line.kind, level: line.level, text: line.text)
  }

  /// The end of a move's writes.
  private func moved(_ name: String, epoch: UInt64, result: MoveResult) {
    // The task of a move that was superseded meanwhile is another's.
    if rooms[name]?.movingEpoch == epoch {
      rooms[name]?.moving = nil
      rooms[name]?.movingEpoch = nil
    }
    guard !ending, rooms[name]?.machine.memory.intent?.epoch == epoch else { return }
    let now = Now.read()
    noteRetry(name, after: result, now: now)
    switch result {
    case .committed:
      rooms[name]?.machine.observe(write: .all)
      rooms[name]?.incident?.stamps.committedMs = now.wallMs
      noteTokenWorks(name, now: now)
    case .stopped(let reason):
      // The machine has decided otherwise, or asks to wait; it takes the write up again itself.
      if rooms[name]?.machine.write == .underway { notWritten(name) }
      tell(name, .writeStopped, text: "no write: \(reason)")
    case .interrupted(let reason):
      // A write may have landed: taken up again at once, and it begins with a read.
      tell(name, .writeInterrupted, text: "interrupted after a write: \(reason)")
    case .foreign(let found):
      refuse(
        name,
        "the record holds \(found.joined(separator: ", ")), which is not configured: "
          + "someone else put it there. Put a configured address back, then it goes on")
    case .conflict(let conflicts):
      noteConflict(name, conflicts, now: now)
      // What is written stays; the rest waits for an operator.
      if rooms[name]?.machine.memory.phase == .committed {
        notWritten(name)
      } else {
        refuse(name, "\(MarkerConflict.words(conflicts)). One of two coordinators has to stop")
      }
    case .refused(let error):
      if error.kind == .unauthorized { noteToken(name, refusal: error, now: now) }
      refuse(name, error.description)
    }
    step(name, now: now)
    noteHindrance(name, epoch: epoch, result: result, now: now)
  }

  /// A move that cannot be called off goes on trying.
  private func noteHindrance(_ name: String, epoch: UInt64, result: MoveResult, now: Now) {
    guard let room = rooms[name], room.machine.memory.intent?.epoch == epoch else { return }
    let answer: String
    switch result {
    case .committed, .stopped: return
    case .interrupted(let reason): answer = reason
    case .foreign(let found):
      answer = "the record holds \(found.joined(separator: ", ")), which is not configured"
    case .conflict(let conflicts): answer = MarkerConflict.words(conflicts)
    case .refused(let error): answer = error.description
    }
    let next = room.retryFrom.map { now.wallMs + ($0 - now.instant).wholeMilliseconds }
    hinder(name, doing: "writing the records", answer: answer, nextMs: next, now: now)
  }

  /// When the move is taken up again, if it has to be: a refusal is not repeated at full pace.
  private func noteRetry(_ name: String, after result: MoveResult, now: Now) {
    var refusals = 0
    switch result {
    case .foreign, .conflict, .refused: refusals = min((rooms[name]?.refusals ?? 0) + 1, 16)
    case .committed, .stopped, .interrupted: break
    }
    let wait = deployment.settings.pace.rereadAfter * (1 << max(0, refusals - 1))
    rooms[name]?.refusals = refusals
    rooms[name]?.retryFrom = now.instant + min(wait, .seconds(120))
  }

  /// The newest write changed nothing; what was written before it stands.
  private func notWritten(_ name: String) {
    let committed = rooms[name]?.machine.memory.phase == .committed
    rooms[name]?.machine.observe(write: committed ? .partly : .pending)
  }

  func refuse(_ name: String, _ text: String) {
    rooms[name]?.machine.observe(write: .refused)
    // A move that cannot be called off is refused again and again.
    guard rooms[name]?.incident?.outcomeText != text else { return }
    rooms[name]?.incident?.outcomeText = text
    tell(name, .refused, level: .alert, text: text)
  }

  /// A line of the history about the service's move.
  func tell(
    _ name: String, _ kind: CoordinatorMessage, level: EventLevel = .info, text: String
  ) {
    guard let room = rooms[name] else { return }
    record(
      EventRecord(
        kind, at: .read(), service: name, incident: room.incident?.id,
        epoch: room.machine.memory.epoch, level: level, text: text))
  }
}

extension AddressFamily {
  var questionType: DNSRecordType { self == .ipv4 ? .a : .aaaa }
}

/// What a running move reports to, and asks before each write.
struct MoveWatch: MoveObserver {
  let coordinator: Coordinator
  let service: String
  let epoch: UInt64

  func mayWrite(_ plan: MovePlan) async -> WritePermission {
    await coordinator.mayWrite(service, epoch: epoch)
  }

  func record(_ step: MoveStep) async {
    await coordinator.note(step, service: service, epoch: epoch)
  }
}
