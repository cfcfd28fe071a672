import Decision
import Seeded
import Testing
import Wire

/// The forecast is the machine's own answer: what it says is what the machine then does.
@Suite struct ForetellTests {
  @Test func itMovesToTheNextRegion() throws {
    var lab = Lab()
    lab.settle()
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .moves && outlook.to == "b")
    // The first failed probe after 5 s, confirmed twice: no heartbeat tells of it.
    #expect(outlook.beginsSeconds == 65 && outlook.seconds == 95)
    let before = lab.machine
    #expect(lab.machine == before)
  }

  @Test func nothingHappensWhereNothingIsWrong() throws {
    var lab = Lab()
    lab.settle()
    #expect(lab.forecast(.asItIs)?.end == .stays)
  }

  @Test func aPauseHoldsAndEnds() throws {
    var lab = Lab()
    lab.settle()
    let epoch = lab.machine.memory.epoch
    try lab.machine.pause(
      Pause(by: "kim", reason: nil, sinceMs: lab.clock.wallMs, untilMs: nil), epoch: epoch)
    var outlook = try #require(lab.forecast())
    #expect(outlook.end == .held && outlook.to == "b")
    #expect(outlook.because == "paused by kim")
    #expect(outlook.until == "never by itself: signalbox resume app")
    // One that is over before anything could be confirmed holds nothing.
    try lab.machine.resume(epoch: epoch)
    try lab.machine.pause(
      Pause(
        by: "kim", reason: nil, sinceMs: lab.clock.wallMs, untilMs: lab.clock.wallMs + 20_000),
      epoch: epoch)
    outlook = try #require(lab.forecast())
    #expect(outlook.end == .moves && outlook.beginsSeconds == 65)
  }

  @Test(arguments: [Automation.observe, .approve])
  func automationHolds(_ automation: Automation) throws {
    var policy = Policy.acting
    policy.automation = automation
    var lab = Lab(policy: policy)
    lab.settle()
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .held && outlook.to == "b")
    #expect(outlook.because?.contains("automation is \(automation.rawValue)") == true)
  }

  @Test func anotherWritersMarkerHolds() throws {
    var lab = Lab()
    lab.settle()
    let marker = ForeignMarker(name: "_signalbox.app.example.com", text: "x", epoch: nil)
    _ = lab.machine.noteConflict([marker], wallMs: lab.clock.wallMs)
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .held && outlook.because?.contains("another writer") == true)
    #expect(outlook.until == "never by itself: signalbox adopt app")
  }

  @Test func noOtherRegionServes() throws {
    var lab = Lab(["a", "b"])
    lab.settle()
    lab.check("b", is: .bad)
    lab.run(3)
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .noTarget && outlook.because?.hasPrefix("b: target failing") == true)
  }

  /// Nobody but the region's own agents is heard: then this host cannot tell whose fault it is.
  @Test func whoHearsNobodyDoesNothing() throws {
    var lab = Lab()
    lab.settle()
    lab.reports("b", "c", arrive: false)
    lab.run(20)
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .held)
  }

  @Test func aRegionThatIsDownHasNoForecastButAnEnd() throws {
    var lab = Lab()
    lab.settle()
    lab.fail("a")
    lab.run(10)
    let outlook = try #require(lab.forecast(.asItIs))
    #expect(outlook.end == .moves && outlook.to == "b")
    let seconds = try #require(outlook.beginsSeconds)
    #expect(lab.secondsUntilIntent(limit: 100) == Int(seconds))
  }

  @Test func whileAMoveIsInFlightThereIsNone() {
    var lab = Lab()
    lab.settle()
    lab.fail("a")
    #expect(lab.secondsUntilIntent(limit: 100) != nil)
    #expect(lab.forecast() == nil && lab.forecast(.asItIs) == nil)
  }

  /// Heartbeats that stop tell of it: it is confirmed once, not twice.
  @Test func heartbeatsAreForetoldToStop() throws {
    var lab = Lab()
    let beats = lab.beat()
    lab.settle()
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .moves && outlook.beginsSeconds == 35)
    #expect(outlook.dataAtRisk != nil)
    // What stands still already goes on doing so, and what would be late is not known any more.
    beats.arriveUntil["a b"] = lab.now.milliseconds
    beats.arriveUntil["a c"] = lab.now.milliseconds
    lab.run(20)
    let cut = try #require(lab.forecast())
    #expect(cut.end == .moves && cut.dataAtRisk != outlook.dataAtRisk)
  }

  @Test(arguments: [(100, true), (86_400, false)])
  func aPauseHoldsUntilItsEnd(seconds: Int, isWaitedFor: Bool) throws {
    var lab = Lab()
    lab.settle()
    let until = lab.clock.wallMs + Int64(seconds) * 1000
    try lab.machine.pause(
      Pause(by: "kim", reason: nil, sinceMs: lab.clock.wallMs, untilMs: until),
      epoch: lab.machine.memory.epoch)
    let outlook = try #require(lab.forecast())
    if isWaitedFor {
      #expect(outlook.end == .moves && (100...110).contains(outlook.beginsSeconds ?? 0))
    } else {
      #expect(outlook.end == .held && outlook.to == "b" && outlook.until == "in 24 h")
    }
  }

  /// A repair is no move: what it puts back is told, and nobody is promised anything.
  @Test func aLateEchoIsToldAsThat() throws {
    var lab = Lab()
    lab.settle()
    lab.machine.noteMayLand(address: "192.0.2.2", epoch: 0, now: lab.clock)
    _ = lab.machine.observe(addresses: [.ipv4: ["192.0.2.2"]], now: lab.clock)
    let outlook = try #require(lab.forecast(.asItIs))
    #expect(outlook.end == .held && outlook.to == nil)
    #expect(outlook.because == RuleText.sentence(.lateEcho))
  }

  /// A deploy notice ends while time passes, and what failed under it counts from then.
  @Test func aDeployThatEndsIsForetoldToo() throws {
    var lab = Lab()
    lab.settle()
    for host in ["a1", "a2"] { lab.hosts[host]?.deployingMs = 20_000 }
    lab.check("a", is: .bad)
    for vantage in [Outside.coordinator, "b", "c"] { lab.see("a", .bad, from: [vantage]) }
    lab.run()
    let outlook = try #require(lab.forecast(.asItIs))
    #expect(outlook.end == .moves && outlook.to == "b")
  }

  @Test func aStandbyThatFailsIsNotPromised() throws {
    var lab = Lab()
    lab.settle()
    lab.fail("b")
    lab.run(5)
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .moves && outlook.to == "c")
    lab.see("c", .bad, from: [Outside.coordinator, "a", "b"])
    lab.run(20)
    let none = try #require(lab.forecast())
    #expect(none.end == .noTarget, "\(none)")
  }

  @Test func anEndIsTellable() {
    #expect(Clearing.after(.seconds(30)).words(after: .seconds(60)) == "in 90 s")
    #expect(Clearing.when("when it is read").words() == "when it is read")
    #expect(Clearing.operation("x").words() == "never by itself: x")
  }
}

