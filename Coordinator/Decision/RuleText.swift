/// Each rule as a sentence for people, in the words of the screens.
public enum RuleText {
  /// How much a rule's line says to whoever reads the journal.
  public enum Weight: Hashable, Sendable { case quiet, telling, alarming }

  /// What the rule means, without a full stop.
  public static func sentence(_ rule: Rule) -> String {
    switch rule {
    case .steady: "nothing to do: the active region is up"
    case .unsure: "not moving: the evidence does not say that the active region is down"
    case .atUnknown: "not moving: where DNS points is not known"
    case .atForeign: "not moving: DNS points at an address that is not configured"
    case .atMixed: "not moving: DNS points at several regions at once"
    case .lateEcho:
      "a write of ours without an answer has landed late: writing what is wanted again"
    case .enforceDrift:
      "somebody else's value has stood for long, and drift is enforce: writing what is wanted again"
    case .suspect: "the active region looks down: confirming"
    case .confirmWait: "confirming that the active region is down"
    case .refuted: "the active region is up again before the confirmation ended"
    case .doubtful: "the evidence no longer says that the active region is down"
    case .blockedByConflict:
      "held: a marker that is not of this journal stands there; nothing is written until adopt"
    case .blockedByGrace: "held: just started, still gathering evidence"
    case .blockedByDoubt: "held: the coordinator doubts its own view"
    case .blockedByObserve: "would have moved: automation is observe"
    case .blockedByBudget: "held: the budget of automatic moves is spent"
    case .blockedByFreeBudget:
      "held: many automatic moves were made of late; another needs a region that is dead for "
        + "everyone and a target that has long been stable"
    case .blockedByPause: "would have moved: paused by an operator"
    case .blockedByMaintenance: "held: the active region is in maintenance"
    case .blockedByZone: "held: what would be written does not reach users"
    case .blockedByRefusal: "held: the DNS provider refused; the next attempt waits"
    case .noTarget: "no healthy target: the last answer stays"
    case .recovered: "the active region is up again"
    case .failOver: "the active region is down: moving"
    case .awaitApproval: "waits for an operator's approval to move"
    case .writePending: "about to write the record"
    case .writeUnderway: "a write is under way; its outcome is not known yet"
    case .resumeWait: "a move waits for fresh evidence before its first write"
    case .cancelRefuted: "the source is up again"
    case .cancelTargetLost: "the target may no longer take over"
    case .cancelGateClosed: "the primary is no longer ready"
    case .cancelHeld: "automatic moves are held back"
    case .cancelOrdered: "an operator took the move back"
    case .pointOfNoReturn: "the first record is written: the move will be finished"
    case .finishing: "writing the remaining records"
    case .supersede: "the target is down: moving on"
    case .targetDeadNoOther: "the target is down, and no other region can take over now"
    case .supersedeAwaitsApproval:
      "the target is down: waits for an operator's approval to move on"
    case .writeRefused: "the DNS provider refuses the write"
    case .allCommitted: "written and read back"
    case .overtaken: "someone changed the record while it was being published"
    case .awaitPublication: "asking the name servers until they agree"
    case .converged: "every name server that answers shows the new address"
    case .coolingDown: "a move was completed a short while ago"
    case .cooldownOver: "the cool-down is over"
    case .failbackGateClosed: "users are not returned to the primary yet"
    case .failBack: "the primary is ready: failing back"
    case .failbackAwaitsApproval: "the primary is ready: waits for an operator's approval"
    case .operatorMove: "an operator asked for the move"
    }
  }

  /// How loud it is.
  public static func weight(_ rule: Rule) -> Weight {
    switch rule {
    case .steady, .coolingDown, .cooldownOver, .writePending, .awaitPublication, .finishing,
      .confirmWait, .failbackGateClosed, .resumeWait:
      .quiet
    case .refuted, .doubtful, .recovered, .pointOfNoReturn, .allCommitted, .converged, .failBack,
      .operatorMove, .cancelRefuted, .cancelGateClosed, .cancelOrdered, .writeUnderway, .unsure,
      .atUnknown:
      .telling
    case .suspect, .blockedByConflict, .blockedByGrace, .blockedByDoubt, .blockedByObserve,
      .blockedByBudget,
      .blockedByFreeBudget, .blockedByPause, .blockedByMaintenance, .awaitApproval,
      .failbackAwaitsApproval, .cancelHeld, .blockedByZone, .blockedByRefusal, .noTarget, .failOver,
      .cancelTargetLost, .supersede, .targetDeadNoOther, .supersedeAwaitsApproval,
      .writeRefused, .overtaken, .atForeign, .atMixed, .lateEcho, .enforceDrift:
      .alarming
    }
  }
}
