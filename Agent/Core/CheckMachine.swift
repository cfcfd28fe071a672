public import Wire

/// How one check turns attempts into a state and how often it runs (RULES 1).
public struct CheckPolicy: Hashable, Sendable {
  /// Failures since the last forgiveness that bring the check down.
  public var fall: Int
  /// Successes in a row that bring it up, before repeated falls raise the number.
  public var rise: Int
  /// Successes in a row that forgive earlier failures.
  public var forgive: Int
  /// The most that repeated falls raise `rise` to.
  public var riseLimit: Int
  /// Falls within this time double `rise`; as much quiet resets it.
  public var flapWindowMs: Int64
  /// From the start of one attempt to the start of the next.
  public var intervalMs: Int64
  /// The same while a first failure waits for its confirmation.
  public var confirmMs: Int64

  /// A policy; the defaults are those of RULES 18.
  public init(
    fall: Int = Defaults.checkFall, rise: Int = Defaults.checkRise,
    forgive: Int = Defaults.checkForgive, riseLimit: Int = Defaults.checkRiseLimit,
    flapWindowMs: Int64 = 600_000, intervalMs: Int64 = 2000, confirmMs: Int64 = 500
  ) {
    self.fall = max(1, fall)
    self.rise = max(1, rise)
    self.forgive = max(1, forgive)
    self.riseLimit = max(self.rise, riseLimit)
    self.flapWindowMs = flapWindowMs
    self.intervalMs = max(1, intervalMs)
    self.confirmMs = max(1, confirmMs)
  }
}

/// Folds the attempts of one check into its state (RULES 1). Its memory is bounded.
///
/// `fall` failures since the last forgiveness bring it down, `rise` successes in a row bring it up,
/// `forgive` successes in a row forgive. A fall while an earlier one is not yet forgotten doubles
/// `rise`: a check that is down and keeps failing is never quiet, so half-broken stays down. An
/// attempt that says nothing is neither a success nor a failure but breaks a row of successes;
/// `fall` of them in a row make the state unknown.
public struct CheckMachine: Sendable {
  /// How it judges.
  public let policy: CheckPolicy
  /// What the check says now; unknown until the first `rise` successes or `fall` failures.
  public private(set) var state = CheckState.unknown
  /// The successes in a row that it takes now to come up.
  public private(set) var rise: Int
  /// Successes in a row up to now.
  public private(set) var successes = 0

  private let created: Instant
  private var newest: Attempt?
  /// Since the last forgiveness, and when the first of them was started.
  private var failures = 0
  private var firstFailure: Instant?
  private var badSince: Instant?
  /// When the newest successes in a row were started, oldest first, at most `riseLimit`.
  private var successStarts: [Instant] = []
  /// When the attempt ended that brought the check down.
  private var fellAt: Instant?
  /// `rise` and `trouble` as they were when the host ran on time last.
  private var beforeStarved: (rise: Int, trouble: Instant?)?
  /// Attempts in a row that said nothing.
  private var inconclusive = 0
  /// The newest fall, or failure while down.
  private var trouble: Instant?
  /// Why the check is not good.
  private var failure: FailureClass?
  private var reason: String?
  /// What is odd about the newest success.
  private var finding: String?
  private var throttle = ThrottleWindow()

  /// A machine that has seen nothing yet.
  public init(policy: CheckPolicy, created: Instant) {
    self.policy = policy
    self.rise = policy.rise
    self.created = created
  }

  /// Takes in one attempt and says whether the state has changed, or whether there is a finding.
  @discardableResult
  public mutating func take(_ attempt: Attempt) -> Bool {
    let before = (state, finding == nil)
    newest = attempt
    forgetTrouble(at: attempt.ended)
    let verdict = attempt.outcome.verdict
    switch verdict {
    case .success, .throttled, .failure:
      throttle.take(throttled: verdict == .throttled, at: attempt.ended)
    case .unknown, .misconfigured:
      break
    }
    if verdict == .success {
      finding = attempt.outcome.finding
    } else {
      failure = attempt.outcome.failure
      reason = attempt.outcome.reason
    }
    switch verdict {
    case .success:
      succeed(attempt, as: .good)
    case .throttled:
      if throttle.isSaturated { fail(attempt) } else { succeed(attempt, as: .degraded) }
    case .failure:
      fail(attempt)
    case .unknown:
      learnNothing(as: .unknown)
    case .misconfigured:
      learnNothing(as: .misconfigured)
    }
    return (state, finding == nil) != before
  }

