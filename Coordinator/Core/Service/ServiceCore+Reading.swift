public import Decision
public import Wire

/// What a reading came to.
public struct Whereabouts: Sendable {
  /// The addresses that where DNS points was read from; nil: nobody could tell, or a move is in
  /// flight.
  public var shown: [String]?
  /// The name servers told it: the API cannot be read.
  public var isByServers = false
  /// The API told it, lately.
  public var isFresh = false
  /// It is to be read once more before it counts.
  public var isDoubtful = false
  /// Someone else pointed the names at a region. To be stored; if that fails, the value of before
  /// is taken again, and the next reading shows it anew.
  public var adoption: ServiceCommit?
}

/// Where DNS points (RULES 15).
extension ServiceCore {
  /// Takes in what the provider's records said then.
  mutating func tookRecords(_ records: [ProviderRecord], of began: Instant, now: Now) {
    reading = names.map { name in
      var found: NameReading = [:]
      for family in machine.topology.families {
        let mine = records.filter { $0.name == name && $0.type == family.recordType }
        found[family] = Array(mine.map(\.target).sorted().prefix(Limits.outsideEntries))
      }
      return found
    }
    readAt = began
    upkeep.lacks = lacks(records, now: now)
    watchMarker(in: records, now: now)
    ttlSeconds = records.filter { $0.type != "TXT" }.map(\.ttlSeconds).max() ?? ttlSeconds
  }

  /// Takes in why there are no records to take in.
  mutating func tookNoRecords(_ error: ProviderError) {
    // What cannot be read is not missing.
    upkeep.lacks = error.kind == .noRecord
  }

  /// Nothing is begun, or taken up again after a restart, before the records are read.
  public var waitsForReading: Bool {
    readAt == nil || resumed && machine.memory.intent != nil
  }

  /// Whether the newest reading still counts.
  public func isFresh(now: Now) -> Bool {
    readAt.map { now.instant - $0 <= pace.readingValid } ?? false
  }

  /// Where DNS points: by the API, else by two name servers that agree: judging goes on then, and a
  /// move's writes wait for the API anyway. `isNew`: a reading was made just now.
  ///
  /// Then it begins the upkeep that is due, where the journal `canStore` what comes of it.
  mutating func tookReading(
    isNew: Bool, canStore: Bool = true, now: Now
  ) -> Whereabouts {
    let isIdle = machine.memory.intent == nil
    let found = locate(isNew: isNew, now: now)
    upkeep.isByServers = found.isByServers
    if isIdle { upkeep.shown = found.shown }
    tend(isNew: isNew, canStore: canStore, now: now)
    return found
  }

  private mutating func locate(isNew: Bool, now: Now) -> Whereabouts {
    var found = Whereabouts()
    found.isFresh = isFresh(now: now)
    if machine.memory.intent != nil {
      resume(by: found.isFresh ? reading : nil, now: now)
      if found.isFresh { noteStrays() }
      return found
    }
    // What they show after a write may be of before it.
    let published = mayTrustServers(now: now) ? published : nil
    let names = found.isFresh ? reading : published
    found.isByServers = !found.isFresh && names != nil
    found.shown = names?.shown
    if let names, isDoubtful(names, isNew: isNew || !found.isFresh, now: now) {
      found.isDoubtful = true
      return found
    }
    guard let adopted = machine.observe(names: names, now: now) else { return found }
    // What was asked for before says nothing of what is wanted now.
    lines = []
    found.adoption = adoption(of: adopted, now: now)
    stored = machine.memory
    return found
  }

  /// Takes over where someone else pointed the names, durably.
  private func adoption(of region: RegionID, now: Now) -> ServiceCommit {
    let text =
      "someone pointed \(names.joined(separator: ", ")) at \(region): taken over as an operator's "
      + "move"
      + (machine.memory.pinned == nil
        ? "" : "; automatic failback is off until signalbox failback \(name)")
    let event = EventRecord(
      .adopted, at: now, service: name, region: region, epoch: machine.memory.epoch, level: .alert,
      text: text)
    return commit([event])
  }

  /// Whether the machine would forget where users are because of this reading alone.
  private mutating func isDoubtful(_ read: [NameReading], isNew: Bool, now: Now) -> Bool {
    guard machine.wouldForget(read) else {
      forgetting = nil
      return false
    }
    let shown = read.shown
    var seen = forgetting ?? Sighting(shown: shown, times: 0)
    if seen.shown != shown { seen = Sighting(shown: shown, times: 0) }
    if isNew { seen.times += 1 }
    forgetting = seen
    if isNew, seen.times == 1 {
      tell(
        .readAgain, at: now, level: .notice,
        text: "\(names.joined(separator: ", ")) reads as \(shown.joined(separator: ", ")): it "
          + "counts if the next reading shows it too")
    }
    return seen.times < 2
  }

  /// Whether the name servers may be believed: not while they may still show what was before a
  /// write of ours.
  private func mayTrustServers(now: Now) -> Bool {
    let limit = machine.policy.notPublishedAfter
    if let wrote = wroteAt, now.instant - wrote <= limit { return false }
    // Of a move before this start only the wall clock tells when it was.
    // One that was called off has written nothing.
    guard let last = lastIncident, ![.converged, .cancelled].contains(last.outcome) else {
      return true
    }
    return now.wallMs - last.stamps.intentMs > limit.wholeMilliseconds
  }

  /// Someone changed the record while a move was being published: the move ends, and the next
  /// reading takes over what stands there.
  private mutating func noteStrays() {
    guard machine.memory.phase == .verifying, let found = reading,
      let target = machine.memory.intent.flatMap({ machine.topology.region($0.to) })
    else { return }
    strays = found.show(target, machine.topology.families) ? 0 : strays + 1
    guard strays == 2 else { return }
    machine.observe(write: .refused)
    incident?.outcomeText = "someone changed the record while it was being published"
  }

  /// An intent from before a restart whose write has landed is committed.
  private mutating func resume(by names: [NameReading]?, now: Now) {
    guard resumed, let intent = machine.memory.intent, let names,
      machine.write == .underway || machine.write == .pending || machine.write == .partly,
      let target = machine.topology.region(intent.to),
      names.show(target, machine.topology.families)
    else { return }
    resumed = false
    machine.observe(write: .all)
    if let records = incident?.records.indices {
      for index in records { incident?.records[index].committed = true }
    }
    tell(
      .foundWritten, at: now,
      text: "found after the restart: the record points at \(intent.to) already; not written again")
  }

  /// The addresses of that family that DNS is to show while nothing is in flight.
  public func wanted(_ family: AddressFamily) -> [String] {
    if let accepted = machine.memory.accepted {
      return accepted.filter { $0.contains(":") == (family == .ipv6) }
    }
    let active = machine.memory.active.flatMap(machine.topology.region)
    return [active?.addresses[family]].compactMap { $0 }
  }

  /// Where the names point by what name servers agree on; nil where they do not, for any name.
  private var published: [NameReading]? {
    var readings: [NameReading] = []
    for name in names {
      let mine = lines.filter { ($0.name ?? names.first) == name }
      guard let agreed = NameServerLine.agreed(mine) else { return nil }
      readings.append(agreed)
    }
    return readings
  }
}
