import CoordinatorCore
import Decision
import Wire

extension Shell {
  /// Takes in a report whose signature is the agent's; the directive answers it.
  func take(_ report: Report, from agent: AgentID) -> Result<Directive, Problem> {
    let now = world.clock.instant
    let given = world.perturbation?.report(report) ?? report
    switch tell(.report(given, from: agent, challenge: challenge(for: agent))) {
    case .directive(let answer):
      if world.perturbation != nil { world.judge.raw.take(report, at: now) }
      takeRelayed(given)
      return .success(directive(for: given, answer))
    case .refusedReport(let problem, let showsTwin):
      // A refused report that shows a twin is evidence of that.
      if showsTwin {
        if world.perturbation != nil { world.judge.raw.take(report, at: now) }
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
        !evidence.isFresh(peer.agent, now: Present(now), for: limit),
        let signed = world.summaries.signed(relayed),
        state.wants(
          summaryOf: signed.summary.agent, relayedFrom: report.region, ageMs: relayed.ageMs,
          now: now) != nil
      else { continue }
      let health = RelayedHealth(
        signed.summary, by: report.agent, region: report.region, ageMs: relayed.ageMs)
      guard case .summary(let counted?) = tell(.summary(health)) else { continue }
      world.figures.relayed += 1
      world.judge.relayed(world, signed, counted)
    }
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
    // Told anew by each start.
    let orders = "orders of life \(life)"
    let isKnown = report.orders == orders
    return Directive(
      agent: report.agent, sequence: report.sequence, services: answer.services,
      challenge: challenge(for: report.agent),
      nextReportMs: Int(policy.reportInterval.wholeMilliseconds),
      heartbeatWriter: answer.isWriter,
      heartbeatPeriodMs: Int(policy.heartbeatPeriod.wholeMilliseconds),
      heartbeatReadMs: Int(policy.heartbeatRead.wholeMilliseconds),
      orders: orders,
      peers: isKnown ? nil : world.topologies[0].regions.map(\.id).filter { $0 != report.region },
      probes: isKnown ? nil : world.targets(from: report.region),
      probePeriodMs: Int(policy.probeInterval.wholeMilliseconds),
      probeDeadlineMs: Int(world.setup.probeDeadlineMs),
      probeFall: Defaults.probeFall, coordinatorMs: world.clock.wallMs)
  }
}
