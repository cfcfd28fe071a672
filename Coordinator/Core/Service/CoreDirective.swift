public import Decision
public import Wire

/// What is to be done for a service, in its order, once what comes before it is stored.
enum CoreDirective: Hashable, Sendable {
  /// Write this line to the log; the history has it already, or is not to have it.
  case log(EventRecord)
  /// Store this line of the history, then log it; that it cannot be stored undoes nothing.
  case record(EventRecord)
  /// Store the machine's memory and this line, then log it; that it cannot be stored undoes
  /// nothing: it is stored with the next step.
  case keep(EventRecord)
  /// Go on with what is written, by that reply.
  case write(WriteReply)
  /// Ask the name servers until they agree, beginning now.
  case verify
  /// Do not ask them any more.
  case stopVerifying
  /// What resolvers were asked is of no interest any more.
  case forgetCaches
}

/// What one step has to make durable, in one transaction, before anything of it counts.
public struct ServiceCommit: Sendable {
  public var epoch: UInt64
  public var memory: Memory
  /// The incident that is closed in favour of `incident`.
  public var closing: IncidentRecord?
  /// Stored anew with id 0, else updated.
  public var incident: IncidentRecord?
  /// Those whose incident is 0 are about `incident`.
  public var events: [EventRecord]

  public init(
    epoch: UInt64, memory: Memory, closing: IncidentRecord? = nil, incident: IncidentRecord? = nil,
    events: [EventRecord]
  ) {
    self.epoch = epoch
    self.memory = memory
    self.closing = closing
    self.incident = incident
    self.events = events
  }
}
