import Decision
import Testing
import Wire

/// The machine around `decide`: start, DNS, budget, operators.
struct MachineTests {
  static let everyone = ["coordinator", "a", "b", "c"]

  static func settled() -> Lab {
    var lab = Lab()
    lab.settle()
    return lab
  }

  // MARK: Start (RULES 15)

  @Test func graceHoldsBackAndItsEvidenceCounts() {
    var lab = Lab()
    lab.point(at: "a")
    lab.fail("a")
    #expect(lab.run(29).blocks == [.grace])
    #expect(lab.secondsUntilIntent(limit: 100) == 1)
  }

  @Test func nothingPersistedCountsAsEvidence() {
    var memory = Memory()
    memory.phase = .confirming
    memory.active = "a"
    var lab = Lab(memory: memory)
    lab.point(at: "a")
    #expect(lab.machine.memory.phase == .steady)
    lab.reports("a", "b", "c", arrive: false)
    lab.ownProbes = false
    #expect(lab.secondsUntilIntent(limit: 200) == nil)
  }

  /// An open intent of before the restart: its write may be under way until a read tells.
  @Test func anOpenIntentWaitsForAReadAndForTheGrace() {
    var memory = Memory()
    memory.phase = .switching
    memory.active = "a"
    memory.epoch = 7
    memory.intent = Intent(epoch: 7, errand: .emergency, from: "a", to: "b", rule: .failOver)
    var lab = Lab(memory: memory)
    lab.fail("a")
    lab.point(at: "a")
    #expect(lab.run(3).decision.rule == .writeUnderway)
    lab.machine.observe(write: .pending)
    #expect(lab.run(26).decision.rule == .resumeWait)
    #expect(lab.run(1).decision.rule == .writePending)
    #expect(lab.machine.memory.epoch == 7)
  }

  @Test(arguments: [Phase.committed, .verifying]) func aCommittedMoveIsFinishedAfterARestart(
    phase: Phase
  ) {
    var memory = Memory()
    memory.phase = phase
    memory.active = "b"
    memory.left = "a"
    memory.epoch = 7
    memory.moves = [MoveMark(atMs: Lab.wallStart - 1000, errand: .emergency)]
    memory.intent = Intent(epoch: 7, errand: .emergency, from: "a", to: "b", rule: .failOver)
    var lab = Lab(memory: memory)
    lab.point(at: "b")
    lab.run(2)
    lab.machine.observe(write: .all)
    lab.run(2)
    #expect(lab.machine.memory.phase == .verifying)
    lab.machine.observe(write: .converged)
    lab.run(1)
    #expect(lab.machine.memory.phase == .cooling)
    #expect(lab.machine.memory.intent == nil)
    #expect(lab.machine.memory.moves.count == 1)
  }

  // MARK: Where DNS points (RULES 7)

  @Test func whereDNSPoints() {
    let topology = Lab.topology(["a", "b"], hosts: 1, families: [.ipv4, .ipv6])
    let table: [([AddressFamily: [String]]?, AtFact)] = [
      ([.ipv4: ["192.0.2.1"], .ipv6: ["2001:db8::1"]], .region),
      ([.ipv4: ["192.0.2.1"], .ipv6: ["2001:db8::2"]], .mixed),
      ([.ipv4: ["192.0.2.1", "192.0.2.2"], .ipv6: ["2001:db8::1"]], .mixed),
      ([.ipv4: ["192.0.2.9"], .ipv6: ["2001:db8::1"]], .foreign),
      ([.ipv4: ["192.0.2.1", "192.0.2.9"], .ipv6: ["2001:db8::1"]], .foreign),
      // An empty answer is an error, never an empty zone.
      ([.ipv4: [], .ipv6: ["2001:db8::1"]], .unknown),
      ([.ipv4: ["192.0.2.1"]], .unknown),
      ([:], .unknown),
      (nil, .unknown),
    ]
    for (addresses, at) in table {
      var machine = Machine(topology: topology, policy: .acting, started: Lab.start)
      _ = machine.observe(addresses: addresses, now: Lab().clock)
      #expect(machine.at == at, "\(String(describing: addresses))")
      #expect((machine.memory.active == "a") == (at == .region))
    }
  }

