import Decision
import Testing
import Wire

/// What the machine writes down when moves begin, end and are called off.
struct MachineBooksTests {
  /// An operator's move to c, opened and not yet written.
  private static func commanded() throws -> Lab {
    var lab = MachineTests.settled()
    try lab.machine.ask(
      Request(to: "c", isFailback: false, overrides: [], untilMs: lab.clock.wallMs + 900_000),
      epoch: 0, assessment: lab.run())
    lab.run()
    #expect(lab.machine.memory.intent?.errand == .commanded)
    #expect(lab.machine.memory.pinned == "c" && lab.machine.memory.pinnedUntilMs != nil)
    return lab
  }

  @Test func aTickThatChangesNothingIsNoTransition() {
    var lab = MachineTests.settled()
    func tick() -> Transition? {
      lab.now = lab.now + .seconds(1)
      lab.gather()
      return lab.machine.tick(evidence: lab.evidence, doubts: lab.doubts, now: lab.clock).transition
    }
    #expect(tick() == nil)
    lab.fail("a")
    let began = tick()
    #expect(began?.from == .steady && began?.decision.next == .confirming)
    #expect(tick() == nil)
  }

  @Test func anAdoptedRegionIsActiveFromNowOnAndPinnedWithoutAnEnd() {
    var memory = Memory()
    memory.pinned = "b"
    memory.pinnedUntilMs = Lab.wallStart + 900_000
    var lab = Lab(memory: memory)
    lab.settle()
    lab.point(at: "c")
    #expect(lab.machine.memory.activeSinceMs == lab.clock.wallMs)
    #expect(lab.machine.memory.pinned == "c" && lab.machine.memory.pinnedUntilMs == nil)
  }

  @Test func theTargetIsActiveFromItsFirstWriteOn() {
    var lab = MachineTests.settled()
    lab.fail("a")
    lab.run(31)
    lab.machine.observe(write: .partly)
    lab.run()
    #expect(lab.machine.memory.active == "b")
    #expect(lab.machine.memory.activeSinceMs == lab.clock.wallMs)
  }

  @Test func anOperatorsMoveThatIsCalledOffPinsNothing() throws {
    var lab = try Self.commanded()
    lab.check("c", is: .unknown)
    lab.run(2)
    let memory = lab.machine.memory
    #expect(memory.intent == nil && memory.active == "a")
    #expect(memory.pinned == nil && memory.pinnedUntilMs == nil)
  }

  @Test func anOperatorsMoveThatIsRefusedPinsNothing() throws {
    var lab = try Self.commanded()
    lab.machine.observe(write: .refused)
    #expect(lab.run().decision.rule == .writeRefused)
    #expect(lab.machine.memory.pinned == nil && lab.machine.memory.pinnedUntilMs == nil)
    #expect(lab.machine.write == .pending)
  }

  /// The pin is an operator's word; an automatic move that is called off does not take it back.
  @Test func anAutomaticMoveThatIsCalledOffLeavesThePin() {
    var memory = Memory()
    memory.pinned = "b"
    var lab = Lab(memory: memory)
    lab.settle()
    lab.fail("a")
    lab.run(30)
    #expect(lab.machine.memory.intent?.to == "b")
    lab.recover("a")
    #expect(lab.run().decision.rule == .cancelRefuted)
    #expect(lab.machine.memory.pinned == "b")
  }

  /// What the writes of a move came to is over with the move.
  @Test func theWritesAreForgottenWithTheirMove() {
    var lab = MachineTests.settled()
    lab.fail("a")
    lab.run(31)
    lab.machine.observe(write: .underway)
    lab.machine.observe(write: .pending)
    lab.complete()
    #expect(lab.machine.memory.intent == nil && lab.machine.write == .pending)
  }

