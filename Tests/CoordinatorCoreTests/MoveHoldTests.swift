import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What a move is begun with and waits for, and what is kept of why it does not get on.
@Suite struct MoveHoldTests {
  private static let address = ProviderRecord(
    id: 1, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 30)

  // MARK: Taken up once, after a reading of then

  @Test func aMoveThatWritesIsNotBegunAgain() {
    var bench = Bench(phase: .committed)
    #expect(bench.untilBegun() != nil)
    let generation = bench.core.generation
    for _ in 0..<5 {
      bench.pass(.seconds(1))
      #expect(bench.step().isEmpty)
    }
    #expect(bench.core.generation == generation, "readings of it count")
  }

  /// Before it no write of the process before may land any more; one of that instant counts.
  @Test func aReadingCountsFromTheEndOfTheWaitOn() throws {
    var bench = Bench(phase: .committed)
    bench.core.machine.observe(write: .underway)
    let from = try #require(bench.core.mayWriteFrom)
    bench.pass(from - bench.now.instant - .milliseconds(1))
    for _ in 0..<50 {
      bench.core.tookRecords([Self.address], of: from - .milliseconds(1), now: bench.now)
      #expect(!bench.step().contains(.write(.begin)))
      bench.pass(.seconds(1))
    }
    bench.core.tookRecords([Self.address], of: from, now: bench.now)
    let begins = (0..<3).map { _ in bench.step().contains(.write(.begin)) }
    #expect(begins == [false, true, false])
  }

  /// What is known to have written nothing needs no reading to go on.
  @Test func whatWroteNothingIsTakenUpWithoutAReading() {
    var bench = Bench(phase: .committed)
    bench.core.machine.observe(write: .underway)
    bench.settle()
    #expect(!bench.core.isMoving, "it may have written")
    bench.core.machine.observe(write: .partly)
    _ = bench.step()
    bench.pass(.seconds(1))
    #expect(bench.step().contains(.write(.begin)))
  }

  @Test func onlyAnOpenMoveWaitsAtAStart() {
    #expect(Bench().core.mayWriteFrom == nil && !Bench().core.resumed)
    let open = Bench(phase: .committed).core
    #expect(open.mayWriteFrom != nil && open.resumed)
  }

  @Test func aReadingCountsForSixOfItsPeriods() {
    var bench = Bench()
    bench.read()
    bench.pass(.seconds(60))
    #expect(bench.core.isFresh(now: bench.now))
    bench.pass(.milliseconds(1))
    #expect(!bench.core.isFresh(now: bench.now))
  }

  // MARK: What it may write over

  /// A move expects what the one before it left; after one that was replaced, or an abandoned write
  /// that landed late, that may be any region's address.
  @Test(arguments: [(Rule.failOver, false), (.supersede, false), (.failOver, true)])
  func whatAMoveExpects(rule: Rule, mayEcho: Bool) {
    var bench = Bench(phase: .committed) { $0.intent?.rule = rule }
    #expect(bench.untilBegun() != nil)
    _ = bench.core.finishWriting(.move(.stopped("again")), now: bench.now)
    if mayEcho { bench.core.machine.noteMayLand(address: "192.0.2.3", epoch: 3, now: bench.now) }
    bench.core.startMove()
    _ = bench.core.nextTurn(.begin, jitter: 0)
    var other = Self.address
    other.target = "192.0.2.3"
    let turn = bench.core.nextTurn(.records(.success([other])), jitter: 0)
    let asks = if case .ask(.mayWrite) = turn?.then { true } else { false }
    #expect(asks == (rule == .supersede || mayEcho), "\(String(describing: turn))")
  }

