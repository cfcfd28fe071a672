import Testing
import Wire

@testable import Decision

/// Writes that were given up and land after a newer one (RULES 10, FAULTS 65).
struct EchoTests {
  /// A move from a to b whose write had no answer, called off when a came back.
  private static func abandoned(families: [AddressFamily] = [.ipv4]) -> Lab {
    var lab = Lab(families: families)
    point(&lab, families: families, at: ["1"])
    lab.run(60)
    lab.fail("a")
    for _ in 0..<300 where lab.machine.memory.phase != .switching { lab.run(1) }
    lab.machine.noteMayLand(now: lab.clock)
    lab.recover("a")
    for _ in 0..<300 where lab.machine.memory.intent != nil { lab.run(1) }
    lab.run(5)
    return lab
  }

  /// What the record holds: one digit for all families, or one each.
  @discardableResult
  private static func point(
    _ lab: inout Lab, families: [AddressFamily] = [.ipv4], at digits: [String]
  ) -> RegionID? {
    var addresses: [AddressFamily: [String]] = [:]
    for (index, family) in families.enumerated() {
      let digit = digits[min(index, digits.count - 1)]
      addresses[family] = [family == .ipv4 ? "192.0.2.\(digit)" : "2001:db8::\(digit)"]
    }
    return lab.machine.observe(addresses: addresses, now: lab.clock)
  }

  /// Of several names one shows the late write, the others what is wanted.
  @Test func whatLandsLateUnderOneOfSeveralNames() {
    func name(_ addresses: String...) -> NameReading { [.ipv4: addresses] }
    let (wanted, late) = (name("192.0.2.1"), name("192.0.2.2"))
    for names in [[wanted, late], [late, wanted], [late, late]] {
      var lab = Self.abandoned()
      #expect(lab.machine.observe(names: names, now: lab.clock) == nil)
      #expect(lab.machine.at == .echo)
      #expect(lab.tick().decision.rule == .lateEcho)
    }
    let others = [
      [wanted, name("192.0.2.3")], [wanted, name("192.0.2.1", "192.0.2.2")], [late, name()],
    ]
    for names in others {
      var lab = Self.abandoned()
      _ = lab.machine.observe(names: names, now: lab.clock)
      #expect(lab.machine.at != .echo, "\(names)")
    }
  }

  @Test func whatLandsLateIsOverwritten() throws {
    var lab = Self.abandoned()
    #expect(lab.machine.memory.active == "a")
    let epoch = lab.machine.memory.epoch
    #expect(lab.machine.mayShowEchoes)
    #expect(Self.point(&lab, at: ["2"]) == nil)
    #expect(lab.machine.at == .echo)
    let seen = lab.tick()
    #expect(seen.decision.rule == .lateEcho)
    let intent = try #require(lab.machine.memory.intent)
    #expect(intent.errand == .repair)
    #expect(intent.kind == .repair)
    #expect((intent.from, intent.to) == ("b", "a"))
    #expect(intent.epoch == epoch + 1)
    // It is written, published, and was no move: no cool-down, no budget, nothing left.
    #expect(lab.tick().decision.rule == .writePending)
    lab.machine.observe(write: .all)
    lab.run(1)
    #expect(lab.machine.at == .region)
    lab.machine.observe(write: .converged)
    lab.run(2)
    let memory = lab.machine.memory
    #expect(memory.phase == .steady)
    #expect(memory.completedMs == nil)
    #expect(memory.moves == [])
    #expect(memory.left == nil)
    #expect(memory.pinned == nil)
    #expect(memory.active == "a")
    #expect(memory.echoes?.map(\.repairs) == [1])
  }

  /// What it overwrites is our own: no health is asked for, but that its target is not dead.
  @Test func itIsOverwrittenAlsoTowardARegionThatIsNotWell() {
    var lab = Self.abandoned()
    Self.point(&lab, at: ["2"])
    #expect(lab.tick().decision.rule == .lateEcho)
    lab.check("a1", is: .bad)
    #expect(lab.run(2).pictures["a"]?.verdict == .degraded)
    lab.reports("a", arrive: false)
    #expect(lab.run(20).decision.rule == .writePending)
    #expect(lab.machine.memory.intent?.errand == .repair)
  }

  @Test func halfOfAnEchoIsOneToo() {
    let both: [AddressFamily] = [.ipv4, .ipv6]
    var lab = Self.abandoned(families: both)
    Self.point(&lab, families: both, at: ["2", "1"])
    #expect(lab.machine.at == .echo)
    Self.point(&lab, families: both, at: ["1", "2"])
    #expect(lab.machine.at == .echo)
    Self.point(&lab, families: both, at: ["1"])
    #expect(lab.machine.at == .region)
    // The third region's address was never written.
    Self.point(&lab, families: both, at: ["2", "3"])
    #expect(lab.machine.at == .mixed)
  }

