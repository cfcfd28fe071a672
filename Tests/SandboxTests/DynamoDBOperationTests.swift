import Testing

@testable import Sandbox

/// UpdateItem, DeleteItem, BatchGetItem, Scan and pages, as boto3 and the AWS CLI ask for them.
@Suite final class DynamoDBOperationTests {
  var service = DynamoDBService(
    regions: ["us-east-1", "eu-central-1"], lag: .milliseconds(800), seed: 1,
    created: 1_795_400_000)

  private func ask(
    _ operation: String, _ body: String, region: String = "us-east-1", now: Duration = .zero
  ) throws -> JSON {
    try service.answer(
      target: "DynamoDB_20120810.\(operation)", body: Array(body.utf8), region: region, now: now)
  }

  private func refusal(_ operation: String, _ body: String) -> String {
    do {
      return "accepted: \(try ask(operation, body).encodedText())"
    } catch {
      return (error as? DynamoDBError).map { "\($0.type) \($0.message)" } ?? "\(error)"
    }
  }

  private func put(_ attributes: String, key: String = "k") throws {
    let item = #""id":{"S":"\#(key)"}"# + (attributes.isEmpty ? "" : "," + attributes)
    _ = try ask("PutItem", #"{"TableName":"my-app-data","Item":{\#(item)}}"#)
  }

  private static let key = #""TableName":"my-app-data","Key":{"id":{"S":"k"}}"#

  private func item(region: String = "us-east-1", now: Duration = .zero) throws -> String? {
    try ask("GetItem", "{\(Self.key)}", region: region, now: now)["Item"]?.encodedText()
  }

  private static func updating(_ expression: String, _ values: String, _ more: String = "")
    -> String
  {
    let given = values.isEmpty ? "" : #","ExpressionAttributeValues":{\#(values)}"#
    return #"{\#(key),"UpdateExpression":"\#(expression)"\#(given)\#(more)}"#
  }

  /// The attributes beside the key after an update of an item with these.
  private func updated(_ old: String, _ expression: String, _ values: String = "") throws -> String?
  {
    try put(old)
    _ = try ask("UpdateItem", Self.updating(expression, values))
    return try item()
  }

  @Test(arguments: [
    (#""a":{"N":"1"}"#, "SET a = a + :v", #"":v":{"N":"2.50"}"#, #""a":{"N":"3.5"}"#),
    (#""a":{"N":"1"}"#, "set a = :v - a", #"":v":{"N":"1"}"#, #""a":{"N":"0"}"#),
    (
      #""a":{"N":"0.1"}"#, "ADD a :v", #"":v":{"N":"0.2"}"#,
      #""a":{"N":"0.3"}"#
    ),
    ("", "ADD a :v", #"":v":{"N":"-7"}"#, #""a":{"N":"-7"}"#),
    ("", "SET a = if_not_exists(a, :v)", #"":v":{"S":"x"}"#, #""a":{"S":"x"}"#),
    (
      #""a":{"S":"old"}"#, "SET a = if_not_exists(a, :v)", #"":v":{"S":"x"}"#,
      #""a":{"S":"old"}"#
    ),
    (
      #""a":{"L":[{"N":"1"}]}"#, "SET a = list_append(a, :v)", #"":v":{"L":[{"N":"2"}]}"#,
      #""a":{"L":[{"N":"1"},{"N":"2"}]}"#
    ),
    (
      "", "SET a = list_append(if_not_exists(a, :e), :v)",
      #"":v":{"L":[{"N":"2"}]},":e":{"L":[]}"#, #""a":{"L":[{"N":"2"}]}"#
    ),
    // Everything is read as it was before.
    (
      #""a":{"N":"1"},"b":{"N":"2"}"#, "SET a = b, b = a", "",
      #""a":{"N":"2"},"b":{"N":"1"}"#
    ),
    (#""a":{"N":"1"},"b":{"N":"2"}"#, "REMOVE a, c", "", #""b":{"N":"2"}"#),
    (
      #""a":{"L":[{"S":"0"},{"S":"1"},{"S":"2"}]}"#, "REMOVE a[0], a[2]", "",
      #""a":{"L":[{"S":"1"}]}"#
    ),
    (
      #""m":{"M":{"x":{"N":"1"}}}"#, "SET m.y = :v REMOVE m.x", #"":v":{"BOOL":true}"#,
      #""m":{"M":{"y":{"BOOL":true}}}"#
    ),
    (
      #""a":{"SS":["x"]}"#, "ADD a :v", #"":v":{"SS":["x","y"]}"#, #""a":{"SS":["x","y"]}"#
    ),
    (#""a":{"SS":["x","y"]}"#, "DELETE a :v", #"":v":{"SS":["x"]}"#, #""a":{"SS":["y"]}"#),
    (
      #""a":{"NS":["1"]},"b":{"NULL":true}"#, "DELETE a :v", #"":v":{"NS":["1.0"]}"#,
      #""b":{"NULL":true}"#
    ),
  ])
  func updatesDoWhatTheySay(old: String, expression: String, values: String, new: String) throws {
    let parts = [new, #""id":{"S":"k"}"#].joined(separator: ",")
    let expected = try JSON(parsing: Array("{\(parts)}".utf8))
    let found = try #require(try updated(old, expression, values))
    let json = try JSON(parsing: Array(found.utf8))
    #expect(Set(json.members ?? []) == Set(expected.members ?? []), "\(found)")
  }

  @Test(arguments: [
    ("SET id = :v", #"":v":{"S":"x"}"#, "part of the key"),
    ("SET a = :v, a = :v", #"":v":{"S":"x"}"#, "Two document paths overlap"),
    ("SET m.x = :v REMOVE m", #"":v":{"S":"x"}"#, "Two document paths overlap"),
    ("SET b = c", "", "does not exist in the item"),
    ("SET b = s + :v", #"":v":{"N":"1"}"#, "incorrect data type"),
    ("SET nothing.x = :v", #"":v":{"N":"1"}"#, "invalid for update"),
    ("ADD s :v", #"":v":{"N":"1"}"#, "incorrect data type"),
    ("ADD a :v", #"":v":{"S":"1"}"#, "operator: ADD, operand type: STRING"),
    ("SET a = :v SET b = :v", #"":v":{"S":"1"}"#, "can only be used once"),
    ("SET a = :w", #"":v":{"S":"1"}"#, "not defined; attribute value: :w"),
    ("SET a = :v", #"":v":{"S":"1"},":w":{"S":"1"}"#, "unused in expressions: keys: {:w}"),
    ("SET a", "", "Syntax error"), ("", "", "can not be empty"),
    ("SET a = :v", #"":v":{"N":"123456789012345678901234567890123456789"}"#, "38 significant"),
    ("SET a = :v", #"":v":{"N":"1e126"}"#, "Number overflow"),
  ])
  func wrongUpdatesAreRefused(expression: String, values: String, reason: String) throws {
    try put(#""s":{"S":"text"},"m":{"M":{}}"#)
    let before = try item()
    let refused = refusal("UpdateItem", Self.updating(expression, values))
    #expect(refused.contains("ValidationException") && refused.contains(reason), "\(refused)")
    #expect(try item() == before)
  }

  @Test func whatIsReturnedIsWhatWasAskedFor() throws {
    func answer(_ values: String) throws -> String {
      try put(#""a":{"N":"1"},"b":{"S":"x"},"m":{"M":{"p":{"N":"1"},"q":{"N":"2"}}}"#)
      return try ask(
        "UpdateItem",
        Self.updating(
          "SET a = :v, m.q = :v", #"":v":{"N":"9"}"#, #","ReturnValues":"\#(values)""#)
      ).encodedText()
    }
    #expect(try answer("NONE") == "{}")
    #expect(
      try answer("UPDATED_OLD") == #"{"Attributes":{"a":{"N":"1"},"m":{"M":{"q":{"N":"2"}}}}}"#)
    #expect(
      try answer("UPDATED_NEW") == #"{"Attributes":{"a":{"N":"9"},"m":{"M":{"q":{"N":"9"}}}}}"#)
    #expect(try answer("ALL_OLD").contains(#""q":{"N":"2"}"#))
    #expect(try answer("ALL_NEW").contains(#""b":{"S":"x"},"id":{"S":"k"}"#))
    let refused = refusal("UpdateItem", Self.updating("REMOVE a", "", #","ReturnValues":"ALL""#))
    #expect(refused.contains("enum value set"))
    // What is not there is made.
    let made = #"{"TableName":"my-app-data","Key":{"id":{"S":"new"}},"ReturnValues":"ALL_NEW"}"#
    #expect(try ask("UpdateItem", made).encodedText() == #"{"Attributes":{"id":{"S":"new"}}}"#)
  }

  @Test func conditionsGuardUpdatesAndDeletes() throws {
    try put(#""n":{"N":"5"},"tags":{"SS":["x"]},"m":{"M":{"l":{"L":[{"S":"z"}]}}}"#)
    for (condition, holds) in [
      ("n IN (:a, :b)", true), ("size(tags) = :a", true), ("attribute_type(n, :t)", true),
      ("m.l[0] = :z", true), ("contains(tags, :z)", false), ("attribute_exists(m.nothing)", false),
    ] {
      let all = [
        ":a": #"{"N":"1"}"#, ":b": #"{"N":"5.0"}"#, ":t": #"{"S":"N"}"#, ":z": #"{"S":"z"}"#,
      ]
      let used = all.filter { condition.contains($0.key) }.map { "\"\($0.key)\":\($0.value)" }
      let values =
        used.isEmpty ? "" : #","ExpressionAttributeValues":{\#(used.joined(separator: ","))}"#
      let body = #"{\#(Self.key),"ConditionExpression":"\#(condition)"\#(values)}"#
      let refused = refusal("UpdateItem", body)
      #expect(refused.contains("ConditionalCheckFailed") == !holds, "\(condition): \(refused)")
    }
    let guarded =
      #","ConditionExpression":"attribute_not_exists(id)","#
      + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD""#
    #expect(refusal("DeleteItem", "{\(Self.key)\(guarded)}").contains("ConditionalCheckFailed"))
    #expect(try item() != nil)
    let old = try ask("DeleteItem", #"{\#(Self.key),"ReturnValues":"ALL_OLD"}"#)
    #expect(old["Attributes"]?["n"]?["N"] == "5")
    #expect(try item() == nil)
    #expect(
      try ask("DeleteItem", #"{\#(Self.key),"ReturnValues":"ALL_OLD"}"#).encodedText() == "{}")
    #expect(
      refusal("DeleteItem", #"{\#(Self.key),"Expected":{}}"#).contains("takes no Expected"))
  }

  @Test func changesArriveInOtherRegionsAfterTheLag() throws {
    let other = "eu-central-1"
    _ = try ask("UpdateItem", Self.updating("SET a = :v", #"":v":{"N":"1"}"#))
    #expect(try item(region: other, now: .milliseconds(700)) == nil)
    #expect(try item(region: other, now: .milliseconds(900))?.contains(#""a":{"N":"1"}"#) == true)
    _ = try ask("DeleteItem", "{\(Self.key)}", now: .seconds(1))
    #expect(try item(region: other, now: .milliseconds(1700)) != nil)
    #expect(try item(region: other, now: .milliseconds(1900)) == nil)
    // A delete wins over an older write that arrives later.
    let link = ReplicationLink(from: other, to: "us-east-1")
    service.replicas.setCut([link], now: .seconds(2))
    let put = #"{"TableName":"my-app-data","Item":{"id":{"S":"k"},"a":{"N":"2"}}}"#
    _ = try ask("PutItem", put, now: .seconds(3))
    _ = try ask(
      "UpdateItem", Self.updating("SET b = :v", #"":v":{"N":"1"}"#), region: other, now: .seconds(4)
    )
    _ = try ask("DeleteItem", "{\(Self.key)}", now: .seconds(5))
    service.replicas.setCut([], now: .seconds(6))
    #expect(try item(now: .seconds(10)) == nil)
    #expect(try item(region: other, now: .seconds(10)) == nil)
  }

  @Test func batchesReadManyKeys() throws {
    for key in ["a", "b", "c"] { try put(#""v":{"S":"\#(key)"}"#, key: key) }
    func keys(_ names: [String]) -> String {
      names.map { #"{"id":{"S":"\#($0)"}}"# }.joined(separator: ",")
    }
    func batch(_ names: [String], _ more: String = "") -> String {
      #"{"RequestItems":{"my-app-data":{"Keys":[\#(keys(names))]\#(more)}}}"#
    }
    let found = try ask("BatchGetItem", batch(["c", "nothing", "a"]))
    let items = found["Responses"]?["my-app-data"]?.elements ?? []
    #expect(Set(items.map { $0["v"]?["S"]?.text }) == ["a", "c"])
    #expect(found["UnprocessedKeys"]?.encodedText() == "{}")
    let shape = #","ProjectionExpression":"v""#
    let shaped = try ask("BatchGetItem", batch(["b"], shape))["Responses"]?["my-app-data"]
    #expect(shaped?.encodedText() == #"[{"v":{"S":"b"}}]"#)
    #expect(refusal("BatchGetItem", batch(["a", "a"])).contains("contains duplicates"))
    let many = (0...100).map(String.init)
    #expect(refusal("BatchGetItem", batch(many)).contains("Too many items requested"))
    #expect(refusal("BatchGetItem", #"{"RequestItems":{}}"#).contains("ValidationException"))
    #expect(refusal("BatchGetItem", batch([])).contains("ValidationException"))
  }

  /// Items of some 300 kB: three to a page of 1 MB.
  @Test(arguments: ["Query", "Scan"]) func pagesEndAtAMegabyte(operation: String) throws {
    let text = String(repeating: "x", count: 300_000)
    for number in 0..<7 {
      _ = try ask(
        "PutItem",
        #"{"TableName":"app","Item":{"pk":{"S":"p"},"sk":{"S":"\#(number)"},"v":{"S":"\#(text)"}}}"#
      )
    }
    let asked =
      operation == "Scan"
      ? ""
      : #","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}}"#
    // The limit is of what is read, not of what is told.
    let start = #"{"TableName":"app","ProjectionExpression":"sk"\#(asked)"#
    var pages: [[String?]] = []
    var more = ""
    repeat {
      let page = try ask(operation, start + more + "}")
      #expect(page["Count"] == page["ScannedCount"])
      pages.append((page["Items"]?.elements ?? []).map { $0["sk"]?["S"]?.text })
      more = page["LastEvaluatedKey"].map { ",\"ExclusiveStartKey\":\($0.encodedText())" } ?? ""
      #expect(pages.count < 10)
    } while !more.isEmpty && pages.count < 10
    #expect(pages == [["0", "1", "2"], ["3", "4", "5"], ["6"]])
    // The item that a page ended with is gone when the next is asked for.
    let first = try ask(operation, start + "}")
    let key = try #require(first["LastEvaluatedKey"]).encodedText()
    _ = try ask("DeleteItem", #"{"TableName":"app","Key":\#(key)}"#)
    let second = try ask(operation, start + ",\"ExclusiveStartKey\":\(key)}")
    #expect(second["Items"]?.elements?.first?["sk"]?["S"] == "3")
  }

  @Test func scansReadAllInParts() throws {
    for number in 0..<50 { try put(#""n":{"N":"\#(number)"}"#, key: "key-\(number)") }
    func scan(_ more: String) throws -> JSON {
      try ask("Scan", #"{"TableName":"my-app-data"\#(more)}"#)
    }
    #expect(try scan("")["Count"]?.integer == 50)
    let filtered = try scan(
      #","FilterExpression":"n < :n","ExpressionAttributeValues":{":n":{"N":"10"}}"#)
    #expect(filtered["Count"]?.integer == 10 && filtered["ScannedCount"]?.integer == 50)
    let counted = try scan(#","Select":"COUNT""#)
    #expect(counted["Items"] == nil && counted["Count"]?.integer == 50)
    let parts = try (0..<4).map { segment in
      try scan(#","Segment":\#(segment),"TotalSegments":4"#)["Items"]?.elements ?? []
    }
    #expect(parts.map(\.count).reduce(0, +) == 50 && parts.allSatisfy { $0.count < 50 })
    #expect(Set(parts.joined()).count == 50)
    var seen: [JSON] = []
    var start = ""
    repeat {
      let page = try scan(#","Limit":7\#(start)"#)
      seen += page["Items"]?.elements ?? []
      start = page["LastEvaluatedKey"].map { ",\"ExclusiveStartKey\":\($0.encodedText())" } ?? ""
    } while !start.isEmpty && seen.count < 100
    #expect(seen.count == 50 && Set(seen).count == 50)
    #expect(
      refusal("Scan", #"{"TableName":"app","TotalSegments":2}"#).contains("Segment parameter"))
  }

  @Test(arguments: [
    ("1.0", "1"), ("007", "7"), ("-0", "0"), ("1e3", "1000"), ("1.50E-2", "0.015"), (".5", "0.5"),
    ("-12.340", "-12.34"), ("1E+2", "100"), ("5.", "5"),
  ]) func numbersAreKeptInOneWay(written: String, kept: String) throws {
    #expect(try DynamoDBNumber(written).description == kept)
  }

  @Test func numbersAreExact() throws {
    for (left, right, sum) in [
      ("0.1", "0.2", "0.3"),
      (
        "99999999999999999999999999999999999999", "-1",
        "99999999999999999999999999999999999998"
      ),
      ("1", "-1", "0"), ("-5", "3", "-2"), ("5", "-7.5", "-2.5"), ("999", "1", "1000"),
      ("0", "-3", "-3"),
    ] {
      #expect(try DynamoDBNumber(left).plus(DynamoDBNumber(right)).description == sum)
      #expect(try DynamoDBNumber(right).plus(DynamoDBNumber(left)).description == sum)
    }
    let ordered = ["-10", "-9.5", "-0.1", "0", "0.09", "0.1", "2", "10", "1e5"]
    let numbers = try ordered.map { try DynamoDBNumber($0) }
    #expect(numbers.reversed().sorted() == numbers)
    for wrong in ["", "-", "1e", "x", "1.2.3", "+-1", "1e99999999999", "0x1"] {
      #expect(throws: DynamoDBNumber.Problem.self, "\(wrong)") { try DynamoDBNumber(wrong) }
    }
  }
}
