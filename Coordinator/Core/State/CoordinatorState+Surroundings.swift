import Decision
import Wire

/// When the coordinator does not trust itself, and what is told of it.
extension CoordinatorState {
  /// Time has passed.
  mutating func lookAround() {
    var lines = noteWallClock()
    let before = (doubts.current, evidence.floor, evidence.voidUntil)
    if doubts.tick(&evidence, now: now.instant) {
      for place in cores.indices { cores[place].machine.restartConfirmations() }
      lines.append(.output(.disturbed))
    }
    if before != (doubts.current, evidence.floor, evidence.voidUntil) { disturb() }
    lines += noteDoubts() + noteTimeRefusals()
    if isJournalDue {
      journalTriedAt = now.instant
      push(.proveJournal)
    }
    agenda += lines.reversed()
    noteQuarantine(of: quarantined)
  }

  /// Whether the journal can be written is known before it is needed (FAULTS 31, 74): it is tried
  /// while nothing happens, and more often while it fails, so that all goes on when space returns.
  private var isJournalDue: Bool {
    guard !isEnding, let every = canStore ? rules.journalEvery : rules.journalRetry else {
      return false
    }
    return journalTriedAt.map { now.instant - $0 >= every } ?? true
  }

  /// Five seconds are more than slewing does between two ticks.
  private mutating func noteWallClock() -> [Item] {
    let offset = now.wallMs - now.instant.milliseconds
    defer { wallOffsetMs = offset }
    guard let before = wallOffsetMs, abs(offset - before) > 5_000 else { return [] }
    // Proofs of publication are timed by it.
    for name in names.reversed() { change(name) { core, _ in core.verifyAnew() } }
    disturb()
    admission.distrustWall(until: now.instant + rules.shared.round)
    let event = EventRecord(
      .clockStepped, at: now, level: .alert,
      text: "this host's wall clock was stepped by \((offset - before) / 1000) s: reports count "
        + "by their challenges, stamps before and after it do not compare")
    return [.output(.record(event)), .output(.disturbed)]
  }

  private mutating func noteDoubts() -> [Item] {
    defer { shownDoubts = doubts.current }
    // Nothing has been heard before the first report: that is start-up, no doubt worth a line.
    guard !evidence.agents.isEmpty else { return [] }
    let changed = doubts.current.symmetricDifference(shownDoubts)
    return changed.sorted { $0.rawValue < $1.rawValue }.map { doubt in
      let begins = doubts.current.contains(doubt)
      return .output(
        .record(
          EventRecord(
            begins ? .doubt : .doubtEnded, at: now, level: begins ? .alert : .notice,
            text: begins ? doubt.text : "no longer: \(doubt.text)")))
    }
  }

  /// Most agents refused for time is what a stepped wall clock looks like (RULES 6d): while it
  /// lasts, first contacts prove their time by a challenge.
  private mutating func noteTimeRefusals() -> [Item] {
    let round = rules.shared.round
    let most = refusals.areMost(of: rules.agents.keys, round: round, now: now.instant)
    if most { admission.distrustWall(until: now.instant + round) }
    guard most != clocksDiffer else { return [] }
    clocksDiffer = most
    return [
      .output(
        .record(
          EventRecord(
            most ? .clocksDiffer : .clocksAgree, at: now, level: most ? .alert : .notice,
            text: most
              ? Self.clocksDifferText
              : "agents are no longer refused for time: wall clocks count again")))
    ]
  }

  public static let clocksDifferText =
    "most agents were refused for time: this host's clock is the likeliest to be wrong. Reports "
    + "count by their challenges alone. Look: timedatectl"

  /// Tells of those of these identities that came into quarantine, or are out of it again (FAULTS
  /// 11): it begins with a report, and ends by time.
  mutating func noteQuarantine(of agents: Set<AgentID>) {
    for agent in agents.sorted().reversed() {
      let holds = evidence.twins.hold(agent, at: Present(now))
      guard holds != quarantined.contains(agent) else { continue }
      if holds { quarantined.insert(agent) } else { quarantined.remove(agent) }
      push(.record(quarantine(of: agent, begins: holds)))
    }
  }

  private func quarantine(of agent: AgentID, begins: Bool) -> EventRecord {
    let region = rules.agents[agent]
    return EventRecord(
      begins ? .twins : .twinsEnded, at: now, region: region, level: begins ? .alert : .notice,
      text: begins
        ? "two hosts report as \(agent): what either says does not count, and it is missing in "
          + "\(region ?? "its region"). Stop the copy, or give it a name and a key of its own; "
          + "\(Story.span(Defaults.quarantine)) later the other counts again"
        : "one host alone has reported as \(agent) for \(Story.span(Defaults.quarantine)): it "
          + "counts again")
  }
}
