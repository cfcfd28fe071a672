import Platform
import Testing

@testable import Sandbox

/// A sandbox in a network of its own, and a client.
final class Rig: Sendable {
  let sandbox: Sandbox
  let client = HTTPClient(userAgent: "signalbox-tests")
  var topology: Topology { sandbox.topology }

  static func with(
    nameServers: Int = 0, _ body: (Rig) async throws -> Void
  ) async throws {
    try await with(
      SandboxOptions(
        network: "any", nameServers: nameServers, publishDelay: .milliseconds(100),
        replicationLag: .milliseconds(50)), body)
  }

  static func with(
    _ options: SandboxOptions, _ body: (Rig) async throws -> Void
  ) async throws {
    let rig = Rig(try await Sandbox.start(options))
    do { try await body(rig) } catch {
      await rig.stop()
      throw error
    }
    await rig.stop()
  }

  private init(_ sandbox: Sandbox) { self.sandbox = sandbox }

  private func stop() async {
    client.shutdown()
    await sandbox.stop()
  }

  func linode(
    _ method: String, _ path: String, _ body: String? = nil, deadline: Duration = .seconds(20),
    from source: String? = nil, token: String = "sandbox-token"
  ) async throws -> HTTPResponse {
    try await client.send(
      HTTPRequest(
        method: method, url: "http://\(topology.linode)\(path)",
        headers: [HTTPField("Authorization", "Bearer \(token)")],
        body: body.map { Array($0.utf8) }, deadline: deadline, sourceAddress: source))
  }

  func get(
    _ endpoint: Endpoint, from source: String? = nil, deadline: Duration = .seconds(20)
  ) async throws -> HTTPResponse {
    try await client.send(
      HTTPRequest(url: "http://\(endpoint)/health", deadline: deadline, sourceAddress: source))
  }

  func dynamoDB(
    _ operation: String, _ body: String, region: Int, secret: String = "sandbox-secret"
  ) async throws -> HTTPResponse {
    let region = topology.regions[region]
    return try await client.send(
      HTTPRequest(
        method: "POST", url: "http://\(region.dynamoDB)/",
        headers: [
          HTTPField("Content-Type", "application/x-amz-json-1.0"),
          HTTPField("X-Amz-Target", "DynamoDB_20120810.\(operation)"),
        ], body: Array(body.utf8), deadline: .seconds(20),
        sigV4: SigV4(
          region: region.awsRegion, service: "dynamodb", accessKeyID: "sandbox",
          secretAccessKey: secret)))
  }

  /// Asks again and again, for at most a minute.
  func eventually(
    _ what: String, _ condition: () async throws -> Bool
  ) async throws {
    let start = Clocks.monotonic()
    while start.duration(to: Clocks.monotonic()) < .seconds(60) {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("not within 60 s: \(what)")
  }
}

@Suite(.serialized) struct ShellTests {
  private static let record = "/v4/domains/3153528/records/36666864"

  @Test func theAPIAnswersWithTheRealHeaders() async throws {
    try await Rig.with { rig in
      for version in ["v4", "v4beta"] {
        let answer = try await rig.linode("GET", "/\(version)/domains?page=1&page_size=100")
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "application/json")
        #expect(answer.header("X-OAuth-Scopes")?.hasPrefix("domains:read_write") == true)
        #expect(answer.header("X-RateLimit-Limit") == "200")
      }
      let none = try await rig.client.send(
        HTTPRequest(url: "http://\(rig.topology.linode)/v4/domains"))
      #expect(none.status == 401 && none.text.contains("Invalid Token"))
      let large = String(repeating: "x", count: HTTPConnection.bodyLimit + 1)
      #expect(try await rig.linode("PUT", Self.record, large).status == 413)
      #expect(try await rig.linode("GET", "/v5").status == 404)
    }
  }

