import FoundationEssentials
import Testing

@testable import Settings

/// The configuration files of the packages: all comments, and examples that load.
struct PackagedExampleTests {
  private static let folder = #filePath.replacing(
    "Tests/SettingsTests/PackagedExampleTests.swift", with: "Packaging/conf/")

  private func lines(_ name: String) throws -> [String] {
    let data = try Data(contentsOf: URL(filePath: Self.folder + name))
    return String(decoding: data, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
  }

  /// A `#` before a setting or a table is taken away; prose has a space behind it.
  private func example(_ name: String) throws -> String {
    try lines(name).map { line in
      line.hasPrefix("#") && !line.hasPrefix("# ") ? String(line.dropFirst()) : line
    }.joined(separator: "\n")
  }

  @Test(arguments: ["coordinator.toml", "agent.toml"])
  func nothingIsSetAtFirst(name: String) throws {
    #expect(try lines(name).allSatisfy { $0.isEmpty || $0.hasPrefix("#") })
  }

  @Test func theCoordinatorsExampleLoads() throws {
    let settings = try CoordinatorSettings.load(
      file: "coordinator.toml", text: try example("coordinator.toml"))
    #expect(settings.automation == .observe)
    #expect(settings.services.map(\.name) == ["app"])
    #expect(settings.regions.count == 2)
    #expect(settings.agents.count == 2)
  }

  @Test func theAgentsExampleLoads() throws {
    let settings = try AgentSettings.load(
      file: "agent.toml", text: try example("agent.toml"), environment: [:], hostName: "app-1")
    #expect(settings.region == "us-east")
    #expect(settings.dynamodb?.credentialsFile == "/etc/signalbox/secrets/aws")
    #expect(settings.checks.map(\.host) == ["app.example.org"])
  }

  /// Without examples the file says what is missing, and that is a sentence each.
  @Test func theFileAsItComesIsRefused() throws {
    let text = try lines("coordinator.toml").joined(separator: "\n")
    let error = #expect(throws: SettingsError.self) {
      try CoordinatorSettings.load(file: "coordinator.toml", text: text)
    }
    #expect(error?.problems.isEmpty == false)
  }
}
