import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// A coordinator of several services: what comes to one and not to another, and what a reload adds,
/// changes and takes away.
@Suite struct SeveralServicesTests {
  /// Another service, of hosts of its own regions.
  private static func shop(policy edit: (inout Policy) -> Void = { _ in }) -> ServiceCore {
    var topology = Bench.topology
    topology.service = "shop"
    topology.name = "shop.example.org"
    return Bench(topology: topology, policy: edit).core
  }

  private static func rules(_ core: ServiceCore) -> ServiceRules {
    ServiceRules(
      topology: core.machine.topology, policy: core.machine.policy, names: core.names,
      pace: core.pace, upkeep: core.rules)
  }

  private static func change(
    _ bench: StateBench, _ services: [ServiceCore], added: [ServiceCore] = [],
    policies: [Policy]? = nil
  ) -> CoreEvent {
    var rules = bench.state.rules
    rules.shared =
      StateRules(
        policies: policies ?? services.map(\.machine.policy), tick: rules.tick,
        window: rules.window, journalEvery: nil, journalRetry: rules.journalRetry, agents: [:],
        writers: [:]
      ).shared
    return .reconfigure(
      StateChange(
        rules: rules, services: services.map(Self.rules), added: added, otherProbes: []))
  }

  private static func probe(_ bench: StateBench, _ vote: Vote, status: Int? = nil) -> OwnProbe {
    OwnProbe(
      vote: vote, outcome: vote == .serving ? .serving : .none, detail: "", at: bench.now.instant,
      servingStarted: vote == .serving ? bench.now.instant : nil, badSince: nil, status: status)
  }

  private static let key = ProbeKey(service: "app", region: "us", family: .ipv4)

  // MARK: A reload

  /// A new one is judged with the next tick; one that is there already stays as it is.
  @Test func aServiceThatIsAddedIsJudged() throws {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.read("192.0.2.1")
    let app = try #require(bench.core)
    let shop = Self.shop()
    bench.tell(Self.change(bench, [app, shop], added: [shop, Bench().core]))
    #expect(bench.state.names == ["app", "shop"] && bench.core?.reading == app.reading)
    bench.tell(.tick)
    #expect(bench.state["shop"]?.assessment != nil)
    let news = bench.report("eu1", "eu")
    guard case .directive(let directive) = bench.tell(.report(news, from: "eu1", challenge: "c"))
    else {
      Issue.record("\(bench.names)")
      return
    }
    #expect(directive.services.map(\.service) == ["app", "shop"])
  }

  /// Other bounds of freshness: nothing may rest on a view that nothing has doubted by them.
  @Test func otherTimesAreDoubtedAtOnce() throws {
    var bench = StateBench(Bench())
    bench.tell(.report(bench.report(), from: "us1", challenge: "c"))
    bench.tell(.tick)
    #expect(bench.state.doubts.current.isEmpty)
    let app = try #require(bench.core)
    bench.pass(.seconds(2))
    bench.tell(Self.change(bench, [app]))
    #expect(bench.state.doubts.current.isEmpty, "nothing is bounded otherwise")
    var policy = app.machine.policy
    policy.freshFor = .seconds(1)
    bench.tell(Self.change(bench, [app], policies: [policy]))
    #expect(bench.state.doubts.current == [.hearsNothing], "two seconds are too old now")
  }

