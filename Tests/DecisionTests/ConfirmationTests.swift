import Decision
import Testing
import Wire

/// How long a down verdict has to stand, and what its clock counts from (RULES 4, 9).
struct ConfirmationTests {
  static let outside = ["coordinator", "b", "c"]

  static func settled(_ regions: [RegionID] = ["a", "b", "c"], hosts: Int = 2) -> Lab {
    var lab = Lab(regions, hosts: hosts)
    lab.settle()
    return lab
  }

  @Test func failingOnBothSides() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    #expect(lab.secondsUntilIntent(limit: 200) == 30)
    #expect(lab.machine.memory.intent?.to == "b")
  }

  @Test func unreachable() {
    var lab = Self.settled()
    lab.see("a", .bad, from: Self.outside)
    #expect(lab.secondsUntilIntent(limit: 200) == 60)
  }

  @Test func contested() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    #expect(lab.secondsUntilIntent(limit: 200) == 60)
  }

  @Test func failingWithNothingSeenFromOutside() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .none, from: ["b", "c"])
    lab.see("a", .bad, from: ["coordinator"])
    #expect(lab.secondsUntilIntent(limit: 200) == 60)
  }

  @Test func partialAndUnanimouslyBad() {
    var lab = Self.settled()
    lab.reports("a1", arrive: false)
    lab.check("a2", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    #expect(lab.secondsUntilIntent(limit: 200) == 60)
  }

  /// Silent, bad outside: half as long when another region sees its heartbeats stopped.
  @Test(arguments: [(Int?.none, 60), (20_000, 30), (100, 60)])
  func silentAndUnanimouslyBad(seenMs: Int?, seconds: Int) {
    var lab = Self.settled()
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: Self.outside)
    lab.edit = { report, _ in
      guard let seenMs, report.region != "a" else { return }
      report.peers = [
        PeerHeartbeat(
          region: "a", agent: "a1", boot: "boot", sequence: 1, writtenMs: 0, seenMs: seenMs,
          readMs: 0, periodMs: 2000)
      ]
    }
    #expect(lab.secondsUntilIntent(limit: 200) == seconds)
  }

  @Test func silentAndServedIsNeverLeft() {
    var lab = Self.settled()
    lab.reports("a", arrive: false)
    #expect(lab.secondsUntilIntent(limit: 900) == nil)
    #expect(lab.picture("a").verdict == .silent)
  }

  @Test func silentAndNotUnanimouslyBadIsNeverLeft() {
    var lab = Self.settled()
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: ["coordinator", "b"])
    #expect(lab.secondsUntilIntent(limit: 300) == nil)
    #expect(lab.picture("a").verdict == .unknown)
  }

  /// Not from an older fault of another host.
  @Test func theClockStartsAtTheCompletingEvidence() {
    var lab = Self.settled()
    lab.see("a", .bad, from: ["coordinator"])
    lab.check("a1", is: .bad)
    lab.run(120)
    lab.check("a2", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    #expect(lab.secondsUntilIntent(limit: 200) == 30)
  }

  /// The first failed result counts, not the report that brought it.
  @Test func theClockCountsFromTheFirstFailedResult() {
    var lab = Self.settled()
    lab.reports("a", arrive: false)
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(10)
    lab.reports("a", arrive: true)
    #expect(lab.secondsUntilIntent(limit: 200) == 20)
  }

  /// What the hosts say of themselves is dated by them alone: that users were served until a
  /// vantage fell mute does not put it off.
  @Test func aMuteVantageDoesNotDateWhatTheHostsSay() {
    var lab = Self.settled()
    lab.reports("a", arrive: false)
    lab.check("a", is: .bad)
    lab.run(8)
    lab.see("a", .none, from: Self.outside)
    lab.run(2)
    lab.reports("a", arrive: true)
    #expect(lab.secondsUntilIntent(limit: 200) == 50)
  }

  @Test func theClockRunsOnFromOneDownVerdictToAnother() {
    var lab = Self.settled()
    lab.see("a", .bad, from: Self.outside)
    lab.run(20)
    lab.check("a", is: .bad)
    #expect(lab.secondsUntilIntent(limit: 200) == 10)
  }

  @Test func theLimitOfThePresentVerdictApplies() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(20)
    lab.check("a", is: .good)
    #expect(lab.secondsUntilIntent(limit: 200) == 40)
  }

  @Test func theClockRestartsWhenThereIsNoDownVerdict() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(29)
    #expect(lab.machine.memory.phase == .confirming)
    lab.check("a", is: .good)
    lab.see("a", .serving, from: Self.outside)
    lab.run(1)
    #expect(lab.machine.memory.phase == .steady)
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    #expect(lab.secondsUntilIntent(limit: 200) == 30)
  }

  /// Two of three still say bad; the third one's good answer starts the clock anew.
  @Test func oneServingVoteRestartsAnOutsideConfirmation() {
    var lab = Self.settled()
    lab.see("a", .bad, from: Self.outside)
    lab.run(50)
    lab.see("a", .serving, from: ["c"])
    #expect(lab.secondsUntilIntent(limit: 200) == 61)
  }

  /// The same, when the vantage was mute for a while between its bad vote and the good one.
  @Test func aGapDoesNotHideTheServingVote() {
    var lab = Self.settled()
    lab.see("a", .bad, from: Self.outside)
    lab.run(40)
    lab.see("a", .none, from: ["c"])
    lab.run(5)
    lab.see("a", .serving, from: ["c"])
    #expect(lab.secondsUntilIntent(limit: 200) == 61)
  }

  @Test func anInsideConfirmationIsNotRestartedByOneServingVote() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(20)
    lab.see("a", .serving, from: ["c"])
    #expect(lab.secondsUntilIntent(limit: 200) == 10)
  }

  @Test func theCooldownDoublesIt() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(30)
    lab.complete()
    #expect(lab.machine.memory.phase == .cooling)
    #expect(lab.machine.memory.active == "b")
    lab.check("b", is: .bad)
    lab.see("b", .bad, from: ["coordinator", "a", "c"])
    #expect(lab.secondsUntilIntent(limit: 200) == 60)
    #expect(lab.machine.memory.intent?.to == "c")
  }

  /// A move's target that dies is left by the usual limit, whatever move came before (RULES 10).
  @Test func theCooldownDoesNotDelayASupersede() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(30)
    lab.complete()
    lab.check("a", is: .good)
    lab.see("a", .serving, from: Self.outside)
    lab.run(90)
    lab.check("b", is: .bad)
    lab.see("b", .bad, from: ["coordinator", "a", "c"])
    #expect(lab.secondsUntilIntent(limit: 200) == 60)
    lab.run(1)
    lab.machine.observe(write: .all)
    lab.run(1)
    #expect(lab.machine.memory.phase == .verifying)
    #expect(lab.machine.memory.active == "c")
    lab.check("c", is: .bad)
    lab.see("c", .bad, from: ["coordinator", "a", "b"])
    let epoch = lab.machine.memory.epoch
    for _ in 0..<29 { lab.run(1) }
    #expect(lab.machine.memory.epoch == epoch)
    lab.run(1)
    #expect(lab.machine.memory.epoch == epoch + 1)
    #expect(lab.machine.memory.intent?.to == "a")
  }

  /// The process slept: what it knew is void, and nothing is done for a round.
  @Test func aLateTickRestartsIt() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(25)
    lab.now = lab.now + .seconds(10)
    let late = lab.tick()
    #expect(late.pictures["a"]?.verdict == .unknown)
    #expect(late.memories["a"]?.downSince == nil)
    #expect(late.decision.rule == .doubtful)
    #expect(late.blocks == [.doubt])
    // The agents go on saying that it is down: a round and one tick later it is left.
    #expect(lab.secondsUntilIntent(limit: 200) == 6)
  }

  @Test func aTickThatIsOnlyALittleLateChangesNothing() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.outside)
    lab.run(25)
    lab.now = lab.now + .seconds(3)
    lab.gather()
    #expect(lab.tick().memories["a"]?.downSince != nil)
    #expect(lab.secondsUntilIntent(limit: 200) == 2)
  }
}
