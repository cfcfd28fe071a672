import Wire

/// Pause, maintenance, approval, acknowledgement (RULES 14): the operator's bits, never mixed into
/// health. The shell makes `memory` durable after each.
extension Machine {
  var regionsInMaintenance: Set<RegionID> {
    Set(topology.regions.map(\.id).filter { memory.maintenance?[$0] != nil })
  }

  var agentsInMaintenance: Set<AgentID> {
    Set(topology.agents.keys.filter { memory.maintenance?[$0] != nil })
  }

  /// No new automatic intents from now on. A second pause keeps what the first had, who and since
  /// when, and its reason and end unless others are given.
  public mutating func pause(_ order: Pause, epoch: UInt64) throws(Refusal) {
    try checkEpoch(epoch)
    guard let first = memory.pause else {
      memory.pause = order
      return
    }
    memory.pause = Pause(
      by: first.by, reason: order.reason ?? first.reason, sinceMs: first.sinceMs,
      untilMs: order.untilMs ?? first.untilMs)
  }

  /// Ends a pause and a pin.
  public mutating func resume(epoch: UInt64) throws(Refusal) {
    try checkEpoch(epoch)
    guard memory.pause != nil || memory.pinned != nil else {
      throw Refusal(
        code: "not_paused", message: "\(topology.service) is neither paused nor pinned")
    }
    memory.pause = nil
    memory.pinned = nil
    memory.pinnedUntilMs = nil
  }

  /// Announces work on a region or a host. On the active region it has to be said that users stay
  /// there (`stays`); then only what everyone outside sees dead is left.
  public mutating func maintain(
    _ name: String, _ work: Maintenance, stays: Bool, epoch: UInt64
  ) throws(Refusal) {
    try checkEpoch(epoch)
    guard topology.region(name) != nil || topology.agents[name] != nil else {
      let known = topology.regions.map(\.id) + topology.agents.keys.sorted()
      throw Refusal(
        code: "unknown_name",
        message: "'\(name)' is neither a region nor an agent of \(topology.service); accepted: "
          + known.joined(separator: ", "))
    }
    let span = Duration.milliseconds(work.untilMs - work.sinceMs)
    guard span > .zero, span <= Defaults.maintenanceLimit else {
      throw Refusal(
        code: "bad_span",
        message: "maintenance for \(Words.span(span)): it has to end, after at most "
          + Words.span(Defaults.maintenanceLimit))
    }
    if name == memory.active || name == memory.intent?.to, !stays {
      throw Refusal(
        code: "active_region",
        message: "\(name) serves users now: say --move to move them first, or --stay to leave them "
          + "there (then only an outage that everyone outside sees moves them)")
    }
    memory.maintenance = memory.maintenance ?? [:]
    memory.maintenance?[name] = work
  }

  /// Ends a maintenance.
  public mutating func endMaintenance(_ name: String, epoch: UInt64) throws(Refusal) {
    try checkEpoch(epoch)
    guard memory.maintenance?[name] != nil else {
      throw Refusal(code: "no_maintenance", message: "'\(name)' is not in maintenance")
    }
    memory.maintenance?[name] = nil
  }

  /// Takes back the operator's move in flight that has written nothing; the next tick ends it.
  public mutating func cancel(epoch: UInt64) throws(Refusal) {
    try checkEpoch(epoch)
    let service = topology.service
    guard let intent = memory.intent else {
      throw Refusal(code: "nothing_to_cancel", message: "no move of \(service) is in flight")
    }
    let undo =
      "when it has ended: signalbox failover \(service) --to \(intent.from ?? "REGION")"
    guard intent.errand == .commanded else {
      let isBegun = memory.phase != .switching || intent.halfway == true
      let automatic =
        isBegun
        ? " and has written: it is finished now; \(undo)"
        : ": signalbox pause \(service) calls it off before its first write"
      throw Refusal(
        code: "not_an_operators",
        message: intent.errand == .repair
          ? "what is being written is no move: \(intent.to)'s address is put back"
          : "the move to \(intent.to) is an automatic one\(automatic)")
    }
    guard memory.phase == .switching, write != .underway else {
      throw Refusal(
        code: memory.phase == .switching ? "write_underway" : "too_late",
        message: memory.phase == .switching
          ? "a write to \(intent.to) is under way, and whether it took effect is not known yet: "
            + "ask again in a moment"
          : "the move to \(intent.to) has written and is finished now; \(undo)")
    }
    memory.calledOff = intent.epoch
  }

  /// Whether `cancel` would take the move in flight back now.
  public var mayCancel: Bool {
    var copy = self
    return (try? copy.cancel(epoch: memory.epoch)) != nil
  }

  /// Whether the move in flight is to be taken back.
  var isCalledOff: Bool { memory.intent.map { $0.epoch == memory.calledOff } ?? false }

  /// Says yes to the move that waits, and to no other.
  public mutating func approve(
    _ approval: Approval, assessment: Assessment
  ) throws(Refusal) {
    try checkEpoch(approval.epoch)
    guard let question = assessment.asks else {
      throw Refusal(
        code: "nothing_to_approve", message: "no move of \(topology.service) waits for approval")
    }
    guard approval.from == question.from, approval.to == question.to else {
      throw Refusal(
        code: "conflict",
        message: "the move that waits is \(question.from) to \(question.to), not "
          + "\(approval.from) to \(approval.to). Look again: signalbox explain "
          + topology.service)
    }
    memory.approval = approval
  }

  /// Arms automatic failback again after one that went wrong.
  public mutating func acknowledge(epoch: UInt64) throws(Refusal) {
    try checkEpoch(epoch)
    guard memory.disarmed != nil else {
      throw Refusal(
        code: "nothing_to_acknowledge",
        message: "automatic failback of \(topology.service) is not disarmed")
    }
    memory.disarmed = nil
  }

  /// Forgets what has ended by itself.
  mutating func expireOrders(_ now: Present) {
    if let until = memory.pause?.untilMs, now.hasReached(wallMs: until) { memory.pause = nil }
    if let until = memory.pinnedUntilMs, now.hasReached(wallMs: until) {
      memory.pinned = nil
      memory.pinnedUntilMs = nil
    }
    memory.maintenance = memory.maintenance?.filter { !now.hasReached(wallMs: $0.value.untilMs) }
  }

  func checkEpoch(_ epoch: UInt64) throws(Refusal) {
    guard epoch == memory.epoch else {
      throw Refusal(
        code: "conflict",
        message: "conflict: epoch moved: you saw epoch \(epoch), now it is \(memory.epoch). "
          + "Look again: signalbox status")
    }
  }
}