/// For drawn evidence and policies: what is foretold is what then happens.
@Suite struct ForetoldTests {
  @Test(arguments: [362, 388] + Array(1...40))
  func itIsWhatHappens(_ seed: Int) throws {
    var draw = SplitMix64(seed: UInt64(seed))
    var lab = Self.drawn(&draw)
    let now = lab.clock
    let found = lab.machine.foretell(
      .dies("a"), evidence: lab.evidence, doubts: lab.doubts, now: now)
    guard let found else {
      #expect(lab.machine.memory.intent != nil, "seed \(seed)")
      return
    }
    let horizon = found.beginsSeconds.map { Int($0) + 40 } ?? 400
    var moved: (to: RegionID, after: Int)?
    let death = lab.now
    for second in 1...horizon {
      let turnsAt = death + lab.policy.probeInterval * 3
      let since = death + lab.policy.probeInterval
      lab.reports("a", arrive: false)
      if lab.now + .seconds(1) >= turnsAt {
        for (sight, held) in lab.sights where sight.region == "a" && held.value != .bad {
          lab.sights[sight] = Held(value: .bad, since: since)
        }
      }
      if let intent = lab.run().intent {
        moved = (intent.to, second)
        break
      }
    }
    let what = "seed \(seed): \(found), then \(moved.map { "\($0)" } ?? "nothing")"
    if found.end == .moves {
      #expect(moved?.to == found.to, "\(what)")
      let off = abs(Double(moved?.after ?? -99) - (found.beginsSeconds ?? 0))
      #expect(off <= lab.policy.round.inSeconds, "\(what)")
    } else {
      // What ends later than is waited for is told as a hold.
      let hasEnd = found.until?.hasPrefix("in ") == true
      #expect(moved == nil || hasEnd, "\(what)")
    }
  }