  /// Several names: one region only where every one of them points at it.
  @Test func whereSeveralNamesPoint() {
    let topology = Lab(families: [.ipv4, .ipv6]).topology
    func name(_ digit: Int) -> NameReading {
      [.ipv4: ["192.0.2.\(digit)"], .ipv6: ["2001:db8::\(digit)"]]
    }
    let table: [([NameReading], AtFact)] = [
      ([name(1), name(1)], .region), ([name(1), name(2)], .mixed), ([name(2), name(1)], .mixed),
      ([name(1), name(9)], .foreign), ([name(9), name(1)], .foreign),
      ([name(1), [:]], .unknown), ([[:], name(1)], .unknown), ([], .unknown),
    ]
    for (names, at) in table {
      var machine = Machine(topology: topology, policy: .acting, started: Lab.start)
      _ = machine.observe(names: names, now: Lab().clock)
      #expect(machine.at == at, "\(names)")
      #expect((machine.memory.active == "a") == (at == .region))
    }
    let shown = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]
    #expect([name(2), name(1), name(2)].shown == shown)
  }

  @Test(arguments: [["203.0.113.9"], ["192.0.2.1", "192.0.2.2"], []])
  func nothingMovesUnlessDNSPointsAtOneRegion(addresses: [String]) {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(20)
    #expect(lab.machine.memory.phase == .confirming)
    _ = lab.machine.observe(addresses: [.ipv4: addresses], now: lab.clock)
    #expect(lab.secondsUntilIntent(limit: 200) == nil)
    #expect(lab.machine.memory.phase == .steady)
    // Back to a configured value: its confirmation has run on.
    lab.point(at: "a")
    #expect(lab.secondsUntilIntent(limit: 200) == 2)
  }

  @Test func aHumansMoveIsAdoptedAndPinned() {
    var lab = Self.settled()
    let found = lab.machine.observe(addresses: [.ipv4: ["192.0.2.3"]], now: lab.clock)
    #expect(found == "c")
    #expect(lab.machine.memory.active == "c")
    #expect(lab.machine.memory.pinned == "c")
    #expect(lab.machine.memory.epoch == 0)
    // An emergency away from it stays armed.
    lab.fail("c")
    #expect(lab.secondsUntilIntent(limit: 100) == 30)
  }

  // MARK: Blocks (RULES 9, 14)

  @Test func observeOnlySaysIt() {
    var policy = Policy()
    policy.failoverAfter = .seconds(30)
    var lab = Lab(policy: policy)
    lab.settle()
    lab.fail("a")
    let found = lab.run(40)
    #expect(found.decision.rule == .blockedByObserve)
    #expect(found.target == "b")
    #expect(lab.machine.memory.epoch == 0)
    // How long it has been held back is known.
    #expect(found.memories["a"]?.held(lab.now) == .seconds(10))
  }

  @Test func theHardBudgetHolds() {
    var memory = Memory()
    memory.active = "a"
    memory.moves = (0..<6).map {
      MoveMark(atMs: Lab.wallStart - Int64($0) * 60_000, errand: .emergency)
    }
    var lab = Lab(memory: memory)
    lab.settle()
    lab.fail("a")
    let held = lab.run(40)
    #expect(held.decision.rule == .blockedByBudget)
    #expect(lab.machine.memory.intent == nil)
    // The oldest of six leaves first.
    let left = Policy().switchWindow - .seconds(5 * 60 + 31 + 40)
    #expect(held.holds.first { $0.block == .budget }?.clears == .after(left))
  }

  /// Two failovers a day apart from the free ones: only away from what is dead for all, and only
  /// to what has been stable for long.
  @Test func beyondTheFreeMovesTheSourceIsDeadAndTheTargetStable() {
    var memory = Memory()
    memory.active = "a"
    memory.moves = (0..<3).map {
      MoveMark(atMs: Lab.wallStart - Int64($0) * 60_000, errand: .emergency)
    }
    var lab = Lab(memory: memory)
    lab.settle()
    lab.fail("a")
    // Everybody is healthy for a minute and a half only.
    let early = lab.run(61)
    #expect(early.decision.rule == .blockedByFreeBudget)
    #expect(early.blocks == [.freeBudget])
    #expect(early.holds[0].text.hasSuffix("no target is stable for 900 s"))
    #expect(early.holds[0].clears == .when("when one is, or with fewer moves in the window"))
    // Stable for 15 minutes since the first look at it.
    #expect(lab.secondsUntilIntent(limit: 1000) == 900 - 31 - 61 + 1)
    #expect(lab.machine.memory.intent?.to == "b")
  }

  @Test func beyondTheFreeMovesASourceThatSomeoneReachesIsKept() {
    var memory = Memory()
    memory.active = "a"
    memory.moves = (0..<3).map { _ in MoveMark(atMs: Lab.wallStart, errand: .emergency) }
    var lab = Lab(["a", "b", "c", "d"], memory: memory)
    lab.settle()
    lab.run(1000)
    lab.fail("a")
    lab.see("a", .serving, from: ["d"])
    let held = lab.run(300)
    #expect(held.facts.source == .confirmed)
    #expect(held.decision.rule == .blockedByFreeBudget)
    #expect(held.holds[0].text.contains("that a is dead for everyone outside for 60 s (it is not)"))
    #expect(
      held.holds[0].clears
        == .when(
          "when everyone outside sees that, or with fewer moves in the window"))
    lab.see("a", .bad, from: ["d"])
    let hold = lab.run(20).holds.first
    let so = hold?.text ?? ""
    #expect(so.contains("outside for 60 s (so far for "), "\(so)")
    #expect(hold?.clears == .after(.seconds(41)), "\(String(describing: hold?.clears))")
    #expect(lab.secondsUntilIntent(limit: 100) == 41)
  }

  @Test func movesOlderThanTheWindowDoNotCount() {
    var memory = Memory()
    memory.active = "a"
    let window = Policy().switchWindow.wholeMilliseconds
    memory.moves = (0..<6).map {
      MoveMark(atMs: Lab.wallStart - window - Int64($0), errand: .emergency)
    }
    var lab = Lab(memory: memory)
    lab.settle()
    lab.fail("a")
    #expect(lab.secondsUntilIntent(limit: 100) == 30)
  }

  @Test func aMoveCountsAtItsFirstCommittedWriteAndOnce() {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(30)
    lab.run(2)
    #expect(lab.machine.memory.moves.count == 0)
    lab.machine.observe(write: .partly)
    lab.run(2)
    #expect(lab.machine.memory.phase == .committed)
    #expect(lab.machine.memory.moves.count == 1)
    #expect(lab.machine.memory.active == "b")
    #expect(lab.machine.memory.left == "a")
    lab.machine.observe(write: .all)
    lab.run(2)
    #expect(lab.machine.memory.moves.count == 1)
    #expect(lab.machine.memory.phase == .verifying)
  }

  @Test func aRefusalOfTheProviderPausesTheNextAttempt() {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(31)
    lab.machine.observe(write: .refused)
    #expect(lab.run().decision.rule == .writeRefused)
    #expect(lab.machine.memory.moves.isEmpty)
    #expect(lab.run(2).decision.rule == .blockedByRefusal)
    #expect(lab.secondsUntilIntent(limit: 100) == 58)
    #expect(lab.machine.memory.epoch == 2)
  }

  @Test func aCancelledMoveIsFree() {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(30)
    lab.recover("a")
    let found = lab.run()
    #expect(found.decision.rule == .cancelRefuted)
    #expect(lab.machine.memory.intent == nil)
    #expect(lab.machine.memory.moves.isEmpty)
    #expect(lab.machine.memory.completedMs == nil)
  }

  @Test func aLostTargetIsReplacedBeforeTheFirstWrite() {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(30)
    lab.check("b", is: .unknown)
    #expect(lab.run().decision.rule == .cancelTargetLost)
    #expect(lab.secondsUntilIntent(limit: 10) == 2)
    #expect(lab.machine.memory.intent?.to == "c")
  }
}

