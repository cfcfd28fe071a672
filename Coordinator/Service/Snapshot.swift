import CoordinatorCore
import Decision
import Wire

/// What screens are made from: one instant of everything. It is taken on the coordinator's thread,
/// and made into words on another one.
struct Snapshot: Sendable {
  var now: Now
  var coordinator: CoordinatorStatus
  var deployment: Deployment
  /// By name, with the words of their newest judgement.
  var rooms: [Room]
  var evidence: Evidence
  var doubts: Doubts
  /// Each agent's wall clock less ours, milliseconds.
  var skews: [AgentID: Int64]
  /// What was measured for readiness.
  var books: ReadinessBooks
  /// Ours, as markers name it.
  var cluster: String
  var nameServersAreAddresses: Bool
  var storeTrouble: String?
  /// Since when, Unix milliseconds.
  var storeTroubleMs: Int64?
  /// Why the newest reload was refused.
  var reloadTrouble: String?
  /// Free where the journal is.
  var freeBytes: UInt64?
  /// By service.
  var outlooks: [String: Outlooks] = [:]

  /// The same with words of now.
  var looked: Snapshot {
    var looked = self
    for index in looked.rooms.indices {
      looked.rooms[index].core = rooms[index].core.looked(evidence, doubts, now: now)
    }
    return looked
  }

  /// Whether the coordinator can do its work: the start-up is over, the journal can be written, and
  /// every service knows where DNS points. With the first line of each service that is not well.
  var ready: (isReady: Bool, text: String) {
    let isReady =
      storeTrouble == nil
      && rooms.allSatisfy { room in
        room.core.machine.graceLeft(now.instant) == nil && room.core.machine.memory.active != nil
          && room.core.assessment != nil
      }
    let lines = rooms.map { Presenter.firstLine($0, snapshot: self) }
      .filter { $0.situation != .ok }.map(\.text)
    return (isReady, ([isReady ? "ready" : "not ready"] + lines).joined(separator: "\n"))
  }

  /// One line for the supervisor: `3 regions, active us-east, all healthy`.
  var line: String {
    var troubles: [String] = []
    if let reloadTrouble { troubles.append("configuration not reloaded: \(reloadTrouble)") }
    if !evidence.agents.isEmpty { troubles += doubts.current.map(\.text).sorted() }
    return StatusLine.text(rooms.map { StatusLine.Service($0, snapshot: self) }, troubles: troubles)
  }
}
