import Decision
import Seeded
import Testing

/// Most agents refused for time (RULES 6d).
struct TimeRefusalsTests {
  private static let far = Duration.seconds(61)
  private static let round = Duration.seconds(5)

  private static func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }

  private static func refusals(_ agents: [String], skew: Duration = far, at now: Int64 = 100)
    -> TimeRefusals
  {
    var refusals = TimeRefusals(window: .seconds(60))
    for agent in agents { refusals.refused(agent, skew: skew, now: at(now)) }
    return refusals
  }

  private static func most(
    _ refusals: inout TimeRefusals, of known: [String], round: Duration = round, at now: Int64
  ) -> Bool {
    refusals.areMost(of: known, round: round, now: at(now))
  }

  @Test(arguments: [
    (["a", "b"], ["a", "b"], true), (["a", "b"], ["a", "b", "c"], true),
    (["a", "b"], ["a", "b", "c", "d"], false), (["a"], ["a"], false), (["a", "a"], ["a"], false),
    ([], [], false), (["x", "y", "z"], ["a", "b", "c"], false),
  ])
  func overHalfAndTwoAtLeast(refused: [String], known: [String], most: Bool) {
    var refusals = Self.refusals(refused)
    #expect(Self.most(&refusals, of: known, at: 100) == most)
  }

  @Test func bothDirectionsOfAClock() {
    for (skew, most) in [
      (Self.far, true), (.zero - Self.far, true), (.seconds(60), false), (.seconds(-60), false),
      (.zero, false),
    ] {
      var refusals = Self.refusals(["a", "b"], skew: skew)
      #expect(Self.most(&refusals, of: ["a", "b"], at: 100) == most)
    }
  }

  @Test func endsByItself() {
    var refusals = Self.refusals(["a", "b"])
    #expect(Self.most(&refusals, of: ["a", "b"], at: 105))
    #expect(!Self.most(&refusals, of: ["a", "b"], at: 106))
    // What is forgotten does not come back.
    #expect(!Self.most(&refusals, of: ["a", "b"], round: .seconds(100), at: 106))
  }

  /// More refusals never make it fewer, and it never holds for half or less of those known.
  @Test(arguments: 1...20)
  func withAnyAgents(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    func draw(_ bound: Int) -> Int { random.below(bound) }
    let known = (0..<(1 + draw(9))).map { "agent-\($0)" }
    var refusals = TimeRefusals(window: .seconds(60))
    var refused: Set<String> = []
    var before = false
    for _ in 0..<20 {
      let agent = "agent-\(draw(12))"
      refusals.refused(agent, skew: Self.far, now: Self.at(100))
      if known.contains(agent) { refused.insert(agent) }
      let most = refusals.areMost(of: known, round: Self.round, now: Self.at(101))
      #expect(most == (refused.count >= 2 && refused.count * 2 > known.count), "seed \(seed)")
      #expect(most || !before, "seed \(seed)")
      before = most
    }
  }
}
