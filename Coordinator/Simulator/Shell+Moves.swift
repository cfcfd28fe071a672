import DNS
import Decision
import Wire

extension Shell {
  /// Performs a transition's effect; it is durable already.
  func perform(_ transition: Transition, room index: Int) {
    switch transition.decision.effect {
    case .none, .passPointOfNoReturn: break
    case .openEmergency, .openElective, .openCommanded, .openRepair: startMove(index)
    case .cancel, .fail:
      cancelMove(index)
      rooms[index].verifyKey = nil
    case .supersede:
      cancelMove(index)
      rooms[index].verifyKey = nil
      startMove(index)
    case .verify: startVerification(index)
    case .finish: rooms[index].verifyKey = nil
    }
  }

  /// Takes up again what a restart or a stopped write left: every tick comes by here.
  func keepGoing(_ index: Int, now: Now) {
    guard !isGone, let intent = rooms[index].machine.memory.intent else { return }
    let room = rooms[index]
    switch room.machine.memory.phase {
    case .verifying: if room.verifyKey == nil { startVerification(index) }
    case .switching, .committed:
      guard room.driver == nil, !room.waitsForDriver else { return }
      if let from = room.retryFrom, now.instant < from { return }
      if room.assessment?.decision.rule == .resumeWait { return }
      if let from = room.mayWriteFrom, now.instant < from { return }
      if room.machine.graceLeft(now.instant) != nil { return }
      if room.resumed {
        if room.machine.write == .underway {
          // What was under way before the restart has landed or never will, as a reading from
          // after the wait tells.
          guard let read = room.readAt, read >= (room.mayWriteFrom ?? read) else { return }
          rooms[index].machine.noteMayLand(now: now)
          rooms[index].machine.observe(write: hasBegun(room, intent) ? .partly : .pending)
        }
        rooms[index].resumed = false
        world.trace.say(world.now, "\(room.name): takes up the move to \(intent.to)")
        return
      }
      startMove(index)
    default: break
    }
  }

  /// Whether a record shows the target already: then there is no way back.
  private func hasBegun(_ room: Room, _ intent: Intent) -> Bool {
    guard let found = room.reading, let target = room.machine.topology.region(intent.to) else {
      return false
    }
    return room.machine.topology.families.contains { family in
      found[family] == target.addresses[family].map { [$0] }
    }
  }

  private func startMove(_ index: Int) {
    guard let intent = rooms[index].machine.memory.intent else { return }
    rooms[index].moveNumber += 1
    rooms[index].reading = nil
    rooms[index].readAt = nil
    // One writer at a time: the one before ends between two calls.
    guard rooms[index].driver == nil else {
      rooms[index].waitsForDriver = true
      return
    }
    guard let plan = plan(rooms[index], intent: intent) else { return }
    rooms[index].waitsForDriver = false
    rooms[index].movingEpoch = intent.epoch
    rooms[index].hasWritten = false
    let policy = policy
    let pace = MovePace(
      writeDeadline: policy.writeDeadline, rereadAfter: policy.rereadAfter,
      retryBase: policy.rereadAfter / 4, retryLimit: policy.writeDeadline)
    let driver = MoveDriver()
    rooms[index].driver = driver
    let jitter = world.noise.unit(.pause, index, world.now)
    drive(index, driver, driver.start(plan, pace: pace, jitter: jitter))
  }

  private func cancelMove(_ index: Int) {
    guard let driver = rooms[index].driver else { return }
    driver.cancel()
    if case .sleep = rooms[index].question {
      drive(index, driver, driver.answer(.cancelled))
    }
  }

  private func plan(_ room: Room, intent: Intent) -> MovePlan? {
    let topology = room.machine.topology
    guard let target = topology.region(intent.to) else { return nil }
    let from = intent.from.flatMap(topology.region)
    var desired: [String: String] = [:]
    var previous: [String: String] = [:]
    for (family, address) in target.addresses {
      desired[family.recordType] = address
      let isKnown = intent.rule != .supersede && !room.machine.mayShowEchoes
      previous[family.recordType] = isKnown ? from?.addresses[family] : nil
    }
    return MovePlan(
      name: topology.name, desired: desired, previous: previous,
      configured: Set(topology.regions.flatMap { $0.addresses.values }),
      marker: Marker(
        cluster: clusterID, incarnation: incarnation, epoch: intent.epoch, active: intent.to))
  }

  /// Answers what the move can be told at once, up to what takes time.
  private func drive(_ index: Int, _ driver: MoveDriver, _ first: MoveQuestion) {
    var question = first
    while !isGone, rooms[index].driver === driver {
      rooms[index].question = question
      switch question {
      case .ended(let result):
        rooms[index].driver = nil
        rooms[index].question = nil
        moved(index, result)
        return
      case .record(let step):
        if case .committed = step, world.reach(.beforeJournal) { return }
        note(step, room: index)
        if isGone { return }
        question = driver.answer(.goOn)
      case .mayWrite:
        let permission = mayWrite(index)
        if isGone { return }
        question = driver.answer(.permission(permission))
      case .sleep(let span):
        world.waits += 1
        rooms[index].waitKey = world.waits
        world.queue.plan(
          .resumeMove, at: world.frozenNow + span.wholeMilliseconds, who: index, key: world.waits)
        return
      case .records, .setTarget, .create:
        call(question, room: index)
        return
      }
    }
  }

