import Testing

@testable import Sandbox

private func text(_ text: String) -> JSON { ["S": .string(text)] }

@Suite final class DynamoDBReplicasTests {
  static let seed: UInt64 = 42
  let address = DynamoDBReplicas.Address(table: "my-app-data", key: [text("k")])
  var replicas = DynamoDBReplicas(
    regions: ["us-east-1", "eu-central-1", "ap-southeast-1"], lag: .milliseconds(800), seed: seed)

  private func value(_ region: String) -> String? {
    replicas.version(address, in: region)?.item?["v"]?["S"]?.text
  }

  private func write(_ value: String, _ region: String, at now: Duration) {
    let isWritten = replicas.write(["v": text(value)], at: address, in: region, now: now)
    #expect(isWritten)
  }

  @Test func writesArriveAfterTheLag() {
    write("1", "us-east-1", at: .zero)
    #expect(value("us-east-1") == "1")
    replicas.advance(to: .milliseconds(719))
    #expect(value("eu-central-1") == nil)
    replicas.advance(to: .milliseconds(881))
    #expect(value("eu-central-1") == "1" && value("ap-southeast-1") == "1")
  }

  @Test func theLastWriterWinsWhateverArrivesLast() {
    write("old", "us-east-1", at: .zero)
    write("new", "eu-central-1", at: .milliseconds(10))
    replicas.advance(to: .seconds(5))
    for region in replicas.regions { #expect(value(region) == "new") }
  }

  @Test func aCutLinkHoldsItsWritesAndDeliversThemLater() {
    let link = ReplicationLink(from: "us-east-1", to: "eu-central-1")
    write("before", "us-east-1", at: .zero)
    replicas.setCut([link], now: .milliseconds(100))
    write("held", "us-east-1", at: .milliseconds(200))
    write("newest", "us-east-1", at: .milliseconds(300))
    #expect(replicas.waiting(on: link) == 1)
    replicas.advance(to: .seconds(60))
    #expect(value("eu-central-1") == nil)
    #expect(value("ap-southeast-1") == "newest")
    replicas.setCut([], now: .seconds(60))
    #expect(value("eu-central-1") == nil)
    replicas.advance(to: .milliseconds(60_881))
    #expect(value("eu-central-1") == "newest")
  }

  @Test func lateWritesOfACutRegionLoseAgainstNewerOnes() {
    replicas.setCut([ReplicationLink(from: "us-east-1", to: "eu-central-1")], now: .zero)
    write("late", "us-east-1", at: .seconds(1))
    write("newer", "eu-central-1", at: .seconds(2))
    replicas.setCut([], now: .seconds(10))
    replicas.advance(to: .seconds(20))
    for region in replicas.regions { #expect(value(region) == "newer") }
  }

  @Test func theSameSeedGivesTheSameJitter() {
    func arrival(_ seed: UInt64) -> Int? {
      var replicas = DynamoDBReplicas(regions: ["a", "b"], lag: .milliseconds(800), seed: seed)
      _ = replicas.write(["v": text("1")], at: address, in: "a", now: .zero)
      return (700...900).first {
        replicas.advance(to: .milliseconds($0))
        return replicas.version(address, in: "b") != nil
      }
    }
    let arrivals = (1...20).map { arrival(UInt64($0)) }
    #expect(arrivals == (1...20).map { arrival(UInt64($0)) })
    #expect(Set(arrivals).count > 5, "seeds 1 to 20 gave \(arrivals)")
    #expect(arrivals.allSatisfy { (720...881).contains($0 ?? 0) })
  }
}

@Suite final class DynamoDBServiceTests {
  var service = DynamoDBService(
    regions: ["us-east-1", "eu-central-1"], lag: .zero, seed: 1, created: 1_795_400_000)

  private func ask(_ operation: String, _ body: String) throws -> JSON {
    try service.answer(
      target: "DynamoDB_20120810.\(operation)", body: Array(body.utf8), region: "us-east-1",
      now: .zero)
  }

  /// The error's name, without its family.
  private func refusal(_ operation: String, _ body: String) -> String? {
    do {
      _ = try ask(operation, body)
      return nil
    } catch {
      let type = (error as? DynamoDBError)?.type ?? ""
      return type.split(separator: "#").last.map(String.init)
    }
  }

  private func put(_ hash: String, _ range: String, _ more: String = "") throws {
    _ = try ask(
      "PutItem",
      #"{"TableName":"app","Item":{"pk":{"S":"\#(hash)"},"sk":{"S":"\#(range)"}\#(more)}}"#)
  }

  @Test func whatIsPutIsGot() throws {
    try put("hb#us-east", "a", #","seq":{"N":"7"}"#)
    let key = #"{"TableName":"app","Key":{"pk":{"S":"hb#us-east"},"sk":{"S":"a"}}}"#
    let item = try ask("GetItem", key)["Item"]
    #expect(item?.encodedText() == #"{"pk":{"S":"hb#us-east"},"seq":{"N":"7"},"sk":{"S":"a"}}"#)
    let none = #"{"TableName":"app","Key":{"pk":{"S":"hb#us-east"},"sk":{"S":"b"}}}"#
    #expect(try ask("GetItem", none).encodedText() == "{}")
  }

  @Test func keysOfTheWrongShapeAreRefused() {
    let wrong = [
      ("PutItem", #"{"TableName":"app","Item":{"pk":{"S":"x"}}}"#),
      ("PutItem", #"{"TableName":"app","Item":{"pk":{"N":"1"},"sk":{"S":"x"}}}"#),
      ("PutItem", #"{"TableName":"app","Item":{"pk":{"S":""},"sk":{"S":"x"}}}"#),
      ("PutItem", #"{"TableName":"app","Item":{"pk":{"S":"x"},"sk":{"S":"x","N":"1"}}}"#),
      ("PutItem", #"{"TableName":"app","Item":{"pk":{"S":"x"},"sk":{}}}"#),
      ("PutItem", #"{"TableName":"app","Item":{"pk":{"S":"x"},"sk":{"S":"y"},"n":{"N":"z"}}}"#),
      ("PutItem", #"{"TableName":"app"}"#),
      ("PutItem", #"{"Item":{}}"#),
      ("GetItem", #"{"TableName":"app","Key":{"pk":{"S":"x"}}}"#),
      ("GetItem", #"{"TableName":"my-app-data","Key":{"id":{"S":"x"},"sk":{"S":"x"}}}"#),
      ("Query", #"{"TableName":"app"}"#),
    ]
    for (operation, body) in wrong {
      #expect(refusal(operation, body) == "ValidationException", "\(operation) \(body)")
    }
    #expect(refusal("GetItem", #"{"TableName":"none"}"#) == "ResourceNotFoundException")
    #expect(refusal("DescribeTable", #"{"TableName":"none"}"#) == "ResourceNotFoundException")
    #expect(refusal("TransactGetItems", "{}") == "UnknownOperationException")
    #expect(refusal("GetItem", "{") == "SerializationException")
    #expect(refusal("GetItem", "[]") == "SerializationException")
  }

  @Test func conditionsGuardWrites() throws {
    let item = #""TableName":"my-app-data","Item":{"id":{"S":"k"},"epoch":{"N":"10"}}"#
    let once = "{\(item),\"ConditionExpression\":\"attribute_not_exists(id)\"}"
    #expect(refusal("PutItem", once) == nil)
    #expect(refusal("PutItem", once) == "ConditionalCheckFailedException")
    func newer(_ epoch: Int) -> String {
      "{\(item),\"ConditionExpression\":\"#e < :e AND NOT (attribute_not_exists(id))\","
        + ##""ExpressionAttributeNames":{"#e":"epoch"},"##
        + #""ExpressionAttributeValues":{":e":{"N":"\#(epoch)"}}}"#
    }
    #expect(refusal("PutItem", newer(9)) == "ConditionalCheckFailedException")
    #expect(refusal("PutItem", newer(11)) == nil)
    let unused = "{\(item),\"ExpressionAttributeValues\":{\":e\":{\"N\":\"1\"}}}"
    #expect(refusal("PutItem", unused) == "ValidationException")
  }

  @Test func queriesReadOnePartitionInOrder() throws {
    for range in ["b", "a", "c", "x"] { try put("p", range) }
    try put("other", "a")
    func query(_ condition: String, _ more: String = "") throws -> JSON {
      try ask(
        "Query",
        #"{"TableName":"app","KeyConditionExpression":"\#(condition)","#
          + #""ExpressionAttributeValues":{":p":{"S":"p"}\#(more)}}"#)
    }
    func keys(_ answer: JSON) -> [String?]? {
      answer["Items"]?.elements?.map { $0["sk"]?["S"]?.text }
    }
    #expect(try keys(query("pk = :p")) == ["a", "b", "c", "x"])
    #expect(try keys(query("pk = :p AND sk >= :s", #",":s":{"S":"b"}"#)) == ["b", "c", "x"])
    let between = #",":l":{"S":"a"},":h":{"S":"b"}"#
    #expect(try keys(query("pk = :p and sk BETWEEN :l AND :h", between)) == ["a", "b"])
    for wrong in ["sk = :p", "pk > :p", "pk = :p OR sk = :p", "pk = :p AND v = :p", "pk = ", "("] {
      #expect(throws: DynamoDBError.self, "\(wrong)") { try query(wrong) }
    }
  }

  @Test func longQueriesComeInPages() throws {
    for range in ["a", "b", "c"] { try put("p", range) }
    let start =
      #"{"TableName":"app","KeyConditionExpression":"pk = :p","Limit":2,"#
      + #""ExpressionAttributeValues":{":p":{"S":"p"}}"#
    let first = try ask("Query", start + "}")
    #expect(first["Count"]?.integer == 2)
    let last = try #require(first["LastEvaluatedKey"])
    let second = try ask("Query", start + ",\"ExclusiveStartKey\":\(last.encodedText())}")
    #expect(second["Count"]?.integer == 1 && second["LastEvaluatedKey"] == nil)
  }

  @Test func tablesDescribeThemselves() throws {
    let app = try ask("DescribeTable", #"{"TableName":"app"}"#)["Table"]
    #expect(
      app?["KeySchema"]?.encodedText()
        == #"[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]"#)
    #expect(app?["GlobalTableVersion"] == "2019.11.21" && app?["TableStatus"] == "ACTIVE")
    let replicas = app?["Replicas"]?.elements ?? []
    #expect(replicas.map { $0["RegionName"]?.text } == ["eu-central-1"])
    #expect(replicas.map { $0["ReplicaStatus"]?.text } == ["ACTIVE"])
  }
}

@Suite struct SigV4VerifierTests {
  /// The example `get-vanilla` of AWS's published signing test suite.
  static let message = SigV4Verifier.Message(
    method: "GET", path: "/", query: "",
    headers: [
      ("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z"),
      (
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
          + "SignedHeaders=host;x-amz-date, "
          + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
      ),
    ], body: [])
  static let wall: Int64 = 1_440_938_160_000

  private func verifier(_ secret: String = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    -> SigV4Verifier
  {
    SigV4Verifier(region: "us-east-1", service: "service", secrets: ["AKIDEXAMPLE": secret])
  }

  private func refusal(
    _ verifier: SigV4Verifier, _ message: SigV4Verifier.Message, wall: Int64 = Self.wall
  ) -> String? {
    do {
      try verifier.verify(message, wall: wall)
      return nil
    } catch { return error.type }
  }

  @Test func theKnownExamplePasses() throws {
    #expect(refusal(verifier(), Self.message) == nil)
  }

  @Test func everythingElseIsRefusedAsTheServiceDoes() {
    let front = "com.amazon.coral.service#"
    let invalid = front + "InvalidSignatureException"
    #expect(refusal(verifier("other"), Self.message) == invalid)
    var changed = Self.message
    changed.body = [1]
    #expect(refusal(verifier(), changed) == invalid)
    changed = Self.message
    changed.headers[0].value = "elsewhere"
    #expect(refusal(verifier(), changed) == invalid)
    changed = Self.message
    changed.headers.append(("X-Amz-Target", "unsigned"))
    #expect(refusal(verifier(), changed) == invalid)
    for skew in [-301_000, 301_000] as [Int64] {
      #expect(refusal(verifier(), Self.message, wall: Self.wall + skew) == invalid)
    }
    for skew in [-299_000, 299_000] as [Int64] {
      #expect(refusal(verifier(), Self.message, wall: Self.wall + skew) == nil)
    }
    var elsewhere = verifier()
    elsewhere.region = "eu-central-1"
    #expect(refusal(elsewhere, Self.message) == invalid)
    var stranger = verifier()
    stranger.secrets = [:]
    #expect(refusal(stranger, Self.message) == front + "UnrecognizedClientException")
    changed = Self.message
    changed.headers.removeLast()
    #expect(refusal(verifier(), changed) == front + "MissingAuthenticationTokenException")
    changed.headers.append(("Authorization", "Basic eA=="))
    #expect(refusal(verifier(), changed) == front + "IncompleteSignatureException")
  }

  @Test func checksums() {
    #expect(CRC32.of(Array("123456789".utf8)) == 0xcbf4_3926)
    let healthy = "healthy: dynamodb.us-east-1.amazonaws.com "
    #expect(CRC32.of(Array(healthy.utf8)) == 3_128_867_991)
    #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
  }
}
