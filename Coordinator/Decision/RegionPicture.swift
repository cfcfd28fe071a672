import Wire

/// Everything computed about one region of one service at one instant.
public struct RegionPicture: Hashable, Sendable {
  public var region: RegionID
  public var inside: InsideView
  public var outside: OutsideView
  public var heartbeats: HeartbeatView
  public var judgement: Judgement
  /// Addresses of which no answer says anything.
  var voteless: [VotelessAnswer]

  public var verdict: Verdict { judgement.verdict }

  /// Judges `region` by the evidence.
  public static func draw(
    of region: RegionID, topology: Topology, policy: Policy, evidence: Evidence, now: Present,
    excused: Set<AgentID> = []
  ) -> RegionPicture {
    let inside = Inside.view(
      of: region, topology: topology, policy: policy, evidence: evidence, now: now,
      excused: excused)
    let outside = Outside.view(
      of: region, topology: topology, policy: policy, evidence: evidence, now: now)
    let heartbeats = Heartbeats.view(
      of: region, topology: topology, policy: policy, evidence: evidence, now: now)
    var judgement = Judgement.of(
      inside: inside.state, outside: outside.state, unanimous: outside.unanimousBad,
      heartbeats: heartbeats)
    if judgement.verdict == .healthy && !outside.badFamilies.isEmpty {
      // One family of the published ones is dead: users of it fail, the region is not left for it.
      judgement = Judgement(.degraded)
    }
    return RegionPicture(
      region: region, inside: inside, outside: outside, heartbeats: heartbeats,
      judgement: judgement,
      voteless: VotelessAnswer.all(
        of: region, topology: topology, policy: policy, evidence: evidence, now: now))
  }

  /// The first bad evidence behind a down verdict.
  public var badSince: Instant? {
    switch judgement.basis {
    case .inside: inside.completedBadSince
    case .outside: needsUnanimity ? outside.unanimousBadSince : outside.completedBadSince
    case nil: nil
    }
  }

  /// Too few hosts are heard: the verdict rests on everyone outside.
  private var needsUnanimity: Bool { inside.state == .partial || inside.state == .silent }

  /// Every bad instance also lacks credentials: what fails may be those, and elsewhere too soon.
  public var lacksCredentials: Bool {
    let bad = inside.instances.notable.filter { $0.vote == .bad }
    return !bad.isEmpty && bad.allSatisfy(\.lacksCredentials)
  }

  /// Dead for everyone outside.
  public var isHardDown: Bool { outside.state == .bad && outside.unanimousBad }

  /// Whether the region is failing because of its DynamoDB replica.
  public var failsByDynamoDB: Bool {
    inside.instances.notable.contains { $0.vote == .bad && $0.failsByDynamoDB }
  }
}

/// Who votes from outside, and on what.
struct Voter: Hashable, Sendable, Codable {
  var vantage: String
  var family: AddressFamily
}

/// What is remembered of a region from tick to tick; none of it survives a restart.
public struct RegionMemory: Hashable, Sendable, Codable {
  public var verdict = Verdict.unknown
  public var verdictSince: Instant
  /// The confirmation clock: the first bad evidence of the unbroken down verdict.
  public var downSince: Instant?
  /// When the down verdict's limit had passed.
  public var confirmedAt: Instant?
  /// How long a confirmed down verdict of the active region was held back, and since when it is.
  var heldMs: Int64 = 0
  var heldSince: Instant?
  /// When it was not up any more, for the stamps.
  public var lastUp: Instant?
  /// Since when it has been up without a break.
  public var upSince: Instant?
  /// It had a down verdict since the coordinator started.
  public var wasDown = false
  /// Since when everyone outside sees it dead (RULES 9).
  public var hardDownSince: Instant?
  /// The failback gate's clock (RULES 12).
  public var gateSince: Instant?
  /// Since when the gate's clock is only paused.
  public var gatePausedAt: Instant?
  /// Heartbeats lag, which holds the gate's clock at its beginning; nil: they do not.
  var isLagging: Bool?
  /// Its addresses that only give answers without a vote; nil: none does.
  public internal(set) var voteless: [Voteless]?
  /// Whose last vote was bad.
  var badVantages: Set<Voter> = []

  public init(at now: Instant) {
    verdictSince = now
  }

  /// Folds the new picture in.
  public mutating func fold(_ picture: RegionPicture, policy: Policy, now: Present) {
    if picture.verdict != verdict {
      if verdict.isUp, !picture.verdict.isUp { lastUp = now.instant }
      verdict = picture.verdict
      verdictSince = now.instant
    }
    foldConfirmation(picture, policy: policy, now: now)
    foldVoteless(picture.voteless, now: now)
    hardDownSince = picture.isHardDown ? hardDownSince ?? now.instant : nil
    foldGate(policy: policy, now: now)
    if verdict.isUp {
      if upSince == nil { upSince = now.instant }
    } else if verdict.isDown {
      upSince = nil
      wasDown = true
    }
  }

