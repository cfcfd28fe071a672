import Decision
import Wire

/// The TXT marker beside moves (RULES 16): watched for other writers, written again as it is to
/// prove that the token can write, claimed after an operator's `adopt`.
extension ServiceCore {
  /// Looks for another writer's marker in a reading of the records; a second one in a row has to
  /// show it too.
  mutating func watchMarker(in records: [ProviderRecord], now: Now) {
    guard !isWriting else { return }
    let adopted = machine.memory.conflict?.adopted ?? []
    let known = Set(machine.memory.conflict?.markers.map(\.text) ?? [])
    let found = MarkerConflict.find(in: records, names: names, mine: marker)
    let news = upkeep.sightings.take(
      found, unread: Marker.unreadable(in: records, names: names, adopted: adopted),
      atMs: now.instant.milliseconds)
    noteConflict(news.proven, now: now)
    for doubted in news.doubted where !known.contains(doubted.excerpt) {
      tell(
        .readAgain, at: now, level: .notice,
        text: "\(doubted): read again, and it counts if the next reading shows it too")
    }
    for unread in news.unread {
      tell(
        .markerUnread, at: now, level: .notice,
        text: "\(Marker.unreadable(unread)): a bad reading, or damage; read again")
    }
    forgetAdopted(records)
    healMarker(now: now)
  }

  /// What was adopted is over when two readings in a row show nothing of it; durable with the next
  /// step.
  private mutating func forgetAdopted(_ records: [ProviderRecord]) {
    let adopted = machine.memory.conflict?.adopted ?? []
    let isGone = !adopted.isEmpty && !MarkerConflict.stands(adopted, in: records)
    upkeep.adoptedGone = isGone ? upkeep.adoptedGone + 1 : 0
    if upkeep.adoptedGone > 1 { machine.noteMarkerIsOurs() }
  }

  /// What is no marker and stands for a while is written over with ours: it is ours that was
  /// damaged, or nobody's.
  private mutating func healMarker(now: Now) {
    guard !healing(now: now).isEmpty, upkeep.proveFrom.map({ now.instant < $0 }) ?? false,
      !upkeep.isHealing
    else { return }
    upkeep.isHealing = true
    upkeep.proveFrom = nil
  }

  private func healing(now: Now) -> Set<String> {
    guard machine.policy.automation != .observe else { return [] }
    return upkeep.sightings.standing(
      forMs: rules.healAfter.wholeMilliseconds, atMs: now.instant.milliseconds)
  }

  /// Begins to write the marker where that is due.
  mutating func proveToken(now: Now) {
    guard writing == nil, upkeep.proveFrom.map({ now.instant >= $0 }) ?? true,
      mayProve(now: now)
    else { return }
    let adopted = machine.memory.conflict?.adopted ?? []
    let heals = healing(now: now)
    if !heals.isEmpty {
      tell(
        .markerUnread, at: now, level: .alert,
        text: upkeep.sightings.unreadable.joined(separator: "; ")
          + ": it has stood for a while, and is written anew")
    }
    let plan = MarkerPlan(
      names: names, marker: marker, adopted: adopted, heals: heals,
      creates: !adopted.isEmpty || machine.policy.automation != .observe)
    begin(.marker(MarkerRewrite(plan, rereadAfter: pace.move.rereadAfter)))
  }

  /// Never in a move, never while it is not settled who wrote what stands there.
  private func mayProve(now: Now) -> Bool {
    let memory = machine.memory
    return !isMoving && memory.intent == nil && memory.echoes == nil && memory.active != nil
      && machine.at == .region && !upkeep.isByServers && !machine.isReadOnly
      && !upkeep.sightings.isDoubtful && machine.graceLeft(now.instant) == nil
  }

  /// Nothing is written that the journal could not follow: its commit shows that it can be stored.
  mutating func permitProof(now: Now) -> WriteLeave {
    guard mayProve(now: now) else {
      return WriteLeave(.stop("it is not settled who wrote what is there"))
    }
    stored = machine.memory
    return WriteLeave(.go, commit: commit())
  }

  mutating func proved(_ result: MarkerRewriteResult, now: Now) {
    upkeep.isHealing = false
    upkeep.proveFrom = now.instant + rules.retry
    switch result {
    case .written:
      upkeep.proveFrom = now.instant + rules.proof
      tokenWorks(now: now)
    case .partly: tokenWorks(now: now)
    case .conflict(let conflicts): noteConflict(conflicts, now: now)
    case .refused(let error): tokenRefused(error, now: now)
    case .absent, .stopped, .unclear, .unreadable: break
    }
  }

  // MARK: Whether the token can write

  /// The provider refuses writes: told before a move needs them (FAULTS 42).
  mutating func tokenRefused(_ error: ProviderError, now: Now) {
    let isToken = error.kind == .unauthorized
    let what =
      isToken ? "the token cannot write any more" : "the marker of \(name) cannot be written"
    let cure =
      isToken
      ? rules.tokenCure
      : "Look at the records of "
        + names.map { "\($0) and \(Marker.recordName($0))" }.joined(separator: ", ")
    let text = "\(what), so a move of \(name) would fail: \(error). \(cure)"
    let isNews = upkeep.tokenTrouble == nil
    upkeep.proveFrom = now.instant + rules.retry
    upkeep.tokenTrouble = text
    if isNews { tellToken(.tokenRefused, level: .alert, text, now: now) }
  }

  /// A write was taken.
  mutating func tokenWorks(now: Now) {
    upkeep.provenAt = now.instant
    guard upkeep.tokenTrouble != nil else { return }
    upkeep.tokenTrouble = nil
    tellToken(.tokenWorks, level: .notice, "the records of \(name) can be written again", now: now)
  }

  private mutating func tellToken(
    _ message: CoordinatorMessage, level: EventLevel, _ text: String, now: Now
  ) {
    direct(
      .record(
        EventRecord(
          message, at: now, service: name, epoch: machine.memory.epoch, level: level, text: text)))
  }
}
