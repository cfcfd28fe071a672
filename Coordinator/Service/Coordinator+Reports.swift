import CoordinatorCore
import Decision
import Logging
import Platform
import Recording
import Settings
import Store
import Wire

extension Coordinator {
  /// Takes in a report whose signature is `agent`'s; the directive answers it.
  func take(_ report: Report, from agent: AgentID) throws(Problem) -> Directive {
    let now = Now.read()
    guard report.agent == agent else {
      throw refuse(
        Problem(
          code: "wrong_agent",
          message: "the key belongs to agent '\(agent)', the report says '\(report.agent)'. "
            + "Give each agent its own key."), now: now)
    }
    guard report.region == deployment.agents[agent] else {
      throw refuse(
        Problem(
          code: "wrong_region",
          message: "agent '\(agent)' is configured for region "
            + "'\(deployment.agents[agent] ?? "")', the report says '\(report.region)'. "
            + "Correct `region` in the agent's or the coordinator's file."), now: now)
    }
    do {
      try admission.admit(report, now: now)
    } catch {
      var problem = error.problem
      if problem.code == "not_timely" {
        surroundings.refusals.refused(
          agent, skew: .milliseconds(report.sentMs - now.wallMs), now: now.instant)
      }
      if error.showsTwin { takeIn(report, now: now) }
      if error.wantsChallenge { problem.challenge = challenge(for: agent, now: now) }
      throw refuse(problem, now: now)
    }
    takeIn(report, now: now)
    surroundings.skews[agent] = report.sentMs - now.wallMs
    takeRelayed(report, now: now)
    noteHistory(report, now: now)
    return directive(for: report, now: now)
  }

  /// What counts, or shows a twin, is evidence and is recorded.
  private func takeIn(_ report: Report, now: Now) {
    evidence.take(report, at: now.instant)
    noteQuarantine(now)
    recording.put(report, at: now.instant)
  }

  /// Counts a refused request and says so at a bounded rate; nothing else changes by it.
  @discardableResult
  func refuse(_ problem: Problem, now: Now) -> Problem {
    let count = (refused[problem.code] ?? 0) + 1
    refused[problem.code] = count
    let told = refusedToldAt[problem.code]
    if count.isPowerOfTen || told.map({ now.instant - $0 >= .seconds(60) }) ?? true {
      refusedToldAt[problem.code] = now.instant
      eventLog.write(
        .reportRefused, .warning, "refused \(count) report(s): \(problem.message)",
        ["code": problem.code, "count": "\(count)"])
    }
    return problem
  }

  /// What could not be delivered in time: history, never evidence.
  private func noteHistory(_ report: Report, now: Now) {
    guard !report.history.isEmpty else { return }
    // By the agent's own clock what it tells is past; the history goes by ours.
    let aheadMs = report.sentMs.subtractingSaturated(now.wallMs)
    let past = report.history.prefix(Limits.listEntries).filter { $0.atMs <= report.sentMs }
    let events = past.map { past in
      EventRecord(
        .lateReport,
        at: Now(instant: now.instant, wallMs: max(0, past.atMs.subtractingSaturated(aheadMs))),
        region: report.region,
        text: "\(report.agent): \(past.name) was \(past.state.rawValue)"
          + (past.reason.map { ": \($0)" } ?? "") + " (told now)")
    }
    guard !events.isEmpty else { return }
    for event in events { log(event) }
    do {
      _ = try store.commit(Commit(service: nil, events: events, source: report.agent))
    } catch {
      note(storeError: error)
    }
  }

  private func challenge(for agent: AgentID, now: Now) -> String {
    let text = SecureRandom.hex(16)
    admission.issued(text, to: agent, now: now.instant)
    return text
  }

  private func directive(for report: Report, now: Now) -> Directive {
    let first = deployment.services.first
    let policy = deployment.sharedPolicy
    let isWriter = deployment.writers(of: report.region).map { group in
      elections.writer(
        of: "\(report.region) \(group.table)", agents: group.agents, evidence: evidence,
        policy: policy, now: now.instant) == report.agent
    }.contains(true)
    let isTwin = evidence.twins.hold(report.agent, at: now.instant)
    let services = rooms.keys.sorted().compactMap { name in
      rooms[name]?.core.answer(report, isTwin: isTwin, now: now)
    }
    return Directive(
      agent: report.agent, sequence: report.sequence,
      services: services, challenge: challenge(for: report.agent, now: now),
      nextReportMs: Int(policy.reportInterval.wholeMilliseconds),
      heartbeatWriter: isWriter && !isTwin,
      heartbeatPeriodMs: Int(policy.heartbeatPeriod.wholeMilliseconds),
      heartbeatReadMs: Int(policy.heartbeatRead.wholeMilliseconds),
      peers: deployment.peers(of: report.region),
      probes: deployment.probes(from: report.region),
      probePeriodMs: Int(policy.probeInterval.wholeMilliseconds),
      probeDeadlineMs: Int(
        (first?.settings.probeDeadline ?? Defaults.probeDeadline).wholeMilliseconds),
      probeFall: first?.settings.probeFall ?? Defaults.probeFall, coordinatorMs: now.wallMs)
  }
}

extension Int {
  fileprivate var isPowerOfTen: Bool {
    var rest = self
    while rest >= 10 && rest % 10 == 0 { rest /= 10 }
    return rest == 1
  }
}
