public import Wire

/// What one attempt of a check showed, before `fall`, `rise` and forgiveness (RULES 1).
public struct CheckOutcome: Hashable, Sendable {
  /// What the attempt is to the check's vote.
  public enum Verdict: Hashable, Sendable, CaseIterable {
    /// The thing answered as it should.
    case success
    /// It answered "too much at once": degraded, bad only when it goes on (`ThrottleWindow`).
    case throttled
    /// It is bad: counts towards `fall`.
    case failure
    /// Nothing can be said: neither a success nor a failure.
    case unknown
    /// Credentials, permission, a missing table, clock or signature: never bad.
    case misconfigured
  }

  /// What the attempt is to the check's vote.
  public var verdict: Verdict
  /// The class of what went wrong, for rules.
  public var failure: FailureClass?
  /// The same for people.
  public var reason: String?
  /// What is odd about a success, for people; never a vote.
  public var finding: String?
  /// What the app said of itself, where it did.
  public var app: AppState?

  /// The outcome of one attempt; `failure` and `reason` say why it is no plain success.
  public init(
    _ verdict: Verdict, _ failure: FailureClass? = nil, reason: String? = nil,
    finding: String? = nil, app: AppState? = nil
  ) {
    self.verdict = verdict
    self.failure = failure
    self.reason = reason
    self.finding = finding
    self.app = app
  }
}

/// One finished attempt of a check.
public struct Attempt: Hashable, Sendable {
  /// When it was started.
  public var started: Instant
  /// When its outcome was known.
  public var ended: Instant
  /// What it showed.
  public var outcome: CheckOutcome

  /// An attempt from `started` to `ended`.
  public init(started: Instant, ended: Instant, outcome: CheckOutcome) {
    self.started = started
    self.ended = ended
    self.outcome = outcome
  }
}

/// What a check is called and what it speaks for.
public struct CheckIdentity: Hashable, Sendable {
  /// Unique within the agent, as `http http://127.0.0.1:3000/health`.
  public var name: String
  /// `http` or `dynamodb`.
  public var kind: String
  /// The services it speaks for; `*` is all of them.
  public var services: [String]
  /// Whether it is a reason to leave the region.
  public var counts: CheckCounts

  /// A check of that name and kind.
  public init(
    name: String, kind: String, services: [String] = ["*"], counts: CheckCounts = .region
  ) {
    self.name = name
    self.kind = kind
    self.services = services
    self.counts = counts
  }
}
