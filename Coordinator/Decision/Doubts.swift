/// A reason for the coordinator not to trust its own view (RULES 6).
public enum Doubt: String, Hashable, Sendable, Codable, CaseIterable {
  /// No fresh report from any region: all evidence is void until one full round.
  case hearsNothing
  /// Its own probe round had no good answer anywhere: its own vote is void, only that.
  case reachesNothing
  /// A tick came late, or the machine slept: older evidence is dropped.
  case wokeLate

  /// For people.
  public var text: String {
    switch self {
    case .hearsNothing: "no region reports: this host's own network may be cut"
    case .reachesNothing: "its own probes reach nothing: its own vote does not count"
    case .wokeLate: "this process was not running for a while: older evidence is dropped"
    }
  }
}

/// Keeps the coordinator's doubts from tick to tick and voids evidence by them.
public struct Doubts: Hashable, Sendable, Codable {
  public private(set) var current: Set<Doubt> = []
  private var lastTick: Instant?
  private var wokeAt: Instant?
  private let freshFor: Duration
  private let round: Duration
  private let lateTick: Duration
  private let expectedTick: Duration

  /// `expectedTick` is the interval at which `tick` is called.
  public init(policy: Policy, expectedTick: Duration) {
    freshFor = policy.freshFor
    round = policy.round
    lateTick = policy.lateTick
    self.expectedTick = expectedTick
  }

  /// Judges the evidence before anything is decided on it; returns whether confirmations restart.
  public mutating func tick(_ evidence: inout Evidence, now: Instant) -> Bool {
    var restart = false
    if let lastTick, now - lastTick > lateTick + expectedTick {
      evidence.drop(before: now)
      wokeAt = now
      restart = true
    }
    lastTick = now
    set(.wokeLate, wokeAt.map { now - $0 < round } ?? false)
    let heard = evidence.agents.values.contains { agent in
      agent.receivedAt >= evidence.floor && now - agent.receivedAt <= freshFor
    }
    if !heard && !evidence.agents.isEmpty { evidence.void(until: now + round) }
    // Stands until one full round after reports arrive again.
    set(.hearsNothing, !heard || (evidence.voidUntil.map { now < $0 } ?? false))
    set(.reachesNothing, evidence.ownVoteVoid)
    return restart
  }

  /// The next tick does not come late, whenever it comes: for playing what would be.
  mutating func skip(to now: Instant) {
    if lastTick != nil { lastTick = now }
  }

  /// Whether a doubt forbids every automatic move.
  public var blocks: Bool { current.contains(.hearsNothing) || current.contains(.wokeLate) }

  private mutating func set(_ doubt: Doubt, _ holds: Bool) {
    if holds { current.insert(doubt) } else { current.remove(doubt) }
  }
}
