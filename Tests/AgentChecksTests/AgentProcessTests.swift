import Codec
import Platform
import Sandbox
import Testing
import Wire

/// A coordinator that verifies every report and answers as a test says.
private final class FakeCoordinator: Sendable {
  private struct State {
    var reports: [Report] = []
    var refusals: [String] = []
    var answered = 0
  }

  private let state = Shared(State())
  private let signer: Signer
  private let agent: Verifier
  let codec = MessageCodec(sha256: { Digest.sha256($0) })

  init(signer: Signer, agent: Verifier) {
    self.signer = signer
    self.agent = agent
  }

  /// The reports that were verified, in their order.
  var reports: [Report] { state.value.reports }
  /// What was wrong with the others.
  var refusals: [String] { state.value.refusals }

  func handle(
    _ request: StubRequest, directive: (Report, Int) -> (status: Int, body: [UInt8])
  ) -> StubReply {
    do {
      _ = try codec.verifyRequest(
        method: request.method, path: request.path, headers: { request.header($0) },
        body: request.body,
        keys: { [agent] in
          $0 == agent.keyID
            ? VerifyingKey(keyID: agent.keyID) { agent.verify($0, of: $1) } : nil
        })
      let report = try JSON.decode(
        Report.self, from: request.body, maxBytes: Limits.reportBytes)
      try Bounds.check(report)
      let number = state.update { state -> Int in
        state.reports.append(report)
        return state.reports.count
      }
      let (status, body) = directive(report, number)
      return .answer(status, headers: sign(status, body, request), body: body)
    } catch {
      state.update { $0.refusals.append("\(error)") }
      return .answer(400, "{}")
    }
  }

  private func sign(
    _ status: Int, _ body: [UInt8], _ request: StubRequest
  ) -> [(String, String)] {
    let signer = signer
    let fields = codec.signResponse(
      status: status, body: body, requestMethod: request.method, requestPath: request.path,
      requestDigest: codec.digest(of: request.body),
      key: SigningKey(keyID: signer.verifier.keyID) { signer.sign($0) },
      createdSeconds: Clocks.wallMilliseconds() / 1000, nonce: SecureRandom.hex(8))
    return [("Content-Type", "application/json")] + fields.map { ($0.name, $0.value) }
  }
}

/// The agent as a process, in a directory of its own.
private struct AgentUnderTest {
  let directory: String
  let agentKey: Signer
  let coordinatorKey: Signer

  init() throws {
    directory = try Files.makeTemporaryDirectory(prefix: "signalbox-agent")
    agentKey = try Signer.generate()
    coordinatorKey = try Signer.generate()
    try write("key", agentKey.pem)
  }

  func write(_ name: String, _ text: String) throws {
    try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(name)", mode: 0o600)
  }

  /// The program stands beside the test bundle.
  static var program: String {
    get throws {
      let own = try #require(Swift.CommandLine.arguments.first)
      var directory = own.split(separator: "/").dropLast()
      while !directory.isEmpty {
        let candidate = "/" + directory.joined(separator: "/") + "/signalbox-agent"
        if Files.exists(candidate) { return candidate }
        directory = directory.dropLast()
      }
      return "signalbox-agent"
    }
  }

  func configuration(_ port: Int, _ more: String, key: String? = nil) -> String {
    """
    agent = "a1"
    region = "us-east"
    coordinator = "http://127.0.0.1:\(port)"
    coordinator_key = "\(key ?? coordinatorKey.verifier.base64)"
    key_file = "\(directory)/key"
    rehearsal_speed = 10
    \(more)
    """
  }

  func start(_ configuration: String, log: Shared<[String]>) throws -> ChildProcess {
    try write("agent.toml", configuration)
    return try ChildProcess(
      Self.program, ["--config", "\(directory)/agent.toml"],
      options: ChildProcess.Options(
        environment: [
          "HOME": directory, "AWS_ACCESS_KEY_ID": "sandbox",
          "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
        ], output: .null, errors: .lines { line in log.update { $0.append(line) } }))
  }
}

/// Waits for a condition, generously.
private func eventually(_ condition: () async -> Bool) async -> Bool {
  let until = Clocks.bootTime() + .seconds(40)
  while Clocks.bootTime() < until {
    if await condition() { return true }
    try? await Task.sleep(for: .milliseconds(20))
  }
  return false
}

private func encoded(_ value: some Encodable) -> [UInt8] {
  (try? JSON.encode(value)) ?? []
}

private func directive(
  _ report: Report, writer: Bool = true, epoch: UInt64 = 3, probes: [ProbeTarget] = []
) -> Directive {
  Directive(
    agent: report.agent, sequence: report.sequence,
    services: [ServiceDirective(service: "app", epoch: epoch, traffic: "us-east")],
    challenge: "c\(report.sequence)", nextReportMs: 200, heartbeatWriter: writer,
    heartbeatPeriodMs: 200, heartbeatReadMs: 100, peers: ["eu-central"], probes: probes,
    probePeriodMs: 200, probeDeadlineMs: 2000, probeFall: 3,
    coordinatorMs: Clocks.wallMilliseconds())
}

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
}
