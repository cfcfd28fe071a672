import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What the state tells of what it reads, whom it believes, and what it judges when.
@Suite struct StateNoticeTests {
  private static func reading(
    _ bench: inout StateBench, _ found: Result<[ProviderRecord], ProviderError>
  ) {
    guard let core = bench.core else { return }
    bench.tell(
      .reading(
        ServiceReading(
          service: "app", generation: core.generation, began: bench.now.instant, found: found,
          lines: nil)))
  }

  private static func failure(_ kind: ProviderError.Kind) -> ProviderError {
    ProviderError(kind, .transient, description: "\(kind)")
  }

  // MARK: Readings

  @Test func whereDNSPointsIsShownWhileNothingIsInFlight() {
    func shown(_ bench: StateBench) -> [Bool] {
      bench.outputs.compactMap {
        if case .shown(_, _, let isStrange) = $0 { isStrange } else { nil }
      }
    }
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.read("192.0.2.1")
    #expect(shown(bench) == [false])
    for _ in 0..<2 { bench.read("203.0.113.9") }
    #expect(shown(bench) == [true], "that is no region's")
    var moving = StateBench(Bench(phase: .verifying))
    moving.tell(.tick)
    moving.read("192.0.2.2")
    #expect(shown(moving).isEmpty)
  }

