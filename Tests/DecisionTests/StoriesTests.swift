import FoundationEssentials
import Testing

/// The stories of `Tests/Scenarios`: each has to come out exactly as written.
///
/// `SIGNALBOX_REWRITE=1` writes what comes out into the files instead; read the difference.
struct StoriesTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Scenarios")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".txt") }.sorted()

  static var rewrites: Bool { ProcessInfo.processInfo.environment["SIGNALBOX_REWRITE"] == "1" }

  @Test func thereAreStories() {
    #expect(Self.names.count >= 50, "in \(Self.folder.path)")
  }

  @Test(arguments: names) func story(name: String) throws {
    let file = Self.folder.appending(path: name)
    let written = try String(contentsOf: file, encoding: .utf8)
    let played = try Story.play(written)
    if Self.rewrites {
      try played.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let wanted = written.split(separator: "\n", omittingEmptySubsequences: false)
    let found = played.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, lines) in zip(wanted, found).enumerated() where lines.0 != lines.1 {
      Issue.record("\(name):\(number + 1)\n  written: \(lines.0)\n  found:   \(lines.1)")
      return
    }
    #expect(wanted.count == found.count, "\(name) ends early or late")
  }

  @Test func theSameStoryComesOutTheSame() throws {
    let text = try String(
      contentsOf: Self.folder.appending(path: "region-loses-power.txt"), encoding: .utf8)
    #expect(try Story.play(text) == Story.play(text))
  }

  @Test(arguments: [
    "us-north loses power", "the moon rises", "wait 5", "wait 5x", "9 regions with 2 hosts each",
    "automation sometimes",
  ]) func nonsenseIsRefused(line: String) {
    #expect(throws: StoryProblem.self) { try Story.play("\(line)\nwait 1s\n----\n") }
  }
}
