import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What is written beside moves, orders and leases: when it begins, what ends it, what it rests on.
@Suite struct UpkeepCoreTests {
  private static let refused = ProviderError(
    .unauthorized, .permanent, description: "401: invalid token")

  /// The question that a turn asks; nil: it has ended.
  private func question(_ turn: WriteTurn<WritingEnd>?) -> WriteQuestion? {
    if case .ask(let question) = turn?.then { question } else { nil }
  }

  /// A marker's proof that has read what stands there and asks for its write.
  private func asking(_ bench: inout Bench) throws -> ProviderRecord {
    #expect(bench.untilUpkeep() == true)
    _ = bench.core.nextTurn(.begin, jitter: 0)
    let address = ProviderRecord(
      id: 1, type: "A", name: bench.core.names[0], target: "192.0.2.1", ttlSeconds: 30)
    let turn = bench.core.nextTurn(.records(.success([address])), jitter: 0)
    guard case .mayWrite(let record, _) = question(turn) else {
      Issue.record("\(String(describing: turn))")
      return address
    }
    return record
  }

  @Test func theMarkerIsProvenAfterTheGraceAndThenNowAndThen() throws {
    var bench = Bench()
    let record = try asking(&bench)
    let leave = bench.core.permitWrite(record, at: "us", now: bench.now)
    #expect(leave.permission == .go && leave.commit?.memory == bench.core.machine.memory)
    let ended = bench.core.finishWriting(.marker(.written), now: bench.now)
    #expect(ended?.isCurrent == false && bench.core.upkeep.provenAt == bench.now.instant)
    #expect(bench.untilUpkeep() == false, "not again for an hour")
    bench.pass(.seconds(3600))
    #expect(bench.untilUpkeep(within: 20) == true)
  }

  @Test func aTokenThatIsRefusedIsToldOnceAndSoIsItsEnd() {
    var bench = Bench()
    for round in 0..<2 {
      #expect(bench.untilUpkeep() == true)
      _ = bench.core.finishWriting(.marker(.refused(Self.refused)), now: bench.now)
      let texts = Bench.texts(bench.core.takeDirectives())
      #expect(texts.count == (round == 0 ? 1 : 0), "\(texts)")
      #expect(bench.core.upkeep.tokenTrouble?.contains("Make another one") == true)
    }
    #expect(bench.untilUpkeep() == true)
    _ = bench.core.finishWriting(.marker(.written), now: bench.now)
    #expect(Bench.texts(bench.core.takeDirectives()).count == 1)
    #expect(bench.core.upkeep.tokenTrouble == nil)
  }

  /// What was settled when it began may not be when it writes.
  @Test(arguments: [false, true])
  func nothingIsWrittenOnceItIsNotSettledWhoWrote(isReadOnly: Bool) throws {
    var bench = Bench()
    let record = try asking(&bench)
    if isReadOnly {
      bench.core.noteConflict(
        [
          MarkerConflict(
            found: "signalbox cluster=other incarnation=2 epoch=9 active=us",
            name: "_signalbox.app.example.org")
        ], now: bench.now)
    } else {
      bench.read("203.0.113.9")
    }
    let leave = bench.core.permitWrite(record, at: "us", now: bench.now)
    #expect(leave.permission != .go && leave.commit == nil)
  }

  /// In the grace of a start, in a move, while an abandoned write may land, and while only name
  /// servers tell where DNS points, it is not proven.
  @Test func nothingIsProvenWhileSomethingIsOpen() {
    var bench = Bench()
    bench.step()
    bench.read()
    #expect(!bench.core.takeDirectives().contains(.write(.begin)), "in the grace")
    for open in ["nothing", "move", "echoes", "servers"] {
      bench = Bench()
      bench.settle()
      bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
      bench.read()
      bench.core.upkeep.proveFrom = nil
      _ = bench.core.takeDirectives()
      switch open {
      case "move":
        bench.core.machine.memory.intent = Intent(
          epoch: 4, errand: .emergency, from: "us", to: "eu", rule: .failOver)
      case "echoes":
        bench.core.machine.noteMayLand(address: "192.0.2.2", epoch: 3, now: bench.now)
      case "servers": bench.core.upkeep.isByServers = true
      default: break
      }
      bench.core.proveToken(now: bench.now)
      let isProven = bench.core.takeDirectives().contains(.write(.begin))
      #expect(isProven == (open == "nothing"), "\(open)")
    }
  }

  @Test func anothersMarkerCountsAtItsSecondReadingAndHoldsTheProof() {
    var bench = Bench()
    let other = "signalbox cluster=other incarnation=2 epoch=9 active=us"
    bench.settle()
    bench.read(marker: other)
    #expect(!bench.core.takeDirectives().contains(.write(.begin)) && !bench.core.machine.isReadOnly)
    bench.read(marker: other)
    #expect(bench.core.machine.isReadOnly)
    #expect(bench.untilUpkeep() == false, "nothing is written until an operator adopts it")
  }

