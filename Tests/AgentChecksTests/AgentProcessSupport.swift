import Codec
import Platform
import Testing
import Wire

/// A coordinator that verifies every report and answers as a test says.
final class FakeCoordinator: Sendable {
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
struct AgentUnderTest {
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

  func configuration(
    _ port: Int, _ more: String, key: String? = nil, listen: String = "off"
  ) -> String {
    """
    agent = "a1"
    region = "us-east"
    coordinator = "http://127.0.0.1:\(port)"
    coordinator_key = "\(key ?? coordinatorKey.verifier.base64)"
    key_file = "\(directory)/key"
    listen = "\(listen)"
    rehearsal_speed = 10
    \(more)
    """
  }

  func start(
    _ configuration: String, _ arguments: [String] = [], environment: [String: String] = [:],
    log: Shared<[String]>
  ) throws -> ChildProcess {
    try write("agent.toml", configuration)
    let usual = [
      "HOME": directory, "AWS_ACCESS_KEY_ID": "sandbox",
      "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
    ]
    return try ChildProcess(
      Self.program, arguments + ["--config", "\(directory)/agent.toml"],
      options: ChildProcess.Options(
        environment: usual.merging(environment) { $1 }, output: .null,
        errors: .lines { line in log.update { $0.append(line) } }))
  }
}

/// Waits for a condition, generously.
func eventually(_ condition: () async -> Bool) async -> Bool {
  let until = Clocks.bootTime() + .seconds(300)
  while Clocks.bootTime() < until {
    if await condition() { return true }
    try? await Task.sleep(for: .milliseconds(20))
  }
  return false
}

func encoded(_ value: some Encodable) -> [UInt8] {
  (try? JSON.encode(value)) ?? []
}

func directive(
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
