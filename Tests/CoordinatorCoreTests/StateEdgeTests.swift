import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// What the state makes of a journal that fails at the worst moment, of its own end, and of agents
/// and services that it does not have.
@Suite struct StateEdgeTests {
  // MARK: The journal fails

  /// What was found at a start is told all the same, and stored with the next step.
  @Test func aStartThatIsNotStoredIsToldAllTheSame() {
    var bench = StateBench(
      Bench { memory in
        memory.startedMs = [1_789_999_999_000, 1_789_999_999_500]
      })
    bench.isFull = true
    bench.tell(.started)
    #expect(bench.names == ["store", "log"])
    #expect(bench.core?.machine.memory.startedMs?.count == 3 && bench.durable == nil)
    bench.isFull = false
    bench.tell(.tick)
    #expect(bench.durable?.startedMs?.count == 3)
  }

  /// The call that the service's writes wait with, and what is asked.
  private static func asked(_ bench: StateBench) -> (question: WriteQuestion, call: WriteCall)? {
    for output in bench.outputs {
      if case .ask(let question, let call) = output { return (question, call) }
    }
    return nil
  }

  /// A proof that has read what is there: the next thing that it needs is leave to write.
  private static func reading() throws -> (bench: StateBench, call: WriteCall) {
    var bench = StateBench(Bench())
    for _ in 0..<300 where bench.state.calls["app"] == nil {
      bench.run(seconds: 1, reading: "192.0.2.1")
    }
    let number = try #require(bench.state.calls["app"])
    return (bench, WriteCall(service: "app", number: number, isRoutine: false))
  }

  private static let found = WriteReply.records(
    .success([
      ProviderRecord(
        id: 1, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 30)
    ]))

  @Test func nothingIsWrittenWithoutTheJournal() throws {
    for isFull in [false, true] {
      var (bench, call) = try Self.reading()
      bench.isFull = isFull
      bench.tell(.reply(call, Self.found))
      let isWritten = if case .create = Self.asked(bench)?.question { true } else { false }
      #expect(isWritten != isFull, "\(bench.names)")
      #expect(bench.core?.isWriting != isFull, "it has ended")
    }
  }

  /// The same where the judgement before a write has something to store.
  @Test func aWriteIsNotMadeOnAJudgementThatIsNotStored() throws {
    var (bench, call) = try Self.reading()
    // Another rule applies now, and its line is to be stored first.
    bench.state["app"]?.shownRule = nil
    bench.isFull = true
    bench.tell(.reply(call, Self.found))
    #expect(bench.names.count { $0 == "store" } == 1 && Self.asked(bench) == nil)
    #expect(bench.core?.isWriting == false)
  }

