import AgentCore
import DynamoDB
import Platform
import Sandbox
import Testing
import Wire

@testable import AgentChecks

private let patience = Duration.seconds(60)

@Suite("DynamoDB check against the sandbox", .serialized)
struct DynamoDBCheckSandboxTests {
  private func sandbox(nameServers: Int = 0) async throws -> Sandbox {
    try await Sandbox.start(
      SandboxOptions(
        regions: ["us-east", "eu-central"], instances: 1, network: "any",
        nameServers: nameServers, replicationLag: .milliseconds(20)))
  }

  @Test("Writer and reader, tables with and without a sort key, and the seed's own item")
  func good() async throws {
    let sandbox = try await sandbox()
    let endpoint = "http://\(sandbox.topology.regions[0].dynamoDB)"
    for table in ["app", "my-app-data"] {
      for isWriter in [false, true] {
        let rig = try Rig(
          endpoint, table: table, writer: isWriter,
          alsoWrite: isWriter ? "system_heartbeat" : nil)
        for _ in 0..<3 {
          let outcome = await rig.check.attempt(deadline: patience)
          #expect(outcome == CheckOutcome(.success))
        }
        #expect(rig.book.outcomes.count == (isWriter ? 3 : 0))
        #expect(rig.book.outcomes.allSatisfy { $0 == .acknowledged })
        if isWriter {
          let keys = try await rig.access.description(deadline: patience).keys
          let item = try await rig.access.client.get(
            keys.key("system_heartbeat", "system_heartbeat"), table: table, consistent: true,
            deadline: patience)
          #expect(item?["region"] == .string("us-east"))
        }
        rig.end()
      }
    }
    await sandbox.stop()
  }

  @Test("A heartbeat written by its own schedule is judged once, not written again")
  func schedule() async throws {
    let sandbox = try await sandbox()
    let rig = try Rig("http://\(sandbox.topology.regions[0].dynamoDB)", writer: true)
    await rig.writer.beat(deadline: patience)
    #expect(await rig.check.attempt(deadline: patience).verdict == .success)
    #expect(rig.book.outcomes.count == 1)
    #expect(await rig.check.attempt(deadline: patience).verdict == .success)
    #expect(rig.book.outcomes.count == 2)
    rig.end()
    await sandbox.stop()
  }

  @Test("The other region's replica shows the heartbeats with their lag")
  func peers() async throws {
    let sandbox = try await sandbox()
    let here = try Rig("http://\(sandbox.topology.regions[0].dynamoDB)", writer: true)
    let http = HTTPClient(userAgent: "test")
    let dns = DNSClient()
    let parsed = DynamoDB.Endpoint("http://\(sandbox.topology.regions[1].dynamoDB)")
    let there = TableAccess(
      client: TableClient(
        http: http, endpoint: try #require(parsed), region: "eu-central-1",
        credentials: CredentialProvider(
          settings: CredentialSettings(environment: [
            "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
          ]), http: http), names: NameResolver(server: nil, dns: dns)), table: "app")
    let reader = ReplicaReader(access: there, deadline: patience)
    var lag = LagEstimator()
    let until = Instant.now + 20_000
    while (lag.peer("us-east", at: .now)?.sightings.count ?? 0) < 3, .now < until {
      await here.writer.beat(deadline: patience)
      try await Task.sleep(for: .milliseconds(100))
      // The period is long, so that a busy machine does not make the reads late.
      lag.take(try await reader.read("us-east", due: .now, periodMs: 5000))
    }
    let peer = try #require(lag.peer("us-east", at: .now))
    #expect(peer.agent == "a1")
    #expect(peer.sightings.count >= 3)
    #expect(peer.sightings.allSatisfy { $0.lagHighMs > 0 && $0.lagLowMs <= $0.lagHighMs })
    here.end()
    http.shutdown()
    dns.shutdown()
    await sandbox.stop()
  }

  /// The first attempt that shows `failure`: the name servers take a moment to publish.
  private func attempt(_ rig: Rig, until failure: FailureClass) async -> CheckOutcome {
    let until = Clocks.bootTime() + patience
    var outcome = CheckOutcome(.unknown)
    repeat {
      outcome = await rig.check.attempt(deadline: patience)
      if outcome.failure == failure { break }
      try? await Task.sleep(for: .milliseconds(20))
    } while Clocks.bootTime() < until
    return outcome
  }

