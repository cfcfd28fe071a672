import Wire

/// Two hosts with one identity (FAULTS 11), told from the reports that were admitted, and from
/// those that were refused because they show it.
///
/// A process that starts anew has another boot id, and the old one is heard no more: that is no
/// twin. A boot that comes back, or that gives a number twice, is one: `Admission` hands neither on
/// from a single host. Both hosts are quarantined, since nobody can tell which is which.
public struct Twins: Hashable, Sendable, Codable {
  private struct Identity: Hashable, Sendable, Codable {
    /// The newest last.
    var boots: [String] = []
    var sequence: UInt64 = 0
    var sentMs: Int64 = 0
    /// When both were last seen to live.
    var provenAt: Instant?
  }

  private var identities: [AgentID: Identity] = [:]

  public init() {}

  /// Takes in an admitted report, or one that shows a twin.
  mutating func take(_ report: Report, at now: Instant) {
    var identity = identities[report.agent] ?? Identity()
    if identity.boots.last == report.boot {
      if report.sequence < identity.sequence
        || report.sequence == identity.sequence && report.sentMs != identity.sentMs
      {
        identity.provenAt = now
      }
    } else if let past = identity.boots.firstIndex(of: report.boot) {
      identity.provenAt = now
      identity.boots.remove(at: past)
      identity.boots.append(report.boot)
    } else {
      identity.boots = (identity.boots + [report.boot]).suffix(Admission.kept)
    }
    identity.sequence = report.sequence
    identity.sentMs = report.sentMs
    identities[report.agent] = identity
  }

  /// Forgets an identity: it is configured otherwise now.
  mutating func forget(_ agent: AgentID) {
    identities[agent] = nil
  }

  /// Whether the identity is quarantined: not long ago two hosts used it.
  public func hold(_ agent: AgentID, at now: Present) -> Bool {
    identities[agent]?.provenAt.map { now.counts(until: $0 + Defaults.quarantine) } ?? false
  }
}
