import CoordinatorCore
import Decision
import Store
import Wire

extension Shell {
  /// Does what an operator wants, as the command would; a refusal is an answer too.
  func obey(_ order: Fault) {
    for index in rooms.indices where !isGone {
      do {
        try obey(order, room: index)
      } catch {
        world.figures.refusals[error.code, default: 0] += 1
        world.trace.say(world.now, "\(rooms[index].name): operator is refused: \(error.code)")
      }
    }
  }

  private func obey(_ order: Fault, room index: Int) throws(Refusal) {
    let now = world.clock
    let until = now.wallMs + order.end - order.begin
    let regions = rooms[index].core.machine.topology.regions
    switch (order.kind, order.target) {
    case (.operatorFailover, .region(let region)):
      try move(index, Request(to: regions[region].id, isFailback: false, overrides: []))
    case (.operatorFailback, _):
      try move(index, Request(to: regions[0].id, isFailback: true, overrides: []))
    case (.operatorPause, _):
      try self.order(index, .pause) { $0.forMs = order.end - order.begin }
      world.judge.paused(index, until: until)
    case (.operatorMaintenance, .region(let region)):
      try self.order(index, .maintenance) {
        $0.name = regions[region].id
        $0.forMs = order.end - order.begin
        $0.stays = true
      }
    case (.operatorAdopts, _):
      guard let seen = rooms[index].core.adoptable else { return }
      try self.order(index, .adopt) { $0.seen = seen }
      step(index, now: now)
      guard !isGone else { return }
      rooms[index].core.proveToken(now: world.clock)
      perform(index)
    default: break
    }
  }

  /// Approves what waits for it.
  func approve(_ index: Int) {
    guard let assessment = rooms[index].core.assessment, let asks = assessment.asks,
      assessment.phase == .awaitingApproval || assessment.decision.rule == .failbackAwaitsApproval,
      !isApproved(rooms[index].core.machine.memory.approval, asks)
    else { return }
    try? order(index, .approve) {
      $0.from = asks.from
      $0.to = asks.to
    }
  }

  private func isApproved(_ approval: Approval?, _ asks: Question) -> Bool {
    approval.map {
      $0.from == asks.from && $0.to == asks.to && world.clock.wallMs < $0.untilMs
    } ?? false
  }

  /// Takes an order and makes it durable, or neither.
  private func order(
    _ index: Int, _ kind: OrderKind, _ fill: (inout OrderRequest) -> Void
  ) throws(Refusal) {
    var core = rooms[index].core
    var request = OrderRequest(epoch: core.machine.memory.epoch, operatorName: "op")
    fill(&request)
    let taken = try core.order(kind, request, now: world.clock)
    guard store(taken.commit, room: index) != nil else {
      throw Refusal(code: "cannot_store", message: "")
    }
    rooms[index].core = core
    rooms[index].isDirty = true
    perform(index)
    world.trace.say(world.now, "\(core.name): operator: \(taken.text)")
  }

  private func move(_ index: Int, _ request: Request) throws(Refusal) {
    guard let assessment = rooms[index].core.assessment else {
      throw Refusal(code: "starting", message: "")
    }
    let epoch = rooms[index].core.machine.memory.epoch
    try rooms[index].core.machine.ask(request, epoch: epoch, assessment: assessment)
    world.trace.say(world.now, "\(rooms[index].name): operator moves to \(request.to)")
    rooms[index].isDirty = true
    step(index, now: world.clock)
    guard !isGone, rooms[index].core.machine.memory.intent == nil else { return }
    // It must not begin later, when nobody expects it.
    rooms[index].core.machine.withdraw()
  }
}
