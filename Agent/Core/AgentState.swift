public import Wire

/// Who this agent is.
public struct AgentFacts: Hashable, Sendable {
  /// The agent's id.
  public var agent: String
  /// Its Linode region id.
  public var region: String
  /// 16 hex digits, random at each process start.
  public var boot: String
  /// The release of this program, as `1.2.3`.
  public var version: String
  /// The interval of reports until a directive names another.
  public var reportIntervalMs: Int64
  /// The table that holds the heartbeats; nil without DynamoDB.
  public var table: String?
  /// A timer later than this counts as starved.
  public var lateTimerMs: Int64

  /// The facts of one process.
  public init(
    agent: String, region: String, boot: String, version: String, reportIntervalMs: Int64,
    table: String? = nil, lateTimerMs: Int64 = 1000
  ) {
    self.agent = agent
    self.region = region
    self.boot = boot
    self.version = version
    self.reportIntervalMs = reportIntervalMs
    self.table = table
    self.lateTimerMs = lateTimerMs
  }
}

/// Everything an agent knows: folds what the shell brings in and builds reports from it.
///
/// Pure: no clock, no I/O, no randomness. Bounded for any input.
public struct AgentState: Sendable {
  /// Who this agent is.
  public let facts: AgentFacts
  /// What the coordinator said.
  public private(set) var directive: DirectiveState
  /// When the next report is due.
  public internal(set) var pacer: ReportPacer

  var board = ProbeBoard()
  /// By number, which rises with each check that is added.
  private var checks: [(number: Int, identity: CheckIdentity, machine: CheckMachine)] = []
  private var lastNumber = -1
  private var ledger: HeartbeatLedger?
  private var lag: [String: LagEstimator] = [:]
  /// Up to which changes the coordinator knows what is told once, and will once it has answered the
  /// newest report.
  private var told = Told()
  private var telling = Told()
  private var history = CheckHistory()
  private var starved: StarvedMonitor
  private var app: AppState?
  private(set) var sequence: UInt64 = 0
  /// Since when it counts itself as starved.
  private var starvedSince: Instant?
  /// The end of a deploy notice.
  var noticeUntil: Instant?
  /// The newest report that did not know of the notice, or of its end.
  var noticeAfter: UInt64 = 0
  /// The newest report that was answered.
  var answered: UInt64 = 0
  /// How many reports were answered, and how many were not.
  var counts = ReportCounts()
  /// The replicas as the table's description last had them.
  public internal(set) var table: TableSight?

  /// The state of an agent that has just started.
  public init(facts: AgentFacts) {
    self.facts = facts
    directive = DirectiveState(agent: facts.agent, region: facts.region)
    pacer = ReportPacer(intervalMs: facts.reportIntervalMs)
    starved = StarvedMonitor(lateMs: facts.lateTimerMs)
    ledger = facts.table.map { HeartbeatLedger(table: $0, agent: facts.agent, boot: facts.boot) }
  }

  /// Adds a check, at most `Limits.listEntries`; returns its number for `take(_:of:wallMs:)`.
  public mutating func add(_ identity: CheckIdentity, policy: CheckPolicy, at now: Instant) -> Int?
  {
    guard checks.count < Limits.listEntries else { return nil }
    var identity = identity
    identity.name = Text.cut(identity.name, to: Limits.textBytes)
    lastNumber += 1
    checks.append((lastNumber, identity, CheckMachine(policy: policy, created: now)))
    return lastNumber
  }

  private func place(of number: Int) -> Int? { checks.firstIndex { $0.number == number } }

  /// Removes a check; its number is not used again.
  public mutating func remove(check number: Int) {
    checks.removeAll { $0.number == number }
    pacer.change()
  }

  /// A change of a check's state, or of whether there is something odd about it, for the log.
  public struct CheckChange: Hashable, Sendable {
    /// The check's name.
    public var name: String
    /// The state before.
    public var from: CheckState
    /// The check as the report shows it now.
    public var result: CheckResult
  }

