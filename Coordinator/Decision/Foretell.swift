public import Wire

/// What is assumed when the machine is asked what it would do.
public enum Assumption: Hashable, Sendable {
  /// Everything goes on as it is: who is heard is heard, who serves serves, what is down stays
  /// down.
  case asItIs
  /// From now on the region is dead: its agents are silent, everyone outside fails there, its
  /// heartbeats have stopped; the others go on as they are.
  case dies(RegionID)
}

extension Machine {
  /// What this machine does by itself from `now` on, found by letting a copy of it run in virtual
  /// time. There is no second opinion: what holds the machine back holds the copy back.
  ///
  /// Bounded: a second of virtual time is a tick while the evidence turns, then it goes in rounds,
  /// and nothing beyond the longest confirmation, a region's `min_up` and a provider's pause is
  /// waited for; what ends later is told as a hold. Nil while a move is in flight.
  public func foretell(
    _ assumption: Assumption, evidence: Evidence, doubts: Doubts, now: Now
  ) -> Outlook? {
    guard memory.intent == nil else { return nil }
    var play = Play(self, assumption, evidence: evidence, doubts: doubts, now: now)
    return play.run()
  }
}

/// One run of a machine's copy.
private struct Play {
  private var machine: Machine
  private var world: VirtualWorld
  private var doubts: Doubts
  private let start: Now
  private let policy: Policy
  /// Of the first tick, before anything has changed: what would be late is measured there.
  private var risks: [RegionID: DataAtRisk] = [:]
  private let assumesDeath: Bool

  init(
    _ machine: Machine, _ assumption: Assumption, evidence: Evidence, doubts: Doubts, now: Now
  ) {
    self.machine = machine
    self.doubts = doubts
    start = now
    policy = machine.policy
    var dead: RegionID?
    if case .dies(let region) = assumption { dead = region }
    assumesDeath = dead != nil
    world = VirtualWorld(
      evidence, topology: machine.topology, policy: policy, dead: dead, start: now.instant)
  }

  /// Virtual time within which the evidence has turned for good.
  private var settled: Duration {
    max(
      policy.freshFor, policy.probeInterval * Defaults.probeFall,
      policy.heartbeatPeriod * 3 + policy.maxLag) + policy.round
  }

  /// Nothing that ends later is waited for.
  private var horizon: Duration {
    let longest = Confirmation.allCases.map { policy.limit($0, cooling: true) }.reduce(.zero, max)
    return settled + longest + policy.credentialsWait + policy.minUp + policy.refusalPause
      + policy.round * 2
  }

  mutating func run() -> Outlook? {
    let fine = max(.milliseconds(50), policy.round / 5)
    var passed = Duration.zero
    var last = step(.zero)
    risks = last.dataAtRisk
    let ends = horizon
    while passed < ends {
      if let outcome = outcome(last, passed: passed) { return outcome }
      if passed >= settled, isFinal(last) { break }
      var next = passed + (passed < settled ? fine : policy.round)
      if passed >= settled, let confirmed = confirmation(last), confirmed > next {
        // The end of a cool-down makes the confirmation shorter.
        next = max(next, min(confirmed, last.cooldownLeft.map { passed + $0 } ?? confirmed))
      }
      passed = next
      last = step(passed)
    }
    return outcome(last, passed: passed) ?? lasting(last, passed: passed)
  }

  private mutating func step(_ passed: Duration) -> Assessment {
    let now = Now(
      instant: start.instant + passed, wallMs: start.wallMs + passed.wholeMilliseconds)
    world.advance(to: now.instant)
    doubts.skip(to: now.instant)
    _ = doubts.tick(&world.evidence, now: now.instant)
    return machine.tick(evidence: world.evidence, doubts: doubts, now: now).assessment
  }

  /// Whether time alone changes nothing any more: nobody is called down, or no region may take over
  /// for a reason that does not pass.
  private func isFinal(_ assessment: Assessment) -> Bool {
    switch assessment.facts.source {
    case .well, .unsure: true
    case .down: false
    case .confirmed:
      assessment.holds.isEmpty && assessment.target == nil
        && assessment.eligibilities.values.allSatisfy { region in
          region.conditions.contains {
            !$0.holds && $0.name != "min-up" && $0.name != "long-stable"
          }
        }
    }
  }

