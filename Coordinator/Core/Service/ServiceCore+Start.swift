import Decision
import Wire

/// A process starts with what the journal holds.
extension ServiceCore {
  /// Notes the start, tells when there were too many of late, and that another writer's marker was
  /// found before it. To be stored; not stored, it is with the next step.
  mutating func start(at now: Now) -> ServiceCommit {
    machine.noteStart(wallMs: now.wallMs)
    var events: [EventRecord] = []
    if let count = machine.restarts(wallMs: now.wallMs) {
      events.append(
        EventRecord(
          .startsOften, at: now, service: name, level: .alert, text: Self.startsOften(count)))
    }
    if machine.isReadOnly, let conflict = machine.memory.conflict {
      events.append(
        EventRecord(
          .conflict, at: now, service: name, region: machine.memory.active,
          epoch: machine.memory.epoch, level: .alert,
          text: "still read-only: \(conflict.isOwn ? "a" : "another writer's") marker stood at "
            + "\(conflict.words(of: machine.topology.name)). Stop the other one, then: signalbox "
            + "adopt \(name)"))
    }
    for event in events { direct(.log(event)) }
    return commit(events)
  }

  /// It is stored.
  mutating func started(_ commit: ServiceCommit) { stored = commit.memory }

  /// What so many starts mean.
  public static func startsOften(_ count: Int) -> String {
    "started \(count) times in \(Story.span(Defaults.startsWindow)): each start begins every "
      + "confirmation anew, so that nothing may ever be moved. Look: journalctl -u "
      + "signalbox-coordinator"
  }
}