  /// Takes in one attempt of check `number`; returns the change of state, if there is one. An
  /// attempt of a check that was removed meanwhile changes nothing.
  public mutating func take(_ attempt: Attempt, of number: Int, wallMs: Int64) -> CheckChange? {
    guard let place = place(of: number) else { return nil }
    if let stated = attempt.outcome.app {
      app = AppState(
        region: stated.region.map { Text.cut($0, to: Limits.nameBytes) },
        release: stated.release.map { Text.cut($0, to: Limits.nameBytes) })
    }
    let before = checks[place].machine.state
    guard checks[place].machine.take(attempt) else { return nil }
    pacer.change()
    let result = checks[place].machine.result(checks[place].identity, at: attempt.ended)
    if result.state != before {
      history.append(
        PastCheck(atMs: wallMs, name: result.name, state: result.state, reason: result.reason))
    } else if result.finding == nil {
      return nil
    }
    return CheckChange(name: result.name, from: before, result: result)
  }

  /// When check `number` runs next; nil when it was removed.
  public func nextRun(of number: Int) -> Instant? {
    place(of: number).map { checks[$0].machine.nextRun }
  }

  /// The checks' names and states in their order, for the status line.
  public var checkStates: [(name: String, state: CheckState)] {
    checks.map { ($0.identity.name, $0.machine.state) }
  }

  /// The next heartbeat to write; nil while another agent is the region's writer.
  public mutating func nextBeat(wallMs: Int64, clock: ClockState) -> Heartbeat? {
    guard directive.heartbeatWriter else { return nil }
    return ledger?.next(
      wallMs: wallMs, periodMs: Int(directive.heartbeatPeriodMs), clockErrorMs: clock.errorMs)
  }

  /// Takes in what became of a heartbeat; says whether its class of failure has changed.
  @discardableResult
  public mutating func take(
    _ outcome: BeatOutcome, of heartbeat: Heartbeat, started: Instant, ended: Instant
  ) -> Bool {
    ledger?.take(outcome, of: heartbeat, started: started, ended: ended) ?? false
  }

  /// Takes in a successful read of `region`'s heartbeats from the local replica.
  public mutating func take(_ read: ReplicaRead, of region: String) {
    guard directive.peers.contains(region) else { return }
    lag[region, default: LagEstimator()].take(read)
  }

  /// Takes in a probe; returns whether the vote has changed.
  public mutating func take(
    _ finding: ProbeFinding, of target: ProbeTarget, started: Instant, ended: Instant
  ) -> Bool {
    let changed = board.take(
      finding, of: target, started: started, ended: ended, fall: directive.probeFall,
      periodMs: directive.times(of: target).periodMs)
    if changed { pacer.change() }
    return changed
  }

  /// Takes in a timer of this process that was to fire at `due`; says whether the agent now
  /// counts itself as starved where it did not before, or the reverse.
  public mutating func take(timerDue due: Instant, fired: Instant) -> Bool {
    starved.take(due: due, fired: fired)
    let isStarved = starved.isStarved(at: fired)
    guard isStarved != self.isStarved else { return false }
    pacer.change()
    if let start = starvedSince {
      // What fell while this process did not run on time says nothing about anyone: it would count
      // as an outage that has lasted for long.
      for place in checks.indices { checks[place].machine.voidFailures(since: start) }
      board.voidFailures(since: start)
      starvedSince = nil
    } else {
      for place in checks.indices { checks[place].machine.beginStarved() }
      starvedSince = starved.began
    }
    return true
  }

  /// Whether the agent counts itself as starved.
  public var isStarved: Bool { starvedSince != nil }

  /// Takes over a verified directive that answers report `sequence`.
  public mutating func take(
    _ directive: Directive, answering sequence: UInt64, sent: Instant, at now: Instant
  ) -> DirectiveState.Verdict {
    let orders = self.directive.orders
    let verdict = self.directive.take(directive, answering: sequence, sent: sent, at: now)
    guard case .taken = verdict else { return verdict }
    // Whoever gives other orders may have begun anew, and knows nothing of before.
    let isKept = orders != nil && orders == self.directive.orders
    let lacks = !isKept && told != Told()
    if sequence == self.sequence { told = isKept ? telling : Told() }
    answered = max(answered, sequence)
    counts.answered += 1
    board.take(targets: self.directive.probes)
    for gone in lag.keys where !self.directive.peers.contains(gone) {
      lag[gone] = nil
      told.sightings[gone] = nil
    }
    if sequence == self.sequence { history.deliver() }
    pacer.deliver(nextMs: directive.nextReportMs)
    // The report left out what is not known there: votes for a region, for instance.
    if lacks { pacer.change() }
    return verdict
  }

