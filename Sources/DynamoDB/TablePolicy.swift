import FoundationEssentials

/// What `TableClient` calls, by the names of the API reference.
enum TableOperation: String, CaseIterable, CustomStringConvertible, Sendable {
  case putItem = "PutItem"
  case getItem = "GetItem"
  case query = "Query"
  case describeTable = "DescribeTable"

  var description: String { rawValue }
}

/// The IAM policy of a region's agents: the calls that `TableClient` makes, in their own region, of
/// heartbeat items alone, of which they write their own.
///
/// Its JSON is what IAM takes (AWS IAM user guide, "Grammar of the IAM JSON policy language";
/// `dynamodb:LeadingKeys`: "Using IAM policy conditions for fine-grained access control"; without
/// `Null`, `ForAllValues` holds where a request names no key).
public struct TablePolicy: Encodable, Hashable, Sendable {
  struct Permission: Encodable, Hashable, Sendable {
    var Sid: String
    var Effect = "Allow"
    var Action: [String]
    var Resource: [String]
    /// By operator and key of the condition; absent: none.
    var Condition: [String: [String: [String]]]?
  }

  var Version = "2012-10-17"
  var Statement: [Permission]

  private init(Statement: [Permission]) {
    self.Statement = Statement
  }

  /// Of the agents in `region` (Linode id), whose replicas are in the AWS region `aws`.
  ///
  /// `regions` are all whose heartbeats are read, the other regions of the file; `alsoWrite` the
  /// keys of second items that each heartbeat is written to; without an `account` any one's table
  /// of that name is meant.
  public init(
    region: String, aws: String, tables: [String], regions: [String], account: String? = nil,
    alsoWrite: [String] = []
  ) {
    let partition = Self.partition(aws)
    let resources = tables.map { "arn:\(partition):dynamodb:\(aws):\(account ?? "*"):table/\($0)" }
    func statement(
      _ sid: String, _ operations: [TableOperation], keys: [String]? = nil
    ) -> Permission {
      Permission(
        Sid: sid, Action: operations.map(\.action), Resource: resources,
        Condition: keys.map {
          [
            "ForAllValues:StringEquals": ["dynamodb:LeadingKeys": $0],
            "Null": ["dynamodb:LeadingKeys": ["false"]],
          ]
        })
    }
    let own = HeartbeatItem.partition(region)
    let read = Set(regions + [region]).sorted().map(HeartbeatItem.partition)
    Statement = [
      statement("WriteOwnHeartbeat", [.putItem], keys: [own] + alsoWrite),
      statement("ReadHeartbeats", [.getItem, .query], keys: read),
      statement("SeeReplicas", [.describeTable]),
    ]
  }

  /// Of an operator who makes tables, adds and removes replicas and looks at them (`signalbox
  /// table`), in the AWS regions `aws`.
  ///
  /// A replica is filled, and removed, in the name of who asks for it: that takes permissions on
  /// items, and on the table in the other region (Amazon DynamoDB developer guide, "Using IAM with
  /// global tables"). Those on a customer-managed key are none of it. The role is the one that
  /// DynamoDB replicates under; it makes it once.
  public static func admin(
    aws: [String], tables: [String], account: String? = nil
  ) -> TablePolicy {
    let partition = partition(aws.first ?? "")
    let resources = aws.flatMap { region in
      tables.map { "arn:\(partition):dynamodb:\(region):\(account ?? "*"):table/\($0)" }
    }
    let global = tables.map {
      "arn:\(partition):dynamodb::\(account ?? "*"):global-table/\($0)"
    }
    // A witness may be in a region that the file has nothing of.
    let anywhere = tables.map { "arn:\(partition):dynamodb:*:\(account ?? "*"):table/\($0)" }
    func statement(
      _ sid: String, _ actions: [String], _ resources: [String],
      _ condition: [String: [String: [String]]]? = nil
    ) -> Permission {
      Permission(Sid: sid, Action: actions, Resource: resources, Condition: condition)
    }
    let called = AdministrationOperation.allCases.map(\.action)
    return TablePolicy(Statement: [
      statement(
        "SeeAndChangeTables", called, resources + global),
      statement(
        "LetReplicasBeAdded",
        [
          "dynamodb:BatchWriteItem", "dynamodb:CreateTableReplica", "dynamodb:DeleteItem",
          "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
          "dynamodb:UpdateItem",
        ], resources),
      statement(
        "LetReplicasBeRemoved", ["dynamodb:DeleteTable", "dynamodb:DeleteTableReplica"], resources),
      statement(
        "LetWitnessesBeMade",
        ["dynamodb:CreateGlobalTableWitness", "dynamodb:DeleteGlobalTableWitness"], anywhere),
      statement(
        "LetReplicationHaveItsRole", ["iam:CreateServiceLinkedRole"],
        [
          "arn:\(partition):iam::\(account ?? "*"):role/aws-service-role/"
            + "replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"
        ],
        ["StringEquals": ["iam:AWSServiceName": ["replication.dynamodb.amazonaws.com"]]]),
    ])
  }

  private static func partition(_ aws: String) -> String {
    aws.hasPrefix("cn-") ? "aws-cn" : aws.hasPrefix("us-gov-") ? "aws-us-gov" : "aws"
  }

  /// As IAM takes it, with a line for each part. Throws what JSON cannot say, which no name is.
  public var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self))
    }
  }
}
