import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// The move of one service, taken up after a restart, refused, published, held back. The whole way
/// from evidence on is the simulator's.
@Suite struct ServiceCoreTests {
  @Test func whatCannotBeStoredDidNotHappen() {
    var bench = Bench(phase: .verifying)
    let before = bench.core
    _ = bench.core.judge(
      Evidence(floor: bench.now.instant), Doubts(policy: Policy(), expectedTick: .seconds(1)),
      now: bench.now)
    bench.core = before
    #expect(bench.core.takeDirectives().isEmpty)
    #expect(bench.core.assessment == nil)
  }

  @Test func anIntentOfBeforeWaitsUntilNoWriteCanLandAnyMore() throws {
    var bench = Bench(phase: .committed)
    let first = bench.untilBegun()
    let begun = try #require(first)
    #expect(begun >= .seconds(20), "the write's deadline and the margin: \(begun)")
    #expect(bench.core.isMoving && bench.core.movingEpoch == 4)
  }

  /// What a name server shows may be of before the write: only the API's own word counts.
  @Test func aMoveIsNotTakenUpOnAReadingOfBeforeThatWait() {
    var bench = Bench(phase: .committed)
    _ = bench.read("192.0.2.1")
    bench.core.lines = (1...2).map { server in
      NameServerLine(server: "ns\(server)", answer: .new, addresses: ["192.0.2.2"], askedMs: 0)
    }
    bench.pass(.seconds(61))
    _ = bench.core.tookReading(isNew: false, now: bench.now)
    #expect(bench.core.takeDirectives().isEmpty && bench.core.machine.write != .all)
    #expect(!bench.core.isFresh(now: bench.now), "the name servers were asked instead")
  }

  @Test func aLandedWriteOfBeforeIsFoundByAReading() {
    var bench = Bench(phase: .committed)
    bench.step()
    _ = bench.read("192.0.2.2")
    let texts = Bench.texts(bench.core.takeDirectives())
    #expect(texts.contains { $0.contains("points at eu already") }, "\(texts)")
    #expect(bench.core.machine.write == .all)
  }

