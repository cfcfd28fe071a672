import Foundation
import Simulator
import Testing

/// What campaigns found, each as the smallest schedule that did it; the first lines say what it
/// was. None of it happens again.
@Suite struct FoundTests {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Found")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [])
    .filter { $0.hasSuffix(".txt") }.sorted()

  @Test func thereAreSome() {
    #expect(Self.names.count >= 10)
  }

  @Test(arguments: names)
  func doesNotHappenAgain(name: String) async throws {
    let text = try String(contentsOf: Self.directory.appending(path: name), encoding: .utf8)
    let played = try await playWell(Schedule(text: text))
    #expect(played.figures.falseMoves.isEmpty, "\(played.story)")
  }
}