  /// FAULTS 60 and 61.
  @Test("A dead name is bad, a dead resolver is unknown, a dead endpoint is bad")
  func names() async throws {
    let sandbox = try await sandbox(nameServers: 1)
    let place = sandbox.topology.regions[0]
    let server = try DNSServer("\(sandbox.topology.nameServers[0])")
    let named = "http://dynamodb.us-east-1.sandbox.test:\(place.dynamoDB.port)"
    let rig = try Rig(named, writer: true, server: server)
    #expect(await rig.check.attempt(deadline: patience).verdict == .success)
    let fault = try await sandbox.startFault(.dynamoDBDNS, target: "us-east")
    let vanished = await attempt(rig, until: .nameResolution)
    #expect(vanished.verdict == .failure)
    #expect(vanished.failure == .nameResolution)
    #expect(vanished.reason?.contains("reference.sandbox.test resolves") == true)
    #expect(vanished.reason?.contains("dynamodb.eu-central-1.sandbox.test") == true)
    await sandbox.endFault(fault)
    let none = try Rig(named, server: server, references: ["nowhere.sandbox.test"])
    _ = try await sandbox.startFault(.dynamoDBDNS, target: "us-east")
    let blind = await attempt(none, until: .hostNetwork)
    #expect(blind.verdict == .unknown)
    #expect(blind.failure == .hostNetwork)
    await sandbox.endAllFaults()
    try await sandbox.startFault(.regionDown, target: "us-east")
    let dead = await attempt(rig, until: .network)
    #expect(dead.verdict == .failure)
    #expect(dead.failure == .network)
    rig.end()
    none.end()
    await sandbox.stop()
  }

  /// A resolver that knows the reference from its cache, or that AWS's names fail for at large.
  @Test("A dead name is no region's fault while other regions' endpoints are dead, too")
  func allNames() async throws {
    let sandbox = try await sandbox(nameServers: 1)
    let port = sandbox.topology.regions[0].dynamoDB.port
    let server = try DNSServer("\(sandbox.topology.nameServers[0])")
    // Nothing is known of the table yet: the other regions are those of the directive.
    let rig = try Rig(
      "http://dynamodb.us-east-1.sandbox.test:\(port)", server: server, others: ["eu-central-1"])
    let first = try await sandbox.startFault(.dynamoDBDNS, target: "us-east")
    let vanished = await attempt(rig, until: .nameResolution)
    #expect(vanished.verdict == .failure, "\(vanished)")
    let second = try await sandbox.startFault(.dynamoDBDNS, target: "eu-central")
    let until = Clocks.bootTime() + patience
    var outcome = vanished
    while outcome.verdict == .failure, Clocks.bootTime() < until {
      outcome = await rig.check.attempt(deadline: patience)
    }
    #expect(outcome.verdict == .unknown && outcome.failure == .nameResolution, "\(outcome)")
    #expect(
      outcome.reason?.contains("no other region's endpoint does either") == true, "\(outcome)")
    for fault in [first, second] { await sandbox.endFault(fault) }
    rig.end()
    await sandbox.stop()
  }

  @Test(
    "The endpoints of other regions are named as the own one is",
    arguments: [
      ("https://dynamodb.us-east-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"),
      ("http://dynamodb.us-east-1.sandbox.test:8000", "dynamodb.eu-west-1.sandbox.test"),
      ("https://vpce-1.dynamodb.us-east-1.vpce.test", "vpce-1.dynamodb.eu-west-1.vpce.test"),
      ("https://replica.example.net", "dynamodb.eu-west-1.amazonaws.com"),
    ])
  func endpoints(own: String, other: String) throws {
    let parsed = DynamoDB.Endpoint(own)
    let endpoint = try #require(parsed)
    #expect(endpoint.host(in: "eu-west-1", insteadOf: "us-east-1") == other)
    #expect(!DynamoDB.Endpoint.wellKnownRegions(beside: "us-east-1").contains("us-east-1"))
  }

  @Test("Credentials and a missing table are misconfigured, with what to do")
  func misconfigured() async throws {
    let sandbox = try await sandbox()
    let endpoint = "http://\(sandbox.topology.regions[0].dynamoDB)"
    let wrong = try Rig(endpoint, secret: "wrong")
    let refused = await wrong.check.attempt(deadline: patience)
    #expect(refused.verdict == .misconfigured)
    #expect(refused.failure == .signature)
    let missing = try Rig(endpoint, table: "none")
    let absent = await missing.check.attempt(deadline: patience)
    #expect(absent.verdict == .misconfigured)
    #expect(absent.failure == .missingTable)
    wrong.end()
    missing.end()
    await sandbox.stop()
  }
}