  /// Then there is no journal to try, and nothing to judge.
  @Test func withoutAnyServiceNothingIsStored() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.tell(Self.change(bench, []))
    bench.pass(.seconds(31))
    bench.tell(.tick)
    #expect(bench.state.names.isEmpty && !bench.names.contains("store"))
  }

  @Test func aRegionThatIsTakenOutIsNotToldOf() throws {
    var bench = Bench()
    bench.core.shownVerdicts = ["us": .healthy, "ap": .failing]
    var topology = Bench.topology
    topology.regions.removeLast()
    var rules = Self.rules(bench.core)
    rules.topology = topology
    bench.core.reconfigure(rules, now: bench.now)
    #expect(bench.core.shownVerdicts == ["us": .healthy])
    #expect(bench.core.takeDirectives() == [.forgetCaches])
  }

  // MARK: Evidence

  @Test func aProbeOfAServiceThatIsGoneIsNobodysNews() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.tell(.tick)
    let before = bench.state.wakeAt
    let gone = ProbeKey(service: "gone", region: "us", family: .ipv4)
    bench.tell(.probes([gone: Self.probe(bench, .serving)], reachedAnything: true))
    #expect(bench.state.wakeAt == before && bench.core?.isDue(bench.now) == false)
    bench.tell(.probes([Self.key: Self.probe(bench, .serving)], reachedAnything: true))
    #expect(bench.core?.isDue(bench.now) == true)
  }

  /// A probe that says the same as before is of no interest where users are well; they are not
  /// known to be where no region is known to be active.
  @Test func whileNoRegionIsKnownEveryProbeIsOfInterest() {
    for active in ["us", nil] {
      var bench = StateBench(Bench { $0.active = active })
      bench.tell(.probes([Self.key: Self.probe(bench, .serving)], reachedAnything: true))
      bench.tell(.tick)
      bench.tell(.tick)
      bench.state["app"]?.assessment?.pictures["us"]?.judgement.verdict = .healthy
      #expect(bench.core?.isDue(bench.now) == false)
      bench.tell(.probes([Self.key: Self.probe(bench, .serving)], reachedAnything: true))
      #expect(bench.core?.isDue(bench.now) == (active == nil), "\(active ?? "nowhere")")
    }
  }

  /// What a report says is compared by each service's own policy.
  @Test func eachServiceMindsAReportByItsOwnTimes() {
    var bench = StateBench(Bench())
    bench.state = CoordinatorState(
      rules: bench.state.rules,
      services: [Bench().core, Self.shop { $0.freshFor = .seconds(30) }], now: bench.now)
    bench.pass(.seconds(10))
    var report = bench.report()
    func check(ageMs: Int) {
      report.checks = [
        CheckResult(
          name: "http app", kind: "http", state: .good, ageMs: ageMs, successes: 9, riseMs: ageMs)
      ]
    }
    check(ageMs: 0)
    bench.tell(.report(report, from: "us1", challenge: "c"))
    bench.tell(.tick)
    bench.tell(.tick)
    for name in ["app", "shop"] {
      bench.state[name]?.assessment?.pictures["us"]?.judgement.verdict = .healthy
    }
    // The same check, four seconds old: it does not count any more for one of them.
    report.sequence = 2
    report.challenge = "c"
    check(ageMs: 4_000)
    bench.tell(.report(report, from: "us1", challenge: "d"))
    let due = bench.state.cores.filter { $0.isDue(bench.now) }.map(\.name)
    #expect(due == ["app"])
  }

  /// Everyone who is configured, and every address that is asked.
  @Test func hearsAllOnlyWhereEveryoneIsHeard() {
    var bench = StateBench(Bench())
    func hearsAll() -> Bool { bench.state.hearsAll(bench.now) }
    #expect(!hearsAll(), "no probe was made")
    // An address that says nothing is heard as well.
    bench.tell(.probes([Self.key: Self.probe(bench, .none, status: 404)], reachedAnything: true))
    bench.tell(.report(bench.report(), from: "us1", challenge: "c"))
    #expect(!hearsAll(), "eu1 was not heard")
    bench.tell(.report(bench.report("eu1", "eu"), from: "eu1", challenge: "c"))
    #expect(hearsAll())
    bench.pass(.seconds(4))
    #expect(!hearsAll())
  }

  // MARK: Times

  /// Before the first tick it is the first deadline of all.
  @Test func theFirstDeadlineIsKnownWithoutATick() throws {
    var bench = StateBench(Bench())
    #expect(bench.state.cores.next(after: nil) == nil, "nothing was judged")
    bench.tell(.tick)
    bench.tell(.tick)
    let first = try #require(bench.core?.wake?.instant, "the grace ends")
    #expect(bench.state.cores.next(after: nil) == first)
    #expect(bench.state.cores.next(after: first) == nil)
  }

  /// Its end may have come while caches were watched.
  @Test func cachesOfTheMoveThatEndedAreKeptWithIt() {
    var bench = StateBench(Bench())
    bench.state["app"]?.lastIncident = Bench(phase: .verifying).core.incident
    bench.tell(.caches("app", incident: 7, clearMs: 5))
    #expect(bench.core?.lastIncident?.cachesClearMs == 5)
    bench.tell(.caches("app", incident: 6, clearMs: 9))
    #expect(bench.core?.lastIncident?.cachesClearMs == 5, "of another one")
  }
}
