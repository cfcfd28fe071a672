import Codec
import CoordinatorCore
import Decision
import Store
import Wire

extension Coordinator {
  /// Takes an operator's order: durable first, then it holds.
  func order(
    _ service: String, _ kind: OrderKind, _ request: OrderRequest
  ) throws(Refusal) -> OrderReply {
    try Self.check(span: request.forMs, "a \(kind.rawValue)")
    let request = request.bounded
    guard var room = rooms[service] else { throw unknown(service) }
    guard let assessment = room.core.assessment else {
      throw Refusal(code: "starting", message: "just started: nothing is judged yet, try again")
    }
    let now = Now.read()
    let text = try apply(kind, request, to: &room, assessment: assessment, now: now)
    let event = EventRecord(
      atMs: now.wallMs, service: service,
      region: request.name.flatMap { room.service.topology.region($0)?.id },
      epoch: room.core.machine.memory.epoch, kind: CoordinatorMessage.order.rawValue,
      level: .notice,
      text: "\(text) (by \(request.operatorName)\(request.reason.map { ": \($0)" } ?? ""))")
    do {
      let memory = try JSON.encode(room.core.machine.memory)
      _ = try store.commit(
        Commit(
          service: service, epoch: room.core.machine.memory.epoch, memory: memory,
          incident: kind == .adopt ? room.core.incident : nil, events: [event]))
    } catch {
      throw Refusal(code: "cannot_store", message: "not done, it could not be stored: \(error)")
    }
    log(event)
    rooms[service] = room
    step(service, now: now)
    if kind == .adopt { proveToken(service, now: now) }
    return OrderReply(service: service, order: kind, text: text)
  }

  /// Changes the machine's memory, and says what holds now.
  private func apply(
    _ kind: OrderKind, _ request: OrderRequest, to room: inout Room,
    assessment: Assessment, now: Now
  ) throws(Refusal) -> String {
    let service = room.name
    switch kind {
    case .pause:
      let until = request.forMs.map { now.wallMs.addingSaturated($0) }
      let first = room.core.machine.memory.pause
      try room.core.machine.pause(
        Pause(
          by: request.operatorName, reason: request.reason, sinceMs: now.wallMs, untilMs: until),
        epoch: request.epoch)
      return Self.paused(service, room.core.machine.memory.pause, first: first, now: now)
    case .resume:
      let before = room.core.machine.memory
      try room.core.machine.resume(epoch: request.epoch)
      return Self.resumed(service, before)
    case .maintenance:
      return try maintain(request, &room.core.machine, now: now)
    case .approve:
      try room.core.machine.approve(
        Approval(
          epoch: request.epoch, from: request.from ?? "", to: request.to ?? "",
          by: request.operatorName,
          untilMs: now.wallMs + room.core.machine.policy.approvalValid.wholeMilliseconds),
        assessment: assessment)
      return
        "the move of \(service) from \(request.from ?? "") to \(request.to ?? "") is approved, "
        + "for \(Story.span(room.core.machine.policy.approvalValid))"
    case .adopt: return try adopt(request, room: &room)
    case .cancel:
      let to = room.core.machine.memory.intent?.to ?? ""
      let mayLand = room.core.machine.mayStillLand
      try room.core.machine.cancel(epoch: request.epoch)
      room.core.asked = Asked(by: request.operatorName, reason: request.reason)
      return "the move of \(service) to \(to) is taken back: "
        + (mayLand
          ? "a write had no answer and may still land; then it is overwritten"
          : "nothing was written")
    case .ack:
      try room.core.machine.acknowledge(epoch: request.epoch)
      return "automatic failback of \(service) is armed again"
    }
  }

  /// What holds after a pause, the first one or one more.
  private static func paused(
    _ service: String, _ pause: Pause?, first: Pause?, now: Now
  ) -> String {
    let end =
      pause?.untilMs.map { until in
        "until \(Words.clock(until, at: now.wallMs)), for "
          + Story.span(.milliseconds(max(0, until - now.wallMs)))
      } ?? "until it is resumed"
    let already =
      first.map {
        " (it was paused by \($0.by) since \(Words.clock($0.sinceMs, at: now.wallMs)) already)"
      } ?? ""
    return "\(service) is paused: no new automatic moves \(end)\(already)"
  }

  /// What does not hold any more.
  private static func resumed(_ service: String, _ before: Memory) -> String {
    var ended: [String] = []
    if let pause = before.pause { ended.append("the pause by \(pause.by) is over") }
    if let pinned = before.pinned {
      ended.append("the pin that kept users in \(pinned) is lifted")
    }
    return "\(service) is resumed: \(ended.joined(separator: ", and ")); it moves by itself again, "
      + "where automation allows that"
  }

  private func maintain(
    _ request: OrderRequest, _ machine: inout Machine, now: Now
  ) throws(Refusal) -> String {
    guard let name = request.name else {
      throw Refusal(code: "bad_request", message: "name the region or the host")
    }
    if request.ends == true {
      try machine.endMaintenance(name, epoch: request.epoch)
      return "the maintenance of \(name) is over"
    }
    let span = request.forMs ?? Defaults.maintenanceFor.wholeMilliseconds
    try machine.maintain(
      name,
      Maintenance(
        by: request.operatorName, sinceMs: now.wallMs,
        untilMs: now.wallMs.addingSaturated(span)),
      stays: request.stays == true, epoch: request.epoch)
    return "\(name) is in maintenance for \(Story.span(.milliseconds(span)))"
  }

  /// What screens say of the orders that hold.
  static func orders(
    _ room: Room, assessment: Assessment?, outlooks: Outlooks? = nil
  ) -> OrdersStatus? {
    let memory = room.core.machine.memory
    let status = OrdersStatus(
      paused: memory.pause.map { pause in
        "by \(pause.by)\(pause.reason.map { ": \($0)" } ?? "")"
      }, pausedUntilMs: memory.pause?.untilMs,
      maintenance: (memory.maintenance ?? [:]).sorted { $0.key < $1.key }.map { name, work in
        MaintenanceStatus(name: name, by: work.by, untilMs: work.untilMs)
      },
      waiting: assessment.flatMap { assessment in
        assessment.phase == .awaitingApproval || assessment.decision.rule == .failbackAwaitsApproval
          ? assessment.asks.map { WaitingMove(from: $0.from, to: $0.to, why: $0.why) } : nil
      }, disarmed: memory.disarmed?.region, adoptable: room.adoptable,
      pausedSinceMs: memory.pause?.sinceMs, resuming: outlooks?.resuming,
      resumingMoves: outlooks?.resumingMoves)
    return status == OrdersStatus() ? nil : status
  }
}
