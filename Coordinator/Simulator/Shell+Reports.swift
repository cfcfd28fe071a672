import CoordinatorCore
import Decision
import Wire

extension Shell {
  /// Takes in a report whose signature is the agent's; the directive answers it.
  func take(_ report: Report, from agent: AgentID) -> Result<Directive, Problem> {
    let now = world.clock.instant
    let given = world.perturbation?.report(report) ?? report
    switch tell(.report(given, from: agent, challenge: challenge(for: agent))) {
    case .directive(let directive):
      if world.perturbation != nil { world.judge.raw.take(report, at: now) }
      takeRelayed(given)
      return .success(directive)
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
}
