import Decision
import Testing
import Wire

/// After `adopt` of a foreign address `failover --to R` puts a record back (RULES 14).
struct PutBackTests {
  private static let page = "203.0.113.9"

  private static func adopted(_ lab: Lab = OrdersTests.settled()) throws -> Lab {
    var lab = lab
    _ = lab.machine.observe(addresses: [.ipv4: [page]], now: lab.clock)
    _ = try lab.machine.adopt(foreign: [page], by: "kim", epoch: lab.machine.memory.epoch)
    lab.run()
    return lab
  }

  private static func ask(_ lab: inout Lab, _ to: RegionID, isFailback: Bool = false) throws {
    let seen = lab.run()
    try lab.machine.ask(
      Request(to: to, isFailback: isFailback, overrides: []), epoch: seen.epoch,
      assessment: seen)
  }

  /// To the region that was active, and to another one.
  @Test(arguments: ["a", "b", "c"], [false, true])
  func toAnyRegion(to region: RegionID, isFailback: Bool) throws {
    guard !isFailback || region == "a" else { return }
    var lab = try Self.adopted()
    try Self.ask(&lab, region, isFailback: isFailback)
    let opened = lab.run()
    #expect(opened.decision.rule == .operatorMove)
    let intent = try #require(opened.intent)
    #expect(intent.to == region && intent.replaces == [Self.page])
    #expect(intent.from == (region == "a" ? nil : "a"))
    #expect(lab.run().decision.rule == .writePending)
    lab.complete()
    let memory = lab.machine.memory
    #expect(memory.active == region && memory.accepted == nil && memory.intent == nil)
    #expect(memory.pinned == (region == "a" ? nil : region))
    #expect(lab.machine.at == .region)
    // From now on it is a configured address like any other.
    #expect(
      OrdersTests.code { () throws(Refusal) in
        try lab.machine.ask(
          Request(to: region, isFailback: false, overrides: []),
          epoch: lab.machine.memory.epoch, assessment: lab.run())
      } == "already_there")
  }

  /// Whatever is going on meanwhile.
  @Test(arguments: ["paused", "cooling", "observe", "pinned", "disarmed", "confirming", "stranded"])
  func fromAnyState(state: String) throws {
    var policy = Policy.acting
    if state == "observe" { policy.automation = .observe }
    var memory = Memory()
    memory.active = "a"
    if state == "paused" {
      memory.pause = Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: nil)
    }
    if state == "cooling" { memory.completedMs = Lab.wallStart }
    if state == "pinned" { memory.pinned = "a" }
    if state == "disarmed" { memory.disarmed = Disarmed(region: "a", atMs: 0) }
    var lab = Lab(policy: policy, memory: memory)
    lab.settle()
    lab = try Self.adopted(lab)
    if state == "confirming" || state == "stranded" {
      // Users are at the page, and the region that counted is down: the others take over.
      lab.fail("a")
      if state == "stranded" { for other in ["b", "c"] { lab.fail(other) } }
      lab.run(state == "confirming" ? 20 : 200)
      if state == "stranded" {
        #expect(lab.machine.memory.phase == .stranded)
        lab.recover("b")
        lab.run()
        // It is left by itself as soon as somebody may take over.
        if lab.machine.memory.intent == nil, lab.secondsUntilIntent(limit: 300) == nil {
          Issue.record("not left")
        }
        #expect(lab.machine.memory.intent?.to == "b")
        return
      }
      try Self.ask(&lab, "b")
    } else {
      try Self.ask(&lab, "a")
    }
    #expect(lab.run().decision.rule == .operatorMove, "\(state)")
    lab.run()
    lab.complete()
    #expect(lab.machine.memory.accepted == nil && lab.machine.at == .region)
  }

  /// What is not eligible is not taken over without a word.
  @Test func aRegionThatIsDownIsNamed() throws {
    var lab = try Self.adopted()
    lab.fail("a")
    let seen = lab.run(10)
    let refusal = #expect(throws: Refusal.self) {
      try lab.machine.ask(
        Request(to: "a", isFailback: false, overrides: []), epoch: 0, assessment: seen)
    }
    #expect(refusal?.code == "not_eligible")
    let names = refusal?.conditions.map(\.name) ?? []
    #expect(names.contains("inside") || names.contains("outside"))
    try lab.machine.ask(
      Request(to: "a", isFailback: false, overrides: names), epoch: 0, assessment: seen)
    #expect(lab.run().decision.rule == .operatorMove)
  }

  /// Taken back, the page counts as before.
  @Test func takenBackItStaysAdopted() throws {
    var lab = try Self.adopted()
    try Self.ask(&lab, "a")
    lab.run()
    try lab.machine.cancel(epoch: 1)
    #expect(lab.run().decision.rule == .cancelOrdered)
    #expect(lab.machine.memory.accepted == [Self.page])
  }

  /// Not adopted, it says how to.
  @Test func beforeTheAdoptionItSaysHow() {
    var lab = OrdersTests.settled()
    _ = lab.machine.observe(addresses: [.ipv4: [Self.page]], now: lab.clock)
    let seen = lab.run()
    let refusal = #expect(throws: Refusal.self) {
      try lab.machine.ask(
        Request(to: "b", isFailback: false, overrides: []), epoch: 0, assessment: seen)
    }
    #expect(refusal?.code == "at_unknown")
    #expect(refusal?.message.contains("signalbox adopt app") == true)
  }
}
