import Decision
import Simulator
import Testing
import Wire

/// Single faults with known ends: the world behaves as the real one, and so does the coordinator.
@Suite struct StoryTests {
  @Test func theOutageOf20October2025() async throws {
    let setup = Setup.plain(regions: 3, hosts: 2)
    let played = try await playWell(Story.dynamodb20251020.schedule(setup, seed: 1))
    #expect(played.moves(.failover) == 1)
    let move = try #require(played.figures.recoveries.first)
    #expect(move.from == "region-1")
    #expect(move.parts.total < 200)
    #expect(played.figures.falseMoves.isEmpty)
  }

  @Test func aDeadRegionIsLeftOnce() async throws {
    let played = try await playWell(
      .plain(minutes: 40, faults: [fault(.regionDown, .region(0), from: 3, minutes: 10)]))
    #expect(played.moves(.failover) == 1)
    let move = try #require(played.figures.recoveries.first)
    #expect(move.downtimeSeconds > 20 && move.downtimeSeconds < 200, "\(move)")
  }

  @Test func silenceWithServiceMovesNothing() async throws {
    let played = try await playWell(
      .plain(
        minutes: 30, faults: (0..<2).map { fault(.agentDown, .host(0, $0), from: 3, minutes: 10) }))
    #expect(played.moves(.failover) == 0)
  }

  @Test func aCoordinatorWithoutNetworkMovesNothing() async throws {
    let played = try await playWell(
      .plain(minutes: 40, faults: (1...3).map { fault(.cut, .link(0, $0), from: 3, minutes: 15) }))
    #expect(played.moves(.failover) == 0)
  }

  /// A host without time for its agent says so, also when the agent starts in the middle of it.
  @Test func aStarvedHostThatRestartsMovesNothing() async throws {
    let played = try await playWell(
      .plain(
        minutes: 20, hosts: 1,
        faults: [
          fault(.agentStarved, .host(0, 0), from: 2, minutes: 14),
          fault(.agentDown, .host(0, 0), from: 4, minutes: 0.4),
        ]))
    #expect(played.figures.falseMoves.isEmpty, "\(played.story)")
    #expect(played.moves(.failover) == 0, "\(played.story)")
  }

  @Test func heavyLossMovesNothing() async throws {
    var faults: [Fault] = []
    for from in 0...3 {
      for to in 0...3 where from != to {
        faults.append(fault(.loss, .link(from, to), from: 3, minutes: 10, amount: 30))
        faults.append(fault(.delay, .link(from, to), from: 3, minutes: 10, amount: 300))
      }
    }
    let played = try await playWell(.plain(minutes: 30, faults: faults))
    #expect(played.moves(.failover) == 0)
    #expect(played.figures.reportsLost > 0)
  }

  @Test(arguments: 0...8)
  func aCrashAtAnyStepOfAMoveIsSurvived(_ point: Int) async throws {
    let played = try await playWell(
      .plain(
        minutes: 40,
        faults: [
          fault(.regionDown, .region(0), from: 3, minutes: 20),
          fault(.coordinatorCrash, from: 3, minutes: 20, amount: Int64(point)),
        ]))
    #expect(played.figures.crashes == 1, "\(played.story)")
    #expect(played.moves(.failover) >= 1, "\(played.story)")
  }

  @Test(arguments: [
    FaultKind.api5xx, .apiTimeout, .apiAppliedThenTimeout, .apiSlow, .apiStale, .apiEmpty,
    .apiUnauthorized, .apiThrottled, .apiMaintenance,
  ])
  func aProviderInTroubleIsSurvived(_ kind: FaultKind) async throws {
    let played = try await playWell(
      .plain(
        minutes: 40,
        faults: [
          fault(.regionDown, .region(0), from: 3, minutes: 20),
          fault(kind, from: 2, minutes: 6, amount: 5000),
        ]))
    #expect(played.moves(.failover) >= 1, "\(played.story)")
    #expect(played.figures.outcomes[.converged] ?? 0 >= 1, "\(played.story)")
  }

  @Test func theSecondRegionDiesFourMinutesLater() async throws {
    let played = try await playWell(
      .plain(
        minutes: 60,
        faults: [
          fault(.regionDown, .region(0), from: 3, minutes: 30),
          fault(.regionDown, .region(1), from: 7, minutes: 26),
        ]))
    #expect(played.moves(.failover) == 2, "\(played.story)")
  }

  @Test func replayedAndDamagedReportsCountForNothing() async throws {
    let kinds: [FaultKind] = [.reportsReplayed, .reportsDuplicated, .reportsCorrupted]
    let played = try await playWell(
      .plain(
        minutes: 30,
        faults: kinds.flatMap { kind in
          (0..<3).map { fault(kind, .region($0), from: 2, minutes: 10, amount: 40) }
        }))
    #expect(played.moves(.failover) == 0)
    #expect(played.figures.refused["replayed"] ?? 0 > 0)
    #expect(played.figures.refused["bad_signature"] ?? 0 > 0)
  }

  @Test func aHumanAtTheZoneWins() async throws {
    let played = try await playWell(
      .plain(
        minutes: 40,
        faults: [
          fault(.zoneForeign, .service(0), from: 3, minutes: 5),
          fault(.zoneMoved, .region(1), from: 15, minutes: 0),
        ]))
    #expect(played.moves(.failover) == 0, "\(played.story)")
  }

  @Test func dailyDeploysWithLossMoveNothing() async throws {
    let drawer = ScheduleDrawer(weather: .deploys, length: 24 * 3_600_000)
    for seed in 1...UInt64(Effort.of(5, debug: 1)) {
      var schedule = drawer.draw(seed)
      if !Effort.isFull { schedule.length = 3_600_000 }
      let played = try await playWell(schedule)
      #expect(played.figures.falseMoves.isEmpty, "seed \(seed)")
      #expect(played.moves(.failover) == 0, "seed \(seed)")
    }
  }

  @Test func drawnSchedulesBreakNothing() async throws {
    let plan = CampaignPlan(
      firstSeed: 50_000, seeds: Effort.of(300, debug: 4), threads: 2,
      drawer: ScheduleDrawer(weather: .rough, length: Int64(Effort.of(12, debug: 1)) * 3_600_000))
    let result = try await Campaign.run(plan)
    let texts = result.violations.map(\.description)
    #expect(result.violations.isEmpty, "\(texts.joined(separator: "\n"))")
    #expect(result.seeds == plan.seeds)
  }
}