  private mutating func foldConfirmation(_ picture: RegionPicture, policy: Policy, now: Present) {
    var turned = false
    for vote in picture.outside.votes {
      let voter = Voter(vantage: vote.vantage, family: vote.family)
      switch vote.vote {
      case .bad: badVantages.insert(voter)
      case .serving: turned = badVantages.remove(voter) != nil || turned
      // A vantage that has fallen mute has not taken its bad vote back.
      case .none: break
      }
    }
    // Only through verdicts that users are moved for the clock runs on.
    guard policy.movesFor(picture.verdict) else {
      downSince = nil
      confirmedAt = nil
      forgetHeld()
      return
    }
    if downSince == nil { downSince = began(picture, policy: policy, now: now) }
    if turned && picture.judgement.basis == .outside {
      // One vantage is served again: the outside's confirmation starts anew.
      downSince = now.instant
      confirmedAt = nil
    }
  }

  /// When the confirmation of a new down verdict begins. Where votes that are mute now were
  /// serving, it is their loss that completed the verdict: never before they were served last.
  private func began(_ picture: RegionPicture, policy: Policy, now: Present) -> Instant {
    let since = picture.badSince ?? now.instant
    if picture.judgement.basis == .inside, policy.onContested == .alert {
      // What its hosts say moves nobody as long as users are served: the outside completed this.
      return picture.outside.votes.compactMap(\.lastServed).reduce(since, max)
    }
    guard picture.judgement.basis == .outside else { return since }
    let mute = picture.outside.votes.filter { $0.vote == .none }
    return mute.compactMap(\.lastServed).reduce(since, max)
  }

  /// Whether the down verdict has stood for `limit`; notes when it first had.
  public mutating func confirm(limit: Duration, now: Present) -> Bool {
    guard let downSince, now.hasLasted(limit, since: downSince) else {
      confirmedAt = nil
      forgetHeld()
      return false
    }
    if confirmedAt == nil { confirmedAt = max(downSince + limit, verdictSince) }
    return true
  }

  private mutating func foldGate(policy: Policy, now: Present) {
    switch verdict {
    case .healthy, .degraded:
      if let paused = gatePausedAt, let since = gateSince {
        gateSince = since + (now.instant - paused)
      }
      gatePausedAt = nil
      if gateSince == nil { gateSince = now.instant }
    case .failing, .unreachable, .isolated, .contested:
      gateSince = nil
      gatePausedAt = nil
    case .silent, .partial, .unknown:
      if gatePausedAt == nil { gatePausedAt = now.instant }
      if let paused = gatePausedAt, now.hasExceeded(policy.failbackPause, since: paused) {
        gateSince = nil
      }
    }
  }

  /// All of its clocks ran on while the boot-time clock stood still.
  mutating func leaveOut(_ span: Duration) {
    for clock in [
      \RegionMemory.downSince, \.confirmedAt, \.heldSince, \.lastUp, \.upSince, \.hardDownSince,
      \.gateSince, \.gatePausedAt,
    ] { self[keyPath: clock] = self[keyPath: clock].map { $0 - span } }
    verdictSince = verdictSince - span
    voteless = voteless?.map { found in
      Voteless(family: found.family, status: found.status, since: found.since - span)
    }
  }

  /// Voids all clocks (RULES 6c).
  public mutating func restartConfirmation() {
    downSince = nil
    confirmedAt = nil
    hardDownSince = nil
  }

  /// How long the region has been stable, by the failback gate's clock; for words.
  public func stable(_ now: Present) -> Duration {
    if isLagging == true { return .zero }
    return gateSince.map { (gatePausedAt ?? now.instant) - $0 } ?? .zero
  }

  /// Whether it has been stable for so long, and its clock runs.
  func isStable(for span: Duration, _ now: Present) -> Bool {
    guard !isPaused, isLagging == nil else { return false }
    guard let gateSince else { return span <= .zero }
    return now.hasLasted(span, since: gateSince)
  }

  /// The gate's clock stands still for now.
  public var isPaused: Bool { gatePausedAt != nil }

  /// A breach of the lag limit holds the failback gate's clock, which starts anew at its end.
  mutating func noteLag(isBreached: Bool, now: Present) {
    guard isBreached != (isLagging == true) else { return }
    isLagging = isBreached ? true : nil
    // A paused clock goes on from its pause.
    if !isBreached { gateSince = gateSince.map { _ in gatePausedAt ?? now.instant } }
  }
}
