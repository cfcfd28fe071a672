import Codec
import Glibc
import NIOCore
import NIOPosix
import Platform
import Testing
import Wire

/// The agent's local endpoint over real HTTP on 127.0.0.0/8, and the command that uses it.
@Suite("The agent's local endpoint", .serialized)
struct LocalEndpointTests {
  /// An agent that runs, with its coordinator; `place` is its own among the tests.
  private struct Running {
    let rig: AgentUnderTest
    let fake: FakeCoordinator
    let server: StubServer
    let child: ChildProcess
    let log: Shared<[String]>
    let http = HTTPClient(userAgent: "test")
    let place: String

    init(
      _ host: String, answer: @escaping @Sendable (Report) -> Directive = { directive($0) }
    ) async throws {
      rig = try AgentUnderTest()
      let fake = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
      self.fake = fake
      server = try await StubServer { request in
        fake.handle(request) { report, _ in (200, encoded(answer(report))) }
      }
      log = Shared<[String]>([])
      place = "\(host):18629"
      child = try rig.start(
        rig.configuration(
          server.port, "[[check]]\nhttp = \"http://127.0.0.1:1/health\"", listen: place), log: log)
    }

    func ask(
      _ method: String, _ path: String, body: String? = nil, headers: [HTTPField] = []
    ) async throws -> HTTPResponse {
      try await http.send(
        HTTPRequest(
          method: method, url: "http://\(place)\(path)",
          headers: headers.isEmpty ? [HTTPField("Content-Type", "application/json")] : headers,
          body: body.map { Array($0.utf8) }, deadline: .seconds(30)))
    }

    func isUp() async -> Bool { (try? await ask("GET", "/role"))?.status == 200 }

    func end() async {
      child.signal(SIGTERM)
      #expect(await child.wait() == .exited(0))
      await server.end()
      http.shutdown()
      Files.removeTree(rig.directory)
    }

    /// Runs `signalbox-agent` with these words and this agent's configuration.
    func command(_ words: [String]) async throws -> (status: Platform.ExitStatus, output: String) {
      let lines = Shared<[String]>([])
      let child = try ChildProcess(
        AgentUnderTest.program, words + ["--config", "\(rig.directory)/agent.toml"],
        options: ChildProcess.Options(
          output: .lines { line in lines.update { $0.append(line) } },
          errors: .lines { line in lines.update { $0.append(line) } }))
      let status = await child.wait()
      return (status, lines.value.joined(separator: "\n"))
    }
  }

  @Test("Health and role; unknown paths and methods are refused in JSON")
  func looks() async throws {
    let agent = try await Running("127.0.0.91") { report in
      var answer = directive(report)
      answer.services = [
        ServiceDirective(
          service: "app", epoch: 3, traffic: "us-east", trafficAgeMs: 61_000,
          exclusive: "us-east", leaseMs: 120_000)
      ]
      return answer
    }
    #expect(await eventually { await agent.isUp() }, "\(agent.log.value)")
    // Its only check goes nowhere.
    #expect(await eventually { (try? await agent.ask("GET", "/health"))?.status == 503 })
    let health = try await agent.ask("GET", "/health?verbose=1")
    #expect(health.header("Content-Type") == "application/json")
    let state = try JSON.decode(HostHealth.self, from: health.body, maxBytes: 9999)
    #expect(state.status == .unhealthy && state.region == "us-east" && state.agent == "a1")
    #expect(state.checks.map(\.state) == [.bad])

    #expect(await eventually { !agent.fake.reports.isEmpty })
    func role() async -> HostRole? {
      guard let reply = try? await agent.ask("GET", "/role") else { return nil }
      return try? JSON.decode(HostRole.self, from: reply.body, maxBytes: 9999)
    }
    #expect(await eventually { await role()?.services.isEmpty == false })
    let told = try #require(await role())
    #expect(told.services.first?.traffic.region == "us-east")
    #expect((told.services.first?.traffic.ageSeconds ?? 0) >= 61)
    #expect(told.services.first?.exclusive.state == .held)
    #expect((60...120).contains(told.services.first?.exclusive.leaseSeconds ?? 0))
    #expect(told.advisory && told.note.contains("cannot fence"))
    #expect(told.heardSeconds != nil)

    try await lookAround(agent)
    let unknown = try await agent.ask("GET", "/rolle")
    #expect(unknown.status == 404)
    let problem = try JSON.decode(Problem.self, from: unknown.body, maxBytes: 9999)
    #expect(problem.code == "not_found" && problem.message.contains("/role"))
    let method = try await agent.ask("DELETE", "/health")
    #expect(method.status == 405 && method.header("Allow") == "GET, HEAD")
    #expect(try await agent.ask("GET", "/deploying").header("Allow") == "POST")
    let head = try await agent.ask("HEAD", "/role")
    #expect(head.status == 200 && head.body.isEmpty)
    await agent.end()
  }

