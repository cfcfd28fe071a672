import CoordinatorCore
import Decision
import Settings
import Store
import Wire

extension Coordinator {
  /// An operator's `failover` or `failback`.
  func move(
    _ service: String, request: MoveRequest, isFailback: Bool
  ) async throws(Refusal) -> MoveReply {
    try Self.check(span: request.pinForMs, "a pin")
    let request = request.bounded
    if let seen = request.plan {
      try await compare(seen, service, request, isFailback: isFailback)
    }
    switch tell(.move(service, request, isFailback: isFailback)) {
    case .begun(let incident):
      return MoveReply(
        incident: incident.id, epoch: incident.epoch, from: incident.from, to: incident.to)
    case .refused(let refusal): throw refusal
    case .text, .directive, .refusedReport, .summary, nil:
      preconditionFailure("a move is begun or refused")
    }
  }

  func status() -> StatusDocument {
    Presenter.status(snapshot())
  }

  func explain(_ service: String) throws(Refusal) -> ExplainDocument {
    guard state[service] != nil else { throw unknown(service) }
    let snapshot = snapshot()
    guard let room = snapshot.rooms.first(where: { $0.service.topology.service == service }),
      let assessment = room.core.assessment
    else {
      throw Refusal.starting
    }
    return Presenter.explain(room, assessment: assessment, snapshot: snapshot)
  }

  /// Whether it can do its work: the start-up is over, the journal can be written, and every
  /// service knows where DNS points. With the first line of each service that is not well.
  func readyLines() -> (isReady: Bool, text: String) {
    let snapshot = snapshot(plays: false)
    let now = snapshot.now.instant
    let isReady =
      storeTrouble == nil
      && state.cores.allSatisfy { core in
        core.machine.graceLeft(now) == nil && core.machine.memory.active != nil
          && core.assessment != nil
      }
    let lines = snapshot.rooms.map { Presenter.firstLine($0, snapshot: snapshot) }
      .filter { $0.situation != .ok }.map(\.text)
    return (isReady, ([isReady ? "ready" : "not ready"] + lines).joined(separator: "\n"))
  }

  /// One line for the supervisor: `3 regions, active us-east, all healthy`.
  func oneLine() -> String {
    var troubles: [String] = []
    if let reloadTrouble { troubles.append("configuration not reloaded: \(reloadTrouble)") }
    if !evidence.agents.isEmpty { troubles += doubts.current.map(\.text).sorted() }
    let snapshot = snapshot(plays: false, looks: false)
    return StatusLine.text(
      snapshot.rooms.map { StatusLine.Service($0, snapshot: snapshot) }, troubles: troubles)
  }

  func unknown(_ service: String) -> Refusal { state.unknown(service) }

  /// `plays`: outlooks are played out where those of a moment ago do not hold; they cost more than
  /// all the rest. `looks`: ages are those of now, and not of the newest judgement.
  func snapshot(plays: Bool = true, looks: Bool = true) -> Snapshot {
    let now = Now.read()
    var outlooks: [String: Outlooks] = [:]
    for core in state.cores {
      let isDown = [.down, .confirmed].contains(core.assessment?.facts.source)
      if plays || isDown { outlooks[core.name] = self.outlooks(of: core.name, now: now) }
    }
    return Snapshot(
      now: now, coordinator: self.about(), deployment: deployment,
      rooms: looks ? rooms.map { looked($0, now: now) } : rooms, evidence: evidence,
      doubts: doubts.current, skews: surroundings.skews, books: books, cluster: store.clusterID,
      nameServersAreAddresses: nameServersAreAddresses, storeTrouble: storeTrouble,
      storeTroubleMs: storeTroubleMs, freeBytes: freeBytes(), outlooks: outlooks)
  }

  private func about() -> CoordinatorStatus {
    let now = Now.read().instant
    let grace = state.cores.compactMap { $0.machine.graceLeft(now) }.max()
    var words = evidence.agents.isEmpty ? [] : doubts.current.map(\.text).sorted()
    for room in rooms {
      guard let trouble = room.core.readTrouble else { continue }
      words.append(
        "the DNS record of \(room.service.topology.name) cannot be read, so a move would fail: "
          + trouble)
    }
    words += surroundingFindings
    if let finding = restartFinding(.read()) { words.append(finding) }
    if let storeTrouble { words.append("cannot store: \(storeTrouble)") }
    if let reloadTrouble {
      words.append("the configuration was not reloaded, the old one is in force: \(reloadTrouble)")
    }
    return CoordinatorStatus(
      release: Release.version, startedMs: startedMs,
      automation: deployment.settings.automation.rawValue,
      graceMs: grace.map { Int($0.wholeMilliseconds) },
      doubts: words,
      refusedReports: refused, publicKey: publicKey)
  }
}

/// What screens are made from: one instant of everything.
struct Snapshot: Sendable {
  var now: Now
  var coordinator: CoordinatorStatus
  var deployment: Deployment
  var rooms: [Room]
  var evidence: Evidence
  var doubts: Set<Doubt>
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
  /// Free where the journal is.
  var freeBytes: UInt64?
  /// By service.
  var outlooks: [String: Outlooks] = [:]
}