  /// From now on the host does not run on time: what it takes to come up is remembered.
  public mutating func beginStarved() {
    beforeStarved = (rise, trouble)
  }

  /// Takes back what failures came to since `start`: they were measured by a host that did not run
  /// on time (RULES 2). A check that had fallen before then stays as it is.
  public mutating func voidFailures(since start: Instant) {
    defer { beforeStarved = nil }
    if state == .bad, let fellAt, fellAt < start { return }
    forgive()
    inconclusive = 0
    if let beforeStarved { (rise, trouble) = beforeStarved }
    guard state == .bad else { return }
    state = .unknown
    badSince = nil
    fellAt = nil
  }

  /// When to start the next attempt after the newest one.
  public var nextRun: Instant {
    guard let newest else { return created }
    let gap = isConfirming ? policy.confirmMs : policy.intervalMs
    return max(newest.ended, newest.started + gap)
  }

  /// What the report says of the check.
  public func result(_ identity: CheckIdentity, at now: Instant) -> CheckResult {
    let explained = state != .good || newest?.outcome.verdict != .success
    let rising = successStarts.count >= rise ? successStarts[successStarts.count - rise] : nil
    return CheckResult(
      name: identity.name, kind: identity.kind, services: identity.services,
      counts: identity.counts, state: state, failure: explained ? failure : nil,
      reason: explained ? reason.map { Text.cut($0, to: Limits.textBytes) } : nil,
      finding: state == .good ? finding.map { Text.cut($0, to: Limits.textBytes) } : nil,
      latencyMs: newest.map { Double(max(0, $0.ended - $0.started)) },
      ageMs: (newest?.ended ?? created).age(at: now), badSinceMs: badSince?.age(at: now),
      successes: successes, riseMs: rising?.age(at: now))
  }

  /// Whether the newest attempts point away from the state, so that it is settled sooner.
  private var isConfirming: Bool {
    switch state {
    case .good, .degraded: failures > 0 || inconclusive > 0
    case .bad: inconclusive > 0
    case .unknown, .misconfigured: failures > 0 || successes > 0
    }
  }

  private mutating func succeed(_ attempt: Attempt, as up: CheckState) {
    inconclusive = 0
    successes = min(successes + 1, Int(Int32.max))
    successStarts.append(attempt.started)
    if successStarts.count > policy.riseLimit { successStarts.removeFirst() }
    if successes >= policy.forgive { forgive() }
    switch state {
    case .good, .degraded:
      state = up
    case .bad, .unknown, .misconfigured:
      guard successes >= rise else { return }
      state = up
      badSince = nil
      forgive()
    }
  }

  private mutating func fail(_ attempt: Attempt) {
    inconclusive = 0
    breakRow()
    if failures == 0 { firstFailure = attempt.started }
    failures = min(failures + 1, policy.fall)
    if state == .bad {
      trouble = attempt.ended
    } else if failures >= policy.fall {
      if trouble != nil { rise = min(rise * 2, policy.riseLimit) }
      trouble = attempt.ended
      state = .bad
      fellAt = attempt.ended
      badSince = firstFailure
    }
  }

  private mutating func learnNothing(as nothing: CheckState) {
    breakRow()
    inconclusive = min(inconclusive + 1, policy.fall)
    if inconclusive >= policy.fall {
      state = nothing
      badSince = nil
      forgive()
    } else if state == .unknown || state == .misconfigured {
      state = nothing
    }
  }

  private mutating func forgive() {
    failures = 0
    firstFailure = nil
  }

  private mutating func breakRow() {
    successes = 0
    successStarts.removeAll(keepingCapacity: true)
  }

  private mutating func forgetTrouble(at now: Instant) {
    guard let last = trouble, now - last > policy.flapWindowMs else { return }
    trouble = nil
    rise = policy.rise
  }
}
