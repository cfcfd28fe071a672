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
    let epoch = rooms[index].core.machine.memory.epoch
    let regions = rooms[index].core.machine.topology.regions
    switch (order.kind, order.target) {
    case (.operatorFailover, .region(let region)):
      try move(index, Request(to: regions[region].id, isFailback: false, overrides: []))
    case (.operatorFailback, _):
      try move(index, Request(to: regions[0].id, isFailback: true, overrides: []))
    case (.operatorPause, _):
      try keep(index) { machine throws(Refusal) in
        try machine.pause(
          Pause(by: "op", reason: nil, sinceMs: now.wallMs, untilMs: until), epoch: epoch)
      }
      world.judge.paused(index, until: until)
    case (.operatorMaintenance, .region(let region)):
      let work = Maintenance(by: "op", sinceMs: now.wallMs, untilMs: until)
      try keep(index) { machine throws(Refusal) in
        try machine.maintain(regions[region].id, work, stays: true, epoch: epoch)
      }
    default: break
    }
  }

  /// Changes the machine and makes that durable, or neither.
  private func keep(
    _ index: Int, _ change: (inout Machine) throws(Refusal) -> Void
  ) throws(Refusal) {
    var core = rooms[index].core
    try change(&core.machine)
    guard store(core.commit(), room: index) != nil else {
      throw Refusal(code: "cannot_store", message: "")
    }
    core.stored = core.machine.memory
    rooms[index].core = core
    rooms[index].isDirty = true
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