  /// A region that fails must not wait for a proof.
  @Test(arguments: ["pause", "call"])
  func aMoveEndsTheProofAndBeginsAfterIt(in state: String) throws {
    var bench = Bench()
    #expect(bench.untilUpkeep() == true)
    _ = bench.core.nextTurn(.begin, jitter: 0)
    if state == "pause" {
      let turn = bench.core.nextTurn(.records(.failure(Self.refused)), jitter: 0)
      guard case .pause = question(turn) else {
        Issue.record("\(String(describing: turn))")
        return
      }
    }
    bench.core.machine.memory.intent = Intent(
      epoch: 5, errand: .emergency, from: "us", to: "eu", rule: .failOver)
    bench.core.startMove()
    #expect(bench.core.isMoving && bench.core.movingEpoch == nil)
    var directives = bench.core.takeDirectives().filter { $0 != .forgetCaches }
    #expect(directives == (state == "pause" ? [.write(.paused)] : []), "a call is waited for")
    let reply: WriteReply = state == "pause" ? .paused : .records(.failure(Self.refused))
    guard case .end(let end) = bench.core.nextTurn(reply, jitter: 0)?.then else {
      Issue.record("the proof goes on")
      return
    }
    let finished = bench.core.finishWriting(end, now: bench.now)
    bench.core.afterWriting(try #require(finished), now: bench.now)
    directives = bench.core.takeDirectives()
    #expect(directives.contains(.write(.begin)) && bench.core.movingEpoch == 5)
  }

  @Test func whatIsMissingIsNotMadeWhileSomethingSpeaksAgainstIt() throws {
    let now = Now(instant: Instant(milliseconds: 0), wallMs: 1_790_000_000_000)
    let changes: [(String, (inout Memory) -> Void, (inout Policy) -> Void)] = [
      (
        "paused", { $0.pause = Pause(by: "kim", reason: nil, sinceMs: now.wallMs, untilMs: nil) },
        { _ in }
      ),
      ("observe", { _ in }, { $0.automation = .observe }),
    ]
    for (word, memory, policy) in changes {
      var bench = Bench(memory, policy: policy)
      bench.settle()
      #expect(bench.readNothing() == false)
      #expect(bench.core.upkeep.creation?.contains(word) == true, "\(word)")
    }
    for (phase, word) in [(nil, "just started"), (Phase.switching, "a move is in flight")] {
      var bench = Bench(phase: phase)
      bench.step()
      _ = bench.readNothing()
      #expect(bench.core.upkeep.creation?.contains(word) == true, "\(word)")
    }
  }

  @Test func aRecordIsMadeTowardAHealthyRegionOnlyAndRememberedBeforeIt() throws {
    var bench = Bench()
    bench.settle()
    #expect(bench.readNothing() == true)
    #expect(bench.core.isRoutine)
    let missing = ProviderRecord(
      id: 0, type: "A", name: bench.core.names[0], target: "192.0.2.1", ttlSeconds: 30)
    let no = bench.core.permitWrite(missing, at: "us", now: bench.now)
    guard case .stop(let reason) = no.permission else {
      Issue.record("nobody has seen us healthy")
      return
    }
    #expect(reason.contains("while the region that it points at is healthy"))
    bench.core.assessment?.pictures["us"]?.judgement.verdict = .healthy
    let leave = bench.core.permitWrite(missing, at: "us", now: bench.now)
    #expect(leave.permission == .go)
    #expect(leave.commit?.memory.asked?.map(\.name) == bench.core.names)
    #expect(leave.commit?.events.count == 1)
  }

  // MARK: Orders

  @Test func anOrderCountsWhenItIsStored() throws {
    var bench = Bench()
    bench.step()
    let before = bench.core.machine.memory
    var core = bench.core
    let taken = try core.order(
      .pause, OrderRequest(epoch: 4, operatorName: "kim"), now: bench.now)
    #expect(taken.commit.memory.pause?.by == "kim" && taken.commit.events.count == 1)
    #expect(taken.text.contains("is paused") && core.stored == taken.commit.memory)
    #expect(bench.core.machine.memory == before, "the one of before is another value")
    #expect(throws: Refusal.self) {
      try core.order(.resume, OrderRequest(epoch: 3, operatorName: "kim"), now: bench.now)
    }
  }

  // MARK: Leases

  private func report(_ agent: String, _ region: String) -> Report {
    Report(
      agent: agent, region: region, boot: "b-\(agent)", sequence: 1, sentMs: 0, intervalMs: 1000,
      agentVersion: "1.0.0")
  }

  @Test func aLeaseIsGrantedWhenItsRegionIsInTheJournal() {
    var bench = Bench(policy: { $0.lease = .seconds(60) })
    var answer = bench.core.answer(report("us1", "us"), isTwin: false, now: bench.now)
    #expect(answer?.pending == true && answer?.leaseMs == nil)
    bench.pass(.seconds(120))
    let before = bench.core
    let step = bench.core.judge(
      Evidence(floor: bench.now.instant), Doubts(policy: Policy(), expectedTick: .seconds(1)),
      now: bench.now)
    #expect(step.commit?.memory.exclusive?.region == "us" && step.before.memory.exclusive != nil)
    answer = bench.core.answer(report("us1", "us"), isTwin: false, now: bench.now)
    #expect(answer?.leaseMs == nil, "it is not durable yet")
    bench.core = before
    bench.step()
    answer = bench.core.answer(report("us1", "us"), isTwin: false, now: bench.now)
    #expect(answer?.exclusive == "us" && answer?.leaseMs == 60_000)
    answer = bench.core.answer(report("us1", "us"), isTwin: true, now: bench.now)
    #expect(answer?.leaseMs == nil, "nobody knows which of two hosts speaks")
    answer = bench.core.answer(report("eu1", "eu"), isTwin: false, now: bench.now)
    #expect(answer?.exclusive == "us" && answer?.leaseMs == nil)
    answer = bench.core.answer(report("x", "us"), isTwin: false, now: bench.now)
    #expect(answer == nil, "it does not carry the service")
  }
}