  /// Lists count against the smaller limit; who asks is told to every token, whatever its scopes.
  @Test func limitsAndScopesAreOfTheEndpoint() async throws {
    try await Rig.with { rig in
      let balancer = try JSON(parsing: try await rig.linode("GET", "/v4/nodebalancers").body)
      let id = try #require(balancer["data"]?.elements?.first?["id"]?.integer)
      let lists = [
        "domains", "domains/3153528/records", "nodebalancers", "nodebalancers/\(id)/configs",
        "regions", "account/events", "account/events?page=1&page_size=100",
      ]
      let others = [
        "domains/3153528", "domains/3153528/zone-file", "domains/3153528/records/36666864",
        "nodebalancers/\(id)", "regions/us-east", "profile", "profile/grants",
      ]
      for (paths, limit) in [(lists, "200"), (others, "1600")] {
        for path in paths {
          let answer = try await rig.linode("GET", "/v4/\(path)", token: "sandbox-account-token")
          #expect(answer.status == 200 || answer.status == 204, "\(path)")
          #expect(answer.header("X-RateLimit-Limit") == limit, "\(path)")
        }
      }
      let put = try await rig.linode("PUT", "/v4/domains/3153528", "{}")
      #expect(put.status == 200 && put.header("X-RateLimit-Limit") == "1600")

      let refused = try await rig.linode("GET", "/v4/account/events")
      #expect(refused.status == 401 && refused.text.contains("not authorized"))
      for (path, status) in [("/v4/profile", 200), ("/v4/profile/grants", 204)] {
        for token in ["sandbox-token", "sandbox-read-token"] {
          let answer = try await rig.linode("GET", path, token: token)
          #expect(answer.status == status && answer.header("X-Accepted-OAuth-Scopes") == "*")
        }
        let nobody = try await rig.linode("GET", path, token: "wrong")
        #expect(nobody.status == 401 && nobody.text.contains("Invalid Token"))
      }
      #expect(try await rig.linode("PUT", "/v4/profile", "{}").status == 401)
    }
  }

  /// What the real service was seen to answer in trouble (facts on Linode, sections 2 and 6).
  @Test func refusalsOfTheAPI() async throws {
    try await Rig.with { rig in
      func meet(_ kind: FaultKind, _ target: String) async throws -> HTTPResponse {
        try await rig.sandbox.startFault(kind, target: "PUT", count: 1)
        return try await rig.linode("PUT", Self.record, #"{"target":"\#(target)"}"#)
      }
      func stored(_ target: String) async throws -> Bool {
        try await rig.linode("GET", Self.record).text.contains(target)
      }
      let refusals: [(FaultKind, Int, String)] = [
        (.apiBusy, 400, "Linode busy."), (.api408, 408, "errors"), (.api503, 503, "errors"),
        (.apiMaintenance, 503, "errors"), (.api429Bare, 429, "Too many requests"),
      ]
      for (kind, status, text) in refusals {
        let answer = try await meet(kind, "192.0.2.1")
        #expect(answer.status == status && answer.text.contains(text), "\(kind)")
        #expect((answer.header("X-Maintenance-Mode") != nil) == (kind == .apiMaintenance))
        #expect(answer.header("Retry-After") == nil)
      }
      #expect(try await !stored("192.0.2.1"))
      let bad = try await meet(.apiAppliedThen502, "192.0.2.2")
      #expect(bad.status == 502 && bad.header("Content-Type") == "text/html")
      #expect(try await stored("192.0.2.2"))
      let slow = try await meet(.apiSlow, "192.0.2.3")
      #expect(slow.status == 200)
      #expect(try await stored("192.0.2.3"))
      let grants = try await rig.linode(
        "GET", "/v4/profile/grants", token: "sandbox-account-token")
      #expect(grants.status == 204 && grants.body.isEmpty)
    }
  }

  @Test func aListWithGarbledTexts() async throws {
    try await Rig.with { rig in
      let records = "/v4/domains/3153528/records"
      let text = #"{"type":"TXT","name":"_signalbox.app","target":"a b=c"}"#
      #expect(try await rig.linode("POST", records, text).status == 200)
      func texts() async throws -> [String] {
        let list = try JSON(parsing: try await rig.linode("GET", records).body)
        #expect(list["results"]?.integer == 3)
        let elements = list["data"]?.elements ?? []
        #expect(
          elements.contains { $0["target"]?.text == rig.topology.regions[0].balancer.address })
        return elements.filter { $0["type"] == "TXT" }.compactMap { $0["target"]?.text }
      }
      try await rig.sandbox.startFault(.apiGarbledMarker, count: 1)
      // Not what it is about, and not counted.
      #expect(try await rig.linode("GET", "/v4/domains").status == 200)
      #expect(try await texts() == [""])
      #expect(try await texts() == ["a b=c"])
      try await rig.sandbox.startFault(.apiGarbledMarker, count: 1)
      let nonsense = try await texts()
      #expect(nonsense != [""] && nonsense != ["a b=c"] && nonsense.count == 1)
      #expect(try await texts() == ["a b=c"])
    }
  }

