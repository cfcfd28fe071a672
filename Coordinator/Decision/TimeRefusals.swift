import Wire

/// Whether most agents were refused for time (RULES 6d): then this host's wall clock is the
/// likeliest to be wrong.
///
/// Only refusals count whose report carries a wall clock outside the first-contact window: who is
/// merely late says nothing about clocks.
public struct TimeRefusals: Hashable, Sendable {
  private var refusedAt: [AgentID: Instant] = [:]
  private let window: Duration

  /// `window` is how far a first report's wall clock may be off.
  public init(window: Duration) {
    self.window = window
  }

  /// Notes that a report of `agent` was refused as not timely; `skew` is its wall clock less ours.
  public mutating func refused(_ agent: AgentID, skew: Duration, now: Instant) {
    guard skew > window || skew < .zero - window else { return }
    refusedAt[agent] = now
  }

  /// Whether more than half of the `known` agents, and two at least, were refused within the last
  /// `round`. Forgets older refusals, and agents that are not known.
  public mutating func areMost(of known: some Collection<AgentID>, round: Duration, now: Instant)
    -> Bool
  {
    guard !refusedAt.isEmpty else { return false }
    let names = Set(known)
    refusedAt = refusedAt.filter { names.contains($0.key) && now - $0.value <= round }
    return refusedAt.count >= 2 && refusedAt.count * 2 > names.count
  }
}
