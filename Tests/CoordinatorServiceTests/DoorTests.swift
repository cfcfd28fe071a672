import Codec
import Decision
import NIOCore
import Platform
import Testing
import Wire

@testable import CoordinatorService

/// Nobody outside makes the coordinator deaf: over real HTTP.
@Suite(.serialized) struct DoorTests {
  private static let longBody =
    "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"

  /// 600 unsigned POSTs that send a byte now and then take no more than their share; the socket
  /// answers meanwhile, and so does everybody who asks properly.
  @Test func slowBodiesTakeNothingFromOthers() async throws {
    var limits = DoorLimits(connections: 100)
    limits.part = .seconds(3)
    let server = try await ServerRig(limits)
    var slow: [RawSocket] = []
    for index in 0..<600 {
      let one = try server.connect()
      one.send(Self.longBody)
      slow.append(one)
      if index % 100 == 99 {
        for one in slow { one.send("x") }
        #expect(try await server.ask("GET", "/healthz", overSocket: true).status == 200)
        #expect(try await server.ask("GET", "/healthz").status == 200)
        #expect(
          try await server.send(
            server.rig.report("a1", from: "us-east"), to: "/v1/reports", signedFor: "/v1/reports")
            == 200)
        #expect(server.door.count <= 100, "\(server.door.count)")
      }
    }
    #expect(server.door.evicted > 0)
    // Those that were let in are answered, and go.
    let end = Clocks.monotonic() + .seconds(300)
    while slow.contains(where: { !$0.isClosed }), Clocks.monotonic() < end {
      for one in slow where !one.isClosed {
        one.read()
        one.send("x")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(!slow.contains { !$0.isClosed })
    #expect(slow.contains { $0.text.hasPrefix("HTTP/1.1 408") && $0.text.contains("unfinished") })
    #expect(await Self.becomes(0, server))
    await server.end()
  }

  private static func becomes(_ count: Int, _ server: ServerRig) async -> Bool {
    let end = Clocks.monotonic() + .seconds(300)
    while server.door.count != count, Clocks.monotonic() < end {
      try? await Task.sleep(for: .milliseconds(10))
    }
    return server.door.count == count
  }

  /// Where there is no room, the one that idles longest goes, not who asks.
  @Test func theOldestIdleOneGoes() async throws {
    let server = try await ServerRig(DoorLimits(connections: 4))
    var idle: [RawSocket] = []
    for number in 1...4 {
      idle.append(try server.connect())
      #expect(await Self.becomes(number, server))
    }
    let fifth = try server.connect()
    fifth.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    _ = try await idle[0].waitForClose()
    #expect(idle[0].isClosed)
    let end = Clocks.monotonic() + .seconds(300)
    while !fifth.text.contains("200 OK"), Clocks.monotonic() < end {
      fifth.read()
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(fifth.text.hasPrefix("HTTP/1.1 200"))
    for one in idle.dropFirst() {
      one.read()
      #expect(!one.isClosed)
    }
    await server.end()
  }

  /// Requests without an end are answered or closed at once, not when somebody's patience is over.
  @Test(arguments: [false, true]) func requestsWithoutAnEnd(overSocket: Bool) async throws {
    var limits = DoorLimits(connections: 64)
    limits.part = .seconds(40)
    let server = try await ServerRig(limits)
    let head = "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\n"
    let cases = [
      "GET /\r\n", "GET /healthz\n", "\u{16}\u{3}\u{1}\u{2}\n",
      head + "Content-Length: 4611686018427387904\r\n\r\n",
      head + "Content-Length: 99999999999999999999999999\r\n\r\n",
      head + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: "f", count: 4_000),
      head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
      head + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + String(repeating: "x", count: 90_000),
      head + "Transfer-Encoding: chunked\r\n\r\n1;" + String(repeating: "e", count: 300_000),
      head + "X-Long: " + String(repeating: "h", count: 300_000),
      "GET /" + String(repeating: "p", count: 300_000),
    ]
    for text in cases {
      let one = try server.connect(overSocket: overSocket)
      one.send(text)
      let took = try await one.waitForClose()
      #expect(one.isClosed, "\(text.prefix(60)): \(took)")
      #expect(took < .seconds(20) && !one.text.hasPrefix("HTTP/1.1 200"))
    }
    // A head that never ends has its time, and no more.
    await server.end()
    limits.part = .milliseconds(300)
    let quick = try await ServerRig(limits)
    let one = try quick.connect(overSocket: overSocket)
    one.send("GET /healthz HTTP/1.1\r\nHost: local")
    _ = try await one.waitForClose()
    #expect(one.text.hasPrefix("HTTP/1.1 408"))
    await quick.end()
  }

  /// What was not signed as it stands is not taken.
  @Test func theLineThatCameIsVerified() async throws {
    let server = try await ServerRig()
    let report = server.rig.report("a1", from: "us-east")
    for path in [
      "/v1/reports?x=1", "/v1/reports?", "/v1/reports/", "//v1/reports", "/v1/%72eports",
    ] {
      #expect(
        try await server.send(report, to: path, signedFor: "/v1/reports") != 200, "\(path)")
    }
    #expect(
      try await server.send(report, to: "/v1/reports?x=1", signedFor: "/v1/reports?x=1") != 200)
    #expect(await server.rig.coordinator.evidence.agents.isEmpty)
    #expect(try await server.send(report, to: "/v1/reports", signedFor: "/v1/reports") == 200)
    await server.end()
  }

  /// A name that somebody else made to point here is not answered.
  @Test func whoAsksByAnotherNameIsRefused() async throws {
    var text = CoordinatorRig.Text()
    text.top = "host_names = [\"status.example.org\"]"
    let server = try await ServerRig(text: text)
    func status(_ host: String, _ path: String = "/v1/status") async throws -> Int {
      try await server.ask("GET", path, headers: [HTTPField("Host", host)]).status
    }
    for good in [
      "localhost", "LOCALHOST:8621", "127.0.0.1:\(server.port)", "[::1]:8621", "10.0.0.1",
      "status.example.org", "Status.example.org.:443",
    ] { #expect(try await status(good) == 200, "\(good)") }
    for bad in ["evil.example", "evil.example:8621", "localhost.evil.example", "127.0.0.1.nip.io"] {
      #expect(try await status(bad) == 421, "\(bad)")
      #expect(try await status(bad, "/") == 421, "\(bad)")
    }
    let told = try await server.ask("GET", "/", headers: [HTTPField("Host", "evil.example")])
    #expect(told.text.contains("wrong_host") && told.text.contains("host_names"))
    // Changes are not for names at all.
    #expect(
      try await server.ask(
        "GET", "/healthz", headers: [HTTPField("Host", "evil.example")], overSocket: true
      ).status == 200)
    await server.end()
  }

  @Test func descriptorsAreSharedOut() {
    #expect(Descriptors(limit: 65_536) == Descriptors(limit: 1 << 30))
    for limit in [64, 256, 1_024, 4_096, 65_536] {
      let room = Descriptors(limit: limit)
      #expect(room.open + room.socket <= max(limit - 384, limit / 2), "\(limit)")
      #expect(room.open >= 4 && room.socket >= 4)
    }
    #expect(Descriptors(limit: 1_024).socket >= 16)
  }
}
