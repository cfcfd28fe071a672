import AgentCore
import Wire

/// The health summaries that heartbeats carry, by what stands for their signed bytes: whoever
/// relays one does not read it.
struct Summaries {
  struct Signed {
    var summary: HealthSummary
    /// When it was signed in truth, on the frozen clock.
    var at: Int64
  }

  private var known: [String: Signed] = [:]
  private var order: [String] = []
  /// More than lie in all replicas at once.
  private static let kept = 4096

  /// Signs what the host says of itself.
  mutating func sign(_ summary: HealthSummary, by host: Int, at time: Int64) -> SignedSummary {
    let text = "\(summary.agent)_\(summary.boot)_\(summary.sequence)"
    if known.updateValue(Signed(summary: summary, at: time), forKey: text) == nil {
      order.append(text)
    }
    if order.count > Self.kept * 2 {
      for old in order.prefix(Self.kept) { known[old] = nil }
      order.removeFirst(Self.kept)
    }
    return SignedSummary(summary: text, signature: "signature", keyid: Hex.text(UInt64(host)))
  }

  func signed(_ relayed: RelayedSummary) -> Signed? { known[relayed.summary] }
}
