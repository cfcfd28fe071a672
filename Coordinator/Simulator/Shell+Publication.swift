import CoordinatorCore
import Decision
import Platform
import Wire

/// One round of questions to the name servers.
struct VerifyRound {
  var service: Int
  var life: Int
  var key: Int
  var epoch: UInt64
  /// By record set.
  var lines: [[NameServerLine]]
}

extension Shell {
  /// Asks the name servers until they agree (RULES 16).
  func startVerification(_ index: Int) {
    guard !isGone, rooms[index].core.machine.memory.intent != nil else { return }
    let round = policy.convergenceRound.wholeMilliseconds
    rooms[index].watches = world.zone.sets(of: index).map { _ in ConvergenceWatch(roundMs: round) }
    world.verifications += 1
    rooms[index].verifyKey = world.verifications
    askServers(index, key: world.verifications)
  }

  func askServers(_ index: Int, key: Int) {
    guard !isGone, rooms.indices.contains(index), rooms[index].verifyKey == key,
      let intent = rooms[index].core.machine.memory.intent, !postponed(.verify, index, key)
    else { return }
    let topology = rooms[index].core.machine.topology
    let target = topology.region(intent.to)
    let source = intent.from.flatMap(topology.region)
    let lines = world.zone.sets(of: index).map { set in
      ask(set, new: target?.addresses[set.family], old: source?.addresses[set.family])
    }
    let isSlow = !world.conditions.muteServers.isEmpty
    let took: Int64 = isSlow ? 3000 : 30
    let result = VerifyRound(
      service: index, life: life, key: key, epoch: intent.epoch, lines: lines)
    world.queue.plan(
      .verified, at: world.frozenNow + took, who: index, key: world.keep(.round(result)))
  }

  private func ask(_ set: RecordSet, new: String?, old: String?) -> [NameServerLine] {
    let name = world.setup.names > 1 ? world.zone.name(of: set) : nil
    let wall = world.clock.wallMs
    return (0..<world.setup.nameServers).map { server in
      let found = world.zone.answer(
        server, set, in: world.conditions, at: world.now)
      let answer: NameServerAnswer =
        switch found {
        case nil: .mute
        case .some([]): .other
        case .some(let all) where all == new.map({ [$0] }): .new
        case .some(let all) where all == old.map({ [$0] }): .old
        case .some: .other
        }
      var line = NameServerLine(
        server: "ns\(server + 1)", answer: answer, addresses: found ?? [], askedMs: wall)
      line.name = name
      return line
    }
  }

  /// Takes in one round of answers.
  func finishRound(_ round: VerifyRound) {
    let index = round.service
    guard !isGone, round.life == life, rooms[index].verifyKey == round.key,
      rooms[index].core.machine.memory.intent?.epoch == round.epoch
    else { return }
    if world.reach(.verifying) { return }
    let now = world.clock
    for (number, lines) in round.lines.enumerated() {
      rooms[index].watches[number].add(lines, atMs: now.wallMs)
    }
    let isOver = rooms[index].core.tookAnswers(
      rooms[index].watches, epoch: round.epoch, now: now)
    guard let isOver else { return }
    perform(index)
    guard isOver else {
      let pause = max(50, policy.convergenceRound.wholeMilliseconds / 5)
      world.queue.plan(.verify, at: world.frozenNow + pause, who: index, key: round.key)
      return
    }
    rooms[index].verifyKey = nil
    step(index, now: now)
  }

  // MARK: Where DNS points

  /// Reads every record while nothing writes it.
  func startReading(life: Int) {
    guard !isGone, life == self.life else { return }
    world.queue.plan(.readRecord, at: world.frozenNow + World.readMs, key: life)
    guard !world.conditions.coordinator.stopped else { return }
    for index in rooms.indices where !rooms[index].core.isMoving && !rooms[index].isReading {
      rooms[index].isReading = true
      rooms[index].readingNumber = rooms[index].core.generation
      world.zone.begin(
        ProviderCall(
          kind: .records(rooms[index].core.names), service: index, life: life),
        epoch: 0, in: world)
    }
  }

  func finishReading(_ index: Int, _ found: Result<[ProviderRecord], ProviderError>) {
    rooms[index].isReading = false
    // A move may have begun or ended meanwhile: what was read before it says nothing after it.
    guard !rooms[index].core.isMoving, rooms[index].readingNumber == rooms[index].core.generation
    else {
      return
    }
    if rooms[index].verifyKey == nil {
      rooms[index].core.lines = world.zone.sets(of: index).flatMap { set in
        ask(set, new: rooms[index].core.wanted(set.family).first, old: nil)
      }
    }
    switch found {
    case .success(let records):
      rooms[index].core.tookRecords(records, now: world.clock)
      perform(index)
    case .failure(let error):
      rooms[index].core.tookNoRecords(error, now: world.clock)
      world.noteTrouble()
    }
    var isNew = false
    if case .success = found { isNew = true }
    settle(index, isNew: isNew)
  }

  /// Where DNS points now; what is taken over is stored first.
  private func settle(_ index: Int, isNew: Bool) {
    let now = world.clock
    let before = rooms[index].core.machine
    var core = rooms[index].core
    let canStore = !world.conditions.coordinator.diskFull
    let found = core.tookReading(isNew: isNew, canStore: canStore, now: now)
    if let adoption = found.adoption, store(adoption, room: index) == nil { return }
    if core.machine.at != before.at || core.machine.memory != before.memory {
      rooms[index].isDirty = true
    }
    rooms[index].core = core
    perform(index)
    guard found.adoption != nil else { return }
    rooms[index].isDirty = true
    world.noteTrouble()
    world.trace.say(
      world.now, "\(core.name): \(core.machine.memory.active ?? "?") is taken over", counts: true)
  }
}
