public import Decision
public import Wire

/// One service as the coordinator holds it: its machine, the move in flight, what was read. A
/// value: it reads no clock and does no I/O.
///
/// `CoordinatorState` drives it:
///
/// 1. `judge` steps the machine. What it gives has to be stored; then `settle` makes it count. If
///    it cannot be stored, the value of before `judge` is taken again: it did not happen.
/// 2. After `settle`, and after every other call, `takeDirectives()` is performed in order.
/// 3. A `.write(reply)` goes on with what is written, a move or upkeep: `nextTurn(reply)` gives
///    notes, which `note` takes in and which lead to directives of their own, and then a question
///    or the end. Before each write the question is `.mayWrite`: `prepareWrite`, a step of 1, then
///    `permitWrite`, whose commit is stored before the answer. At the end, `finishWriting`, a step
///    of 1 where it is the open intent's, then `afterWriting`.
/// 4. A reading goes to `tookRecords` or `tookNoRecords`, then to `tookReading`, which also begins
///    the upkeep that is due; the name servers' answers go to `tookAnswers`.
///
/// A crash between any two of these is allowed: what counts is in the journal, and `ServiceCore`
/// begins anew from there: an open intent waits until no write of before can land any more, and
/// then goes on from what a new reading shows.
public struct ServiceCore: Sendable {
  public var machine: Machine
  /// Every DNS name that is moved, in lower case, the one that is probed first.
  public internal(set) var names: [String]
  var pace: ServicePace
  var rules: UpkeepRules
  /// Who writes markers here.
  let writer: Writer

  /// As the machine judged last.
  public internal(set) var assessment: Assessment? {
    didSet { isAllWell = assessment?.isAllWell ?? false }
  }
  /// `Assessment.isAllWell` of it: each report asks.
  private(set) var isAllWell = false
  /// The move in flight.
  public var incident: IncidentRecord?
  public var lastIncident: IncidentRecord?
  /// What the journal has of the machine's memory: the rest is written by the next step.
  public var stored: Memory
  /// Who asked for the pending move, and why.
  public var asked: Asked?

  // What was told.
  public var shownVerdicts: [RegionID: Verdict] = [:]
  var shownRule: Rule?
  /// An alert for a move that is held back for long was given.
  var saidHeld = false
  /// An alert for a move that does not get on was given.
  var saidStuck = false
  /// An alert for a slow publication was given.
  var saidNotPublished = false
  /// Published families that fail outside alone.
  var badFamilies: [RegionID: Set<AddressFamily>] = [:]
  /// Regions whose addresses have given only answers that say nothing.
  var voteless: Set<RegionID> = []
  /// What is wrong with the replicas.
  var replicationTroubles: Set<ReplicationTrouble> = []

  // What is written.
  var writing: Writing?
  /// A move is to begin when it has ended.
  var waitsForMove = false
  /// What it waits for.
  public internal(set) var question: WriteQuestion?
  /// Rises with each move and each other configuration: a reading that began before says nothing.
  public internal(set) var generation = 0
  /// A stopped or interrupted move is not taken up again before.
  var retryFrom: Instant?
  /// Moves in a row that ended with a refusal: each waits longer than the one before.
  var refusals = 0
  /// The first write of an intent from before a restart waits until then (RULES 10).
  var mayWriteFrom: Instant?
  /// The open intent was found in the journal at start.
  var resumed = false
  /// A write of a move went out then, and the name servers have not shown its value since.
  var wroteAt: Instant?
  /// The name servers are asked until they agree.
  var isVerifying = false

  // What was read.
  /// The newest reading of the records, one entry per name, and when it was made.
  public var reading: [NameReading]?
  public var readAt: Instant?
  public var ttlSeconds: Int?
  /// Why the records cannot be read; nil: they can, or were not yet.
  public internal(set) var readTrouble: String?
  /// Who holds leases for exclusive work.
  public internal(set) var leases: Leases
  /// What is written beside moves.
  public var upkeep = Upkeep()
  /// Readings in a row, while a move is being published, that show something else.
  var strays = 0
  /// A reading that would make the machine forget where users are, and how often in a row it came.
  public internal(set) var forgetting: Sighting?
  /// The newest answers of the name servers.
  public var lines: [NameServerLine] = []

