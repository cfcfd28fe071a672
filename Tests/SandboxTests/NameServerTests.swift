import Platform
import Testing

@testable import Sandbox

@Suite(.serialized) struct NameServerTests {
  /// The texts of a name's records at one server.
  private func ask(
    _ dns: DNSClient, _ name: String, _ type: DNSRecordType, _ server: Endpoint
  ) async throws -> [String] {
    let server = try DNSServer(server.description)
    let answer = try await dns.ask(
      DNSQuestion(name: name, type: type), server: server, deadline: .seconds(5))
    return answer.records.map(\.value).sorted()
  }

  @Test func changesReachEachServer() async throws {
    try await Rig.with(nameServers: 2) { rig in
      let dns = DNSClient()
      defer { dns.shutdown() }
      let servers = rig.topology.nameServers
      let first = rig.topology.regions[0].balancer.address
      let second = rig.topology.regions[1].balancer.address
      for server in servers {
        #expect(try await ask(dns, "app.example.org", .a, server) == [first])
        #expect(try await ask(dns, "app.example.org", .aaaa, server) == ["2001:db8::1"])
      }
      let put = try await rig.linode(
        "PUT", "/v4/domains/3153528/records/36666864", #"{"target":"\#(second)"}"#)
      #expect(put.status == 200)
      let text = #"heritage=signalbox,epoch=2;active=\"eu central\""#
      let post = try await rig.linode(
        "POST", "/v4/domains/3153528/records",
        #"{"type":"TXT","name":"_signalbox.app","target":"\#(text)","ttl_sec":30}"#)
      #expect(post.status == 200)
      for server in servers {
        try await rig.eventually("\(server) has the new address") {
          try await ask(dns, "app.example.org", .a, server) == [second]
        }
        try await rig.eventually("\(server) has the text") {
          let found = try await ask(dns, "_signalbox.app.example.org", .txt, server)
          return found.first?.contains("epoch=2") == true
        }
      }
    }
  }

  @Test func namesGoAndServersFallSilent() async throws {
    try await Rig.with(nameServers: 2) { rig in
      let dns = DNSClient()
      defer { dns.shutdown() }
      let servers = rig.topology.nameServers
      let host = rig.topology.linode.address
      let name = "dynamodb.us-east-1.sandbox.test"
      #expect(try await ask(dns, name, .a, servers[0]) == [host])
      let gone = try await rig.sandbox.startFault(.dynamoDBDNS, target: "us-east")
      for server in servers {
        try await rig.eventually("the name is gone at \(server)") {
          try await ask(dns, name, .a, server).isEmpty
        }
        #expect(try await ask(dns, "reference.sandbox.test", .a, server) == [host])
      }
      await rig.sandbox.endFault(gone)
      try await rig.eventually("the name is back") {
        try await ask(dns, name, .a, servers[1]) == [host]
      }
      try await rig.sandbox.startFault(.nameServerMute, target: servers[0].address)
      let question = DNSQuestion(name: name, type: .a)
      let mute = try DNSServer(servers[0].description)
      let silence = await #expect(throws: DNSError.self) {
        try await dns.ask(question, server: mute, deadline: .milliseconds(400))
      }
      #expect(silence?.kind == .timeout)
      #expect(try await ask(dns, name, .a, servers[1]) == [host])
      await rig.sandbox.endAllFaults()
      try await rig.eventually("the silent server answers again") {
        try await ask(dns, name, .a, servers[0]) == [host]
      }
    }
  }

  /// What a server says of a name of a zone: its records' texts, or the response code, or why there
  /// is no answer, which on a busy machine may come yet.
  private func state(
    _ dns: DNSClient, _ name: String, _ server: Endpoint
  ) async throws -> String {
    let question = DNSQuestion(name: name, type: .a)
    let target = try DNSServer(server.description)
    do throws(DNSError) {
      let answer = try await dns.ask(question, server: target, deadline: .seconds(5))
      let values = answer.records.map(\.value).sorted()
      return values.isEmpty ? "\(answer.responseCode)" : values.joined(separator: " ")
    } catch {
      return "\(error.kind)"
    }
  }

  @Test func zonesAreServedFromTheirMakingToTheirEnd() async throws {
    try await Rig.with(nameServers: 2) { rig in
      let dns = DNSClient()
      defer { dns.shutdown() }
      let servers = rig.topology.nameServers
      let first = rig.topology.regions[0].balancer.address
      func wait(_ name: String, _ wanted: String) async throws {
        for server in servers {
          try await rig.eventually("\(server) says \(wanted) of \(name)") {
            try await state(dns, name, server) == wanted
          }
        }
      }
      try await wait("x.example.net", "REFUSED")
      let made = try await rig.linode(
        "POST", "/v4/domains",
        #"{"domain":"example.net","type":"master","soa_email":"a@example.net"}"#)
      let id = try #require(try JSON(parsing: made.body)["id"]?.integer)
      try await wait("x.example.net", "NXDOMAIN")
      let record = #"{"type":"A","name":"x","target":"192.0.2.1"}"#
      #expect(try await rig.linode("POST", "/v4/domains/\(id)/records", record).status == 200)
      try await wait("x.example.net", "192.0.2.1")
      // The others are not disturbed.
      try await wait("app.example.org", first)
      try await wait("reference.sandbox.test", rig.topology.linode.address)
      try await rig.eventually("the zone file tells of it") {
        try await rig.linode("GET", "/v4/domains/\(id)/zone-file").text.contains("192.0.2.1")
      }
      let zone = "/v4/domains/\(id)"
      #expect(try await rig.linode("PUT", zone, #"{"status":"disabled"}"#).status == 200)
      try await wait("x.example.net", "REFUSED")
      #expect(try await rig.linode("PUT", zone, #"{"status":"active"}"#).status == 200)
      try await wait("x.example.net", "192.0.2.1")
      #expect(try await rig.linode("PUT", zone, #"{"domain":"other.net"}"#).status == 200)
      try await wait("x.other.net", "192.0.2.1")
      try await wait("x.example.net", "REFUSED")
      #expect(try await rig.linode("DELETE", zone).status == 200)
      try await wait("x.other.net", "REFUSED")
      let fault = try await rig.sandbox.startFault(.zoneDisabled)
      try await wait("app.example.org", "REFUSED")
      await rig.sandbox.endFault(fault)
      try await wait("app.example.org", first)
    }
  }

  /// For how long it is remembered that a name is not there follows the zone's default TTL (facts
  /// on Linode, section 3), and with it the records without a TTL of their own.
  @Test func theZonesTTLIsInItsAuthority() async throws {
    try await Rig.with(nameServers: 1) { rig in
      let dns = DNSClient()
      defer { dns.shutdown() }
      let server = rig.topology.nameServers[0]
      func records(_ name: String, _ type: DNSRecordType) async throws -> [DNSRecord] {
        try await dns.ask(
          DNSQuestion(name: name, type: type), server: try DNSServer(server.description),
          deadline: .seconds(5)
        ).records
      }
      /// The SOA record's TTL, its serial and its last number.
      func authority() async throws -> [Int] {
        let records = try await records("example.org", .soa)
        let record = try #require(records.first)
        #expect(records.count == 1)
        let fields = record.value.split(separator: " ").compactMap { Int($0) }
        return [record.ttlSeconds] + [fields.first, fields.last].compactMap(\.self)
      }
      #expect(try await authority() == [300, 1, 300])
      let body = #"{"type":"A","name":"x","target":"192.0.2.1"}"#
      #expect(try await rig.linode("POST", "/v4/domains/3153528/records", body).status == 200)
      try await rig.eventually("the record is there") {
        try await records("x.example.org", .a).map(\.ttlSeconds) == [300]
      }
      for (ttl, old) in [(3600, 2), (30, 3), (0, 4)] {
        let put = try await rig.linode("PUT", "/v4/domains/3153528", #"{"ttl_sec":\#(ttl)}"#)
        #expect(put.status == 200)
        let wanted = ttl == 0 ? 86_400 : ttl
        try await rig.eventually("the record has the zone's \(wanted) s") {
          try await records("x.example.org", .a).map(\.ttlSeconds) == [wanted]
        }
        #expect(try await authority() == [wanted, old + 1, wanted])
        let names = try await records("example.org", .ns)
        #expect(names.map(\.value) == ["ns1.linode.com"])
        #expect(names.map(\.ttlSeconds) == [wanted])
      }
      #expect(
        try await records("app.example.org", .a).map(\.ttlSeconds) == [30],
        "it has a TTL of its own")
    }
  }

  @Test func aServerIsWrong() async throws {
    try await Rig.with(nameServers: 2) { rig in
      let dns = DNSClient()
      defer { dns.shutdown() }
      let servers = rig.topology.nameServers
      let addresses = rig.topology.regions.map(\.balancer.address)
      let fault = try await rig.sandbox.startFault(.nameServerWrong, target: servers[1].address)
      try await rig.eventually("the second is wrong") {
        try await state(dns, "app.example.org", servers[1]) == addresses[1]
      }
      try await rig.eventually("the first is not") {
        try await state(dns, "app.example.org", servers[0]) == addresses[0]
      }
      _ = try await rig.linode(
        "PUT", "/v4/domains/3153528/records/36666864", #"{"target":"\#(addresses[2])"}"#)
      try await rig.eventually("the first follows") {
        try await state(dns, "app.example.org", servers[0]) == addresses[2]
      }
      try await rig.eventually("the second is wrong again") {
        try await state(dns, "app.example.org", servers[1]) == addresses[0]
      }
      await rig.sandbox.endFault(fault)
      try await rig.eventually("the second is right") {
        try await state(dns, "app.example.org", servers[1]) == addresses[2]
      }
    }
  }

  /// A server with an hour's delay still has the old address when the other has the new one.
  @Test func everyServerHasItsOwnDelay() async throws {
    let options = SandboxOptions(
      network: "any", nameServers: 2, publishDelays: [.seconds(3600), .milliseconds(50)])
    try await Rig.with(options) { rig in
      let dns = DNSClient()
      defer { dns.shutdown() }
      let servers = rig.topology.nameServers
      let addresses = rig.topology.regions.map(\.balancer.address)
      _ = try await rig.linode(
        "PUT", "/v4/domains/3153528/records/36666864", #"{"target":"\#(addresses[1])"}"#)
      try await rig.eventually("the second follows") {
        try await state(dns, "app.example.org", servers[1]) == addresses[1]
      }
      #expect(try await state(dns, "app.example.org", servers[0]) == addresses[0])
      // The zone file is of the fastest.
      let file = try await rig.linode("GET", "/v4/domains/3153528/zone-file")
      #expect(file.text.contains(addresses[1]))
    }
    for (delays, limit) in [([Duration.zero], nil), (nil, 0), ([.zero, .seconds(3601)], nil)] {
      var wrong = SandboxOptions(network: "any", nameServers: 2)
      wrong.publishDelays = delays
      wrong.rateLimit = limit
      let error = await #expect(throws: SandboxError.self) { try await Sandbox.start(wrong) }
      #expect(error?.isMistake == true)
    }
  }

  /// Whoever gets an answer may rely on everything: nothing answers while a name server starts.
  @Test func nothingAnswersBeforeEverythingIsThere() async throws {
    let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-slow-knotd")
    defer { Files.removeTree(directory) }
    let knotd = try #require(Files.program("knotd") ?? Files.program("/usr/sbin/knotd"))
    let slow = """
      #!/bin/sh
      sleep 1
      touch \(directory)/started
      exec \(knotd) "$@"

      """
    try Files.writeAtomically(Array(slow.utf8), to: "\(directory)/knotd", mode: 0o700)
    // Of those that are never picked.
    var options = SandboxOptions(network: "127.63", nameServers: 1)
    options.knotd = "\(directory)/knotd"
    let topology = try Topology(options)
    let client = HTTPClient(userAgent: "signalbox-tests")
    defer { client.shutdown() }
    let urls = [
      "http://\(topology.linode)/v4/regions", "http://\(topology.regions[0].balancer)/up",
      "http://\(topology.regions[1].instances[0].app)/up",
      "http://\(topology.regions[2].dynamoDB)/",
    ]
    let early = Task { () -> [String] in
      var early: [String] = []
      while !Files.exists("\(directory)/started") && !Task.isCancelled {
        for url in urls {
          let isAnswered =
            (try? await client.send(HTTPRequest(url: url, deadline: .seconds(5)))) != nil
          if isAnswered && !Files.exists("\(directory)/started") { early.append(url) }
        }
        try? await Task.sleep(for: .milliseconds(20))
      }
      return early
    }
    let sandbox: Sandbox
    do { sandbox = try await Sandbox.start(options) } catch {
      early.cancel()
      throw error
    }
    #expect(await early.value.isEmpty)
    for url in urls {
      #expect(try await client.send(HTTPRequest(url: url, deadline: .seconds(20))).status == 200)
    }
    await sandbox.stop()
  }

  @Test func aTakenAddressIsNamedAndNothingStays() async throws {
    try await Rig.with { rig in
      let options = SandboxOptions(network: rig.topology.network, nameServers: 1)
      let error = await #expect(throws: SandboxError.self) {
        try await Sandbox.start(options)
      }
      #expect(error?.problems.first?.contains("\(rig.topology.linode) is in use") == true)
      var missing = SandboxOptions(network: "any", nameServers: 1)
      missing.knotd = "/nowhere/knotd"
      let absent = await #expect(throws: SandboxError.self) { try await Sandbox.start(missing) }
      #expect(absent?.description.contains("apt-get install knot") == true)
      let answer = try await rig.linode("GET", "/v4/domains")
      #expect(answer.status == 200)
    }
  }
}