  @Test func threeTimesAndThenItIsSomebodysWish() {
    var lab = Self.abandoned()
    for round in 1...Defaults.echoRepairs {
      Self.point(&lab, at: ["2"])
      lab.run(1)
      #expect(lab.machine.memory.intent?.errand == .repair, "round \(round)")
      lab.machine.observe(write: .all)
      lab.run(1)
      lab.machine.observe(write: .converged)
      lab.run(2)
    }
    #expect(Self.point(&lab, at: ["2"]) == "b")
    #expect(lab.machine.memory.active == "b")
    #expect(lab.machine.memory.pinned == "b")
  }

  /// What was repeated meanwhile lands as often.
  @Test func asOftenAsThereWereWrites() {
    var lab = Self.abandoned()
    let epoch = lab.machine.memory.epoch
    let writes = Defaults.echoRepairs + 2
    // Of a move that was replaced or called off since: told by the address.
    for _ in 1..<writes {
      lab.machine.noteMayLand(address: "192.0.2.2", epoch: epoch, now: lab.clock)
    }
    lab.machine.noteMayLand(address: "203.0.113.9", epoch: epoch, now: lab.clock)
    #expect(lab.machine.memory.echoes?.map(\.region) == ["b"])
    #expect(lab.machine.memory.echoes?.map(\.epoch) == [epoch])
    for round in 1...writes {
      Self.point(&lab, at: ["2"])
      lab.run(1)
      #expect(lab.machine.memory.intent?.errand == .repair, "round \(round)")
      lab.machine.observe(write: .all)
      lab.run(1)
      lab.machine.observe(write: .converged)
      lab.run(2)
    }
    #expect(Self.point(&lab, at: ["2"]) == "b")
  }

  /// Two moves were given up: what is overwritten is charged to the one that landed.
  @Test func eachEchoIsCountedForItself() throws {
    let both: [AddressFamily] = [.ipv4, .ipv6]
    var lab = Self.abandoned(families: both)
    let epoch = lab.machine.memory.epoch
    lab.machine.noteMayLand(address: "192.0.2.3", epoch: epoch, now: lab.clock)
    #expect(lab.machine.memory.echoes?.map(\.region) == ["b", "c"])
    Self.point(&lab, families: both, at: ["3", "1"])
    #expect(lab.machine.at == .echo)
    lab.run(1)
    #expect(lab.machine.memory.intent?.from == "c")
    #expect(lab.machine.memory.echoes?.first { $0.region == "c" }?.repairs == 1)
    #expect(lab.machine.memory.echoes?.first { $0.region == "b" }?.repairs == 0)
    lab.machine.observe(write: .all)
    lab.run(1)
    lab.machine.observe(write: .converged)
    lab.run(2)
    // One family of each.
    Self.point(&lab, families: both, at: ["2", "3"])
    #expect(lab.machine.at == .echo)
    // What was overwritten is outstanding no longer.
    lab.machine.noteMayLand(address: "192.0.2.3", epoch: epoch, now: lab.clock)
    #expect(lab.machine.memory.echoes?.first { $0.region == "c" }?.writes == 1)
    lab.machine.noteMayLand(address: "192.0.2.3", epoch: epoch, now: lab.clock)
    #expect(lab.machine.memory.echoes?.first { $0.region == "c" }?.writes == 2)
  }

  /// A coordinator that was away for that long does not take it for its own.
  @Test func whatIsTooOldIsNotLookedAt() {
    var lab = Self.abandoned()
    let until = lab.machine.memory.echoes?.first?.untilMs ?? 0
    var late = lab.clock
    late.wallMs = until
    let addresses: [AddressFamily: [String]] = [.ipv4: ["192.0.2.2"]]
    #expect(lab.machine.observe(addresses: addresses, now: late) == "b")
    #expect(lab.machine.at == .region)
  }

  /// It was seen in time, and is too old before anything was decided.
  @Test func whatBecomesTooOldIsReadAgain() {
    var lab = Self.abandoned()
    let until = lab.machine.memory.echoes?.first?.untilMs ?? 0
    while lab.clock.wallMs < until - 1000 { lab.run(1) }
    Self.point(&lab, at: ["2"])
    #expect(lab.machine.at == .echo)
    lab.now = lab.now + .seconds(5)
    let seen = lab.tick()
    #expect(seen.decision.rule == .atUnknown)
    #expect(lab.machine.memory.intent == nil)
    #expect(lab.machine.at == .unknown)
  }

