import Decision
import Wire

extension Shell {
  /// Takes in a report whose signature is the agent's; the directive answers it.
  func take(_ report: Report, from agent: AgentID) -> Result<Directive, Problem> {
    let now = world.clock
    guard report.agent == agent, world.topologies[0].agents[agent] == report.region else {
      return .failure(refuse(Problem(code: "wrong_agent", message: "")))
    }
    if let code = admission.admit(report, now: now) {
      var problem = Problem(code: code, message: "")
      if code == "not_timely" { problem.challenge = challenge(for: agent, now: now) }
      return .failure(refuse(problem))
    }
    if world.perturbation != nil { world.judge.raw.take(report, at: now.instant) }
    let report = world.perturbation?.report(report) ?? report
    evidence.take(report, at: now.instant)
    if watch.take(report, at: now.instant, policy: policy, floor: evidence.floor) {
      for index in rooms.indices { rooms[index].isDirty = true }
    }
    return .success(directive(for: report, now: now))
  }

  /// A refused report changes nothing but a counter.
  func refuse(_ problem: Problem) -> Problem {
    world.noteTrouble()
    world.figures.refused[problem.code, default: 0] += 1
    return problem
  }

  private func challenge(for agent: AgentID, now: Now) -> String {
    let word = world.noise.word(.jitter, agent.utf8.count &* 131 &+ life, now.instant.milliseconds)
    admission.issued(word, to: agent, at: now.instant)
    return Hex.text(word)
  }

  private func directive(for report: Report, now: Now) -> Directive {
    let topology = world.topologies[0]
    let agents = world.agents(of: report.region)
    let writer = elections.writer(
      of: report.region, agents: agents, evidence: evidence, policy: policy, now: now.instant)
    let services = rooms.map { room in
      let memory = room.machine.memory
      return ServiceDirective(
        service: room.name, epoch: memory.epoch, traffic: memory.active,
        trafficAgeMs: memory.activeSinceMs.map { Int(clamping: max(0, now.wallMs - $0)) })
    }
    return Directive(
      agent: report.agent, sequence: report.sequence, services: services,
      challenge: challenge(for: report.agent, now: now),
      nextReportMs: Int(policy.reportInterval.wholeMilliseconds),
      heartbeatWriter: writer == report.agent,
      heartbeatPeriodMs: Int(policy.heartbeatPeriod.wholeMilliseconds),
      heartbeatReadMs: Int(policy.heartbeatRead.wholeMilliseconds),
      peers: topology.regions.map(\.id).filter { $0 != report.region },
      probes: world.targets(from: report.region),
      probePeriodMs: Int(policy.probeInterval.wholeMilliseconds), probeDeadlineMs: 3000,
      probeFall: Defaults.probeFall, coordinatorMs: now.wallMs)
  }
}
