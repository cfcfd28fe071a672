import Decision
import Testing
import Wire

/// The numbers under which rules are stored, shown and asked about: never reused, never renamed.
struct RuleTests {
  static let names: [Int: String] = [
    100: "steady", 110: "unsure", 120: "at-unknown", 121: "at-foreign", 122: "at-mixed",
    123: "late-echo", 124: "enforce-drift",
    200: "suspect", 210: "confirm-wait", 220: "refuted", 221: "doubtful",
    230: "blocked-by-conflict",
    231: "blocked-by-grace", 232: "blocked-by-doubt", 233: "blocked-by-observe",
    234: "blocked-by-budget", 235: "blocked-by-refusal",
    236: "blocked-by-free-budget", 237: "blocked-by-pause", 238: "blocked-by-maintenance",
    239: "blocked-by-zone",
    240: "no-target", 241: "recovered",
    250: "fail-over", 260: "await-approval",
    300: "write-pending", 301: "write-underway", 302: "resume-wait",
    310: "cancel-refuted", 311: "cancel-target-lost", 312: "cancel-gate-closed",
    313: "cancel-held", 314: "cancel-ordered",
    320: "point-of-no-return", 321: "finishing", 330: "supersede", 331: "target-dead-no-other",
    332: "supersede-awaits-approval",
    340: "write-refused", 350: "all-committed", 360: "overtaken", 400: "await-publication",
    410: "converged",
    420: "cooling-down", 421: "cooldown-over", 500: "failback-gate-closed", 510: "fail-back",
    511: "failback-awaits-approval",
    520: "operator-move",
  ]

  @Test func everyNumberHasItsName() {
    for rule in Rule.allCases { #expect(Self.names[rule.rawValue] == rule.name) }
    #expect(Rule.allCases.count == Self.names.count)
  }

  @Test func everyBlockNamesItsOwnRule() {
    #expect(Set(Block.allCases.map(\.rule)).count == Block.allCases.count)
  }

  /// RULES 15, 6: 30 s of grace, a round of 5 s.
  @Test func theDerivedNumbers() {
    let policy = Policy()
    #expect(policy.grace == .seconds(30))
    #expect(policy.round == .seconds(5))
  }

  /// Invariant 7: detection, the longest confirmation in a cool-down, a write, publication.
  @Test func theBound() {
    let parts = Policy().bound
    #expect(parts.map(\.seconds) == [20, 120, 22, 180])
  }

  /// The bound is none: with the slowest writes and publication that it allows for, the story of
  /// the slowest confirmation still ends within it.
  @Test func theSlowestStoryEndsWithinTheBound() throws {
    let limit = Int64(Policy().bound.map(\.seconds).reduce(0, +))
    let world = World(
      topology: StorySetup().topology, policy: .acting, active: "us-east")
    world.dns.writeTakes = .seconds(20)
    world.dns.publishTakes = .seconds(175)
    world.pass(.seconds(60))
    try StoryCommands.perform("us-east loses power", in: world)
    world.pass(.seconds(limit))
    #expect(world.coordinator.machine.memory.active == "us-west")
    // In the cool-down, by evidence that needs the longest confirmation.
    try StoryCommands.perform("users cannot reach us-west", in: world)
    world.pass(.seconds(limit))
    #expect(world.dns.zone == world.topology.region("eu-central")?.addresses)
    #expect(world.coordinator.machine.memory.phase == .cooling)
    #expect(world.coordinator.machine.memory.intent == nil)
  }
}
