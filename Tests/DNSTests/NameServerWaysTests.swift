import Platform
import Synchronization
import Testing
import Wire

@testable import CoordinatorCore
@testable import DNS

/// Servers that say one thing over UDP and another over TCP, or at another address.
@Suite(.serialized) struct NameServerWaysTests {
  private static let new = "192.0.2.2"
  private static let old = "192.0.2.1"

  private func line(
    udp: FakeNameServer.Reply, tcp: FakeNameServer.Reply, everyWay: Bool = true,
    deadline: Duration = .seconds(3)
  ) async throws -> NameServerLine {
    let client = DNSClient()
    defer { client.shutdown() }
    let fake = try FakeNameServer(udp: udp, tcp: tcp)
    let servers = try NameServers(
      [fake.server.description], client: client, deadline: deadline)
    let lines = await servers.ask(
      name: World.name, type: .a, new: [Self.new], old: [Self.old], everyWay: everyWay)
    await fake.stop()
    return try #require(lines.first)
  }

  @Test func tcpIsAskedOnlyWhenItIsWanted() async throws {
    // A busy machine answers late, and what is silent over UDP is asked over TCP.
    let cheap = try await line(
      udp: .address(Self.new), tcp: .address(Self.old), everyWay: false, deadline: .seconds(120))
    #expect(cheap.answer == .new)
    #expect(cheap.tcp == nil)
    let both = try await line(
      udp: .address(Self.new), tcp: .address(Self.new), deadline: .seconds(120))
    #expect(both.answer == .new)
    #expect(both.tcp == .new)
    #expect(both.note == nil)
    #expect(both.ipv6 == nil)
  }

  @Test func theWorstAnswerCounts() async throws {
    for (udp, tcp) in [(Self.new, Self.old), (Self.old, Self.new)] {
      let line = try await line(
        udp: .address(udp), tcp: .address(tcp), deadline: .seconds(120))
      #expect(line.answer == .old)
      #expect(line.tcp == (tcp == Self.old ? .old : .new))
      #expect(line.addresses == [Self.old])
      #expect(
        line.note
          == (udp == Self.old ? "old over UDP, new over TCP" : "new over UDP, old over TCP"))
    }
    let other = try await line(
      udp: .address(Self.old), tcp: .address("192.0.2.9"), deadline: .seconds(120))
    #expect(other.answer == .other)
    #expect(other.addresses == ["192.0.2.9"])
    #expect(try await line(udp: .address(Self.new), tcp: .nothing).answer == .other)
  }

  @Test func aServerWithoutTcpIsListedAsSuch() async throws {
    let refusing = try await line(udp: .address(Self.new), tcp: .refuse)
    #expect(refusing.answer == .new)
    #expect(refusing.tcp == .mute)
    #expect(refusing.note == "refuses TCP")
    let silent = try await line(udp: .address(Self.new), tcp: .mute)
    #expect(silent.answer == .new)
    #expect(silent.note == "is mute over TCP")
    let reverse = try await line(udp: .mute, tcp: .address(Self.new))
    #expect(reverse.answer == .new)
    #expect(reverse.tcp == .new)
    #expect(reverse.note == "is mute over UDP")
    let dead = try await line(udp: .mute, tcp: .refuse)
    #expect(dead.answer == .mute)
    #expect(dead.note == nil)
  }

  /// An address to which no route leads is not asked, and that is said.
  @Test func withoutARouteIPv6IsNotAsked() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    let fake = try FakeNameServer(udp: .address(Self.new), tcp: .address(Self.new))
    let names = try NameServers([fake.server.description], client: client)
    let far = try DNSServer("2001:db8::1")
    var inquiry = Inquiry(
      question: DNSQuestion(name: World.name, type: .a), servers: [fake.server, far], of: names,
      until: Clocks.monotonic().advanced(by: .seconds(20)), hasRoute: { $0 != far })
    await inquiry.findAnswer()
    await inquiry.askOtherWays()
    let line = inquiry.line(
      server: "ns1", AnswerClasses(type: .a, new: [Self.new], old: [Self.old]))
    await fake.stop()
    #expect(line.answer == .new)
    #expect(line.tcp == .new)
    #expect(line.ipv6 == nil)
    #expect(line.note == "no route to 2001:db8::1")
  }

  /// The IPv6 form of a loopback address leads to another server than the first: it has its say.
  @Test func withARouteIPv6Counts() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    for (reply, expected) in [(Self.new, NameServerAnswer.new), (Self.old, .old)] {
      let four = try FakeNameServer(udp: .address(Self.new), tcp: .address(Self.new))
      let other = try FakeNameServer(udp: .address(reply), tcp: .address(reply))
      let six = try DNSServer(address: "::ffff:127.0.0.1", port: other.server.port)
      let names = try NameServers([four.server.description], client: client)
      var inquiry = Inquiry(
        question: DNSQuestion(name: World.name, type: .a), servers: [four.server, six],
        of: names, until: Clocks.monotonic().advanced(by: .seconds(20)))
      await inquiry.findAnswer()
      await inquiry.askOtherWays()
      let line = inquiry.line(
        server: "ns1", AnswerClasses(type: .a, new: [Self.new], old: [Self.old]))
      await four.stop()
      await other.stop()
      // A kernel without IPv6 has no route even there.
      guard Route.leads(to: six) else {
        #expect(line.note == "no route to ::ffff:127.0.0.1")
        continue
      }
      #expect(line.ipv6 == expected)
      #expect(line.answer == expected)
    }
  }

  @Test func routes() throws {
    #expect(Route.leads(to: try DNSServer("127.0.0.1:53")))
    #expect(!Route.leads(to: try DNSServer("255.255.255.255:53")))
  }

  @Test func aCacheTellsHowLongItKeepsTheOldAnswer() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    let left = Mutex<UInt32>(30)
    let fake = try FakeNameServer(
      udp: .address(Self.old), tcp: .refuse, isCache: true,
      ttl: {
        left.withLock { left in
          left -= 7
          return left
        }
      })
    let empty = try FakeNameServer(udp: .nothing, tcp: .refuse, isCache: true)
    let caches = try NameServers(
      [fake.server.description, empty.server.description], role: .resolver, client: client)
    for expected in [23, 16] {
      let lines = await caches.ask(
        name: World.name, type: .a, new: [Self.new], old: [Self.old], everyWay: true)
      #expect(lines.map(\.answer) == [.old, .other])
      #expect(lines.map(\.tcp) == [nil, nil], "resolvers are asked one way")
      #expect(lines[0].ttlSeconds == expected)
      #expect(
        NameServerLine.oldUntilMs(lines) == lines[0].askedMs + Int64(expected) * 1000)
    }
    await fake.stop()
    await empty.stop()
    #expect(NameServerLine.oldUntilMs([]) == nil)
  }
}
