import Decision
import Simulator
import Testing

/// The checkers find bugs that are planted on purpose, and nothing where none is.
@Suite struct PlantedTests {
  /// A schedule in which the bug must show, and what it breaks.
  private static func trap(_ bug: Perturbation) -> (schedule: Schedule, breaks: Set<Invariant>) {
    switch bug {
    case .writeBeforeCommit:
      // The store refuses, and the effect is out all the same.
      (
        .plain(
          minutes: 20,
          faults: [
            fault(.regionDown, .region(0), from: 2, minutes: 10),
            fault(.diskFull, from: 2.42, minutes: 5),
          ]), [.durable, .oneIntent]
      )
    case .noRevalidation:
      // The target dies between the intent and the first write, which a slow provider holds up.
      (
        .plain(
          minutes: 30,
          faults: [
            fault(.regionDown, .region(0), from: 2, minutes: 20),
            fault(.api5xx, from: 2, minutes: 4),
            fault(.regionDown, .region(1), from: 3.5, minutes: 15),
          ]), [.justified, .oneIntent]
      )
    case .oneVantage:
      // The coordinator alone does not see the first region.
      (
        .plain(minutes: 20, faults: [fault(.cut, .link(0, 1), from: 2, minutes: 12)]),
        [.silence, .justified]
      )
    case .noConfirmation:
      (
        .plain(
          minutes: 10,
          faults: [
            fault(.app500, .host(0, 0), from: 2, minutes: 0.4),
            fault(.app500, .host(0, 1), from: 2, minutes: 0.4),
          ]), [.justified]
      )
    case .noBudget:
      (
        .plain(
          minutes: 200, change: { $0.policy.maxSwitchesHard = 3 },
          faults: (0..<8).map {
            fault(.regionDown, .region($0 % 2), from: 5 + Double($0) * 22, minutes: 20)
          }), [.flapping]
      )
    case .noGate:
      (
        .plain(
          minutes: 40, change: { $0.policy.failback = .automatic },
          faults: [fault(.regionDown, .region(0), from: 2, minutes: 5)]), [.gated]
      )
    case .unknownIsBad:
      (
        .plain(
          minutes: 12,
          faults: (0..<2).map { fault(.resolverDown, .host(0, $0), from: 2, minutes: 6) }),
        [.silence]
      )
    case .allHosts:
      (
        .plain(minutes: 12, faults: [fault(.app500, .host(0, 0), from: 2, minutes: 6)]),
        [.silence]
      )
    }
  }

  @Test(arguments: Perturbation.allCases)
  func aPlantedBugIsFound(_ bug: Perturbation) async throws {
    let (schedule, breaks) = Self.trap(bug)
    let played = try await Simulator().play(schedule, perturbation: bug)
    let found = Set(played.violations.map(\.invariant))
    // A move that nothing justifies is also counted as such.
    let isFalse = !played.figures.falseMoves.isEmpty
    #expect(
      !found.isDisjoint(with: breaks) || (isFalse && bug == .noConfirmation),
      "\(bug): \(played.story)")
  }

  @Test(arguments: Perturbation.allCases)
  func withoutTheBugNothingIsFound(_ bug: Perturbation) async throws {
    let played = try await playWell(Self.trap(bug).schedule)
    #expect(played.figures.falseMoves.isEmpty)
  }

  @Test func aFailingScheduleIsMadeSmall() async throws {
    let simulator = try Simulator()
    var schedule = Self.trap(.oneVantage).schedule
    schedule = Schedule(
      seed: schedule.seed, setup: Setup.plain(regions: 4, hosts: 3), length: schedule.length,
      faults: schedule.faults + [
        fault(.agentDown, .host(2, 0), from: 1, minutes: 2),
        fault(.serverHeld, .nameServer(1), from: 3, minutes: 5),
        fault(.apiSlow, from: 3, minutes: 4, amount: 700),
      ])
    let played = await simulator.play(schedule, perturbation: .oneVantage)
    let violation = try #require(played.violations.first)
    let small = await Shrinker.shrink(
      schedule, violation, simulator: simulator, perturbation: .oneVantage,
      plays: Effort.of(120, debug: 40))
    #expect(small.schedule.faults.count == 1)
    #expect(small.schedule.faults.first?.kind == .cut)
    #expect(small.violation.invariant == violation.invariant)
    if Effort.isFull { #expect(small.schedule.setup.regions.count < 4) }
    let again = await simulator.play(
      try Schedule(text: small.schedule.text), perturbation: .oneVantage)
    #expect(again.violations.first?.invariant == violation.invariant)
  }
}
