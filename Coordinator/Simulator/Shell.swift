import Codec
import CoordinatorCore
import Decision
import Store
import Wire

/// What is held of one service beside its core.
struct Room {
  let service: Int
  let name: String
  /// Where its core is among the state's.
  var place = 0
  // What is written.
  /// The move of that epoch has sent a write; 0: what is written beside moves has.
  var wroteFor: UInt64?
  /// What the journal named an incident whose effects came before it: of a planted bug.
  var hastyIncident: Int64?
  // Publication.
  var watches: [ConvergenceWatch] = []
  var verifyKey: Int?
  // What is read.
  var isReading = false
  var readingNumber = 0
  /// When the reading began that is under way.
  var readingBegan: Instant?
  // What was judged.
  var shown: [RegionID: Verdict] = [:]
  /// What a failback's gate came to, and since when, on the frozen clock.
  var gate: [Bool] = []
  var gateSince: Int64 = 0
}

/// The coordinator's process in the world: the core and the store that ship, around them a driver
/// in virtual time.
final class Shell {
  unowned let world: World
  let life: Int
  let clusterID: String
  var state: CoordinatorState
  var rooms: [Room]
  private let positions: [String: Int]
  var tallies: [OwnProbeKey: ProbeTally<Moment>] = [:]
  /// When the next round of own probes begins, on the frozen clock.
  private(set) var probesAt: Int64 = 0
  private var shownDoubts: Set<Doubt> = []
  /// The services that were judged in this tick.
  var judgedNow: Set<Int> = []
  /// How often the configuration was read again.
  var reloads = 0
  private(set) var isGone = false

  var policy: Policy { world.setup.policy }
  var evidence: Evidence { state.evidence }

  func core(_ index: Int) -> ServiceCore { state.cores[rooms[index].place] }

  func position(_ name: String) -> Int {
    guard let position = positions[name] else { preconditionFailure("\(name) is no service") }
    return position
  }

  /// A failback of some service is a question: then heartbeats count that reports tell of.
  var hearsHeartbeats: Bool {
    state.cores.contains { core in
      let memory = core.machine.memory
      return memory.active != nil && memory.active != core.machine.topology.primary
    }
  }

  init?(world: World, life: Int) {
    self.world = world
    self.life = life
    let incarnation = Hex.text(world.noise.word(.jitter, 77, Int64(life)))
    rooms = world.topologies.enumerated().map { Room(service: $0.offset, name: $0.element.service) }
    positions = Dictionary(uniqueKeysWithValues: rooms.map { ($0.name, $0.service) })
    do {
      let store = try world.journal.open()
      clusterID = store.clusterID
      state = CoordinatorState(
        rules: Self.rules(world, edition: "\(life).0"),
        services: try Self.cores(
          store, world, writer: Writer(cluster: clusterID, incarnation: incarnation)),
        now: world.clock)
    } catch {
      world.judge.fail(world, .durable, "the journal cannot be read after a start: \(error)")
      return nil
    }
    for index in rooms.indices {
      rooms[index].place = state.place(of: rooms[index].name) ?? index
    }
    let isRash = [.noRevalidation, .writeBeforeCommit].contains(world.perturbation)
    state.judgesBeforeWrites = !isRash
    state.judgesMoves = world.perturbation != .noRevalidation
    state.judgesAlways = world.pace == .step
    world.noteTrouble()
    world.trace.say(world.now, "coordinator starts")
    tell(.started)
    world.queue.plan(.ownProbes, at: world.frozenNow, key: life)
    world.queue.plan(.readRecord, at: world.frozenNow, key: life)
  }

  static func rules(_ world: World, edition: String) -> StateRules {
    let topology = world.topologies[0]
    let regions = topology.regions.map(\.id)
    return StateRules(
      policies: [world.setup.policy], tick: .milliseconds(World.tickMs),
      window: Defaults.firstContactWindow,
      // Quiet time is to stay quiet: it is tried where something could not be stored.
      journalEvery: nil, journalRetry: .seconds(2), agents: topology.agents,
      writers: Dictionary(
        uniqueKeysWithValues: regions.map { region in
          (region, [WriterGroup(table: "table", agents: world.agents(of: region))])
        }), orders: orders(world, edition: edition))
  }

  /// Told anew by each start and each reload.
  private static func orders(_ world: World, edition: String) -> StandingOrders {
    StandingOrders(
      edition: edition,
      agents: world.topologies[0].agents.mapValues { home in
        AgentOrders(
          peers: world.topologies[0].regions.map(\.id).filter { $0 != home },
          probes: world.targets(from: home))
      }, probeInterval: world.setup.policy.probeInterval,
      probeDeadline: .milliseconds(world.setup.probeDeadlineMs))
  }

  static func rules(of service: Int, _ world: World) -> ServiceRules {
    let policy = world.perturbation?.policy(world.setup.policy) ?? world.setup.policy
    return ServiceRules(
      topology: world.topologies[service], policy: policy, names: world.zone.names[service],
      pace: pace(policy),
      upkeep: UpkeepRules(
        proof: Defaults.tokenProof, retry: Defaults.tokenProofRetry, healAfter: Defaults.healAfter,
        creates: world.setup.creates, ttlSeconds: world.setup.ttlSeconds, tokenCure: ""))
  }

