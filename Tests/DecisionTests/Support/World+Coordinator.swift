import Decision
import Wire

/// The coordinator's process: the real decision core with the shell's duties around it.
struct WorldCoordinator {
  var machine: Machine
  var evidence: Evidence
  var doubts: Doubts
  var tallies: [ProbeKey: ProbeTally<Instant>] = [:]
  var admission = Admission(
    freshFor: Defaults.freshFor, window: Defaults.firstContactWindow)
  var challenges = 0
  var probeDue: Instant
  var cutOff = false
  /// It neither ticks nor probes nor hears until then.
  var sleepsUntil: Instant?
  /// The provider's answers cannot be read.
  var readsNothing = false
  var runs = true
  var assessment: Assessment?

  init(topology: Topology, policy: Policy, memory: Memory = Memory(), now: Instant) {
    machine = Machine(topology: topology, policy: policy, memory: memory, started: now)
    evidence = Evidence(floor: now)
    doubts = Doubts(policy: policy, expectedTick: .seconds(1))
    probeDue = now
  }

  /// Takes in a report; what answers it.
  mutating func take(_ report: Report, now: Now) -> (challenge: String, isRefused: Bool) {
    var isRefused = false
    do {
      try admission.admit(report, now: now)
      evidence.take(report, at: now.instant)
    } catch {
      isRefused = true
    }
    challenges += 1
    admission.issued("\(challenges)", to: report.agent, now: now.instant)
    return ("\(challenges)", isRefused)
  }

  /// Its doubts about itself, before anything is decided.
  mutating func judgeItself(now: Instant) {
    if doubts.tick(&evidence, now: now) { machine.restartConfirmations() }
  }
}

/// The provider and the name servers.
struct WorldDNS {
  /// What the provider holds.
  var zone: [AddressFamily: String]
  var writeTakes = Duration.seconds(1)
  var publishTakes = Duration.seconds(30)
  var refuses = false
  /// The move that is being written.
  var job: Job?

  struct Job {
    var epoch: UInt64
    var to: RegionID
    var left: [AddressFamily]
    var answerAt: Instant
    var publishedAt: Instant?
  }
}

extension World {
  func tickCoordinator() {
    guard now.milliseconds % 1000 == 0 else { return }
    if let until = coordinator.sleepsUntil {
      guard now >= until else { return }
      coordinator.sleepsUntil = nil
      coordinator.runs = true
    }
    probeFromCoordinator()
    coordinator.judgeItself(now: now)
    let reading = coordinator.readsNothing ? nil : dns.zone.mapValues { [$0] }
    let adopted = coordinator.machine.observe(addresses: reading, now: clock)
    if let adopted { events.append("DNS was moved to \(adopted) by a human: adopted") }
    let (transition, assessment) = coordinator.machine.tick(
      evidence: coordinator.evidence, doubts: coordinator.doubts, now: clock)
    coordinator.assessment = assessment
    if let transition { tell(transition) }
    for (region, found) in assessment.voteless.sorted(by: { $0.key < $1.key })
    where told.insert("\(region) \(found.status)").inserted {
      events.append("\(region): \(found.text)")
    }
    act(assessment)
  }

  private func probeFromCoordinator() {
    guard now >= coordinator.probeDue else { return }
    coordinator.probeDue = now + Defaults.probeInterval
    var outcomes: [ProbeKey: ProbeOutcome] = [:]
    for region in regions {
      for family in topology.families {
        let cut = coordinator.cutOff || !region.roadToCoordinator
        outcomes[ProbeKey(service: topology.service, region: region.id, family: family)] =
          cut ? .dark : outcome(of: region, family)
      }
    }
    let reaches = outcomes.values.contains(.serving)
    coordinator.evidence.ownVoteVoid = !reaches
    for (key, outcome) in outcomes {
      var tally = coordinator.tallies[key] ?? ProbeTally()
      tally.take(
        outcome, started: now, fall: Defaults.probeFall, valid: reaches,
        runsFrom: now - Defaults.probeInterval * Defaults.probeFall)
      coordinator.tallies[key] = tally
      coordinator.evidence.take(
        OwnProbe(
          vote: tally.vote, outcome: outcome, detail: outcome.rawValue, at: now,
          servingStarted: tally.servingStarted, badSince: tally.badSince,
          badNewest: tally.badNewest, status: outcome == .none ? 404 : nil), of: key)
    }
  }

  /// The process starts anew with what its journal holds, and reads DNS back.
  func restartCoordinator() {
    let memory = coordinator.machine.memory
    let cutOff = coordinator.cutOff
    coordinator = WorldCoordinator(topology: topology, policy: policy, memory: memory, now: now)
    coordinator.cutOff = cutOff
    dns.job = nil
    guard let intent = memory.intent else { return }
    let there = dns.zone == topology.region(intent.to)?.addresses
    coordinator.machine.observe(write: there ? .all : .pending)
    if there {
      dns.job = WorldDNS.Job(
        epoch: intent.epoch, to: intent.to, left: [], answerAt: now,
        publishedAt: now + dns.publishTakes)
    }
  }

  /// The first write of an intent is sent when the decision still wants it.
  private func act(_ assessment: Assessment) {
    guard let intent = assessment.intent else {
      dns.job = nil
      return
    }
    if assessment.decision.rule == .writePending, dns.job?.epoch != intent.epoch {
      dns.job = WorldDNS.Job(
        epoch: intent.epoch, to: intent.to, left: topology.families,
        answerAt: now + dns.writeTakes)
      coordinator.machine.observe(write: .underway)
    }
  }

  /// The provider answers a write; the name servers take over what it holds.
  func answerDNS() {
    guard var job = dns.job, coordinator.runs else { return }
    if let published = job.publishedAt {
      if now >= published, coordinator.machine.memory.phase == .verifying {
        coordinator.machine.observe(write: .converged)
      }
      return
    }
    guard now >= job.answerAt, let family = job.left.first else { return }
    if dns.refuses {
      events.append("the provider refuses the write")
      dns.job = nil
      coordinator.machine.observe(write: .refused)
      return
    }
    dns.zone[family] = topology.region(job.to)?.addresses[family]
    job.left.removeFirst()
    job.answerAt = now + dns.writeTakes
    events.append("\(family == .ipv4 ? "A" : "AAAA") record written: \(job.to)")
    if job.left.isEmpty {
      job.publishedAt = now + dns.publishTakes
      coordinator.machine.observe(write: .all)
    } else {
      coordinator.machine.observe(write: .partly)
    }
    dns.job = job
  }

  /// One line for each beginning and end of a move.
  private func tell(_ transition: Transition) {
    if let ended = transition.ended {
      let end: String? =
        switch transition.decision.effect {
        case .cancel: "called off"
        case .fail: "failed, nothing was changed"
        case .supersede: "replaced by the next"
        case .finish: "done: every name server shows \(ended.to)"
        case .none, .openEmergency, .openElective, .openCommanded, .openRepair,
          .passPointOfNoReturn, .verify:
          nil
        }
      if let end { events.append("move \(ended.epoch) \(end)") }
    }
    if let opened = transition.opened {
      let risk = coordinator.assessment?.dataAtRisk[opened.to].map(describe) ?? ""
      events.append(
        "move \(opened.epoch) (\(opened.kind.rawValue)): \(opened.from ?? "nowhere") to "
          + "\(opened.to)\(risk)")
    }
  }

  private func describe(_ risk: DataAtRisk) -> String {
    let upper = risk.upperSeconds.map { "at most \($0) s" } ?? "upper bound unknown"
    return ", data at risk \(risk.behindSeconds) s, \(upper)"
  }
}
