import AgentChecks
import AgentCore
import Codec
import Logging
import Platform
import Wire

/// Why a report was not taken over.
struct Loss: Hashable, Sendable {
  /// For rules: equal codes are the same trouble.
  var code: String
  var text: String
}

/// A check of this host that runs.
struct RunningCheck: Sendable {
  var check: any Check
  /// Of one attempt.
  var deadline: Duration
}

/// Owns the agent's state: every event goes through here, and every wake-up comes from here.
actor Agent: HeartbeatBook {
  /// Rings when a report may be due sooner than it seemed.
  nonisolated let reports = Alarm()
  /// Ring when a directive may have changed what there is to do.
  nonisolated let beats = Alarm()
  nonisolated let peers = Alarm()
  nonisolated let probes = Alarm()
  nonisolated let checks = Alarm()

  var state: AgentState
  let log: EventLog<AgentMessage>
  /// Signs the health summaries.
  private let key: SigningKey
  /// Why the newest look at the table's description failed; nil after one that did not.
  var tableTrouble: (failure: FailureClass, text: String)?
  /// The replicas that were not active at the newest look.
  var illReplicas: [ReplicaState] = []
  private var running: [Int: RunningCheck] = [:]
  /// Where reports go; a reload may change it.
  private(set) var link: CoordinatorLink
  let started = Instant.now
  /// Why the newest reload was refused; nil after one that was not.
  private var reloadTrouble: String?
  /// Nil until the first exchange.
  private(set) var isHeard: Bool?
  private var loss = Loss(code: "", text: "")
  private var statusLine = ""

  init(facts: AgentFacts, link: CoordinatorLink, key: SigningKey, log: EventLog<AgentMessage>) {
    state = AgentState(facts: facts)
    self.link = link
    self.key = key
    self.log = log
  }

  // MARK: Configuration

  /// Adds a check and gives its number; nil when there are too many.
  func add(_ check: any Check, policy: CheckPolicy, deadline: Duration) -> Int? {
    guard let number = state.add(check.identity, policy: policy, at: .now) else { return nil }
    running[number] = RunningCheck(check: check, deadline: deadline)
    checks.ring()
    return number
  }

  /// Removes a check with its history.
  func remove(check number: Int) {
    running[number] = nil
    state.remove(check: number)
    reports.ring()
  }

  /// Sends the reports elsewhere, or trusts another key; whether it hears is open again.
  func take(_ link: CoordinatorLink) {
    self.link = link
    isHeard = nil
    loss = Loss(code: "", text: "")
    reports.ring()
  }

  /// A reload has ended; `trouble` says why it was refused.
  func endReload(trouble: String?) {
    reloadTrouble = trouble
    statusLine = status
    Supervisor.ready(status: statusLine)
  }

  // MARK: Checks

  /// The numbers of all checks.
  var checkNumbers: [Int] { running.keys.sorted() }

  /// What to run for a number, and when; nil when the check was removed.
  func checkPlan(_ number: Int) -> (check: any Check, deadline: Duration, due: Instant)? {
    guard let entry = running[number], let due = state.nextRun(of: number) else { return nil }
    return (entry.check, entry.deadline, due)
  }

  func finish(_ attempt: Attempt, of number: Int) {
    let change = state.take(attempt, of: number, wallMs: Clocks.wallMilliseconds())
    guard let change else { return }
    let result = change.result
    let why = (result.reason ?? result.finding).map { ": \($0)" } ?? ""
    let message: (kind: AgentMessage, level: Logger.Level) =
      switch result.state {
      case .good, .degraded: (.checkUp, .info)
      case .bad: (.checkDown, .warning)
      case .misconfigured: (.checkUnclear, .warning)
      case .unknown: (.checkUnclear, .info)
      }
    log.write(
      message.kind, message.level, "check \(change.name) is \(result.state.rawValue)\(why)",
      ["check": change.name, "state": result.state.rawValue, "was": change.from.rawValue])
    reports.ring()
    showStatus()
  }

  // MARK: Heartbeats

  /// Whether this agent writes, and how often.
  var beatPlan: (isWriter: Bool, periodMs: Int64) {
    (state.directive.heartbeatWriter, state.directive.heartbeatPeriodMs)
  }

  func nextBeat() -> Heartbeat? {
    guard
      var heartbeat = state.nextBeat(wallMs: Clocks.wallMilliseconds(), clock: Self.clock())
    else { return nil }
    // A heartbeat without a summary is one still.
    let summary = state.summary(with: heartbeat, at: .now)
    heartbeat.summary = (try? SummaryCodec.sign(summary, key: key)).map(SignedSummary.init)
    return heartbeat
  }

  func record(
    _ outcome: BeatOutcome, of heartbeat: Heartbeat, started: Instant, ended: Instant
  ) {
    guard state.take(outcome, of: heartbeat, started: started, ended: ended) else { return }
    switch outcome {
    case .acknowledged:
      log.write(
        .heartbeatWritten, .info, "heartbeats are written again",
        ["sequence": "\(heartbeat.sequence)"])
    case .failed(let failure, let reason), .unknown(let failure, let reason):
      log.write(
        .heartbeatLost, .warning, "heartbeat \(heartbeat.sequence) was not acknowledged: \(reason)",
        ["failure": failure.rawValue])
    }
    reports.ring()
  }

  /// The regions to read, and how often.
  var readPlan: (peers: [String], periodMs: Int64) {
    (state.directive.peers, state.directive.heartbeatReadMs)
  }

  func finish(_ read: ReplicaRead, of region: String) { state.take(read, of: region) }

  // MARK: Probes

  var probeKeys: [ProbeKey] { state.probeTargets.map(ProbeKey.init) }

  /// What to ask for a key, and how; nil when it is no longer to be probed.
  func probePlan(
    _ key: ProbeKey
  ) -> (target: ProbeTarget, periodMs: Int64, deadlineMs: Int64)? {
    guard let target = state.probeTarget(key) else { return nil }
    let times = state.directive.times(of: target)
    return (target, times.periodMs, times.deadlineMs)
  }

  func finish(_ finding: ProbeFinding, of target: ProbeTarget, started: Instant, ended: Instant) {
    guard state.take(finding, of: target, started: started, ended: ended) else { return }
    let why = finding.reason.map { ": \($0)" } ?? ""
    log.write(
      finding.outcome.isBad ? .regionDown : .regionUp, finding.outcome.isBad ? .warning : .info,
      "\(target.region) seen from here: \(finding.outcome.rawValue)\(why)",
      ["service": target.service, "region": target.region, "address": target.address])
    reports.ring()
  }

  // MARK: Time

  func finish(timerDue due: Instant, fired: Instant) {
    log.settle()
    guard state.take(timerDue: due, fired: fired) else { return }
    if state.isStarved {
      log.write(
        .starved, .warning, "this host does not run the agent on time: its bad votes do not count")
    } else {
      log.write(.onTime, .info, "this host runs the agent on time again")
    }
    reports.ring()
    showStatus()
  }

  // MARK: Reports

  var reportDue: Instant? { state.pacer.due }

  func report(goodbye: Bool) -> Report {
    state.report(
      at: .now, wallMs: Clocks.wallMilliseconds(), clock: Self.clock(), goodbye: goodbye)
  }

  /// Takes over a verified directive; false if it was refused.
  @discardableResult
  func take(_ directive: Directive, answering sequence: UInt64, sent: Instant) -> Bool {
    let before = state.directive
    switch state.take(directive, answering: sequence, sent: sent, at: .now) {
    case .refused(let reason):
      lose(Loss(code: "directive", text: "its directive was refused: \(reason)"))
      return false
    case .taken(let stale):
      for service in stale {
        log.write(
          .staleDirective, .warning, "\(service): a directive with a lower epoch was refused",
          ["service": service])
      }
      describe(state.directive, before: before)
      hear()
      beats.ring()
      peers.ring()
      probes.ring()
      return true
    }
  }

  /// A report was not taken over. The log says so once per kind of loss, not once per report.
  func lose(_ loss: Loss, challenge: String? = nil, retry: Bool = false) {
    state.loseReport(
      challenge: challenge, retry: retry, at: .now, jitter: Double.random(in: 0..<1))
    if retry && challenge != nil { return }
    if isHeard != false || loss.code != self.loss.code {
      log.write(
        .notHeard, .warning, "the coordinator does not hear this agent: \(loss.text)",
        ["code": loss.code])
    }
    isHeard = false
    self.loss = loss
    showStatus()
  }

  /// Why the coordinator does not hear this agent; nil when it does or nothing was tried.
  var trouble: String? { isHeard == false ? loss.text : nil }

  private func hear() {
    if isHeard != true {
      log.write(.heard, .info, "the coordinator at \(link.coordinator) hears this agent")
    }
    isHeard = true
    showStatus()
  }

  private func describe(_ now: DirectiveState, before: DirectiveState) {
    if now.heartbeatWriter != before.heartbeatWriter {
      let role = now.heartbeatWriter ? "writes the region's heartbeat" : "writes no heartbeat"
      log.write(.heartbeatDuty, .info, "this agent \(role)")
    }
    for (name, service) in now.services.sorted(by: { $0.key < $1.key }) {
      let told = service.directive
      let old = before.services[name]?.directive
      guard told.epoch != old?.epoch || told.traffic != old?.traffic else { continue }
      log.write(
        .traffic, .info,
        "\(name): traffic is at \(told.traffic ?? "no one region"), epoch \(told.epoch)",
        ["service": name, "region": told.traffic ?? "", "epoch": "\(told.epoch)"])
    }
  }

  /// For `systemctl status`; sent only when it changes.
  private func showStatus() {
    let line = status
    guard line != statusLine else { return }
    statusLine = line
    Supervisor.status(line)
  }

  /// One line: whether the coordinator hears this agent, and what the checks say.
  var status: String {
    AgentStatusLine.text(
      coordinator: link.coordinator, isHeard: isHeard, loss: loss.text, checks: state.checkStates,
      isStarved: state.isStarved, reloadTrouble: reloadTrouble)
  }

  private static func clock() -> ClockState {
    let now = Clocks.synchronisation()
    return ClockState(synchronised: now.synchronised, errorMs: now.errorMilliseconds)
  }
}
