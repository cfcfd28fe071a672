import CoordinatorCore
import DNS
import Decision
import Settings
import Store
import Wire

/// The TXT marker beside moves (RULES 16): watched for other writers, written again as it is to
/// prove that the token can write, claimed after an operator's `adopt`.
extension Coordinator {
  /// Looks for another writer's marker in a reading of the records; a second one in a row has to
  /// show it too.
  func watchMarker(_ name: String, in records: [ProviderRecord], now: Now) {
    guard let room = rooms[name], !room.core.isMoving, room.upkeep.proving == nil else { return }
    let names = room.service.names
    let adopted = room.core.machine.memory.conflict?.adopted ?? []
    let known = Set(room.core.machine.memory.conflict?.markers.map(\.text) ?? [])
    let found = MarkerConflict.find(in: records, names: names, mine: room.core.marker)
    guard
      let news = rooms[name]?.upkeep.sightings.take(
        found, unread: Marker.unreadable(in: records, names: names, adopted: adopted),
        atMs: now.instant.milliseconds)
    else { return }
    noteConflict(name, news.proven, now: now)
    for doubted in news.doubted where !known.contains(doubted.excerpt) {
      tell(
        name, .readAgain, level: .notice,
        text: "\(doubted): read again, and it counts if the next reading shows it too")
    }
    for unread in news.unread {
      tell(
        name, .markerUnread, level: .notice,
        text: "\(Marker.unreadable(unread)): a bad reading, or damage; read again")
    }
    forgetAdopted(name, records)
    healMarker(name, now: now)
  }

  /// What was adopted is over when two readings in a row show nothing of it.
  private func forgetAdopted(_ name: String, _ records: [ProviderRecord]) {
    guard var machine = rooms[name]?.core.machine else { return }
    let adopted = machine.memory.conflict?.adopted ?? []
    let isGone = !adopted.isEmpty && !MarkerConflict.stands(adopted, in: records)
    let times = isGone ? (rooms[name]?.upkeep.adoptedGone ?? 0) + 1 : 0
    rooms[name]?.upkeep.adoptedGone = times
    guard times > 1 else { return }
    machine.noteMarkerIsOurs()
    if keep(machine, of: name, nil) { rooms[name]?.core.machine = machine }
  }

  /// What is no marker and stands for a while is written over with ours: it is ours that was
  /// damaged, or nobody's.
  private func healMarker(_ name: String, now: Now) {
    guard let room = rooms[name], !healing(room, now: now).isEmpty,
      room.upkeep.proveFrom.map({ now.instant < $0 }) ?? false, !room.upkeep.isHealing
    else { return }
    rooms[name]?.upkeep.isHealing = true
    rooms[name]?.upkeep.proveFrom = nil
  }

  private func healing(_ room: Room, now: Now) -> Set<String> {
    guard room.service.policy.automation != .observe else { return [] }
    return room.upkeep.sightings.standing(
      forMs: deployment.settings.pace.healAfter.wholeMilliseconds,
      atMs: now.instant.milliseconds)
  }

  func noteConflict(_ name: String, _ conflicts: [MarkerConflict], now: Now) {
    rooms[name]?.core.noteConflict(conflicts, now: now)
    perform(name)
  }

  /// Says at a start that another writer's marker was found before it.
  func tellOldConflicts(_ now: Now) {
    for name in rooms.keys.sorted() {
      guard let machine = rooms[name]?.core.machine, machine.isReadOnly,
        let conflict = machine.memory.conflict
      else { continue }
      record(
        EventRecord(
          .conflict, at: now, service: name, region: machine.memory.active,
          epoch: machine.memory.epoch, level: .alert,
          text: "still read-only: \(conflict.isOwn ? "a" : "another writer's") marker stood at "
            + "\(conflict.words(of: machine.topology.name)). Stop the other one, then: signalbox "
            + "adopt \(name)"))
    }
  }

  /// Takes what others left in DNS for the base, as the operator saw it.
  func adopt(_ request: OrderRequest, room: inout Room) throws(Refusal) -> String {
    if let seen = request.seen, seen != room.adoptable ?? Adoptable() {
      throw Refusal(
        code: "conflict",
        message: "what stands in DNS is not what you saw. Look again: signalbox status")
    }
    let said = try room.core.machine.adopt(
      foreign: room.upkeep.shown, by: request.operatorName, epoch: request.epoch)
    if let intent = room.core.machine.memory.intent { room.core.incident?.epoch = intent.epoch }
    room.upkeep.proveFrom = nil
    room.core.forgetRefusals()
    // What is asked of the name servers is asked for the intent's new epoch.
    room.core.verifyAnew()
    return "\(room.name) is adopted: " + said.joined(separator: "; ")
  }

  // MARK: Proving that the token can write

