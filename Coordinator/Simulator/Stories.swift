/// Outages as schedules: one that really happened, and one to compare by.
public enum Story: String, Hashable, Sendable, CaseIterable {
  /// 20 October 2025: the name of DynamoDB's endpoint in us-east-1 resolved to nothing from 06:48
  /// to 09:25 UTC (aws.amazon.com/message/101925); everything else went on, and afterwards the
  /// backlog replicated.
  case dynamodb20251020 = "2025-10-20"
  /// The article's workflow (docs/from-the-article.md): the primary region fails and recovers, as
  /// regions do: not at the first try. Beside it, what the article's script does.
  case article

  /// One sentence on what happens.
  public var text: String {
    switch self {
    case .dynamodb20251020:
      "the name of the primary region's DynamoDB resolves to nothing for 2 h 37 min, then the "
        + "backlog replicates for half an hour"
    case .article:
      "the primary region is gone for an hour, and twice more for four minutes as it comes back"
    }
  }

  /// Whether the article's script is played beside it.
  public var comparesScript: Bool { self == .article }

  /// The story in a deployment; it hits the first region.
  public func schedule(_ setup: Setup, seed: UInt64) -> Schedule {
    let minute: Int64 = 60_000
    switch self {
    case .dynamodb20251020:
      let begin = 30 * minute
      let end = begin + 157 * minute
      var faults = [Fault(.dynamodbName, .region(0), begin: begin, end: end)]
      for other in setup.regions.indices.dropFirst() {
        // Nothing leaves the region while its endpoint has no name; then it catches up.
        faults.append(
          Fault(.replicationCut, .link(1, other + 1), begin: begin, end: end))
        faults.append(
          Fault(
            .replicationLag, .link(1, other + 1), begin: end, end: end + 30 * minute,
            amount: 45_000))
      }
      let length =
        end + 30 * minute
        + max(60 * minute, Schedule.settleMs(setup.policy) + 20 * minute)
      return Schedule(seed: seed, setup: setup, length: length, faults: faults)
    case .article:
      let outages = [(30, 60), (92, 4), (98, 4)] as [(Int64, Int64)]
      let faults = outages.map { begin, length in
        Fault(.regionDown, .region(0), begin: begin * minute, end: (begin + length) * minute)
      }
      let length = 102 * minute + max(60 * minute, Schedule.settleMs(setup.policy) + 20 * minute)
      return Schedule(seed: seed, setup: setup, length: length, faults: faults)
    }
  }
}
