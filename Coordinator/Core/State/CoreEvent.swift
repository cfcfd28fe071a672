public import Decision
public import Wire

/// What the coordinator is told. What is large lies by itself, so that an event is handed on in a
/// few words.
public enum CoreEvent: Sendable {
  /// The process has begun, and the journal was read.
  case started
  /// The process is about to end.
  case ending
  /// Time has passed: the coordinator doubts itself where it has to, and every service is judged
  /// whose step may come to something else than its newest one did. It comes at the pace that
  /// `StateRules.tick` says, and whenever `wakeAt` says so.
  case tick
  /// A report whose signature is that agent's, and the challenge that its answer is to carry.
  indirect case report(Report, from: AgentID, challenge: String)
  /// A summary that another region's agent relays, with its owner's signature.
  indirect case summary(RelayedHealth)
  /// A round of the coordinator's own probes of what is configured; `reachedAnything`: something
  /// answered.
  case probes([ProbeKey: OwnProbe], reachedAnything: Bool)
  /// The records were read, and maybe the name servers asked.
  indirect case reading(ServiceReading)
  /// What the name servers show that were asked in a reading of that generation.
  case shown(String, generation: Int, [NameServerLine])
  /// A round of the name servers' answers, for the intent of that epoch.
  case servers(String, [ConvergenceWatch], epoch: UInt64)
  /// What is written for the service does not reach users, in words; nil: it does.
  case zones(String, trouble: String?)
  /// No cache has the old address of that incident any more since then, Unix milliseconds.
  case caches(String, incident: Int64, clearMs: Int64)
  /// The answer to a question.
  indirect case reply(WriteCall, WriteReply)
  /// An operator's order.
  indirect case order(String, OrderKind, OrderRequest)
  /// An operator's move; without `to`, to the primary.
  indirect case move(String, MoveRequest, isFailback: Bool)
  /// Another configuration is in force.
  indirect case reconfigure(StateChange)
}

/// What the driver is to do, in this order.
public enum CoreOutput: Sendable {
  /// Make this durable, in one transaction.
  indirect case store(StoreRequest)
  /// A service was judged, and it counts: for what is recorded.
  indirect case judged(JudgedService)
  /// Write this line to the log; the history has it already, or is not to have it.
  indirect case log(EventRecord)
  /// Store this line of the history, then log it; that it cannot be stored undoes nothing.
  indirect case record(EventRecord)
  /// Ask the provider, or wait, and give the reply back.
  indirect case ask(WriteQuestion, WriteCall)
  /// Nobody waits for the answer to the service's newest question.
  case forget(String)
  /// Ask the name servers of that service until they agree, beginning now.
  case verify(String)
  /// Do not ask them any more.
  case stopVerifying(String)
  /// The name servers' answers were taken in; `isOver`: they agree.
  case heardServers(String, isOver: Bool)
  /// What resolvers were asked is of no interest any more.
  case forgetCaches(String)
  /// What the records of that service show, of all families; `isStrange`: it is not ours.
  case shown(String, [String], isStrange: Bool)
  /// What was known of time or evidence does not hold any more: everything is to be judged.
  case disturbed
  /// The answer to whom the event came from; the last output of an event.
  indirect case answer(CoreAnswer)
}

/// What an event is answered by.
public enum CoreAnswer: Sendable {
  /// Of a report that counts.
  indirect case directive(Directive)
  /// Of a report that does not.
  indirect case refusedReport(Problem, showsTwin: Bool)
  /// Of a summary: it counts, as signed then; nil: it does not.
  case summary(signed: Instant?)
  /// Of an order: what holds now.
  case text(String)
  /// Of a move: it has begun.
  indirect case begun(IncidentRecord)
  /// Of an order or a move.
  case refused(Refusal)
}

/// A summary with what its relaying agent says of it.
public struct RelayedHealth: Hashable, Sendable {
  public var summary: HealthSummary
  /// Who relays it, of which region.
  public var agent: AgentID
  public var region: RegionID
  public var ageMs: Int

  public init(_ summary: HealthSummary, by agent: AgentID, region: RegionID, ageMs: Int) {
    self.summary = summary
    self.agent = agent
    self.region = region
    self.ageMs = ageMs
  }
}

/// What was read of one service's names.
public struct ServiceReading: Sendable {
  public var service: String
  /// The service's, when the reading began.
  public var generation: Int
  /// When the reading began: what was found is at the oldest of then.
  public var began: Instant
  public var found: Result<[ProviderRecord], ProviderError>
  /// Of every name and family; nil: they come by themselves (`shown`).
  public var lines: [NameServerLine]?

  public init(
    service: String, generation: Int, began: Instant,
    found: Result<[ProviderRecord], ProviderError>,
    lines: [NameServerLine]?
  ) {
    self.service = service
    self.generation = generation
    self.began = began
    self.found = found
    self.lines = lines
  }
}

/// One question of a service's writes.
public struct WriteCall: Hashable, Sendable {
  public var service: String
  public var number: Int
  /// It may wait where the provider's calls run short.
  public var isRoutine: Bool
}

/// What is to be made durable in one transaction.
public struct StoreRequest: Sendable {
  public var service: String
  public var commit: ServiceCommit
  /// The step that it comes of; nil: it comes of something else.
  public var step: ServiceStep?
}

/// A step that counts.
public struct JudgedService: Sendable {
  public var service: String
  public var step: ServiceStep
  /// The machine right after it was judged.
  public var after: Machine
}
