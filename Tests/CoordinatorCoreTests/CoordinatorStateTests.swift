import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// What the state gives out, in which order, and what does not count without the journal.
@Suite struct CoordinatorStateTests {
  private static func agree(_ answer: CoreAnswer?) -> Directive? {
    if case .directive(let found) = answer { found } else { nil }
  }

  // MARK: The contract

  @Test func nothingOfAStepComesOutBeforeItIsStored() {
    var bench = StateBench(Bench())
    bench.state.handle(.tick, now: bench.now)
    guard case .store(let request) = bench.state.next() else {
      Issue.record("the first step tells its rule")
      return
    }
    #expect(request.step != nil && request.commit.events.count == 1)
    #expect(bench.core?.assessment == nil, "it does not count yet")
    bench.state.stored(incident: nil, now: bench.now)
    guard case .judged(let judged) = bench.state.next(), case .log = bench.state.next() else {
      Issue.record("then it counts, and its line is logged")
      return
    }
    #expect(judged.step.now == bench.now && bench.state.next() == nil)
    #expect(bench.core?.assessment != nil && bench.state.canStore)
  }

  @Test func whatIsNotStoredDidNotHappen() {
    var bench = StateBench(Bench())
    bench.isFull = true
    bench.tell(.tick)
    #expect(bench.names == ["store"] && bench.core?.assessment == nil && !bench.state.canStore)
    bench.isFull = false
    bench.tell(.tick)
    #expect(bench.names == ["store", "judged", "log"] && bench.state.canStore)
  }

