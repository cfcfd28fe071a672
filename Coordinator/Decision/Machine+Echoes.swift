import Wire

/// Writes of ours toward a region without a definite answer: they may still land (RULES 10).
public struct Echo: Codable, Hashable, Sendable {
  public var region: RegionID
  /// Of the intent that wrote.
  public var epoch: UInt64
  /// Until when it is remembered, Unix milliseconds.
  public var untilMs: Int64
  /// How often what they put there was overwritten.
  public var repairs: Int
  /// How many writes there were; a journal of old does not tell.
  public var writes: Int?

  /// How many of the writes may still land.
  var outstanding: Int { max(0, (writes ?? 0) - repairs) }

  /// Each of them lands once at most, so that what comes more often is somebody's wish.
  var isSpent: Bool { repairs >= max(Defaults.echoRepairs, writes ?? 0) }
}

/// Late echoes: a write that was given up lands after a newer one, and is overwritten, for nobody
/// wants it.
extension Machine {
  /// Notes that a record's write of the move in flight has no definite answer.
  public mutating func noteMayLand(now: Now) {
    guard let intent = memory.intent else { return }
    noteMayLand(toward: intent.to, epoch: intent.epoch, now: now)
  }

  /// Notes that the write of `address` has no definite answer; its move, of `epoch`, may have been
  /// replaced meanwhile.
  public mutating func noteMayLand(address: String, epoch: UInt64, now: Now) {
    let region = topology.regions.first { $0.addresses.values.contains(address) }
    guard let region else { return }
    noteMayLand(toward: region.id, epoch: epoch, now: now)
  }

  private mutating func noteMayLand(toward region: RegionID, epoch: UInt64, now: Now) {
    let known = memory.echoes ?? []
    let before = known.first { $0.region == region }
    let echo = Echo(
      region: region, epoch: epoch,
      untilMs: now.wallMs + policy.mayLandFor.wholeMilliseconds, repairs: 0,
      writes: (before?.outstanding ?? 0) + 1)
    memory.echoes = known.filter { $0.region != region } + [echo]
  }

  /// Whether what the record shows may be older than the move that begins: then it is compared with
  /// nothing.
  public var mayShowEchoes: Bool { memory.echoes?.isEmpty == false }

  /// Whether a write of the move in flight had no answer and may still land.
  public var mayStillLand: Bool {
    guard let intent = memory.intent else { return false }
    return memory.echoes?.contains { $0.region == intent.to } == true
  }

  /// The region that an echo has put into a record: each shows exactly what abandoned writes or
  /// the newest move put there.
  func echo(in names: [NameReading]) -> RegionID? {
    // With another writer's marker in the zone nothing is written, so nothing is an echo.
    guard memory.intent == nil, !isReadOnly,
      let active = memory.active.flatMap(topology.region)
    else {
      return nil
    }
    let records = names.flatMap { name in
      topology.families.map { (family: $0, found: name[$0] ?? []) }
    }
    func shows(_ record: (family: AddressFamily, found: [String]), _ region: Region) -> Bool {
      record.found == region.addresses[record.family].map { [$0] }
    }
    let pending = pendingEchoes.compactMap { topology.region($0.region) }
    let isOurs = records.allSatisfy { record in
      (pending + [active]).contains { shows(record, $0) }
    }
    guard isOurs else { return nil }
    return pending.first { region in records.contains { shows($0, region) } }?.id
  }

  /// The next repair is of this region's echo.
  mutating func noteEcho(of region: RegionID) {
    at = .echo
    memory.echoes = memory.echoes.map { echoes in
      echoes.filter { $0.region == region } + echoes.filter { $0.region != region }
    }
  }

  /// Those that would be overwritten; the active region's own values are wanted.
  private var pendingEchoes: [Echo] {
    (memory.echoes ?? []).filter {
      $0.region != memory.active && !$0.isSpent
    }
  }

  mutating func expireEchoes(_ now: Present) {
    let kept = memory.echoes?.filter { !now.hasReached(wallMs: $0.untilMs) }
    memory.echoes = kept?.isEmpty == true ? nil : kept
    // What was taken for an echo may be somebody's wish: the next reading tells.
    if at == .echo, pendingEchoes.isEmpty { at = .unknown }
  }

  /// Writes what is wanted once more; not a move.
  mutating func openRepair() {
    let echo = pendingEchoes.first
    open(.repair, from: echo?.region, to: memory.active, rule: .lateEcho)
    memory.echoes = memory.echoes?.map { kept in
      var kept = kept
      if kept.region == echo?.region { kept.repairs += 1 }
      return kept
    }
  }
}
