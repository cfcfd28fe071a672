import CoordinatorCore
import DNS
import Decision
import Settings
import Wire

/// Records that are missing are made, where `missing = "create"`: never in a move, never beside
/// anything that is not settled, and only toward a region that is healthy.
extension Coordinator {
  /// Begins to make what the newest reading did not find, where that is due; it goes on beside
  /// everything else, and a move waits for its end.
  func createMissing(_ name: String, now: Now) {
    guard let room = rooms[name], room.upkeep.lacks, room.service.settings.missing == .create
    else {
      rooms[name]?.upkeep.creation = nil
      return
    }
    guard room.upkeep.proving == nil, room.upkeep.createFrom.map({ now.instant >= $0 }) ?? true
    else { return }
    if let reason = whyNotCreate(room, now: now) {
      rooms[name]?.upkeep.creation = reason
      return
    }
    let plan = creationPlan(room, now: now)
    let watch = CreationWatch(coordinator: self, service: name)
    let deadline = deployment.settings.pace.writeDeadline
    let rereadAfter = deployment.settings.pace.rereadAfter
    let source = provider.routine
    rooms[name]?.upkeep.proving = Task {
      let result = await WriteDriver(source, deadline: deadline, observer: watch)
        .run(RecordCreation(plan, rereadAfter: rereadAfter))
      created(name, result)
    }
  }

  private func creationPlan(_ room: Room, now: Now) -> CreationPlan {
    let topology = room.service.topology
    let places = topology.regions.map { region in
      CreationPlan.Place(
        id: region.id,
        addresses: Dictionary(
          topology.families.compactMap { family in
            region.addresses[family].map { (family.recordType, $0) }
          }, uniquingKeysWith: { first, _ in first }))
    }
    return CreationPlan(
      names: room.service.names, places: places, active: room.core.machine.memory.active,
      ttlSeconds: room.service.settings.ttlSeconds, marker: room.core.marker,
      adopted: room.core.machine.memory.conflict?.adopted ?? [],
      asked: Set(
        room.core.machine.mayAppear(now: now).map { RecordKey(name: $0.name, type: $0.type) }),
      restores: room.service.settings.drift == .enforce)
  }

  /// Why nothing is made now, wherever it were to point; nil: it may be.
  private func whyNotCreate(_ room: Room, now: Now) -> String? {
    let machine = room.core.machine
    let memory = machine.memory
    if ending { return "the coordinator is stopping" }
    if storeTrouble != nil { return "the journal cannot be written" }
    if room.core.isMoving || memory.intent != nil { return "a move is in flight" }
    if memory.echoes != nil { return "an abandoned write may still land" }
    if let claim = machine.claim { return ServiceCore.readOnly(claim) }
    if room.service.policy.automation == .observe {
      return "automation = \"observe\" writes nothing"
    }
    if memory.pause != nil { return "it is paused" }
    if let left = machine.graceLeft(now.instant) {
      return "it has just started, and looks for \(Story.span(left)) first"
    }
    guard doubts.blocks else { return nil }
    return doubts.current.map(\.text).sorted().joined(separator: "; ")
  }

  /// Right before each write. After a yes, what is asked for is remembered, also after a restart.
  func mayCreate(_ record: ProviderRecord, at place: String, of name: String) -> WritePermission {
    let now = Now.read()
    step(name, now: now)
    guard let room = rooms[name] else { return .stop("the service is gone") }
    if let reason = whyNotCreate(room, now: now) { return .stop(reason) }
    let verdict = room.core.assessment?.pictures[place]?.verdict
    guard verdict == .healthy else {
      return .stop(
        "\(place) is \(verdict.map { "\($0)" } ?? "not judged yet"): a record is made while the "
          + "region that it points at is healthy")
    }
    if room.core.machine.memory.maintenance?[place] != nil {
      return .stop("\(place) is in maintenance")
    }
    var machine = room.core.machine
    machine.noteAsked(name: record.name, type: record.type, now: now)
    let what = "\(record.type) \(record.name)"
    let ttl = room.service.settings.ttlSeconds
    let event = EventRecord(
      .creating, at: now, service: name, region: place, epoch: machine.memory.epoch,
      text: record.id == 0
        ? "POST \(what) \(record.target), TTL \(ttl) s: it is missing, and \(place) is healthy"
        : "PUT \(what): TTL \(record.ttlSeconds) s -> \(ttl) s")
    guard keep(machine, of: name, event) else { return .stop("the journal cannot be written") }
    rooms[name]?.core.machine = machine
    return .go
  }

