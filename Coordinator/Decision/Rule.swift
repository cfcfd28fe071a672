/// The numbered reason for a move or for not moving; numbers are never reused, gaps are left.
public enum Rule: Int, Hashable, Sendable, Codable, CaseIterable {
  /// The active region is up: nothing to do.
  case steady = 100
  /// The evidence about the active region does not say that it is down: silence moves nothing.
  case unsure = 110
  /// Where DNS points is not known: no decision.
  case atUnknown = 120
  /// DNS points at an address that is not configured: a human may have put it there.
  case atForeign = 121
  /// DNS points at several regions and no move is in flight.
  case atMixed = 122
  /// An abandoned write of ours has landed late: the active region's address is written again.
  case lateEcho = 123
  /// Somebody else's value stands in the record, and `drift` is `enforce`: the active region's
  /// address is written again.
  case enforceDrift = 124
  /// The active region is down; its confirmation starts.
  case suspect = 200
  /// The confirmation runs.
  case confirmWait = 210
  /// The active region came back before the confirmation ended.
  case refuted = 220
  /// The evidence no longer says that the active region is down.
  case doubtful = 221
  /// Confirmed down, but another writer's marker stands in the zone: nothing is written until an
  /// operator adopts it.
  case blockedByConflict = 230
  /// Confirmed down, but the coordinator has just started and is still gathering evidence.
  case blockedByGrace = 231
  /// Confirmed down, but the coordinator doubts its own view.
  case blockedByDoubt = 232
  /// Confirmed down, but automation is `observe`: it would have moved.
  case blockedByObserve = 233
  /// Confirmed down, but the hard budget of moves is spent.
  case blockedByBudget = 234
  /// Confirmed down, but the DNS provider has just refused for good: the next attempt waits.
  case blockedByRefusal = 235
  /// Confirmed down, but the free moves are spent, and the source is not hard down or no target has
  /// been stable for long.
  case blockedByFreeBudget = 236
  /// Confirmed down, but an operator paused the service: it would have moved.
  case blockedByPause = 237
  /// Confirmed down, but the active region is in maintenance and not everyone outside sees it dead.
  case blockedByMaintenance = 238
  /// Confirmed down, but what would be written does not reach users: the zone is disabled, or the
  /// world is sent elsewhere for it.
  case blockedByZone = 239
  /// Confirmed down, but no region may take over: the last answer stays.
  case noTarget = 240
  /// The active region is up again after no region could take over.
  case recovered = 241
  /// Confirmed down and a target is eligible: move.
  case failOver = 250
  /// Confirmed down and a target is eligible, but an operator has to approve the move.
  case awaitApproval = 260
  /// The intent is durable; the first write has not been sent.
  case writePending = 300
  /// A write is under way; nothing is decided until its outcome is known.
  case writeUnderway = 301
  /// An intent of before a restart waits for fresh evidence before its first write.
  case resumeWait = 302
  /// The source came back before the first write: the move is called off.
  case cancelRefuted = 310
  /// The target is no longer eligible before the first write: called off, choose again.
  case cancelTargetLost = 311
  /// The gate of the failback closed before the first write: called off.
  case cancelGateClosed = 312
  /// Automatic moves are held back before the first write: called off.
  case cancelHeld = 313
  /// The operator who asked for the move took it back before the first write.
  case cancelOrdered = 314
  /// The first record is written: the move will be finished.
  case pointOfNoReturn = 320
  /// The remaining records are being written.
  case finishing = 321
  /// The target is confirmed down: this move is replaced by the next.
  case supersede = 330
  /// The target is confirmed down, and no other region may take over.
  case targetDeadNoOther = 331
  /// The target is confirmed down and another region may take over, but an operator has to approve.
  case supersedeAwaitsApproval = 332
  /// The provider refuses the write for good: nothing changed, the intent is closed.
  case writeRefused = 340
  /// Every record is written and read back.
  case allCommitted = 350
  /// Someone changed the record while the move was being published: it ends, and what stands there
  /// is taken over.
  case overtaken = 360
  /// The name servers are being asked until they agree.
  case awaitPublication = 400
  /// Every name server that answers shows the new address.
  case converged = 410
  /// The cool-down after a completed move runs.
  case coolingDown = 420
  /// The cool-down is over.
  case cooldownOver = 421
  /// The primary is not ready to take traffic back yet.
  case failbackGateClosed = 500
  /// The gate is open: fail back to the primary.
  case failBack = 510
  /// The gate is open, but an operator has to approve the failback.
  case failbackAwaitsApproval = 511
  /// A named operator asked for the move.
  case operatorMove = 520

  /// The rule's stable name in kebab-case, for programs and `--override-rule`.
  public var name: String {
    var result = ""
    for character in String(describing: self) {
      if character.isUppercase { result += "-" }
      result += character.lowercased()
    }
    return result
  }

  /// Whether a move's write may be made under it: every other rule waits, ends the move, or begins
  /// none.
  public var mayWrite: Bool {
    switch self {
    case .writePending, .failOver, .failBack, .operatorMove, .supersede, .lateEcho, .enforceDrift,
      .finishing, .pointOfNoReturn:
      true
    default: false
    }
  }
}
