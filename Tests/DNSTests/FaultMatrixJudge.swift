import CoordinatorCore
import Platform
import Sandbox
import Wire

/// Says what is wrong with a story that has been told.
struct FaultJudge {
  let cell: FaultCell
  let world: FaultWorld
  let ledger: FaultLedger.State
  /// What the records are to be in the end.
  let desired: [String: String]
  let epoch: UInt64
  let active: String

  init(story: FaultStory) {
    cell = story.cell
    world = story.world
    ledger = story.ledger.now
    let rewrites = !cell.operation.moves
    desired = story.world.desired(rewrites ? 0 : story.region)
    epoch = story.epoch
    active = FaultWorld.regions[story.region]
  }

  /// The records, and what the API has seen of the story; nil: nothing is wrong.
  func judge(_ records: [FaultWorld.Stored], _ seen: [SeenRequest]) -> String? {
    if let problem = ledger.problems.first { return problem }
    if let problem = addresses(records, mayBeLate: true) { return problem }
    if let problem = others(records) { return problem }
    let extra = markersMayBe(records)
    let markers = FaultWorld.markers(records).map(\.target)
    if markers.count > extra { return "\(markers.count) markers: \(markers)" }
    if cell.operation.moves || cell.operation == .create, let problem = journal() {
      return problem
    }
    return requests(seen)
  }

  /// After the repair and the next proof.
  func judge(atRest records: [FaultWorld.Stored]) -> String? {
    if let problem = addresses(records, mayBeLate: false) { return "at rest: \(problem)" }
    if let problem = others(records) { return "at rest: \(problem)" }
    let markers = FaultWorld.markers(records).map(\.target)
    guard (1...markersMayBe(records)).contains(markers.count) else {
      return "at rest: \(markers.count) markers: \(markers)"
    }
    for text in markers {
      let marker = Marker(text)
      guard marker?.cluster == "c1", marker?.epoch == epoch, marker?.active == active else {
        return "at rest: a marker says \(text)"
      }
    }
    return nil
  }

  /// One, and one for each that was to be made and came late: before it came, a listing did not
  /// show it, and the next process, or the next proof, made its own.
  private func markersMayBe(_ records: [FaultWorld.Stored]) -> Int {
    guard cell.trouble?.kind == .apiLate else { return 1 }
    return 1
      + ledger.calls.count {
        $0.id == 0 && Marker($0.target) != nil && $0.isSent && $0.failure != nil
      }
  }

  /// One A and one AAAA record, the old ones, with the desired targets.
  private func addresses(_ records: [FaultWorld.Stored], mayBeLate: Bool) -> String? {
    if cell.operation == .create { return made(records) }
    let now = FaultWorld.mine(records)
    let before = FaultWorld.mine(world.before)
    guard now.count == before.count, Set(now.map(\.id)) == Set(before.map(\.id)) else {
      return "not the old records: \(now)"
    }
    for record in now {
      guard let old = before.first(where: { $0.id == record.id }) else { continue }
      var expected = old
      expected.target = desired[record.type] ?? ""
      expected.updated = record.updated
      if record == expected { continue }
      // On a machine that stood still what comes late may have come already.
      let echoes = ledger.calls.filter { $0.id == record.id && $0.isSent && $0.failure != nil }
      if mayBeLate, cell.trouble?.kind == .apiLate,
        echoes.contains(where: { $0.target == record.target })
      {
        continue
      }
      return "\(record.type) is \(record.target) with TTL \(record.ttl_sec), to be \(expected)"
    }
    return nil
  }

  /// One A and one AAAA record, as they were to be made.
  private func made(_ records: [FaultWorld.Stored]) -> String? {
    let now = FaultWorld.mine(records).sorted { $0.type < $1.type }
    let isRight =
      now.map(\.type) == ["A", "AAAA"]
      && now.allSatisfy { $0.target == desired[$0.type] && $0.ttl_sec == FaultWorld.ttl }
    return isRight ? nil : "made were \(now)"
  }

  /// Nothing of the others is changed, gone or new.
  private func others(_ records: [FaultWorld.Stored]) -> String? {
    let before = FaultWorld.foreign(world.before)
    let now = FaultWorld.foreign(records)
    guard before == now, Set(records.map(\.id)).count == records.count else {
      return "others' records: gone \(before.subtracting(now)), new \(now.subtracting(before))"
    }
    return nil
  }

