import Testing
import Wire

@testable import CoordinatorCore

@Suite struct CacheWatchTests {
  /// Lines from letters: n new, o old, x other, m mute; an address that is not the new one comes
  /// with `ttl`.
  private func round(_ letters: String, at: Int64, ttl: Int = 30) -> [NameServerLine] {
    letters.enumerated().map { index, letter in
      let answer = NameServerAnswer(letter: letter)
      return NameServerLine(
        server: "r\(index)", answer: answer, ttlSeconds: answer == .mute ? nil : ttl,
        askedMs: at)
    }
  }

  private func watch(questions: Int = 1, ttl: Int? = 30) -> CacheWatch {
    CacheWatch(questions: questions, sinceMs: 100_000, ttlSeconds: ttl)
  }

  private func answers(_ watch: CacheWatch) -> String {
    watch.lines.map { "\($0.answer.rawValue.prefix(1))" }.joined()
  }

  @Test func oldTurnsNew() {
    var watch = watch()
    watch.add(round("on", at: 101_000, ttl: 20), atMs: 101_010)
    #expect(answers(watch) == "on")
    #expect(watch.oldUntilMs(atMs: 101_010) == 121_000)
    #expect(watch.clearMs == nil && !watch.isOver(atMs: 101_010))
    watch.add(round("on", at: 120_000, ttl: 1), atMs: 120_010)
    #expect(watch.oldUntilMs(atMs: 120_010) == 121_000)
    watch.add(round("nn", at: 121_500), atMs: 121_510)
    #expect(watch.clearMs == 121_510)
    #expect(watch.oldUntilMs(atMs: 121_510) == nil)
    #expect(watch.isOver(atMs: 121_510))
    // It stays, whatever comes after.
    watch.add(round("on", at: 122_500), atMs: 122_510)
    #expect(watch.clearMs == 121_510)
    watch.add(round("nn", at: 160_000), atMs: 160_000)
    #expect(watch.clearMs == 121_510)
  }

  @Test func allNewAtOnce() {
    var watch = watch()
    watch.add(round("nnn", at: 100_100), atMs: 100_200)
    #expect(watch.clearMs == 100_200)
  }

  /// Several caches answer at one address: another's new answer takes nothing back.
  @Test func anOldAnswerCountsUntilItsTimeIsOver() {
    var watch = watch()
    watch.add(round("o", at: 101_000, ttl: 25), atMs: 101_000)
    watch.add(round("n", at: 102_000), atMs: 102_000)
    #expect(answers(watch) == "n", "what it said last is shown")
    #expect(watch.oldUntilMs(atMs: 102_000) == 126_000)
    #expect(watch.clearMs == nil)
    watch.add(round("n", at: 125_900), atMs: 125_999)
    #expect(watch.clearMs == nil)
    watch.add(round("n", at: 126_000), atMs: 126_000)
    #expect(watch.clearMs == 126_000)
  }

  @Test func silenceIsNoAnswer() {
    var mute = watch()
    mute.add(round("mm", at: 101_000), atMs: 101_000)
    #expect(mute.clearMs == nil && mute.oldUntilMs(atMs: 101_000) == nil)
    var one = watch()
    one.add(round("mn", at: 101_000), atMs: 101_000)
    #expect(one.clearMs == 101_000, "every one that answers")
    // One that becomes mute is shown as it was, while that may hold.
    var watch = watch()
    watch.add(round("on", at: 101_000, ttl: 20), atMs: 101_000)
    watch.add(round("mm", at: 110_000), atMs: 110_000)
    #expect(answers(watch) == "on")
    #expect(watch.clearMs == nil)
    watch.add(round("mm", at: 121_000), atMs: 121_000)
    #expect(answers(watch) == "mn")
    #expect(watch.clearMs == 121_000)
  }

  /// What says nothing is the newest word of who has said nothing.
  @Test func aResolverThatStaysMuteIsShownAsAskedLast() {
    var watch = watch()
    watch.add(round("m", at: 101_000), atMs: 101_000)
    watch.add(round("m", at: 102_000), atMs: 102_000)
    #expect(watch.lines.map(\.askedMs) == [102_000] && watch.clearMs == nil)
  }

