import Testing
import Wire

/// What comes from outside is cut where it enters, and arithmetic with its numbers saturates.
@Suite struct OutsideTests {
  @Test func textsAreCutBetweenCharacters() {
    #expect(Outside.text("short") == "short")
    #expect(Outside.text(String(repeating: "a", count: 300)).utf8.count == 300)
    let long = Outside.text(String(repeating: "ä", count: 1_000_000))
    #expect(long.utf8.count <= 300 && long.hasSuffix("ä…"))
    #expect(Outside.text("abcdef", bytes: 2) == "")
    #expect(Outside.text("abcdef", bytes: 5) == "ab…")
    #expect(Outside.list(Array(repeating: "x", count: 1000)).count == Limits.outsideEntries)
  }

  /// A single character may have a megabyte: one letter and its marks.
  @Test func oneCharacterMayBeLong() {
    let marks = "e" + String(repeating: "\u{301}", count: 500_000)
    #expect(Outside.text(marks).utf8.count <= 300)
  }

  @Test func millisecondsSaturate() {
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
    #expect(Duration.milliseconds(Int64.max).wholeMilliseconds == .max)
    #expect(Duration.milliseconds(Int64.min).wholeMilliseconds == .min)
    #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
    #expect(Int64.max.addingSaturated(1) == .max)
    #expect(Int64.min.addingSaturated(-1) == .min)
    #expect(Int64.min.subtractingSaturated(1) == .min)
    #expect(Int64.max.subtractingSaturated(-1) == .max)
  }
}
