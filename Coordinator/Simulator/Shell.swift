import Codec
import CoordinatorCore
import Decision
import Store
import Wire

/// One service as the coordinator's process holds it; the counterpart of the service's `Room`.
struct Room {
  var core: ServiceCore
  let service: Int
  // What is written.
  /// What it waits for: an answer or a timer of an earlier wait is void.
  var waitKey = 0
  var jitter = 0.0
  var hasWritten = false
  // Publication.
  var watches: [ConvergenceWatch] = []
  var verifyKey: Int?
  // What is read.
  var isReading = false
  var readingNumber = 0
  // Which ticks can be left out.
  var isDirty = true
  var rest = Rest.restless

  var name: String { core.name }

  /// Whether a failback is a question: then heartbeats count that reports tell of.
  var hearsHeartbeats: Bool {
    let memory = core.machine.memory
    return memory.active != nil && memory.active != core.machine.topology.primary
  }
}

/// The coordinator's process in the world: the evidence, the services' cores and the store that
/// ship, around them a driver in virtual time. What `Coordinator/Service` does beside its cores
/// (relayed summaries, reloads) is not here.
final class Shell {
  unowned let world: World
  let life: Int
  let started: Moment
  let incarnation: String
  let clusterID: String
  var evidence: Evidence
  var doubts: Doubts
  var admission: Admission
  var elections = WriterElection()
  var rooms: [Room] = []
  var tallies: [OwnProbeKey: ProbeTally<Moment>] = [:]
  /// When the next round of own probes begins, on the frozen clock.
  private(set) var probesAt: Int64 = 0
  var watch: FreshnessWatch
  var shownDoubts: Set<Doubt> = []
  private var wasVoid = false
  /// Agents that were quarantined at the last look.
  private var quarantined: Set<AgentID> = []
  private var wallOffsetMs: Int64?
  private(set) var isGone = false

  var policy: Policy { world.setup.policy }

  init?(world: World, life: Int) {
    self.world = world
    self.life = life
    let now = world.clock
    started = now.instant
    incarnation = Hex.text(world.noise.word(.jitter, 77, Int64(life)))
    evidence = Evidence(floor: now.instant)
    let policy = world.setup.policy
    doubts = Doubts(policy: policy, expectedTick: .milliseconds(World.tickMs))
    admission = Admission(freshFor: policy.freshFor, window: Defaults.firstContactWindow)
    watch = FreshnessWatch(limit: policy.freshFor)
    do {
      let store = try world.journal.open()
      clusterID = store.clusterID
      try readJournal(store)
    } catch {
      world.judge.fail(world, .durable, "the journal cannot be read after a start: \(error)")
      return nil
    }
    world.noteTrouble()
    world.trace.say(world.now, "coordinator starts")
    world.queue.plan(.ownProbes, at: world.frozenNow, key: life)
    world.queue.plan(.readRecord, at: world.frozenNow, key: life)
  }

