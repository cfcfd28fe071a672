import CoordinatorCore
import Decision
import Store
import Wire

/// What is told once about the coordinator's surroundings: identities that two hosts use (FAULTS
/// 11), and starts that come too often (RULES 15).
extension Coordinator {
  /// Tells of identities that came into quarantine, and of those that are out of it again.
  func noteQuarantine(_ now: Now) {
    for agent in deployment.agents.keys.sorted() {
      let holds = evidence.twins.hold(agent, at: now.instant)
      guard holds != quarantined.contains(agent) else { continue }
      let region = deployment.agents[agent]
      if holds {
        quarantined.insert(agent)
        record(
          EventRecord(
            .twins, at: now, region: region, level: .alert,
            text: "two hosts report as \(agent): what either says does not count, and it is "
              + "missing in \(region ?? "its region"). Stop the copy, or give it a name and a "
              + "key of its own; \(Story.span(Defaults.quarantine)) later the other counts again"))
      } else {
        quarantined.remove(agent)
        record(
          EventRecord(
            .twinsEnded, at: now, region: region, level: .notice,
            text: "one host alone has reported as \(agent) for "
              + "\(Story.span(Defaults.quarantine)): it counts again"))
      }
    }
    quarantined.formIntersection(deployment.agents.keys)
  }

  /// Notes this start in the journal, and tells what is to be known of it.
  func noteStart() {
    let now = Now(instant: started, wallMs: startedMs)
    for name in rooms.keys.sorted() {
      guard let commit = rooms[name]?.core.start(at: now) else { continue }
      if store(commit, of: name) != nil { rooms[name]?.core.started(commit) }
      perform(name)
    }
  }

  /// What the status says of starts; nil where there were few.
  func restartFinding(_ now: Now) -> String? {
    rooms.values.compactMap { $0.core.machine.restarts(wallMs: now.wallMs) }.max().map(
      ServiceCore.startsOften)
  }
}
