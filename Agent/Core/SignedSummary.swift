public import Wire

/// A signed health summary as a heartbeat carries it; nothing here reads it.
public struct SignedSummary: Hashable, Sendable {
  /// The signed bytes in base64url.
  public var summary: String
  /// In base64url.
  public var signature: String
  /// The signer's key.
  public var keyid: String

  /// A summary with its signature.
  public init(summary: String, signature: String, keyid: String) {
    self.summary = summary
    self.signature = signature
    self.keyid = keyid
  }

  func relayed(ageMs: Int) -> RelayedSummary {
    RelayedSummary(summary: summary, signature: signature, keyid: keyid, ageMs: ageMs)
  }
}

extension AgentState {
  /// The longest name of a check in a summary, in bytes.
  static let summaryNameBytes = 48

  /// What `heartbeat` is to say of this host's health, the worst first: what has no room is left
  /// out from the end, and then never hides a bad check behind a good one.
  public func summary(with heartbeat: Heartbeat, at now: Instant) -> HealthSummary {
    let checks = results(at: now).filter { $0.counts == .region }
      .enumerated().sorted {
        (Self.order($0.element.state), $0.offset) < (Self.order($1.element.state), $1.offset)
      }.map(\.element)
    return HealthSummary(
      agent: facts.agent, region: facts.region, boot: facts.boot, sequence: heartbeat.sequence,
      wallMs: heartbeat.writtenMs,
      checks: checks.map {
        SummaryCheck(
          name: Text.cut($0.name, to: Self.summaryNameBytes), services: $0.services,
          state: $0.state, ageMs: $0.ageMs, badSinceMs: $0.badSinceMs)
      }, starved: isStarved ? true : nil, deployingMs: deployingMs(at: now))
  }

  private static func order(_ state: CheckState) -> Int {
    switch state {
    case .bad: 0
    case .unknown: 1
    case .misconfigured: 2
    case .degraded: 3
    case .good: 4
    }
  }
}
