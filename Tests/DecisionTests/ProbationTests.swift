import Decision
import Testing
import Wire

/// RULES 9: a region that fails within the probation of a failback disarms the automatic one,
/// whoever returned the users.
struct ProbationTests {
  /// Users were moved from b to the primary a by an operator.
  private static func returned(asFailback: Bool) throws -> Lab {
    var policy = Policy.acting
    policy.failback = .automatic
    policy.failbackAfter = .seconds(10)
    policy.maxElective = 0
    policy.cooldown = .seconds(10)
    policy.probation = .seconds(300)
    var memory = Memory()
    memory.active = "b"
    var lab = Lab(policy: policy, memory: memory)
    _ = lab.beat()
    lab.settle(at: "b")
    let seen = lab.run(60)
    try lab.machine.ask(
      Request(to: "a", isFailback: asFailback, overrides: []), epoch: seen.epoch, assessment: seen)
    lab.run()
    lab.complete()
    #expect(lab.machine.memory.active == "a" && lab.machine.memory.moves.isEmpty)
    return lab
  }

  @Test(arguments: [true, false]) func anOperatorsReturnToo(asFailback: Bool) throws {
    var lab = try Self.returned(asFailback: asFailback)
    lab.run(200)
    lab.fail("a")
    lab.run(31)
    #expect(lab.machine.memory.intent?.errand == .emergency)
    #expect(lab.machine.memory.disarmed?.region == "a")
  }

  @Test func laterItIsOver() throws {
    var lab = try Self.returned(asFailback: true)
    lab.run(300)
    lab.fail("a")
    lab.run(31)
    #expect(lab.machine.memory.intent?.errand == .emergency)
    #expect(lab.machine.memory.disarmed == nil)
  }
}
