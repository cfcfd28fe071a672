import Codec
import DNS
import Decision
import Platform
import Store
import Wire

/// One round of questions to the name servers.
struct VerifyRound {
  var service: Int
  var life: Int
  var key: Int
  var epoch: UInt64
  var lines: [AddressFamily: [NameServerLine]]
}

extension Shell {
  /// Asks the name servers until they agree (RULES 16).
  func startVerification(_ index: Int) {
    guard !isGone, rooms[index].machine.memory.intent != nil else { return }
    let round = policy.convergenceRound.wholeMilliseconds
    rooms[index].strays = 0
    rooms[index].watches = world.setup.families.map { _ in ConvergenceWatch(roundMs: round) }
    world.verifications += 1
    rooms[index].verifyKey = world.verifications
    askServers(index, key: world.verifications)
  }

  func askServers(_ index: Int, key: Int) {
    guard !isGone, rooms.indices.contains(index), rooms[index].verifyKey == key,
      let intent = rooms[index].machine.memory.intent, !postponed(.verify, index, key)
    else { return }
    let topology = rooms[index].machine.topology
    var lines: [AddressFamily: [NameServerLine]] = [:]
    for family in topology.families {
      let new = topology.region(intent.to)?.addresses[family]
      let old = intent.from.flatMap(topology.region)?.addresses[family]
      lines[family] = ask(index, family, new: new, old: old)
    }
    let isSlow = !world.conditions.muteServers.isEmpty
    let took: Int64 = isSlow ? 3000 : 30
    let result = VerifyRound(
      service: index, life: life, key: key, epoch: intent.epoch, lines: lines)
    world.queue.plan(
      .verified, at: world.frozenNow + took, who: index, key: world.keep(.round(result)))
  }

  private func ask(
    _ index: Int, _ family: AddressFamily, new: String?, old: String?
  ) -> [NameServerLine] {
    let wall = world.clock.wallMs
    return (0..<world.setup.nameServers).map { server in
      let found = world.zone.answer(
        server, index, family, in: world.conditions, at: world.now)
      let answer: NameServerAnswer =
        switch found {
        case nil: .mute
        case .some([]): .other
        case .some(let all) where all == new.map({ [$0] }): .new
        case .some(let all) where all == old.map({ [$0] }): .old
        case .some: .other
        }
      return NameServerLine(
        server: "ns\(server + 1)", answer: answer, addresses: found ?? [], askedMs: wall)
    }
  }

  /// Takes in one round of answers.
  func finishRound(_ round: VerifyRound) {
    let index = round.service
    guard !isGone, round.life == life, rooms[index].verifyKey == round.key,
      rooms[index].machine.memory.intent?.epoch == round.epoch
    else { return }
    if world.reach(.verifying) { return }
    let now = world.clock
    for (number, family) in world.setup.families.enumerated() {
      rooms[index].watches[number].add(round.lines[family] ?? [], atMs: now.wallMs)
    }
    rooms[index].lines = rooms[index].watches.flatMap(\.lines)
    let converged = rooms[index].watches.compactMap(\.convergedMs)
    guard converged.count == rooms[index].watches.count else {
      let pause = max(50, policy.convergenceRound.wholeMilliseconds / 5)
      world.queue.plan(.verify, at: world.frozenNow + pause, who: index, key: round.key)
      return
    }
    rooms[index].machine.observe(write: .converged)
    let committed = rooms[index].incident?.stamps.committedMs ?? 0
    rooms[index].incident?.stamps.convergedMs = max(converged.max() ?? now.wallMs, committed)
    rooms[index].verifyKey = nil
    step(index, now: now)
  }

  // MARK: Where DNS points

  /// Reads every record while nothing writes it.
  func startReading(life: Int) {
    guard !isGone, life == self.life else { return }
    world.queue.plan(.readRecord, at: world.frozenNow + World.readMs, key: life)
    guard !world.conditions.coordinator.stopped else { return }
    for index in rooms.indices where rooms[index].driver == nil && !rooms[index].isReading {
      rooms[index].isReading = true
      rooms[index].readingNumber = rooms[index].moveNumber
      world.zone.begin(
        ProviderCall(
          kind: .records(rooms[index].machine.topology.name), service: index, life: life),
        epoch: 0, in: world)
    }
  }