  /// Regions in every state, orders of every kind, policies over what is accepted.
  private static func drawn(_ draw: inout SplitMix64) -> Lab {
    var policy = Policy.acting
    policy.automation = [.automatic, .automatic, .automatic, .approve, .observe][draw.below(5)]
    policy.failoverAfter = .seconds([10, 30, 90, 300][draw.below(4)])
    policy.outsideConfirm = max(policy.failoverAfter, .seconds([20, 60, 400][draw.below(3)]))
    policy.minHealthy = [0.5, 0.7, 1][draw.below(3)]
    policy.minVantages = 1 + draw.below(3)
    policy.minUp = .seconds([10, 60][draw.below(2)])
    policy.onDataRisk = draw.below(4) == 0 ? .ask : .proceed
    var memory = Memory()
    if draw.below(4) == 0 {
      for _ in 0...draw.below(4) {
        memory.moves.append(MoveMark(atMs: Lab.wallStart - 1_000_000, errand: .emergency))
      }
      memory.completedMs = Lab.wallStart - Int64(draw.below(700)) * 1000
      memory.left = "b"
    }
    let count = 2 + draw.below(2)
    var lab = Lab(
      Array(["a", "b", "c"].prefix(count)), hosts: 1 + draw.below(2), policy: policy,
      memory: memory)
    lab.settle()
    for region in ["b", "c"].prefix(count - 1) {
      switch draw.below(8) {
      case 0: lab.check(region, is: .bad)
      case 1: lab.reports(region, arrive: false)
      case 2: lab.see(region, .bad, from: ["a"])
      case 3: lab.see(region, .bad, from: [Outside.coordinator])
      case 4: lab.fail(region)
      case 5: lab.check("\(region)1", is: .unknown)
      default: break
      }
    }
    lab.run(11 + draw.below(30))
    if draw.below(3) == 0 {
      for region in ["b", "c"].prefix(count - 1) {
        lab.recover(region)
        lab.reports(region, arrive: true)
      }
      lab.run(1 + draw.below(70))
    }
    order(&lab, &draw)
    lab.run()
    return lab
  }

  private static func order(_ lab: inout Lab, _ draw: inout SplitMix64) {
    let now = lab.clock.wallMs
    let epoch = lab.machine.memory.epoch
    switch draw.below(9) {
    case 0:
      try? lab.machine.pause(
        Pause(by: "kim", reason: nil, sinceMs: now, untilMs: nil), epoch: epoch)
    case 1:
      try? lab.machine.pause(
        Pause(
          by: "kim", reason: nil, sinceMs: now, untilMs: now + Int64(draw.below(200) * 1000)),
        epoch: epoch)
    case 2:
      let work = Maintenance(by: "kim", sinceMs: now, untilMs: now + 3_600_000)
      try? lab.machine.maintain("b", work, stays: true, epoch: epoch)
    case 3:
      let work = Maintenance(by: "kim", sinceMs: now, untilMs: now + 3_600_000)
      try? lab.machine.maintain("a", work, stays: true, epoch: epoch)
    case 4:
      let marker = ForeignMarker(name: nil, text: "x", epoch: nil)
      _ = lab.machine.noteConflict([marker], wallMs: now)
    case 5: _ = lab.machine.observe(addresses: [.ipv4: ["198.51.100.7"]], now: lab.clock)
    default: break
    }
  }
}