  /// Users were returned to the primary, and it dies before the return has converged.
  @Test func aPrimaryThatDiesDuringItsFailbackDisarmsTheNext() {
    var memory = Memory()
    memory.phase = .verifying
    memory.active = "a"
    memory.left = "b"
    memory.epoch = 7
    memory.moves = [MoveMark(atMs: Lab.wallStart - 1000, errand: .elective)]
    memory.intent = Intent(epoch: 7, errand: .elective, from: "b", to: "a", rule: .failBack)
    var lab = Lab(memory: memory)
    lab.settle()
    lab.machine.observe(write: .all)
    lab.fail("a")
    #expect(lab.secondsUntilIntent(limit: 1) == 1)
    for _ in 0..<200 where lab.machine.memory.intent?.errand == .elective { lab.run() }
    #expect(lab.machine.memory.intent?.errand == .emergency)
    #expect(lab.machine.memory.disarmed?.region == "a")
  }

  @Test func anOverrideDoesNotCoverAnotherCondition() throws {
    var lab = MachineTests.settled()
    lab.check("b", is: .unknown)
    try lab.machine.ask(
      Request(to: "b", isFailback: false, overrides: ["inside"]), epoch: 0, assessment: lab.run())
    #expect(lab.run().decision.rule == .operatorMove)
    lab.see("b", .none, from: ["coordinator", "a", "c"])
    lab.run(2)
    #expect(lab.machine.memory.intent == nil)
  }

  @Test func dataAtRiskAtItsLimitAsksNobody() {
    for (lateMs, asks) in [(57_000, false), (57_001, true)] as [(Int64, Bool)] {
      var policy = Policy.acting
      policy.onDataRisk = .ask
      var lab = Lab(["a", "b"], policy: policy)
      lab.edit = { report, _ in
        if report.agent == "a1" {
          report.heartbeat = OwnHeartbeat(
            table: "t", sequence: 90, writtenMs: 1_000_000, acknowledgedMs: 0, periodMs: 2000)
        }
        guard report.region == "b" else { return }
        report.peers = [
          PeerHeartbeat(
            region: "a", agent: "a1", boot: "boot", sequence: 90, writtenMs: 1_000_000 - lateMs,
            seenMs: 0, readMs: 0, periodMs: 2000)
        ]
      }
      lab.settle()
      lab.fail("a")
      #expect((lab.run(5).asks != nil) == asks, "\(lateMs)")
    }
  }

  /// A journal that tells of a move and has none counts none, and leaves users where they are.
  @Test func aPhaseWithoutItsMoveCountsNothing() {
    var memory = Memory()
    memory.active = "a"
    memory.phase = .switching
    var lab = Lab(memory: memory)
    lab.settle()
    lab.machine.observe(write: .partly)
    #expect(lab.run().decision.rule == .pointOfNoReturn)
    #expect(lab.machine.memory.active == "a" && lab.machine.memory.moves.isEmpty)
    #expect(lab.machine.memory.left == nil && lab.machine.memory.returnedMs == nil)
  }
}

/// Spans that follow from others (RULES 6, 15).
struct PolicySpansTests {
  private static func policy(report: Int64, probe: Int64) -> Policy {
    var policy = Policy()
    policy.reportInterval = .seconds(report)
    policy.probeInterval = .seconds(probe)
    return policy
  }

  @Test func aRoundIsTheLongerOfTheTwo() {
    #expect(Self.policy(report: 4, probe: 7).round == .seconds(7))
    #expect(Self.policy(report: 7, probe: 4).round == .seconds(7))
  }

  @Test func graceIsThreeReportsOrWhatIsFreshAndThreeProbes() {
    #expect(Self.policy(report: 6, probe: 5).grace == .seconds(18 + 15))
    #expect(Self.policy(report: 4, probe: 2).grace == .seconds(15 + 6))
  }

  @Test func detectionIsThreeProbesOrWhatIsFreshAndARound() {
    #expect(Self.policy(report: 5, probe: 7).bound.first?.seconds == 28.0)
    #expect(Self.policy(report: 6, probe: 4).bound.first?.seconds == 21.0)
  }
}