  @Test func aDaysPatienceIsAskedFor() async throws {
    try await Rig.with { rig in
      try await rig.sandbox.startFault(.api429Day, target: "PUT", count: 1)
      let refused = try await rig.linode("PUT", Self.record, #"{"target":"192.0.2.1"}"#)
      #expect(refused.status == 429 && refused.header("Retry-After") == "86400")
      #expect(try await !rig.linode("GET", Self.record).text.contains("192.0.2.1"))
    }
  }

  /// Reads of yesterday, and a change that comes after its client has gone.
  @Test func staleReadsAndLateChanges() async throws {
    try await Rig.with { rig in
      func target() async throws -> String? {
        try JSON(parsing: try await rig.linode("GET", Self.record).body)["target"]?.text
      }
      let before = try await target()
      let stale = try await rig.sandbox.startFault(.apiStale)
      _ = try await rig.linode("PUT", Self.record, #"{"target":"192.0.2.1"}"#)
      #expect(try await target() == before)
      #expect(await rig.sandbox.endFault(stale))
      #expect(try await target() == "192.0.2.1")

      try await rig.sandbox.startFault(.apiLate, count: 1)
      await #expect(throws: HTTPError.self) {
        try await rig.linode(
          "PUT", Self.record, #"{"target":"192.0.2.9"}"#, deadline: .milliseconds(500))
      }
      #expect(try await target() == "192.0.2.1")
      let deadline = ContinuousClock.now + .seconds(120)
      while try await target() != "192.0.2.9", ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(200))
      }
      #expect(try await target() == "192.0.2.9")
    }
  }

