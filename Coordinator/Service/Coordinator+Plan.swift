import CoordinatorCore
import DNS
import Decision
import Platform
import Settings
import Store
import Wire

/// The newest plans that were made, so that a refusal can tell what is different now.
struct KeptPlans: Sendable {
  private var plans: [MovePlanDocument] = []

  static let most = 32

  mutating func keep(_ plan: MovePlanDocument) {
    plans.removeAll { $0.checksum == plan.checksum }
    plans = Array((plans + [plan]).suffix(Self.most))
  }

  func plan(_ checksum: String) -> MovePlanDocument? {
    plans.last { $0.checksum == checksum }
  }
}

extension Coordinator {
  /// What an operator's move would change now, by records that are read for it. `to` absent: the
  /// primary, of a failback.
  func plan(
    _ service: String, to: String?, isFailback: Bool
  ) async throws(Refusal) -> MovePlanDocument {
    guard let known = shells[service]?.service else { throw unknown(service) }
    guard let to = to ?? (isFailback ? known.topology.primary : nil) else {
      throw Refusal(code: "no_target", message: "name the region to plan a move to: to=REGION")
    }
    guard known.topology.region(to) != nil else {
      let regions = known.topology.regions.map(\.id).joined(separator: ", ")
      throw Refusal(
        code: "unknown_region",
        message: "'\(to)' is no region of \(service); accepted: \(regions)")
    }
    let (records, missing) = try await read(known.names)
    // What the records are to be is judged by what is known after the reading.
    let now = Now.read()
    guard var room = room(service),
      let target = room.service.topology.region(to)
    else {
      throw Refusal(code: "conflict", message: "the configuration has just changed: plan again")
    }
    room.core = room.core.looked(evidence, doubts, now: now, evenIfDue: true)
    guard let assessment = room.core.assessment else {
      throw Refusal.starting
    }
    let planner = MovePlanner(
      room: room, assessment: assessment, target: target, isFailback: isFailback,
      marker: Marker(
        cluster: store.clusterID, incarnation: incarnation,
        epoch: room.core.machine.memory.epoch + 1,
        active: to))
    let plan = planner.plan(records, missing: missing, atMs: Clocks.wallMilliseconds())
    plans.keep(plan)
    return plan
  }

  /// The records of all names, and which names have none. One listing of a zone does, unless a
  /// name of it has no record: then each is asked for alone, to tell which.
  private func read(
    _ names: [String]
  ) async throws(Refusal) -> (records: [ProviderRecord], missing: [String]) {
    func unreadable(_ name: String, _ error: ProviderError) -> Refusal {
      Refusal(
        code: "cannot_read",
        message: "the records of \(name) cannot be read just now: \(error.description)")
    }
    do {
      return (try await provider.records(of: names), [])
    } catch {
      guard error.kind == .noRecord else {
        throw unreadable(names.joined(separator: ", "), error)
      }
      if names.count == 1 { return ([], [error.description]) }
    }
    var records: [ProviderRecord] = []
    var missing: [String] = []
    for name in names {
      do {
        records += try await provider.records(of: name)
      } catch {
        guard error.kind == .noRecord else { throw unreadable(name, error) }
        missing.append(error.description)
      }
    }
    return (records, missing)
  }

  /// Refuses unless a plan of the move, made now, is the one that the operator saw.
  func compare(
    _ checksum: String, _ service: String, _ request: MoveRequest, isFailback: Bool
  ) async throws(Refusal) {
    let before = plans.plan(checksum.lowercased())
    let now = try await plan(service, to: request.to, isFailback: isFailback)
    guard now.checksum != checksum.lowercased() else { return }
    let command = "signalbox plan \(service) --to \(now.to)"
    guard let before else {
      throw Refusal(
        code: "plan_changed",
        message: "no plan \(checksum.prefix(64)) is known here: it was made before the newest "
          + "start, or is of another service; the plan is \(now.checksum) now. Look at it: "
          + command)
    }
    throw Refusal(
      code: "plan_changed",
      message: "the plan \(before.checksum) does not hold any more, it is \(now.checksum) now: "
        + before.differences(to: now).joined(separator: "; ") + ". Look at it: \(command)")
  }
}

/// Puts a plan together from what was read and what is judged; pure.
struct MovePlanner {
  let room: Room
  let assessment: Assessment
  let target: Region
  let isFailback: Bool
  /// What the move would write.
  let marker: Marker

  private var memory: Memory { room.core.machine.memory }
  private var names: [String] { room.service.names }

