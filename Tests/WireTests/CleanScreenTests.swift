import Testing
import Wire

/// What is written to a terminal: our own sequences, nobody else's.
@Suite struct CleanScreenTests {
  @Test func oursStay() {
    let ours = "\u{1B}[31mDOWN\u{1B}[0m  app\n\u{1B}[3F\u{1B}[J\u{1B}[H\r\u{1B}[2K ...\r[##\u{1B}[K"
    #expect(PlainText.cleanScreen(ours) == ours)
  }

  @Test(arguments: [
    "\u{1B}]0;title\u{7}", "\u{1B}c", "\u{9B}31m", "\u{1B}[6n", "\u{1B}[?1049h", "a\rb",
    "\u{202E}x",
    "\u{1B}", "\u{1B}[", "\u{1B}[1", "\u{1B}[11111111111111m", "\u{8}",
  ])
  func othersGo(text: String) {
    let clean = PlainText.cleanScreen("before \(text) after\n")
    #expect(!clean.unicodeScalars.contains { PlainText.steers($0) && $0 != "\n" }, "\(clean)")
    #expect(clean.hasPrefix("before ") && clean.hasSuffix("after\n"))
  }
}
