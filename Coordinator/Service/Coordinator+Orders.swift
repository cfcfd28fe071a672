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
    switch tell(.order(service, kind, request.bounded)) {
    case .text(let text): return OrderReply(service: service, order: kind, text: text)
    case .refused(let refusal): throw refusal
    case .begun, .directive, .refusedReport, .summary, nil:
      preconditionFailure("an order is answered by what holds, or refused")
    }
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
      waiting: assessment?.waitsForYes.map { WaitingMove(from: $0.from, to: $0.to, why: $0.why) },
      disarmed: memory.disarmed?.region, adoptable: room.core.adoptable,
      pausedSinceMs: memory.pause?.sinceMs, resuming: outlooks?.resuming,
      resumingMoves: outlooks?.resumingMoves)
    return status == OrdersStatus() ? nil : status
  }
}