  /// At another writer's marker a move's write is not even judged.
  @Test func aMoveIsNotJudgedForAWriteThatMayNotBe() throws {
    var bench = StateBench(Bench(phase: .committed))
    for _ in 0..<120 where bench.state.calls["app"] == nil {
      bench.run(seconds: 1, reading: "192.0.2.1")
    }
    let number = try #require(bench.state.calls["app"])
    bench.state["app"]?.noteConflict(
      [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org")], now: bench.now)
    bench.tell(.reply(WriteCall(service: "app", number: number, isRoutine: false), Self.found))
    #expect(Self.asked(bench) == nil && bench.core?.isMoving == false)
    #expect(bench.core?.incident?.outcome == .open, "it waits for an operator")
  }

  // MARK: The end

  /// The reply to the last call comes in, and nothing follows from it: whoever starts next reads.
  @Test func theLastReplyLeadsToNothing() throws {
    var (bench, call) = try Self.reading()
    bench.tell(.ending)
    #expect(bench.state.awaits(call), "a call is waited for")
    bench.tell(.reply(call, Self.found))
    #expect(Self.asked(bench) == nil && !bench.names.contains("store"), "\(bench.names)")
    #expect(bench.core?.upkeep.proveFrom == nil, "its end is not judged any more")
  }

  @Test func whatIsAdoptedAtTheEndIsNotClaimedByIt() {
    var bench = StateBench(Bench())
    bench.state["app"]?.upkeep.proveFrom = bench.now.instant + .seconds(3600)
    bench.run(seconds: 100, reading: "192.0.2.1")
    for _ in 0..<3 {
      bench.read("203.0.113.9")
      bench.run(seconds: 2)
    }
    bench.tell(.ending)
    let order = OrderRequest(epoch: 4, operatorName: "kim")
    guard case .text = bench.tell(.order("app", .adopt, order)) else {
      Issue.record("\(bench.names)")
      return
    }
    #expect(bench.durable?.accepted == ["203.0.113.9"] && Self.asked(bench) == nil)
    #expect(bench.core?.question == nil, "the claim has not begun")
  }

  /// The simulator's checkers are tried on a state that leaves a judgement out.
  @Test func aPlantedBugLeavesOutAJudgementAndNothingElse() throws {
    for isSound in [true, false] {
      var (proof, call) = try Self.reading()
      proof.state.judgesBeforeWrites = isSound
      proof.tell(.reply(call, Self.found))
      #expect(proof.names.contains("judged") == isSound)
      #expect(Self.asked(proof) != nil, "it is written")
      var move = StateBench(Bench(phase: .committed))
      for _ in 0..<120 where move.core?.isMoving == false {
        move.run(seconds: 1, reading: "192.0.2.1")
      }
      move.state.judgesAlways = true
      move.state.judgesMoves = isSound
      move.tell(.tick)
      #expect(move.core?.isMoving == true && move.names.contains("judged") == isSound)
    }
  }

  /// Whatever is still to be done for it.
  @Test func nothingIsDoneForAServiceThatIsGone() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    let event = EventRecord(atMs: 0, kind: "rule", level: .info, text: "")
    let record = ProviderRecord(id: 1, type: "A", name: "gone", target: "x", ttlSeconds: 30)
    let ended = EndedWriting(end: .marker(.written), epoch: nil, isCurrent: false)
    let works: [Work] = [
      .start("gone"), .judge("gone", bench.now), .step("gone", .permit(record, "us")),
      .follow("gone", .permit(record, "us")), .write("gone", .begin),
      .note("gone", .read([record])), .then("gone", .end(.marker(.written))),
      .afterWriting("gone", ended), .keep("gone", event), .prove("gone"),
      .locate("gone", isNew: true),
    ]
    for work in works {
      bench.state.push(work)
      #expect(bench.state.next() == nil, "\(work)")
    }
    bench.state.pushDirectives(of: "gone")
    #expect(bench.state.next() == nil)
  }

  /// A question that was on its way to the provider is not asked any more.
  @Test func anEndingProcessAsksNothing() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.tell(.ending)
    bench.state.push(.then("app", .ask(.records(["app.example.org"]))))
    #expect(bench.state.next() == nil && bench.state.calls.isEmpty)
  }

  // MARK: An operator's move

  /// To eu, whatever does not hold; it is begun, or it is not and does not begin later.
  private static func move(_ bench: inout StateBench) -> CoreAnswer? {
    let failing = bench.core?.assessment?.eligibilities["eu"]?.conditions.filter { !$0.holds } ?? []
    return bench.tell(
      .move(
        "app",
        MoveRequest(
          to: "eu", epoch: 4, operatorName: "kim", reason: "works",
          overrides: failing.map(\.name), pinForMs: 60_000), isFailback: false))
  }

  private static func settled() -> StateBench {
    var bench = StateBench(Bench())
    bench.run(seconds: 70, reading: "192.0.2.1")
    return bench
  }

  @Test func aMoveThatIsBegunIsAnsweredByItsIncident() {
    var bench = Self.settled()
    guard case .begun(let incident) = Self.move(&bench) else {
      Issue.record("\(bench.names)")
      return
    }
    #expect(incident.operatorName == "kim" && incident.why == "kim asked for it: works")
    #expect(incident.id != 0 && bench.durable?.intent?.to == "eu")
    #expect(bench.durable?.pinned == "eu")
    #expect(bench.durable?.pinnedUntilMs == bench.now.wallMs + 60_000)
  }

  @Test func aMoveThatCannotBeStoredIsTakenBack() {
    var bench = Self.settled()
    bench.isFull = true
    #expect(StateBench.refusal(Self.move(&bench)) == "cannot_store")
    bench.isFull = false
    bench.run(seconds: 5, reading: "192.0.2.1")
    #expect(bench.core?.incident == nil && bench.core?.asked == nil, "nobody expects it any more")
  }

