import Seeded
import Testing
import Wire

@testable import Decision

/// Deadlines by construction: between two wakes time alone changes nothing.
struct PresentTests {
  private static let now = Now(instant: Instant(milliseconds: 10_000), wallMs: 500_000)

  @Test func aDeadlineIsReachedAtItsInstantAndNotedBefore() {
    let present = Present(Self.now)
    #expect(present.hasReached(Instant(milliseconds: 10_000)))
    #expect(present.wake == Wake() && !present.wake.isDue(Self.now))
    #expect(!present.hasReached(Instant(milliseconds: 10_900)))
    #expect(!present.hasLasted(.milliseconds(600), since: Instant(milliseconds: 9900)))
    #expect(!present.hasExceeded(.milliseconds(100), since: Instant(milliseconds: 10_700)))
    #expect(present.wake.instant == Instant(milliseconds: 10_500), "the earliest of them")
    #expect(!present.wake.isDue(Self.at(10_499)) && present.wake.isDue(Self.at(10_500)))
  }

  @Test func aSpanThatIsNoWholeMillisecondEndsWithTheNextOne() {
    let present = Present(Self.now)
    #expect(!present.hasLasted(.microseconds(500), since: Self.now.instant))
    #expect(present.wake.instant == Self.now.instant + .milliseconds(1))
    #expect(present.hasExceeded(.zero, since: Instant(milliseconds: 9999)))
    #expect(!present.hasExceeded(.zero, since: Self.now.instant))
  }

  @Test func evidenceExpiresAMillisecondAfterItsLimit() {
    let present = Present(Self.now)
    #expect(present.isWithin(.seconds(1), of: Instant(milliseconds: 9000)))
    #expect(!present.isWithin(.seconds(1), of: Instant(milliseconds: 8999)))
    #expect(present.wake.expiry == Instant(milliseconds: 10_001) && present.wake.instant == nil)
    #expect(!present.wake.isDue(Self.now) && present.wake.isDue(Self.at(10_001)))
  }

  /// The wall clock may go back behind what it had reached: then it is judged again.
  @Test func theWallClockIsFollowedBothWays() {
    let present = Present(Self.now)
    #expect(present.runs(.seconds(10), sinceMs: 499_000))
    #expect(present.isWithin(.seconds(5), ofMs: 496_000))
    #expect(present.wake.wallMs == 501_001 && present.wake.wallFloorMs == 499_000)
    #expect(!present.runs(.seconds(10), sinceMs: 500_001), "it has not begun")
    #expect(!present.runs(.seconds(10), sinceMs: 480_000), "it is over")
    func isDue(_ wallMs: Int64) -> Bool {
      present.wake.isDue(Now(instant: Self.now.instant, wallMs: wallMs))
    }
    #expect(present.wake.wallMs == 500_001 && !isDue(500_000) && isDue(500_001))
    #expect(!isDue(499_000) && isDue(498_999))
  }

  @Test func theEarlierOfTwoWakesCounts() {
    var (one, other) = (Wake(), Wake())
    one.instant = Instant(milliseconds: 5)
    other.instant = Instant(milliseconds: 4)
    other.expiry = Instant(milliseconds: 9)
    one.wallMs = 7
    one.wallFloorMs = 1
    other.wallFloorMs = 2
    let both = one.or(other)
    #expect(both.instant == other.instant && both.expiry == other.expiry)
    #expect(both.wallMs == 7 && both.wallFloorMs == 2 && other.or(one) == both)
    #expect(Wake().or(Wake()) == Wake())
  }

  private static func at(_ milliseconds: Int64) -> Now {
    Now(instant: Instant(milliseconds: milliseconds), wallMs: now.wallMs)
  }

  // MARK: The machine

  /// Any history under any policy: from wake to wake a step comes to the same, whenever it is made;
  /// and it leaves the machine as it was, so that it need not be made.
  @Test(arguments: 1...40) func timeAloneChangesNothingBetweenTwoWakes(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var lab = Lab(["a", "b", "c"], hosts: 2, policy: Self.policy(&random))
    let beats = lab.beat()
    lab.settle(at: Bool.random(using: &random) ? "a" : "b")
    var settled = 0
    for _ in 0..<60 {
      Self.change(&lab, beats, &random)
      lab.run(Int.random(in: 1...40, using: &random))
      if Self.staysTheSame(lab, &random, seed) { settled += 1 }
      if Bool.random(using: &random) { lab.complete() }
    }
    #expect(settled > 30, "it comes to rest, seed \(seed)")
  }