  /// What the journal holds of every service.
  private static func cores(
    _ store: Store, _ world: World, writer: Writer
  ) throws -> [ServiceCore] {
    let stored = try store.services()
    let open = try store.openIncidents()
    return try world.topologies.enumerated().map { service, topology in
      let name = topology.service
      var memory = Memory()
      if let kept = stored.first(where: { $0.service == name }), !kept.memory.isEmpty {
        memory = try JSON.decode(
          Memory.self, from: kept.memory, maxBytes: StoreBounds.memoryBytes)
      }
      world.judge.reopened(world, service, memory)
      return ServiceCore(
        rules(of: service, world), memory: memory, writer: writer, started: world.clock.instant,
        incident: open.first { $0.service == name },
        last: try store.incidents(service: name, limit: 5).first { $0.outcome != .open })
    }
  }

  private static func pace(_ policy: Policy) -> ServicePace {
    ServicePace(
      move: MovePace(
        writeDeadline: policy.writeDeadline, rereadAfter: policy.rereadAfter,
        retryBase: policy.rereadAfter / 4, retryLimit: policy.writeDeadline),
      restartMargin: Defaults.restartMargin, readEvery: .milliseconds(World.readMs))
  }

  /// The process is gone.
  func vanish() {
    isGone = true
  }

  // MARK: Ticks

  func tick() {
    judgedNow = []
    tell(.tick)
    if state.doubts.current != shownDoubts {
      shownDoubts = state.doubts.current
      world.noteTrouble()
    }
    guard world.conditions.isApproved else { return }
    for index in judgedNow.sorted() where !isGone { approve(index) }
  }

  /// When the next tick comes at the latest, on the frozen clock.
  var wakeAt: Int64? {
    isGone ? nil : state.wakeAt.map { world.frozen(at: $0) }
  }

  /// As long a gate has to be the same that waits for reports or is held by them: longer than what
  /// agents remember of heartbeats. Nothing comes of more of the same.
  private static let gateMs: Int64 = 2_400_000

  /// Nothing is going on and nothing can begin but by a fault or at a deadline.
  var isQuiet: Bool {
    let now = world.clock
    return state.canStore && state.doubts.current.isEmpty && state.quarantined.isEmpty
      && rooms.allSatisfy { room in
        let core = state.cores[room.place]
        let isStill =
          !room.gate.isEmpty && world.frozenNow - room.gateSince >= Self.gateMs
        return room.verifyKey == nil && core.forgetting == nil
          && core.isCalm(now, isGateStill: isStill)
      }
      && state.hearsAll(now)
  }

  /// The earliest deadline of a service, in true time.
  func deadlineTrue() -> Int64? {
    let wakes = state.cores.compactMap(\.wake)
    let wall = wakes.compactMap(\.wallMs).map {
      $0 - World.wallStart - world.conditions.coordinator.clockStepMs
    }
    let boot = wakes.compactMap(\.instant).map {
      world.now + ($0 - world.clock.instant).wholeMilliseconds
    }
    return (wall + boot).min()
  }

  // MARK: Own probes

  func startProbes(life: Int) {
    guard life == self.life else { return }
    let interval = policy.probeInterval.wholeMilliseconds
    guard !world.conditions.coordinator.stopped else {
      world.queue.plan(.ownProbes, at: world.frozenNow + 1000, key: life)
      return
    }
    var findings: [OwnFinding] = []
    for topology in world.topologies {
      for (number, region) in topology.regions.enumerated() {
        for family in topology.families {
          let found = world.askRegion(number, from: 0, family, who: -1)
          findings.append(
            OwnFinding(
              key: OwnProbeKey(service: topology.service, region: region.id, family: family),
              outcome: found.outcome, status: found.status, tookMs: found.tookMs,
              started: world.clock.instant))
        }
      }
    }
    let took = findings.map(\.tookMs).max() ?? 0
    world.queue.plan(
      .ownProbesEnd, at: world.frozenNow + took,
      key: world.keep(.ownProbes(findings, life: life)))
    probesAt = world.frozenNow + max(interval, took)
    world.queue.plan(.ownProbes, at: probesAt, key: life)
  }

  func finishProbes(_ findings: [OwnFinding], life: Int) {
    guard life == self.life else { return }
    let now = world.clock.instant
    let good = Set(findings.filter { $0.outcome == .serving }.map(\.key.region))
    var probes: [OwnProbeKey: OwnProbe] = [:]
    for finding in findings {
      var tally = tallies[finding.key] ?? ProbeTally()
      let before = tally.vote
      let valid = good.contains { $0 != finding.key.region }
      let run = ProbeTally<Moment>.runMs(
        periodMs: policy.probeInterval.wholeMilliseconds, fall: Defaults.probeFall)
      tally.take(
        finding.outcome, started: finding.started, fall: Defaults.probeFall, valid: valid,
        runsFrom: finding.started - .milliseconds(run))
      tallies[finding.key] = tally
      if tally.vote != before {
        world.noteTrouble()
      }
      if finding.outcome != .serving { world.noteLoss() }
      probes[finding.key] = OwnProbe(
        vote: tally.vote, outcome: finding.outcome, detail: finding.outcome.rawValue, at: now,
        servingStarted: tally.servingStarted, badSince: tally.badSince,
        badNewest: tally.badNewest, status: finding.status)
    }
    tell(.probes(probes, reachedAnything: !good.isEmpty))
  }
}

/// What one of the coordinator's own probes shows.
struct OwnFinding {
  var key: OwnProbeKey
  var outcome: ProbeOutcome
  var status: Int?
  var tookMs: Int64
  var started: Moment
}
