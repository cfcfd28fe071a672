import Testing
import Wire

@testable import CoordinatorCore

/// When the name servers are taken to agree (RULES 16).
@Suite struct ConvergenceWatchTests {
  /// Lines from letters: n new, o old, x other, m mute.
  private func round(_ letters: String) -> [NameServerLine] {
    letters.enumerated().map { index, letter in
      let answer = NameServerAnswer(letter: letter)
      return NameServerLine(server: "ns\(index)", answer: answer, askedMs: 0)
    }
  }

  /// Rounds a second apart, from 10,000 ms on; the proof spans 5 s.
  private func watch(_ rounds: [String]) -> ConvergenceWatch {
    var watch = ConvergenceWatch(roundMs: 5_000)
    for (index, letters) in rounds.enumerated() {
      watch.add(round(letters), atMs: 10_000 + Int64(index) * 1_000)
    }
    return watch
  }

  @Test func convergedNeedsTwoRoundsApart() {
    #expect(watch(["nnn"]).convergedMs == nil)
    #expect(watch(Array(repeating: "nnn", count: 5)).convergedMs == nil)
    #expect(watch(Array(repeating: "nnn", count: 6)).convergedMs == 10_000)
    #expect(watch(["ooo", "onn", "onn"] + Array(repeating: "nnn", count: 6)).convergedMs == 13_000)
  }

  @Test func oldOrOtherBreaksTheRun() {
    for answer in ["o", "x"] {
      let broken = ["nnn", "nnn", "nnn", "nn\(answer)", "nnn", "nnn", "nnn"]
      #expect(watch(broken).convergedMs == nil)
      // The last server showed the new address anew at 14 s.
      #expect(watch(broken + ["nnn", "nnn", "nnn"]).convergedMs == 14_000)
    }
  }

  @Test func aMuteServerIsListedAndDoesNotBlock() {
    let result = watch(Array(repeating: "nnm", count: 6))
    #expect(result.isConverged)
    #expect(result.lines.map(\.answer) == [.new, .new, .mute])
    #expect(result.lines.map(\.newSinceMs) == [10_000, 10_000, nil])
    #expect(watch(Array(repeating: "nmmm", count: 9)).convergedMs == nil, "fewer than half")
    #expect(watch(Array(repeating: "nm", count: 6)).isConverged, "half is enough")
    #expect(watch(Array(repeating: "mmm", count: 9)).convergedMs == nil)
    #expect(watch(Array(repeating: "", count: 9)).convergedMs == nil)
    #expect(watch(Array(repeating: "", count: 5) + ["nnn"]).convergedMs == nil, "one round")
  }

  @Test func silenceDoesNotTakeBackWhatWasShown() {
    let result = watch(["nnn", "nmn", "nnn", "nnn", "nnn", "nnn"])
    #expect(result.convergedMs == 10_000)
    let late = watch(["nnm", "nnm", "nnm", "nnn", "nnn", "nnn"])
    #expect(late.convergedMs == 13_000, "the last of the answering ones")
  }

  @Test func theResultStays() {
    let result = watch(Array(repeating: "nnn", count: 6) + ["oon"])
    #expect(result.convergedMs == 10_000)
    #expect(result.lines.map(\.answer) == [.old, .old, .new])
    let again = watch(
      Array(repeating: "nnn", count: 6) + ["oon"] + Array(repeating: "nnn", count: 9))
    #expect(again.convergedMs == 10_000)
  }

  @Test func aClockThatGoesBackStartsAnew() {
    var watch = ConvergenceWatch(roundMs: 5_000)
    watch.add(round("nn"), atMs: 100_000)
    watch.add(round("nn"), atMs: 50_000)
    watch.add(round("nn"), atMs: 54_000)
    #expect(!watch.isConverged)
    watch.add(round("nn"), atMs: 55_000)
    #expect(watch.convergedMs == 50_000)
  }

  /// Only one that went back does: rounds may come within one millisecond.
  @Test func aClockThatStandsStillTakesNothingBack() {
    var watch = ConvergenceWatch(roundMs: 5_000, asksEveryWay: true)
    for tcp in [NameServerAnswer.new, nil] {
      var lines = round("n")
      lines[0].tcp = tcp
      watch.add(lines, atMs: 10_000)
    }
    #expect(!watch.wantsEveryWay(atMs: 10_001), "it was asked every way")
  }

  /// Upper case: asked every way, and so over TCP.
  private func everyWay(_ rounds: [String]) -> ConvergenceWatch {
    var watch = ConvergenceWatch(roundMs: 5_000, asksEveryWay: true)
    for (index, letters) in rounds.enumerated() {
      var lines = round(letters.lowercased())
      for (at, letter) in letters.enumerated() where letter.isUppercase {
        lines[at].tcp = lines[at].answer
      }
      watch.add(lines, atMs: 10_000 + Int64(index) * 1_000)
    }
    return watch
  }

  @Test func theFirstRoundsFollowAtOnce() {
    let pauses = (0...9).map { watch(Array(repeating: "onn", count: $0)).pause }
    #expect(pauses.first == .milliseconds(5))
    #expect(pauses == pauses.sorted())
    #expect(pauses.last == .seconds(1), "a fifth of 5 s")
    #expect(ConvergenceWatch(roundMs: 10).pause == .milliseconds(5))
    var short = ConvergenceWatch(roundMs: 10)
    for at in 0..<6 { short.add(round("o"), atMs: Int64(at)) }
    #expect(short.pause == .milliseconds(50))
  }

  @Test func theProofRestsOnEveryWay() {
    #expect(!everyWay(Array(repeating: "nnn", count: 9)).isConverged)
    let whole = ["nnn", "NNN", "nnn", "nnn", "nnn", "NNN"]
    #expect(everyWay(whole).convergedMs == 10_000)
    #expect(!everyWay(Array(whole.dropLast())).isConverged)
    #expect(!everyWay(Array(whole.dropLast()) + ["NNn"]).isConverged, "one was not asked again")
    #expect(everyWay(["nnm", "NNM", "nnm", "nnm", "nnm", "NNM"]).isConverged, "mute is mute")
    // A contradiction starts it anew.
    #expect(!everyWay(["nnn", "NNN", "nnn", "NNO", "nnn", "NNN"]).isConverged)
  }

  @Test func everyWayIsAskedOnlyWhereTheProofNeedsIt() {
    #expect(!everyWay([]).wantsEveryWay(atMs: 10_000))
    #expect(!everyWay(["onn"]).wantsEveryWay(atMs: 11_000))
    #expect(everyWay(["nnn"]).wantsEveryWay(atMs: 11_000), "the first that confirms")
    #expect(!everyWay(["nnn", "NNN"]).wantsEveryWay(atMs: 12_000))
    #expect(everyWay(["nnn", "NNN"]).wantsEveryWay(atMs: 15_000), "the last")
    #expect(everyWay(["nnn", "NNO"]).wantsEveryWay(atMs: 12_000), "as long as one contradicts")
    #expect(everyWay(["nnn", "NNO", "nnn"]).wantsEveryWay(atMs: 13_000))
    let over = everyWay(["nnn", "NNN", "nnn", "nnn", "nnn", "NNN"])
    #expect(!over.wantsEveryWay(atMs: 30_000))
    #expect(!watch(["nnn"]).wantsEveryWay(atMs: 30_000))
  }
}
