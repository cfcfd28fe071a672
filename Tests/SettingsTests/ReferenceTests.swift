import FoundationEssentials
import Testing

@testable import Settings

struct ReferenceTests {
  private static let path = #filePath.replacing(
    "Tests/SettingsTests/ReferenceTests.swift", with: "docs/configuration.md")

  /// With SIGNALBOX_REWRITE=1 the file is written anew.
  @Test func theCommittedReferenceIsCurrent() throws {
    let url = URL(filePath: Self.path)
    if ProcessInfo.processInfo.environment["SIGNALBOX_REWRITE"] == "1" {
      try Data(Reference.markdown().utf8).write(to: url)
    }
    let committed = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    #expect(
      committed == Reference.markdown(),
      "docs/configuration.md is stale: run the tests with SIGNALBOX_REWRITE=1")
  }

  @Test func everyKeyStandsInIt() {
    let text = Reference.markdown()
    for schema in [Schema.coordinator, .agentFile] {
      #expect(text.contains("## \(schema.file)"))
      for key in schema.sections.flatMap(\.keys) {
        #expect(text.contains("| `\(key.name)` |"))
      }
    }
  }

  /// The examples of the reference are files that load.
  @Test func itsExamplesLoad() throws {
    let blocks = Reference.markdown().split(separator: "```toml\n").dropFirst().map {
      String($0.prefix(upTo: $0.firstRange(of: "```")?.lowerBound ?? $0.endIndex))
    }
    try #require(blocks.count == 2)
    #expect(try Files.coordinator(blocks[0]).services.count == 1)
    #expect(try Files.agent(blocks[1], environment: [:]).checks.count == 1)
  }
}