  /// A reading that was not made for lack of calls says nothing while the one before counts.
  @Test func whyTheRecordsCannotBeReadIsToldOnce() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.read("192.0.2.1")
    Self.reading(&bench, .failure(Self.failure(.throttled)))
    #expect(bench.core?.readTrouble == nil && !bench.names.contains("log"))
    Self.reading(&bench, .failure(Self.failure(.unreachable)))
    #expect(bench.core?.readTrouble == "unreachable" && bench.names.contains("log"))
    Self.reading(&bench, .failure(Self.failure(.unreachable)))
    #expect(!bench.names.contains("log"), "it is known")
    bench.pass(.seconds(61))
    Self.reading(&bench, .failure(Self.failure(.throttled)))
    #expect(bench.core?.readTrouble == "throttled", "nothing counts any more")
  }

  /// That a record is gone is in the history; that the provider does not answer is not.
  @Test func aRecordThatIsGoneIsKept() {
    for (kind, name) in [(ProviderError.Kind.noRecord, "record record-unread"), (.garbled, "log")] {
      var bench = StateBench(Bench())
      bench.tell(.tick)
      Self.reading(&bench, .failure(Self.failure(kind)))
      #expect(bench.names.filter { $0 != "shown" } == [name])
    }
  }

  // MARK: Reports

  private static func directive(_ answer: CoreAnswer?) -> Directive? {
    if case .directive(let found) = answer { found } else { nil }
  }

  /// An old one that comes late, or is shown again: nothing of it counts, and nothing helps it.
  @Test func anOldReportIsRefusedForGood() {
    var bench = StateBench(Bench())
    bench.tell(.report(bench.report(sequence: 5), from: "us1", challenge: "c5"))
    bench.tell(.tick)
    bench.tell(.tick)
    let old = bench.report(sequence: 5)
    let refused = StateBench.problem(bench.tell(.report(old, from: "us1", challenge: "c4")))
    #expect(refused?.problem.code == "replayed" && refused?.problem.challenge == nil)
    #expect(refused?.showsTwin == false && bench.core?.isDue(bench.now) == false)
  }

  @Test func onlyAMemberOfAGroupWritesHeartbeats() {
    var bench = StateBench(Bench())
    for (agent, region, writes) in [("us1", "us", true), ("eu1", "eu", false)] {
      let report = bench.report(agent, region)
      let answer = Self.directive(bench.tell(.report(report, from: agent, challenge: agent)))
      #expect(answer?.heartbeatWriter == writes, "\(agent)")
    }
  }

  /// A summary's wall clock may be off by the window, and by no more.
  @Test func aSummaryMayBeOffByTheWindow() {
    var bench = StateBench(Bench())
    bench.tell(.report(bench.report("eu1", "eu"), from: "eu1", challenge: "c"))
    bench.tell(
      .report(bench.report("eu1", "eu", sequence: 2, challenge: "c"), from: "eu1", challenge: "d"))
    for (offMs, counts) in [(60_001, false), (60_000, true)] as [(Int64, Bool)] {
      let summary = HealthSummary(
        agent: "us1", region: "us", boot: "b", sequence: 1, wallMs: bench.now.wallMs - offMs,
        checks: [])
      let relayed = RelayedHealth(summary, by: "eu1", region: "eu", ageMs: 0)
      guard case .summary(let signed) = bench.tell(.summary(relayed)) else {
        Issue.record("\(bench.names)")
        return
      }
      #expect((signed != nil) == counts, "\(offMs)")
    }
  }

  // MARK: Orders

  /// An order proves nothing but what it adopts.
  @Test func aPauseWritesNoMarker() {
    for kind in [OrderKind.pause, .resume] {
      var bench = StateBench(Bench())
      bench.state["app"]?.upkeep.proveFrom = bench.now.instant + .seconds(3600)
      bench.run(seconds: 100, reading: "192.0.2.1")
      bench.state["app"]?.upkeep.proveFrom = nil
      if kind == .resume {
        bench.state["app"]?.machine.memory.pause = Pause(
          by: "kim", reason: nil, sinceMs: 0, untilMs: nil)
      }
      bench.tell(.order("app", kind, OrderRequest(epoch: 4, operatorName: "kim")))
      #expect(bench.names.last == "answer" && bench.core?.isWriting == false, "\(bench.names)")
    }
  }

  /// Whatever else is open: who asked is told that it was not begun.
  @Test func aMoveThatIsNotStoredIsNotAnsweredByAnotherOne() {
    var bench = StateBench(Bench())
    bench.run(seconds: 70, reading: "192.0.2.1")
    bench.state["app"]?.incident = Bench(phase: .switching).core.incident
    bench.state.answerMove("app", "full")
    guard case .answer(let answer) = bench.state.next() else {
      Issue.record("it is answered")
      return
    }
    #expect(StateBench.refusal(answer) == "cannot_store")
  }

  @Test func anEndingProcessTriesNoJournal() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.tell(.ending)
    bench.pass(.seconds(31))
    bench.tell(.tick)
    #expect(!bench.names.contains("store"))
  }

  // MARK: What is judged when

  private static let key = ProbeKey(service: "app", region: "us", family: .ipv4)

  private static func probe(_ bench: StateBench, _ vote: Vote) -> CoreEvent {
    let probe = OwnProbe(
      vote: vote, outcome: vote == .bad ? .dark : .serving, detail: "", at: bench.now.instant,
      servingStarted: bench.now.instant, badSince: nil)
    return .probes([key: probe], reachedAnything: vote != .bad)
  }

  /// A coordinator that reaches nothing does not know whether it is its own road.
  @Test func aRoundThatReachesNothingIsVoid() {
    var bench = StateBench(Bench())
    bench.tell(Self.probe(bench, .bad))
    #expect(bench.state.evidence.ownVoteVoid)
    for _ in 0..<2 { bench.tell(.tick) }
    bench.tell(.probes([:], reachedAnything: true))
    #expect(!bench.state.evidence.ownVoteVoid && bench.core?.isDue(bench.now) == true)
    for _ in 0..<2 { bench.tell(.tick) }
    bench.tell(.probes([:], reachedAnything: true))
    #expect(bench.core?.isDue(bench.now) == false, "as before")
  }

  @Test func anOwnVoteThatTurnsIsJudgedAtOnce() {
    var bench = StateBench(Bench())
    func isUrgent(_ vote: Vote) -> Bool {
      bench.tell(Self.probe(bench, vote))
      let soon = bench.state.wakeAt.map { $0 - bench.now.instant <= .milliseconds(50) }
      bench.tell(.tick)
      bench.pass(.milliseconds(200))
      return soon == true
    }
    #expect([Vote.serving, .serving, .bad, .bad].map(isUrgent) == [true, false, true, false])
  }

  /// While users are not served, each report may complete something.
  @Test func whileUsersAreNotServedEveryReportIsOfInterest() {
    for isServed in [true, false] {
      var world = StateWorld()
      if !isServed { world.fail() }
      world.seconds(3)
      for _ in 0..<3 { world.tell(.tick) }
      #expect(world.bench.core?.isDue(world.bench.now) == false)
      world.report("eu1", "eu")
      #expect(world.bench.core?.isDue(world.bench.now) == !isServed)
    }
  }

  /// Where all is well, reports are of interest for what they say otherwise alone; where one thing
  /// is not, each may complete something.
  @Test func onlyWhereAllIsWellReportsAreNotWaitedFor() throws {
    var world = StateWorld()
    world.arriving = .max
    world.seconds(20)
    var well = try #require(world.bench.core?.assessment)
    #expect(!well.replication.isEmpty)
    well.gate = nil
    well.pictures = well.pictures.filter(\.value.verdict.isUp)
    for pair in well.replication.keys { well.replication[pair]?.state = .flowing }
    #expect(well.isAllWell && well.active == "us")
    let pair = try #require(well.replication.keys.first)
    for state in Replication.State.allCases where state != .flowing {
      var other = well
      other.replication[pair]?.state = state
      #expect(!other.isAllWell, "\(state)")
    }
    var lost = well
    lost.active = nil
    #expect(!lost.isAllWell)
    lost.active = "mars"
    #expect(!lost.isAllWell)
  }

  /// Writes that arrive again end what was told of them, with the report that says so.
  @Test func replicationThatFlowsAgainIsJudgedAtOnce() {
    var world = StateWorld()
    world.arriving = .max
    world.seconds(20)
    world.arriving = 85
    world.seconds(20)
    for isBack in [false, true] {
      for _ in 0..<3 { world.tell(.tick) }
      if isBack { world.arriving = .max }
      world.report("eu1", "eu")
      #expect(world.bench.core?.isDue(world.bench.now) == isBack)
    }
  }

  /// A writer that stands still is no fault of replication; what it writes then and does not arrive
  /// is, by the writer's own report.
  @Test func aWriterThatGoesOnIsOfInterest() {
    var world = StateWorld()
    world.arriving = .max
    world.seconds(20)
    world.writing = 85
    world.seconds(20)
    let pair = RegionPair(source: "us", target: "eu")
    #expect(world.bench.core?.assessment?.replication[pair]?.state == .unwritten)
    for isBack in [false, true] {
      for _ in 0..<3 { world.tell(.tick) }
      if isBack { (world.arriving, world.writing) = (85, .max) }
      world.report("us1", "us")
      #expect(world.bench.core?.isDue(world.bench.now) == isBack)
    }
    world.tell(.tick)
    #expect(world.bench.core?.assessment?.replication[pair]?.state == .late)
  }

  // MARK: Many services

  /// What was judged may be forgotten on the way: it is due then.
  @Test func whatIsForgottenBesideIsDue() {
    var bench = StateBench(Bench())
    for _ in 0..<3 { bench.tell(.tick) }
    var cores = bench.state.cores
    #expect(cores.due(bench.now, always: false).isEmpty)
    cores.beside(0) { _ in }
    #expect(cores.due(bench.now, always: false).isEmpty)
    cores.beside(0) { $0.forgetJudged() }
    #expect(cores.due(bench.now, always: false) == [0])
  }

  /// However often each is judged.
  @Test func eachHasOneDeadline() {
    var world = StateWorld()
    world.fail()
    let counts = (0..<20).map { _ in
      world.second()
      return world.bench.state.cores.deadlineCount
    }
    #expect(counts.max() == 1)
  }

  // MARK: A reload

  @Test func aMoveInFlightKeepsItsRegions() throws {
    let bench = StateBench(Bench(phase: .switching))
    let core = try #require(bench.core)
    var topology = core.machine.topology
    topology.regions[2].addresses[.ipv4] = "192.0.2.33"
    let rules = ServiceRules(
      topology: topology, policy: core.machine.policy, names: core.names, pace: core.pace,
      upkeep: core.rules)
    #expect(bench.state.hindrances([rules]).count == 1)
  }

  /// Doubts have their time: a reload that changes none of it ends none.
  @Test func aReloadEndsNoDoubt() throws {
    var bench = StateBench(Bench())
    bench.tell(.report(bench.report(), from: "us1", challenge: "c"))
    bench.tell(.tick)
    bench.pass(.seconds(60))
    bench.tell(.tick)
    #expect(bench.state.doubts.current.contains(.wokeLate))
    let core = try #require(bench.core)
    let rules = ServiceRules(
      topology: core.machine.topology, policy: core.machine.policy, names: core.names,
      pace: core.pace, upkeep: core.rules)
    bench.tell(
      .reconfigure(
        StateChange(rules: bench.state.rules, services: [rules], added: [], otherProbes: [])))
    #expect(bench.state.doubts.current.contains(.wokeLate))
  }
}
