import AgentCore
public import DynamoDB
import Platform
import Wire

/// The agent's one table, with its key schema as soon as that is known.
///
/// The schema is read once and kept: the data plane goes on where DescribeTable fails.
public actor TableAccess {
  /// The calls.
  public nonisolated let client: TableClient
  /// The table's name.
  public nonisolated let table: String
  private var known: TableDescription?

  /// Access to `table` through `client`.
  public init(client: TableClient, table: String) {
    self.client = client
    self.table = table
  }

  /// The table's description, at first use read within `deadline`. Throws `validation` for a table
  /// whose keys are no strings.
  public func description(
    deadline: Duration
  ) async throws(DynamoDBError) -> TableDescription {
    if let known { return known }
    let found = try await client.describe(table: table, deadline: deadline)
    guard found.unsuitableKeys.isEmpty else {
      throw DynamoDBError(
        .validation, .permanent,
        "table \(table) has keys that are no strings: "
          + found.unsuitableKeys.joined(separator: ", "))
    }
    known = found
    return found
  }

  /// Reads the description anew, whatever is kept: for what changes while a table lives.
  public nonisolated func look(deadline: Duration) async throws(DynamoDBError) -> TableDescription {
    try await client.describe(table: table, deadline: deadline)
  }

  /// The description if it has been read.
  public var current: TableDescription? { known }

  /// Forgets the schema: a request did not fit it any more.
  public func forget() { known = nil }
}