  /// Every write is in the journal before it is made, and what came of it after.
  private func journal() -> String? {
    let announced = ledger.steps.indices.filter { index in
      if case .writing = ledger.steps[index].step { true } else { false }
    }
    guard announced.count == ledger.calls.count else {
      return "\(announced.count) writes in the journal, \(ledger.calls.count) made"
    }
    for (index, call) in zip(announced, ledger.calls) {
      let (process, step) = ledger.steps[index]
      guard case .writing(let record, let target) = step, process == call.process,
        record.id == call.id, target == call.target
      else { return "\(call) is not what the journal says: \(step)" }
      let next = ledger.steps[(index + 1)...].first { $0.process == process }?.step
      if let problem = answer(call, next) { return problem }
    }
    if cell.operation == .create { return nil }
    let last = ledger.steps.last?.process
    for type in ["A", "AAAA"] {
      let commits = ledger.steps.filter { entry in
        guard case .committed(let record) = entry.step, entry.process == last else { return false }
        return record.type == type && record.target == desired[type]
      }
      guard !commits.isEmpty else { return "\(type) is not committed in the journal" }
    }
    return nil
  }

  /// The journal's next line of the same process tells what came of the call.
  private func answer(_ call: FaultLedger.Call, _ next: MoveStep?) -> String? {
    guard call.isKnown else {
      return next == nil ? nil : "a dead process wrote \(String(describing: next))"
    }
    let isRight =
      switch (call.failure, next) {
      // What was made has its id from the answer.
      case (nil, .answered(let record, nil)):
        record.id == call.id || call.id == 0 && record.target == call.target
      case (.outcomeUnknown, .ambiguous(let record, let target, _)):
        record.id == call.id && target == call.target
      case (.transient, .answered(let record, _?)), (.permanent, .answered(let record, _?)):
        record.id == call.id
      default: false
      }
    return isRight ? nil : "\(call) became \(String(describing: next)) in the journal"
  }

  /// The API has seen no other writes than those of the journal, each once, in their order, and it
  /// has met the fault.
  private func requests(_ seen: [SeenRequest]) -> String? {
    let writes = seen.filter { $0.method != "GET" }
    var sent = ledger.calls.filter(\.isSent)[...]
    for write in writes {
      let id =
        write.method == "POST" ? 0 : write.path.split(separator: "/").last.flatMap { Int64($0) }
      // A call may have got lost on the way to the API.
      while let call = sent.first, call.id != id { sent.removeFirst() }
      guard ["PUT", "POST"].contains(write.method), !sent.isEmpty else {
        return "the API has seen \(write), which is not in the journal"
      }
      sent.removeFirst()
    }
    let targets = Set(FaultWorld.mine(world.before).map(\.id))
      .union(FaultWorld.markers(world.before).map(\.id)).union([0])
    let made = Set(ledger.calls.map(\.id)).subtracting(targets)
    let posted = writes.contains { $0.method == "POST" && $0.isApplied }
    guard made.isEmpty || posted else { return "records \(made) were written" }
    guard let trouble = cell.trouble, let count = trouble.count else { return nil }
    let met = seen.count { $0.fault == trouble.kind }
    return (1...count).contains(met) ? nil : "the API met the fault \(met) times"
  }

  /// Whether an address was changed after the story's end.
  func isLate(_ records: [FaultWorld.Stored]) -> Bool {
    FaultWorld.mine(records).contains { $0.target != desired[$0.type] }
  }

  /// What came late is one of those writes of which the journal says so.
  func lateness(_ records: [FaultWorld.Stored]) -> String? {
    for record in FaultWorld.mine(records) where record.target != desired[record.type] {
      let isTold = ledger.steps.contains { entry in
        if case .ambiguous(let echo, let target, _) = entry.step {
          echo.id == record.id && target == record.target
        } else {
          false
        }
      }
      let isCut = ledger.calls.contains {
        $0.id == record.id && $0.target == record.target && $0.isSent && !$0.isKnown
      }
      guard isTold || isCut else {
        return "\(record.type) became \(record.target), of which the journal tells nothing"
      }
    }
    return nil
  }
}
