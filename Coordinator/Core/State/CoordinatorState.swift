public import Decision
import Wire

/// All that the coordinator's process knows, and every service's core. A value: it reads no clock
/// and does no I/O. The service and the simulator drive it alike:
///
/// 1. Whatever happens goes to `handle`. Then the driver asks `next()` until it gives nothing, and
///    performs each output before it asks for the next one.
/// 2. `.store` is answered by `stored` or `notStored`, at once: until then nothing of what it makes
///    durable counts, and what is not stored did not happen. So no effect of a decision comes out
///    before the decision is durable.
/// 3. `.ask` is performed beside; its reply comes back as an event, with the question's number. A
///    reply with another number is void.
///
/// A crash between any two of these is allowed. What counts is in the journal, and the next process
/// begins from there: an open intent waits until no write of before can land any more, and goes on
/// from what a new reading shows. Evidence, admission and what was told begin anew: reports are
/// sent again every few seconds, and until the grace of the start is over nothing is decided.
/// Outputs may be lost by it and none is repeated: a line of the log may be missing, a write is
/// never made twice without a reading between.
public struct CoordinatorState: Sendable {
  public internal(set) var evidence: Evidence
  public internal(set) var doubts: Doubts
  /// Of every service: together, so that they are looked at in place.
  public internal(set) var cores: ServiceCores
  private var places: [String: Int] = [:]
  /// Where the cores are whose services an agent carries.
  private(set) var concerned: [AgentID: [Int]] = [:]
  /// The groups of which an agent may be the heartbeats' writer.
  private(set) var writerGroups: [AgentID: [WriterGroup]] = [:]
  public internal(set) var rules: StateRules
  var admission: Admission
  var elections = WriterElection()
  var stands = Stands()
  var refusals: TimeRefusals
  /// Told that most agents were refused for time.
  public internal(set) var clocksDiffer = false
  /// Identities that two hosts use, as told.
  public internal(set) var quarantined: Set<AgentID> = []
  var shownDoubts: Set<Doubt> = []
  /// Wall clock less boot-time clock at the last tick, to see the wall clock stepped (RULES 6d).
  var wallOffsetMs: Int64?
  /// The newest commit was stored, as far as is known: else no upkeep is begun. Drivers say so of
  /// lines that they store by themselves.
  public var canStore = true
  /// When the journal was last tried for its own sake.
  var journalTriedAt: Instant?
  /// Told to stop: nothing new is begun.
  public private(set) var isEnding = false
  /// False plants a bug, for the test of the simulator's own checkers: writes are not judged anew.
  public var judgesBeforeWrites = true
  /// False plants another: nothing is judged while a move is written.
  public var judgesMoves = true
  /// Judges every service with every tick: for the proof that it comes to the same.
  public var judgesAlways = false
  /// A vote has turned since the newest tick.
  var isUrgent = false
  /// The newest tick.
  var tickedAt: Instant?

  /// What is to be done and given out, the next one last.
  var agenda: [Item] = []
  var pending: Pending?
  var now: Now
  var jitter = 0.0
  /// The newest question of each service's writes: other answers are void.
  var calls: [String: Int] = [:]
  private var newestCall = 0

  /// `services` as the journal has them.
  public init(rules: StateRules, services: [ServiceCore], now: Now) {
    self.rules = rules
    self.now = now
    evidence = Evidence(floor: now.instant)
    doubts = Doubts(policy: rules.shared, expectedTick: rules.tick)
    admission = Admission(freshFor: rules.shared.freshFor, window: rules.window)
    refusals = TimeRefusals(window: rules.window)
    cores = ServiceCores(services)
    findPlaces()
  }

  /// That service's core; nil where there is none of that name.
  public internal(set) subscript(name: String) -> ServiceCore? {
    get { places[name].map { cores[$0] } }
    set { if let core = newValue, let place = places[name] { cores[place] = core } }
  }

  /// Where that service's core is among `cores`.
  public func place(of name: String) -> Int? { places[name] }

  /// Of every service, sorted.
  public var names: [String] { cores.map(\.name) }

  mutating func findPlaces() {
    places = Dictionary(uniqueKeysWithValues: cores.enumerated().map { ($1.name, $0) })
    concerned = [:]
    for (place, core) in cores.enumerated() {
      for agent in core.machine.topology.agents.keys { concerned[agent, default: []].append(place) }
    }
    // Most carry the same, and they are many: they share the list.
    var lists: Set<[Int]> = []
    for (agent, list) in concerned { concerned[agent] = lists.insert(list).memberAfterInsert }
    writerGroups = [:]
    for group in rules.writers.sorted(by: { $0.key < $1.key }).flatMap(\.value) {
      for agent in group.agents { writerGroups[agent, default: []].append(group) }
    }
  }

