import Glibc
import NIOCore
import NIOPosix
import Platform
import Testing

/// A real name server on 127.0.0.60.
private struct Knot {
  let child: ChildProcess
  let server: DNSServer

  private static let zone = """
    $ORIGIN example.org.
    $TTL 30
    @ SOA ns1 hostmaster 2026112301 3600 600 86400 60
    @ NS ns1
    @ NS ns2.example.net.
    ns1 A 127.0.0.60
    app A 127.0.1.1
    app A 127.0.2.1
    app 20 AAAA 2001:db8::1
    www CNAME app
    _signalbox.app TXT "v=1 epoch=7" " at=us-east \\"q\\" \\252\\\\"
    sub NS ns.sub
    ns.sub A 127.0.0.61

    """

  init(_ directory: String) async throws {
    let free = try RawSocket(stream: true, address: "127.0.0.60")
    server = try DNSServer(address: "127.0.0.60", port: free.port)
    free.stop()
    var zone = Self.zone
    for number in 0..<200 {
      zone += "large TXT \"\(number) \(String(repeating: "x", count: 50))\"\n"
    }
    let configuration = """
      server:
        rundir: "\(directory)"
        listen: 127.0.0.60@\(server.port)
      database:
        storage: "\(directory)"
      log:
        - target: stderr
          any: error
      zone:
        - domain: example.org
          storage: "\(directory)"
          file: "zone"

      """
    try Files.writeAtomically(Array(zone.utf8), to: "\(directory)/zone", mode: 0o600)
    try Files.writeAtomically(Array(configuration.utf8), to: "\(directory)/conf", mode: 0o600)
    child = try ChildProcess("knotd", ["-c", "\(directory)/conf"])
  }
}

private func withKnot(_ body: (DNSClient, DNSServer) async throws -> Void) async throws {
  try await withTemporaryDirectory { directory in
    let knot = try await Knot(directory)
    let client = DNSClient()
    let isUp = await eventually {
      let answer = try? await client.ask(
        DNSQuestion(name: "example.org", type: .soa), server: knot.server, deadline: .seconds(1))
      return answer?.responseCode == .noError
    }
    do {
      try #require(isUp)
      try await body(client, knot.server)
    } catch {
      client.shutdown()
      await knot.child.stop(grace: .seconds(10))
      throw error
    }
    client.shutdown()
    await knot.child.stop(grace: .seconds(10))
  }
}