  func plan(_ records: [ProviderRecord], missing: [String], atMs: Int64) -> MovePlanDocument {
    var troubles = missing
    let planned = names.flatMap { name in changes(name, records, troubles: &troubles) }
    troubles += MarkerConflict.blocking(
      in: records, names: names, mine: marker, adopted: memory.conflict?.adopted ?? []
    ).map(\.description)
    let markers = names.map { name in
      let place = Marker.recordName(name)
      let found = records.first { $0.type == "TXT" && $0.name == place }
      return PlannedMarker(
        name: place, id: found?.id, old: found?.target, new: marker.description)
    }
    var plan = MovePlanDocument(
      atMs: atMs, service: room.name, names: names, kind: isFailback ? .failback : .operatorMove,
      epoch: memory.epoch, from: memory.active == target.id ? nil : memory.active, to: target.id,
      fromState: memory.active.flatMap(state), toState: state(target.id), records: planned,
      markers: markers, troubles: troubles, wait: wait(planned),
      dataAtRisk: assessment.dataAtRisk[target.id], conditions: conditions,
      refusal: refusal(troubles), holds: holds)
    plan.checksum = Self.checksum(plan.canonical)
    return plan
  }

  /// One name's records, each with what it becomes.
  private func changes(
    _ name: String, _ records: [ProviderRecord], troubles: inout [String]
  ) -> [PlannedRecord] {
    let configured = Set(
      room.service.topology.regions.flatMap { $0.addresses.values }
        + (memory.accepted ?? []))
    var result: [PlannedRecord] = []
    for family in AddressFamily.allCases {
      let type = family.recordType
      let found = records.filter { $0.type == type && $0.name == name }
      let new = target.addresses[family]
      guard !found.isEmpty else {
        if let new {
          troubles.append("\(name) has no \(type) record: create it")
          result.append(PlannedRecord(type: type, name: name, new: new))
        }
        continue
      }
      if new != nil, found.count > 1 {
        troubles.append(
          "\(name) has \(found.count) \(type) records, one is needed: delete all but one")
      }
      for record in found {
        if new != nil, !configured.contains(record.target) {
          troubles.append(
            "\(type) \(name) is \(record.target), which is not configured: put a configured "
              + "address back, or: signalbox adopt \(room.name)")
        }
        result.append(
          PlannedRecord(
            id: record.id, type: type, name: name, old: record.target,
            new: found.count == 1 ? new : nil, ttlSeconds: record.ttlSeconds))
      }
    }
    return result
  }

  private func state(_ region: RegionID) -> String? {
    assessment.pictures[region].map { "\($0.verdict.rawValue): \(Story.brief($0))" }
  }

  /// A TTL of 0 is the zone's default: what the name servers give tells it.
  private func wait(_ records: [PlannedRecord]) -> PlannedWait {
    let stored = records.compactMap(\.ttlSeconds)
    let served = room.core.lines.compactMap(\.ttlSeconds).max()
    let cache = stored.contains(0) || stored.isEmpty ? served : stored.max()
    // Linode publishes in up to 60 s (facts/linode section 3): a third of the alarm's time.
    return PlannedWait(
      publishSeconds: room.service.policy.notPublishedAfter.inSeconds / 3,
      cacheSeconds: cache.map(Double.init))
  }

  private var conditions: [CheckedLine] {
    if target.id == memory.active { return assessment.putBack?.conditions ?? [] }
    let returns = isFailback && target.id == room.service.topology.primary
    return (returns ? assessment.gate?.conditions : assessment.eligibilities[target.id]?.conditions)
      ?? []
  }

  /// What asking for it now would be answered.
  private func refusal(_ troubles: [String]) -> Problem? {
    var machine = room.core.machine
    do {
      try machine.ask(
        Request(to: target.id, isFailback: isFailback, overrides: [], untilMs: nil),
        epoch: memory.epoch, assessment: assessment)
    } catch {
      return Problem(code: error.code, message: error.message)
    }
    guard !troubles.isEmpty else { return nil }
    return Problem(code: "records", message: troubles.joined(separator: "; "))
  }

  private var holds: [RuleLine] {
    assessment.holds.map { hold in
      RuleLine(number: hold.block.rule.rawValue, name: hold.block.rule.name, text: hold.text)
    }
  }

  /// The first 12 hexadecimal digits of SHA-256 over the lines, each ended.
  static func checksum(_ lines: [String]) -> String {
    let text = lines.map { $0 + "\n" }.joined()
    return hexadecimal(Digest.sha256(Array(text.utf8)).prefix(6))
  }
}
