public import AgentCore
public import DynamoDB
import Platform

/// Reads other regions' heartbeats from the local replica.
///
/// Strongly consistent, so that no staleness within the region is taken for replication lag
/// (facts/dynamodb.md section 7).
public struct ReplicaReader: Sendable {
  private let access: TableAccess
  /// How long one read may take.
  private let deadline: Duration

  /// A reader of the table behind `access`.
  public init(access: TableAccess, deadline: Duration) {
    self.access = access
    self.deadline = deadline
  }

  /// Reads `region`'s heartbeats once; `due` is when the read was to start.
  public func read(
    _ region: String, due: Instant, periodMs: Int64
  ) async throws(DynamoDBError) -> ReplicaRead {
    let keys = try await access.description(deadline: deadline).keys
    let sent = Instant.now
    let sentWall = Clocks.wallMilliseconds()
    let partition = HeartbeatItem.partition(region)
    let items: [Item]
    if keys.range == nil {
      let item = try await access.client.get(
        [keys.hash: .string(partition)], table: access.table, consistent: true, deadline: deadline)
      items = item.map { [$0] } ?? []
    } else {
      items = try await access.client.query(
        keys.hash, equals: partition, table: access.table, consistent: true, deadline: deadline)
    }
    return ReplicaRead(
      sentWallMs: sentWall, receivedWallMs: Clocks.wallMilliseconds(), sent: sent, received: .now,
      lateMs: max(0, sent - due), periodMs: periodMs,
      found: items.compactMap { HeartbeatItem($0, region: region)?.heartbeat })
  }
}
