import FoundationEssentials
import Platform
import Testing
import Wire

@testable import DynamoDB

@Suite("Refusals of the service: facts/dynamodb.md section 1")
struct ReplyTests {
  private func error(_ status: Int, _ body: String) -> DynamoDBError {
    DynamoDBError(status: status, body: Array(body.utf8), operation: "PutItem")
  }

  @Test("A reply that nests deep is refused unread", arguments: [100, 30_000])
  func deep(depth: Int) throws {
    let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let body = Array(#"{"Table":{"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#.utf8)
    _ = try ForeignJSON.decode(TableDescription.self, from: body + Array("}".utf8))
    #expect(throws: (any Error).self) {
      try ForeignJSON.decode(TableDescription.self, from: body + Array(",\"x\":\(deep)}".utf8))
    }
    #expect(error(500, "{\"__type\":\"X\",\"x\":\(deep)}").kind == .serverError)
  }

  @Test(
    "The class follows the type, whatever it is wrapped in",
    arguments: [
      (
        400,
        #"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"x"}"#,
        DynamoDBError.Kind.missingTable
      ),
      (400, #"{"__type":"ResourceNotFoundException","Message":"no"}"#, .missingTable),
      (400, #"{"__type":"com.amazon.coral.service#UnrecognizedClientException"}"#, .credentials),
      (
        400, #"{"__type":"com.amazon.coral.service#ExpiredTokenException:http://x/"}"#, .credentials
      ),
      (400, #"{"__type":"com.amazon.coral.validate#ValidationException"}"#, .validation),
      (403, #"{"__type":"AccessDeniedException"}"#, .permission),
      (400, #"{"__type":"x#ProvisionedThroughputExceededException"}"#, .throttled),
      (400, #"{"__type":"x#ThrottlingException"}"#, .throttled),
      (400, #"{"__type":"x#RequestLimitExceeded"}"#, .throttled),
      (400, #"{"__type":"x#ReplicatedWriteConflictException"}"#, .conflict),
      (400, #"{"__type":"x#InvalidSignatureException","message":"does not match"}"#, .signature),
      (
        400,
        #"{"__type":"x#InvalidSignatureException","message":"Signature expired: 2026 - 5 min"}"#,
        .clock
      ),
      (
        400, #"{"__type":"x#InvalidSignatureException","message":"Signature not yet current"}"#,
        .clock
      ),
      (500, #"{"__type":"x#InternalServerError"}"#, .serverError),
      (503, #"{"__type":"x#ServiceUnavailable"}"#, .serverError),
      (400, #"{"__type":"x#SomethingNew"}"#, .other),
      (500, #"{"__type":"x#SomethingNew"}"#, .serverError),
      (500, "<html><body><h1>Internal Server Error</h1></body></html>", .serverError),
      (502, "", .serverError),
      (429, "slow down", .throttled),
      (404, "<html>not here</html>", .other),
      (400, "{", .other),
      (400, "[1,2]", .other),
      (400, #"{"__type":7,"message":{}}"#, .other),
      (
        403,
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error>"
          + "</ErrorResponse>", .signature
      ),
      (
        403,
        "<Response><Errors><Error><Code>InvalidClientTokenId</Code></Error></Errors></Response>",
        .credentials
      ),
    ])
  func classes(status: Int, body: String, kind: DynamoDBError.Kind) {
    #expect(error(status, body).kind == kind)
  }

  @Test("The text names operation, type and message, bounded")
  func text() {
    let long = String(repeating: "x", count: 5000)
    let found = error(400, #"{"__type":"a#ThrottlingException","message":"\#(long)"}"#)
    #expect(found.description.hasPrefix("PutItem: ThrottlingException: xxx"))
    #expect(found.description.count < 300)
    #expect(error(502, "<html>bad gateway</html>").description.contains("HTTP 502"))
  }

  @Test("What is worth a second attempt")
  func retries() {
    #expect(error(500, "").isWorthRetrying)
    #expect(!error(400, #"{"__type":"x#ThrottlingException"}"#).isWorthRetrying)
    #expect(!error(400, #"{"__type":"x#UnrecognizedClientException"}"#).isWorthRetrying)
  }

  @Test("A failed transfer keeps what the caller may do")
  func transfers() {
    let timeout = HTTPError(kind: .timeout, failure: .outcomeUnknown, description: "t")
    #expect(DynamoDBError(timeout, host: "h").kind == .timeout)
    #expect(DynamoDBError(timeout, host: "h").failure == .outcomeUnknown)
    let refused = HTTPError(kind: .connect, failure: .transient, description: "c")
    #expect(DynamoDBError(refused, host: "h").kind == .network)
    let source = HTTPError(kind: .connect, failure: .permanent, description: "c")
    #expect(DynamoDBError(source, host: "h").kind == .hostNetwork)
  }

  @Test("CRC-32 as the service computes it")
  func checksum() {
    #expect(CRC32.of(Array("123456789".utf8)) == 0xcbf4_3926)
    // Recorded in facts/dynamodb.md section 1.
    #expect(CRC32.of(Array("healthy: dynamodb.us-east-1.amazonaws.com ".utf8)) == 3_128_867_991)
    #expect(CRC32.of([]) == 0)
  }
}

@Suite("Endpoints and items")
struct ItemTests {
  @Test("Endpoints")
  func endpoints() throws {
    let plain = try #require(Endpoint("http://dynamodb.us-east-1.sandbox.test:18610"))
    #expect(plain.host == "dynamodb.us-east-1.sandbox.test")
    #expect(plain.port == 18610)
    #expect("\(plain)" == "http://dynamodb.us-east-1.sandbox.test:18610")
    #expect("\(try #require(Endpoint("https://h/")))" == "https://h")
    #expect(Endpoint("https://[::1]:8000")?.host == "::1")
    #expect("\(try #require(Endpoint("https://[::1]:8000")))" == "https://[::1]:8000")
    #expect(
      Endpoint.standard(region: "eu-central-1")?.host == "dynamodb.eu-central-1.amazonaws.com")
    for bad in ["h", "ftp://h", "http://", "http://h:0", "http://h:x", "http://h/p", "http://u@h"] {
      #expect(Endpoint(bad) == nil, "\(bad)")
    }
  }

  @Test("A heartbeat survives its item, in tables with and without a sort key")
  func heartbeat() throws {
    let beat = HeartbeatItem(
      region: "us-east", agent: "a1", boot: "b1", sequence: 7, writtenMs: 1_795_415_406_497,
      periodMs: 2000, clockErrorMs: 3, previousRttMs: 12, acknowledgedBefore: 6)
    let both = beat.item(keys: TableKeys(hash: "pk", range: "sk"))
    #expect(both["pk"] == .string("hb#us-east"))
    #expect(both["sk"] == .string("a1"))
    #expect(HeartbeatItem(both, region: "us-east") == beat)
    let hashOnly = beat.item(keys: TableKeys(hash: "id"))
    #expect(hashOnly["id"] == .string("hb#us-east"))
    #expect(HeartbeatItem(hashOnly, region: "us-east") == beat)
    let companion = beat.companion(named: "system_heartbeat", keys: TableKeys(hash: "id"))
    #expect(companion["id"] == .string("system_heartbeat"))
  }

  private func largest() -> HeartbeatItem {
    let name = String(repeating: "n", count: 63)
    return HeartbeatItem(
      region: name, agent: name, boot: "0123456789abcdef", sequence: UInt64(Int64.max),
      writtenMs: 253_402_300_799_000, periodMs: 86_400_000, clockErrorMs: 86_400_000,
      previousRttMs: 86_400_000, acknowledgedBefore: UInt64(Int64.max),
      summary: HeartbeatItem.Summary(
        text: String(repeating: "s", count: HeartbeatItem.Summary.maxBytes),
        signature: String(repeating: "A", count: 86), keyID: "0123456789abcdef"))
  }

  @Test("With a signed summary it survives too, and its item stays under 1 KB: one write unit")
  func summary() {
    let beat = largest()
    for keys in [TableKeys(hash: "pk", range: "sk"), TableKeys(hash: "id")] {
      let item = beat.item(keys: keys)
      #expect(HeartbeatItem(item, region: beat.region) == beat)
      // Names and texts by their bytes, a number as at most two digits a byte and one (AWS
      // developer guide, "DynamoDB item sizes and formats").
      let size = item.reduce(0) { size, entry in
        switch entry.value {
        case .string(let text): size + entry.key.utf8.count + text.utf8.count
        case .number(let text): size + entry.key.utf8.count + text.utf8.count / 2 + 2
        case .bool, .other: size
        }
      }
      #expect(size < 1024, "\(size) bytes")
    }
    #expect(beat.companion(named: "system_heartbeat", keys: TableKeys(hash: "id"))["sum"] == nil)
  }

  @Test(
    "A summary that no sound writer writes is left out; the heartbeat counts",
    arguments: [
      ("sum", AttributeValue.string("")), ("sum", .string(String(repeating: "s", count: 561))),
      ("sum", .number("7")), ("sig", .string(String(repeating: "A", count: 87))),
      ("kid", .string(String(repeating: "k", count: 65))), ("kid", .other("L")),
    ])
  func brokenSummary(name: String, value: AttributeValue) {
    var item = largest().item(keys: TableKeys(hash: "id"))
    item[name] = value
    let read = HeartbeatItem(item, region: "us-east")
    #expect(read != nil && read?.summary == nil)
    item[name] = nil
    #expect(HeartbeatItem(item, region: "us-east")?.summary == nil)
  }

  @Test(
    "How the replicas agree: absent is eventual, a word that is not known is nothing",
    arguments: [
      ("", Consistency.eventual), (#","MultiRegionConsistency":"EVENTUAL""#, .eventual),
      (#","MultiRegionConsistency":"STRONG""#, .strong),
      (#","MultiRegionConsistency":"LATER""#, nil),
    ] as [(String, Consistency?)])
  func consistency(more: String, expected: Consistency?) throws {
    let text =
      #"{"Table":{"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#
      + #""Replicas":[{"RegionName":"eu-central-1","ReplicaStatus":"CREATING"}]"# + more + "}}"
    let found = try JSONDecoder().decode(TableDescription.self, from: Data(text.utf8))
    #expect(found.consistency == expected)
    #expect(found.replicas == [TableReplica(region: "eu-central-1", status: "CREATING")])
  }

  @Test(
    "Items that no sound writer writes are no heartbeats",
    arguments: [
      ("seq", AttributeValue.number("0")), ("seq", .number("-1")), ("seq", .string("7")),
      ("seq", .number("18446744073709551615")), ("w", .number("-5")), ("w", .number("1e99")),
      ("w", .number("999999999999999")), ("period_ms", .number("0")), ("boot", .string("")),
      ("agent", .string(String(repeating: "x", count: 65))), ("agent", .other("L")),
    ])
  func garbage(name: String, value: AttributeValue) {
    var item = HeartbeatItem(
      region: "us-east", agent: "a1", boot: "b1", sequence: 7, writtenMs: 5, periodMs: 2000
    ).item(keys: TableKeys(hash: "id"))
    #expect(HeartbeatItem(item, region: "us-east") != nil)
    item[name] = value
    #expect(HeartbeatItem(item, region: "us-east") == nil)
    item[name] = nil
    #expect(HeartbeatItem(item, region: "us-east") == nil)
  }
}
