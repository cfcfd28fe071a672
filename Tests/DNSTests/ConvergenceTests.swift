import Platform
import Testing
import Wire

@testable import DNS

@Suite struct ConvergenceTests {
  @Test func answersAreSortedIntoClasses() {
    let classes = AnswerClasses(type: .aaaa, new: ["2001:DB8::2"], old: ["2001:db8::1"])
    func line(
      _ code: DNSResponseCode, _ values: [String], authoritative: Bool = true
    ) -> NameServerLine {
      let records = values.map {
        DNSRecord(name: "app.example.org", type: .aaaa, ttlSeconds: 30, value: $0)
      }
      let whole = DNSAnswer(
        responseCode: code, authoritative: authoritative, records: records, elapsed: .zero)
      return classes.line(server: "ns", whole, askedMs: 0)
    }
    func answer(
      _ code: DNSResponseCode, _ values: [String], authoritative: Bool = true
    ) -> NameServerAnswer {
      line(code, values, authoritative: authoritative).answer
    }
    // What came back is said where it is no answer.
    #expect(line(.refused, []).note == "answers REFUSED")
    #expect(line(.serverFailure, []).note == "answers SERVFAIL")
    #expect(line(.noError, [], authoritative: false).note == "answers with a referral")
    #expect(line(.noError, ["2001:db8::9"]).note == nil && line(.nameError, []).note == nil)
    #expect(answer(.noError, ["2001:db8:0::2"]) == .new)
    #expect(answer(.noError, ["2001:db8::1"]) == .old)
    #expect(answer(.noError, ["2001:db8::1", "2001:db8::2"]) == .other)
    #expect(answer(.noError, ["2001:db8::9"]) == .other)
    #expect(answer(.noError, []) == .other)
    #expect(answer(.nameError, []) == .other)
    #expect(answer(.noError, [], authoritative: false) == .mute, "a referral")
    #expect(answer(.serverFailure, []) == .mute)
    #expect(answer(.refused, []) == .mute)
    #expect(classes.line(server: "ns", nil, askedMs: 5).answer == .mute)
    let line = classes.line(
      server: "ns",
      DNSAnswer(
        responseCode: .noError, authoritative: true,
        records: [
          DNSRecord(name: "app.example.org", type: .cname, ttlSeconds: 5, value: "x"),
          DNSRecord(name: "x", type: .aaaa, ttlSeconds: 30, value: "2001:DB8::2"),
        ], elapsed: .zero), askedMs: 5)
    #expect(
      line
        == NameServerLine(
          server: "ns", answer: .new, addresses: ["2001:db8::2"], ttlSeconds: 30, askedMs: 5))
  }

  @Test func serversAreAddressesOrNames() throws {
    let client = DNSClient()
    defer { client.shutdown() }
    let servers = try NameServers(
      ["127.0.0.53:18653", "[2001:db8::1]:53", "192.0.2.1", "NS1.linode.com", "ns.example:5353"],
      client: client)
    #expect(
      servers.places.map(\.place) == [
        .address(try DNSServer("127.0.0.53:18653")), .address(try DNSServer("[2001:db8::1]:53")),
        .address(try DNSServer("192.0.2.1")), .host("ns1.linode.com", port: 53),
        .host("ns.example", port: 5353),
      ])
    for wrong in ["", ":53", "300.1.2.3", "ns1..com", "ns1:0", "ns1:x", "a b", "1.2.3.4.5", "ns_"] {
      #expect(throws: DNSError.self, "\(wrong)") {
        _ = try NameServers([wrong], client: client)
      }
    }
  }

  /// Nothing listens there: told as mute.
  @Test func silentServersAreMute() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    let servers = try NameServers(
      ["127.0.0.99:1", "localhost:1"], client: client, deadline: .seconds(2))
    let lines = await servers.ask(
      name: World.name, type: .a, new: [World.a[1]], old: [World.a[0]])
    #expect(lines.map(\.answer) == [.mute, .mute])
    #expect(lines.map(\.server) == ["127.0.0.99:1", "localhost:1"])
  }
}