/// An operator's request (RULES 14).
struct RequestTests {
  static func refusal(
    _ lab: inout Lab, to region: RegionID, epoch: UInt64 = 0, overrides: [String] = []
  ) -> Refusal? {
    let assessment = lab.run()
    do throws(Refusal) {
      try lab.machine.ask(
        Request(to: region, isFailback: false, overrides: overrides), epoch: epoch,
        assessment: assessment)
      return nil
    } catch {
      return error
    }
  }

  @Test func refusals() {
    var lab = MachineTests.settled()
    #expect(Self.refusal(&lab, to: "b", epoch: 3)?.code == "conflict")
    #expect(Self.refusal(&lab, to: "x")?.code == "unknown_region")
    #expect(Self.refusal(&lab, to: "a")?.code == "already_there")
    lab.check("b", is: .unknown)
    let found = Self.refusal(&lab, to: "b")
    #expect(found?.code == "not_eligible")
    #expect(found?.conditions.map(\.name) == ["inside"])
    _ = lab.machine.observe(addresses: nil, now: lab.clock)
    #expect(Self.refusal(&lab, to: "c")?.code == "at_unknown")
    lab.point(at: "a")
    #expect(Self.refusal(&lab, to: "c") == nil)
    lab.run()
    #expect(Self.refusal(&lab, to: "b", epoch: 1)?.code == "in_flight")
  }

