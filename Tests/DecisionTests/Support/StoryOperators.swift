import Decision
import Wire

extension StoryCommands {
  /// What operators do; what they are refused is told.
  static var operators: [(String, Action)] {
    [
      ("the operator moves to <region>", { ask($0, to: $1[0]) }),
      (
        "the operator moves to <region> overriding <rule>",
        { ask($0, to: $1[0], overrides: [$1[1]]) }
      ),
      ("the operator moves to <region> for <time>", { try ask($0, to: $1[0], span: $1[1]) }),
      ("the operator fails back to <region>", { ask($0, to: $1[0], isFailback: true) }),
      (
        "two operators move at once to <region> and to <region>",
        { world, at in
          guard let seen = world.coordinator.assessment else { return }
          ask(world, to: at[0])
          world.pass(.seconds(1))
          told(world) { () throws(Refusal) in
            try world.coordinator.machine.ask(
              Request(to: at[1], isFailback: false, overrides: []), epoch: seen.epoch,
              assessment: seen)
          }
        }
      ),
      ("the operator pauses", { world, _ in try pause(world, nil) }),
      ("the operator pauses for <time>", { try pause($0, $1[0]) }),
      (
        "the operator resumes",
        { world, _ in
          let epoch = world.coordinator.machine.memory.epoch
          told(world) { () throws(Refusal) in
            try world.coordinator.machine.resume(epoch: epoch)
          }
        }
      ),
      (
        "the operator works on <name> for <time>",
        { try maintain($0, $1[0], $1[1], stays: false) }
      ),
      (
        "the operator works on <name> for <time> and users stay",
        { try maintain($0, $1[0], $1[1], stays: true) }
      ),
      ("the operator approves", { world, _ in approve(world) }),
      (
        "the operator acknowledges",
        { world, _ in
          let epoch = world.coordinator.machine.memory.epoch
          told(world) { () throws(Refusal) in
            try world.coordinator.machine.acknowledge(epoch: epoch)
          }
        }
      ),
    ]
  }

  private static func told(_ world: World, _ order: () throws(Refusal) -> Void) {
    do throws(Refusal) {
      try order()
    } catch {
      world.events.append("refused: \(error.message)")
    }
  }

  private static func ask(
    _ world: World, to: RegionID, isFailback: Bool = false, overrides: [String] = []
  ) {
    ask(world, Request(to: to, isFailback: isFailback, overrides: overrides))
  }

  private static func ask(_ world: World, to: RegionID, span: String) throws {
    let until = world.clock.wallMs + (try StoryWords.span(span)).wholeMilliseconds
    ask(world, Request(to: to, isFailback: false, overrides: [], untilMs: until))
  }

  private static func ask(_ world: World, _ request: Request) {
    guard let assessment = world.coordinator.assessment else { return }
    told(world) { () throws(Refusal) in
      try world.coordinator.machine.ask(
        request, epoch: assessment.epoch, assessment: assessment)
    }
  }

  private static func pause(_ world: World, _ span: String?) throws {
    let now = world.clock.wallMs
    let until = try span.map { now + (try StoryWords.span($0)).wholeMilliseconds }
    let epoch = world.coordinator.machine.memory.epoch
    told(world) { () throws(Refusal) in
      try world.coordinator.machine.pause(
        Pause(by: "kim", reason: nil, sinceMs: now, untilMs: until), epoch: epoch)
    }
  }

  private static func maintain(
    _ world: World, _ name: String, _ span: String, stays: Bool
  ) throws {
    let now = world.clock.wallMs
    let work = Maintenance(
      by: "kim", sinceMs: now, untilMs: now + (try StoryWords.span(span)).wholeMilliseconds)
    let epoch = world.coordinator.machine.memory.epoch
    told(world) { () throws(Refusal) in
      try world.coordinator.machine.maintain(name, work, stays: stays, epoch: epoch)
    }
  }

  /// Says yes to whatever waits.
  private static func approve(_ world: World) {
    guard let assessment = world.coordinator.assessment else { return }
    let question = assessment.asks
    let yes = Approval(
      epoch: assessment.epoch, from: question?.from ?? "", to: question?.to ?? "", by: "kim",
      untilMs: world.clock.wallMs + Defaults.approvalValid.wholeMilliseconds)
    told(world) { () throws(Refusal) in
      try world.coordinator.machine.approve(yes, assessment: assessment)
    }
  }
}
