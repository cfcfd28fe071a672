import Decision
import Testing
import Wire

/// Pause, maintenance, approval, acknowledgement, pins (RULES 9, 11, 14).
struct OrdersTests {
  static func settled(_ policy: Policy = .acting, hosts: Int = 2) -> Lab {
    var lab = Lab(hosts: hosts, policy: policy)
    lab.settle()
    return lab
  }

  static func code(_ body: () throws(Refusal) -> Void) -> String? {
    do throws(Refusal) {
      try body()
      return nil
    } catch { return error.code }
  }

  // MARK: Pause

  @Test func aPauseHoldsAndSaysWhatItWouldHaveDone() throws {
    var lab = Self.settled()
    try lab.machine.pause(
      Pause(by: "kim", reason: "audit", sinceMs: lab.clock.wallMs, untilMs: nil), epoch: 0)
    lab.fail("a")
    let held = lab.run(60)
    #expect(held.decision.rule == .blockedByPause)
    #expect(held.target == "b")
    #expect(
      held.holds == [
        Hold(
          block: .pause, text: "paused by kim: audit", clears: .operation("signalbox resume app"))
      ])
    try lab.machine.resume(epoch: 0)
    #expect(lab.run().intent?.to == "b")
  }

  @Test func aPauseEndsByItself() throws {
    var lab = Self.settled()
    try lab.machine.pause(
      Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: lab.clock.wallMs + 100_000), epoch: 0)
    lab.fail("a")
    #expect(lab.run(90).holds.map(\.clears) == [.after(.seconds(10))])
    #expect(lab.secondsUntilIntent(limit: 60) == 10)
    #expect(lab.machine.memory.pause == nil)
  }

  @Test func aPauseCallsOffWhatHasWrittenNothingAndFinishesTheRest() throws {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(31)
    try lab.machine.pause(Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: nil), epoch: 1)
    #expect(lab.run().decision.rule == .cancelHeld)
    #expect(lab.machine.memory.intent == nil && lab.machine.memory.moves.isEmpty)

    var late = Self.settled()
    late.fail("a")
    late.run(31)
    late.machine.observe(write: .partly)
    late.run()
    try late.machine.pause(Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: nil), epoch: 1)
    #expect(late.run(5).decision.rule == .finishing)
  }

  @Test func anOperatorMovesInAPause() throws {
    var lab = Self.settled()
    try lab.machine.pause(Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: nil), epoch: 0)
    let seen = lab.run()
    try lab.machine.ask(
      Request(to: "b", isFailback: false, overrides: []), epoch: 0, assessment: seen)
    #expect(lab.run().decision.rule == .operatorMove)
    #expect(lab.run().decision.rule == .writePending)
  }

  @Test func resumeNeedsSomethingToResume() {
    var lab = Self.settled()
    #expect(Self.code { () throws(Refusal) in try lab.machine.resume(epoch: 0) } == "not_paused")
    #expect(
      Self.code { () throws(Refusal) in
        try lab.machine.pause(Pause(by: "k", reason: nil, sinceMs: 0, untilMs: nil), epoch: 7)
      } == "conflict")
  }

  // MARK: Pins

  @Test func aPinEndsAtItsTimeOrWithResume() throws {
    var policy = Policy.acting
    policy.failback = .automatic
    var lab = Self.settled(policy)
    let seen = lab.run()
    let until = lab.clock.wallMs + 300_000
    try lab.machine.ask(
      Request(to: "b", isFailback: false, overrides: [], untilMs: until), epoch: 0,
      assessment: seen)
    lab.run()
    lab.complete()
    #expect(lab.machine.memory.pinned == "b" && lab.machine.memory.pinnedUntilMs == until)
    #expect(lab.run(60).facts.gate == .none)
    lab.run(300)
    #expect(lab.machine.memory.pinned == nil && lab.machine.memory.pinnedUntilMs == nil)
    #expect(lab.run().facts.gate != .none)
  }

  // MARK: Maintenance

  static func work(_ lab: Lab, seconds: Int64 = 7200) -> Maintenance {
    Maintenance(by: "kim", sinceMs: lab.clock.wallMs, untilMs: lab.clock.wallMs + seconds * 1000)
  }

  @Test func aRegionInMaintenanceIsNoTargetUntilItEnds() throws {
    var lab = Self.settled()
    try lab.machine.maintain("b", Self.work(lab, seconds: 600), stays: false, epoch: 0)
    lab.fail("a")
    let seen = lab.run()
    #expect(seen.eligibilities["b"]?.refusals.contains("is in maintenance") == true)
    #expect(lab.secondsUntilIntent(limit: 100) == 29)
    #expect(lab.machine.memory.intent?.to == "c")
    lab.run(600)
    #expect(lab.machine.memory.maintenance == [:])
  }

  @Test func aHostInMaintenanceIsNotExpected() throws {
    var lab = Self.settled(hosts: 3)
    try lab.machine.maintain("a1", Self.work(lab), stays: false, epoch: 0)
    lab.check("a1", is: .bad)
    #expect(lab.run().pictures["a"]?.verdict == .healthy)
    lab.check("a2", is: .bad)
    // One of two is enough.
    #expect(lab.run().pictures["a"]?.verdict == .degraded)
    try lab.machine.endMaintenance("a1", epoch: 0)
    #expect(lab.run().pictures["a"]?.inside.state == .failing)
    // As a target it does not have to prove itself either.
    var other = Self.settled()
    try other.machine.maintain("b1", Self.work(other), stays: false, epoch: 0)
    other.reports("b1", arrive: false)
    other.fail("a")
    #expect(other.secondsUntilIntent(limit: 60) == 30)
    #expect(other.machine.memory.intent?.to == "b")
  }

  @Test func theActiveRegionInMaintenanceIsLeftOnlyWhenItIsDeadForAll() throws {
    var lab = Self.settled()
    #expect(
      Self.code { () throws(Refusal) in
        try lab.machine.maintain("a", Self.work(lab), stays: false, epoch: 0)
      } == "active_region")
    try lab.machine.maintain("a", Self.work(lab), stays: true, epoch: 0)
    lab.check("a", is: .bad)
    // Contested: served from outside.
    let held = lab.run(100)
    #expect(held.decision.rule == .blockedByMaintenance)
    #expect(held.holds.map(\.text) == ["a is in maintenance by kim"])
    lab.see("a", .bad, from: ["coordinator", "b", "c"])
    #expect(lab.run().intent?.to == "b")
  }

  @Test func maintenanceNamesWhatItKnowsAndAlwaysEnds() {
    var lab = Self.settled()
    let always = Maintenance(by: "kim", sinceMs: 0, untilMs: 8 * 86_400_000)
    let found = [
      Self.code { () throws(Refusal) in
        try lab.machine.maintain("nowhere", Self.work(lab), stays: false, epoch: 0)
      },
      Self.code { () throws(Refusal) in
        try lab.machine.maintain("b", always, stays: false, epoch: 0)
      },
      Self.code { () throws(Refusal) in
        try lab.machine.maintain("b", Self.work(lab, seconds: 0), stays: false, epoch: 0)
      },
      Self.code { () throws(Refusal) in try lab.machine.endMaintenance("b", epoch: 0) },
    ]
    #expect(found == ["unknown_name", "bad_span", "bad_span", "no_maintenance"])
  }

  // MARK: Approval

  @Test func approveWaitsForAYesToThisMove() throws {
    var policy = Policy.acting
    policy.automation = .approve
    var lab = Self.settled(policy)
    #expect(lab.run().asks == nil)
    lab.fail("a")
    let waiting = lab.run(40)
    #expect(waiting.decision == Decision(.awaitApproval, .awaitingApproval))
    #expect(waiting.asks?.why == "automation is approve")
    func yes(_ to: RegionID, epoch: UInt64 = 0) -> Approval {
      Approval(
        epoch: epoch, from: "a", to: to, by: "kim", untilMs: lab.clock.wallMs + 900_000)
    }
    for (approval, code) in [(yes("c"), "conflict"), (yes("b", epoch: 3), "conflict")] {
      #expect(
        Self.code { () throws(Refusal) in
          try lab.machine.approve(approval, assessment: waiting)
        } == code)
    }
    try lab.machine.approve(yes("b"), assessment: waiting)
    let moving = lab.run()
    #expect(moving.decision.rule == .failOver && moving.intent?.to == "b")
    // It was a yes to one move.
    #expect(lab.machine.memory.approval == nil)
  }

  @Test func anApprovalExpiresAndIsForOneTargetOnly() throws {
    var policy = Policy.acting
    policy.automation = .approve
    policy.minUp = .zero
    var lab = Self.settled(policy)
    lab.fail("a")
    let waiting = lab.run(40)
    let yes = Approval(
      epoch: 0, from: "a", to: "b", by: "kim", untilMs: lab.clock.wallMs + 900_000)
    lab.fail("b")
    lab.run()
    try lab.machine.approve(yes, assessment: waiting)
    // Another target by now.
    let other = lab.run(5)
    #expect(other.target == "c" && other.decision.rule == .awaitApproval)
    lab.recover("b")
    #expect(lab.secondsUntilIntent(limit: 60) != nil)

    var late = Self.settled(policy)
    late.fail("a")
    let seen = late.run(40)
    let short = Approval(
      epoch: 0, from: "a", to: "b", by: "kim", untilMs: late.clock.wallMs)
    try late.machine.approve(short, assessment: seen)
    #expect(late.run(5).decision.rule == .awaitApproval)
    #expect(
      Self.code { () throws(Refusal) in
        var well = Self.settled(policy)
        try well.machine.approve(yes, assessment: well.run())
      } == "nothing_to_approve")
  }

  @Test func aFailbackIsApprovedToo() throws {
    var policy = Policy.acting
    policy.automation = .approve
    policy.failback = .automatic
    policy.cooldown = .zero
    var lab = Lab(policy: policy)
    _ = lab.beat()
    lab.settle(at: "b")
    let waiting = lab.run(1000)
    #expect(waiting.decision.rule == .failbackAwaitsApproval)
    try lab.machine.approve(
      Approval(epoch: 0, from: "b", to: "a", by: "kim", untilMs: lab.clock.wallMs + 900_000),
      assessment: waiting)
    #expect(lab.run().decision.rule == .failBack)
  }

  @Test func askWaitsWhenTooManyWritesWouldStayBehind() {
    var policy = Policy.acting
    policy.onDataRisk = .ask
    var lab = Lab(policy: policy)
    let beats = lab.beat()
    lab.settle()
    lab.fail("a")
    #expect(lab.secondsUntilIntent(limit: 60) == 30)

    var behind = Lab(policy: policy)
    let late = behind.beat()
    behind.settle()
    late.arriveUntil["a b"] = behind.now.milliseconds
    late.arriveUntil["a c"] = behind.now.milliseconds
    behind.run(100)
    behind.fail("a")
    let asked = behind.run(40)
    #expect(asked.decision.rule == .awaitApproval)
    #expect(asked.asks?.why.hasPrefix("data at risk ") == true)
    #expect(asked.asks?.why.hasSuffix(" is over 60 s") == true)

    var unknown = Lab(policy: policy)
    unknown.settle()
    unknown.fail("a")
    #expect(unknown.run(40).asks?.why == "data at risk is not known")
    _ = beats
  }

  // MARK: Probation (RULES 9)

  @Test func aPrimaryThatFailsAfterAFailbackDisarmsIt() throws {
    var memory = Memory()
    memory.active = "a"
    memory.moves = [MoveMark(atMs: Lab.wallStart - 60_000, errand: .elective)]
    var policy = Policy.acting
    policy.failback = .automatic
    policy.switchWindow = .seconds(2400)
    var lab = Lab(policy: policy, memory: memory)
    _ = lab.beat()
    lab.settle()
    lab.fail("a")
    lab.run(31)
    #expect(lab.machine.memory.disarmed?.region == "a")
    lab.complete()
    lab.recover("a")
    let closed = lab.run(1600)
    #expect(closed.gate?.isOpen == true)
    #expect(closed.facts.gate == .closed)
    let failing = closed.arming.filter { !$0.holds }.map(\.name)
    #expect(failing == ["elective-budget", "armed"])
    try lab.machine.acknowledge(epoch: 1)
    #expect(
      lab.run().arming.filter { !$0.holds }.map(\.name) == ["elective-budget"])
    #expect(
      Self.code { () throws(Refusal) in try lab.machine.acknowledge(epoch: 1) }
        == "nothing_to_acknowledge")
    // The window's one automatic failback was the one before.
    #expect(lab.secondsUntilIntent(limit: 900) != nil)
    #expect(lab.machine.memory.intent?.errand == .elective)
  }

  @Test func aLaterOutageDisarmsNothing() {
    var memory = Memory()
    memory.active = "a"
    memory.moves = [MoveMark(atMs: Lab.wallStart - 3_600_000, errand: .elective)]
    var lab = Lab(memory: memory)
    lab.settle()
    lab.fail("a")
    lab.run(31)
    #expect(lab.machine.memory.intent != nil && lab.machine.memory.disarmed == nil)
  }

  // MARK: Other policies (RULES 4, 8)

  @Test func contestedOnlyAlertsWhereThePolicySaysSo() {
    var policy = Policy.acting
    policy.onContested = .alert
    var lab = Self.settled(policy)
    lab.check("a", is: .bad)
    let found = lab.run(300)
    #expect(found.pictures["a"]?.verdict == .contested)
    #expect(found.decision.rule == .unsure && found.confirmation == nil)
    // Once nobody is served it is an outage like any other.
    lab.see("a", .bad, from: ["coordinator", "b", "c"])
    #expect(lab.secondsUntilIntent(limit: 100) != nil)
  }

  @Test func failingCredentialsBesideTheAppAreGivenMoreTime() {
    var lab = Self.settled()
    lab.edit = { report, _ in
      guard report.region == "a" else { return }
      report.checks.append(
        CheckResult(
          name: "dynamodb app", kind: "dynamodb", services: ["*"], counts: .region,
          state: .misconfigured, failure: .credentials, ageMs: 0, badSinceMs: nil, successes: 0,
          riseMs: nil))
    }
    lab.fail("a")
    #expect(lab.secondsUntilIntent(limit: 100) == 60)
  }

  // MARK: Two families (RULES 10)

  /// A target that dies with one record of two written: whatever comes next, the records do not
  /// stay apart.
  @Test func aHalfWrittenMoveIsNeverCalledOff() {
    var lab = Lab(["a", "b", "c", "d"], families: [.ipv4, .ipv6])
    lab.settle()
    lab.fail("a")
    lab.run(31)
    lab.machine.observe(write: .partly)
    lab.run()
    #expect(lab.machine.memory.phase == .committed)
    lab.fail("b")
    for _ in 0..<200 where lab.machine.memory.epoch == 1 { lab.run() }
    #expect(lab.machine.memory.intent?.to == "c")
    #expect(lab.machine.memory.intent?.halfway == true)
    // b comes back before c is written: a whole move would be called off.
    lab.recover("b")
    #expect(lab.run(70).decision.rule == .writePending)
    // c cannot be reached any more: d takes its place, still halfway.
    lab.fail("c")
    lab.fail("b")
    for _ in 0..<100 where lab.machine.memory.intent?.to == "c" { lab.run() }
    #expect(lab.machine.memory.intent?.to == "d")
    #expect(lab.machine.memory.intent?.halfway == true)
    // The provider refuses: it is no reason to leave the records apart.
    lab.machine.observe(write: .refused)
    #expect(lab.run().decision.rule == .writePending)
    #expect(lab.machine.memory.intent?.to == "d")
    // Nobody left: it waits.
    lab.fail("d")
    lab.fail("b")
    #expect(lab.run(70).decision.rule == .targetDeadNoOther)
    lab.recover("d")
    for _ in 0..<100 where lab.machine.write != .all {
      if lab.run().decision.rule == .writePending { lab.machine.observe(write: .all) }
    }
    #expect(lab.run().decision.rule == .allCommitted)
    #expect(lab.machine.memory.active == "d")
  }
}