  /// Begins to write the marker where that is due; it goes on beside everything else.
  func proveToken(_ name: String, now: Now) {
    guard let room = rooms[name], room.upkeep.proving == nil,
      room.upkeep.proveFrom.map({ now.instant >= $0 }) ?? true, mayProve(name)
    else { return }
    let adopted = room.core.machine.memory.conflict?.adopted ?? []
    let heals = healing(room, now: now)
    if !heals.isEmpty {
      tell(
        name, .markerUnread, level: .alert,
        text: room.upkeep.sightings.unreadable.joined(separator: "; ")
          + ": it has stood for a while, and is written anew")
    }
    let creates = !adopted.isEmpty || room.service.policy.automation != .observe
    let plan = MarkerPlan(
      names: room.service.names, marker: room.core.marker, adopted: adopted, heals: heals,
      creates: creates)
    let deadline = deployment.settings.pace.writeDeadline
    let rereadAfter = deployment.settings.pace.rereadAfter
    let watch = MarkerWatch(coordinator: self, service: name)
    let provider = provider
    rooms[name]?.upkeep.proving = Task {
      let result = await WriteDriver(provider, deadline: deadline, observer: watch)
        .run(MarkerRewrite(plan, rereadAfter: rereadAfter))
      proved(name, result)
    }
  }

  /// Never in a move, never while it is not settled who wrote what stands there.
  func mayProve(_ name: String) -> Bool {
    guard !ending, storeTrouble == nil, let room = rooms[name] else { return false }
    let memory = room.core.machine.memory
    return !room.core.isMoving && memory.intent == nil && memory.echoes == nil
      && memory.active != nil && room.core.machine.at == .region && !room.upkeep.isByServers
      && !room.core.machine.isReadOnly && !room.upkeep.sightings.isDoubtful
      && room.core.machine.graceLeft(Now.read().instant) == nil
  }

  private func proved(_ name: String, _ result: MarkerRewriteResult) {
    let now = Now.read()
    let pace = deployment.settings.pace
    rooms[name]?.upkeep.proving = nil
    rooms[name]?.upkeep.isHealing = false
    rooms[name]?.upkeep.proveFrom = now.instant + pace.tokenProofRetry
    guard !ending else { return }
    switch result {
    case .written:
      rooms[name]?.upkeep.proveFrom = now.instant + pace.tokenProof
      noteTokenWorks(name, now: now)
    case .conflict(let conflicts): noteConflict(name, conflicts, now: now)
    case .refused(let error): noteToken(name, refusal: error, now: now)
    case .absent, .stopped, .unclear, .unreadable: break
    }
  }

  /// The provider refuses writes: told before a move needs them (FAULTS 42).
  func noteToken(_ name: String, refusal: ProviderError, now: Now) {
    guard let room = rooms[name] else { return }
    let cure =
      refusal.kind == .unauthorized
      ? "Make one with the scope domains:read_write"
        + (deployment.settings.regions.contains { $0.nodebalancer != nil }
          ? " and nodebalancers:read_only" : "") + ", put it into "
        + "\(deployment.settings.linode.tokenFile), and: systemctl restart signalbox-coordinator"
      : "Look at the records of "
        + room.service.names.map { "\($0) and \(Marker.recordName($0))" }.joined(separator: ", ")
    let what =
      refusal.kind == .unauthorized
      ? "the token cannot write any more" : "the marker of \(name) cannot be written"
    let text = "\(what), so a move of \(name) would fail: \(refusal). \(cure)"
    let isNews = room.upkeep.tokenTrouble == nil
    rooms[name]?.upkeep.proveFrom = now.instant + deployment.settings.pace.tokenProofRetry
    rooms[name]?.upkeep.tokenTrouble = text
    guard isNews else { return }
    record(
      EventRecord(
        .tokenRefused, at: now, service: name, epoch: room.core.machine.memory.epoch, level: .alert,
        text: text))
  }

  /// A write was taken.
  func noteTokenWorks(_ name: String, now: Now) {
    rooms[name]?.upkeep.provenAt = now.instant
    guard let room = rooms[name], room.upkeep.tokenTrouble != nil else { return }
    rooms[name]?.upkeep.tokenTrouble = nil
    record(
      EventRecord(
        .tokenWorks, at: now, service: name, epoch: room.core.machine.memory.epoch, level: .notice,
        text: "the records of \(name) can be written again"))
  }
}

/// What a running proof of the token asks before each write.
struct MarkerWatch: WriteObserver {
  let coordinator: Coordinator
  let service: String

  func mayWrite(_ record: ProviderRecord, region: String) async -> WritePermission {
    await coordinator.mayProve(service) ? .go : .stop("it is not settled who wrote what is there")
  }

  func record(_ step: MoveStep) async {}
}