  @Test func aMoveIsNotBegunByAProcessThatEnds() {
    var bench = Self.settled()
    bench.tell(.ending)
    #expect(StateBench.refusal(Self.move(&bench)) == "ending")
    #expect(bench.core?.machine.memory.intent == nil && bench.core?.asked == nil)
  }

  /// A journal that tells of a move and has none: nobody's move begins in its place, or later.
  @Test func aMoveThatTheMachineDoesNotBeginIsTakenBack() {
    var bench = StateBench(Bench { $0.phase = .switching })
    bench.run(seconds: 70, reading: "192.0.2.1")
    #expect(StateBench.refusal(Self.move(&bench)) == "not_begun")
    #expect(bench.core?.asked == nil && bench.durable?.intent == nil)
    #expect(bench.core?.machine.outer.request == nil)
  }

  /// Without a region it is the primary; users are there already.
  @Test func aFailbackGoesToThePrimary() {
    var bench = Self.settled()
    let home = MoveRequest(epoch: 4, operatorName: "kim")
    #expect(StateBench.refusal(bench.tell(.move("app", home, isFailback: true))) == "already_there")
    #expect(StateBench.refusal(bench.tell(.move("app", home, isFailback: false))) == "no_target")
  }

  // MARK: Agents

  @Test func anAgentThatIsNotConfiguredIsRefused() {
    var bench = StateBench(Bench())
    let stranger = bench.report("xx1", "us")
    let found = StateBench.problem(bench.tell(.report(stranger, from: "xx1", challenge: "c")))
    #expect(found?.problem.code == "wrong_region")
    #expect(found?.problem.message.contains("configured for region ''") == true)
    #expect(bench.state.evidence.agents.isEmpty)
  }

  /// An agent that carries no service is heard, and gets no words on any.
  @Test func anAgentWithoutServicesIsHeard() {
    var bench = StateBench(Bench())
    bench.state.rules.agents["ap1"] = "ap"
    bench.tell(.tick)
    bench.tell(.tick)
    guard
      case .directive(let directive) = bench.tell(
        .report(bench.report("ap1", "ap"), from: "ap1", challenge: "c"))
    else {
      Issue.record("\(bench.names)")
      return
    }
    #expect(directive.services.isEmpty && bench.state.evidence.agents.keys.sorted() == ["ap1"])
    #expect(bench.core?.isDue(bench.now) == false, "it is of no concern")
    // A twin of it is of no concern for any service either.
    bench.tell(
      .report(bench.report("ap1", "ap", sequence: 2, challenge: "c"), from: "ap1", challenge: "d"))
    bench.now.wallMs += 7
    let twin = StateBench.problem(
      bench.tell(
        .report(
          bench.report("ap1", "ap", sequence: 2, challenge: "d"), from: "ap1", challenge: "e")))
    #expect(twin?.showsTwin == true && bench.state.quarantined == ["ap1"])
    #expect(bench.names.contains("record two-hosts") && bench.core?.isDue(bench.now) == false)
  }

  /// Two agents of two are refused for time: this host's clock is the likeliest to be wrong.
  @Test func clocksThatDifferAreToldAndSoIsTheirEnd() {
    var bench = StateBench(Bench())
    for (agent, region) in [("us1", "us"), ("eu1", "eu")] {
      var late = bench.report(agent, region)
      late.sentMs -= 3_600_000
      let refused = StateBench.problem(
        bench.tell(.report(late, from: agent, challenge: "c-\(agent)")))
      #expect(refused?.problem.code == "not_timely")
    }
    bench.tell(.tick)
    #expect(bench.names.contains("record clocks-differ") && bench.state.clocksDiffer)
    let first = bench.report("eu1", "eu")
    #expect(
      StateBench.problem(bench.tell(.report(first, from: "eu1", challenge: "c")))?.problem.code
        == "not_timely", "no wall clock's word counts meanwhile")
    bench.tell(.tick)
    #expect(!bench.names.contains("record clocks-differ"), "it is known")
    bench.pass(.seconds(60))
    bench.tell(.tick)
    #expect(bench.names.contains("record clocks-agree") && !bench.state.clocksDiffer)
  }
}
