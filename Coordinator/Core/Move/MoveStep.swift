/// One step of a move, for the journal.
public enum MoveStep: Hashable, Sendable {
  /// The records as they are now.
  case read([ProviderRecord])
  /// A write is about to be sent: of an address, or of the marker (type TXT; id 0: made new).
  case writing(ProviderRecord, to: String)
  /// The write was answered: nil is success, else the error's text.
  case answered(ProviderRecord, error: String?)
  /// The write may have been applied, or may be later (RULES 10, late echo): text says why.
  case ambiguous(ProviderRecord, to: String, String)
  /// The records as read after a write.
  case readBack([ProviderRecord])
  /// Two reads show the old value: the write was not applied so far.
  case notApplied(ProviderRecord, to: String)
  /// The record has the desired address (its `target`).
  case committed(ProviderRecord)
  /// The marker was written.
  case claimed(Marker)
  /// The marker could not be read twice in a row, and is left as it is.
  case unclaimed(ProviderRecord)
  /// An answer speaks against the move, as said; it counts if the next one does too.
  case doubted(String)
  /// Nothing is done for a while.
  case waiting(MoveWait)
}

/// What a move tries when it has to wait.
public enum MoveAct: Hashable, Sendable {
  case reading
  case writing(ProviderRecord)
}

/// Why a move waits, and for how long.
public struct MoveWait: Hashable, Sendable {
  public var act: MoveAct
  /// How often in a row it did not work; at least 1.
  public var times: Int
  /// What came back last; for people.
  public var answer: String
  /// Until it is tried again.
  public var time: Duration

  public init(act: MoveAct, times: Int, answer: String, time: Duration) {
    self.act = act
    self.times = times
    self.answer = answer
    self.time = time
  }
}
