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
    let epoch = rooms[index].machine.memory.epoch
    let regions = rooms[index].machine.topology.regions
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
    var room = rooms[index]
    try change(&room.machine)
    var commit = Commit(service: room.name)
    guard store(&commit, room: &room) else {
      throw Refusal(code: "cannot_store", message: "")
    }
    room.isDirty = true
    rooms[index] = room
  }

  private func move(_ index: Int, _ request: Request) throws(Refusal) {
    guard let assessment = rooms[index].assessment else {
      throw Refusal(code: "starting", message: "")
    }
    let epoch = rooms[index].machine.memory.epoch
    try rooms[index].machine.ask(request, epoch: epoch, assessment: assessment)
    world.trace.say(world.now, "\(rooms[index].name): operator moves to \(request.to)")
    rooms[index].isDirty = true
    step(index, now: world.clock)
    guard !isGone, rooms[index].machine.memory.intent == nil else { return }
    // It must not begin later, when nobody expects it.
    rooms[index].machine.withdraw()
  }
}