  private func call(_ question: MoveQuestion, room index: Int) {
    let kind: ProviderCall.Kind
    switch question {
    case .records(let name):
      if rooms[index].hasWritten, world.reach(.beforeReadBack) { return }
      kind = .records(name)
    case .setTarget(let target, let record):
      if record.type != "TXT" {
        if world.reach(.beforeFirstWrite) { return }
        rooms[index].hasWritten = true
      }
      world.judge.writes(world, rooms[index], record: record, target: target)
      kind = .setTarget(target, record)
    case .create(let record):
      world.judge.writes(world, rooms[index], record: record, target: record.target)
      kind = .create(record)
    default: return
    }
    world.waits += 1
    rooms[index].waitKey = world.waits
    let call = ProviderCall(kind: kind, service: index, life: life, move: world.waits)
    world.zone.begin(call, epoch: rooms[index].movingEpoch ?? 0, in: world)
    if rooms[index].hasWritten { _ = world.reach(.callSent) }
  }

  /// A sleep of the move is over.
  func resumeMove(_ index: Int, key: Int) {
    guard !isGone, rooms.indices.contains(index), let driver = rooms[index].driver,
      rooms[index].waitKey == key, case .sleep = rooms[index].question
    else { return }
    guard !postponed(.resumeMove, index, key) else { return }
    drive(index, driver, driver.answer(.goOn))
  }

  /// A stopped process looks at its timers when it runs again.
  func postponed(_ kind: Event.Kind, _ who: Int, _ key: Int) -> Bool {
    guard world.conditions.coordinator.stopped else { return false }
    world.queue.plan(kind, at: world.frozenNow + 1000, who: who, key: key)
    return true
  }

  /// The provider has answered.
  func answer(_ call: ProviderCall) {
    guard !isGone, call.life == life else { return }
    if world.conditions.coordinator.stopped {
      world.queue.plan(
        .land, at: world.frozenNow + 1000, who: call.service, key: world.keep(.call(call)))
      return
    }
    guard let move = call.move else {
      if case .records(let found) = call.answer { finishReading(call.service, found) }
      return
    }
    let index = call.service
    guard let driver = rooms[index].driver, rooms[index].waitKey == move else { return }
    if rooms[index].hasWritten, world.reach(.answerArrived) { return }
    switch call.answer {
    case .records(let found): drive(index, driver, driver.answer(.records(found)))
    case .written(let error): drive(index, driver, driver.answer(.written(error)))
    }
  }

  /// Right before each write: judged anew on the evidence of this moment.
  private func mayWrite(_ index: Int) -> WritePermission {
    let epoch = rooms[index].movingEpoch
    if rooms[index].machine.write == .underway { notWritten(index) }
    if world.perturbation == .noRevalidation || world.perturbation == .writeBeforeCommit {
      rooms[index].machine.observe(write: .underway)
      return .go
    }
    guard step(index, now: world.clock) else { return .stop("cannot store the decision") }
    let room = rooms[index]
    guard let intent = room.machine.memory.intent, intent.epoch == epoch else {
      return .stop("the intent is closed")
    }
    switch room.assessment?.decision.rule {
    case .writePending, .failOver, .failBack, .operatorMove, .supersede, .lateEcho, .finishing,
      .pointOfNoReturn:
      rooms[index].machine.observe(write: .underway)
      return .go
    default: return .stop("the machine has decided otherwise")
    }
  }

  private func note(_ step: MoveStep, room index: Int) {
    if case .ambiguous(let record, let target, _) = step, record.type != "TXT",
      let epoch = rooms[index].movingEpoch
    {
      rooms[index].machine.noteMayLand(address: target, epoch: epoch, now: world.clock)
    }
    guard let intent = rooms[index].machine.memory.intent,
      intent.epoch == rooms[index].movingEpoch
    else { return }
    switch step {
    case .notApplied: notWritten(index)
    case .answered(let record, let error):
      if record.type == "TXT" || error != nil { notWritten(index) }
    case .ambiguous(let record, _, _):
      if record.type == "TXT" { notWritten(index) }
    case .committed(let record):
      if let number = rooms[index].incident?.records.firstIndex(where: { $0.type == record.type }) {
        rooms[index].incident?.records[number].committed = true
      }
      if rooms[index].incident?.records.contains(where: { !$0.committed }) == true {
        rooms[index].machine.observe(write: .partly)
      }
    default: break
    }
    if case .read = step { return }
    tell(index, kind: "move")
  }

  /// The end of a move's writes.
  private func moved(_ index: Int, _ result: MoveResult) {
    let epoch = rooms[index].movingEpoch
    rooms[index].movingEpoch = nil
    let isMine = rooms[index].machine.memory.intent?.epoch == epoch
    if isMine {
      rooms[index].retryFrom = world.clock.instant + policy.rereadAfter
      switch result {
      case .committed:
        rooms[index].machine.observe(write: .all)
        rooms[index].incident?.stamps.committedMs = world.clock.wallMs
      case .stopped: if rooms[index].machine.write == .underway { notWritten(index) }
      case .interrupted: break
      case .foreign, .conflict, .refused: rooms[index].machine.observe(write: .refused)
      }
      world.trace.say(world.now, "\(rooms[index].name): writes end: \(result)")
      step(index, now: world.clock)
    }
    guard !isGone, rooms[index].waitsForDriver, rooms[index].driver == nil else { return }
    startMove(index)
  }

  /// The newest write changed nothing; what was written before it stands.
  private func notWritten(_ index: Int) {
    let committed = rooms[index].machine.memory.phase == .committed
    rooms[index].machine.observe(write: committed ? .partly : .pending)
  }
}
