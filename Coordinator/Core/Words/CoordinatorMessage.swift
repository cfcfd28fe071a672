public import Decision
public import Wire

/// The kinds of message of the coordinator: one id and one explanation each.
///
/// The raw value is the history's word for it, but for the transitions: there it is `rule`, or
/// `intent` where a move begins.
public enum CoordinatorMessage: String, CaseIterable, Sendable {
  // The program.
  case started = "started"
  case stopped = "stopped"
  case notStarted = "not-started"
  case reloaded = "reloaded"
  case notReloaded = "not-reloaded"
  case leftOut = "left-out"
  case doubt = "doubt"
  case doubtEnded = "doubt-ended"
  case clockStepped = "clock"
  case startsOften = "starts-often"
  case clocksDiffer = "clocks-differ"
  case clocksAgree = "clocks-agree"
  case referencesFail = "references-fail"
  case referencesBack = "references-back"
  case notStored = "not-stored"
  case storedAgain = "stored-again"
  case notRecorded = "not-recorded"
  case recordedAgain = "recorded-again"
  // What it hears and sees.
  case verdictWorse = "verdict"
  case verdictBetter = "verdict-better"
  case reportRefused = "report-refused"
  case lateReport = "late-report"
  case familyBad = "family-bad"
  case familyBack = "family-back"
  case saysNothing = "says-nothing"
  case saysAgain = "says-again"
  case replicationStands = "replication-stands"
  case replicationFlows = "replication-flows"
  case twins = "two-hosts"
  case twinsEnded = "two-hosts-over"
  case recordUnread = "record-unread"
  case recordUnclear = "record-unclear"
  case adopted = "adopted"
  case lateEcho = "late-echo"
  case driftEnforced = "drift-enforced"
  case conflict = "conflict"
  case changedBy = "changed-by"
  case readAgain = "read-again"
  case markerUnread = "marker-unread"
  case zoneChanged = "zone-changed"
  case zoneTrouble = "zone-trouble"
  case zoneBack = "zone-back"
  case addressesKept = "addresses-kept"
  case creating = "creating"
  case created = "created"
  case notCreated = "not-created"
  case tokenRefused = "token-refused"
  case tokenWorks = "token-works"
  // What it decides.
  case failoverBegun = "failover-begun"
  case failbackBegun = "failback-begun"
  case operatorMoveBegun = "operator-move-begun"
  case superseded = "superseded"
  case cancelled = "cancelled"
  case failed = "failed"
  case written = "written"
  case converged = "converged"
  case confirming = "confirming"
  case dispelled = "dispelled"
  case wouldMove = "would-move"
  case blocked = "blocked"
  case noTarget = "no-target"
  case held = "held"
  case approvalWanted = "approval-wanted"
  case order = "order"
  case exclusive = "exclusive"
  case decided = "decided"
  // The steps of a move.
  case call = "call"
  case answer = "answer"
  case ambiguous = "ambiguous"
  case readBack = "read-back"
  case notApplied = "not-applied"
  case committed = "committed"
  case claimed = "claimed"
  case waiting = "waiting"
  case writeStopped = "write-stopped"
  case writeInterrupted = "write-interrupted"
  case refused = "refused"
  case resumed = "resumed"
  case foundWritten = "found-written"
  case notPublished = "not-published"
  case moveStuck = "move-stuck"

  /// The kind under which the history has it.
  public var historyKind: String {
    switch self {
    case .failoverBegun, .failbackBegun, .operatorMoveBegun: "intent"
    case .superseded, .lateEcho, .driftEnforced: "intent"
    case .cancelled, .failed, .written, .confirming, .dispelled, .wouldMove, .blocked, .noTarget,
      .approvalWanted, .recordUnclear, .decided:
      "rule"
    case .verdictBetter: Self.verdictWorse.rawValue
    default: rawValue
    }
  }

  /// What an event of the history is, as a message.
  public init(_ event: EventRecord) {
    switch event.kind {
    case "intent", "rule": self = event.rule.flatMap(Rule.init).map(Self.init) ?? .decided
    case "verdict": self = event.level == .alert ? .verdictWorse : .verdictBetter
    default: self = CoordinatorMessage(rawValue: event.kind) ?? .decided
    }
  }

  /// What a rule means that decides anew.
  public init(_ rule: Rule) {
    self =
      switch rule {
      case .failOver: .failoverBegun
      case .failBack: .failbackBegun
      case .operatorMove: .operatorMoveBegun
      case .supersede: .superseded
      case .lateEcho: .lateEcho
      case .enforceDrift: .driftEnforced
      case .cancelRefuted, .cancelTargetLost, .cancelGateClosed, .cancelHeld,
        .cancelOrdered:
        .cancelled
      case .writeRefused, .overtaken: .failed
      case .allCommitted: .written
      case .converged: .converged
      case .suspect: .confirming
      case .refuted, .doubtful, .recovered: .dispelled
      case .blockedByObserve, .blockedByPause: .wouldMove
      case .awaitApproval, .supersedeAwaitsApproval, .failbackAwaitsApproval: .approvalWanted
      case .blockedByGrace, .blockedByDoubt, .blockedByBudget, .blockedByFreeBudget,
        .blockedByMaintenance, .blockedByRefusal, .blockedByConflict, .blockedByZone:
        .blocked
      case .noTarget, .targetDeadNoOther: .noTarget
      case .atUnknown, .atForeign, .atMixed: .recordUnclear
      case .steady, .unsure, .confirmWait, .writePending, .writeUnderway, .resumeWait,
        .pointOfNoReturn, .finishing, .awaitPublication, .coolingDown, .cooldownOver,
        .failbackGateClosed:
        .decided
      }
  }
}

extension EventRecord {
  /// An event of that kind.
  public init(
    _ message: CoordinatorMessage, at now: Now, service: String? = nil, region: String? = nil,
    incident: Int64? = nil, epoch: UInt64? = nil, rule: Rule? = nil, level: EventLevel = .info,
    text: String
  ) {
    self.init(
      atMs: now.wallMs, service: service, region: region, incident: incident, epoch: epoch,
      rule: rule?.rawValue, kind: message.historyKind, level: level, text: text)
  }
}
