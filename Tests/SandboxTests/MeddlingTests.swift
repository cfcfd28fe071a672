import Platform
import Testing

@testable import Sandbox

/// Faults that change zones and records as another user, over HTTP.
@Suite(.serialized) struct MeddlingTests {
  private static let admin = "sandbox-account-token"

  private func records(_ rig: Rig, _ name: String = "app") async throws -> [JSON] {
    let domains = try await list(rig, "/v4/domains")
    let id = try #require(domains.first?["id"]?.integer)
    return try await list(rig, "/v4/domains/\(id)/records").filter {
      $0["name"]?.text == name && $0["type"]?.text == "A"
    }
  }

  private func list(_ rig: Rig, _ path: String) async throws -> [JSON] {
    let answer = try await rig.linode("GET", path, token: Self.admin)
    return try #require(try JSON(parsing: answer.body)["data"]?.elements)
  }

  /// What the stranger did, the newest first.
  private func strange(_ rig: Rig) async throws -> [String] {
    try await list(rig, "/v4/account/events").filter {
      $0["username"]?.text == "somebody-else"
    }.compactMap { $0["action"]?.text }
  }

  @Test func aForeignWriterWritesAgainAndAgain() async throws {
    try await Rig.with { rig in
      let path = "/v4/domains/3153528/records/36666864"
      let fault = try await rig.sandbox.startFault(.foreignWriter)
      func target() async throws -> String? { try await records(rig).first?["target"]?.text }
      #expect(try await target() == "198.51.100.7")
      _ = try await rig.linode("PUT", path, #"{"target":"127.0.2.1"}"#)
      try await rig.eventually("the stranger has written again") {
        try await target() == "198.51.100.7"
      }
      #expect(try await strange(rig).allSatisfy { $0 == "dns_record_update" })
      #expect(await rig.sandbox.endFault(fault))
      _ = try await rig.linode("PUT", path, #"{"target":"127.0.2.1"}"#)
      let events = try await strange(rig).count
      try await Task.sleep(for: .milliseconds(1500))
      #expect(try await target() == "127.0.2.1")
      #expect(try await strange(rig).count == events)
      // The name is asked for as any target is.
      let post = { (body: String) in try await rig.linode("POST", "/_sandbox/faults", body) }
      let wrong = try await post(#"{"kind":"foreign-writer","target":"nobody"}"#)
      #expect(wrong.status == 400 && wrong.text.contains("accepted: app"))
      let named = try await post(#"{"kind":"foreign-writer","target":"app.example.org"}"#)
      #expect(named.status == 200)
    }
  }

  @Test func aRecordIsGoneAndComesBackAsAnother() async throws {
    try await Rig.with { rig in
      let before = try #require(try await records(rig).first)
      let fault = try await rig.sandbox.startFault(.recordDeleted)
      #expect(try await records(rig).isEmpty)
      let id = try #require(before["id"]?.integer)
      #expect(try await rig.linode("GET", "/v4/domains/3153528/records/\(id)").status == 404)
      await rig.sandbox.endFault(fault)
      let after = try #require(try await records(rig).first)
      #expect(after["id"] != before["id"])
      for key in ["name", "target", "ttl_sec"] { #expect(after[key] == before[key]) }
      #expect(try await strange(rig) == ["dns_record_create", "dns_record_delete"])
      // Somebody has repaired it: nothing is restored beside that.
      try await rig.sandbox.startFault(.recordDeleted)
      _ = try await rig.linode(
        "POST", "/v4/domains/3153528/records", #"{"type":"A","name":"app","target":"127.0.3.1"}"#)
      await rig.sandbox.endAllFaults()
      #expect(try await records(rig).map { $0["target"]?.text } == ["127.0.3.1"])
    }
  }

  @Test func aRecordIsThereTwice() async throws {
    try await Rig.with { rig in
      let fault = try await rig.sandbox.startFault(.recordDuplicated, seconds: 3600)
      let both = try await records(rig)
      #expect(both.count == 2 && both[0]["target"] == both[1]["target"])
      #expect(both[0]["id"] != both[1]["id"])
      await rig.sandbox.endFault(fault)
      #expect(try await records(rig) == [both[0]])
      // A duplicate that is cleared away is not missed at the end.
      let second = try await rig.sandbox.startFault(.recordDuplicated)
      let copy = try #require(try await records(rig).last?["id"]?.integer)
      _ = try await rig.linode("DELETE", "/v4/domains/3153528/records/\(copy)")
      #expect(await rig.sandbox.endFault(second))
      #expect(try await records(rig) == [both[0]])
    }
  }

  @Test func aZoneIsMadeAnewAndDisabled() async throws {
    try await Rig.with { rig in
      let zone = try #require(try await list(rig, "/v4/domains").first)
      let record = try #require(try await records(rig).first)
      let fault = try await rig.sandbox.startFault(.zoneRecreated)
      let other = try #require(try await list(rig, "/v4/domains").first)
      let id = try #require(other["id"]?.integer)
      #expect(other["domain"] == zone["domain"] && other["id"] != zone["id"])
      #expect(try await records(rig).first?["target"] == record["target"])
      #expect(try await records(rig).first?["id"] != record["id"])
      #expect(try await rig.linode("GET", "/v4/domains/3153528").status == 404)
      let file = try await rig.linode("GET", "/v4/domains/\(id)/zone-file")
      #expect(file.text.contains("app.example.org."))
      #expect(try await strange(rig) == ["dns_zone_create", "dns_zone_delete"])
      await rig.sandbox.endFault(fault)
      #expect(try await list(rig, "/v4/domains").first?["id"] == other["id"])

      let disabled = try await rig.sandbox.startFault(.zoneDisabled)
      func status() async throws -> String? {
        try await list(rig, "/v4/domains").first?["status"]?.text
      }
      #expect(try await status() == "disabled")
      let again = try await rig.sandbox.startFault(.zoneDisabled)
      await rig.sandbox.endFault(disabled)
      #expect(try await status() == "disabled")
      await rig.sandbox.endFault(again)
      #expect(try await status() == "active")
    }
  }

  @Test func aChildZoneComesAndGoes() async throws {
    try await Rig.with(nameServers: 1) { rig in
      let dns = DNSClient()
      defer { dns.shutdown() }
      let server = try DNSServer(rig.topology.nameServers[0].description)
      let (first, second) = (rig.topology.regions[0].balancer, rig.topology.regions[1].balancer)
      func address() async throws -> [String] {
        let question = DNSQuestion(name: "app.example.org", type: .a)
        let answer = try await dns.ask(question, server: server, deadline: .seconds(5))
        return answer.records.map(\.value)
      }
      func zones() async throws -> [String?] {
        try await list(rig, "/v4/domains").map { $0["domain"]?.text }
      }
      let fault = try await rig.sandbox.startFault(.childZone)
      #expect(try await zones() == ["example.org", "app.example.org"])
      let child = try #require(try await list(rig, "/v4/domains").last?["id"]?.integer)
      let copies = try await list(rig, "/v4/domains/\(child)/records")
      #expect(copies.map { $0["type"]?.text } == ["A", "AAAA"])
      #expect(copies.map { $0["name"]?.text } == ["", ""])
      #expect(try await strange(rig).contains("dns_zone_create"))
      // The parent's record counts no longer, once the name servers have the child.
      let put = #"{"target":"\#(second.address)"}"#
      let path = "/v4/domains/3153528/records/36666864"
      #expect(try await rig.linode("PUT", path, put).status == 200)
      try await rig.eventually("the zone file tells of the change") {
        try await rig.linode("GET", "/v4/domains/3153528/zone-file").text.contains(second.address)
      }
      try await rig.eventually("the child answers") { try await address() == [first.address] }
      await rig.sandbox.endFault(fault)
      #expect(try await zones() == ["example.org"])
      try await rig.eventually("the parent answers again") {
        try await address() == [second.address]
      }
      // The zone itself has no parent here.
      let body = #"{"type":"A","name":"","target":"192.0.2.1"}"#
      _ = try await rig.linode("POST", "/v4/domains/3153528/records", body)
      await #expect(throws: SandboxError.self) {
        try await rig.sandbox.startFault(.childZone, target: "example.org")
      }
    }
  }

  @Test func theLimitIsCountedDown() async throws {
    try await Rig.with { rig in
      func left(_ answer: HTTPResponse) -> String? { answer.header("X-RateLimit-Remaining") }
      let free = try await rig.linode("GET", "/v4/domains")
      #expect(left(free) == "199")
      let fault = try await rig.sandbox.startFault(.apiRateLimit)
      for number in 1...30 {
        let answer = try await rig.linode("GET", "/v4/domains")
        #expect(answer.status == 200 && left(answer) == "\(30 - number)")
        #expect(answer.header("X-RateLimit-Limit") == "30")
      }
      let path = "/v4/domains/3153528/records/36666864"
      let spent = try await rig.linode("PUT", path, #"{"target":"127.0.2.1"}"#)
      #expect(spent.status == 429 && spent.text.contains("Too many requests"))
      #expect(left(spent) == "0")
      let wait = try #require(spent.header("Retry-After").flatMap(Int.init))
      #expect((1...60).contains(wait))
      // Another token has its own.
      #expect(
        try await records(rig).first?["target"]?.text
          == "127.0.1.1".replacing(
            "127.0", with: rig.topology.network))
      let refused = await rig.sandbox.seenRequests().filter { $0.status == 429 }
      #expect(refused.map(\.fault) == [.apiRateLimit] && refused.map(\.isApplied) == [false])
      await rig.sandbox.endFault(fault)
      #expect(try await rig.linode("GET", "/v4/domains").status == 200)
    }
  }

  @Test func aConnectionIsClosedWithoutAByte() async throws {
    try await Rig.with { rig in
      try await rig.sandbox.startFault(.apiCut, target: "PUT", count: 1)
      let cut = await #expect(throws: HTTPError.self) {
        try await rig.linode(
          "PUT", "/v4/domains/3153528/records/36666864", #"{"target":"192.0.2.1"}"#)
      }
      #expect(cut?.kind != .timeout && cut?.kind != .connect)
      #expect(try await records(rig).first?["target"]?.text != "192.0.2.1")
      let put = try #require(await rig.sandbox.seenRequests().first { $0.method == "PUT" })
      #expect(put.status == nil && !put.isApplied && put.fault == .apiCut)
    }
  }

  @Test func nodesOfMadeBalancersAreChecked() async throws {
    try await Rig.with { rig in
      let region = rig.topology.regions[0]
      let node = "/v4/nodebalancers/1774401/configs/2450401/nodes/2104029100"
      func status() async throws -> String? {
        try JSON(parsing: try await rig.linode("GET", node).body)["status"]?.text
      }
      try await rig.eventually("the node is up") { try await status() == "UP" }
      let fault = try await rig.sandbox.startFault(
        .instanceDown, target: region.instances[0].id)
      try await rig.eventually("the node is down") { try await status() == "DOWN" }
      await rig.sandbox.endFault(fault)
      try await rig.eventually("the node is up again") { try await status() == "UP" }
    }
  }
}
