import Testing

@testable import DynamoDB

/// The policy that agents' credentials need.
@Suite struct TablePolicyTests {
  private static func policy(aws: String = "us-east-1", alsoWrite: [String] = []) -> TablePolicy {
    TablePolicy(
      region: "us-east", aws: aws, tables: ["app", "shop"], regions: ["us-east", "eu-central"],
      account: "123456789012", alsoWrite: alsoWrite)
  }

  /// What is called and not allowed would fail on every host; what is allowed and not called is
  /// more than it needs.
  @Test func itAllowsWhatTheClientCallsAndNothingElse() {
    let allowed = Self.policy().Statement.flatMap(\.Action)
    #expect(allowed.sorted() == TableOperation.allCases.map { "dynamodb:\($0)" }.sorted())
  }

  @Test func agentsWriteTheirOwnHeartbeatAlone() throws {
    let policy = Self.policy(alsoWrite: ["monitor"])
    let keys = Dictionary(
      uniqueKeysWithValues: policy.Statement.map {
        ($0.Sid, $0.Condition?["ForAllValues:StringEquals"]?["dynamodb:LeadingKeys"])
      })
    #expect(keys["WriteOwnHeartbeat"] == ["hb#us-east", "monitor"])
    #expect(keys["ReadHeartbeats"] == ["hb#eu-central", "hb#us-east"])
    #expect(keys["SeeReplicas"] == .some(nil), "a table has no leading key")
  }

  @Test(arguments: [
    ("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"),
  ])
  func itNamesTheTablesOfItsPartition(aws: String, partition: String) {
    for statement in Self.policy(aws: aws).Statement {
      #expect(
        statement.Resource
          == ["app", "shop"].map { "arn:\(partition):dynamodb:\(aws):123456789012:table/\($0)" })
    }
  }

  @Test func itsJSONIsWhatIAMTakes() throws {
    let text = String(decoding: try Self.policy().json, as: UTF8.self)
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
    #expect(
      lines.prefix(8).joined(separator: " ")
        == #"{ "Statement" : [ { "Action" : [ "dynamodb:PutItem" ], "Condition" : { "ForAllValues"#
        + #":StringEquals" : {"#)
    #expect(text.contains(#""arn:aws:dynamodb:us-east-1:123456789012:table/app","#))
    #expect(lines.suffix(2) == [#""Version" : "2012-10-17""#, "}"])
  }
}
