import Decision
import Wire

/// Watches a world and notes what must never happen.
struct Judge {
  private(set) var violations: [Violation] = []
  let setup: Setup
  var truth: Truth
  /// What the journal holds for certain, by service.
  var durable: [Memory]
  /// When automatic moves really wrote first, by service.
  var moves: [[(at: Int64, errand: Errand)]]
  /// When a region last had a down verdict, by service.
  var lastDown: [[RegionID: Int64]]
  /// Until when an operator's pause holds, in wall time, by service.
  var pausedUntil: [Int64?]
  /// When the process started that runs now.
  var startedAt: Int64 = 0
  /// What agents really said, where a planted bug changes what the machine gets.
  var raw = Evidence(floor: Moment(milliseconds: 0))
  /// When the newest intent was made, by service.
  var openedAt: [Int64]
  /// What an operator approved last, by service; a move takes it up.
  private var approved: [Int: Approval] = [:]
  /// The region whose host was granted the newest lease, by service.
  var lastLeased: [String: Int] = [:]
  /// When somebody else's value was last written over, in wall time, by service.
  private var enforcedMs: [Int: Int64] = [:]
  /// When the dead region was first seen not to be left.
  var stuckSince: [Int64?]
  /// When it was looked around last.
  var lookedAt: Int64 = 0
  /// Services of which a write landed that nobody saw in time.
  var unseen: Set<Int> = []

  init(setup: Setup) {
    self.setup = setup
    truth = Truth(setup: setup)
    durable = Array(repeating: Memory(), count: setup.services)
    moves = Array(repeating: [], count: setup.services)
    lastDown = Array(repeating: [:], count: setup.services)
    pausedUntil = Array(repeating: nil, count: setup.services)
    stuckSince = Array(repeating: nil, count: setup.services)
    openedAt = Array(repeating: .min / 2, count: setup.services)
  }

  mutating func fail(_ world: World, _ invariant: Invariant, _ text: String) {
    guard violations.count < 8 else { return }
    violations.append(
      Violation(
        seed: world.schedule.seed, atMs: world.now, invariant: invariant, text: text,
        trace: world.trace.lines.suffix(40)))
    world.trace.say(world.now, "VIOLATION of invariant \(invariant.rawValue): \(text)")
  }

  mutating func turn(_ world: World, active: [Fault]) {
    truth.turn(active, at: world.now)
  }

  // MARK: The journal

  /// A commit is durable.
  mutating func stored(_ world: World, _ service: Int, _ memory: Memory) {
    let before = durable[service]
    // Whoever adopts another coordinator's marker goes on above its epoch, once.
    let mayRise =
      memory.conflict?.adoptedBy != nil && before.conflict?.adoptedBy != memory.conflict?.adoptedBy
    if memory.epoch < before.epoch || memory.epoch > before.epoch + 1 && !mayRise {
      fail(world, .oneIntent, "the epoch goes from \(before.epoch) to \(memory.epoch)")
    }
    durable[service] = memory
    pausedUntil[service] = memory.pause?.untilMs
    if let approval = memory.approval { approved[service] = approval }
    guard let move = memory.moves.last, move != before.moves.last else { return }
    moves[service].append((world.now, move.errand))
    checkBudget(world, service)
  }

  private static func isWallSteady(_ world: World) -> Bool {
    !world.schedule.faults.contains { $0.kind == .coordinatorClockStep }
  }

  private mutating func checkBudget(_ world: World, _ service: Int) {
    // The budget is counted on the wall clock, which may have been stepped.
    guard Self.isWallSteady(world) else { return }
    let window = setup.policy.switchWindow.wholeMilliseconds
    let recent = moves[service].filter { world.now - $0.at <= window }
    moves[service] = recent
    if recent.count > setup.policy.maxSwitchesHard {
      fail(world, .flapping, "\(recent.count) automatic moves within the window")
    }
    let elective = recent.count { $0.errand == .elective }
    if elective > setup.policy.maxElective {
      fail(world, .flapping, "\(elective) automatic failbacks within the window")
    }
  }

  /// A new process has read the journal.
  mutating func reopened(_ world: World, _ service: Int, _ memory: Memory) {
    startedAt = world.now
    lastDown[service] = [:]
    if memory != durable[service] {
      fail(world, .durable, "after a crash the journal is not what was committed last")
    }
  }

  // MARK: Decisions

  /// A service was judged; `transition` is durable.
  mutating func judged(
    _ world: World, _ shell: Shell, _ index: Int, _ assessment: Assessment,
    _ transition: Transition?
  ) {
    for (region, picture) in assessment.pictures where picture.verdict.isDown {
      lastDown[index][region] = world.now
    }
    if assessment.facts.source == .confirmed, assessment.intent == nil, transition == nil,
      assessment.decision.rule == .steady
    {
      fail(world, .explained, "a confirmed outage is passed over as \(assessment.decision.rule)")
    }
    guard let intent = transition?.opened else { return }
    world.figures.intents[intent.kind, default: 0] += 1
    openedAt[index] = world.now
    let witness = witness(world, shell, index)
    if intent.errand != .commanded && intent.errand != .repair { checkOrders(world, index, intent) }
    switch intent.errand {
    case .emergency: checkEmergency(world, index, intent, witness, assessment)
    case .elective: checkElective(world, index, intent, witness)
    case .commanded: break
    case .repair: checkRepair(world, index, intent, witness)
    }
  }

  func witness(_ world: World, _ shell: Shell, _ index: Int) -> Witness {
    var witness = Witness(
      evidence: shell.evidence, topology: world.topologies[index], policy: setup.policy,
      now: world.clock.instant)
    if world.perturbation != nil { witness.agents = raw.agents }
    witness.excused = Set((durable[index].maintenance ?? [:]).keys)
    return witness
  }

