import Decision
import Testing
import Wire

/// The exact bounds of operators' orders (RULES 14).
struct OrdersEdgeTests {
  @Test func resumeEndsAPinWhole() throws {
    var memory = Memory()
    memory.pinned = "a"
    memory.pinnedUntilMs = Lab.wallStart + 900_000
    var lab = Lab(memory: memory)
    lab.settle()
    try lab.machine.resume(epoch: 0)
    #expect(lab.machine.memory.pinned == nil && lab.machine.memory.pinnedUntilMs == nil)
  }

  @Test func maintenanceLastsAWeekAtMost() {
    var lab = OrdersTests.settled()
    let week = Defaults.maintenanceLimit.wholeMilliseconds
    for (span, code) in [(week, nil), (week + 1, "bad_span")] as [(Int64, String?)] {
      let work = Maintenance(
        by: "kim", sinceMs: lab.clock.wallMs, untilMs: lab.clock.wallMs + span)
      #expect(
        OrdersTests.code { () throws(Refusal) in
          try lab.machine.maintain("b", work, stays: false, epoch: 0)
        } == code)
    }
  }

  @Test func maintenanceEndsAtItsTime() throws {
    var lab = OrdersTests.settled()
    try lab.machine.maintain("b", OrdersTests.work(lab, seconds: 10), stays: false, epoch: 0)
    lab.run(9)
    #expect(lab.machine.memory.maintenance?["b"] != nil)
    lab.run(1)
    #expect(lab.machine.memory.maintenance == [:])
  }

  /// A yes is good until its time, not at it; and for the region that is left.
  @Test func anApprovalIsForItsTimeAndItsSource() throws {
    var policy = Policy.acting
    policy.automation = .approve
    for (leftMs, moves) in [(1000, false), (1001, true)] as [(Int64, Bool)] {
      var lab = OrdersTests.settled(policy)
      lab.fail("a")
      let waiting = lab.run(40)
      var yes = Approval(
        epoch: 0, from: "c", to: "b", by: "kim", untilMs: lab.clock.wallMs + leftMs)
      #expect(
        OrdersTests.code { () throws(Refusal) in
          try lab.machine.approve(yes, assessment: waiting)
        } == "conflict")
      yes.from = "a"
      try lab.machine.approve(yes, assessment: waiting)
      #expect((lab.run().intent != nil) == moves)
    }
  }

  /// What a return may leave behind is the gate's question, not that of `on_data_risk`.
  @Test func aFailbackDoesNotAskForDataAtRisk() {
    var policy = Policy.acting
    policy.onDataRisk = .ask
    policy.maxDataAtRisk = .seconds(1)
    policy.failback = .automatic
    policy.cooldown = .zero
    var lab = Lab(policy: policy)
    _ = lab.beat()
    lab.settle(at: "b")
    #expect(lab.secondsUntilIntent(limit: 1000) != nil)
    #expect(lab.machine.memory.intent?.rule == .failBack)
  }

  @Test func aMoveIsAskedForWhereUsersAreNow() {
    var lab = OrdersTests.settled()
    let seen = lab.run()
    lab.point(at: "b")
    #expect(
      OrdersTests.code { () throws(Refusal) in
        try lab.machine.ask(
          Request(to: "c", isFailback: false, overrides: []), epoch: 0, assessment: seen)
      } == "conflict")
  }

  @Test func anAdoptedConflictRefusesNoMove() throws {
    var lab = OrdersTests.settled()
    _ = lab.machine.noteConflict(
      [ForeignMarker(name: "n", text: "x", epoch: 3)], wallMs: lab.clock.wallMs)
    _ = try lab.machine.adopt(foreign: nil, by: "kim", epoch: 0)
    let seen = lab.run()
    try lab.machine.ask(
      Request(to: "b", isFailback: false, overrides: []), epoch: 4, assessment: seen)
    #expect(lab.run().intent?.to == "b")
  }
}