  /// When the running confirmation is over, since the start.
  private func confirmation(_ assessment: Assessment) -> Duration? {
    guard assessment.facts.source == .down, let active = assessment.active,
      let since = assessment.memories[active]?.downSince, let limit = assessment.confirmation
    else { return nil }
    return since + limit - start.instant
  }

  /// What is settled whatever comes.
  private func outcome(_ assessment: Assessment, passed: Duration) -> Outlook? {
    if let intent = machine.memory.intent {
      guard intent.errand.isAutomaticMove else {
        return Outlook(.held, because: RuleText.sentence(assessment.decision.rule))
      }
      let begins = passed.inSeconds
      return Outlook(
        .moves, to: intent.to, beginsSeconds: begins,
        seconds: begins + policy.publicationSeconds, dataAtRisk: risks[intent.to])
    }
    switch assessment.facts.at {
    case .foreign, .mixed, .unknown: return held(assessment, passed: passed)
    case .region, .echo, .drift: break
    }
    guard assessment.facts.source == .confirmed else { return nil }
    if assessment.decision.rule == .awaitApproval { return held(assessment, passed: passed) }
    guard let hold = assessment.holds.first else { return nil }
    switch (hold.block, hold.clears) {
    case (_, .operation): return held(assessment, passed: passed)
    case (.pause, .after(let left)), (.maintenance, .after(let left)):
      return passed + left > horizon ? held(assessment, passed: passed) : nil
    default: return nil
    }
  }

  /// What is left when all that could have changed has.
  private func lasting(_ assessment: Assessment, passed: Duration) -> Outlook {
    switch assessment.facts.source {
    case .confirmed where assessment.facts.block == nil && assessment.target == nil:
      let others = machine.topology.regions.map(\.id).filter { $0 != assessment.active }
      let why = others.compactMap { region in
        assessment.eligibilities[region]?.refusals.first.map { "\(region): \($0)" }
      }
      return Outlook(.noTarget, because: why.joined(separator: "; "))
    case .confirmed, .down: return held(assessment, passed: passed)
    case .unsure where assumesDeath: return held(assessment, passed: passed)
    case .unsure, .well: return Outlook(.stays)
    }
  }

  /// Nobody is moved, and why.
  private func held(_ assessment: Assessment, passed: Duration) -> Outlook {
    let to = assessment.target
    let risk = to.flatMap { risks[$0] }
    if assessment.facts.source == .confirmed, let hold = assessment.holds.first {
      return Outlook(
        .held, to: to, because: hold.text, until: hold.clears.words(after: passed),
        dataAtRisk: risk)
    }
    if assessment.facts.source == .confirmed, let asks = assessment.asks {
      return Outlook(
        .held, to: to, because: "\(asks.why), so it waits for your yes",
        until: "with signalbox approve \(machine.topology.service)", dataAtRisk: risk)
    }
    if assessment.facts.source == .unsure {
      return Outlook(.held, to: to, because: "too few see it from outside to call it down")
    }
    return Outlook(.held, to: to, because: RuleText.sentence(assessment.decision.rule))
  }
}

extension Clearing {
  /// For people; counted from `passed` before the hold was looked at.
  public func words(after passed: Duration = .zero) -> String {
    switch self {
    case .after(let span): "in \(Words.span(span + passed))"
    case .when(let text): text
    case .operation(let text): "never by itself: \(text)"
    }
  }
}

/// The evidence as it would come in while virtual time passes.
private struct VirtualWorld {
  /// One agent that goes on reporting, with what its newest report says.
  private struct Voice {
    var report: Report
    /// How old the report is when it is taken.
    var delay: Duration
  }

  var evidence: Evidence
  private let dead: RegionID?
  private let start: Instant
  private let policy: Policy
  private var voices: [Voice] = []
  private var own: [(key: ProbeKey, probe: OwnProbe)] = []

