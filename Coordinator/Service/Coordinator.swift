import Codec
import CoordinatorCore
import DNS
import Decision
import Logging
import Platform
import Recording
import Settings
import Store
import Wire

/// The one actor of the process: owns evidence, machines and store; every event goes through its
/// funnel: step, persist, perform. It runs on a thread of its own, because the store blocks.
actor Coordinator {
  nonisolated let executor: ThreadExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  nonisolated let provider: any DNSProvider
  nonisolated let dns: DNSClient
  nonisolated let publicKey: String
  nonisolated let startedMs: Int64
  nonisolated let started: Instant
  /// Random per process start (RULES 16).
  nonisolated let incarnation: String
  let store: Store
  let eventLog: EventLog<CoordinatorMessage>
  nonisolated let recorder: Recorder?
  var recording: RecordingTap
  /// The keyframe of the start was put.
  var saidStart = false
  /// Replaced by a reload.
  var deployment: Deployment
  var nameServers: NameServers
  /// Asked how long caches keep the old address; nil: nobody.
  var resolvers: NameServers?
  /// Asks them while a move's old address may be cached.
  var askingCaches: Task<Void, Never>?
  var evidence: Evidence
  var doubts: Doubts
  var admission: Admission
  var elections = WriterElection()
  var rooms: [String: Room] = [:]
  var refused: [String: Int] = [:]
  /// Identities that two hosts use, as told.
  var quarantined: Set<AgentID> = []
  /// What is told of clocks and of the own network.
  var surroundings: Surroundings
  /// When refusals of a code were last told.
  var refusedToldAt: [String: Instant] = [:]
  var shownDoubts: Set<Doubt> = []
  /// Wall clock less boot-time clock at the last tick, to see the wall clock stepped (RULES 6d).
  var wallOffsetMs: Int64?
  /// Calls of what is written so far, to tell their answers apart.
  var calls = 0
  /// Told to stop: nothing new is begun.
  var ending = false
  /// The store's newest failure; nothing new is begun while it stands.
  var storeTrouble: String? {
    didSet {
      guard (oldValue == nil) != (storeTrouble == nil) else { return }
      let now = Now.read()
      storeTroubleMs = storeTrouble == nil ? nil : now.wallMs
      // Whoever found that it can be written again: its begin was told.
      guard storeTrouble == nil else { return }
      record(
        EventRecord(
          .storedAgain, at: now, level: .notice, text: "the journal can be written again"))
    }
  }
  /// Since when, Unix milliseconds.
  private(set) var storeTroubleMs: Int64?
  /// When the journal was last tried.
  var journalTriedAt: Instant?
  /// By service.
  var keptOutlooks: [String: KeptOutlooks] = [:]
  /// Why the newest reload was refused; nil after one that was not.
  var reloadTrouble: String?
  /// What operators were shown before moves.
  var plans = KeptPlans()
  /// Whom readiness is asked of; nil: nobody.
  nonisolated let readinessProvider: (any ReadinessProvider)?
  var books = ReadinessBooks()
  var card = KeptCard()

  init(
    deployment: Deployment, store: Store, provider: any DNSProvider, nameServers: NameServers,
    resolvers: NameServers? = nil, dns: DNSClient, publicKey: String, logger: Logger,
    recordsInto evidenceDirectory: String? = nil, readiness: (any ReadinessProvider)? = nil
  ) throws {
    executor = try ThreadExecutor(name: "coordinator")
    self.deployment = deployment
    self.provider = provider
    readinessProvider = readiness
    self.nameServers = nameServers
    self.resolvers = resolvers
    self.dns = dns
    self.publicKey = publicKey
    self.store = store
    let eventLog = EventLog<CoordinatorMessage>(logger)
    self.eventLog = eventLog
    recorder = try evidenceDirectory.map {
      try Self.recorder(into: $0, deployment: deployment, log: eventLog)
    }
    recording = RecordingTap(recorder)
    let now = Now.read()
    started = now.instant
    startedMs = now.wallMs
    incarnation = SecureRandom.hex(8)
    evidence = Evidence(floor: now.instant)
    let first = deployment.sharedPolicy
    doubts = Doubts(policy: first, expectedTick: deployment.tick)
    let window = deployment.settings.pace.firstContactWindow
    admission = Admission(freshFor: first.freshFor, window: window)
    surroundings = Surroundings(window: window)
    rooms = try Self.rooms(
      deployment.services, of: deployment,
      writer: Writer(cluster: store.clusterID, incarnation: incarnation), store: store,
      started: now.instant)
  }

  /// What the journal holds of the services.
  static func rooms(
    _ services: [Deployment.Service], of deployment: Deployment, writer: Writer, store: Store,
    started: Instant
  ) throws -> [String: Room] {
    let stored = try store.services()
    let open = try store.openIncidents()
    var rooms: [String: Room] = [:]
    for service in services {
      let name = service.topology.service
      var memory = Memory()
      if let kept = stored.first(where: { $0.service == name }), !kept.memory.isEmpty {
        memory = try JSON.decode(
          Memory.self, from: kept.memory, maxBytes: StoreBounds.memoryBytes)
      }
      let core = ServiceCore(
        machine: Machine(
          topology: service.topology, policy: service.policy, memory: memory, started: started),
        names: service.names, pace: deployment.servicePace, upkeep: deployment.upkeep(service),
        writer: writer, started: started,
        incident: open.first { $0.service == name },
        last: try store.incidents(service: name, limit: 5).first { $0.outcome != .open })
      rooms[name] = Room(core: core, service: service)
    }
    return rooms
  }

  /// Whose markers the services write.
  nonisolated var writer: Writer { Writer(cluster: store.clusterID, incarnation: incarnation) }

  /// One tick: doubts, then every service.
  func tick() {
    let now = Now.read()
    noteWallClock(now)
    recordTick(now)
    if doubts.tick(&evidence, now: now.instant) {
      for name in rooms.keys { rooms[name]?.core.machine.restartConfirmations() }
    }
    noteDoubts(now)
    for name in rooms.keys.sorted() { step(name, now: now) }
    proveJournal(now)
    noteQuarantine(now)
    noteTimeRefusals(now)
    eventLog.settle()
  }

  /// What the coordinator's own probes ask for now.
  var probePlan: ProbePlan {
    let first = deployment.services.first?.settings
    return ProbePlan(
      targets: deployment.services.flatMap(\.probes),
      interval: first?.probeInterval ?? Defaults.probeInterval,
      deadline: first?.probeDeadline ?? Defaults.probeDeadline,
      fall: first?.probeFall ?? Defaults.probeFall, references: deployment.settings.reference)
  }

  /// Takes in one round of the coordinator's own probes; of targets that are no longer configured,
  /// it says nothing.
  func take(_ probes: [(target: ProbeTarget, probe: OwnProbe)], reachedAnything: Bool) {
    evidence.ownVoteVoid = !reachedAnything
    let current = Set(deployment.services.flatMap(\.probes))
    for (target, probe) in probes where current.contains(target) {
      evidence.take(probe, of: ProbeKey(target))
    }
    recordProbes()
  }

  /// Five seconds are more than slewing does between two ticks.
  private func noteWallClock(_ now: Now) {
    let offset = now.wallMs - now.instant.milliseconds
    defer { wallOffsetMs = offset }
    guard let before = wallOffsetMs, abs(offset - before) > 5_000 else { return }
    // Proofs of publication are timed by it.
    for name in rooms.keys {
      rooms[name]?.core.verifyAnew()
      perform(name)
    }
    let round = deployment.sharedPolicy.round
    admission.distrustWall(until: now.instant + round)
    record(
      EventRecord(
        .clockStepped, at: now, level: .alert,
        text: "this host's wall clock was stepped by \((offset - before) / 1000) s: reports count "
          + "by their challenges, stamps before and after it do not compare"))
  }

  private func noteDoubts(_ now: Now) {
    for doubt in doubts.current.symmetricDifference(shownDoubts) {
      let begins = doubts.current.contains(doubt)
      // Nothing has been heard before the first report: that is start-up, no doubt worth a line.
      if evidence.agents.isEmpty { continue }
      record(
        EventRecord(
          begins ? .doubt : .doubtEnded, at: now,
          level: begins ? .alert : .notice,
          text: begins ? doubt.text : "no longer: \(doubt.text)"))
    }
    shownDoubts = doubts.current
  }

  /// Stores and logs an event that belongs to no transition.
  func record(_ event: EventRecord) {
    log(event)
    do {
      _ = try store.commit(Commit(service: event.service, events: [event]))
      storeTrouble = nil
    } catch {
      note(storeError: error)
    }
  }

  /// Ends what runs on its own and closes the store; nothing in flight is lost by it.
  func end() async {
    ending = true
    askingCaches?.cancel()
    for name in rooms.keys {
      rooms[name]?.verifying?.cancel()
      rooms[name]?.core.cancelWriting()
      perform(name)
    }
    for room in rooms.values { await room.calling?.task.value }
    await recorder?.end()
    store.close()
  }

  func note(storeError error: StoreError) {
    if storeTrouble != error.description {
      eventLog.write(
        .notStored, .critical, "cannot store: nothing new is begun", ["error": "\(error)"])
    }
    storeTrouble = error.description
  }

  /// A value of ours cannot be written as JSON: nothing new is begun, as with a full disk.
  func note(encoding error: any Error, of name: String) {
    let text = "cannot encode the memory of \(name): \(error)"
    if storeTrouble != text { eventLog.write(.notStored, .critical, text, ["service": name]) }
    storeTrouble = text
  }

  /// One line in the journal, with the fields that queries use.
  func log(_ event: EventRecord) {
    let level: Logger.Level =
      switch event.level {
      case .info: .info
      case .notice: .notice
      case .alert: .error
      }
    eventLog.write(CoordinatorMessage(event), level, event.text, fields(of: event))
  }

  /// What is known of an event's service goes with it: a move's steps are found by its epoch, its
  /// regions and its rule.
  private func fields(of event: EventRecord) -> [String: String] {
    var fields = ["kind": event.kind]
    fields["service"] = event.service
    let memory = event.service.flatMap { rooms[$0]?.core.machine.memory }
    let intent = event.incident == nil ? nil : memory?.intent
    fields["region"] = event.region ?? intent?.to ?? memory?.active
    fields["rule"] = (event.rule ?? intent?.rule.rawValue).map { "\($0)" }
    fields["epoch"] = (event.epoch ?? memory?.epoch).map { "\($0)" }
    fields["from"] = intent.map { $0.from ?? "nowhere" }
    fields["to"] = intent?.to
    return fields
  }
}

/// One service's core with what the shell holds of it.
struct Room: Sendable {
  var core: ServiceCore
  var service: Deployment.Service
  /// What is written waits for it; an answer with another number is void.
  var calling: (task: Task<Void, Never>, number: Int)?
  var verifying: Task<Void, Never>?
  var readTrouble: String?
  /// What resolvers show after the newest move.
  var caches: CacheInquiry?
  /// Who put there what is not ours, and the zones.
  var account = AccountView()

  init(core: ServiceCore, service: Deployment.Service) {
    self.core = core
    self.service = service
  }

  /// The service's name, its key among the rooms.
  var name: String { service.topology.service }
}