  /// An old answer that does not tell how long it is kept was old when it was asked for.
  @Test func withoutATimeToLiveAnOldAnswerEndsWhereItWasAsked() {
    var old = round("o", at: 101_000)
    old[0].ttlSeconds = nil
    #expect(NameServerLine.oldUntilMs(old) == 101_000)
    var watch = watch()
    watch.add(old, atMs: 101_010)
    #expect(watch.oldUntilMs(atMs: 101_010) == nil && watch.clearMs == nil)
  }

  @Test func anotherAddressIsNotNew() {
    var watch = watch()
    watch.add(round("nx", at: 101_000, ttl: 5), atMs: 101_000)
    #expect(watch.clearMs == nil)
    #expect(watch.oldUntilMs(atMs: 101_000) == 106_000)
    var empty = round("nx", at: 102_000)
    empty[1].ttlSeconds = nil
    watch.add(empty, atMs: 107_000)
    #expect(watch.clearMs == nil, "that there is nothing is an answer too")
    watch.add(round("nn", at: 108_000), atMs: 108_000)
    #expect(watch.clearMs == 108_000)
  }

  /// Every name in every family has to be new; each is asked in its turn.
  @Test func everyQuestionCounts() {
    var watch = watch(questions: 3)
    var asked: [Int] = []
    for (index, letters) in ["nn", "no", "nn", "nn", "nn"].enumerated() {
      let at = 101_000 + Int64(index) * 10_000
      asked.append(watch.question)
      watch.add(round(letters, at: at, ttl: 25), atMs: at)
    }
    #expect(asked == [0, 1, 2, 0, 1])
    #expect(watch.clearMs == 141_000, "when the second was asked again")
    #expect(answers(watch) == "nnnnnn")
    var short = self.watch(questions: 2)
    short.add(round("n", at: 101_000), atMs: 101_000)
    #expect(short.clearMs == nil, "the other was not asked")
    short.add(round("n", at: 102_000), atMs: 102_000)
    #expect(short.clearMs == 102_000)
  }

  @Test func itEnds() {
    let margin = CacheWatch.marginMs
    var plain = watch()
    #expect(!plain.isOver(atMs: 100_000 + 30_000 + margin - 1))
    #expect(plain.isOver(atMs: 100_000 + 30_000 + margin))
    #expect(plain.isOver(atMs: 99_999), "the clock went back")
    // What a resolver says of its own cache counts, where it is longer.
    plain.add(round("o", at: 105_000, ttl: 60), atMs: 105_000)
    #expect(!plain.isOver(atMs: 165_000 + margin - 1))
    #expect(plain.isOver(atMs: 165_000 + margin))
    // Never longer than an hour, whatever anybody says.
    let end = 100_000 + CacheWatch.longestMs
    for ttl in [nil, 86_400] {
      #expect(!watch(ttl: ttl).isOver(atMs: end - 1))
      #expect(watch(ttl: ttl).isOver(atMs: end))
    }
    plain.add(round("o", at: 105_000, ttl: Int(UInt32.max)), atMs: 105_000)
    #expect(!plain.isOver(atMs: end - 1))
    #expect(plain.isOver(atMs: end))
  }

  @Test func thePaceIsModest() {
    let watch = watch()
    let pauses = [0, 10_000, 30_000, 60_000, 600_000, 900_000, 3_600_000].map {
      watch.pause(atMs: 100_000 + $0)
    }
    #expect(pauses == [1, 1, 1, 2, 20, 30, 30].map { Duration.seconds($0) })
    #expect(watch.pause(atMs: 0) == .seconds(1))
  }

  /// Another list of resolvers takes the place of the one before.
  @Test func resolversThatAreAskedNoMoreDoNotCount() {
    var watch = watch()
    watch.add(round("no", at: 101_000), atMs: 101_000)
    watch.add(round("n", at: 102_000), atMs: 102_000)
    #expect(answers(watch) == "n")
    #expect(watch.clearMs == 102_000)
  }
}
