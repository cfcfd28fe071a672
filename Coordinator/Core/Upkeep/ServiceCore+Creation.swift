import Decision
import Wire

/// Records that are missing are made, where `missing = "create"`: never in a move, never beside
/// anything that is not settled, and only toward a region that is healthy.
extension ServiceCore {
  /// Whether a reading lacks a record of a published family, or shows one of those asked for lately
  /// with another time to live.
  func lacks(_ records: [ProviderRecord], now: Now) -> Bool {
    let keys = names.flatMap { name in
      machine.topology.families.map { RecordKey(name: name, type: $0.recordType) }
    }
    if !Set(keys).isSubset(of: records.map { RecordKey($0) }) { return true }
    let asked = asked(now: now)
    return records.contains {
      asked.contains(RecordKey($0)) && $0.ttlSeconds != rules.ttlSeconds
    }
  }

  /// What was asked for lately and may still appear.
  private func asked(now: Now) -> Set<RecordKey> {
    Set(machine.mayAppear(now: now).map { RecordKey(name: $0.name, type: $0.type) })
  }

  /// Begins to make what the newest reading did not find, where that is due.
  mutating func createMissing(canStore: Bool, now: Now) {
    guard upkeep.lacks, rules.creates else {
      upkeep.creation = nil
      return
    }
    guard writing == nil || movingEpoch != nil else { return }
    guard upkeep.createFrom.map({ now.instant >= $0 }) ?? true else { return }
    if let reason = canStore ? whyNotCreate(now: now) : WriteLeave.notStoredText {
      upkeep.creation = reason
      return
    }
    begin(.creation(RecordCreation(creationPlan(now: now), rereadAfter: pace.move.rereadAfter)))
  }

  private func creationPlan(now: Now) -> CreationPlan {
    let topology = machine.topology
    let places = topology.regions.map { region in
      CreationPlan.Place(
        id: region.id,
        addresses: Dictionary(
          uniqueKeysWithValues: topology.families.compactMap { family in
            region.addresses[family].map { (family.recordType, $0) }
          }))
    }
    return CreationPlan(
      names: names, places: places, active: machine.memory.active, ttlSeconds: rules.ttlSeconds,
      marker: marker, adopted: machine.memory.conflict?.adopted ?? [], asked: asked(now: now),
      restores: machine.policy.drift == .enforce)
  }

  /// Why nothing is made now, wherever it were to point; nil: it may be.
  private func whyNotCreate(now: Now) -> String? {
    let memory = machine.memory
    if isMoving || memory.intent != nil { return "a move is in flight" }
    if memory.echoes != nil { return "an abandoned write may still land" }
    if let claim = machine.claim { return Self.readOnly(claim) }
    if machine.policy.automation == .observe { return "automation = \"observe\" writes nothing" }
    if memory.pause != nil { return "it is paused" }
    if let left = machine.graceLeft(now.instant) {
      return "it has just started, and looks for \(Story.span(left)) first"
    }
    guard !upkeep.doubts.isEmpty else { return nil }
    return upkeep.doubts.map(\.text).sorted().joined(separator: "; ")
  }

  /// Right before each write. After a yes, what is asked for is remembered, also after a restart.
  mutating func permitCreation(
    _ record: ProviderRecord, at place: RegionID, now: Now
  ) -> WriteLeave {
    if let reason = whyNotCreate(now: now) { return WriteLeave(.stop(reason)) }
    let verdict = assessment?.pictures[place]?.verdict
    guard verdict == .healthy else {
      return WriteLeave(
        .stop(
          "\(place) is \(verdict.map { "\($0)" } ?? "not judged yet"): a record is made while the "
            + "region that it points at is healthy"))
    }
    if machine.memory.maintenance?[place] != nil {
      return WriteLeave(.stop("\(place) is in maintenance"))
    }
    machine.noteAsked(name: record.name, type: record.type, now: now)
    let what = "\(record.type) \(record.name)"
    let event = EventRecord(
      .creating, at: now, service: name, region: place, epoch: machine.memory.epoch,
      text: record.id == 0
        ? "POST \(what) \(record.target), TTL \(rules.ttlSeconds) s: it is missing, and \(place) "
          + "is healthy"
        : "PUT \(what): TTL \(record.ttlSeconds) s -> \(rules.ttlSeconds) s")
    stored = machine.memory
    direct(.log(event))
    return WriteLeave(.go, commit: commit([event]))
  }

  mutating func created(_ result: CreationResult, now: Now) {
    // A move that came first takes nothing of it away.
    upkeep.createFrom = waitsForMove ? nil : now.instant + rules.retry
    switch result {
    case .complete: upkeep.creation = nil
    case .created(let records):
      upkeep.creation = nil
      tokenWorks(now: now)
      let list = records.map {
        "\($0.type) \($0.name) \($0.target) (id \($0.id), TTL \($0.ttlSeconds) s)"
      }
      tell(.created, at: now, level: .notice, text: "made: \(list.joined(separator: ", "))")
    case .underway(let keys):
      upkeep.creation =
        "\(Self.list(keys)) asked for and not seen yet; asked for again "
        + "\(Story.span(machine.policy.mayLandFor)) after that"
    case .stopped(let reason): upkeep.creation = reason
    case .unclear(let error): upkeep.creation = error.description
    case .conflict(let conflicts): noteConflict(conflicts, now: now)
    case .deleted(let keys):
      tellNotCreated(
        "\(Self.list(keys)) is gone from a name that carries this coordinator's marker: somebody "
          + "deleted it, or the file names a new family. Make it by hand, or set drift = "
          + "\"enforce\"", now: now)
    case .refused(let error):
      if error.kind == .unauthorized { tokenRefused(error, now: now) }
      tellNotCreated(error.description, now: now)
    }
  }

  private static func list(_ keys: [RecordKey]) -> String {
    keys.map { "\($0.type) \($0.name)" }.joined(separator: ", ")
  }

  private mutating func tellNotCreated(_ text: String, now: Now) {
    let isNews = upkeep.creation != text
    upkeep.creation = text
    guard isNews else { return }
    tell(.notCreated, at: now, level: .alert, text: "nothing is made: \(text)")
  }

  /// Journals what came of a write.
  mutating func note(creation step: MoveStep, now: Now) {
    switch step {
    case .ambiguous(let record, let target, let reason):
      tell(
        .ambiguous, at: now, level: .alert,
        text: "\(record.type) \(record.name) \(target): whether it was made is not known "
          + "(\(reason)); it is looked for, and not asked for again while it may still appear")
    default:
      guard let line = MoveWords.line(step) else { return }
      tell(line.kind, at: now, level: line.level, text: line.text)
    }
  }
}
