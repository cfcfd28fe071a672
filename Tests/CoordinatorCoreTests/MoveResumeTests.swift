import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What a move that is in the journal waits for, and what stands before each of its writes.
@Suite struct MoveResumeTests {
  /// A late echo's repair: nothing but doubt and other writers hold it.
  private static func repair(_ memory: inout Memory) {
    memory.intent = Intent(epoch: 4, errand: .repair, from: "eu", to: "us", rule: .lateEcho)
  }

  /// Where it is due by time, one that hears nobody waits for reports; with reports it begins.
  @Test func aMoveWaitsWhileTheCoordinatorDoubtsItself() {
    for isInDoubt in [true, false] {
      var bench = Bench(phase: .switching, Self.repair)
      bench.settle()
      bench.core.machine.observe(write: .pending)
      bench.core.resumed = false
      var doubts = Doubts(policy: bench.core.machine.policy, expectedTick: .milliseconds(500))
      var evidence = Evidence(floor: bench.now.instant)
      if isInDoubt { _ = doubts.tick(&evidence, now: bench.now.instant) }
      let step = bench.core.judge(evidence, doubts, now: bench.now)
      bench.core.settle(step, incident: nil, now: bench.now)
      #expect((step.assessment.decision.rule == .resumeWait) == isInDoubt)
      #expect(bench.core.takeDirectives().contains(.write(.begin)) != isInDoubt)
    }
  }

  /// The region was taken out of the file while the process was down: nothing is written there.
  @Test(arguments: [Phase.switching, .committed])
  func nothingIsWrittenTowardARegionThatIsGone(phase: Phase) {
    var bench = Bench(phase: phase) { $0.intent?.to = "mars" }
    #expect(bench.untilBegun() == nil)
    #expect(
      !bench.core.isMoving && (bench.core.machine.memory.intent == nil) == (phase == .switching))
    if phase == .switching { #expect(bench.core.lastIncident?.outcome == .cancelled) }
  }

  /// A journal that says so is none of ours; a move is never begun from it.
  @Test func anIntentOutsideOfAMoveBeginsNothing() {
    var bench = Bench(phase: .steady)
    #expect(bench.untilBegun() == nil && !bench.core.isMoving)
  }

