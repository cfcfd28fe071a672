import CoordinatorCore
import Decision
import Wire

extension Shell {
  /// Takes in a report whose signature is the agent's; the directive answers it.
  func take(_ report: Report, from agent: AgentID) -> Result<Directive, Problem> {
    let now = world.clock.instant
    let wasHeard = evidence.agents[agent] != nil
    let beats = beats(now)
    let given = world.perturbation?.report(report) ?? report
    switch tell(.report(given, from: agent, challenge: challenge(for: agent))) {
    case .directive(let answer):
      if world.perturbation != nil { world.judge.raw.take(report, at: now) }
      var isNews = watch.take(given, at: now, policy: policy, floor: evidence.floor)
      if wasHeard != (evidence.agents[agent] != nil) { isNews = true }
      if beats != self.beats(now) { isNews = true }
      for index in rooms.indices where isNews || isHeard(given, in: index, now) {
        rooms[index].isDirty = true
      }
      takeRelayed(given)
      return .success(directive(for: given, answer))
    case .refusedReport(let problem, let showsTwin):
      // A refused report that shows a twin is evidence of that.
      if showsTwin {
        if world.perturbation != nil { world.judge.raw.take(report, at: now) }
        wake()
      }
      return .failure(refuse(problem))
    default: return .failure(refuse(Problem(code: "gone", message: "")))
    }
  }

  /// Takes in what other regions' agents relay of hosts that are not heard (RULES 4).
  private func takeRelayed(_ report: Report) {
    let now = world.clock
    let limit = policy.freshFor
    for peer in report.peers {
      guard let relayed = peer.summary,
        !evidence.isFresh(peer.agent, now: now.instant, for: limit),
        let signed = world.summaries.signed(relayed),
        state.wants(
          summaryOf: signed.summary.agent, relayedFrom: report.region, ageMs: relayed.ageMs,
          now: now) != nil
      else { continue }
      let health = RelayedHealth(signed.summary, region: report.region, ageMs: relayed.ageMs)
      guard case .summary(let counted?) = tell(.summary(health)) else { continue }
      world.figures.relayed += 1
      world.judge.relayed(world, signed, counted)
      let until = counted + policy.freshFor + .milliseconds(World.tickMs)
      relayedUntil = max(relayedUntil ?? until, until)
      wake()
    }
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
    guard let active = state.cores[rooms[room].place].machine.memory.active,
      let primary = world.topologies[room].primary, active != primary
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

  /// Drawn anew for each report.
  private func challenge(for agent: AgentID) -> String {
    Hex.text(
      world.noise.word(
        .jitter, agent.utf8.count &* 131 &+ life, world.clock.instant.milliseconds))
  }

  private func directive(for report: Report, _ answer: ReportAnswer) -> Directive {
    Directive(
      agent: report.agent, sequence: report.sequence, services: answer.services,
      challenge: challenge(for: report.agent),
      nextReportMs: Int(policy.reportInterval.wholeMilliseconds),
      heartbeatWriter: answer.isWriter,
      heartbeatPeriodMs: Int(policy.heartbeatPeriod.wholeMilliseconds),
      heartbeatReadMs: Int(policy.heartbeatRead.wholeMilliseconds),
      peers: world.topologies[0].regions.map(\.id).filter { $0 != report.region },
      probes: world.targets(from: report.region),
      probePeriodMs: Int(policy.probeInterval.wholeMilliseconds),
      probeDeadlineMs: Int(world.setup.probeDeadlineMs),
      probeFall: Defaults.probeFall, coordinatorMs: world.clock.wallMs)
  }
}
