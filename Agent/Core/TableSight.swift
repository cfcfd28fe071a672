public import Wire

/// What a look at the table's description showed.
///
/// It is control plane: what it says is told, and nothing but its age ever follows from a look
/// that failed.
public struct TableSight: Hashable, Sendable {
  /// A look older than this is not told any more: three looks were missed.
  public static let keptMs: Int64 = 200_000

  private let consistency: TableConsistency?
  private let replicas: [ReplicaState]
  private let at: Instant

  /// What was seen at `at`; foreign texts are cut to what a report takes.
  public init(consistency: TableConsistency?, replicas: [ReplicaState], at: Instant) {
    self.consistency = consistency
    self.replicas = replicas.prefix(Limits.listEntries).map {
      ReplicaState(aws: Self.name($0.aws), status: Self.name($0.status))
    }
    self.at = at
  }

  /// The replicas in other AWS regions; nil when the look is too old.
  public func replicas(at now: Instant) -> [ReplicaState]? {
    now - at <= Self.keptMs ? replicas : nil
  }

  /// How they agree. A table never changes that while it lives, so that an old look will do.
  public func consistency(at now: Instant) -> TableConsistency? { consistency }

  private static func name(_ text: String) -> String {
    text.isEmpty ? "?" : Text.cut(text, to: Limits.nameBytes)
  }
}
