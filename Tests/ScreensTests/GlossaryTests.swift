import FoundationEssentials
import Testing
import Wire

/// Whoever reads a screen is in a hurry and has not read our code.
@Suite struct GlossaryTests {
  /// Words of the code that no screen says.
  static let forbidden = [
    "contested", "verdict", "directive", "funnel", "facts", "intent", "stranded", "free moves",
    "heartbeats-", "replication-out", "replication-in", "errand", "elective", "dispel",
    "assessment",
    "hard down", "failbackgate", "since-fault", "min-up", "long-stable",
  ]

  /// As whole words, in any case.
  static func found(in text: String) -> [String] {
    let lower = text.lowercased()
    return forbidden.filter { word in
      lower.ranges(of: word).contains { range in
        let before =
          range.lowerBound == lower.startIndex
          ? " " : lower[lower.index(before: range.lowerBound)]
        let after = range.upperBound == lower.endIndex ? " " : lower[range.upperBound]
        return !before.isLetter && !after.isLetter
      }
    }
  }

  @Test func noScreenSpeaksOurLanguage() throws {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(folder)/Golden"
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(names.count > 20)
    for name in names.sorted() {
      let bytes = FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data()
      let words = Self.found(in: String(decoding: bytes, as: UTF8.self))
      #expect(words.isEmpty, "\(name) says \(words)")
    }
  }

  @Test func itFindsThem() {
    #expect(Self.found(in: "us-east is Contested.") == ["contested"])
    #expect(Self.found(in: "unintentional artifacts").isEmpty)
    #expect(VerdictWords.word("contested") == "fails inside")
    #expect(VerdictWords.word("silent") == "silent")
  }
}