  /// What was judged, and until when that holds; nil: it does not, whatever time it is.
  var judged: Judged?

  private var directives: [CoreDirective] = []

  /// `incident`: the open one; `last`: the newest of those that ended.
  public init(
    machine: Machine, names: [String], pace: ServicePace, upkeep rules: UpkeepRules,
    writer: Writer, started: Instant, incident: IncidentRecord? = nil, last: IncidentRecord? = nil
  ) {
    self.machine = machine
    self.names = names
    self.pace = pace
    self.rules = rules
    self.writer = writer
    self.incident = incident
    lastIncident = last
    stored = machine.memory
    leases = Leases(memory: machine.memory, started: started)
    guard machine.memory.intent != nil else { return }
    mayWriteFrom = started + pace.move.writeDeadline + pace.restartMargin
    resumed = true
  }

  /// The service's name, its key in the journal.
  public var name: String { machine.topology.service }

  /// Another configuration. Where names or addresses are others now, what was read before says
  /// nothing about them.
  mutating func reconfigure(_ next: ServiceRules, now: Now) {
    let topology = next.topology
    let isOther = names != next.names || machine.topology.regions != topology.regions
    machine.reconfigure(topology: topology, policy: next.policy, now: now.instant)
    names = next.names
    pace = next.pace
    rules = next.upkeep
    guard isOther else { return }
    generation += 1
    reading = nil
    readAt = nil
    readTrouble = nil
    lines = []
    direct(.forgetCaches)
    _ = machine.observe(names: nil, now: now)
    shownVerdicts = shownVerdicts.filter { topology.region($0.key) != nil }
  }

  /// What makes the machine's memory of now durable, and these lines with it.
  func commit(_ events: [EventRecord] = []) -> ServiceCommit {
    ServiceCommit(epoch: machine.memory.epoch, memory: machine.memory, events: events)
  }

  /// What is to be done now, in its order; the driver has to.
  mutating func takeDirectives() -> [CoreDirective] {
    defer { directives = [] }
    return directives
  }

  mutating func direct(_ directive: CoreDirective) { directives.append(directive) }

  /// A line of the history about the service's move.
  mutating func tell(
    _ message: CoordinatorMessage, at now: Now, level: EventLevel = .info, text: String
  ) {
    direct(
      .record(
        EventRecord(
          message, at: now, service: name, incident: incident?.id, epoch: machine.memory.epoch,
          level: level, text: text)))
  }
}

/// The times of a service's writes and readings.
public struct ServicePace: Hashable, Sendable {
  public var move: MovePace
  /// Added to the write deadline before the first write after a restart with an open intent.
  public var restartMargin: Duration
  /// How often the records are read while nothing writes them.
  public var readEvery: Duration

  public init(move: MovePace, restartMargin: Duration, readEvery: Duration) {
    self.move = move
    self.restartMargin = restartMargin
    self.readEvery = readEvery
  }

  /// A reading counts for so long.
  var readingValid: Duration { readEvery * 6 }
}

/// Whose markers these are.
public struct Writer: Hashable, Sendable {
  /// The coordinator's database.
  public var cluster: String
  /// Random per process start (RULES 16).
  public var incarnation: String

  public init(cluster: String, incarnation: String) {
    self.cluster = cluster
    self.incarnation = incarnation
  }
}

/// Who asked for a move, or for its end, and why.
public struct Asked: Hashable, Sendable {
  public var by: String
  public var reason: String?

  public init(by: String, reason: String?) {
    self.by = by
    self.reason = reason
  }
}

/// What readings show, and how often in a row they did.
public struct Sighting: Hashable, Sendable {
  public var shown: [String]
  public var times: Int
}