  func finishReading(_ index: Int, _ found: Result<[ProviderRecord], ProviderError>) {
    rooms[index].isReading = false
    // A move may have begun or ended meanwhile: what was read before it says nothing after it.
    guard rooms[index].driver == nil, rooms[index].readingNumber == rooms[index].moveNumber else {
      return
    }
    let topology = rooms[index].machine.topology
    if rooms[index].verifyKey == nil {
      rooms[index].lines = topology.families.flatMap { family in
        let mine = rooms[index].machine.memory.active.flatMap(topology.region)
        return ask(index, family, new: mine?.addresses[family], old: nil)
      }
    }
    switch found {
    case .success(let records):
      var addresses: [AddressFamily: [String]] = [:]
      for family in topology.families {
        addresses[family] =
          records.filter { $0.type == family.recordType && $0.name == topology.name }
          .map(\.target).sorted()
      }
      rooms[index].reading = addresses
      rooms[index].readAt = world.clock.instant
    case .failure: world.noteTrouble()
    }
    var isNew = false
    if case .success = found { isNew = true }
    settle(index, isNew: isNew)
  }

  /// By the API, else by two name servers that agree (RULES 15).
  private func settle(_ index: Int, isNew: Bool) {
    let now = world.clock
    let limit = Duration.milliseconds(World.readMs * 6)
    let isFresh = rooms[index].readAt.map { now.instant - $0 <= limit } ?? false
    let addresses = isFresh ? rooms[index].reading : NameServerLine.agreed(rooms[index].lines)
    if rooms[index].machine.memory.intent != nil {
      resumeBy(addresses, index)
      if isFresh { noteStrays(index) }
      return
    }
    var room = rooms[index]
    if let addresses, isDoubtful([addresses], isNew: isNew || !isFresh, room: &room) {
      rooms[index] = room
      return
    }
    let before = room.machine.at
    let adopted = room.machine.observe(addresses: addresses, now: now)
    if room.machine.at != before { room.isDirty = true }
    guard let adopted else {
      // The first time DNS is known is no adoption.
      room.isDirty = room.isDirty || room.machine.memory != rooms[index].machine.memory
      rooms[index] = room
      return
    }
    let event = EventRecord(
      atMs: now.wallMs, service: room.name, region: adopted, epoch: room.machine.memory.epoch,
      kind: "adopted", text: "adopted \(adopted)")
    var commit = Commit(service: room.name, events: [event])
    guard store(&commit, room: &room) else { return }
    room.isDirty = true
    rooms[index] = room
    world.noteTrouble()
    world.trace.say(world.now, "\(room.name): \(adopted) is taken over", counts: true)
  }

  /// Whether the machine would forget where users are because of this reading alone.
  private func isDoubtful(_ names: [NameReading], isNew: Bool, room: inout Room) -> Bool {
    guard room.machine.wouldForget(names) else {
      room.forgetting = nil
      return false
    }
    let shown = names.shown
    var seen = room.forgetting ?? (shown, 0)
    if seen.shown != shown { seen = (shown, 0) }
    if isNew { seen.times += 1 }
    room.forgetting = seen
    return seen.times < 2
  }

  /// Someone changed the record while a move was being published.
  private func noteStrays(_ index: Int) {
    let room = rooms[index]
    guard room.machine.memory.phase == .verifying, let found = room.reading,
      let target = room.machine.memory.intent.flatMap({ room.machine.topology.region($0.to) })
    else { return }
    let shows = room.machine.topology.families.allSatisfy { family in
      found[family] == target.addresses[family].map { [$0] }
    }
    rooms[index].strays = shows ? 0 : room.strays + 1
    if rooms[index].strays == 2 {
      rooms[index].machine.observe(write: .refused)
    }
  }

  /// An intent from before a restart whose write has landed is committed.
  private func resumeBy(_ addresses: [AddressFamily: [String]]?, _ index: Int) {
    let room = rooms[index]
    guard room.resumed, let intent = room.machine.memory.intent, let addresses,
      room.machine.write == .underway || room.machine.write == .pending
        || room.machine.write == .partly,
      let target = room.machine.topology.region(intent.to)
    else { return }
    let landed = room.machine.topology.families.allSatisfy { family in
      addresses[family] == target.addresses[family].map { [$0] }
    }
    guard landed else { return }
    rooms[index].resumed = false
    rooms[index].machine.observe(write: .all)
    for number in rooms[index].incident?.records.indices ?? 0..<0 {
      rooms[index].incident?.records[number].committed = true
    }
  }
}
