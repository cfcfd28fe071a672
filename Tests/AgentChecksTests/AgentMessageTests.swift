import AgentCore
import Platform
import Synchronization
import Testing
import Wire

@testable import signalbox_agent

/// Every kind of the agent's messages has its id, and the catalog explains it.
@Suite struct AgentMessageTests {
  private static let folder = #filePath.replacing(
    "Tests/AgentChecksTests/AgentMessageTests.swift", with: "Packaging/systemd")
  private static let file = "\(folder)/signalbox-agent.catalog"

  @Test func theEntriesAreSound() {
    #expect(MessageCatalog.mistakes(AgentMessage.self).isEmpty)
  }

  /// With SIGNALBOX_REWRITE=1 the file is written anew.
  @Test func theCommittedCatalogIsCurrent() throws {
    let text = MessageCatalog.text(
      AgentMessage.self, program: "signalbox-agent", documentation: "man:signalbox-agent(8)")
    let environment = try Files.read("/proc/self/environ", maxBytes: 1 << 20).split(separator: 0)
    if environment.contains(where: { $0.elementsEqual("SIGNALBOX_REWRITE=1".utf8) }) {
      try Files.writeAtomically(Array(text.utf8), to: Self.file, mode: 0o644)
    }
    let committed = String(decoding: try Files.read(Self.file, maxBytes: 1 << 20), as: UTF8.self)
    #expect(committed == text, "stale: run the tests with SIGNALBOX_REWRITE=1")
  }

  /// systemd makes one catalog of all files: no id may stand in two of them.
  @Test func noIDIsTheCoordinatorsToo() throws {
    let other = String(
      decoding: try Files.read(
        "\(Self.folder)/signalbox-coordinator.catalog", maxBytes: 1 << 20), as: UTF8.self)
    for message in AgentMessage.allCases { #expect(!other.contains(message.entry.id)) }
  }

  @Test(.enabled(if: Files.exists("/usr/bin/journalctl"), "needs journalctl"))
  func systemdTakesTheCatalog() async throws {
    let root = try Files.makeTemporaryDirectory(prefix: "signalbox-catalog")
    defer { Files.removeTree(root) }
    try Files.makeDirectory("\(root)/usr/lib/systemd/catalog", mode: 0o755)
    try Files.makeDirectory("\(root)/var/lib/systemd/catalog", mode: 0o755)
    for name in ["signalbox-agent.catalog", "signalbox-coordinator.catalog"] {
      try Files.writeAtomically(
        Files.read("\(Self.folder)/\(name)", maxBytes: 1 << 20),
        to: "\(root)/usr/lib/systemd/catalog/\(name)", mode: 0o644)
    }
    let output = Mutex<[String]>([])
    for step in ["--update-catalog", "--list-catalog"] {
      let child = try ChildProcess(
        "journalctl", ["--no-pager", "--root=\(root)", step],
        options: .init(
          output: .lines { line in output.withLock { $0.append(line) } },
          errors: .lines { line in output.withLock { $0.append(line) } }))
      #expect(await child.wait() == .exited(0))
    }
    let listed = output.withLock { $0 }
    let missing = AgentMessage.allCases.filter { message in
      !listed.contains("\(message.entry.id) Signalbox: \(message.entry.subject)")
    }
    #expect(missing.isEmpty)
  }

  @Test func statusLines() {
    func text(
      _ isHeard: Bool?, _ checks: [(name: String, state: CheckState)] = [], starved: Bool = false,
      trouble: String? = nil
    ) -> String {
      AgentStatusLine.text(
        coordinator: "http://c:1", isHeard: isHeard, loss: "401 unknown_key", checks: checks,
        isStarved: starved, reloadTrouble: trouble)
    }
    #expect(text(nil) == "starting, reports go to http://c:1; checks: none")
    #expect(
      text(true, [("http a", .good), ("dynamodb t", .good)])
        == "reporting to http://c:1; checks: 2 good")
    #expect(
      text(false, [("http a", .bad), ("dynamodb t", .good)], starved: true)
        == "not heard by http://c:1 (401 unknown_key); checks: 1 good, 1 bad (http a); "
        + "this host does not run the agent on time")
    #expect(
      text(true, [("http a", .good)], trouble: "agent.toml:1: found 7")
        == "reporting to http://c:1; checks: 1 good; "
        + "configuration not reloaded: agent.toml:1: found 7")
    let long = text(true, trouble: String(repeating: "x", count: 5000))
    #expect(long.count == AgentStatusLine.maxCharacters)
  }
}