  init(
    _ evidence: Evidence, topology: Topology, policy: Policy, dead: RegionID?, start: Instant
  ) {
    self.evidence = evidence
    self.dead = dead
    self.start = start
    self.policy = policy
    let service = topology.service
    for (agent, held) in evidence.agents.sorted(by: { $0.key < $1.key })
    where held.report.region != dead && !held.report.goodbye
      // Two reports are missing: it is not assumed to go on.
      && evidence.isFresh(
        held.receivedAt, now: Present(start), for: min(policy.freshFor, policy.reportInterval * 2))
    {
      var report = held.report
      // What is of no concern for this service costs time only.
      if topology.agents[agent] == nil { report.checks = [] }
      report.probes = held.probes.of(service)
      voices.append(
        Voice(report: report, delay: min(start - held.receivedAt, policy.reportInterval)))
    }
    for (key, probe) in evidence.ownProbes
    where key.service == service
      && evidence.isFresh(probe.at, now: Present(start), for: policy.freshFor)
    {
      own.append((key, probe))
    }
  }

  /// Everyone who goes on speaks again.
  mutating func advance(to now: Instant) {
    let passed = now - start
    guard passed > .zero else { return }
    for voice in voices { evidence.take(aged(voice.report, by: passed), at: now - voice.delay) }
    for (key, probe) in own { evidence.take(aged(probe, of: key, now: now), of: key) }
  }

  /// When the first probe of the dead region that fails was started, and when a vote turns bad.
  private var firstBad: Duration { policy.probeInterval }
  private var turns: Duration { policy.probeInterval * Defaults.probeFall }

  private func aged(_ report: Report, by passed: Duration) -> Report {
    let elapsed = Int(clamping: passed.wholeMilliseconds)
    var report = report
    report.deployingMs = report.deployingMs.flatMap { $0 > elapsed ? $0 - elapsed : nil }
    for index in report.checks.indices {
      report.checks[index].badSinceMs = report.checks[index].badSinceMs.map { $0 + elapsed }
    }
    for index in report.peers.indices {
      let peer = report.peers[index]
      let stands = Duration.milliseconds(peer.seenMs) > policy.heartbeatPeriod * 3
      if peer.region == dead || stands { report.peers[index].seenMs += elapsed }
    }
    for index in report.probes.indices { age(&report.probes[index], by: passed, elapsed) }
    return report
  }

  private func age(_ probe: inout ProbeResult, by passed: Duration, _ elapsed: Int) {
    probe.badSinceMs = probe.badSinceMs.map { $0 + elapsed }
    guard probe.region == dead else {
      if probe.outcome != .serving { probe.servingMs = probe.servingMs.map { $0 + elapsed } }
      if !probe.outcome.isBad { probe.badMs = probe.badMs.map { $0 + elapsed } }
      return
    }
    probe.servingMs = probe.servingMs.map { $0 + elapsed }
    guard passed >= firstBad else { return }
    probe.outcome = .dark
    probe.reason = "no answer"
    probe.status = nil
    probe.badMs = probe.ageMs
    probe.badSinceMs = probe.badSinceMs ?? Int((passed - firstBad).wholeMilliseconds)
    if passed >= turns { probe.vote = .bad }
  }

  private func aged(_ probe: OwnProbe, of key: ProbeKey, now: Instant) -> OwnProbe {
    var probe = probe
    let passed = now - start
    // A probe that ran for a while when time was stopped is as old as it was.
    probe.at = now - min(start - probe.at, policy.probeInterval)
    guard key.region == dead else {
      if probe.outcome == .serving, let started = probe.servingStarted {
        probe.servingStarted = started + passed
      }
      if probe.outcome.isBad { probe.badNewest = probe.badNewest.map { $0 + passed } }
      return probe
    }
    guard passed >= firstBad else { return probe }
    probe.outcome = .dark
    probe.detail = "no answer"
    probe.status = nil
    probe.badNewest = probe.at
    probe.badSince = probe.badSince ?? start + firstBad
    if passed >= turns { probe.vote = .bad }
    return probe
  }
}