  private func lookAround(_ agent: Running) async throws {
    let reply = try await agent.ask("GET", "/status")
    let status = try JSON.decode(HostStatus.self, from: reply.body, maxBytes: 99_999)
    #expect(status.heard == true && status.trouble == nil && status.health == .unhealthy)
    #expect(status.reports.answered > 0 && status.reports.sent >= status.reports.answered)
    let metrics = try await agent.ask("GET", "/metrics")
    #expect(metrics.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
    let text = String(decoding: metrics.body, as: UTF8.self)
    #expect(text.contains("signalbox_agent_heard 1\n"))
    #expect(text.contains("state=\"bad\"} 1\n"))
    let screen = try await agent.command(["status"])
    #expect(screen.status == .exited(0))
    #expect(screen.output.hasPrefix("DOWN  a1 in us-east is heard by http://127.0.0.1:"))
    let json = try await agent.command(["status", "--json"])
    #expect(json.status == .exited(0))
    let printed = try JSON.decode(
      HostStatus.self, from: Array(json.output.utf8), maxBytes: 99_999)
    #expect(printed.agent == "a1" && printed.role.services.first?.service == "app")
  }

  @Test("Nonsense is refused, and whoever breaks a limit is cut off alone")
  func limits() async throws {
    let agent = try await Running("127.0.0.92")
    #expect(await eventually { await agent.isUp() }, "\(agent.log.value)")
    for body in ["", "[]", "{}", "{\"for_ms\":-1}", "{\"for_ms\":600001}", "{\"for_ms\":\"3m\"}"] {
      let reply = try await agent.ask("POST", "/deploying", body: body)
      #expect(reply.status == 400, "\(body)")
      #expect((try? JSON.decode(Problem.self, from: reply.body, maxBytes: 9999)) != nil)
    }
    let json = HTTPField("Content-Type", "application/json")
    let page = HTTPField("Origin", "https://evil.example")
    let good = "{\"for_ms\":1000}"
    #expect(
      try await agent.ask("POST", "/deploying", body: good, headers: [json, page]).status == 403)
    #expect(
      try await agent.ask(
        "POST", "/deploying", body: good, headers: [HTTPField("Content-Type", "text/plain")]
      ).status == 403)
    let large = String(repeating: " ", count: 5000) + good
    #expect(try await agent.ask("POST", "/deploying", body: large).status == 413)
    let long = (0..<20).map { HTTPField("X-\($0)", String(repeating: "x", count: 1000)) }
    let cut = try? await agent.ask("GET", "/role", headers: long)
    #expect(cut == nil || cut.map { (400..<500).contains($0.status) } == true)
    #expect(agent.fake.reports.allSatisfy { $0.deployingMs == nil })
    await agent.end()
  }

  @Test("Whoever only holds connections keeps nobody out")
  func idle() async throws {
    let agent = try await Running("127.0.0.95")
    #expect(await eventually { await agent.isUp() }, "\(agent.log.value)")
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var silent: [any Channel] = []
    for index in 0..<80 {
      let channel = try await ClientBootstrap(group: group)
        .connect(host: "127.0.0.95", port: 18629).get()
      // Half of a request is no question either.
      if index % 2 == 0 {
        try? await channel.writeAndFlush(ByteBuffer(string: "GET /role HTTP/1.1\r\nHost: "))
      }
      silent.append(channel)
    }
    // The oldest have gone for it; the others do when they run out of time.
    #expect(try await agent.ask("GET", "/role").status == 200)
    #expect(await eventually { silent.prefix(16).allSatisfy { !$0.isActive } })
    #expect(await eventually { silent.allSatisfy { !$0.isActive } })
    try await group.shutdownGracefully()
    await agent.end()
  }

  @Test("A name that somebody else points here gets no answer")
  func rebinding() async throws {
    let agent = try await Running("127.0.0.96")
    #expect(await eventually { await agent.isUp() }, "\(agent.log.value)")
    for path in ["/role", "/status", "/health", "/metrics", "/nothing"] {
      let reply = try await agent.ask(
        "GET", path, headers: [HTTPField("Host", "evil.example:18629")])
      #expect(reply.status == 421, "\(path)")
      let problem = try JSON.decode(Problem.self, from: reply.body, maxBytes: 9999)
      #expect(problem.code == "misdirected" && problem.message.contains("listen"))
    }
    let json = HTTPField("Content-Type", "application/json")
    let order = try await agent.ask(
      "POST", "/deploying", body: "{\"for_ms\":1000}", headers: [json, HTTPField("Host", "evil")])
    #expect(order.status == 421)
    #expect(agent.fake.reports.allSatisfy { $0.deployingMs == nil })
    for host in ["localhost", "LOCALHOST:18629", "127.0.0.1", "127.0.0.96:18629", "[::1]:18629"] {
      let reply = try await agent.ask("GET", "/role", headers: [HTTPField("Host", host)])
      #expect(reply.status == 200, "\(host)")
    }
    await agent.end()
  }

  @Test("deploying: the coordinator hears it at once, and --end ends it")
  func deploying() async throws {
    let agent = try await Running("127.0.0.93")
    #expect(await eventually { await agent.isUp() }, "\(agent.log.value)")
    #expect(await eventually { !agent.fake.reports.isEmpty })
    let began = try await agent.command(["deploying", "--for", "3m"])
    #expect(began.status == .exited(0))
    #expect(began.output.contains("a1 is being deployed: for 1"), "\(began.output)")
    #expect(began.output.contains("The coordinator has heard it."), "\(began.output)")
    #expect(began.output.contains("signalbox explain"))
    let left = try #require(agent.fake.reports.last?.deployingMs)
    #expect((120_000...180_000).contains(left))
    let health = try JSON.decode(
      HostHealth.self, from: try await agent.ask("GET", "/health").body, maxBytes: 9999)
    #expect(health.deployingMs != nil)
    let ended = try await agent.command(["deploying", "--end"])
    #expect(ended.status == .exited(0))
    #expect(ended.output.contains("its votes count again"))
    #expect(agent.fake.reports.last?.deployingMs == nil)
    #expect(agent.log.value.contains { $0.contains("this host is being deployed") })

    for words in [[], ["--for", "11m"], ["--for", "3"], ["--for", "1m", "--end"]] {
      let refused = try await agent.command(["deploying"] + words)
      #expect(refused.status == .exited(2), "\(words): \(refused.output)")
    }
    await agent.end()
    // Nobody is there any more.
    let rig = agent.rig
    try Files.makeDirectory(rig.directory, mode: 0o700)
    try rig.write(
      "agent.toml",
      rig.configuration(
        1, "[[check]]\nhttp = \"http://127.0.0.1:1/\"",
        listen: agent.place))
    let alone = try await agent.command(["deploying", "--for", "1m"])
    #expect(alone.status == .exited(3), "\(alone.output)")
    #expect(alone.output.contains("is not reached"))
    try rig.write("agent.toml", rig.configuration(1, "[[check]]\nhttp = \"http://127.0.0.1:1/\""))
    let off = try await agent.command(["deploying", "--for", "1m"])
    #expect(off.status == .exited(2))
    #expect(off.output.contains("listen: found \"off\""))
    Files.removeTree(rig.directory)
  }

  @Test("A coordinator that is away is said to be, and the notice stands")
  func unheard() async throws {
    let rig = try AgentUnderTest()
    let log = Shared<[String]>([])
    let child = try rig.start(
      rig.configuration(
        1, "[[check]]\nhttp = \"http://127.0.0.1:1/health\"", listen: "127.0.0.94:18629"), log: log)
    #expect(await eventually { log.value.contains { $0.contains("does not hear") } })
    let lines = Shared<[String]>([])
    let command = try ChildProcess(
      AgentUnderTest.program,
      ["deploying", "--for", "2m", "--config", "\(rig.directory)/agent.toml"],
      options: ChildProcess.Options(
        output: .lines { line in lines.update { $0.append(line) } }, errors: .null))
    #expect(await command.wait() == .exited(0))
    #expect(lines.value.contains { $0.contains("has not heard it yet") }, "\(lines.value)")
    child.signal(SIGTERM)
    #expect(await child.wait() == .exited(0))
    Files.removeTree(rig.directory)
  }

  @Test("An address that is taken is a mistake of the configuration: exit code 2, by name")
  func taken() async throws {
    let server = try await StubServer { _ in .answer(200, "") }
    let rig = try AgentUnderTest()
    for (place, words) in [
      ("127.0.0.1:\(server.port)", "is in use"), ("192.0.2.1:18629", "is no address of this host"),
    ] {
      let log = Shared<[String]>([])
      let child = try rig.start(
        rig.configuration(1, "[[check]]\nhttp = \"http://127.0.0.1:1/\"", listen: place), log: log)
      #expect(await child.wait() == .exited(2))
      #expect(
        log.value.contains { $0.contains("listen") && $0.contains(place) && $0.contains(words) },
        "\(log.value)")
    }
    await server.end()
    Files.removeTree(rig.directory)
  }
}
