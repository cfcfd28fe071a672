/// What is done at the provider for one service: a move's records, records that are missing, the
/// marker. A value that says what to ask next and is told the answer; it does nothing by itself.
///
/// The contract, the same for all three: begin with `.begin`. Each turn gives notes, to be made
/// durable in their order before anything else, and then either one question or the outcome. A
/// question is asked exactly once, and `next` is called with its reply, whatever that is; nothing
/// is asked after the outcome. A crash between any two turns is allowed: whoever begins anew reads
/// first, so that what a lost write did is seen and never repeated blindly.
///
/// `cancel` ends it between two questions, never in the middle of one: a write that was asked for
/// is waited for, and nothing is asked after that but what a write did not tell. A pause that was
/// asked for needs no waiting: reply `.paused` at once.
public protocol WriteProcedure: Sendable {
  associatedtype Outcome: Sendable

  /// Goes on with the reply to what was asked. `jitter` is within 0..<1, drawn anew each time.
  mutating func next(_ reply: WriteReply, jitter: Double) -> WriteTurn<Outcome>

  /// It is to end as soon as it may.
  mutating func cancel()
}

/// One turn of a procedure.
public struct WriteTurn<Outcome: Sendable>: Sendable {
  /// What comes after the notes.
  public enum Then: Sendable {
    case ask(WriteQuestion)
    case end(Outcome)
  }

  /// What to note, in this order, before anything else is done.
  public var notes: [MoveStep]
  public var then: Then

  public init(notes: [MoveStep] = [], then: Then) {
    self.notes = notes
    self.then = then
  }
}

/// What a procedure asks for.
public enum WriteQuestion: Hashable, Sendable {
  /// The address records of these names and their markers; a name without addresses is an error.
  case records([String])
  /// The same, where names may be without addresses.
  case listing([String])
  /// May this record be written now, so that it points at, or speaks of, that region? After `.go`
  /// the intent is durable.
  case mayWrite(ProviderRecord, region: String)
  /// Change the record's target, and nothing else.
  case setTarget(String, of: ProviderRecord)
  /// Change the record's time to live, and nothing else.
  case setTTL(Int, of: ProviderRecord)
  /// Make this record (its id is 0).
  case create(ProviderRecord)
  /// Nothing for so long.
  case pause(Duration)
}

/// What a procedure goes on with.
public enum WriteReply: Hashable, Sendable {
  /// The start: nothing was asked yet.
  case begin
  /// To `.records` and `.listing`.
  case records(Result<[ProviderRecord], ProviderError>)
  /// To `.mayWrite`.
  case permission(WritePermission)
  /// To `.setTarget`, `.setTTL` and `.create`: the record as answered.
  case written(Result<ProviderRecord, ProviderError>)
  /// To `.pause`.
  case paused
}

/// Whether a write may be made now.
public enum WritePermission: Hashable, Sendable {
  case go
  /// Not now and not later in this procedure; the reason in one sentence.
  case stop(String)
}
