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

  /// A host without a route or the address family sees nothing: it has no vote.
  static func finding(_ answer: ProbeAnswer) -> ProbeFinding {
    let isBlind = answer.outcome == .dark && hasNoRoute(answer.reason ?? "")
    return ProbeFinding(
      isBlind ? .none : answer.outcome, reason: answer.outcome == .serving ? nil : answer.reason,
      status: answer.status)
  }

  /// The system's words for a missing route, family or source address at this host (errno(3)).
  private static func hasNoRoute(_ reason: String) -> Bool {
    let words = [
      "network is unreachable", "no route to host", "cannot assign requested address",
      "address family not supported", "network is down", "source address",
    ]
    let lower = reason.lowercased()
    return words.contains { lower.firstRange(of: $0) != nil }
  }
}