  private func created(_ name: String, _ result: CreationResult) {
    let now = Now.read()
    rooms[name]?.upkeep.proving = nil
    rooms[name]?.upkeep.createFrom = now.instant + deployment.settings.pace.tokenProofRetry
    guard !ending, let room = rooms[name] else { return }
    switch result {
    case .complete: rooms[name]?.upkeep.creation = nil
    case .created(let records):
      rooms[name]?.upkeep.creation = nil
      noteTokenWorks(name, now: now)
      let list = records.map {
        "\($0.type) \($0.name) \($0.target) (id \($0.id), TTL \($0.ttlSeconds) s)"
      }
      tell(name, .created, level: .notice, text: "made: \(list.joined(separator: ", "))")
    case .underway(let keys):
      let limit = Story.span(deployment.settings.pace.mayLandFor)
      rooms[name]?.upkeep.creation =
        "\(Self.list(keys)) asked for and not seen yet; asked for again \(limit) after that"
    case .stopped(let reason): rooms[name]?.upkeep.creation = reason
    case .unclear(let error): rooms[name]?.upkeep.creation = error.description
    case .conflict(let conflicts): noteConflict(name, conflicts, now: now)
    case .deleted(let keys):
      tellNotCreated(
        room,
        "\(Self.list(keys)) is gone from a name that carries this coordinator's marker: somebody "
          + "deleted it, or the file names a new family. Make it by hand, or set drift = "
          + "\"enforce\"")
    case .refused(let error):
      if error.kind == .unauthorized { noteToken(name, refusal: error, now: now) }
      tellNotCreated(room, error.description)
    }
  }

  private static func list(_ keys: [RecordKey]) -> String {
    keys.map { "\($0.type) \($0.name)" }.joined(separator: ", ")
  }

  private func tellNotCreated(_ room: Room, _ text: String) {
    rooms[room.name]?.upkeep.creation = text
    guard room.upkeep.creation != text else { return }
    tell(room.name, .notCreated, level: .alert, text: "nothing is made: \(text)")
  }

  /// Journals what came of a write.
  func note(creation step: MoveStep, of name: String) {
    switch step {
    case .ambiguous(let record, let target, let reason):
      tell(
        name, .ambiguous, level: .alert,
        text: "\(record.type) \(record.name) \(target): whether it was made is not known "
          + "(\(reason)); it is looked for, and not asked for again while it may still appear")
    default:
      guard let line = MoveWords.line(step) else { return }
      tell(name, line.kind, level: line.level, text: line.text)
    }
  }
}

/// What a running creation reports to, and asks before each write.
struct CreationWatch: WriteObserver {
  let coordinator: Coordinator
  let service: String

  func mayWrite(_ record: ProviderRecord, region: String) async -> WritePermission {
    await coordinator.mayCreate(record, at: region, of: service)
  }

  func record(_ step: MoveStep) async {
    await coordinator.note(creation: step, of: service)
  }
}

extension Room {
  /// Whether a reading lacks a record of a published family, or shows one of those asked for lately
  /// with another time to live.
  func lacks(_ records: [ProviderRecord], now: Now) -> Bool {
    let keys = service.names.flatMap { name in
      service.topology.families.map { RecordKey(name: name, type: $0.recordType) }
    }
    if !Set(keys).isSubset(of: records.map { RecordKey($0) }) { return true }
    let asked = core.machine.mayAppear(now: now).map { RecordKey(name: $0.name, type: $0.type) }
    return records.contains {
      asked.contains(RecordKey($0)) && $0.ttlSeconds != service.settings.ttlSeconds
    }
  }
}