  /// Takes in what happened at that time. `jitter`, within 0..<1 and drawn anew, spreads the pauses
  /// between writes that are tried again.
  public mutating func handle(_ event: CoreEvent, now: Now, jitter: Double = 0.5) {
    precondition(pending == nil && agenda.isEmpty, "outputs of before are not performed")
    self.now = now
    self.jitter = jitter
    switch event {
    case .started: for name in names.reversed() { push(.start(name)) }
    case .ending: end()
    case .tick: tick()
    case .report(let report, let agent, let challenge): take(report, from: agent, challenge)
    case .summary(let summary): take(summary)
    case .probes(let probes, let reachedAnything):
      take(probes, reachedAnything: reachedAnything)
    case .reading(let reading): take(reading)
    case .shown(let name, let generation, let lines): take(lines, of: name, generation)
    case .servers(let name, let watches, let epoch): take(watches, of: name, epoch: epoch)
    case .zones(let name, let trouble): take(zoneTrouble: trouble, of: name)
    case .caches(let name, let incident, let clearMs):
      self[name]?.noteCaches(clearMs: clearMs, of: incident)
    case .reply(let call, let reply):
      guard awaits(call) else { return }
      calls[call.service] = nil
      push(.write(call.service, reply))
    case .order(let name, let kind, let request): push(.order(name, kind, request))
    case .move(let name, let request, let isFailback): take(request, isFailback, for: name)
    case .reconfigure(let change): reconfigure(change)
    }
  }

  /// What is to be performed next; nil: nothing more comes of the event.
  public mutating func next() -> CoreOutput? {
    precondition(pending == nil, "what is to be stored was not answered")
    while let item = agenda.popLast() {
      switch item {
      case .output(let output): return output
      case .work(let work): if let output = perform(work) { return output }
      }
    }
    return nil
  }

  /// Whether that question is the newest one, and has no answer yet.
  public func awaits(_ call: WriteCall) -> Bool { calls[call.service] == call.number }

  /// It is durable; `incident` is what the journal named the commit's incident.
  public mutating func stored(incident: Int64?, now: Now) {
    self.now = now
    canStore = true
    settle(takePending(), incident: incident)
  }

  /// It is not durable, for that reason: it did not happen.
  public mutating func notStored(_ reason: String, now: Now) {
    self.now = now
    canStore = false
    undo(takePending(), reason)
  }

  /// What waited for the journal, which has answered.
  private mutating func takePending() -> Pending {
    guard let waiting = pending else { preconditionFailure("nothing was to be stored") }
    pending = nil
    return waiting
  }

  /// So much time passed on the wall clock that the boot-time clock does not know of, and nothing
  /// happened in it: only where time is virtual.
  public mutating func leaveOut(_ span: Duration) {
    wallOffsetMs = wallOffsetMs.map { $0 + span.wholeMilliseconds }
    for place in cores.indices { cores[place].leaveOut(span) }
  }

  /// What is written ends where it may; a call on its way is waited for.
  private mutating func end() {
    isEnding = true
    for name in names.reversed() { change(name) { core, _ in core.cancelWriting() } }
  }

  mutating func newCall(of name: String) -> Int {
    newestCall += 1
    calls[name] = newestCall
    return newestCall
  }
}

extension CoordinatorState {
  enum Item: Sendable {
    case output(CoreOutput)
    case work(Work)
  }

  /// What is pushed later comes out first.
  mutating func push(_ work: Work) { agenda.append(.work(work)) }

  mutating func push(_ output: CoreOutput) { agenda.append(.output(output)) }

  /// Changes that service's core where it is, and pushes what it wants done.
  mutating func change(_ name: String, _ body: (inout ServiceCore, Now) -> Void) {
    guard let place = place(of: name) else { return }
    body(&cores[place], now)
    pushDirectives(of: name)
  }

  /// What the service's core wants done, in its order, before all that was pushed before.
  mutating func pushDirectives(of name: String) {
    guard let place = place(of: name) else { return }
    for directive in cores[place].takeDirectives().reversed() {
      switch directive {
      case .log(let event): push(.log(event))
      case .record(let event): push(.record(event))
      case .keep(let event): push(.keep(name, event))
      case .write(let reply): push(.write(name, reply))
      case .verify: push(.verify(name))
      case .stopVerifying: push(.stopVerifying(name))
      case .forgetCaches: push(.forgetCaches(name))
      }
    }
  }
}