  /// What the journal holds of every service.
  private func readJournal(_ store: Store) throws {
    let stored = try store.services()
    let open = try store.openIncidents()
    let policy = world.perturbation?.policy(world.setup.policy) ?? world.setup.policy
    let upkeep = UpkeepRules(
      proof: Defaults.tokenProof, retry: Defaults.tokenProofRetry, healAfter: Defaults.healAfter,
      creates: world.setup.creates, ttlSeconds: world.setup.ttlSeconds, tokenCure: "")
    for (service, topology) in world.topologies.enumerated() {
      var memory = Memory()
      if let kept = stored.first(where: { $0.service == topology.service }), !kept.memory.isEmpty {
        memory = try JSON.decode(
          Memory.self, from: kept.memory, maxBytes: StoreBounds.memoryBytes)
      }
      world.judge.reopened(world, service, memory)
      let core = ServiceCore(
        machine: Machine(
          topology: topology, policy: policy, memory: memory, started: started),
        names: world.zone.names[service], pace: Self.pace(policy), upkeep: upkeep,
        writer: Writer(cluster: clusterID, incarnation: incarnation), started: started,
        incident: open.first { $0.service == topology.service },
        last: try store.incidents(service: topology.service, limit: 5).first {
          $0.outcome != .open
        })
      rooms.append(Room(core: core, service: service))
      let commit = rooms[service].core.start(at: world.clock)
      if self.store(commit, room: service) != nil { rooms[service].core.started(commit) }
      _ = rooms[service].core.takeDirectives()
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

  /// Goes on after it did not run for a while.
  func wake() {
    for index in rooms.indices { rooms[index].isDirty = true }
  }

  // MARK: Ticks

  func tick() {
    let now = world.clock
    noteWallClock(now)
    if doubts.tick(&evidence, now: now.instant) {
      for index in rooms.indices {
        rooms[index].core.machine.restartConfirmations()
        rooms[index].isDirty = true
      }
    }
    if doubts.current != shownDoubts {
      shownDoubts = doubts.current
      world.noteTrouble()
      for index in rooms.indices { rooms[index].isDirty = true }
    }
    // What was void counts again at an instant that nothing else marks.
    let isVoid = evidence.voidUntil.map { now.instant < $0 } ?? false
    if isVoid != wasVoid {
      wasVoid = isVoid
      for index in rooms.indices { rooms[index].isDirty = true }
    }
    var expired = watch.expire(now.instant)
    if settleByTime(now.instant) { expired = true }
    for index in rooms.indices {
      if isGone { return }
      if expired { rooms[index].isDirty = true }
      guard world.pace == .step || rooms[index].isDirty || rooms[index].rest.isDue(now) else {
        continue
      }
      if world.perturbation == .noRevalidation, rooms[index].core.isMoving { continue }
      rooms[index].isDirty = false
      step(index, now: now)
      if world.conditions.isApproved, !isGone { approve(index) }
    }
  }

  /// Whether time alone has changed what an agent's reports count for: a quarantine is over, a
  /// deploy notice at its end.
  private func settleByTime(_ now: Moment) -> Bool {
    let held = quarantined.filter { evidence.twins.hold($0, at: now) }
    var changed = held.count != quarantined.count
    quarantined = held
    for ends in evidence.excuses.values.compactMap(\.until) {
      if ends <= now, now - ends < .milliseconds(World.tickMs) { changed = true }
    }
    return changed
  }

  /// Notes that two hosts may have been seen to use an identity.
  func noteTwins(_ agent: AgentID, at now: Moment) {
    if evidence.twins.hold(agent, at: now) { quarantined.insert(agent) }
  }

  /// Five seconds are more than slewing does between two ticks.
  private func noteWallClock(_ now: Now) {
    let offset = now.wallMs - now.instant.milliseconds - world.frozen
    defer { wallOffsetMs = offset }
    guard let before = wallOffsetMs, abs(offset - before) > 5_000 else { return }
    for index in rooms.indices {
      rooms[index].core.verifyAnew()
      perform(index)
    }
    admission.distrustWall(until: now.instant + policy.round)
    for index in rooms.indices { rooms[index].isDirty = true }
    world.noteTrouble()
  }

  /// Nothing is going on and nothing can begin but by a fault or at a deadline.
  var isQuiet: Bool {
    doubts.current.isEmpty && quarantined.isEmpty && watch.allFresh(world.clock.instant)
      && rooms.allSatisfy { room in
        !room.isDirty && room.rest.isCalm && room.core.forgetting == nil && !room.core.isWriting
          && room.verifyKey == nil
          && room.core.machine.at == .region && !room.core.machine.isReadOnly
      }
  }

  /// The earliest deadline on the wall clock, in true time.
  func deadlineTrue() -> Int64? {
    rooms.compactMap(\.rest.wallMs).min().map {
      $0 - World.wallStart - world.conditions.coordinator.clockStepMs
    }
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
    var changed = evidence.ownVoteVoid != good.isEmpty
    evidence.ownVoteVoid = good.isEmpty
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
        changed = true
        world.noteTrouble()
      }
      if finding.outcome != .serving { world.noteLoss() }
      evidence.take(
        OwnProbe(
          vote: tally.vote, outcome: finding.outcome, detail: finding.outcome.rawValue, at: now,
          servingStarted: tally.servingStarted, badSince: tally.badSince,
          badNewest: tally.badNewest, status: finding.status), of: finding.key)
    }
    if watch.takeProbes(evidence.ownProbes.values, at: now) { changed = true }
    if changed { for index in rooms.indices { rooms[index].isDirty = true } }
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
