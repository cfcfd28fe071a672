public import Decision
import Wire

/// What can be wrong with the replicas of a table.
public enum ReplicationTrouble: Hashable, Comparable, Sendable {
  /// What is written in `source` does not arrive in `target`.
  case direction(source: RegionID, target: RegionID)
  /// The region's replica is not active, or not listed by the others.
  case replica(RegionID)

  /// Where it is seen.
  public var region: RegionID {
    switch self {
    case .direction(_, let target): target
    case .replica(let region): region
    }
  }

  /// What is told where it is over; what is not seen any more is no good news.
  func end(_ assessment: Assessment) -> String? {
    switch self {
    case .direction(let source, let target):
      let pair = RegionPair(source: source, target: target)
      guard assessment.replication[pair]?.state == .flowing else { return nil }
      return "writes of \(source) arrive in \(target) again"
    case .replica(let region):
      guard let ill = assessment.illReplicas, ill[region] == nil else { return nil }
      return "the replica of \(region) is listed as active again"
    }
  }
}

extension Replication {
  /// It is told, and nothing is returned over it.
  public var isBad: Bool { state == .late || state == .stopped }

  /// A clause: since when what does not arrive where.
  public func words(at now: Now) -> String {
    let age = Duration.milliseconds(ageMs)
    let since = Words.clock(now.wallMs - Int64(ageMs), at: now.wallMs)
    let what = "replication from \(source) to \(target)"
    return state == .stopped
      ? "\(what) has stopped since \(since) (\(Words.span(age)))"
      : "\(what) is late: nothing new has arrived for \(Words.span(age))"
  }
}

extension Assessment {
  /// What is wrong with the replicas, a clause each: what leaves the active region first.
  public func replicationTroubles(at now: Now) -> [(ReplicationTrouble, String)] {
    let ill = (illReplicas ?? [:]).sorted { $0.key < $1.key }.map { region, clause in
      (ReplicationTrouble.replica(region), "replica \(clause)")
    }
    let standing = replication.values.filter(\.isBad).sorted { one, other in
      let (first, second) = (one.source == active ? 0 : 1, other.source == active ? 0 : 1)
      return (first, one.source, one.target) < (second, other.source, other.target)
    }
    return ill
      + standing.map {
        (ReplicationTrouble.direction(source: $0.source, target: $0.target), $0.words(at: now))
      }
  }
}
