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

  /// Under `approve` a move that takes the place of another, written or half written, is a move as
  /// well (RULES 10, 14).
  @Test(arguments: [WriteFact.all, .partly])
  func aDeadTargetIsReplacedWithAYesOnly(write: WriteFact) throws {
    var policy = Policy.acting
    policy.automation = .approve
    var lab = OrdersTests.settled(policy)
    func approve(_ from: RegionID, _ to: RegionID, epoch: UInt64) throws {
      let yes = Approval(
        epoch: epoch, from: from, to: to, by: "kim", untilMs: lab.clock.wallMs + 900_000)
      try lab.machine.approve(yes, assessment: lab.run())
    }
    lab.fail("a")
    lab.run(40)
    try approve("a", "b", epoch: 0)
    #expect(lab.run().intent?.to == "b")
    lab.machine.observe(write: write)
    lab.run()
    lab.fail("b")
    let waiting = lab.run(120)
    #expect(waiting.decision.rule == .supersedeAwaitsApproval && waiting.intent?.to == "b")
    #expect(waiting.waitsForYes?.from == "b" && waiting.waitsForYes?.to == "c")
    try approve("b", "c", epoch: 1)
    let moving = lab.run()
    #expect(moving.decision.rule == .supersede && moving.intent?.to == "c")
  }

  /// Half written and replaced, a move may find its source well again and its target lost: what is
  /// asked is where it goes on to, not whether users return to the primary.
  @Test func aHalfwayMoveAsksForItsOwnNextTarget() throws {
    var policy = Policy.acting
    policy.automation = .approve
    var lab = Lab(["a", "b", "c", "d"], families: [.ipv4, .ipv6], policy: policy)
    lab.settle()
    func approve() throws {
      let seen = lab.run()
      let asks = try #require(seen.waitsForYes)
      let yes = Approval(
        epoch: lab.machine.memory.epoch, from: asks.from, to: asks.to, by: "kim",
        untilMs: lab.clock.wallMs + 900_000)
      try lab.machine.approve(yes, assessment: seen)
      lab.run()
    }
    lab.fail("a")
    lab.run(40)
    try approve()
    lab.machine.observe(write: .partly)
    lab.run()
    lab.fail("b")
    lab.run(120)
    try approve()
    #expect(lab.machine.memory.intent?.to == "c" && lab.machine.memory.intent?.halfway == true)
    lab.recover("b")
    lab.fail("c")
    let waiting = lab.run(70)
    #expect(waiting.decision.rule == .supersedeAwaitsApproval)
    #expect(waiting.waitsForYes?.to == "d", "\(waiting.waitsForYes as Any)")
    try approve()
    #expect(lab.machine.memory.intent?.to == "d")
  }

  /// With `on_data_risk = "ask"` a move in flight is replaced as ever: what it left is long left.
  @Test func dataAtRiskIsNoQuestionInFlight() {
    var policy = Policy.acting
    policy.onDataRisk = .ask
    var lab = Lab(["a", "b", "c"], policy: policy)
    let beats = lab.beat()
    lab.settle()
    lab.fail("a")
    #expect(lab.secondsUntilIntent(limit: 60) != nil)
    lab.machine.observe(write: .all)
    lab.run()
    beats.arriveUntil["b c"] = lab.now.milliseconds - 60_000
    lab.fail("b")
    for _ in 0..<200 where lab.machine.memory.intent?.to == "b" { lab.run() }
    #expect(lab.machine.memory.intent?.to == "c")
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

  /// Where DNS does not point at one region a move is refused, with what can be done.
  @Test func aMoveFromSeveralRegionsOrFromALateWriteIsRefused() {
    var lab = OrdersTests.settled()
    func message() -> String? {
      let seen = lab.run()
      do throws(Refusal) {
        try lab.machine.ask(
          Request(to: "b", isFailback: false, overrides: []), epoch: 0, assessment: seen)
        return nil
      } catch { return error.code == "at_unknown" ? error.message : error.code }
    }
    _ = lab.machine.observe(
      names: [[.ipv4: ["192.0.2.1"]], [.ipv4: ["192.0.2.2"]]], now: lab.clock)
    #expect(message()?.contains("points at several regions") == true)
    lab.point(at: "a")
    let seen = lab.run()
    lab.machine.noteMayLand(address: "192.0.2.3", epoch: 0, now: lab.clock)
    _ = lab.machine.observe(addresses: [.ipv4: ["192.0.2.3"]], now: lab.clock)
    #expect(lab.machine.at == .echo)
    #expect(
      OrdersTests.code { () throws(Refusal) in
        try lab.machine.ask(
          Request(to: "b", isFailback: false, overrides: []), epoch: 0, assessment: seen)
      } == "at_unknown")
  }
}
