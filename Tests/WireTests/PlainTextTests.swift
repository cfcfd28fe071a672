import Testing
import Wire

/// What others wrote, before it is shown.
struct PlainTextTests {
  private static let scalars = (0...0x10FFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)

  @Test func nothingThatSteersIsLeftOfAnyCharacter() {
    var all = String.UnicodeScalarView()
    all.append(contentsOf: Self.scalars)
    for clean in [PlainText.clean(String(all)), PlainText.spelled(String(all))] {
      #expect(!clean.unicodeScalars.contains(where: PlainText.steers))
      #expect(PlainText.clean(clean) == clean)
      #expect(PlainText.spelled(clean) == clean)
    }
    let lines = PlainText.cleanLines(String(all))
    #expect(lines.unicodeScalars.filter(PlainText.steers) == ["\n"])
    #expect(lines.unicodeScalars.count == Self.scalars.count)
  }

  @Test(
    arguments: [
      0x00, 0x07, 0x08, 0x0A, 0x0D, 0x1B, 0x7F, 0x80, 0x85, 0x9B, 0x9F, 0xAD, 0x061C, 0x200B,
      0x200E,
      0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0xFEFF, 0xFFF9, 0xE0041,
    ] as [UInt32])
  func whatSteers(value: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(value))
    #expect(PlainText.clean("a\(scalar)b") == "a b")
  }

  @Test func lettersOfEveryScriptStay() {
    for text in [
      "plain", "größe", "域名", "مرحبا", "می‌خواهم", "👩‍👩‍👧", "e\u{301}", "▁▂▃", "1 €",
    ] {
      #expect(PlainText.clean(text) == text)
      #expect(PlainText.spelled(text) == text)
    }
  }

  @Test func logsShowWhatWasSent() {
    #expect(PlainText.spelled("a\n\r\t\u{1b}[0m\u{202e}") == #"a\n\r\t\u{1b}[0m\u{202e}"#)
  }
}
