import Glibc
import Platform
import Testing
import Wire

/// SIGHUP: the agent takes on a new configuration, or goes on with the old one and says why.
@Suite("The agent's configuration is reloaded", .serialized)
struct AgentReloadTests {
  private static let check = "[[check]]\nhttp = \"http://127.0.0.1:1/a\"\n"
  private static let other = "[[check]]\nhttp = \"http://127.0.0.1:1/b\"\n"

  private func server(_ fake: FakeCoordinator, challenge: String) async throws -> StubServer {
    try await StubServer { request in
      fake.handle(request) { report, _ in
        var answer = directive(report)
        answer.challenge = challenge
        return (200, encoded(answer))
      }
    }
  }

  @Test("Checks come and go, and those that stay keep their history")
  func checks() async throws {
    let rig = try AgentUnderTest()
    let fake = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let server = try await server(fake, challenge: "c")
    let log = Shared<[String]>([])
    func names() -> [String] { fake.reports.last?.checks.map(\.name) ?? [] }
    let child = try rig.start(rig.configuration(server.port, Self.check), log: log)
    #expect(await eventually { fake.reports.last?.checks.first?.state == .bad })
    let boot = fake.reports.last?.boot

    try rig.write("agent.toml", rig.configuration(server.port, Self.check + Self.other))
    child.signal(SIGHUP)
    #expect(await eventually { names().count == 2 }, "\(log.value)")
    // The old check never falls back to unknown.
    let since = fake.reports.filter { $0.checks.count == 2 }
    #expect(since.allSatisfy { $0.checks.first?.state == .bad })
    #expect(await eventually { fake.reports.last?.checks.last?.state == .bad })

    try rig.write("agent.toml", rig.configuration(server.port, Self.other))
    child.signal(SIGHUP)
    #expect(await eventually { names() == ["http http://127.0.0.1:1/b"] })
    #expect(fake.reports.last?.checks.first?.state == .bad)
    #expect(fake.reports.last?.boot == boot)
    #expect(log.value.contains { $0.contains("configuration reloaded: 1 check(s) removed") })
    child.signal(SIGTERM)
    #expect(await child.wait() == .exited(0))
    #expect(fake.refusals.isEmpty)
    await server.end()
    Files.removeTree(rig.directory)
  }

  @Test("A bad file and a key that needs a restart change nothing")
  func refusals() async throws {
    let rig = try AgentUnderTest()
    let fake = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let server = try await server(fake, challenge: "c")
    let log = Shared<[String]>([])
    let good = rig.configuration(server.port, Self.check)
    let child = try rig.start(good, log: log)
    #expect(await eventually { !fake.reports.isEmpty })

    try rig.write("agent.toml", good + "colour = 1\nevery = 2\n")
    child.signal(SIGHUP)
    for word in ["colour", "every"] {
      #expect(
        await eventually {
          log.value.contains { $0.contains("configuration not reloaded") && $0.contains(word) }
        }, "\(word)")
    }
    try rig.write(
      "agent.toml",
      rig.configuration(server.port, Self.other).replacing("\"us-east\"", with: "\"mars\""))
    child.signal(SIGHUP)
    #expect(
      await eventually {
        log.value.contains { $0.contains("needs a restart: region is mars in the file") }
      })
    let count = fake.reports.count
    #expect(await eventually { fake.reports.count > count + 2 })
    #expect(fake.reports.last?.checks.map(\.name) == ["http http://127.0.0.1:1/a"])
    #expect(fake.reports.last?.region == "us-east")
    child.signal(SIGTERM)
    #expect(await child.wait() == .exited(0))
    await server.end()
    Files.removeTree(rig.directory)
  }

  @Test("Reports go to another coordinator with another key")
  func coordinator() async throws {
    let rig = try AgentUnderTest()
    let newKey = try Signer.generate()
    let old = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let new = FakeCoordinator(signer: newKey, agent: rig.agentKey.verifier)
    let first = try await server(old, challenge: "old")
    let second = try await server(new, challenge: "new")
    let log = Shared<[String]>([])
    let child = try rig.start(rig.configuration(first.port, Self.check), log: log)
    #expect(await eventually { old.reports.last?.challenge == "old" })
    try rig.write(
      "agent.toml", rig.configuration(second.port, Self.check, key: newKey.verifier.base64))
    child.signal(SIGHUP)
    // Its replies are trusted: their challenge comes back.
    #expect(await eventually { new.reports.last?.challenge == "new" }, "\(log.value)")
    #expect(new.reports.last?.checks.first?.state == .bad)
    let count = old.reports.count
    let later = new.reports.count
    #expect(await eventually { new.reports.count > later + 3 })
    #expect(old.reports.count <= count + 1)
    child.signal(SIGTERM)
    #expect(await child.wait() == .exited(0))
    await first.end()
    await second.end()
    Files.removeTree(rig.directory)
  }
}
