import AgentCore
import Glibc
import Platform
import Probing
import Sandbox
import Testing
import Wire

@testable import AgentChecks

private let patience = Duration.seconds(60)

/// The same server asked as a check of its own host and as a probe from outside.
private struct BothSides: Sendable {
  let server: StubServer
  let http = HTTPClient(userAgent: "test")

  func inside(_ path: String, wait: Duration = patience) async -> CheckOutcome {
    let target = HTTPCheck.Target(
      url: "http://127.0.0.1:\(server.port)\(path)", host: "app.example.org")
    return await HTTPCheck(
      identity: CheckIdentity(name: "http", kind: "http"), target: target, http: http
    ).attempt(deadline: wait)
  }

  func outside(_ path: String, wait: Duration = patience) async -> ProbeOutcome {
    let target = ProbeTarget(
      service: "app", region: "us-east", family: .ipv4, address: "127.0.0.1",
      url: "http://app.example.org:\(server.port)\(path)", otherRegions: ["eu-central"])
    return await PeerProbe(http: http).probe(target, deadline: wait).outcome
  }

  func end() async {
    await server.end()
    http.shutdown()
  }
}

@Suite("Health answers of real servers, from inside and from outside")
struct HealthServerTests {
  /// `{"status":"down"}` in gzip.
  private static let down: [UInt8] = [
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0x02, 0x03, 0xab, 0x56, 0x2a, 0x2e, 0x49, 0x2c, 0x29, 0x2d,
    0x56, 0xb2, 0x52, 0x4a, 0xc9, 0x2f, 0xcf, 0x53, 0xaa, 0x05, 0, 0x60, 0xd5, 0x06, 0x5f, 0x11, 0,
    0, 0,
  ]

  @Test("An app that answers other words to who wants JSON is asked without a wish")
  func accept() async throws {
    let sides = BothSides(
      server: try await StubServer { request in
        request.header("accept") == "*/*"
          ? .answer(200, "<html>Application up</html>")
          : .answer(503, #"{"message":"no such format"}"#)
      })
    #expect(await sides.inside("/up") == CheckOutcome(.success))
    #expect(await sides.outside("/up") == .serving)
    await sides.end()
  }

  @Test("The sandbox's apps in other wordings are well for both sides")
  func wordings() async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(regions: ["us-east", "eu-central"], network: "any", nameServers: 0))
    let http = HTTPClient(userAgent: "test")
    let place = sandbox.topology.regions[1]
    let app = place.instances[0].app
    let check = HTTPCheck(
      identity: CheckIdentity(name: "http", kind: "http"),
      target: HTTPCheck.Target(url: "http://\(app)/health"), http: http)
    let target = ProbeTarget(
      service: "app", region: place.id, family: .ipv4, address: app.address,
      url: "http://app.example.org:\(app.port)/health", aws: place.awsRegion,
      otherRegions: ["us-east", "us-east-1"])
    for (kind, isOdd) in [(FaultKind.appOddWord, true), (.appGzip, false), (.app204, false)] {
      let fault = try await sandbox.startFault(kind, target: place.id)
      let inside = await check.attempt(deadline: patience)
      #expect(inside.verdict == .success, "\(kind): \(inside.reason ?? "")")
      #expect((inside.finding != nil) == isOdd, "\(kind)")
      let outside = await PeerProbe(http: http).probe(target, deadline: patience)
      #expect(outside.outcome == .serving, "\(kind): \(outside.reason ?? "")")
      await sandbox.endFault(fault)
    }
    await sandbox.stop()
    http.shutdown()
  }

  @Test("gzip though nobody asked is read; what cannot be undone is no vote, and unknown")
  func codings() async throws {
    let sides = BothSides(
      server: try await StubServer { request in
        let coding = request.path == "/secret" ? "secret" : "gzip"
        let body = request.path == "/broken" ? Array("not gzip".utf8) : Self.down
        let status = request.path == "/sick" ? 503 : 200
        return .answer(status, headers: [("Content-Encoding", coding)], body: body)
      })
    #expect(await sides.inside("/health").failure == .body)
    #expect(await sides.outside("/health") == .erroring)
    for path in ["/broken", "/secret"] {
      #expect(await sides.inside(path).verdict == .unknown)
      #expect(await sides.outside(path) == ProbeOutcome.none)
    }
    #expect(await sides.inside("/sick").failure == .serverError)
    #expect(await sides.outside("/sick") == .erroring)
    await sides.end()
  }

  @Test("3 MiB, an end of the world in gzip, and no HTTP: unknown inside, erroring outside")
  func tooMuchAndGarbage() async throws {
    let bomb = Bomb.gzip(runs: 40_000)
    #expect(bomb.count < 100_000)
    let sides = BothSides(
      server: try await StubServer { request in
        switch request.path {
        case "/bomb": .answer(200, headers: [("Content-Encoding", "gzip")], body: bomb)
        case "/missing": .answer(404, headers: [], body: Array(repeating: 120, count: 3 << 20))
        case "/sick": .answer(503, headers: [], body: Array(repeating: 120, count: 3 << 20))
        case "/garbage": .raw("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
        default: .answer(200, headers: [], body: Array(repeating: 120, count: 3 << 20))
        }
      })
    for path in ["/large", "/bomb", "/garbage"] {
      #expect(await sides.inside(path).verdict == .unknown, "\(path)")
      #expect(await sides.outside(path) == .erroring, "\(path)")
    }
    // Where there is a status, it counts, however much follows.
    #expect(await sides.inside("/missing").failure == .status)
    #expect(await sides.outside("/missing") == ProbeOutcome.none)
    #expect(await sides.inside("/sick").failure == .serverError)
    #expect(await sides.outside("/sick") == .erroring)
    await sides.end()
  }

  /// In a process of its own, because it changes the environment.
  @Test("A proxy of the environment that answers for everybody is asked nothing")
  func proxy() async {
    await #expect(processExitsWith: .success) {
      let asked = Shared(0)
      let proxy = try await StubServer { _ in
        asked.update { $0 += 1 }
        return .answer(200, #"{"status":"ok"}"#)
      }
      for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        setenv(name, "http://127.0.0.1:\(proxy.port)", 1)
      }
      let http = HTTPClient(userAgent: "test")
      let wait = Duration.milliseconds(500)
      for scheme in ["http", "https"] {
        let target = ProbeTarget(
          service: "app", region: "us-east", family: .ipv4, address: "192.0.2.1",
          url: "\(scheme)://app.example.org/health")
        #expect(await PeerProbe(http: http).probe(target, deadline: wait).outcome != .serving)
        let check = HTTPCheck(
          identity: CheckIdentity(name: "http", kind: "http"),
          target: HTTPCheck.Target(url: "\(scheme)://192.0.2.1/health"), http: http)
        #expect(await check.attempt(deadline: wait).verdict != .success)
      }
      #expect(asked.value == 0)
      http.shutdown()
      await proxy.end()
    }
  }
}

/// Zeros in gzip (RFC 1951, 3.2.6: fixed codes).
private enum Bomb {
  /// `runs` times 258 zeros, in 13 bits each.
  static func gzip(runs: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    var held: UInt64 = 0
    var count: UInt64 = 0
    func put(_ bits: UInt64, _ width: UInt64) {
      held |= bits << count
      count += width
      while count >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: held))
        held >>= 8
        count -= 8
      }
    }
    put(0b011, 3)
    put(0b0000_1100, 8)
    for _ in 0..<runs { put(0b00000_1010_0011, 13) }
    put(0, 14)
    return bytes
  }
}