  @Test func faultsOfTheAPI() async throws {
    try await Rig.with { rig in
      func put(_ target: String) async throws -> HTTPResponse {
        try await rig.linode(
          "PUT", Self.record, #"{"target":"\#(target)"}"#, deadline: .milliseconds(1500))
      }
      func stored() async throws -> Bool {
        try await rig.linode("GET", Self.record).text.contains(#""target": "192.0.2.1""#)
      }
      func meet(_ kind: FaultKind) async throws {
        try await rig.sandbox.startFault(kind, target: "PUT", count: 1)
      }
      try await meet(.apiHang)
      let hung = await #expect(throws: HTTPError.self) { try await put("192.0.2.1") }
      #expect(hung?.kind == .timeout)
      for (kind, status) in [(FaultKind.api5xx, 500), (.apiHTML, 502), (.api429, 429)] {
        try await meet(kind)
        #expect(try await put("192.0.2.1").status == status)
      }
      #expect(try await !stored())
      try await meet(.apiAppliedThenTimeout)
      await #expect(throws: HTTPError.self) { try await put("192.0.2.1") }
      #expect(try await stored())
      try await meet(.apiCutShort)
      let cut = await #expect(throws: HTTPError.self) { try await put("192.0.2.2") }
      #expect(cut?.kind != .timeout)
      #expect(try await !stored())
      try await meet(.apiEmpty)
      #expect(try await put("192.0.2.1").body.isEmpty)
      #expect(try await stored())
      let puts = await rig.sandbox.seenRequests().filter { $0.method == "PUT" }
      #expect(puts.map(\.isApplied) == [false, false, false, false, true, true, true])
      #expect(puts.map(\.status) == [nil, 500, 502, 429, nil, 200, 200])
    }
  }

  @Test func theFaultInterfaceSaysWhatItAccepts() async throws {
    try await Rig.with { rig in
      func post(_ body: String) async throws -> HTTPResponse {
        try await rig.linode("POST", "/_sandbox/faults", body)
      }
      for wrong in [
        "", "[]", #"{"kind":"x"}"#, #"{"kind":"region-down"}"#, #"{"kind":"api-hang","time":1}"#,
        #"{"kind":"region-down","target":"moon"}"#, #"{"kind":"api-hang","seconds":"1"}"#,
      ] {
        let answer = try await post(wrong)
        #expect(answer.status == 400 && answer.text.hasPrefix(#"{"error":"#), "\(wrong)")
      }
      #expect(try await post(#"{"kind":"region-down","target":"x"}"#).text.contains("eu-central"))
      let started = try await post(#"{"kind":"app-500","target":"us-east","seconds":60}"#)
      #expect(started.status == 200 && started.text.hasPrefix(#"{"id":1,"#))
      #expect(try await rig.linode("GET", "/_sandbox/faults").text.contains("app-500"))
      #expect(try await rig.linode("DELETE", "/_sandbox/faults/1").status == 200)
      #expect(try await rig.linode("DELETE", "/_sandbox/faults/1").status == 404)
      #expect(try await rig.linode("GET", "/_sandbox/faults").text == "[]")
      let nulls = #"{"kind":"api-hang","target":null,"seconds":null,"count":null}"#
      #expect(try await post(nulls).status == 200)
      #expect(try await rig.linode("DELETE", "/_sandbox/faults").status == 200)
      let regions = try JSON(parsing: try await rig.linode("GET", "/_sandbox/regions").body)
      #expect(regions.elements?.map { $0["dynamodb_port"]?.integer } == [18610, 18611, 18612])
      let keys = regions.elements?.first?.members?.map(\.name)
      #expect(keys == ["id", "aws_region", "address", "dynamodb_port", "instances"])
    }
  }

  @Test func regionsDieAndComeBack() async throws {
    try await Rig.with { rig in
      let region = rig.topology.regions[0]
      #expect(try await rig.get(region.balancer).text.contains(#""region":"us-east""#))
      let fault = try await rig.sandbox.startFault(.regionDown, target: "us-east")
      for endpoint in [region.balancer, region.instances[1].app, region.dynamoDB] {
        let dead = await #expect(throws: HTTPError.self) { try await rig.get(endpoint) }
        #expect(dead?.kind == .connect, "\(endpoint)")
      }
      #expect(try await rig.get(rig.topology.regions[1].balancer).status == 200)
      await rig.sandbox.endFault(fault)
      try await rig.eventually("us-east serves again") {
        try await rig.get(region.balancer).status == 200
      }
      try await rig.sandbox.startFault(.hostsDown, target: "us-east", seconds: 0.2)
      #expect(try await rig.get(region.balancer).status == 503)
      try await rig.eventually("us-east serves after its hosts are back") {
        try await rig.get(region.balancer).status == 200
      }
      try await rig.sandbox.startFault(.appHang, target: "us-east")
      let hung = await #expect(throws: HTTPError.self) {
        try await rig.get(region.instances[0].app, deadline: .milliseconds(500))
      }
      #expect(hung?.kind == .timeout)
    }
  }

  @Test func dynamoDBTakesSignedRequestsAndReplicates() async throws {
    try await Rig.with { rig in
      let item = #"{"TableName":"my-app-data","Item":{"id":{"S":"k"},"n":{"N":"1"}}}"#
      let key = #"{"TableName":"my-app-data","Key":{"id":{"S":"k"}},"ConsistentRead":true}"#
      #expect(try await rig.dynamoDB("PutItem", item, region: 0).status == 200)
      let read = try await rig.dynamoDB("GetItem", key, region: 0)
      #expect(read.text.contains(#""n":{"N":"1"}"#))
      #expect(read.header("x-amz-crc32") == String(CRC32.of(read.body)))
      try await rig.eventually("the item is in the second region") {
        try await rig.dynamoDB("GetItem", key, region: 1).text.contains("Item")
      }
      let refused = try await rig.dynamoDB("GetItem", key, region: 0, secret: "wrong")
      #expect(refused.status == 400 && refused.text.contains("InvalidSignatureException"))
      try await rig.sandbox.startFault(.dynamoDBDown, target: "us-east")
      #expect(try await rig.dynamoDB("GetItem", key, region: 0).status == 500)
      #expect(try await rig.dynamoDB("GetItem", key, region: 1).status == 200)
    }
  }

  @Test func theRelayCarriesBothWaysAndCutsARegionsAgents() async throws {
    try await Rig.with { rig in
      // The API of a second sandbox stands where the relay leads.
      let other = try await Sandbox.start(
        SandboxOptions(
          network: "any", linode: rig.topology.coordinator.description, nameServers: 0))
      let relay = rig.topology.relay
      let body = [UInt8](repeating: 0x20, count: 1_000_000) + Array("{}".utf8)
      func regions(from address: String) async throws -> Int {
        let request = HTTPRequest(
          method: "PUT", url: "http://\(relay)/v4/domains/3153528",
          headers: [HTTPField("Authorization", "Bearer sandbox-token")], body: body,
          deadline: .seconds(20), sourceAddress: "\(rig.topology.network).\(address)")
        return try await rig.client.send(request).status
      }
      let first = try await regions(from: "1.11")
      #expect(first == 200)
      try await rig.sandbox.startFault(.hostsDown, target: "us-east")
      await #expect(throws: HTTPError.self) { try await regions(from: "1.11") }
      let second = try await regions(from: "2.11")
      #expect(second == 200)
      await other.stop()
    }
  }

  @Test func sourcesAreCutAndTheRelayLeadsOn() async throws {
    try await Rig.with { rig in
      let network = rig.topology.network
      let region = rig.topology.regions[0]
      // The coordinator's place is empty: the relay accepts and closes.
      await #expect(throws: HTTPError.self) { try await rig.get(rig.topology.relay) }
      try await rig.sandbox.startFault(.coordinatorCut)
      let cut = await #expect(throws: HTTPError.self) {
        try await rig.get(region.balancer, from: "\(network).0.2")
      }
      #expect(cut?.kind != .timeout)
      await #expect(throws: HTTPError.self) {
        try await rig.linode("GET", "/v4/domains", from: "\(network).0.2")
      }
      #expect(try await rig.get(region.balancer, from: "\(network).0.3").status == 200)
      let refused = await #expect(throws: HTTPError.self) { try await rig.get(rig.topology.relay) }
      #expect(refused?.kind == .connect)
      await rig.sandbox.endAllFaults()
      #expect(try await rig.get(region.balancer, from: "\(network).0.2").status == 200)
    }
  }
}
