import AgentCore
import Platform
import Probing
import Sandbox
import Testing
import Wire

@testable import AgentChecks

private let patience = Duration.seconds(60)

@Suite("HTTP check")
struct HTTPCheckTests {
  private func judge(
    _ status: Int, _ body: String, headers: [HTTPField] = [], contains: String? = nil
  ) -> CheckOutcome {
    HTTPCheck.judge(
      HTTPResponse(status: status, headers: headers, body: Array(body.utf8), total: .zero),
      by: HealthRule(keys: .check, bodyContains: contains))
  }

  @Test(
    "What replies say",
    arguments: [
      (200, #"{"status":"healthy","region":"us-east"}"#, CheckOutcome.Verdict.success),
      (200, #"{"status":"OK"}"#, .success), (200, #" {"status":"ok"}"#, .success),
      (200, "{}", .success), (200, "ok", .success), (200, "", .success), (200, "{broken", .success),
      (200, #"{"status":200}"#, .success), (200, #"["status"]"#, .success),
      (200, #"{"status":"unhealthy"}"#, .failure), (200, #"{"status":"degraded"}"#, .success),
      (200, #"{"status":""}"#, .success), (204, "", .success), (206, "x", .success),
      (200, #"{"status":false}"#, .failure), (200, #"{"healthy":false}"#, .failure),
      (200, "\u{FEFF}{\"status\":\"down\"}", .failure), (301, "", .failure),
      (403, "", .failure), (404, "", .failure), (500, "", .failure), (503, "", .failure),
    ])
  func replies(status: Int, body: String, verdict: CheckOutcome.Verdict) {
    #expect(judge(status, body).verdict == verdict)
  }

  @Test("Classes, hints, and what the app says of itself")
  func details() {
    #expect(judge(500, "").failure == .serverError)
    #expect(judge(404, "").failure == .status)
    #expect(judge(200, #"{"status":"down"}"#).failure == .body)
    let redirect = judge(301, "", headers: [HTTPField("Location", "https://app.example.org/")])
    #expect(redirect.reason?.contains("force_ssl") == true)
    #expect(redirect.reason?.contains("https://app.example.org/") == true)
    #expect(judge(403, "").reason?.contains("HostAuthorization") == true)
    #expect(judge(200, #"{"status":"down"}"#).reason == "answers 200, but status is 'down'")
    let odd = judge(200, #"{"status":"Application is up"}"#)
    #expect(odd.verdict == .success)
    #expect(odd.finding?.contains("healthy = [...] in agent.toml") == true)
    let sick = judge(503, #"{"status":"unhealthy","region":"us-east","release":"7"}"#)
    #expect(sick.app == AppState(region: "us-east", release: "7"))
    #expect(judge(200, "no json").app == nil)
    #expect(judge(200, "all fine", contains: "fine").verdict == .success)
    #expect(judge(200, "all bad", contains: "fine").failure == .body)
  }

  @Test(
    "What replies that never came say",
    arguments: [
      (
        HTTPError.Kind.connect, Failure.transient, CheckOutcome.Verdict.failure,
        FailureClass.network
      ),
      (.reset, .outcomeUnknown, .failure, .network),
      (.timeout, .outcomeUnknown, .failure, .timeout),
      (.tls, .permanent, .failure, .tls), (.tooLarge, .outcomeUnknown, .unknown, .body),
      (.notHTTP, .outcomeUnknown, .unknown, .body),
      (.undecodable, .outcomeUnknown, .unknown, .body),
      (.connect, .permanent, .unknown, .hostNetwork),
      (.resolve, .transient, .unknown, .nameResolution),
      (.invalidRequest, .permanent, .misconfigured, .other), (.other, .transient, .unknown, .other),
    ])
  func errors(
    kind: HTTPError.Kind, failure: Failure, verdict: CheckOutcome.Verdict,
    failureClass: FailureClass
  ) {
    let outcome = HTTPCheck.judge(HTTPError(kind: kind, failure: failure, description: "x"))
    #expect(outcome.verdict == verdict)
    #expect(outcome.failure == failureClass)
  }

  @Test("It sends Host and X-Forwarded-Proto, follows no redirect, and a hang is a failure")
  func wire() async throws {
    let seen = Shared<[StubRequest]>([])
    let server = try await StubServer { request in
      seen.update { $0.append(request) }
      switch request.path {
      case "/health": return .answer(200, #"{"status":"ok"}"#)
      case "/moved": return .answer(302, "", [("Location", "/health")])
      case "/closed": return .close
      default: return .hang
      }
    }
    let http = HTTPClient(userAgent: "test")
    func attempt(_ path: String, _ deadline: Duration) async -> CheckOutcome {
      let target = HTTPCheck.Target(
        url: "http://127.0.0.1:\(server.port)\(path)", host: "app.example.org")
      let identity = CheckIdentity(name: "http", kind: "http")
      return await HTTPCheck(identity: identity, target: target, http: http)
        .attempt(deadline: deadline)
    }
    #expect(await attempt("/health", patience).verdict == .success)
    #expect(seen.value.last?.header("host") == "app.example.org")
    #expect(seen.value.last?.header("x-forwarded-proto") == "https")
    #expect(await attempt("/moved", patience).failure == .status)
    #expect(seen.value.map(\.path) == ["/health", "/moved"])
    #expect(await attempt("/closed", patience).failure == .network)
    let hang = await attempt("/hang", .milliseconds(200))
    #expect(hang.verdict == .failure)
    #expect(hang.failure == .timeout)
    await server.end()
    http.shutdown()
  }
}

@Suite("Peer probe: RULES 3")
struct PeerProbeTests {
  @Test("The shared judgement, as a finding of this host")
  func findings() {
    let dark = ProbeAnswer(outcome: .dark, reason: "cannot connect: Connection refused")
    #expect(PeerProbe.finding(dark).outcome == .dark)
    let serving = PeerProbe.finding(ProbeAnswer(outcome: .serving, reason: "200", status: 200))
    #expect(serving == ProbeFinding(.serving, status: 200))
  }

  @Test("Against the sandbox: serving, erroring without hosts, dark when the region is down")
  func sandbox() async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(regions: ["us-east", "eu-central"], network: "any", nameServers: 0))
    let http = HTTPClient(userAgent: "test")
    let place = sandbox.topology.regions[1]
    let target = ProbeTarget(
      service: "app", region: place.id, family: .ipv4, address: place.balancer.address,
      url: "http://app.example.org:\(place.balancer.port)/health", aws: place.awsRegion)
    func outcome() async -> ProbeOutcome {
      await PeerProbe(http: http).probe(target, deadline: patience).outcome
    }
    func becomes(_ wanted: ProbeOutcome) async -> Bool {
      let until = Clocks.bootTime() + patience
      while Clocks.bootTime() < until {
        if await outcome() == wanted { return true }
        try? await Task.sleep(for: .milliseconds(50))
      }
      return false
    }
    #expect(await becomes(.serving))
    let hosts = try await sandbox.startFault(.hostsDown, target: place.id)
    #expect(await becomes(.erroring))
    await sandbox.endFault(hosts)
    #expect(await becomes(.serving))
    try await sandbox.startFault(.regionDown, target: place.id)
    #expect(await becomes(.dark))
    await sandbox.stop()
    http.shutdown()
  }
}