  /// Each record of a move is committed by itself.
  @Test func whichRecordIsCommittedIsKept() {
    var bench = Bench(phase: .committed)
    bench.core.incident?.records = ["A", "AAAA"].map {
      RecordChange(name: "app.example.org", type: $0, old: nil, new: "x")
    }
    var record = Self.address
    record.type = "AAAA"
    record.id = 9
    bench.core.note(.committed(record), ofMove: 4, now: bench.now)
    #expect(bench.core.incident?.records.map(\.committed) == [false, true])
    #expect(bench.core.incident?.records.map(\.recordId) == [nil, 9])
    #expect(bench.core.machine.write == .partly, "the other one is still to come")
    bench.core.note(.committed(Self.address), ofMove: 3, now: bench.now)
    #expect(bench.core.incident?.records.map(\.committed) == [false, true], "of another move")
  }

  @Test func aProofBeginsAnewOnlyWhereThereIsOne() {
    var bench = Bench(phase: .committed)
    bench.step()
    _ = bench.core.takeDirectives()
    bench.core.verifyAnew()
    #expect(bench.core.takeDirectives().isEmpty)
  }

  // MARK: Where users are

  /// Told at the first of them, however often it is looked at before the next.
  @Test func aReadingThatWouldMoveUsersIsToldOnce() {
    var bench = Bench()
    bench.step()
    bench.read()
    _ = bench.core.takeDirectives()
    bench.read("192.0.2.2")
    let text =
      "app.example.org reads as 192.0.2.2: it counts if the next reading shows it too"
    #expect(Bench.texts(bench.core.takeDirectives()) == [text])
    for _ in 0..<3 {
      #expect(bench.core.tookReading(isNew: false, now: bench.now).isDoubtful)
      #expect(bench.core.forgetting == Sighting(shown: ["192.0.2.2"], times: 1))
    }
    #expect(Bench.texts(bench.core.takeDirectives()).isEmpty)
    let found = bench.read("192.0.2.2")
    #expect(!found.isDoubtful && Bench.texts(bench.core.takeDirectives()).isEmpty)
    let told = found.adoption?.events.map(\.text)
    #expect(
      told == [
        "someone pointed app.example.org at eu: taken over as an operator's move; automatic "
          + "failback is off until signalbox failback app"
      ])
  }

  /// The primary is where users belong: nothing keeps them from there.
  @Test func whoeverPointsItHomeEndsThePin() {
    var bench = Bench { $0.active = "eu" }
    bench.step()
    bench.read("192.0.2.2")
    bench.read("192.0.2.1")
    let told = bench.read("192.0.2.1").adoption?.events.map(\.text)
    #expect(
      told == ["someone pointed app.example.org at us: taken over as an operator's move"])
  }

  /// Name servers may show what was before a move of before this start, unless it is known to be
  /// published, or to have written nothing.
  @Test(
    arguments: [
      (.open, false), (.failed, false), (.superseded, false), (.converged, true),
      (.cancelled, true),
    ] as [(IncidentOutcome, Bool)])
  func nameServersAreBelievedAfterWhatTheyShowed(outcome: IncidentOutcome, isBelieved: Bool) {
    var bench = Bench()
    var last = Bench(phase: .verifying).core.incident
    last?.outcome = outcome
    bench.core.lastIncident = last
    bench.core.lines = (1...2).map { server in
      NameServerLine(server: "ns\(server)", answer: .other, addresses: ["192.0.2.1"], askedMs: 0)
    }
    #expect(bench.core.tookReading(isNew: false, now: bench.now).isByServers == isBelieved)
    bench.pass(.seconds(180))
    #expect(bench.core.tookReading(isNew: false, now: bench.now).isByServers == isBelieved)
    bench.pass(.milliseconds(1))
    #expect(bench.core.tookReading(isNew: false, now: bench.now).isByServers)
  }

  /// Whatever it may have come to.
  @Test(
    arguments: [
      (.pending, true), (.underway, true), (.partly, true), (.refused, false),
    ] as [(WriteFact, Bool)])
  func aWriteOfBeforeThatHasLandedIsFound(write: WriteFact, isFound: Bool) {
    var bench = Bench(phase: .committed)
    bench.step()
    bench.core.machine.observe(write: write)
    bench.read("192.0.2.2")
    #expect((bench.core.machine.write == .all) == isFound)
  }

  // MARK: Why it does not get on

  @Test func whatHoldsItUpIsForgottenWhenThatIsOver() {
    var bench = Bench(phase: .committed)
    func wait(_ act: MoveAct) -> MoveStep {
      .waiting(MoveWait(act: act, times: 1, answer: "502", time: .seconds(2)))
    }
    bench.core.note(wait(.reading), ofMove: 4, now: bench.now)
    bench.core.note(wait(.reading), ofMove: 4, now: bench.now)
    #expect(bench.core.incident?.trouble?.times == 2)
    #expect(bench.core.incident?.trouble?.doing == "reading the records")
    #expect(bench.core.incident?.trouble?.nextMs == bench.now.wallMs + 2000)
    bench.core.note(.read([]), ofMove: 4, now: bench.now)
    #expect(bench.core.incident?.trouble == nil)
    bench.core.note(wait(.reading), ofMove: 4, now: bench.now)
    bench.core.note(wait(.writing(Self.address)), ofMove: 4, now: bench.now)
    #expect(bench.core.incident?.trouble?.times == 1, "that is something else")
    bench.core.note(.readBack([]), ofMove: 4, now: bench.now)
    #expect(bench.core.incident?.trouble?.doing == "writing A app.example.org", "it is not written")
    bench.core.note(.committed(Self.address), ofMove: 4, now: bench.now)
    #expect(bench.core.incident?.trouble == nil)
  }

  @Test func whatHasEndedIsNotHeldUp() {
    var bench = Bench(phase: .verifying)
    bench.core.incident?.outcome = .failed
    bench.core.hinder("writing", answer: "502", nextMs: nil, now: bench.now)
    #expect(bench.core.incident?.trouble == nil)
  }

  /// The move that took its place is not held up by how it ended.
  @Test func theEndOfAReplacedMoveHoldsNothingUp() throws {
    for isReplaced in [false, true] {
      var bench = Bench(phase: .committed)
      #expect(bench.untilBegun() != nil)
      _ = bench.core.nextTurn(.begin, jitter: 0)
      if isReplaced { bench.core.machine.memory.intent?.epoch = 5 }
      let ended = bench.core.finishWriting(.move(.foreign(found: ["x"])), now: bench.now)
      bench.core.afterWriting(try #require(ended), now: bench.now)
      #expect((bench.core.incident?.trouble == nil) == isReplaced)
    }
  }

  /// Somebody may have asked for something while the machine called it off by itself.
  @Test func whoAskedForSomethingElseDidNotCallItOff() {
    var bench = Bench(phase: .switching) { $0.intent?.to = "mars" }
    bench.core.asked = Asked(by: "kim", reason: nil)
    #expect(bench.untilBegun() == nil)
    #expect(bench.core.lastIncident?.outcome == .cancelled)
    #expect(bench.core.lastIncident?.outcomeText?.contains("kim") == false)
  }

  // MARK: Other writers

  @Test func oneIsToldWhomToLookFor() {
    for (isOwn, words) in [
      (true, "See to it that no copy runs"), (false, "Two coordinators, or one that was rebuilt?"),
    ] {
      var bench = Bench()
      bench.step()
      _ = bench.core.takeDirectives()
      bench.core.noteConflict(
        [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org", isOwn: isOwn)],
        now: bench.now)
      let texts = Bench.texts(bench.core.takeDirectives())
      #expect(texts.count == 1 && texts[0].contains(words), "\(texts)")
    }
  }

  @Test func whatIsAdoptedIsNoConflictAtAStart() throws {
    var bench = Bench()
    try bench.adopt()
    #expect(bench.core.machine.memory.conflict != nil)
    #expect(bench.core.start(at: bench.now).events.isEmpty)
  }
}