  /// While another writer's marker stands, one that wrote nothing ends.
  @Test func aMoveThatWroteNothingEndsAtAnothersMarker() {
    var bench = Bench(phase: .switching, Self.repair)
    bench.settle()
    bench.core.machine.observe(write: .pending)
    bench.core.noteConflict(
      [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org")], now: bench.now)
    bench.step()
    #expect(bench.core.machine.write == .refused)
    bench.step()
    #expect(bench.core.machine.memory.intent == nil)
    #expect(bench.core.lastIncident?.outcome == .failed)
    #expect(bench.core.lastIncident?.outcomeText?.contains("until signalbox adopt") == true)
  }

  @Test func theRecordsAreWaitedForUntilTheyAreRead() {
    var bench = Bench(phase: .committed)
    #expect(bench.core.waitsForReading, "nothing was read yet")
    bench.read()
    #expect(bench.core.waitsForReading, "a move of before needs one of after its wait")
    bench.core.resumed = false
    #expect(!bench.core.waitsForReading)
    var idle = Bench()
    idle.read()
    #expect(!idle.core.waitsForReading)
  }

  /// A journal of before may hold the intent alone.
  @Test func aMoveWithoutItsIncidentIsFinishedAllTheSame() {
    var bench = Bench(phase: .committed)
    bench.core.incident = nil
    bench.step()
    bench.read("192.0.2.2")
    #expect(bench.core.machine.write == .all && bench.core.incident == nil)
    bench = Bench(phase: .switching)
    bench.core.incident = nil
    bench.core.machine.observe(write: .refused)
    bench.step()
    #expect(bench.core.machine.memory.intent == nil && bench.core.lastIncident == nil)
    let refused = ProviderError(.refused, .permanent, description: "no")
    bench.core.noteHindrance(.refused(refused), now: bench.now)
    #expect(Bench.texts(bench.core.takeDirectives()).isEmpty, "there is no move to hold up")
  }

  // MARK: Before each write

  /// One that is being written, with leave for its next write.
  private static func writing() -> Bench {
    var bench = Bench(phase: .committed)
    #expect(bench.untilBegun() != nil)
    _ = bench.core.nextTurn(.begin, jitter: 0)
    return bench
  }

  private static let record = ProviderRecord(
    id: 1, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 30)

  @Test func aWriteNeedsTheIntentThatItIsFor() {
    var bench = Self.writing()
    func leave() -> WritePermission {
      bench.core.permitWrite(Self.record, at: "eu", now: bench.now).permission
    }
    #expect(leave() == .go && bench.core.machine.write == .underway)
    let judged = bench.core.assessment
    bench.core.assessment = nil
    #expect(leave() == .stop("nothing is judged yet"))
    bench.core.assessment = judged
    bench.core.assessment?.decision.rule = .targetDeadNoOther
    #expect(leave() == .stop(RuleText.sentence(.targetDeadNoOther)))
    bench.core.assessment = judged
    bench.core.machine.memory.intent?.epoch = 5
    #expect(leave() == .stop("the intent of epoch 4 is closed"))
    bench.core.machine.memory.intent = nil
    #expect(leave() == .stop("the intent of epoch 4 is closed"))
    _ = bench.core.finishWriting(.move(.stopped("closed")), now: bench.now)
    #expect(leave() == .stop("nothing is written"))
    #expect(bench.core.finishWriting(.move(.committed), now: bench.now) == nil)
  }

  /// Whoever asks for the next write has read what the one before came to.
  @Test func theWriteBeforeIsSettledWhenTheNextOneIsAskedFor() {
    var bench = Self.writing()
    bench.core.machine.observe(write: .underway)
    #expect(bench.core.prepareWrite() == nil && bench.core.machine.write == .partly)
    bench.core.noteConflict(
      [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org")], now: bench.now)
    guard case .stop(let reason) = bench.core.prepareWrite() else {
      Issue.record("another writer claims the name")
      return
    }
    #expect(reason.hasSuffix("nothing is written until signalbox adopt"))
  }

  /// What a replaced move may still do is kept; everything else of it is no news of this one.
  @Test func ofAReplacedMoveOnlyWhatMayLandIsNoted() {
    var bench = Self.writing()
    _ = bench.core.takeDirectives()
    bench.core.machine.memory.intent?.epoch = 5
    bench.core.note(.ambiguous(Self.record, to: "192.0.2.2", "no answer"), now: bench.now)
    #expect(bench.core.machine.memory.echoes?.map(\.region) == ["eu"])
    bench.core.note(.committed(Self.record), now: bench.now)
    #expect(bench.core.incident?.records.contains { $0.committed } == false)
    #expect(bench.core.takeDirectives().isEmpty)
  }

  /// Nobody calls off what has written: why it does not get on is kept with it.
  @Test func whatHoldsUpAMoveIsKeptWithItsIncident() {
    let conflict = MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org")
    let cases: [(MoveResult, String)] = [
      (.interrupted("no answer"), "no answer"),
      (.foreign(found: ["203.0.113.9"]), "the record holds 203.0.113.9, which is not configured"),
      (.conflict([conflict]), MarkerConflict.words([conflict])),
    ]
    for (result, answer) in cases {
      var bench = Self.writing()
      guard let ended = bench.core.finishWriting(.move(result), now: bench.now) else {
        Issue.record("\(answer)")
        continue
      }
      bench.core.afterWriting(ended, now: bench.now)
      let trouble = bench.core.incident?.trouble
      #expect(trouble?.doing == "writing the records" && trouble?.times == 1)
      #expect(trouble?.answer == String(answer.prefix(400)))
    }
  }
}
