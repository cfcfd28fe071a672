import Codec
import Wire

/// Messages with every field set, as the golden files have them.
enum Samples {
  static let report = Report(
    agent: "us-east-app-1", region: "us-east", boot: "0123456789abcdef", sequence: 42,
    sentMs: 1_763_900_000_123, intervalMs: 5000, challenge: "c-7f3a",
    checks: [
      CheckResult(
        name: "http http://127.0.0.1:3000/health", kind: "http", services: ["app"], state: .bad,
        failure: .serverError, reason: "GET /health answers 503", latencyMs: 12.5, ageMs: 310,
        badSinceMs: 4200, successes: 0),
      CheckResult(
        name: "dynamodb app", kind: "dynamodb", counts: .region, state: .good, latencyMs: 4.25,
        ageMs: 900, successes: 77, riseMs: 2100),
    ],
    heartbeat: OwnHeartbeat(
      table: "app", sequence: 9, writtenMs: 1_763_899_999_000, acknowledgedMs: 1100,
      periodMs: 2000, failure: .throttled, reason: "throttled"),
    peers: [
      PeerHeartbeat(
        region: "eu-central", agent: "eu-central-app-1", boot: "fedcba9876543210", sequence: 8,
        writtenMs: 1_763_899_998_500, seenMs: 700, readMs: 200, periodMs: 2000,
        sightings: [
          Sighting(
            sequence: 8, writtenMs: 1_763_899_998_500, lagLowMs: -20, lagHighMs: 980)
        ])
    ],
    probes: [
      ProbeResult(
        service: "app", region: "eu-central", family: .ipv4, outcome: .serving, vote: .serving,
        status: 200, latencyMs: 88, ageMs: 1500, servingMs: 1600),
      ProbeResult(
        service: "app", region: "ap-south", family: .ipv6, outcome: .dark, vote: .bad,
        reason: "connection refused", ageMs: 1500, badSinceMs: 16_000),
    ],
    clock: ClockState(synchronised: true, errorMs: 3),
    app: AppState(region: "us-east", release: "2026.11.1"), agentVersion: "0.1.0",
    starved: false, deployingMs: 60_000, goodbye: false,
    acknowledged: [ServiceEpoch(service: "app", epoch: 7)],
    history: [
      PastCheck(atMs: 1_763_899_000_000, name: "dynamodb app", state: .unknown, reason: "late")
    ])

  static let directive = Directive(
    agent: "us-east-app-1", sequence: 42,
    services: [
      ServiceDirective(
        service: "app", epoch: 7, traffic: "us-east", trafficAgeMs: 86_400_000,
        exclusive: "us-east", leaseMs: 120_000)
    ],
    challenge: "c-8b21", nextReportMs: 5000, heartbeatWriter: true, heartbeatPeriodMs: 2000,
    heartbeatReadMs: 1000, peers: ["ap-south", "eu-central"],
    probes: [
      ProbeTarget(
        service: "app", region: "eu-central", family: .ipv4, address: "192.0.2.2",
        url: "https://app.example.org/health", bodyContains: "healthy")
    ],
    probePeriodMs: 5000, probeDeadlineMs: 3000, probeFall: 3, coordinatorMs: 1_763_900_000_456)

  static let nonce = "00112233445566778899aabbccddeeff"
  static let created: Int64 = 1_763_900_000
  static let path = "/v1/reports"
}

/// Names of what is not set anywhere in a value: nil, or a list with nothing in it.
func unset(_ value: Any, _ name: String) -> [String] {
  let mirror = Mirror(reflecting: value)
  if mirror.displayStyle == .optional {
    return mirror.children.first.map { unset($0.value, name) } ?? [name]
  }
  if mirror.displayStyle == .collection, mirror.children.isEmpty { return [name] }
  return mirror.children.flatMap { unset($0.value, $0.label ?? name) }
}

/// A message as it would be received; `request` is also what a response answers.
struct Message {
  var method = "POST"
  var path = Samples.path
  var status = 200
  var fields: [String: String] = [:]
  var body: [UInt8]
  var requestDigest = ""

  mutating func take(_ signed: [SignedField]) {
    for field in signed { fields[field.name.lowercased()] = field.value }
  }
}

enum Signed {
  static let codec = MessageCodec(sha256: { sha256($0) })
  static let agent = ToyKey("a1b2c3d4e5f60718")
  static let coordinator = ToyKey("0f1e2d3c4b5a6978")

  static func request() throws -> Message {
    var message = Message(body: try JSON.encode(Samples.report))
    message.take(
      codec.signRequest(
        method: message.method, path: message.path, body: message.body, key: agent.signing,
        createdSeconds: Samples.created, nonce: Samples.nonce))
    return message
  }

  static func response() throws -> Message {
    var message = Message(body: try JSON.encode(Samples.directive))
    message.requestDigest = codec.digest(of: try JSON.encode(Samples.report))
    message.take(
      codec.signResponse(
        status: message.status, body: message.body, requestMethod: message.method,
        requestPath: message.path, requestDigest: message.requestDigest, key: coordinator.signing,
        createdSeconds: Samples.created, nonce: Samples.nonce))
    return message
  }

  /// What verification says of a request: nil when it is accepted.
  static func refusal(ofRequest message: Message) -> SignatureError? {
    do {
      _ = try codec.verifyRequest(
        method: message.method, path: message.path, headers: { message.fields[$0] },
        body: message.body, keys: { $0 == agent.id ? agent.verifying : nil })
      return nil
    } catch {
      return error
    }
  }

  /// What verification says of a response: nil when it is accepted.
  static func refusal(ofResponse message: Message) -> SignatureError? {
    do {
      _ = try codec.verifyResponse(
        status: message.status, headers: { message.fields[$0] }, body: message.body,
        requestMethod: message.method, requestPath: message.path,
        requestDigest: message.requestDigest, key: coordinator.verifying)
      return nil
    } catch {
      return error
    }
  }
}
