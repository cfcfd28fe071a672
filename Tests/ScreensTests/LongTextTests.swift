import Testing

@testable import Screens

/// Screens are linear in what they show: what others say must not hold up who decides.
@Suite struct LongTextTests {
  /// Quadratic code takes minutes here: 4,000 lines of a text that is counted anew for each.
  @Test(arguments: [300_000, 1_000_000])
  func aLongWordIsWrappedInLinearTime(letters: Int) {
    let word = String(repeating: "x", count: letters)
    var lines: [String] = []
    let took = ContinuousClock().measure { lines = Text.wrap(word, 76) }
    #expect(took < .seconds(20), "\(took)")
    #expect(lines.count == (letters + 75) / 76)
    #expect(lines.joined() == word)
  }

  @Test func aPageOfIt() {
    var page = Page(ScreenStyle())
    let text =
      String(repeating: "abcdefghij ", count: 15_000)
      + String(repeating: "y", count: 150_000)
    let took = ContinuousClock().measure {
      page.headline("ATTENTION", .bad, text)
      page.labelled("Why", text)
      #expect(page.text.contains("yyyy"))
    }
    #expect(took < .seconds(30), "\(took)")
  }
}

/// Nothing that others said steers the terminal, wherever on a screen it stands.
@Suite struct CleanPageTests {
  @Test func everySegmentIsCleaned() {
    var page = Page(ScreenStyle(colours: true))
    let evil = "a\u{1B}[2Jb\u{202E}c\u{9B}d\re"
    page.add(evil)
    page.add([Segment(evil, .bad), Segment(evil)])
    page.spread([Segment(evil)], evil)
    page.headline(evil, .bad, evil)
    let text = page.text.replacing("\u{1B}[31m", with: "").replacing("\u{1B}[0m", with: "")
      .replacing("\u{1B}[1m", with: "").replacing("\u{1B}[2m", with: "")
    #expect(
      text.unicodeScalars.allSatisfy { $0 == "\n" || !($0.value < 32 || $0.value == 0x9B) }
        && !text.unicodeScalars.contains("\u{202E}"), "\(text)")
  }
}
