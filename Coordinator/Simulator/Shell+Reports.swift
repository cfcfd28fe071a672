import CoordinatorCore
import Decision
import Wire

extension Shell {
  /// Takes in a report whose signature is the agent's; the directive answers it.
  func take(_ report: Report, from agent: AgentID) -> Result<Directive, Problem> {
    let now = world.clock
    guard report.agent == agent, world.topologies[0].agents[agent] == report.region else {
      return .failure(refuse(Problem(code: "wrong_agent", message: "")))
    }
    do {
      try admission.admit(report, now: now)
    } catch {
      var problem = error.problem
      if error.showsTwin { takeTwin(report, at: now.instant) }
      if error.wantsChallenge { problem.challenge = challenge(for: agent, now: now) }
      return .failure(refuse(problem))
    }
    if world.perturbation != nil { world.judge.raw.take(report, at: now.instant) }
    let report = world.perturbation?.report(report) ?? report
    let wasHeard = evidence.agents[agent] != nil
    let beats = beats(now.instant)
    evidence.take(report, at: now.instant)
    noteTwins(agent, at: now.instant)
    var isNews = watch.take(report, at: now.instant, policy: policy, floor: evidence.floor)
    if wasHeard != (evidence.agents[agent] != nil) { isNews = true }
    if beats != self.beats(now.instant) { isNews = true }
    for index in rooms.indices where isNews || isHeard(report, in: index, now.instant) {
      rooms[index].isDirty = true
    }
    return .success(directive(for: report, now: now))
  }

  /// A refused report that shows a twin is evidence of that.
  private func takeTwin(_ report: Report, at now: Moment) {
    if world.perturbation != nil { world.judge.raw.take(report, at: now) }
    evidence.take(report, at: now)
    noteTwins(report.agent, at: now)
    for index in rooms.indices { rooms[index].isDirty = true }
  }

  /// Whether each region's heartbeats arrive elsewhere: of interest where one is not well.
  private func beats(_ now: Moment) -> [HeartbeatView] {
    guard rooms.contains(where: { !$0.rest.isHealthy }) else { return [] }
    let topology = world.topologies[0]
    return topology.regions.map { region in
      Heartbeats.view(
        of: region.id, topology: topology, policy: policy, evidence: evidence, now: now)
    }
  }

  /// Whether a failback's gate may come to something else by this report: it waits for one, or
  /// heartbeats are late, which the tick after the report sees and the next not any more.
  private func isHeard(_ report: Report, in room: Int, _ now: Moment) -> Bool {
    guard let active = rooms[room].core.machine.memory.active,
      let primary = rooms[room].core.machine.topology.primary, active != primary
    else { return false }
    if rooms[room].rest.awaitsReports { return true }
    let pair = [active, primary]
    guard pair.contains(report.region) else { return false }
    let most = policy.maxLag.wholeMilliseconds
    let isSlow = report.peers.contains { peer in
      pair.contains(peer.region) && peer.sightings.contains { Int64($0.lagHighMs) > most }
    }
    return isSlow || isLate(active, in: primary, now) || isLate(primary, in: active, now)
  }

  /// Whether the newest heartbeats of `source` may be missed in `target`; at times too soon, for
  /// the gate looks again.
  private func isLate(_ source: RegionID, in target: RegionID, _ now: Moment) -> Bool {
    let topology = world.topologies[0]
    let fresh = topology.agents(of: target).filter {
      evidence.isFresh($0, now: now, for: policy.freshFor)
    }
    let seen = fresh.compactMap { evidence.agents[$0]?.report.peers }.joined()
      .filter { $0.region == source }.map(\.writtenMs).max()
    let newest = Heartbeats.newestAcknowledgement(
      of: source, topology: topology, evidence: evidence)
    guard let seen, let newest else { return false }
    return newest.writtenMs - seen > (policy.maxLag + policy.round).wholeMilliseconds
  }

  /// A refused report changes nothing but a counter.
  func refuse(_ problem: Problem) -> Problem {
    world.noteTrouble()
    world.figures.refused[problem.code, default: 0] += 1
    return problem
  }

  private func challenge(for agent: AgentID, now: Now) -> String {
    let word = world.noise.word(.jitter, agent.utf8.count &* 131 &+ life, now.instant.milliseconds)
    let text = Hex.text(word)
    admission.issued(text, to: agent, now: now.instant)
    return text
  }

  private func directive(for report: Report, now: Now) -> Directive {
    let agents = world.agents(of: report.region)
    let writer = elections.writer(
      of: report.region, agents: agents, evidence: evidence, policy: policy, now: now.instant)
    let isTwin = evidence.twins.hold(report.agent, at: now.instant)
    let services = rooms.indices.map {
      rooms[$0].core.answer(report, isTwin: isTwin, now: now)
    }
    return Directive(
      agent: report.agent, sequence: report.sequence, services: services,
      challenge: challenge(for: report.agent, now: now),
      nextReportMs: Int(policy.reportInterval.wholeMilliseconds),
      heartbeatWriter: writer == report.agent && !isTwin,
      heartbeatPeriodMs: Int(policy.heartbeatPeriod.wholeMilliseconds),
      heartbeatReadMs: Int(policy.heartbeatRead.wholeMilliseconds),
      peers: world.topologies[0].regions.map(\.id).filter { $0 != report.region },
      probes: world.targets(from: report.region),
      probePeriodMs: Int(policy.probeInterval.wholeMilliseconds),
      probeDeadlineMs: Int(world.setup.probeDeadlineMs),
      probeFall: Defaults.probeFall, coordinatorMs: now.wallMs)
  }
}
