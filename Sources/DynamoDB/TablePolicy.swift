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

  /// Of the agents in `region` (Linode id), whose replicas are in the AWS region `aws`.
  ///
  /// `regions` are all whose heartbeats are read, the other regions of the file; `alsoWrite` the
  /// keys of second items that each heartbeat is written to; without an `account` any one's table
  /// of that name is meant.
  public init(
    region: String, aws: String, tables: [String], regions: [String], account: String? = nil,
    alsoWrite: [String] = []
  ) {
    let partition =
      aws.hasPrefix("cn-") ? "aws-cn" : aws.hasPrefix("us-gov-") ? "aws-us-gov" : "aws"
    let resources = tables.map { "arn:\(partition):dynamodb:\(aws):\(account ?? "*"):table/\($0)" }
    func statement(
      _ sid: String, _ operations: [TableOperation], keys: [String]? = nil
    ) -> Permission {
      Permission(
        Sid: sid, Action: operations.map { "dynamodb:\($0.rawValue)" }, Resource: resources,
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

  /// As IAM takes it, with a line for each part. Throws what JSON cannot say, which no name is.
  public var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self))
    }
  }
}