  private static func staysTheSame(_ lab: Lab, _ random: inout SplitMix64, _ seed: UInt64) -> Bool {
    var machine = lab.machine
    var present = Present(lab.clock)
    var before = machine
    var assessment: Assessment?
    for _ in 0..<6 {
      before = machine
      present = Present(lab.clock)
      assessment = machine.tick(evidence: lab.evidence, doubts: lab.doubts, now: present).assessment
      if machine.hasSettled(since: before) { break }
    }
    guard let assessment, machine.hasSettled(since: before) else { return false }
    for _ in 0..<4 {
      let later = between(lab.clock, present.wake, &random)
      var copy = machine
      let found = copy.tick(evidence: lab.evidence, doubts: lab.doubts, now: later)
      let passed = later.instant - lab.now
      #expect(
        found.transition == nil && found.assessment.facts == assessment.facts
          && found.assessment.decision == assessment.decision,
        "seed \(seed), after \(passed): \(assessment.facts), \(found.assessment.facts)")
      let differs = machine.regions.keys.sorted().filter { machine.regions[$0] != copy.regions[$0] }
        .map { "\(machine.regions[$0] as Any) \(copy.regions[$0] as Any)" }
      #expect(differs.isEmpty, "seed \(seed), after \(passed)")
      let isSettled = copy.outer == machine.outer
      #expect(isSettled, "seed \(seed), after \(passed)")
      #expect(
        found.assessment.pictures.mapValues(\.verdict) == assessment.pictures.mapValues(\.verdict))
      #expect(found.assessment.voteless == assessment.voteless)
      #expect(
        found.assessment.replication.mapValues(\.state) == assessment.replication.mapValues(\.state)
      )
      #expect(found.assessment.illReplicas == assessment.illReplicas)
    }
    return true
  }

  /// A time up to the wake; the end of it as often as not. Both clocks go on, or the wall clock
  /// goes back a little.
  private static func between(_ now: Now, _ wake: Wake, _ random: inout SplitMix64) -> Now {
    var most = Int64(7_200_000)
    for end in [wake.instant, wake.expiry].compactMap(\.self) {
      most = min(most, end.milliseconds - now.instant.milliseconds - 1)
    }
    if let wallMs = wake.wallMs { most = min(most, wallMs - now.wallMs - 1) }
    let span =
      Bool.random(using: &random) ? most : Int64.random(in: 0...max(0, most), using: &random)
    var back: Int64 = 0
    if Int.random(in: 0..<4, using: &random) == 0 {
      back = min(5000, now.wallMs + span - (wake.wallFloorMs ?? 0))
    }
    return Now(instant: now.instant + .milliseconds(span), wallMs: now.wallMs + span - back)
  }

  private static func policy(_ random: inout SplitMix64) -> Policy {
    func pick<Value>(_ values: [Value]) -> Value {
      values[Int.random(in: 0..<values.count, using: &random)]
    }
    var policy = Policy.acting
    policy.automation = pick([.automatic, .automatic, .approve, .observe])
    policy.failback = pick(FailbackMode.allCases)
    policy.failoverAfter = .seconds(pick([5, 30, 90]))
    policy.outsideConfirm = .milliseconds(pick([5000, 60_000, 33_333]))
    policy.failbackAfter = .seconds(pick([20, 100, 600]))
    policy.failbackPause = .seconds(pick([1, 30]))
    policy.minUp = .seconds(pick([0, 60, 300]))
    policy.cooldown = .seconds(pick([0, 60, 600]))
    policy.switchWindow = .seconds(pick([300, 3600]))
    policy.maxSwitches = pick([1, 2])
    policy.minVantages = pick([1, 2])
    policy.onContested = pick(OnContested.allCases)
    policy.onDataRisk = pick(OnDataRisk.allCases)
    policy.drift = pick(DriftPolicy.allCases)
    policy.driftAfter = .seconds(pick([10, 300]))
    policy.freshFor = .milliseconds(pick([15_000, 7777]))
    policy.votelessAfter = pick([nil, .seconds(5), .seconds(60)])
    return policy
  }

  private static func change(_ lab: inout Lab, _ beats: Beats, _ random: inout SplitMix64) {
    func pick<Value>(_ values: [Value]) -> Value {
      values[Int.random(in: 0..<values.count, using: &random)]
    }
    let region = pick(["a", "b", "c"])
    let agent = pick(["a1", "a2", "b1", "b2", "c1", "c2"])
    let wallMs = lab.clock.wallMs
    let until = wallMs + pick([1000, 20_000, 400_000])
    switch Int.random(in: 0..<13, using: &random) {
    case 0: lab.check(pick([region, agent]), is: pick([.bad, .good, .degraded, .unknown]))
    case 1: lab.reports(pick([region, agent]), arrive: Bool.random(using: &random))
    case 2: lab.fail(region)
    case 3: lab.recover(region)
    case 4: lab.see(region, pick(Vote.allCases), from: [pick(["coordinator", "a", "b", "c"])])
    case 5: lab.hosts[agent]?.deployingMs = pick([nil, 3000, 30_000])
    case 6: lab.hosts[agent]?.starved = Bool.random(using: &random)
    case 7: beats.lagMs[pick(["a b", "b a", "a c", "c b"])] = pick([100, 900, 5001])
    case 8:
      let pause = Pause(by: "ann", reason: nil, sinceMs: wallMs, untilMs: until)
      try? lab.machine.pause(pause, epoch: lab.machine.memory.epoch)
    case 9:
      let work = Maintenance(by: "bob", sinceMs: wallMs, untilMs: until)
      try? lab.machine.maintain(
        pick([region, agent]), work, stays: true, epoch: lab.machine.memory.epoch)
    case 10: _ = lab.machine.observe(addresses: [.ipv4: ["203.0.113.9"]], now: lab.clock)
    case 11: lab.machine.memory.active.map { lab.point(at: $0) }
    default: beats.writesUntil[region] = pick([nil, lab.now.milliseconds])
    }
  }
}
