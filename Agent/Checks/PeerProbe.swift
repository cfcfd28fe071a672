public import AgentCore
public import Platform
import Probing
public import Wire

/// Asks another region's public address as a user would: this host's part of that region's vote
/// (RULES 3). How a reply is judged is `Probing`'s, the same as the coordinator's.
public struct PeerProbe: Sendable {
  private let prober: Prober

  /// Probes that start at `sourceAddress`; `http` stays its owner's.
  public init(http: HTTPClient, sourceAddress: String? = nil) {
    prober = Prober(http: http, sourceAddress: sourceAddress)
  }

  /// Probes once, within `deadline`.
  public func probe(_ target: ProbeTarget, deadline: Duration) async -> ProbeFinding {
    Self.finding(await prober.probe(target, deadline: deadline))
  }

  static func finding(_ answer: ProbeAnswer) -> ProbeFinding {
    ProbeFinding(
      answer.outcome, reason: answer.outcome == .serving ? nil : answer.reason,
      status: answer.status)
  }
}