  /// The report was lost or refused; `challenge` if the refusal carried one. With a challenge the
  /// next report may go at once if `retry` is set.
  public mutating func loseReport(
    challenge: String?, retry: Bool, at now: Instant, jitter: Double
  ) {
    history.lose()
    counts.lost += 1
    if let challenge { directive.take(challenge: challenge) }
    if challenge != nil && retry {
      pacer.retryAtOnce()
    } else {
      pacer.fail(at: now, jitter: jitter)
    }
  }

  /// The next report. Each has its own sequence, also when it repeats a refused one.
  public mutating func report(
    at now: Instant, wallMs: Int64, clock: ClockState, goodbye: Bool = false
  ) -> Report {
    sequence += 1
    pacer.send(at: now)
    // Whoever names no orders tells all.
    if directive.orders == nil { told = Told() }
    telling = Told(sightings: lag.mapValues(\.changes), probes: board.changes)
    let probes = board.news(at: now, since: told.probes)
    return Report(
      agent: facts.agent, region: facts.region, boot: facts.boot, sequence: sequence,
      sentMs: wallMs, intervalMs: Int(pacer.intervalMs), challenge: directive.challenge,
      orders: directive.orders, stand: directive.stand, checks: results(at: now),
      heartbeat: heartbeat(at: now), peers: peers(at: now, since: told.sightings),
      probes: probes.whole, steady: probes.steady.entries.isEmpty ? nil : probes.steady,
      clock: clock,
      app: app, agentVersion: facts.version,
      starved: isStarved, deployingMs: deployingMs(at: now), goodbye: goodbye,
      acknowledged: directive.stand == nil ? directive.acknowledged : [], history: history.cover(),
      replicas: table?.replicas(at: now), consistency: table?.consistency(at: now))
  }

  func results(at now: Instant) -> [CheckResult] {
    checks.map { $0.machine.result($0.identity, at: now) }
  }

  func heartbeat(at now: Instant) -> OwnHeartbeat? {
    directive.heartbeatWriter
      ? ledger?.own(periodMs: Int(directive.heartbeatPeriodMs), at: now) : nil
  }

  /// The peers, without the sightings that are told already: by region, up to which change.
  func peers(at now: Instant, since told: [String: UInt64] = [:]) -> [PeerHeartbeat] {
    directive.peers.compactMap { lag[$0]?.peer($0, at: now, since: told[$0] ?? 0) }
  }

  /// The report without what may be left out, for one that would be too large to be accepted:
  /// first the history, then the sightings but the newest few.
  public static func slimmed(_ report: Report) -> Report {
    var slim = report
    slim.history = []
    for index in slim.peers.indices {
      slim.peers[index].sightings = slim.peers[index].sightings.suffix(5)
    }
    for index in slim.checks.indices {
      slim.checks[index].reason = slim.checks[index].reason.map {
        Text.cut($0, to: CheckHistory.reasonBytes)
      }
    }
    return slim
  }
}

/// What a coordinator of the same orders knows: of each region's sightings, and of the probes, up
/// to which change.
private struct Told: Hashable, Sendable {
  var sightings: [String: UInt64] = [:]
  var probes: UInt64 = 0
}

extension AgentState {
  /// What to probe, in a fixed order.
  public var probeTargets: [ProbeTarget] { board.targets }

  /// What this host sees of all of them.
  public func probeResults(at now: Instant) -> [ProbeResult] { board.results(at: now) }

  /// The present target of a key; nil when it is no longer to be probed.
  public func probeTarget(_ key: ProbeKey) -> ProbeTarget? { board.target(key) }
}
