import Decision
import Seeded
import Testing
import Wire

/// RULES 4: no down verdict is confirmed sooner than `failover_after`, whatever it was before.
struct NeverSoonerTests {
  /// 5 minutes, all else default; the region is dead for 90 s, and its hosts say bad for a moment
  /// longer than users are not served.
  @Test(arguments: [1, 3, 20]) func aRegionThatIsBackIsNotLeft(contested: Int) {
    var policy = Policy.acting
    policy.failoverAfter = .seconds(300)
    var lab = Lab(["a", "b"], policy: policy)
    lab.settle()
    lab.fail("a")
    lab.run(90)
    lab.see("a", .serving, from: [Outside.coordinator, "b"])
    lab.run(contested)
    #expect(lab.picture("a").verdict == .contested)
    lab.recover("a")
    #expect(lab.secondsUntilIntent(limit: 600) == nil)
  }

  /// Whatever the numbers are.
  @Test(arguments: 1...20) func noLimitIsBelowIt(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<200 {
      var policy = Policy()
      policy.failoverAfter = .milliseconds(Int64.random(in: 1...86_400_000, using: &random))
      policy.outsideConfirm = .milliseconds(Int64.random(in: 1...86_400_000, using: &random))
      policy.minVantages = Int.random(in: 1...3, using: &random)
      for confirmation in Confirmation.allCases {
        let limit = policy.limit(confirmation, cooling: Bool.random(using: &random))
        #expect(limit >= policy.failoverAfter, "seed \(seed)")
      }
    }
  }

  /// What `contested` moves nobody for starts no clock that the next verdict goes on with.
  @Test func contestedThatMovesNobodyStartsNoClock() {
    var policy = Policy.acting
    policy.onContested = .alert
    var lab = Lab(policy: policy)
    lab.settle()
    lab.check("a", is: .bad)
    lab.run(600)
    lab.see("a", .bad, from: [Outside.coordinator, "b", "c"])
    #expect(lab.secondsUntilIntent(limit: 100) == 30)
    // The same where its hosts are well when users are not served any more.
    lab = Lab(policy: policy)
    lab.settle()
    lab.check("a", is: .bad)
    lab.run(600)
    lab.check("a", is: .good)
    lab.see("a", .bad, from: [Outside.coordinator, "b", "c"])
    #expect(lab.secondsUntilIntent(limit: 100) == 60)
  }

  /// Nobody is heard, and the last vantage that was served is not any more: it completed the
  /// unanimity that the verdict rests on.
  @Test func unanimityIsAsOldAsItsLastVote() {
    var lab = Lab()
    lab.settle()
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: [Outside.coordinator, "b"])
    lab.run(100)
    #expect(lab.picture("a").verdict == .unknown)
    lab.see("a", .bad, from: ["c"])
    #expect(lab.secondsUntilIntent(limit: 100) == 60)
  }

  /// A host that changes its mind, vantages that do, at any time, under any accepted policy: users
  /// are moved only where they were badly off for `failover_after` on end.
  @Test(arguments: 1...60) func anyHistory(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var policy = Policy.acting
    policy.failoverAfter = .seconds([5, 30, 60, 120, 300].randomElement(using: &random) ?? 30)
    policy.outsideConfirm = .seconds([5, 30, 60, 120].randomElement(using: &random) ?? 60)
    policy.onContested = Bool.random(using: &random) ? .move : .alert
    policy.minVantages = Int.random(in: 1...2, using: &random)
    var lab = Lab(["a", "b", "c"], hosts: 2, policy: policy)
    lab.settle()
    var downTicks = 0
    for _ in 0..<120 {
      Self.change(&lab, &random)
      for _ in 0..<Int.random(in: 1...60, using: &random) {
        let seen = lab.run()
        downTicks = Self.isBad(seen.pictures["a"], policy) ? downTicks + 1 : 0
        guard seen.intent == nil else {
          // The evidence is a second older than the tick that first sees it.
          #expect(downTicks + 1 >= Int(policy.failoverAfter.inSeconds), "seed \(seed)")
          return
        }
      }
    }
  }

  /// Whether some evidence speaks for leaving the region: what a verdict may count from.
  private static func isBad(_ picture: RegionPicture?, _ policy: Policy) -> Bool {
    guard let picture else { return false }
    let isServed = picture.outside.state == .serving
    return picture.outside.state == .bad
      || picture.inside.state == .failing && (policy.onContested == .move || !isServed)
  }

  private static func change(_ lab: inout Lab, _ random: inout SplitMix64) {
    let agent = Bool.random(using: &random) ? "a1" : "a2"
    let vote = Vote.allCases.randomElement(using: &random) ?? .none
    switch Int.random(in: 0..<6, using: &random) {
    case 0: lab.check(agent, is: Bool.random(using: &random) ? .bad : .good)
    case 1: lab.check("a", is: Bool.random(using: &random) ? .bad : .good)
    case 2: lab.reports("a", arrive: false)
    case 3:
      // What it saw while nobody heard it is another story: it was seen.
      for agent in ["a1", "a2"] { lab.hosts[agent]?.since = lab.now }
      lab.reports("a", arrive: true)
    case 4: lab.see("a", vote, from: [Outside.coordinator, "b", "c"])
    default:
      lab.see("a", vote, from: [["coordinator", "b", "c"].randomElement(using: &random) ?? "b"])
    }
  }
}
