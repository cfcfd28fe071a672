import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// Which services are judged, and when: as soon as a step may come to something else, not before.
@Suite struct DueTests {
  /// A world in which all is well, as two hosts and the coordinator's own probes tell it.
  private struct World {
    var bench: StateBench
    private var sequence: UInt64 = 0
    private var challenges: [AgentID: String] = [:]
    /// What hosts say of the app, and everyone of `us` from outside.
    var app = CheckState.good
    var seen = Vote.serving
    var badSince: Instant?

    init(policy: (inout Policy) -> Void = { _ in }) {
      bench = StateBench(Bench(policy: policy))
      for _ in 0..<60 { second() }
      bench.read("192.0.2.1")
      for _ in 0..<5 { second() }
    }

    mutating func report(_ agent: AgentID, _ region: RegionID) {
      sequence += 1
      var report = bench.report(
        agent, region, sequence: sequence, challenge: challenges[agent])
      let isBad = region == "us" && app == .bad
      let age = badSince.map { Int((bench.now.instant - $0).wholeMilliseconds) }
      report.checks = [
        CheckResult(
          name: "http app", kind: "http", state: isBad ? .bad : .good, ageMs: 0,
          badSinceMs: isBad ? age : nil, successes: 9, riseMs: isBad ? nil : 100)
      ]
      report.probes = ["us", "eu", "ap"].filter { $0 != region }.map { other in
        let vote = other == "us" ? seen : .serving
        return ProbeResult(
          service: "app", region: other, family: .ipv4, outcome: vote == .bad ? .dark : .serving,
          vote: vote, ageMs: 0, servingMs: vote == .bad ? age : 0,
          badSinceMs: vote == .bad ? age : nil, badMs: vote == .bad ? 0 : nil)
      }
      let challenge = "challenge-\(sequence)"
      challenges[agent] = challenge
      bench.tell(.report(report, from: agent, challenge: challenge))
    }

    mutating func probe() {
      var probes: [ProbeKey: OwnProbe] = [:]
      for region in ["us", "eu", "ap"] {
        let vote = region == "us" ? seen : .serving
        probes[ProbeKey(service: "app", region: region, family: .ipv4)] = OwnProbe(
          vote: vote, outcome: vote == .bad ? .dark : .serving, detail: "", at: bench.now.instant,
          servingStarted: vote == .bad ? badSince : bench.now.instant,
          badSince: vote == .bad ? badSince : nil,
          badNewest: vote == .bad ? bench.now.instant : nil)
      }
      bench.tell(.probes(probes, reachedAnything: true))
    }

    /// Everyone speaks, and two ticks pass; how often the service was judged.
    @discardableResult
    mutating func second() -> Int {
      report("us1", "us")
      report("eu1", "eu")
      probe()
      var judged = 0
      for _ in 0..<2 {
        bench.tell(.tick)
        judged += bench.names.count { $0 == "judged" }
        bench.pass(.milliseconds(500))
      }
      return judged
    }

    mutating func wakeAt() -> Instant? { bench.state.wakeAt }

    /// Users are not served in `us` any more, as everyone says.
    mutating func fail() {
      badSince = bench.now.instant
      app = .bad
      seen = .bad
    }
  }

  @Test func whileAllSayTheSameNothingIsJudgedButWhatGrowsOld() {
    var world = World()
    #expect(world.bench.core?.assessment?.facts.source == .well)
    // Evidence counts for three seconds: so often it is looked whether it was renewed.
    let judged = (0..<60).map { _ in world.second() }.reduce(0, +)
    #expect((10...25).contains(judged), "\(judged) of 120 ticks")
  }

  @Test func whatIsChangedBetweenStepsIsJudgedWithTheNextTick() {
    var world = World()
    #expect(world.bench.core?.isDue(world.bench.now) == false)
    world.bench.read("203.0.113.9")
    #expect(world.bench.core?.isDue(world.bench.now) == true)
    world.second()
    #expect(world.bench.core?.assessment?.facts.at == .foreign)
  }

  @Test func aVoteThatTurnsIsJudgedAtOnce() throws {
    var world = World()
    world.bench.pass(.milliseconds(100))
    let quiet = world.wakeAt()
    world.fail()
    world.report("us1", "us")
    let found = world.wakeAt()
    let at = try #require(found)
    #expect(quiet.map { at < $0 } ?? true)
    #expect(at - world.bench.now.instant <= .milliseconds(50))
    world.bench.tell(.tick)
    #expect(world.bench.names.contains("judged"))
    #expect(world.bench.core?.assessment?.pictures["us"]?.inside.state == .failing)
    world.bench.pass(.milliseconds(10))
    world.report("us1", "us")
    let next = world.wakeAt()
    #expect(next.map { $0 - world.bench.now.instant > .milliseconds(50) } ?? true, "no news")
  }

  /// A confirmation is over at its millisecond, whatever the pace of the ticks.
  @Test func aConfirmationThatRunsOutSaysWhen() throws {
    var world = World { $0.failoverAfter = .milliseconds(5_250) }
    world.fail()
    for _ in 0..<4 { world.second() }
    let memory = try #require(world.bench.core?.assessment?.memories["us"])
    let since = try #require(memory.downSince)
    #expect(world.bench.core?.assessment?.facts.source == .down)
    let found = world.wakeAt()
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
    var world = World()
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
    func play(_ world: inout World) {
      for _ in 0..<10 { world.second() }
      world.fail()
      for _ in 0..<90 { world.second() }
    }
    var (one, other) = (World(), World())
    other.bench.state.judgesAlways = true
    play(&one)
    play(&other)
    #expect(one.bench.core?.machine.memory.epoch == 5, "users are moved")
    #expect(one.bench.core?.machine == other.bench.core?.machine)
    #expect(one.bench.core?.incident?.stamps == other.bench.core?.incident?.stamps)
  }
}