  @Test func itIsForgottenInTime() {
    var lab = Self.abandoned()
    let until = lab.machine.memory.echoes?.first?.untilMs ?? 0
    while lab.clock.wallMs < until {
      #expect(lab.machine.mayShowEchoes)
      lab.run(1)
    }
    #expect(!lab.machine.mayShowEchoes)
    #expect(lab.machine.memory.echoes == nil)
    #expect(Self.point(&lab, at: ["2"]) == "b")
  }

  /// What was never written by us is somebody's wish.
  @Test func anotherRegionIsNoEcho() {
    var lab = Self.abandoned()
    #expect(Self.point(&lab, at: ["3"]) == "c")
    #expect(lab.machine.memory.pinned == "c")
  }

  /// While the active region is down its users are better off where the echo sends them, or
  /// elsewhere: the emergency goes on.
  @Test func nothingIsRepairedTowardADeadRegion() {
    var lab = Self.abandoned()
    Self.point(&lab, at: ["2"])
    lab.fail("a")
    let seconds = lab.secondsUntilIntent(limit: 200)
    #expect(seconds != nil)
    #expect(lab.machine.memory.intent?.errand == .emergency)
  }

  /// A repair whose region dies before the write is called off; the emergency comes next.
  @Test func aRepairIsCalledOffWhenItsRegionDies() {
    var lab = Self.abandoned()
    Self.point(&lab, at: ["2"])
    lab.run(1)
    #expect(lab.machine.memory.intent?.errand == .repair)
    lab.fail("a")
    var rules: [Rule] = []
    for _ in 0..<120 where lab.machine.memory.intent?.errand != .emergency {
      let rule = lab.run().decision.rule
      if rules.last != rule { rules.append(rule) }
    }
    #expect(rules.contains(.cancelTargetLost))
    #expect(lab.machine.memory.intent?.errand == .emergency)
  }

  /// A pause holds moves; what is wanted is written all the same.
  @Test func aPauseHoldsNoRepair() throws {
    var lab = Self.abandoned()
    let seen = lab.tick()
    try lab.machine.pause(
      Pause(by: "oncall", reason: nil, sinceMs: 0, untilMs: nil), epoch: seen.epoch)
    Self.point(&lab, at: ["2"])
    lab.run(1)
    #expect(lab.tick().decision.rule == .writePending)
  }

  @Test func onlyAMoveInFlightLeavesEchoes() {
    var lab = Lab()
    Self.point(&lab, at: ["1"])
    lab.run(2)
    lab.machine.noteMayLand(now: lab.clock)
    #expect(lab.machine.memory.echoes == nil)
    #expect(!lab.machine.mayShowEchoes)
  }

  /// The same move's second write without an answer is the same echo; another move's is another.
  @Test func echoesAreKeptByRegionAndCountedByMove() {
    var lab = Self.abandoned()
    Self.point(&lab, at: ["2"])
    lab.run(1)
    // The repair's own write gets no answer either: a's address may land late, and is wanted.
    lab.machine.noteMayLand(now: lab.clock)
    lab.machine.noteMayLand(now: lab.clock)
    #expect(lab.machine.memory.echoes?.map(\.region) == ["b", "a"])
    lab.machine.observe(write: .all)
    lab.run(1)
    lab.machine.observe(write: .converged)
    lab.run(2)
    #expect(Self.point(&lab, at: ["1"]) == nil)
    #expect(lab.machine.at == .region)
  }
  /// A reading that lacks a family shows nothing that was written.
  @Test func withoutOneOfItsFamiliesNothingIsAnEcho() {
    var lab = Self.abandoned(families: [.ipv4, .ipv6])
    _ = lab.machine.observe(addresses: [.ipv4: ["192.0.2.2"]], now: lab.clock)
    #expect(lab.machine.at == .unknown)
    Self.point(&lab, families: [.ipv4, .ipv6], at: ["2", "1"])
    #expect(lab.machine.at == .echo)
  }

  /// A journal of before does not tell how many writes there were: they are overwritten as often as
  /// any, and a new one is the first that is counted.
  @Test func anEchoOfAnOldJournalIsSpentAfterTheUsualRepairs() {
    let untilMs = Lab.wallStart + 3_600_000
    for repairs in [0, Defaults.echoRepairs - 1, Defaults.echoRepairs] {
      var memory = Memory()
      memory.active = "a"
      memory.echoes = [
        Echo(region: "b", epoch: 0, untilMs: untilMs, repairs: repairs, writes: nil)
      ]
      var lab = Lab(memory: memory)
      Self.point(&lab, at: ["2"])
      #expect((lab.machine.at == .echo) == (repairs < Defaults.echoRepairs), "\(repairs)")
      lab.machine.noteMayLand(address: "192.0.2.2", epoch: 1, now: lab.clock)
      #expect(lab.machine.memory.echoes?.map(\.writes) == [1])
    }
  }
}
