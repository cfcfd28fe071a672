import AgentCore
import Codec
import Platform
import Wire

/// One host's agent: the state that ships, with checks, heartbeats and probes that all go well.
struct LoadAgent: Sendable {
  let id: String
  let region: String
  let services: [String]
  let key: Signer
  private let regions: [String]
  private let codec = MessageCodec(sha256: { Digest.sha256($0) })
  private var state: AgentState
  private var checks: [Int] = []
  private var beat: UInt64 = 0
  /// The body of the newest report.
  private(set) var newest: [UInt8] = []

  init(id: String, region: String, regions: [String], services: [String], key: Signer) {
    self.id = id
    self.region = region
    self.services = services
    self.key = key
    self.regions = regions.filter { $0 != region }
    state = AgentState(
      facts: AgentFacts(
        agent: id, region: region, boot: SecureRandom.hex(8), version: Release.version,
        reportIntervalMs: 5000))
    for kind in ["http", "dynamodb"] {
      let identity = CheckIdentity(name: "\(kind) http://127.0.0.1:3000/health", kind: kind)
      let now = Instant(milliseconds: Clocks.wallMilliseconds())
      if let number = state.add(identity, policy: CheckPolicy(), at: now) { checks.append(number) }
    }
  }

  /// Whether its report was taken.
  mutating func report(to listen: String, _ http: HTTPClient) async -> Bool {
    see()
    let wallMs = Clocks.wallMilliseconds()
    let sent = Instant(milliseconds: wallMs)
    let report = state.report(at: sent, wallMs: wallMs, clock: ClockState(synchronised: true))
    let directive = await exchange(report, listen, http)
    let now = Instant(milliseconds: Clocks.wallMilliseconds())
    guard let directive,
      case .taken = state.take(directive, answering: report.sequence, sent: sent, at: now)
    else { return false }
    return true
  }

  /// The same without a signature; whether it was taken all the same.
  func bareReport(to listen: String, _ http: HTTPClient) async -> Bool {
    let reply = try? await http.send(
      HTTPRequest(
        method: "POST", url: "http://\(listen)/v1/reports",
        headers: [HTTPField("Content-Type", "application/json")], body: newest))
    return reply?.status != 401
  }

  private mutating func exchange(
    _ report: Report, _ listen: String, _ http: HTTPClient
  ) async -> Directive? {
    guard let body = try? JSON.encode(report) else { return nil }
    newest = body
    let fields = codec.signRequest(
      method: "POST", path: "/v1/reports", body: body,
      key: SigningKey(keyID: key.verifier.keyID, sign: { [key] in key.sign($0) }),
      createdSeconds: Clocks.wallMilliseconds() / 1000, nonce: SecureRandom.hex(8))
    let reply = try? await http.send(
      HTTPRequest(
        method: "POST", url: "http://\(listen)/v1/reports",
        headers: fields.map { HTTPField($0.name, $0.value) } + [
          HTTPField("Content-Type", "application/json")
        ], body: body))
    guard let reply, reply.status == 200 else {
      let problem = reply.flatMap {
        try? JSON.decode(Problem.self, from: $0.body, maxBytes: 1 << 20)
      }
      let now = Instant(milliseconds: Clocks.wallMilliseconds())
      state.loseReport(challenge: problem?.challenge, retry: false, at: now, jitter: 0)
      return nil
    }
    return try? JSON.decode(Directive.self, from: reply.body, maxBytes: 1 << 20)
  }

  /// What five seconds bring: checks, probes, and two heartbeats of each other region.
  private mutating func see() {
    let wallMs = Clocks.wallMilliseconds()
    let now = Instant(milliseconds: wallMs)
    for check in checks {
      let attempt = Attempt(started: now + -320, ended: now + -300, outcome: CheckOutcome(.success))
      _ = state.take(attempt, of: check, wallMs: wallMs)
    }
    for target in state.probeTargets {
      _ = state.take(
        ProbeFinding(.serving, status: 200), of: target, started: now + -930, ended: now + -900)
    }
    for back in [2000, 0] as [Int64] {
      beat += 1
      for region in regions {
        let heartbeat = Heartbeat(
          agent: "agent-0", boot: "0123456789abcdef", sequence: beat,
          writtenMs: wallMs - back - 700,
          periodMs: 2000, previousRttMs: nil, acknowledgedBefore: beat - 1)
        state.take(
          ReplicaRead(
            sentWallMs: wallMs - back - 210, receivedWallMs: wallMs - back - 200,
            sent: now + (-back - 210), received: now + (-back - 200), lateMs: 0, periodMs: 1000,
            found: [heartbeat]),
          of: region)
      }
    }
  }
}
