public import Decision
import Wire

/// What agents say.
extension CoordinatorState {
  /// Takes in a report whose signature is `agent`'s; the answer is to carry that challenge.
  mutating func take(_ report: Report, from agent: AgentID, _ challenge: String) {
    guard report.agent == agent else {
      return refuse(
        "wrong_agent",
        "the key belongs to agent '\(agent)', the report says '\(report.agent)'. "
          + "Give each agent its own key.")
    }
    let home = rules.agents[agent]
    guard report.region == home else {
      return refuse(
        "wrong_region",
        "agent '\(agent)' is configured for region '\(home ?? "")', the report says "
          + "'\(report.region)'. Correct `region` in the agent's or the coordinator's file.")
    }
    do {
      try admission.admit(report, now: now)
    } catch {
      return refuse(report, error, challenge)
    }
    let before = evidence.agents[agent]
    let isWhole = evidence.take(report, at: now.instant)
    // Without any that is told whole its words are those of before.
    if !report.probes.isEmpty { evidence.share(agent) }
    hear(agent, after: before)
    admission.issued(challenge, to: agent, now: now.instant)
    push(.answer(.directive(directive(for: report, isWhole: isWhole, challenge))))
    noteQuarantine(of: [agent])
  }

  private mutating func refuse(
    _ report: Report, _ error: Admission.Refusal, _ challenge: String
  ) {
    var problem = error.problem
    if problem.code == "not_timely" {
      refusals.refused(
        report.agent, skew: .milliseconds(report.sentMs.subtractingSaturated(now.wallMs)),
        now: now.instant)
    }
    if error.wantsChallenge {
      problem.challenge = challenge
      admission.issued(challenge, to: report.agent, now: now.instant)
    }
    push(.answer(.refusedReport(problem, showsTwin: error.showsTwin)))
    guard error.showsTwin else { return }
    evidence.take(report, at: now.instant)
    forget(judgedOf: report.agent)
    noteQuarantine(of: [report.agent])
  }

  private mutating func refuse(_ code: String, _ message: String) {
    push(.answer(.refusedReport(Problem(code: code, message: message), showsTwin: false)))
  }

  /// What answers an admitted report. What the agent says it knows is not told again. Where what it
  /// leaves out is not known (not `isWhole`), it is told everything, and tells everything.
  private mutating func directive(
    for report: Report, isWhole: Bool, _ challenge: String
  ) -> Directive {
    let (orders, policy) = (rules.orders, rules.shared)
    let edition = isWhole ? orders.edition : nil
    let mine =
      edition != nil && report.orders == edition
      ? nil : orders.agents[report.agent] ?? AgentOrders()
    var report = report
    let known = stands.words(report.stand, edition: orders.edition)
    if let known {
      report.acknowledged = known.map { ServiceEpoch(service: $0.service, epoch: $0.epoch) }
    }
    let isTwin = evidence.twins.hold(report.agent, at: Present(now))
    let services = words(to: report, isTwin: isTwin)
    // Who says a name that is not known acknowledges nothing by it, and is to do so by itself.
    let stand =
      report.stand != nil && known == nil
      ? nil
      : edition.map {
        stands.name(services, edition: $0, wallMs: now.wallMs, agents: rules.agents.count)
      }
    let isTold = stand != nil && stand == report.stand
    return Directive(
      agent: report.agent, sequence: report.sequence, services: isTold ? [] : services,
      stand: isTold ? nil : stand, renews: isTold ? stand : nil, challenge: challenge,
      nextReportMs: Int(policy.reportInterval.wholeMilliseconds),
      heartbeatWriter: isWriter(report) && !isTwin,
      heartbeatPeriodMs: Int(policy.heartbeatPeriod.wholeMilliseconds),
      heartbeatReadMs: Int(policy.heartbeatRead.wholeMilliseconds),
      orders: edition, peers: mine?.peers, probes: mine?.probes,
      probePeriodMs: Int(orders.probeInterval.wholeMilliseconds),
      probeDeadlineMs: Int(orders.probeDeadline.wholeMilliseconds),
      probeFall: Defaults.probeFall, coordinatorMs: now.wallMs)
  }

  /// Whether the agent writes its region's heartbeats: each group elects its own, whoever asks.
  private mutating func isWriter(_ report: Report) -> Bool {
    (writerGroups[report.agent] ?? []).map { group in
      elections.writer(
        of: "\(report.region) \(group.table)", agents: group.agents, evidence: evidence,
        policy: rules.shared, now: now.instant) == report.agent
    }.contains(true)
  }

  /// Of the services that it carries, by name.
  private mutating func words(to report: Report, isTwin: Bool) -> [ServiceDirective] {
    var words: [ServiceDirective] = []
    for place in concerned[report.agent] ?? [] {
      let found = cores.beside(place) { $0.answer(report, isTwin: isTwin, now: now) }
      if let found { words.append(found) }
    }
    return words
  }

  // MARK: Of hosts that are not heard

  /// When a summary of that age was signed at the earliest, where it is of use: nobody hears its
  /// agent, and another region's tells of it (RULES 4).
  public func wants(
    summaryOf agent: AgentID, relayedFrom region: RegionID, ageMs: Int, now: Now
  ) -> Instant? {
    guard let home = rules.agents[agent], home != region,
      !evidence.isFresh(agent, now: Present(now), for: rules.shared.freshFor)
    else { return nil }
    let signed = now.instant.before(ageMs: ageMs)
    return now.instant - signed <= rules.shared.freshFor ? signed : nil
  }

  mutating func take(_ relayed: RelayedHealth) {
    let summary = relayed.summary
    // The age is what the relaying agent says; by the wall clocks it may not be an old one that is
    // shown again.
    let apartMs = abs(now.wallMs.subtractingSaturated(summary.wallMs))
    guard summary.region == rules.agents[summary.agent], apartMs <= rules.window.wholeMilliseconds,
      // How long the relaying report was on its way is not in the age: a challenge bounds it.
      admission.isProven(relayed.agent),
      let signed = wants(
        summaryOf: summary.agent, relayedFrom: relayed.region, ageMs: relayed.ageMs, now: now)
    else { return push(.answer(.summary(signed: nil))) }
    evidence.take(summary, signed: signed, now: now.instant)
    forget(judgedOf: summary.agent)
    push(.answer(.summary(signed: signed)))
  }
}
