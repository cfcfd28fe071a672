import CoordinatorCore
import Decision
import Store
import Wire

extension Shell {
  /// Does what an operator wants, as the command would; a refusal is an answer too.
  func obey(_ order: Fault) {
    if order.kind == .operatorReloads { return reload(asksOtherwise: order.amount == 1) }
    for index in rooms.indices where !isGone { obey(order, room: index) }
  }

  private func obey(_ order: Fault, room index: Int) {
    let regions = world.topologies[index].regions
    let span = order.end - order.begin
    switch (order.kind, order.target) {
    case (.operatorFailover, .region(let region)):
      move(index, to: regions[region].id, isFailback: false)
    case (.operatorFailback, _): move(index, to: regions[0].id, isFailback: true)
    case (.operatorPause, _):
      self.order(index, .pause) { $0.forMs = span }
    case (.operatorMaintenance, .region(let region)):
      self.order(index, .maintenance) {
        $0.name = regions[region].id
        $0.forMs = span
        $0.stays = true
      }
    case (.operatorAdopts, _):
      guard let seen = core(index).adoptable else { return }
      self.order(index, .adopt) { $0.seen = seen }
    default: break
    }
  }

  /// The configuration is read again, whatever is in flight.
  private func reload(asksOtherwise: Bool) {
    let services = rooms.indices.map { Self.rules(of: $0, world) }
    guard state.hindrances(services).isEmpty else {
      return world.judge.fail(world, .explained, "a reload that changes nothing is refused")
    }
    world.trace.say(world.now, "the configuration is read again")
    if asksOtherwise { tallies = [:] }
    reloads += 1
    tell(
      .reconfigure(
        StateChange(
          rules: Self.rules(world, edition: "\(life).\(reloads)"), services: services, added: [],
          otherProbes: asksOtherwise ? Array(evidence.ownProbes.keys) : [])))
  }

  /// Approves what waits for it.
  func approve(_ index: Int) {
    let core = core(index)
    guard let assessment = core.assessment, let asks = assessment.waitsForYes,
      !isApproved(core.machine.memory.approval, asks)
    else { return }
    order(index, .approve) {
      $0.from = asks.from
      $0.to = asks.to
    }
  }

  private func isApproved(_ approval: Approval?, _ asks: Question) -> Bool {
    approval.map {
      $0.from == asks.from && $0.to == asks.to && world.clock.wallMs < $0.untilMs
    } ?? false
  }

  private func order(
    _ index: Int, _ kind: OrderKind, _ fill: (inout OrderRequest) -> Void
  ) {
    var request = OrderRequest(epoch: core(index).machine.memory.epoch, operatorName: "op")
    fill(&request)
    switch tell(.order(rooms[index].name, kind, request), of: index) {
    case .text(let text):
      world.trace.say(world.now, "\(rooms[index].name): operator: \(text)")
    case .refused(let refusal): refuse(refusal, index)
    default: break
    }
  }

  private func move(_ index: Int, to region: RegionID, isFailback: Bool) {
    let request = MoveRequest(
      to: region, epoch: core(index).machine.memory.epoch, operatorName: "op")
    world.trace.say(world.now, "\(rooms[index].name): operator asks for a move to \(region)")
    let answer = tell(.move(rooms[index].name, request, isFailback: isFailback), of: index)
    if case .refused(let refusal) = answer { refuse(refusal, index) }
  }

  private func refuse(_ refusal: Refusal, _ index: Int) {
    world.figures.refusals[refusal.code, default: 0] += 1
    world.trace.say(world.now, "\(rooms[index].name): operator is refused: \(refusal.code)")
  }
}
