import FoundationEssentials
import Settings
import Testing

/// Mistakes that people make are told with their reason.
@Suite struct ReasonTests {
  private static func text(
    dns: String = "app.example.org", aws: [String] = ["us-east-1", "eu-central-1"],
    top: String = "", end: String = ""
  ) -> String {
    """
    \(top)
    [service.app]
    dns = ["\(dns)"]
    table = "app"
    regions = ["us-east", "eu-central"]
    [region.us-east]
    aws = "\(aws[0])"
    addresses = ["192.0.2.1"]
    [region.eu-central]
    aws = "\(aws[1])"
    addresses = ["192.0.2.2"]
    [agent.a1]
    region = "us-east"
    public_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="
    [agent.b1]
    region = "eu-central"
    public_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI="
    \(end)
    """
  }

  private static func problems(_ text: String) -> [String] {
    do {
      _ = try CoordinatorSettings.load(file: "coordinator.toml", text: text)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func itIsFineAsItIs() { #expect(Self.problems(Self.text()) == []) }

  @Test func oneReplicaForTwoRegions() {
    let found = Self.problems(Self.text(aws: ["us-east-1", "us-east-1"]))
    #expect(found.count == 1)
    #expect(found.first?.contains("one replica of the table") == true, "\(found)")
  }

  @Test(arguments: [
    ("http://api.linode.com/v4", false), ("http://192.0.2.9:8080/v4", false),
    ("http://[2001:db8::1]/v4", false), ("http://localhost.example.org/v4", false),
    ("http://127.0.0.9:18600/v4", true), ("http://[::1]:18600/v4", true),
    ("http://localhost:18600/v4", true), ("https://api.linode.com/v4", true),
  ])
  func theTokenStaysOffTheWire(url: String, isFine: Bool) {
    let found = Self.problems(Self.text(end: "[linode]\nurl = \"\(url)\""))
    #expect(found.isEmpty == isFine, "\(found)")
    if !isFine { #expect(found.contains { $0.contains("reads the token") }) }
  }

  @Test(arguments: [
    ("app.example.org.", "Leave out the dot"), ("münchen.example.org", "xn--"),
    ("my_app.example.org", "hyphens"), ("https://app.example.org", "name alone"),
  ])
  func namesAsPeopleWriteThem(name: String, advice: String) {
    let found = Self.problems(Self.text(dns: name))
    #expect(found.count == 1 && found[0].contains(advice), "\(found)")
  }

  @Test func otherNamesToo() {
    let found = Self.problems(
      Self.text(
        top: "host_names = [\"größe.example.org\"]\nreference = [\"https://größe.example.org/\"]",
        end: "[dns]\nname_servers = [\"ns1.linode.com.\"]"))
    #expect(found.count == 3, "\(found)")
    #expect(found.count { $0.contains("xn--") } == 2)
    #expect(found.contains { $0.contains("Leave out the dot") })
  }

  /// The files of secrets are found where the rest has mistakes.
  @Test func secretsBesideMistakes() {
    let text = Self.text(
      dns: "a b", top: "key_file = \"/k\"\nautomation = \"maybe\"",
      end: "[linode]\ntoken_file = \"/t\"")
    #expect(Self.problems(text).count == 2)
    let found = CoordinatorSecrets(file: "coordinator.toml", text: text)
    #expect(found?.keyFile == "/k" && found?.linode.tokenFile == "/t")
    #expect(CoordinatorSecrets(file: "coordinator.toml", text: "= nonsense") == nil)
  }

  /// The README's two files, as they stand there.
  @Test func theReadmesSamplesPass() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = String(
      decoding: try Data(contentsOf: root.appending(path: "README.md")), as: UTF8.self)
    let blocks = readme.split(separator: "```toml\n").dropFirst().compactMap { block in
      block.split(separator: "\n```").first.map(String.init)
    }
    let coordinator = try #require(blocks.first { $0.contains("[service.") })
    #expect(Self.problems(coordinator) == [])
    let agent = try #require(blocks.first { $0.contains("coordinator_key") })
    _ = try AgentSettings.load(
      file: "agent.toml", text: agent, environment: [:], hostName: "us-app-1")
  }
}
