import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// Which services are judged, and when: as soon as a step may come to something else, not before.
@Suite struct DueTests {
  @Test func whileAllSayTheSameNothingIsJudgedButWhatGrowsOld() {
    var world = StateWorld()
    #expect(world.bench.core?.assessment?.facts.source == .well)
    // Evidence counts for three seconds: so often it is looked whether it was renewed.
    let judged = (0..<60).map { _ in world.second() }.reduce(0, +)
    #expect((10...25).contains(judged), "\(judged) of 120 ticks")
  }

  @Test func whatIsChangedBetweenStepsIsJudgedWithTheNextTick() {
    var world = StateWorld()
    #expect(world.bench.core?.isDue(world.bench.now) == false)
    world.bench.read("203.0.113.9")
    #expect(world.bench.core?.isDue(world.bench.now) == true)
    world.second()
    #expect(world.bench.core?.assessment?.facts.at == .foreign)
  }

  @Test func aVoteThatTurnsIsJudgedAtOnce() throws {
    var world = StateWorld()
    world.bench.pass(.milliseconds(100))
    let quiet = world.wakeAt
    world.fail()
    world.report("us1", "us")
    let found = world.wakeAt
    let at = try #require(found)
    #expect(quiet.map { at < $0 } ?? true)
    #expect(at - world.bench.now.instant <= .milliseconds(50))
    world.bench.tell(.tick)
    #expect(world.bench.names.contains("judged"))
    #expect(world.bench.core?.assessment?.pictures["us"]?.inside.state == .failing)
    world.bench.pass(.milliseconds(10))
    world.report("us1", "us")
    let next = world.wakeAt
    #expect(next.map { $0 - world.bench.now.instant > .milliseconds(50) } ?? true, "no news")
  }

  /// A confirmation is over at its millisecond, whatever the pace of the ticks.
  @Test func aConfirmationThatRunsOutSaysWhen() throws {
    var world = StateWorld { $0.failoverAfter = .milliseconds(5_250) }
    world.fail()
    for _ in 0..<4 { world.second() }
    let memory = try #require(world.bench.core?.assessment?.memories["us"])
    let since = try #require(memory.downSince)
    #expect(world.bench.core?.assessment?.facts.source == .down)
    let found = world.wakeAt
    let wake = try #require(found)
    #expect(wake == since + .milliseconds(5_250))
    while world.bench.now.instant < wake - .seconds(1) { world.second() }
    world.report("us1", "us")
    world.report("eu1", "eu")
    world.probe()
    world.bench.now = Now(
      instant: wake - .milliseconds(1),
      wallMs: world.bench.now.wallMs + (wake - world.bench.now.instant).wholeMilliseconds - 1)
    world.bench.tell(.tick)
    #expect(world.bench.core?.assessment?.facts.source == .down)
    world.bench.pass(.milliseconds(1))
    world.bench.tell(.tick)
    #expect(world.bench.core?.assessment?.facts.source == .confirmed)
  }

  /// Whoever looks gets ages of now, and nothing is judged for it.
  @Test func whatIsLookedAtIsOfNow() throws {
    var world = StateWorld()
    world.bench.pass(.milliseconds(700))
    let core = try #require(world.bench.core)
    let (state, now) = (world.bench.state, world.bench.now)
    let looked = core.looked(state.evidence, state.doubts, now: now)
    #expect(looked.assessment?.now == now && core.assessment?.now != now)
    #expect(looked.machine == core.machine)
    let late = Now(instant: now.instant + .seconds(60), wallMs: now.wallMs + 60_000)
    #expect(
      core.looked(state.evidence, state.doubts, now: late).assessment?.now != late, "it is due")
  }

  /// Reports may open the gate of a return: all is calm once they bring nothing new to it.
  @Test func aGateThatStandsStillIsNoNews() {
    var bench = Bench()
    bench.settle()
    bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
    bench.read()
    for _ in 0..<3 { bench.step() }
    #expect(!bench.core.isCalm(bench.now, isGateStill: true), "regions are not heard")
    for region in Bench.topology.regions {
      bench.core.assessment?.pictures[region.id]?.judgement.verdict = .healthy
    }
    #expect(bench.core.isCalm(bench.now, isGateStill: false), "users are at home")
    bench.core.assessment?.gate = FailbackGate(conditions: [], lagBreach: true)
    #expect(!bench.core.isCalm(bench.now, isGateStill: false))
    #expect(bench.core.isCalm(bench.now, isGateStill: true))
  }

  /// With every tick judged it comes to the same.
  @Test func judgedAlwaysItComesToTheSame() {
    func play(_ world: inout StateWorld) {
      for _ in 0..<10 { world.second() }
      world.fail()
      for _ in 0..<90 { world.second() }
    }
    var (one, other) = (StateWorld(), StateWorld())
    other.bench.state.judgesAlways = true
    play(&one)
    play(&other)
    #expect(one.bench.core?.machine.memory.epoch == 5, "users are moved")
    #expect(one.bench.core?.machine == other.bench.core?.machine)
    #expect(one.bench.core?.incident?.stamps == other.bench.core?.incident?.stamps)
  }
}