@Suite struct DNSClientTests {
  @Test(
    .enabled(if: Files.program("knotd") != nil, "needs knot"), arguments: [DNSTransport.udp, .tcp])
  func answersOfARealServer(transport: DNSTransport) async throws {
    try await withKnot { client, server in
      func ask(_ name: String, _ type: DNSRecordType) async throws -> DNSAnswer {
        try await client.ask(
          DNSQuestion(name: name, type: type), server: server, transport: transport,
          deadline: .seconds(20))
      }
      let app = try await ask("App.example.org.", .a)
      #expect(app.responseCode == .noError)
      #expect(app.authoritative)
      #expect(app.elapsed > .zero)
      #expect(
        Set(app.records) == [
          DNSRecord(name: "app.example.org", type: .a, ttlSeconds: 30, value: "127.0.1.1"),
          DNSRecord(name: "app.example.org", type: .a, ttlSeconds: 30, value: "127.0.2.1"),
        ])
      let six = try await ask("app.example.org", .aaaa)
      #expect(six.records.map(\.value) == ["2001:db8::1"])
      #expect(six.records.map(\.ttlSeconds) == [20])
      let text = try await ask("_signalbox.app.example.org", .txt)
      #expect(text.records.map(\.value) == ["v=1 epoch=7 at=us-east \"q\" \u{fffd}\\"])
      let alias = try await ask("www.example.org", .a)
      #expect(alias.records.map(\.type) == [.cname, .a, .a])
      #expect(alias.records.first?.value == "app.example.org")
      let servers = try await ask("example.org", .ns)
      #expect(Set(servers.records.map(\.value)) == ["ns1.example.org", "ns2.example.net"])
      let authority = try await ask("example.org", .soa)
      #expect(authority.records.first?.value.contains(" 2026112301 ") == true)
      let missing = try await ask("none.example.org", .a)
      #expect(missing.responseCode == .nameError)
      #expect(missing.authoritative)
      #expect(missing.records.isEmpty)
      let nothing = try await ask("app.example.org", .other(15))
      #expect(nothing.responseCode == .noError)
      #expect(nothing.records.isEmpty)
      let referral = try await ask("a.sub.example.org", .a)
      #expect(!referral.authoritative)
      #expect(referral.records.isEmpty)
      #expect(try await ask("example.com", .a).responseCode == .refused)
      // Too large for UDP: asked again over TCP.
      #expect(try await ask("large.example.org", .txt).records.count == 200)
    }
  }

  @Test func aMuteServerMeetsTheDeadline() async throws {
    for stream in [false, true] {
      let mute = try RawSocket(stream: stream, backlog: 64)
      defer { mute.stop() }
      let server = try DNSServer(address: "127.0.0.1", port: mute.port)
      let client = DNSClient()
      defer { client.shutdown() }
      let start = Clocks.monotonic()
      // One thread asks one after the other, yet every caller is back in time.
      await withTaskGroup(of: DNSError?.self) { group in
        for number in 0..<30 {
          group.addTask {
            await dnsFailure(client, server, name: "n\(number).test", stream ? .tcp : .udp)
          }
        }
        for await error in group {
          #expect(error?.kind == .timeout)
          #expect(error?.description.contains("no answer within 3 s") == true)
        }
      }
      #expect(Clocks.monotonic() - start < .seconds(60))
    }
  }

  @Test func aClosedPort() async throws {
    let closed = try RawSocket(stream: true)
    closed.stop()
    let client = DNSClient()
    defer { client.shutdown() }
    let server = try DNSServer(address: "127.0.0.1", port: closed.port)
    let error = await dnsFailure(client, server, name: "app.test", .tcp, deadline: .seconds(60))
    #expect(error?.kind == .unreachable)
    #expect(
      error?.description.hasPrefix("app.test A asked of 127.0.0.1:\(closed.port) over TCP") == true)
  }

  @Test(arguments: [0, 2, 12, 20])
  func answersThatAreNone(damage: Int) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let channel = try await DatagramBootstrap(group: group)
      .channelInitializer { $0.pipeline.addHandler(Liar(damage: damage)) }
      .bind(host: "127.0.0.1", port: 0).get()
    let client = DNSClient()
    let server = try DNSServer(
      address: "127.0.0.1", port: UInt16(channel.localAddress?.port ?? 0))
    let error = await dnsFailure(client, server, name: "app.test", .udp, deadline: .seconds(2))
    // ldns throws a foreign answer away and waits on.
    #expect(error.map { [.malformed, .timeout, .unreachable].contains($0.kind) } == true)
    client.shutdown()
    try await channel.close().get()
    try await group.shutdownGracefully()
  }

  @Test func questionsThatMakeNoSense() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    let server = try DNSServer("127.0.0.1:9")
    for name in ["a..b", String(repeating: "a", count: 64), "a\0b"] {
      let error = await dnsFailure(client, server, name: name, .udp, deadline: .seconds(60))
      #expect(error?.kind == .malformed, "\(error?.description ?? "")")
    }
  }

  @Test func cancellingAndShutdown() async throws {
    let mute = try RawSocket(stream: false)
    defer { mute.stop() }
    let server = try DNSServer(address: "127.0.0.1", port: mute.port)
    let client = DNSClient()
    let first = Task {
      await dnsFailure(client, server, name: "a.test", .udp, deadline: .seconds(9))
    }
    first.cancel()
    #expect(await first.value?.kind == .other)
    client.shutdown()
    #expect(await dnsFailure(client, server, name: "b.test", .udp)?.kind == .other)
  }

  @Test func serversAsText() throws {
    let cases: [(String, String, UInt16)] = [
      ("127.0.0.53:18653", "127.0.0.53", 18653), ("192.0.2.1", "192.0.2.1", 53),
      ("[2001:db8::1]:5353", "2001:db8::1", 5353), ("[::1]", "::1", 53),
      ("2001:db8::1", "2001:db8::1", 53),
    ]
    for (text, address, port) in cases {
      let server = try DNSServer(text)
      #expect(server.address == address)
      #expect(server.port == port)
      #expect(try DNSServer(server.description) == server)
    }
    for text in [
      "", "ns1.linode.com", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "[::1", "[::1]5",
      "127.0.0.1:5a", "[127.0.0.1]:53", "127.0.0.1:+5", "1.2.3:53",
    ] {
      #expect(throws: DNSError.self, "\(text)") { try DNSServer(text) }
    }
  }

  @Test func theSystemsResolver() async throws {
    let resolver = SystemResolver()
    #expect(try await resolver.addresses(of: "127.0.0.9", deadline: .seconds(60)) == ["127.0.0.9"])
    #expect(try await resolver.addresses(of: "::1", deadline: .seconds(60)) == ["::1"])
    #expect(
      try await resolver.addresses(of: "localhost", deadline: .seconds(60))
        .contains { $0 == "127.0.0.1" || $0 == "::1" })
    for name in ["", String(repeating: "a", count: 70) + ".test", "a\0b"] {
      await #expect(throws: DNSError.self) {
        try await resolver.addresses(of: name, deadline: .seconds(60))
      }
    }
  }
}

private func dnsFailure(
  _ client: DNSClient, _ server: DNSServer, name: String, _ transport: DNSTransport,
  deadline: Duration = .seconds(3)
) async -> DNSError? {
  do {
    _ = try await client.ask(
      DNSQuestion(name: name, type: .a), server: server, transport: transport, deadline: deadline)
    return nil
  } catch {
    return error
  }
}

/// Sends questions back as answers, with one byte damaged.
private final class Liar: ChannelInboundHandler, Sendable {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>
  private let damage: Int

  init(damage: Int) {
    self.damage = damage
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var envelope = unwrapInboundIn(data)
    var bytes = Array(envelope.data.readableBytesView)
    bytes[2] |= 0x80
    bytes[damage] ^= 0x81
    envelope.data = ByteBuffer(bytes: bytes)
    context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
  }
}