  @Test func aStepThatChangesNothingIsNotStored() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.tell(.tick)
    #expect(bench.names == ["judged"])
    bench.tell(.tick)
    #expect(bench.names.isEmpty, "nothing is due")
  }

  /// What is written goes on question by question; each answer counts once, and only the newest.
  @Test func anAnswerCountsOnceAndOnlyToTheNewestQuestion() throws {
    var bench = StateBench(Bench())
    bench.run(seconds: 200, reading: "192.0.2.1")
    let number = try #require(bench.state.calls["app"], "the marker is proven")
    let first = WriteCall(service: "app", number: number, isRoutine: false)
    #expect(bench.state.awaits(first))
    var late = first
    late.number -= 1
    bench.tell(.reply(late, .records(.success([]))))
    #expect(bench.outputs.isEmpty && bench.state.awaits(first))
    bench.tell(.reply(first, .records(.failure(.init(.unreachable, .transient, description: "x")))))
    #expect(!bench.state.awaits(first))
    bench.tell(.reply(first, .records(.success([]))))
    #expect(bench.outputs.isEmpty, "it was answered")
  }

  @Test func anEndingProcessBeginsNothing() {
    var bench = StateBench(Bench(phase: .switching))
    bench.run(seconds: 30, reading: "192.0.2.1")
    bench.tell(.ending)
    bench.run(seconds: 200, reading: "192.0.2.1")
    #expect(bench.state.calls.isEmpty && bench.core?.isMoving == false)
    let move = MoveRequest(to: "eu", epoch: 4, operatorName: "kim")
    #expect(StateBench.refusal(bench.tell(.move("app", move, isFailback: false))) != nil)
  }

  // MARK: Orders

  @Test func anOrderHoldsOnceItIsStored() {
    var bench = StateBench(Bench())
    let order = OrderRequest(epoch: 4, operatorName: "kim")
    #expect(StateBench.refusal(bench.tell(.order("app", .pause, order))) == "starting")
    #expect(StateBench.refusal(bench.tell(.order("none", .pause, order))) == "unknown_service")
    bench.tell(.tick)
    bench.isFull = true
    #expect(StateBench.refusal(bench.tell(.order("app", .pause, order))) == "cannot_store")
    #expect(bench.core?.machine.memory.pause == nil)
    bench.isFull = false
    guard case .text(let text) = bench.tell(.order("app", .pause, order)) else {
      Issue.record("\(bench.names)")
      return
    }
    #expect(text.hasPrefix("app is paused") && bench.durable?.pause?.by == "kim")
    #expect(bench.names.prefix(2) == ["store", "log"] && bench.names.last == "answer")
  }

  @Test func aMoveThatDoesNotBeginDoesNotBeginLater() {
    var bench = StateBench(Bench())
    let move = MoveRequest(to: "eu", epoch: 4, operatorName: "kim", overrides: ["all"])
    #expect(StateBench.refusal(bench.tell(.move("app", move, isFailback: false))) == "starting")
    bench.run(seconds: 100, reading: "192.0.2.1")
    bench.isFull = true
    let refused = StateBench.refusal(bench.tell(.move("app", move, isFailback: false)))
    #expect(refused != nil)
    bench.isFull = false
    bench.run(seconds: 30, reading: "192.0.2.1")
    #expect(bench.core?.incident == nil && bench.core?.machine.memory.intent == nil)
  }

  // MARK: Reports

  @Test func aReportIsTakenFromWhoItIsOfAndOnce() throws {
    var bench = StateBench(Bench())
    let report = bench.report()
    #expect(
      StateBench.problem(bench.tell(.report(report, from: "eu1", challenge: "c")))?.problem.code
        == "wrong_agent")
    let elsewhere = bench.report("us1", "eu")
    #expect(
      StateBench.problem(bench.tell(.report(elsewhere, from: "us1", challenge: "c")))?.problem.code
        == "wrong_region")
    #expect(bench.state.evidence.agents.isEmpty)
    let answer = try #require(Self.agree(bench.tell(.report(report, from: "us1", challenge: "c1"))))
    #expect(answer.services.map(\.service) == ["app"] && answer.heartbeatWriter)
    #expect(bench.state.evidence.agents.keys.sorted() == ["us1"])
    #expect(
      StateBench.problem(bench.tell(.report(report, from: "us1", challenge: "c2")))?.problem.code
        == "replayed")
    let next = bench.report(sequence: 2, challenge: "c1")
    #expect(Self.agree(bench.tell(.report(next, from: "us1", challenge: "c3"))) != nil)
  }

  /// The answer to a refused report carries a challenge that proves who lives.
  @Test func aRefusedReportMayTryAgainWithItsChallenge() throws {
    var bench = StateBench(Bench())
    var report = bench.report()
    report.sentMs += 3_600_000
    let refused = StateBench.problem(bench.tell(.report(report, from: "us1", challenge: "proof")))
    #expect(refused?.problem.code == "not_timely" && refused?.problem.challenge == "proof")
    report.challenge = "proof"
    #expect(Self.agree(bench.tell(.report(report, from: "us1", challenge: "next"))) != nil)
  }

  @Test func twoHostsWithOneIdentityAreToldOnceAndUntilItIsOver() {
    var bench = StateBench(Bench())
    bench.tell(.report(bench.report(), from: "us1", challenge: "c1"))
    bench.tell(.report(bench.report(boot: "x"), from: "us1", challenge: "c2"))
    bench.pass(.seconds(1))
    bench.tell(
      .report(bench.report(boot: "x", sequence: 2, challenge: "c2"), from: "us1", challenge: "c2"))
    let back = bench.report(sequence: 2, challenge: "c2")
    bench.tell(.report(back, from: "us1", challenge: "c3"))
    #expect(bench.names == ["record two-hosts", "answer"], "\(bench.names)")
    #expect(bench.state.quarantined == ["us1"] && bench.state.evidence.agents.isEmpty)
    bench.tell(.tick)
    #expect(!bench.names.contains("record two-hosts"))
    bench.pass(Defaults.quarantine)
    bench.tell(.tick)
    #expect(bench.names.contains("record two-hosts-over") && bench.state.quarantined.isEmpty)
  }

  // MARK: Summaries

  private func health(_ bench: StateBench, _ agent: AgentID = "us1", _ region: RegionID = "us")
    -> HealthSummary
  {
    HealthSummary(
      agent: agent, region: region, boot: "b", sequence: 1, wallMs: bench.now.wallMs,
      checks: [SummaryCheck(name: "app", services: ["*"], state: .good, ageMs: 0)])
  }

  private func signed(
    _ bench: inout StateBench, _ summary: HealthSummary, _ region: RegionID, _ ageMs: Int
  )
    -> Instant?
  {
    let health = RelayedHealth(summary, by: "eu1", region: region, ageMs: ageMs)
    let answer = bench.tell(.summary(health))
    if case .summary(let signed) = answer { return signed }
    return nil
  }

  @Test func aSummaryCountsOnlyForAHostThatIsNotHeard() {
    var bench = StateBench(Bench())
    #expect(signed(&bench, health(bench), "us", 100) == nil, "its own region does not relay")
    #expect(signed(&bench, health(bench), "eu", 3_100) == nil, "it is old")
    #expect(signed(&bench, health(bench, "us1", "eu"), "ap", 100) == nil, "of another region")
    var old = health(bench)
    old.wallMs -= 61_000
    #expect(signed(&bench, old, "eu", 100) == nil, "by the wall clocks it is shown again")
    bench.tell(.report(bench.report("eu1", "eu"), from: "eu1", challenge: "c"))
    #expect(signed(&bench, health(bench), "eu", 700) == nil, "who relays it may be an old report")
    let proven = bench.report("eu1", "eu", sequence: 2, challenge: "c")
    bench.tell(.report(proven, from: "eu1", challenge: "d"))
    let at = signed(&bench, health(bench), "eu", 700)
    #expect(at == bench.now.instant - .milliseconds(700))
    #expect(bench.state.evidence.relayed.keys.sorted() == ["us1"])
    bench.tell(.report(bench.report(), from: "us1", challenge: "c"))
    #expect(signed(&bench, health(bench), "eu", 100) == nil, "it speaks for itself")
  }

  // MARK: Time

  @Test func aSteppedWallClockIsToldAndEverythingIsJudgedAnew() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.pass(.seconds(1))
    bench.now.wallMs += 4_000
    bench.tell(.tick)
    #expect(!bench.names.contains("disturbed"), "that is slewing")
    bench.pass(.seconds(1))
    bench.now.wallMs -= 6_000
    bench.tell(.tick)
    #expect(bench.names.contains("record clock") && bench.names.contains("disturbed"))
    let first = bench.report()
    #expect(
      StateBench.problem(bench.tell(.report(first, from: "us1", challenge: "c")))?.problem.code
        == "not_timely", "no wall clock's word counts now")
    bench.pass(.seconds(60))
    bench.state.leaveOut(.seconds(3600))
    bench.now.wallMs += 3_600_000
    bench.tell(.tick)
    #expect(!bench.names.contains("record clock"), "time that was left out is no step")
  }

  @Test func aLateTickBeginsEveryConfirmationAnew() {
    var bench = StateBench(Bench())
    bench.tell(.report(bench.report(), from: "us1", challenge: "c"))
    bench.tell(.tick)
    bench.pass(.seconds(60))
    bench.tell(.tick)
    #expect(bench.names.contains("disturbed") && bench.names.contains("record doubt"))
    #expect(bench.state.doubts.current.contains(.wokeLate))
  }

  @Test func theJournalIsTriedWhileNothingHappensAndMoreOftenWhileItFails() {
    var bench = StateBench(Bench())
    func stores() -> Int { bench.names.count { $0 == "store" } }
    bench.tell(.tick)
    #expect(stores() == 1)
    bench.pass(.seconds(29))
    bench.tell(.tick)
    #expect(stores() == 0)
    bench.pass(.seconds(1))
    bench.isFull = true
    bench.tell(.tick)
    #expect(stores() == 1 && !bench.state.canStore)
    bench.pass(.seconds(2))
    bench.isFull = false
    bench.tell(.tick)
    #expect(stores() == 1 && bench.state.canStore)
    bench.pass(.seconds(2))
    bench.tell(.tick)
    #expect(stores() == 0)
  }

  // MARK: Another configuration

  private static func rules(_ core: ServiceCore, _ change: (inout ServiceRules) -> Void = { _ in })
    -> ServiceRules
  {
    var rules = ServiceRules(
      topology: core.machine.topology, policy: core.machine.policy, names: core.names,
      pace: core.pace, upkeep: core.rules)
    change(&rules)
    return rules
  }

  @Test func aMoveInFlightKeepsWhatItRestsOn() throws {
    let bench = StateBench(Bench(phase: .switching))
    let core = try #require(bench.core)
    #expect(bench.state.hindrances([Self.rules(core)]).isEmpty)
    #expect(bench.state.hindrances([]).count == 1)
    #expect(bench.state.hindrances([Self.rules(core) { $0.names = ["b.example.org"] }]).count == 1)
    let idle = StateBench(Bench())
    #expect(idle.state.hindrances([]).isEmpty)
  }

  @Test func whatIsConfiguredOtherwiseIsForgottenAndTheRestIsKept() throws {
    var bench = StateBench(Bench())
    let key = ProbeKey(service: "app", region: "us", family: .ipv4)
    let probe = OwnProbe(
      vote: .serving, outcome: .serving, detail: "", at: bench.now.instant, servingStarted: nil,
      badSince: nil)
    bench.tell(.probes([key: probe], reachedAnything: true))
    bench.tell(.report(bench.report(), from: "us1", challenge: "c"))
    bench.tell(.report(bench.report("eu1", "eu"), from: "eu1", challenge: "d"))
    bench.tell(.tick)
    bench.read("192.0.2.1")
    let core = try #require(bench.core)
    var rules = StateBench.rules(core.machine.policy)
    rules.agents["eu1"] = nil
    bench.tell(
      .reconfigure(
        StateChange(rules: rules, services: [Self.rules(core)], added: [], otherProbes: [key])))
    #expect(bench.state.evidence.agents.keys.sorted() == ["us1"])
    #expect(bench.state.evidence.ownProbes.isEmpty)
    #expect(bench.core?.reading != nil && bench.names.contains("disturbed"))
    let moved = Self.rules(core) { $0.names = ["b.example.org"] }
    bench.tell(
      .reconfigure(StateChange(rules: rules, services: [moved], added: [], otherProbes: [])))
    #expect(bench.core?.reading == nil && bench.core?.generation == core.generation + 1)
    bench.tell(
      .reconfigure(StateChange(rules: rules, services: [], added: [], otherProbes: [])))
    #expect(bench.state.cores.isEmpty)
  }
}