  @Test func itMovesAtOnceAndPins() {
    var lab = MachineTests.settled()
    #expect(Self.refusal(&lab, to: "c") == nil)
    let found = lab.run()
    #expect(found.decision.rule == .operatorMove)
    #expect(lab.machine.memory.intent?.errand == .commanded)
    #expect(lab.machine.memory.pinned == "c")
    lab.complete()
    #expect(lab.machine.memory.active == "c")
    // It is not of the automatic moves' budget.
    #expect(lab.machine.memory.moves.isEmpty)
  }

  @Test func anOverriddenConditionDoesNotCallItOff() {
    var lab = MachineTests.settled()
    lab.check("b", is: .unknown)
    #expect(Self.refusal(&lab, to: "b", overrides: ["inside"]) == nil)
    #expect(lab.run().decision.rule == .operatorMove)
    #expect(lab.run(5).decision.rule == .writePending)
  }

  /// With two regions the sick one's vote on its rescue would make it a tie.
  @Test func theSourceDoesNotVetoItsRescue() {
    var lab = Lab(["a", "b"])
    lab.settle()
    lab.see("b", .bad, from: ["a"])
    #expect(Self.refusal(&lab, to: "b") == nil)
    #expect(lab.run().decision.rule == .operatorMove)
    #expect(lab.run(5).decision.rule == .writePending)
  }

  @Test func itWorksInObserve() {
    var lab = Lab(policy: Policy())
    lab.settle()
    #expect(Self.refusal(&lab, to: "b") == nil)
    #expect(lab.run().decision.rule == .operatorMove)
  }

  @Test func aFailbackUnpinsAndHasToPassTheGate() throws {
    var memory = Memory()
    memory.active = "b"
    memory.pinned = "b"
    var lab = Lab(memory: memory)
    _ = lab.beat()
    lab.settle(at: "b")
    let early = lab.run()
    let request = Request(to: "a", isFailback: true, overrides: [])
    #expect(throws: Refusal.self) {
      var machine = lab.machine
      try machine.ask(request, epoch: 0, assessment: early)
    }
    let overriding = Request(to: "a", isFailback: true, overrides: ["stable"])
    try lab.machine.ask(overriding, epoch: 0, assessment: early)
    lab.run()
    #expect(lab.machine.memory.intent?.to == "a")
    #expect(lab.machine.memory.pinned == nil)
  }
}
