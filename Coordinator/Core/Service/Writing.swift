import Decision

/// What is written for a service now, one thing at a time: a move, or upkeep.
enum Writing: WriteProcedure {
  /// A move's records, for the intent of that epoch.
  case move(RecordMove, epoch: UInt64)
  /// The marker, as a proof that the token can write.
  case marker(MarkerRewrite)
  /// Records that are missing.
  case creation(RecordCreation)

  mutating func next(_ reply: WriteReply, jitter: Double) -> WriteTurn<WritingEnd> {
    switch self {
    case .move(var procedure, let epoch):
      let turn = procedure.next(reply, jitter: jitter)
      self = .move(procedure, epoch: epoch)
      return turn.map(WritingEnd.move)
    case .marker(var procedure):
      let turn = procedure.next(reply, jitter: jitter)
      self = .marker(procedure)
      return turn.map(WritingEnd.marker)
    case .creation(var procedure):
      let turn = procedure.next(reply, jitter: jitter)
      self = .creation(procedure)
      return turn.map(WritingEnd.creation)
    }
  }

  mutating func cancel() {
    switch self {
    case .move(var procedure, let epoch):
      procedure.cancel()
      self = .move(procedure, epoch: epoch)
    case .marker(var procedure):
      procedure.cancel()
      self = .marker(procedure)
    case .creation(var procedure):
      procedure.cancel()
      self = .creation(procedure)
    }
  }
}

extension WriteTurn {
  fileprivate func map<Other>(_ change: (Outcome) -> Other) -> WriteTurn<Other> {
    let next: WriteTurn<Other>.Then =
      switch then {
      case .ask(let question): .ask(question)
      case .end(let outcome): .end(change(outcome))
      }
    return WriteTurn<Other>(notes: notes, then: next)
  }
}

/// How what was written ended.
public enum WritingEnd: Hashable, Sendable {
  case move(MoveResult)
  case marker(MarkerRewriteResult)
  case creation(CreationResult)
}

/// What was written and has ended.
public struct EndedWriting: Hashable, Sendable {
  public var end: WritingEnd
  /// The move's; nil: it was upkeep.
  public var epoch: UInt64?
  /// A move, and the open intent is the one that it was made for.
  public var isCurrent: Bool
}

/// Whether a write may be made now, and what has to be durable before it is.
public struct WriteLeave: Sendable {
  public var permission: WritePermission
  /// To be stored before the write; if that fails, the core of before is taken again, and the
  /// reply is `notStored`.
  public var commit: ServiceCommit?

  public static let notStored = WritePermission.stop(notStoredText)
  static let notStoredText = "the journal cannot be written"

  init(_ permission: WritePermission, commit: ServiceCommit? = nil) {
    self.permission = permission
    self.commit = commit
  }
}

/// One writer after the other.
extension ServiceCore {
  /// The epoch that a move's records are written for; nil: no move writes.
  public var movingEpoch: UInt64? {
    if case .move(_, let epoch) = writing { epoch } else { nil }
  }

  /// A move writes its records, or is about to.
  public var isMoving: Bool { movingEpoch != nil || waitsForMove }

  /// Something is written, or about to be.
  public var isWriting: Bool { writing != nil || waitsForMove }

  /// What writes now may wait where the provider's calls run short: they are kept for moves.
  public var isRoutine: Bool {
    if case .creation = writing { true } else { false }
  }

  mutating func begin(_ next: Writing) {
    writing = next
    question = nil
    direct(.write(.begin))
  }

  /// Goes on with what is written; nil where nothing is. `jitter` is within 0..<1, drawn anew.
  mutating func nextTurn(_ reply: WriteReply, jitter: Double) -> WriteTurn<WritingEnd>? {
    guard let turn = writing?.next(reply, jitter: jitter) else { return nil }
    question = if case .ask(let asked) = turn.then { asked } else { nil }
    return turn
  }

  /// Ends what is written as soon as it may: at once where it only waits.
  mutating func cancelWriting() {
    waitsForMove = false
    yield()
  }

  /// Makes room for the next writer.
  mutating func yield() {
    writing?.cancel()
    guard case .pause = question else { return }
    question = nil
    direct(.write(.paused))
  }

  /// Takes in one step of what is written.
  mutating func note(_ step: MoveStep, now: Now) {
    switch writing {
    case .move(_, let epoch): note(step, ofMove: epoch, now: now)
    case .creation: note(creation: step, now: now)
    case .marker, nil: break
    }
  }

  /// What comes before the judgement that a write needs: a reason not to write at all, or nil.
  mutating func prepareWrite() -> WritePermission? {
    movingEpoch == nil ? nil : prepareMoveWrite()
  }

  /// Right before the write of that record, so that it points at, or speaks of, that region; judged
  /// anew on the evidence of this moment, which is stored.
  mutating func permitWrite(
    _ record: ProviderRecord, at region: RegionID, now: Now
  ) -> WriteLeave {
    switch writing {
    case .move(_, let epoch): WriteLeave(permitMoveWrite(epoch, now: now))
    case .marker: permitProof(now: now)
    case .creation: permitCreation(record, at: region, now: now)
    case nil: WriteLeave(.stop("nothing is written"))
    }
  }

  /// The end of what was written. Where it is the open intent's, it is to be judged next;
  /// `afterWriting` comes after that in any case.
  mutating func finishWriting(_ end: WritingEnd, now: Now) -> EndedWriting? {
    guard writing != nil else { return nil }
    let epoch = movingEpoch
    writing = nil
    question = nil
    let isCurrent = epoch != nil && machine.memory.intent?.epoch == epoch
    switch end {
    case .move(let result): if isCurrent { take(result, now: now) }
    case .marker(let result): proved(result, now: now)
    case .creation(let result): created(result, now: now)
    }
    return EndedWriting(end: end, epoch: epoch, isCurrent: isCurrent)
  }

  /// Why a move that ended does not get on, and the one that waited for its end.
  mutating func afterWriting(_ ended: EndedWriting, now: Now) {
    if case .move(let result) = ended.end, machine.memory.intent?.epoch == ended.epoch {
      noteHindrance(result, now: now)
    }
    guard waitsForMove, writing == nil else { return }
    waitsForMove = false
    startMove()
  }
}
