import Wire

/// What the evidence about a region adds up to (RULES 4).
public enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
  case healthy, degraded, failing, unreachable, isolated, contested, partial, silent, unknown

  /// A verdict that users may be moved away from, once it is confirmed.
  public var isDown: Bool {
    switch self {
    case .failing, .unreachable, .isolated, .contested: true
    case .healthy, .degraded, .partial, .silent, .unknown: false
    }
  }

  /// Good enough to serve.
  public var isUp: Bool { self == .healthy || self == .degraded }

  /// For people.
  public var word: String { VerdictWords.word(rawValue) }
}

/// How long a down verdict has to stand.
public enum Confirmation: Hashable, Sendable, CaseIterable {
  /// `failover_after`.
  case once
  /// Twice that.
  case twice
  /// The longer one of evidence that is thinner: 60 s by default.
  case outside
}

/// Which side's evidence completed a verdict.
public enum Basis: Hashable, Sendable, CaseIterable {
  case inside, outside
}

/// A verdict with what it takes to confirm it.
public struct Judgement: Hashable, Sendable {
  public var verdict: Verdict
  public var confirmation: Confirmation?
  public var basis: Basis?

  public init(_ verdict: Verdict, _ confirmation: Confirmation? = nil, _ basis: Basis? = nil) {
    self.verdict = verdict
    self.confirmation = confirmation
    self.basis = basis
  }

  /// The table of RULES 4. `unanimous` says that no valid vote is serving.
  ///
  /// The clock of a down verdict whose inside is `partial` or `silent` starts at the outside's
  /// evidence: there are no inside votes that could have completed it.
  public static func of(
    inside: InsideState, outside: OutsideState, unanimous: Bool, heartbeats: HeartbeatView
  ) -> Judgement {
    switch (inside, outside) {
    case (.healthy, .serving), (.healthy, .split), (.healthy, .unknown): Judgement(.healthy)
    case (.degraded, .serving), (.degraded, .split), (.degraded, .unknown): Judgement(.degraded)
    case (.healthy, .bad), (.degraded, .bad): Judgement(.unreachable, .outside, .outside)
    case (.failing, .serving): Judgement(.contested, .outside, .inside)
    case (.failing, .bad): Judgement(.failing, .once, .inside)
    case (.failing, .split), (.failing, .unknown): Judgement(.failing, .outside, .inside)
    case (.partial, .serving): Judgement(.partial)
    case (.partial, .bad): unanimous ? Judgement(.failing, .twice, .outside) : Judgement(.unknown)
    case (.partial, .split), (.partial, .unknown): Judgement(.unknown)
    case (.silent, .serving): Judgement(.silent)
    case (.silent, .bad): unanimous ? silentAndBad(heartbeats) : Judgement(.unknown)
    case (.silent, .split), (.silent, .unknown): Judgement(.unknown)
    }
  }

  private static func silentAndBad(_ heartbeats: HeartbeatView) -> Judgement {
    switch heartbeats {
    case .advancing: Judgement(.isolated, .outside, .outside)
    case .stopped: Judgement(.failing, .once, .outside)
    case .unknown: Judgement(.failing, .twice, .outside)
    }
  }
}

extension Policy {
  /// Whether users are moved for the verdict, once it is confirmed.
  public func movesFor(_ verdict: Verdict) -> Bool {
    verdict.isDown && (verdict != .contested || onContested == .move)
  }

  /// How long `confirmation` takes, never less than `failover_after`: the clock runs on while one
  /// down verdict turns into another, so a shorter limit would cut it short. An emergency in the
  /// cool-down takes twice as long (RULES 9), and three times as long where one vantage alone may
  /// call a region bad (RULES 3).
  public func limit(_ confirmation: Confirmation, cooling: Bool) -> Duration {
    var limit =
      switch confirmation {
      case .once: failoverAfter
      case .twice: failoverAfter * 2
      case .outside: max(outsideConfirm, failoverAfter)
      }
    if minVantages == 1 { limit = max(limit * 3, outsideConfirm) }
    return cooling ? limit * 2 : limit
  }
}