@Suite("DynamoDB check over odd replies")
struct DynamoDBCheckReplyTests {
  /// Answers DescribeTable soundly and the rest as the test says.
  private func judge(
    writer: Bool = true, strong: Bool = false, deadline: Duration = patience,
    _ answer: @escaping @Sendable (_ operation: String, _ body: String) -> StubReply
  ) async throws -> CheckOutcome {
    let server = try await StubServer { request in
      let operation = (request.header("x-amz-target") ?? "").split(separator: ".").last ?? ""
      guard operation == "DescribeTable" else {
        return answer(String(operation), String(decoding: request.body, as: UTF8.self))
      }
      return .answer(
        200,
        #"{"Table":{"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#
          + #""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]"#
          + (strong ? #","MultiRegionConsistency":"STRONG""# : "") + "}}")
    }
    let rig = try Rig("http://127.0.0.1:\(server.port)", writer: writer)
    let outcome = await rig.check.attempt(deadline: deadline)
    rig.end()
    await server.end()
    return outcome
  }

  private static func refusal(_ type: String, _ status: Int = 400) -> StubReply {
    .answer(status, #"{"__type":"com.amazonaws.dynamodb.v20120810#\#(type)","message":"m"}"#)
  }

  @Test(
    "Refusals of the read",
    arguments: [
      ("InternalServerError", 500, CheckOutcome.Verdict.failure, FailureClass.serverError),
      ("ThrottlingException", 400, .throttled, .throttled),
      ("UnrecognizedClientException", 400, .misconfigured, .credentials),
      ("ExpiredTokenException", 400, .misconfigured, .credentials),
      ("AccessDeniedException", 400, .misconfigured, .permission),
      ("ResourceNotFoundException", 400, .misconfigured, .missingTable),
      ("InvalidSignatureException", 400, .misconfigured, .signature),
      ("ValidationException", 400, .unknown, .other), ("SomethingNew", 400, .unknown, .other),
    ])
  func refusals(
    type: String, status: Int, verdict: CheckOutcome.Verdict, failure: FailureClass
  ) async throws {
    let outcome = try await judge(writer: false) { _, _ in Self.refusal(type, status) }
    #expect(outcome.verdict == verdict)
    #expect(outcome.failure == failure)
  }

  @Test("A single 500 is retried; HTML, a cut reply and a wrong checksum are failures")
  func retried() async throws {
    let count = Shared(0)
    let recovered = try await judge(writer: false) { _, _ in
      count.update {
        $0 += 1; return $0
      } == 1
        ? Self.refusal("InternalServerError", 500)
        : .answer(200, "{}")
    }
    #expect(recovered.verdict == .success)
    #expect(count.value == 2)
    let html = try await judge(writer: false) { _, _ in .answer(502, "<html>bad gateway</html>") }
    #expect(html.failure == .serverError)
    let closed = try await judge(writer: false) { _, _ in .close }
    #expect(closed.failure == .network)
    let garbled = try await judge(writer: false) { _, _ in
      .answer(200, "{}", [("x-amz-crc32", "1")])
    }
    #expect(garbled.verdict == .failure)
    #expect(garbled.failure == .network)
    let page = try await judge(writer: false) { _, _ in .answer(200, "<html>portal</html>") }
    #expect(page.verdict == .unknown)
  }

  @Test("A hang is a failure within the deadline")
  func hang() async throws {
    let outcome = try await judge(writer: false, deadline: .seconds(1)) { _, _ in .hang }
    #expect(outcome.verdict == .failure)
    #expect(outcome.failure == .timeout)
  }

  /// RULES 1: a write that timed out is unknown until it was read back.
  @Test("A write without an answer counts by what the strong read shows")
  func readBack() async throws {
    let stored = Shared("{}")
    let landed = try await judge { operation, body in
      if operation == "PutItem" {
        let item = body.firstRange(of: #""Item":"#).map { body[$0.upperBound...] } ?? ""
        let end = item.firstRange(of: "}}").map { item[..<$0.upperBound] } ?? item
        stored.update { $0 = #"{"Item":\#(end)}"# }
        return .close
      }
      return .answer(200, stored.value)
    }
    #expect(landed.verdict == .success)
    let lost = try await judge { operation, _ in
      operation == "PutItem" ? .close : .answer(200, "{}")
    }
    #expect(lost.verdict == .failure)
    #expect(lost.failure == .network)
  }

  @Test("An acknowledged write that a strong read does not show is not understood: unknown")
  func contradiction() async throws {
    let outcome = try await judge { _, _ in .answer(200, "{}") }
    #expect(outcome.verdict == .unknown)
  }

  @Test("A strongly consistent table without a quorum; elsewhere the same is a server error")
  func quorum() async throws {
    @Sendable func answer(_ operation: String, _ body: String) -> StubReply {
      let isEventual = body.firstRange(of: #""ConsistentRead":false"#) != nil
      return isEventual ? .answer(200, "{}") : Self.refusal("InternalServerError", 500)
    }
    #expect(try await judge(strong: true, answer).failure == .quorum)
    #expect(try await judge(strong: false, answer).failure == .serverError)
  }

  @Test("A write conflict is good")
  func conflict() async throws {
    let outcome = try await judge(strong: true) { operation, _ in
      operation == "PutItem"
        ? Self.refusal("ReplicatedWriteConflictException")
        : .answer(200, "{}")
    }
    #expect(outcome.verdict == .success)
  }

  @Test("DescribeTable that fails is no vote, and keys that are no strings are misconfigured")
  func description() async throws {
    for (reply, verdict) in [
      (Self.refusal("InternalServerError", 500), CheckOutcome.Verdict.unknown),
      (Self.refusal("ThrottlingException"), .unknown),
      (
        .answer(
          200,
          #"{"Table":{"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#
            + #""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}]}}"#),
        .misconfigured
      ),
    ] {
      let server = try await StubServer { _ in reply }
      let rig = try Rig("http://127.0.0.1:\(server.port)")
      let outcome = await rig.check.attempt(deadline: patience)
      #expect(outcome.verdict == verdict)
      rig.end()
      await server.end()
    }
  }
}
