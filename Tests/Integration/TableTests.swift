import Platform
import Testing

extension ProcessTests {
  /// `signalbox table`, from the coordinator's file.
  @Suite struct TableTests {
    private static let file = """
      automation = "observe"
      [service.app]
      dns = ["app.example.org"]
      table = "app"
      regions = ["us-east", "us-west"]
      [region.us-east]
      aws = "us-east-1"
      addresses = ["198.51.100.1"]
      [region.us-west]
      aws = "us-west-2"
      addresses = ["198.51.100.2"]
      [region.eu-west]
      aws = "eu-west-1"
      addresses = ["198.51.100.3"]
      """

    @Test func thePolicyOfARegionsAgents() async throws {
      let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-table")
      defer { Files.removeTree(directory) }
      let file = "\(directory)/coordinator.toml"
      try Files.writeAtomically(Array(Self.file.utf8), to: file, mode: 0o600)
      for (words, code, part) in [
        (["--region", "us-east"], 0, #""arn:aws:dynamodb:us-east-1:*:table/app""#),
        (["--region", "us-west"], 0, #""hb#us-west""#),
        // Agents are told to read the heartbeats of every other region of the file.
        (["--region", "us-west"], 0, #""hb#eu-west""#),
        (["--region", "us-west", "--service", "app"], 0, "us-west-2:*:table/app"),
        (["--region", "us-west", "--service", "shop"], 2, "'shop' is no service of \(file)"),
        (["--region", "eu-west", "--service", "app"], 2, "app is in eu-west"),
        (["--region", "us-east", "--account", "123456789012"], 0, ":123456789012:table/app"),
        (["--region", "us-east", "--also-write", "monitor"], 0, #""monitor""#),
        (["--region", "mars"], 2, "'mars' is no region of \(file); accepted: eu-west, us-east"),
        (["--region", "eu-west"], 2, "no service of \(file) is in eu-west"),
        (["--region", "us-east", "--account", "12"], 2, "accepted: twelve digits"),
        (["--admin"], 0, #""arn:aws:dynamodb:us-west-2:*:table/app""#),
        (["--admin", "--account", "123456789012"], 0, "::123456789012:global-table/app"),
        (["--admin", "--service", "shop"], 2, "'shop' is no service of \(file)"),
        (["--admin", "--also-write", "monitor"], 2, "--also-write belongs to agents"),
        (["--admin", "--region", "us-east"], 2, "give --region REGION for agents, or --admin"),
        ([], 2, "give --region REGION for agents, or --admin"),
      ] as [([String], Int32, String)] {
        let end = try await run(
          Built.program("signalbox"), ["table", "policy", "--config", file] + words)
        #expect(end.code == code && (end.output + end.errors).contains(part), "\(words): \(end)")
      }
    }
  }
}