  @Test func refusalsAreRepeatedMoreAndMoreSeldom() throws {
    var bench = Bench(phase: .committed)
    #expect(bench.untilBegun() != nil)
    var waits: [Duration] = []
    for _ in 0..<9 {
      _ = bench.core.nextTurn(.begin, jitter: 0)
      let error = ProviderError(.refused, .permanent, description: "no")
      let finished = bench.core.finishWriting(.move(.refused(error)), now: bench.now)
      let ended = try #require(finished)
      #expect(ended.isCurrent)
      bench.step()
      bench.core.afterWriting(ended, now: bench.now)
      let wait = bench.untilBegun()
      waits.append(try #require(wait))
    }
    #expect(waits.first == .seconds(2) && waits.last == .seconds(120), "\(waits)")
    #expect(waits == waits.sorted(), "\(waits)")
    bench.core.forgetRefusals()
  }

  @Test func anotherWritersMarkerHoldsAHalfWrittenMoveAndEndsItNot() {
    var bench = Bench(phase: .committed)
    #expect(bench.untilBegun() != nil)
    _ = bench.core.nextTurn(.begin, jitter: 0)
    let other = MarkerConflict(
      found: "signalbox cluster=other incarnation=2 epoch=9 active=us",
      name: "_signalbox.app.example.org")
    _ = bench.core.finishWriting(.move(.conflict([other])), now: bench.now)
    let kept = bench.core.takeDirectives().contains { if case .keep = $0 { true } else { false } }
    #expect(kept && bench.core.machine.isReadOnly)
    #expect(bench.untilBegun() == nil, "nothing is written")
    #expect(bench.core.machine.memory.phase == .committed && bench.core.incident != nil)
    #expect(bench.core.incident?.outcomeText == nil, "it is not refused for good")
  }

  @Test func aPauseEndsAtOnceWhenTheMoveIsCalledOff() {
    var bench = Bench(phase: .committed)
    #expect(bench.untilBegun() != nil)
    _ = bench.core.nextTurn(.begin, jitter: 0)
    let error = ProviderError(.unreachable, .transient, description: "502")
    let turn = bench.core.nextTurn(.records(.failure(error)), jitter: 0)
    guard case .ask(.pause) = turn?.then else {
      Issue.record("\(String(describing: turn))")
      return
    }
    bench.core.cancelWriting()
    #expect(bench.core.takeDirectives() == [.write(.paused)])
    guard case .end(.move(.stopped)) = bench.core.nextTurn(.paused, jitter: 0)?.then else {
      Issue.record("it goes on")
      return
    }
  }

  /// The region that comes after it must not wait for what the provider asks to wait.
  @Test func aMoveThatIsCalledOffInACallWaitsForNothingAfterIt() {
    var bench = Bench(phase: .committed)
    #expect(bench.untilBegun() != nil)
    _ = bench.core.nextTurn(.begin, jitter: 0)
    bench.core.cancelWriting()
    #expect(bench.core.takeDirectives().isEmpty, "a call is waited for")
    let error = ProviderError(
      .throttled, .transient, retryAfter: .seconds(60), description: "429")
    guard
      case .end(.move(.stopped)) = bench.core.nextTurn(.records(.failure(error)), jitter: 0)?.then
    else {
      Issue.record("it goes on")
      return
    }
  }

  @Test func whatIsNotPublishedIsToldOnceAfterThreeMinutes() {
    var bench = Bench(phase: .verifying)
    #expect(bench.step().contains(.verify))
    bench.core.incident?.stamps.committedMs = bench.now.wallMs
    var told: [(atMs: Int64, text: String)] = []
    let begun = bench.now.wallMs
    var watch = ConvergenceWatch(roundMs: 5000)
    for _ in 0..<40 {
      let line = NameServerLine(
        server: "ns1", answer: .old, addresses: ["192.0.2.1"], askedMs: bench.now.wallMs)
      watch.add([line], atMs: bench.now.wallMs)
      #expect(bench.core.tookAnswers([watch], epoch: 4, now: bench.now) == false)
      told += Bench.texts(bench.core.takeDirectives())
        .filter { $0.contains("not published yet by ns1") }
        .map { (bench.now.wallMs - begun, $0) }
      bench.pass(.seconds(10))
    }
    #expect(told.count == 1 && told.first?.atMs == 190_000, "\(told)")
  }

  /// Shown by all of them, and by none over TCP: nobody is late, and the proof stays open.
  @Test func whatIsShownAndNotProvenIsToldAsThat() {
    var bench = Bench(phase: .verifying)
    bench.step()
    _ = bench.core.takeDirectives()
    bench.core.incident?.stamps.committedMs = bench.now.wallMs
    bench.pass(.seconds(178))
    var watch = ConvergenceWatch(roundMs: 5000, asksEveryWay: true)
    var told: [String] = []
    for round in 0..<8 {
      let line = NameServerLine(server: "ns1", answer: .new, askedMs: bench.now.wallMs)
      watch.add([line], atMs: bench.now.wallMs)
      #expect(bench.core.tookAnswers([watch], epoch: 4, now: bench.now) == false)
      told += Bench.texts(bench.core.takeDirectives()).filter { $0.hasPrefix("written, ") }
      #expect(told.isEmpty == (round < 3), "\(round): \(told)")
      bench.pass(.seconds(5))
    }
    #expect(told.count == 1 && told[0].contains("shown by all name servers"))
  }

  /// At the round that completes the proof nobody is missing, however long it took.
  @Test func aProofThatComesLateIsNotToldAsMissing() {
    var bench = Bench(phase: .verifying)
    bench.step()
    _ = bench.core.takeDirectives()
    let committed = bench.now.wallMs
    bench.core.incident?.stamps.committedMs = committed
    bench.pass(.seconds(200))
    var watch = ConvergenceWatch(roundMs: 5000)
    for isOver in [false, true] {
      let line = NameServerLine(server: "ns1", answer: .new, askedMs: bench.now.wallMs)
      watch.add([line], atMs: bench.now.wallMs)
      #expect(bench.core.tookAnswers([watch], epoch: 4, now: bench.now) == isOver)
      let texts = Bench.texts(bench.core.takeDirectives())
      #expect(!texts.contains { $0.hasPrefix("written, ") }, "\(texts)")
      bench.pass(.seconds(5))
    }
    #expect(bench.core.incident?.stamps.convergedMs == committed + 200_000)
  }

  /// When it was committed is not known of an incident of before.
  @Test func whenAllShowItIsWhenTheLastOneDid() {
    var bench = Bench(phase: .verifying)
    bench.step()
    #expect(bench.core.incident?.stamps.committedMs == nil)
    let watches = [0, 3].map { late in
      var watch = ConvergenceWatch(roundMs: 1000)
      for second in 0..<2 {
        let atMs = bench.now.wallMs + Int64(late + second) * 1000
        watch.add([NameServerLine(server: "ns1", answer: .new, askedMs: atMs)], atMs: atMs)
      }
      return watch
    }
    #expect(bench.core.tookAnswers(watches, epoch: 4, now: bench.now) == true)
    #expect(bench.core.incident?.stamps.convergedMs == bench.now.wallMs + 3000)
  }

  /// An operator who adopts while it is published raises the epoch: answers for the one before say
  /// nothing any more.
  @Test func theProofBeginsAnewUnderAnotherEpoch() {
    var bench = Bench(phase: .verifying)
    #expect(bench.step().contains(.verify))
    _ = bench.core.machine.noteConflict(
      [ForeignMarker(name: nil, text: "x", epoch: 9)], wallMs: bench.now.wallMs)
    _ = try? bench.core.machine.adopt(foreign: nil, by: "kim", epoch: 4)
    #expect(bench.core.machine.memory.intent?.epoch != 4)
    let watch = ConvergenceWatch(roundMs: 5000)
    #expect(bench.core.tookAnswers([watch], epoch: 4, now: bench.now) == nil)
    bench.core.verifyAnew()
    #expect(bench.core.takeDirectives() == [.verify])
  }

  /// Rule 360: what stands there then is taken over by the next reading.
  @Test func aRecordThatSomebodyChangesWhileItIsPublishedEndsTheMove() {
    var bench = Bench(phase: .verifying)
    bench.step()
    _ = bench.read("192.0.2.3")
    bench.step()
    #expect(bench.core.assessment?.decision.rule == .awaitPublication, "one reading is none")
    bench.pass(.seconds(10))
    _ = bench.read("192.0.2.3")
    let told = Bench.texts(bench.step())
    #expect(bench.core.lastIncident?.outcome == .failed, "\(told)")
    #expect(bench.core.lastIncident?.outcomeText?.contains("someone changed the record") == true)
    #expect(bench.core.shownRule == .overtaken || told.contains { $0.contains("overtaken") })
    bench.pass(.seconds(10))
    #expect(bench.read("192.0.2.3").isDoubtful, "one reading takes nothing over")
    bench.pass(.seconds(10))
    let found = bench.read("192.0.2.3")
    #expect(found.adoption != nil && bench.core.machine.memory.active == "ap")
  }

  /// They may still show what was before it.
  @Test func nameServersAreNotBelievedRightAfterAWrite() {
    var bench = Bench(phase: .steady) { $0.intent = nil }
    bench.core.lines = (1...2).map { server in
      NameServerLine(server: "ns\(server)", answer: .other, addresses: ["192.0.2.3"], askedMs: 0)
    }
    bench.core.wroteAt = bench.now.instant
    #expect(!bench.core.tookReading(isNew: false, now: bench.now).isByServers)
    bench.pass(.seconds(181))
    let found = bench.core.tookReading(isNew: false, now: bench.now)
    #expect(found.isByServers && found.shown == ["192.0.2.3"])
  }
  /// Each of two readings has to show the same.
  @Test func anotherValueInBetweenIsReadAnewTwice() {
    var bench = Bench()
    bench.step()
    bench.read()
    for (address, isDoubtful) in [
      ("192.0.2.3", true), ("192.0.2.2", true), ("192.0.2.2", false),
    ] {
      bench.pass(.seconds(10))
      #expect(bench.read(address).isDoubtful == isDoubtful, "\(address)")
    }
    #expect(bench.core.machine.memory.active == "eu")
  }

  @Test func theTimeToLiveIsKnownFromTheNewestReadingThatShowsOne() {
    var bench = Bench()
    bench.read()
    #expect(bench.core.ttlSeconds == 30)
    bench.core.tookRecords([], of: bench.now.instant, now: bench.now)
    #expect(bench.core.ttlSeconds == 30)
  }
}
