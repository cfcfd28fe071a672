import Simulator
import Testing

/// Leaving out what changes nothing changes nothing.
@Suite struct JumpTests {
  private func compare(_ schedule: Schedule, _ simulator: Simulator) async -> Played {
    let played = await simulator.play(schedule, pace: .both)
    #expect(played.violations.isEmpty, "\(played.story)")
    return played
  }

  @Test func jumpingIsSteppingOnDrawnSchedules() async throws {
    let simulator = try Simulator()
    var jumps = 0
    let drawer = ScheduleDrawer(
      weather: .rough, length: Int64(Effort.of(4, debug: 1)) * 3_600_000)
    for seed in 1...UInt64(Effort.of(200, debug: 2)) {
      let schedule = drawer.draw(900_000 + seed)
      jumps += await compare(schedule, simulator).figures.jumps
    }
    if Effort.isFull { #expect(jumps > 100) }
  }

  @Test func jumpingIsSteppingWithLossAndDeploys() async throws {
    let simulator = try Simulator()
    let drawer = ScheduleDrawer(
      weather: .deploys, length: Int64(Effort.of(2, debug: 1)) * 3_600_000)
    for seed in 1...UInt64(Effort.of(10, debug: 1)) {
      _ = await compare(drawer.draw(seed), simulator)
    }
  }

  @Test func quietTimeIsJumpedOver() async throws {
    let schedule = Schedule.plain(minutes: 60 * 24 * 30, faults: [])
    let played = try await playWell(schedule)
    #expect(played.figures.jumps > 0)
    #expect(played.figures.events < 200_000)
  }

  @Test func theSameSeedIsTheSameStory() async throws {
    let drawer = ScheduleDrawer(weather: .rough, length: 3_600_000)
    for seed in 1...UInt64(Effort.of(10, debug: 2)) {
      let one = try await Simulator().play(drawer.draw(seed), keepTrace: true)
      let other = try await Simulator().play(drawer.draw(seed), keepTrace: true)
      #expect(one.traceSum == other.traceSum, "seed \(seed)")
      #expect(one.trace == other.trace, "seed \(seed)")
      #expect(one.figures.events == other.figures.events, "seed \(seed)")
    }
  }
}
