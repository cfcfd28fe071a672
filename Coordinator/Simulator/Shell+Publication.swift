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
    guard !isGone, core(index).machine.memory.intent != nil else { return }
    let round = policy.convergenceRound.wholeMilliseconds
    rooms[index].watches = world.zone.sets(of: index).map { _ in ConvergenceWatch(roundMs: round) }
    world.verifications += 1
    rooms[index].verifyKey = world.verifications
    askServers(index, key: world.verifications)
  }

  func askServers(_ index: Int, key: Int) {
    guard !isGone, rooms.indices.contains(index), rooms[index].verifyKey == key,
      let intent = core(index).machine.memory.intent, !postponesVerification(index, key)
    else { return }
    let topology = world.topologies[index]
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
      core(index).machine.memory.intent?.epoch == round.epoch
    else { return }
    if world.reach(.verifying) { return }
    let now = world.clock
    for (number, lines) in round.lines.enumerated() {
      rooms[index].watches[number].add(lines, atMs: now.wallMs)
    }
    tell(.servers(rooms[index].name, rooms[index].watches, epoch: round.epoch), of: index)
    guard !isGone, rooms[index].verifyKey == round.key else { return }
    let pause = max(50, policy.convergenceRound.wholeMilliseconds / 5)
    world.queue.plan(.verify, at: world.frozenNow + pause, who: index, key: round.key)
  }

  // MARK: Where DNS points

  /// Reads every record while nothing writes it.
  func startReading(life: Int) {
    guard !isGone, life == self.life else { return }
    world.queue.plan(.readRecord, at: world.frozenNow + World.readMs, key: life)
    guard !world.conditions.coordinator.stopped else { return }
    for index in rooms.indices where !rooms[index].isReading {
      let core = core(index)
      guard !core.isMoving else { continue }
      rooms[index].isReading = true
      rooms[index].readingNumber = core.generation
      rooms[index].readingBegan = world.clock.instant
      world.zone.begin(
        ProviderCall(kind: .records(core.names), service: index, life: life), epoch: 0, in: world)
    }
  }

  func finishReading(_ index: Int, _ found: Result<[ProviderRecord], ProviderError>) {
    rooms[index].isReading = false
    let before = core(index)
    let lines = world.zone.sets(of: index).flatMap { set in
      ask(set, new: before.wanted(set.family).first, old: nil)
    }
    let reading = ServiceReading(
      service: before.name, generation: rooms[index].readingNumber,
      began: rooms[index].readingBegan ?? world.clock.instant, found: found, lines: lines)
    tell(.reading(reading), of: index)
    guard !isGone else { return }
    if case .failure = found { world.noteTrouble() }
    let machine = core(index).machine
    guard machine.memory.active != before.machine.memory.active else { return }
    world.noteTrouble()
    world.trace.say(
      world.now, "\(before.name): \(machine.memory.active ?? "?") is taken over", counts: true)
  }
}
