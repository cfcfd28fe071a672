import Codec
import Glibc
import Platform
import Sandbox
import Testing
import Wire

@Suite("The agent as a process", .serialized)
struct AgentProcessTests {
  @Test("Signed reports, a challenge taken at once, directives followed, a goodbye, exit code 0")
  func wholeLife() async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(
        regions: ["us-east", "eu-central"], instances: 1, network: "any", nameServers: 0,
        replicationLag: .milliseconds(20)))
    let rig = try AgentUnderTest()
    let fake = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let peer = sandbox.topology.regions[1]
    let probe = ProbeTarget(
      service: "app", region: peer.id, family: .ipv4, address: peer.balancer.address,
      url: "http://app.example.org:\(peer.balancer.port)/health", aws: peer.awsRegion)
    let server = try await StubServer { request in
      fake.handle(request) { report, number in
        guard number > 1 else {
          let problem = Problem(code: "not_timely", message: "too old", challenge: "first")
          return (401, encoded(problem))
        }
        return (200, encoded(directive(report, probes: [probe])))
      }
    }
    let app = sandbox.topology.regions[0].instances[0].app
    let replica = sandbox.topology.regions[0].dynamoDB
    let log = Shared<[String]>([])
    let child = try rig.start(
      rig.configuration(
        server.port,
        """
        [dynamodb]
        table = "app"
        aws_region = "us-east-1"
        endpoint = "http://\(replica)"
        [[check]]
        http = "http://\(app)/health"
        every = "1s"
        timeout = "1s"
        """), log: log)

    let isComplete = await eventually {
      guard let last = fake.reports.last else { return false }
      return last.checks.count == 2 && last.checks.allSatisfy { $0.state == .good }
        && (last.heartbeat?.sequence ?? 0) >= 3 && last.probes.first?.vote == .serving
        && last.app?.region == "us-east"
    }
    #expect(isComplete, "\(log.value)")
    #expect(fake.refusals.isEmpty)
    let reports = fake.reports
    #expect(reports[0].challenge == nil)
    #expect(reports[1].challenge == "first")
    #expect(reports[2].challenge == "c2")
    #expect(reports.map(\.sequence) == Array(1...UInt64(reports.count)))
    #expect(Set(reports.map(\.boot)).count == 1)
    #expect(reports.last?.acknowledged == [ServiceEpoch(service: "app", epoch: 3)])

    // An app that fails is reported soon, well before anything else would be due.
    let fault = try await sandbox.startFault(.app500, target: "us-east")
    let isBad = await eventually {
      fake.reports.last?.checks.contains { $0.kind == "http" && $0.state == .bad } ?? false
    }
    #expect(isBad)
    await sandbox.endFault(fault)

    child.signal(15)
    #expect(await child.wait() == .exited(0))
    #expect(fake.reports.last?.goodbye == true)
    #expect(fake.refusals.isEmpty)
    await server.end()
    await sandbox.stop()
    Files.removeTree(rig.directory)
  }

  @Test("Forged, foreign and stale directives change nothing")
  func distrust() async throws {
    let rig = try AgentUnderTest()
    let stranger = try Signer.generate()
    let honest = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let forger = FakeCoordinator(signer: stranger, agent: rig.agentKey.verifier)
    let mode = Shared(0)
    let server = try await StubServer { request in
      switch mode.value {
      case 0:
        forger.handle(request) { report, _ in (200, encoded(directive(report, epoch: 90))) }
      case 1:
        honest.handle(request) { report, _ in
          var other = directive(report, epoch: 91)
          other.agent = "a2"
          return (200, encoded(other))
        }
      case 2:
        honest.handle(request) { report, _ in
          var old = directive(report, epoch: 92)
          old.sequence -= 1
          return (200, encoded(old))
        }
      case 3:
        honest.handle(request) { report, _ in (200, encoded(directive(report, epoch: 5))) }
      default:
        honest.handle(request) { report, _ in (200, encoded(directive(report, epoch: 4))) }
      }
    }
    let log = Shared<[String]>([])
    let child = try rig.start(
      rig.configuration(server.port, "[[check]]\nhttp = \"http://127.0.0.1:1/health\""), log: log)
    func count() -> Int { honest.reports.count + forger.reports.count }
    for step in 0...2 {
      mode.update { $0 = step }
      let before = count()
      #expect(await eventually { count() >= before + 3 })
      let reports = step == 0 ? forger.reports : honest.reports
      #expect(reports.allSatisfy { $0.acknowledged.isEmpty && $0.challenge == nil })
    }
    for step in 3...4 {
      mode.update { $0 = step }
      let before = count()
      #expect(await eventually { count() >= before + 3 })
      #expect(
        await eventually {
          honest.reports.last?.acknowledged == [ServiceEpoch(service: "app", epoch: 5)]
        })
    }
    #expect(log.value.contains { $0.contains("lower epoch") })
    #expect(log.value.contains { $0.contains("not signed by coordinator_key") })
    child.signal(2)
    #expect(await child.wait() == .exited(0))
    await server.end()
    Files.removeTree(rig.directory)
  }

  @Test("Without a coordinator it lives on, says so once, and ends within a moment")
  func alone() async throws {
    let rig = try AgentUnderTest()
    let log = Shared<[String]>([])
    let child = try rig.start(
      rig.configuration(1, "[[check]]\nhttp = \"http://127.0.0.1:1/health\""), log: log)
    #expect(await eventually { log.value.contains { $0.contains("is bad") } })
    try await Task.sleep(for: .seconds(2))
    #expect(log.value.count { $0.contains("does not hear this agent") } == 1)
    #expect(child.status == nil)
    child.signal(15)
    #expect(await child.wait(atMost: .seconds(30)) == .exited(0))
    Files.removeTree(rig.directory)
  }

  @Test("Mistakes of the configuration: all at once, exit code 2")
  func mistakes() async throws {
    let rig = try AgentUnderTest()
    let log = Shared<[String]>([])
    try Files.writeAtomically(Array("no key".utf8), to: "\(rig.directory)/key", mode: 0o600)
    let wrongKey = try rig.start(
      rig.configuration(1, "[[check]]\nhttp = \"http://127.0.0.1:1/health\""), log: log)
    #expect(await wrongKey.wait() == .exited(2))
    #expect(log.value.contains { $0.contains("key_file") })
    let unknown = try rig.start(
      rig.configuration(1, "colour = 1\n[[check]]\nhttp = 7\nevery = 2"), log: log)
    #expect(await unknown.wait() == .exited(2))
    for word in ["colour", "check[0].http", "check[0].every"] {
      #expect(log.value.contains { $0.contains(word) }, "\(word) of \(log.value)")
    }
    Files.removeTree(rig.directory)
  }

  @Test("check-config finds what is wrong with keys and credentials in the same run")
  func checkConfig() async throws {
    let rig = try AgentUnderTest()
    func check(_ more: String) async throws -> (status: Platform.ExitStatus, output: String) {
      try rig.write(
        "agent.toml",
        rig.configuration(1, more + "\n[[check]]\nhttp = \"http://127.0.0.1:1/\""))
      let lines = Shared<[String]>([])
      let child = try ChildProcess(
        AgentUnderTest.program, ["check-config", "--config", "\(rig.directory)/agent.toml"],
        options: ChildProcess.Options(
          environment: ["HOME": rig.directory],
          output: .lines { line in lines.update { $0.append(line) } },
          errors: .lines { line in lines.update { $0.append(line) } }))
      return (await child.wait(), lines.value.joined(separator: "\n"))
    }
    let table = "[dynamodb]\ntable = \"app\"\naws_region = \"us-east-1\"\n"
    let keys = "[app]\n  aws_access_key_id = A\n  aws_secret_access_key = hidden\n"
    try Files.writeAtomically(Array(keys.utf8), to: "\(rig.directory)/aws", mode: 0o600)
    let named = "\(table)credentials_file = \"\(rig.directory)/aws\"\n"
    let good = try await check("\(named)profile = \"app\"")
    #expect(good.status == .exited(0), "\(good.output)")
    let missing = try await check("\(named)profile = \"shop\"")
    #expect(missing.status == .exited(2), "\(missing.output)")
    #expect(missing.output.contains("dynamodb.profile: found no profile shop"))

    // Everything at once: a key of the file, the agent's key, who may read the credentials.
    try Files.writeAtomically(Array(keys.utf8), to: "\(rig.directory)/aws", mode: 0o644)
    try Files.writeAtomically(Array("no key".utf8), to: "\(rig.directory)/key", mode: 0o600)
    let wrong = try await check("colour = 1\n\(named)")
    #expect(wrong.status == .exited(2))
    for words in [
      "colour: found an unknown key", "key_file: ", "dynamodb.credentials_file: ", "mode 0644",
      "found no profile default",
    ] {
      #expect(wrong.output.contains(words), "\(words): \(wrong.output)")
    }
    #expect(!wrong.output.contains("hidden"))
    Files.removeTree(rig.directory)
  }

  @Test("A health reply that nests deep ends nothing")
  func deepReplies() async throws {
    let rig = try AgentUnderTest()
    let fake = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let server = try await StubServer { request in
      fake.handle(request) { report, _ in (200, encoded(directive(report))) }
    }
    let deep = "{\"status\":\"ok\",\"x\":" + String(repeating: "[", count: 200_000)
    let asked = Shared(0)
    let app = try await StubServer { _ in
      asked.update { $0 += 1 }
      return .answer(200, deep, [("Content-Type", "application/json")])
    }
    let log = Shared<[String]>([])
    let check = "[[check]]\nhttp = \"http://127.0.0.1:\(app.port)/health\""
    let child = try rig.start(rig.configuration(server.port, check), log: log)
    #expect(await eventually { asked.value >= 3 }, "\(log.value)")
    let before = fake.reports.count
    #expect(await eventually { fake.reports.count >= before + 2 }, "\(log.value)")
    child.signal(15)
    #expect(await child.wait() == .exited(0))
    await server.end()
    await app.end()
    Files.removeTree(rig.directory)
  }

  @Test("The service's own name as a check's URL is refused, reports in the clear are warned of")
  func ownName() async throws {
    let rig = try AgentUnderTest()
    let log = Shared<[String]>([])
    let check = "[[check]]\nhttp = \"https://app.example.org/up\"\nhost = \"app.example.org\""
    let ownName = try rig.start(rig.configuration(1, check), ["check-config"], log: log)
    #expect(await ownName.wait() == .exited(2))
    #expect(log.value.contains { $0.contains("the service's own name") }, "\(log.value)")
    log.update { $0 = [] }
    let open = rig.configuration(
      1, check.replacing("https://app.example.org", with: "http://[::1]")
    )
    .replacing("http://127.0.0.1:1", with: "http://192.0.2.9:8621")
    let clear = try rig.start(open, ["check-config"], log: log)
    #expect(await clear.wait() == .exited(0))
    #expect(log.value.count == 1)
    #expect(log.value.first?.hasPrefix("warning: ") == true, "\(log.value)")
    #expect(log.value.first?.contains(":3: coordinator: found \"http://192.0.2.9:8621\"") == true)
    Files.removeTree(rig.directory)
  }

  @Test("Reports go through the environment's proxy, and say so; checks and probes never do")
  func proxy() async throws {
    let rig = try AgentUnderTest()
    let paths = Shared<[String]>([])
    let proxy = try await StubServer { request in
      paths.update { $0.append(request.path) }
      return .close
    }
    let log = Shared<[String]>([])
    let configuration = rig.configuration(
      1,
      """
      [[check]]
      http = "http://192.0.2.1/up"
      every = "200ms"
      timeout = "200ms"
      """
    ).replacing("http://127.0.0.1:1", with: "http://192.0.2.9:8621")
    let child = try rig.start(
      configuration, environment: ["http_proxy": "http://127.0.0.1:\(proxy.port)"], log: log)
    #expect(await eventually { paths.value.count >= 3 }, "\(log.value)")
    #expect(
      await eventually { log.value.contains { $0.contains("check http http://192.0.2.1/up") } })
    #expect(Set(paths.value) == ["http://192.0.2.9:8621/v1/reports"])
    let words = "through the proxy 127.0.0.1:\(proxy.port) (http_proxy of the environment)"
    #expect(log.value.contains { $0.contains(words) }, "\(log.value)")
    child.signal(SIGTERM)
    #expect(await child.wait() == .exited(0))
    await proxy.end()
    Files.removeTree(rig.directory)
  }
}