  private mutating func checkOrders(_ world: World, _ index: Int, _ intent: Intent) {
    if let until = pausedUntil[index], world.clock.wallMs < until, durable[index].pause != nil {
      fail(world, .operatorWins, "an automatic move to \(intent.to) while paused")
    }
    if let work = durable[index].maintenance?[intent.to], world.clock.wallMs < work.untilMs {
      fail(world, .operatorWins, "an automatic move to \(intent.to), which is in maintenance")
    }
    let approval = approved[index]
    let isApproved =
      approval?.from == intent.from && approval?.to == intent.to
      && world.clock.wallMs <= approval?.untilMs ?? 0
    approved[index] = nil
    if setup.policy.automation != .automatic, !isApproved {
      fail(world, .operatorWins, "an automatic move with automation \(setup.policy.automation)")
    }
  }

  private mutating func checkEmergency(
    _ world: World, _ index: Int, _ intent: Intent, _ witness: Witness, _ assessment: Assessment
  ) {
    guard let from = intent.from, let number = world.regionNumber[from] else { return }
    if let text = witness.againstLeaving(from) {
      fail(world, .silence, "\(from) is left for \(intent.to) without bad votes: \(text)")
    }
    if let text = witness.againstEntering(intent.to, from: from) {
      fail(world, .justified, "\(intent.to) takes over from \(from), but \(text)")
    }
    let confirmed = assessment.memories[from]?.downSince.map { witness.now - $0 } ?? .zero
    let least = setup.policy.failoverAfter
    if intent.rule != .supersede, confirmed < least {
      fail(
        world, .justified,
        "\(from) is left for \(intent.to) after \(confirmed), confirmation takes \(least)")
    }
    // Until the next probe and the next report nobody can know that it is well again.
    let late = setup.policy.probeInterval + setup.policy.reportInterval
    let span = (setup.policy.failoverAfter + late).wholeMilliseconds + 15_000
    if truth.servedWell(number, for: span, at: world.now) {
      let verdict = assessment.pictures[from]?.verdict.rawValue ?? "unknown"
      world.figures.falseMoves.append(
        FalseMove(
          seed: world.schedule.seed, atMs: world.now,
          text: "\(from) was serving well and was left for \(intent.to) as \(verdict)"))
      world.trace.say(world.now, "FALSE MOVE: \(from) was serving well")
    }
  }

  private mutating func checkElective(
    _ world: World, _ index: Int, _ intent: Intent, _ witness: Witness
  ) {
    let name = "the failback to \(intent.to)"
    if let text = witness.againstEntering(intent.to, from: nil) {
      fail(world, .gated, "\(name), but \(text)")
    }
    let need = setup.policy.failbackAfter.wholeMilliseconds - World.tickMs
    let since = max(lastDown[index][intent.to] ?? 0, startedAt)
    if world.now - since < need {
      fail(world, .gated, "\(name) comes \(Seconds.text(world.now - since)) s after it was down")
    }
    if durable[index].pinned != nil {
      fail(world, .operatorWins, "\(name), though an operator has pinned the service")
    }
    let reports = setup.policy.reportInterval * 2 + setup.policy.heartbeatPeriod
    let usual = setup.policy.maxLag.wholeMilliseconds + max(10_000, reports.wholeMilliseconds)
    if let from = intent.from.flatMap({ world.regionNumber[$0] }),
      let to = world.regionNumber[intent.to]
    {
      for (source, target) in [(from, to), (to, from)] {
        let behind = world.replicas.behind(source, target, at: world.frozenNow) ?? 0
        if behind > usual {
          fail(world, .gated, "\(name) while replication is \(Seconds.text(behind)) s behind")
        }
      }
    }
  }

  /// Only what is wanted is written again: where a write of ours may have landed late, or where
  /// somebody else's value stands for long and `drift` is `enforce`.
  private mutating func checkRepair(
    _ world: World, _ index: Int, _ intent: Intent, _ witness: Witness
  ) {
    let memory = durable[index]
    if intent.to != memory.active {
      fail(world, .oneIntent, "\(intent.to) is repaired, users are in \(memory.active ?? "-")")
    }
    guard intent.rule != .enforceDrift else { return checkEnforced(world, index, witness) }
    if !(memory.echoes ?? []).contains(where: { $0.region == intent.from }) {
      fail(world, .justified, "\(intent.to) is written again, and no write of ours was abandoned")
    }
  }

  private mutating func checkEnforced(_ world: World, _ index: Int, _ witness: Witness) {
    if let active = durable[index].active, let text = witness.againstEntering(active, from: nil) {
      fail(world, .justified, "somebody's value is written over with \(active), but \(text)")
    }
    let policy = setup.policy
    let wall = world.clock.wallMs
    if policy.drift != .enforce || policy.automation != .automatic {
      fail(world, .operatorWins, "somebody's value is written over with drift \(policy.drift)")
    }
    if durable[index].pause != nil {
      fail(world, .operatorWins, "somebody's value is written over while paused")
    }
    // It stands there from the first reading on that shows it, on the wall clock; what is read may
    // be of before it was taken back.
    let isSteady = Self.isWallSteady(world)
    let since = world.zone.foreignSince[index]
    let isOld = world.zone.foreignEnd[index].map { world.now - $0 > 60_000 } ?? false
    let stood = since.map { world.now - $0 } ?? 0
    if isSteady, isOld || stood < policy.driftAfter.wholeMilliseconds {
      fail(world, .justified, "what stood for \(stood) ms is written over")
    }
    if isSteady, let last = enforcedMs[index], wall - last < policy.driftPause.wholeMilliseconds {
      fail(world, .flapping, "somebody's value is written over twice within \(wall - last) ms")
    }
    enforcedMs[index] = wall
  }
}
