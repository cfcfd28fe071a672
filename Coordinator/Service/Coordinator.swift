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

/// The one actor of the process: owns the core's state and the store, tells the core what happens,
/// and performs what it gives out. It runs on a thread of its own, because the store blocks.
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
  var deployment: Deployment {
    didSet { keyRing.replace(by: deployment) }
  }
  nonisolated let keyRing: KeyRing
  var nameServers: NameServers
  /// Asked how long caches keep the old address; nil: nobody.
  var resolvers: NameServers?
  /// Asks them while a move's old address may be cached.
  var askingCaches: Task<Void, Never>?
  var state: CoordinatorState
  /// What is held beside the core, by service.
  var shells: [String: ServiceShell] = [:]
  var refused: [String: Int] = [:]
  /// What is told of clocks and of the own network.
  var surroundings = Surroundings()
  /// When refusals of a code were last told.
  var refusedToldAt: [String: Instant] = [:]
  /// Told to stop: nothing new is begun.
  var ending: Bool { state.isEnding }
  /// The store's newest failure; nothing new is begun while it stands.
  var storeTrouble: String? {
    didSet {
      state.canStore = storeTrouble == nil
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
  private var ticksEarly = false
  /// The early tick that is planned next.
  private var early: Instant?

  init(
    deployment: Deployment, store: Store, provider: any DNSProvider, nameServers: NameServers,
    resolvers: NameServers? = nil, dns: DNSClient, publicKey: String, logger: Logger,
    recordsInto evidenceDirectory: String? = nil, readiness: (any ReadinessProvider)? = nil
  ) throws {
    executor = try ThreadExecutor(name: "coordinator")
    self.deployment = deployment
    keyRing = KeyRing(deployment)
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
    let writer = Writer(cluster: store.clusterID, incarnation: incarnation)
    state = CoordinatorState(
      rules: deployment.rules,
      services: try Self.cores(
        deployment.services, of: deployment, writer: writer, store: store, started: now.instant),
      now: now)
    shells = Dictionary(
      uniqueKeysWithValues: deployment.services.map { ($0.name, ServiceShell($0)) })
  }

  /// What the journal holds of the services.
  static func cores(
    _ services: [Deployment.Service], of deployment: Deployment, writer: Writer, store: Store,
    started: Instant
  ) throws -> [ServiceCore] {
    let stored = try store.services()
    let open = try store.openIncidents()
    return try services.map { service in
      let name = service.name
      var memory = Memory()
      if let kept = stored.first(where: { $0.service == name }), !kept.memory.isEmpty {
        memory = try JSON.decode(
          Memory.self, from: kept.memory, maxBytes: StoreBounds.memoryBytes)
      }
      return ServiceCore(
        deployment.rules(of: service), memory: memory, writer: writer, started: started,
        incident: open.first { $0.service == name },
        last: try store.incidents(service: name, limit: 5).first { $0.outcome != .open })
    }
  }

  /// Whose markers the services write.
  nonisolated var writer: Writer { Writer(cluster: store.clusterID, incarnation: incarnation) }

  /// Notes this start in the journal, and tells what is to be known of it.
  func begin() {
    tell(.started, now: Now(instant: started, wallMs: startedMs))
  }

  /// One tick: doubts, then every service that is due.
  func tick() {
    let now = Now.read()
    recordTick(now)
    tell(.tick, now: now)
    eventLog.settle()
  }

  /// From now on it also ticks between the regular ticks, when something is due at once, or not any
  /// more: the regular ones have ended.
  func tickEarly(_ isOn: Bool) { ticksEarly = isOn }

  /// Plans a tick before the next regular one, where something is due by then.
  func planEarlyTick() {
    guard ticksEarly, !state.isEnding, let at = state.wakeAt, early.map({ at < $0 }) ?? true
    else { return }
    let pause = at - Now.read().instant
    guard pause < deployment.tick else { return }
    early = at
    Task {
      try? await Task.sleep(for: max(pause, .zero))
      tickEarly(at)
    }
  }

  private func tickEarly(_ planned: Instant) {
    if early == planned { early = nil }
    guard ticksEarly, !state.isEnding, let at = state.wakeAt else { return }
    if at <= Now.read().instant { tick() } else { planEarlyTick() }
  }

  /// What the coordinator's own probes ask for now.
  var probePlan: ProbePlan {
    ProbePlan(
      targets: deployment.services.flatMap(\.probes), pace: deployment.probePace,
      references: deployment.settings.reference)
  }

  /// Takes in one round of the coordinator's own probes; of targets that are no longer configured,
  /// it says nothing.
  func take(_ probes: [(target: ProbeTarget, probe: OwnProbe)], reachedAnything: Bool) {
    let current = Set(deployment.services.flatMap(\.probes).map(\.question))
    let known = probes.filter { current.contains($0.target.question) }
    tell(
      .probes(
        Dictionary(known.map { (ProbeKey($0.target), $0.probe) }) { first, _ in first },
        reachedAnything: reachedAnything))
    recordProbes()
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
    askingCaches?.cancel()
    for shell in shells.values { shell.verifying?.cancel() }
    tell(.ending)
    for shell in shells.values { await shell.calling?.task.value }
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
    let memory = event.service.flatMap { state[$0]?.machine.memory }
    let intent = event.incident == nil ? nil : memory?.intent
    fields["region"] = event.region ?? intent?.to ?? memory?.active
    fields["rule"] = (event.rule ?? intent?.rule.rawValue).map { "\($0)" }
    fields["epoch"] = (event.epoch ?? memory?.epoch).map { "\($0)" }
    fields["from"] = intent.map { $0.from ?? "nowhere" }
    fields["to"] = intent?.to
    return fields
  }
}

/// What is held of a service beside its core.
struct ServiceShell: Sendable {
  var service: Deployment.Service
  /// What is written waits for it; an answer with another number is void.
  var calling: (task: Task<Void, Never>, number: Int)?
  var verifying: Task<Void, Never>?
  /// What resolvers show after the newest move.
  var caches: CacheInquiry?
  /// Who put there what is not ours, and the zones.
  var account = AccountView()

  init(_ service: Deployment.Service) {
    self.service = service
  }
}

/// One service as screens show it.
struct Room: Sendable {
  var core: ServiceCore
  var service: Deployment.Service
  var caches: CacheInquiry?
  var account: AccountView

  init(core: ServiceCore, shell: ServiceShell) {
    self.core = core
    service = shell.service
    caches = shell.caches
    account = shell.account
  }

  var name: String { service.name }
}

extension Coordinator {
  var evidence: Evidence { state.evidence }
  var doubts: Doubts { state.doubts }

  func room(_ name: String) -> Room? {
    guard let core = state[name], let shell = shells[name] else { return nil }
    return Room(core: core, shell: shell)
  }

  /// Of every service, by name.
  var rooms: [Room] { state.names.compactMap(room) }
}
