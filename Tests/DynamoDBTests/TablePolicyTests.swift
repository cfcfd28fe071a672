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

  @Test func agentsWriteTheirOwnHeartbeatAlone() {
    let told = Self.policy(alsoWrite: ["monitor"]).Statement.map { statement in
      let keys = statement.Condition?["ForAllValues:StringEquals"]?["dynamodb:LeadingKeys"]
      let actions = statement.Action.map { $0.dropFirst("dynamodb:".count) }
      return "\(statement.Sid) \(actions.joined(separator: " ")): "
        + (keys?.joined(separator: " ") ?? "a table has no key")
    }
    #expect(
      told == [
        "WriteOwnHeartbeat PutItem: hb#us-east monitor",
        "ReadHeartbeats GetItem Query: hb#eu-central hb#us-east",
        "SeeReplicas DescribeTable: a table has no key",
      ])
  }

  /// A request that names no key would pass otherwise.
  @Test func aRequestHasToNameItsKey() {
    for statement in Self.policy().Statement where statement.Condition != nil {
      #expect(statement.Condition?["Null"] == ["dynamodb:LeadingKeys": ["false"]])
    }
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

  @Test func operatorsMayDoWhatTheirVerbsCallAndWhatReplicasTake() {
    let policy = TablePolicy.admin(
      aws: ["us-east-1", "eu-central-1"], tables: ["app"], account: "123456789012")
    let called = AdministrationOperation.allCases.map { "dynamodb:\($0.rawValue)" }
    #expect(policy.Statement[0].Action == called)
    // "Using IAM with global tables", developer guide: the permissions in the destination region.
    let asked = [
      "CreateTable", "CreateTableReplica", "Scan", "Query", "UpdateItem", "PutItem", "GetItem",
      "DeleteItem", "BatchWriteItem", "DeleteTable", "DeleteTableReplica", "UpdateTable",
      "CreateGlobalTableWitness", "DeleteGlobalTableWitness",
    ]
    let allowed = Set(policy.Statement.flatMap(\.Action))
    #expect(allowed.isSuperset(of: asked.map { "dynamodb:\($0)" }))
    #expect(allowed.subtracting(called).subtracting(asked.map { "dynamodb:\($0)" }).count == 1)
    for statement in policy.Statement {
      #expect(!statement.Resource.contains("*"), "\(statement.Sid)")
    }
    // A witness is in any region.
    let witness = policy.Statement.first { $0.Action.contains { $0.hasSuffix("TableWitness") } }
    #expect(witness?.Resource == ["arn:aws:dynamodb:*:123456789012:table/app"])
    #expect(
      policy.Statement[1].Resource == [
        "arn:aws:dynamodb:us-east-1:123456789012:table/app",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/app",
      ])
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
