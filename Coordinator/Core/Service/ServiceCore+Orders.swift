import Decision
public import Wire

/// What an operator ordered, and what makes it durable: not stored, it was not ordered, and the
/// core of before is taken again.
public struct TakenOrder: Sendable {
  /// What holds now, for the one who ordered it.
  public var text: String
  public var commit: ServiceCommit
}

/// Operators' orders (RULES 14); moves are asked for by themselves.
extension ServiceCore {
  /// Takes an order. Where it is an `adopt`, the marker is to be proven next.
  mutating func order(
    _ kind: OrderKind, _ request: OrderRequest, now: Now
  ) throws(Refusal) -> TakenOrder {
    guard let assessment else {
      throw Refusal.starting
    }
    let text = try apply(kind, request, assessment: assessment, now: now)
    let event = EventRecord(
      .order, at: now, service: name,
      region: request.name.flatMap { machine.topology.region($0)?.id },
      epoch: machine.memory.epoch, level: .notice,
      text: "\(text) (by \(request.operatorName)\(request.reason.map { ": \($0)" } ?? ""))")
    var commit = commit([event])
    if kind == .adopt { commit.incident = incident }
    stored = machine.memory
    direct(.log(event))
    return TakenOrder(text: text, commit: commit)
  }

  /// Changes the machine's memory, and says what holds now.
  private mutating func apply(
    _ kind: OrderKind, _ request: OrderRequest, assessment: Assessment, now: Now
  ) throws(Refusal) -> String {
    switch kind {
    case .pause:
      let until = request.forMs.map { now.wallMs.addingSaturated($0) }
      let first = machine.memory.pause
      try machine.pause(
        Pause(
          by: request.operatorName, reason: request.reason, sinceMs: now.wallMs, untilMs: until),
        epoch: request.epoch)
      return paused(machine.memory.pause, first: first, now: now)
    case .resume:
      let before = machine.memory
      try machine.resume(epoch: request.epoch)
      return resumed(before)
    case .maintenance:
      return try maintain(request, now: now)
    case .approve:
      let (from, to) = (request.from ?? "", request.to ?? "")
      try machine.approve(
        Approval(
          epoch: request.epoch, from: from, to: to, by: request.operatorName,
          untilMs: now.wallMs + machine.policy.approvalValid.wholeMilliseconds),
        assessment: assessment)
      return
        "the move of \(name) from \(from) to \(to) is approved, "
        + "for \(Story.span(machine.policy.approvalValid))"
    case .adopt: return try adopt(request)
    case .cancel:
      let to = machine.memory.intent?.to ?? ""
      let mayLand = machine.mayStillLand
      try machine.cancel(epoch: request.epoch)
      asked = Asked(by: request.operatorName, reason: request.reason)
      return "the move of \(name) to \(to) is taken back: "
        + (mayLand
          ? "a write had no answer and may still land; then it is overwritten"
          : "nothing was written")
    case .ack:
      try machine.acknowledge(epoch: request.epoch)
      return "automatic failback of \(name) is armed again"
    }
  }

  /// What holds after a pause, the first one or one more.
  private func paused(_ pause: Pause?, first: Pause?, now: Now) -> String {
    let end =
      pause?.untilMs.map { until in
        "until \(Words.clock(until, at: now.wallMs)), for "
          + Story.span(.milliseconds(max(0, until - now.wallMs)))
      } ?? "until it is resumed"
    let already =
      first.map {
        " (it was paused by \($0.by) since \(Words.clock($0.sinceMs, at: now.wallMs)) already)"
      } ?? ""
    return "\(name) is paused: no new automatic moves \(end)\(already)"
  }

  /// What does not hold any more.
  private func resumed(_ before: Memory) -> String {
    var ended: [String] = []
    if let pause = before.pause { ended.append("the pause by \(pause.by) is over") }
    if let pinned = before.pinned {
      ended.append("the pin that kept users in \(pinned) is lifted")
    }
    return "\(name) is resumed: \(ended.joined(separator: ", and ")); it moves by itself again, "
      + "where automation allows that"
  }

  private mutating func maintain(_ request: OrderRequest, now: Now) throws(Refusal) -> String {
    guard let place = request.name else {
      throw Refusal(code: "bad_request", message: "name the region or the host")
    }
    if request.ends == true {
      try machine.endMaintenance(place, epoch: request.epoch)
      return "the maintenance of \(place) is over"
    }
    let span = request.forMs ?? Defaults.maintenanceFor.wholeMilliseconds
    try machine.maintain(
      place,
      Maintenance(
        by: request.operatorName, sinceMs: now.wallMs,
        untilMs: now.wallMs.addingSaturated(span)),
      stays: request.stays == true, epoch: request.epoch)
    return "\(place) is in maintenance for \(Story.span(.milliseconds(span)))"
  }

  // MARK: Adopting

  /// What others left in DNS, for an operator's `adopt`; nil: nothing.
  public var adoptable: Adoptable? {
    let conflict = machine.isReadOnly ? machine.memory.conflict : nil
    let addresses = machine.at == .foreign ? upkeep.shown : nil
    let markers = conflict?.markers.map { AdoptableMarker(name: $0.name, text: $0.text) }
    let found = Adoptable(markers: markers ?? [], addresses: addresses ?? [])
    return found == Adoptable() ? nil : found
  }

  /// Takes what others left in DNS for the base, as the operator saw it.
  private mutating func adopt(_ request: OrderRequest) throws(Refusal) -> String {
    if let seen = request.seen, seen != adoptable ?? Adoptable() {
      throw Refusal(
        code: "conflict",
        message: "what stands in DNS is not what you saw. Look again: signalbox status")
    }
    let said = try machine.adopt(
      foreign: upkeep.shown, by: request.operatorName, epoch: request.epoch)
    if let intent = machine.memory.intent { incident?.epoch = intent.epoch }
    upkeep.proveFrom = nil
    forgetRefusals()
    // What is asked of the name servers is asked for the intent's new epoch.
    verifyAnew()
    return "\(name) is adopted: " + said.joined(separator: "; ")
  }
}
