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
    Presenter.status(snapshot().looked)
  }

  func explain(_ service: String) throws(Refusal) -> ExplainDocument {
    guard state[service] != nil else { throw unknown(service) }
    let snapshot = snapshot().looked
    guard let room = snapshot.rooms.first(where: { $0.service.topology.service == service }),
      let assessment = room.core.assessment
    else {
      throw Refusal.starting
    }
    return Presenter.explain(room, assessment: assessment, snapshot: snapshot)
  }

  func unknown(_ service: String) -> Refusal { state.unknown(service) }

  /// `plays`: outlooks are played out where those of a moment ago do not hold; they cost more than
  /// all the rest.
  func snapshot(plays: Bool = true) -> Snapshot {
    let now = Now.read()
    var outlooks: [String: Outlooks] = [:]
    for core in state.cores {
      let isDown = [.down, .confirmed].contains(core.assessment?.facts.source)
      if plays || isDown { outlooks[core.name] = self.outlooks(of: core.name, now: now) }
    }
    return Snapshot(
      now: now, coordinator: self.about(), deployment: deployment,
      rooms: rooms, evidence: evidence, doubts: doubts, skews: surroundings.skews, books: books,
      cluster: store.clusterID, nameServersAreAddresses: nameServersAreAddresses,
      storeTrouble: storeTrouble,
      storeTroubleMs: storeTroubleMs, reloadTrouble: reloadTrouble, freeBytes: freeBytes(),
      outlooks: outlooks)
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
