import Seeded
import Testing
import Wire

struct ProbeTallyTests {
  private func tally(_ outcomes: [ProbeOutcome], fall: Int = 3) -> ProbeTally<Int> {
    var tally = ProbeTally<Int>()
    for (time, outcome) in outcomes.enumerated() {
      tally.take(outcome, started: time, fall: fall)
    }
    return tally
  }

  @Test func itStartsWithoutAVote() {
    #expect(ProbeTally<Int>().vote == .none)
    #expect(tally([.dark, .erroring]).vote == .none)
  }

  @Test func fallBadOnesInARowTurnIt() {
    #expect(tally([.serving, .dark, .dark]).vote == .serving)
    let down = tally([.serving, .dark, .erroring, .dark])
    #expect(down.vote == .bad)
    #expect(down.badSince == 1)
    #expect(down.badRun == 3)
    #expect(down.servingStarted == 0)
  }

  @Test func oneServingOneTurnsItBack() {
    let up = tally([.dark, .dark, .dark, .dark, .serving])
    #expect(up.vote == .serving)
    #expect(up.badRun == 0)
    #expect(up.badSince == nil)
    #expect(up.servingStarted == 4)
  }

  @Test func noVoteChangesNothing() {
    #expect(tally([.dark, .none, .dark, .none, .dark]).vote == .bad)
    #expect(tally([.dark, .none, .dark, .none, .dark]).badSince == 0)
    #expect(tally([.serving, .none, .none, .none]).vote == .serving)
  }

  /// Hours of answers that say nothing lie between two bad ones: they are no run, and the second
  /// one has not lasted for hours.
  @Test func aRunWithALongGapIsOver() {
    var tally = ProbeTally<Int>()
    for time in [0, 1] { tally.take(.dark, started: time, fall: 3, runsFrom: time - 3) }
    for time in 2..<900 { tally.take(.none, started: time, fall: 3, runsFrom: time - 3) }
    tally.take(.dark, started: 900, fall: 3, runsFrom: 897)
    #expect(tally.vote == .none && tally.badRun == 1 && tally.badSince == 900)
    for time in [901, 904] { tally.take(.dark, started: time, fall: 3, runsFrom: time - 3) }
    #expect(tally.vote == .bad && tally.badSince == 900 && tally.badNewest == 904)
    // A bad vote of before ends with its run.
    tally.take(.erroring, started: 2000, fall: 3, runsFrom: 1997)
    #expect(tally.vote == .none && tally.badRun == 1 && tally.badNewest == 2000)
  }

  @Test(arguments: [(Int64(5000), 3, Int64(15_000)), (-1, 3, 0), (5, 0, 5)])
  func aRunMaySpanAsManyPeriodsAsItNeedsProbes(periodMs: Int64, fall: Int, span: Int64) {
    #expect(ProbeTally<Int>.runMs(periodMs: periodMs, fall: fall) == span)
    #expect(ProbeTally<Int>.runMs(periodMs: .max, fall: .max) == .max / 4)
  }

  @Test func invalidBadOnesAreNoEvidence() {
    var tally = ProbeTally<Int>()
    for time in 0..<10 { tally.take(.dark, started: time, fall: 3, valid: false) }
    #expect(tally == ProbeTally<Int>())
    // A serving one is evidence whatever the round was.
    tally.take(.serving, started: 10, fall: 3, valid: false)
    #expect(tally.vote == .serving)
  }

  /// The vote, said another way: bad once there were `fall` valid bad outcomes since the last
  /// serving one.
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func anyHistoryGivesTheVoteOfTheRule(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let fall = Int.random(in: 1...5, using: &generator)
      var tally = ProbeTally<Int>()
      var expected = Vote.none
      var run: [Int] = []
      for time in 0..<40 {
        let outcome = ProbeOutcome.allCases.randomElement(using: &generator) ?? .none
        let valid = Bool.random(using: &generator) || outcome == .serving
        tally.take(outcome, started: time, fall: fall, valid: valid)
        if outcome == .serving {
          run = []
          expected = .serving
        } else if outcome.isBad, valid {
          run.append(time)
          if run.count >= fall { expected = .bad }
        }
        #expect(tally.vote == expected, "seed \(seed)")
        #expect(tally.badRun == run.count, "seed \(seed)")
        #expect(tally.badSince == run.first, "seed \(seed)")
      }
    }
  }
}

extension ProbeTally where Time: Equatable {
  fileprivate static func == (left: ProbeTally, right: ProbeTally) -> Bool {
    left.vote == right.vote && left.badRun == right.badRun && left.badSince == right.badSince
      && left.servingStarted == right.servingStarted
  }
}
