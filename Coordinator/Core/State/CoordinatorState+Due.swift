public import Decision
import Wire

/// When what is judged: as soon as it may come to something else, and not before.
extension CoordinatorState {
  /// Doubts first, then every service that is due, at this one time.
  mutating func tick() {
    tickedAt = now.instant
    isUrgent = false
    push(.judgeDue(now))
    lookAround()
  }

  /// Pushes the steps of all that are due.
  mutating func judgeDue(_ now: Now) {
    for place in cores.due(now, always: judgesAlways).reversed() {
      guard judgesMoves || !cores[place].isMoving else { continue }
      push(.judge(cores[place].name, now))
    }
  }

  /// When `tick` is to come at the latest, if nothing happens until then; nil: at its own pace.
  ///
  /// A vote that turns and a confirmation that runs out are judged at once; what only stops to
  /// count is as good a tick later.
  public var wakeAt: Instant? {
    let next = isUrgent ? tickedAt ?? now.instant : cores.next(after: tickedAt)
    return next.map { max($0, (tickedAt ?? $0) + Self.leastPause) }
  }

  /// Between two ticks.
  static let leastPause = Duration.milliseconds(50)

  /// Whether all agents are heard and all own probes count.
  public func hearsAll(_ now: Now) -> Bool {
    let (limit, present) = (rules.shared.freshFor, Present(now))
    return !evidence.ownProbes.isEmpty
      && evidence.ownProbes.values.allSatisfy {
        evidence.isFresh($0.voted ?? $0.at, now: present, for: limit)
      }
      && rules.agents.keys.allSatisfy { agent in
        evidence.agents[agent].map { held in
          evidence.isFresh(held.oldest, now: present, for: limit)
        } ?? false
      }
  }

  /// That service as it is judged by the evidence of now.
  func looked(_ name: String) -> ServiceCore? {
    self[name]?.looked(evidence, doubts, now: now, evenIfDue: true)
  }

  // MARK: What was judged does not hold any more

  /// Everything is to be judged with the next tick.
  mutating func disturb() {
    for place in cores.indices { cores[place].forgetJudged() }
  }

  /// What rests on that agent is to be judged with the next tick.
  mutating func forget(judgedOf agent: AgentID) {
    for place in concerned[agent] ?? [] { cores[place].forgetJudged() }
  }

  /// A report of that agent counts; `before` is what was held of it.
  mutating func hear(_ agent: AgentID, after before: AgentEvidence?) {
    guard let held = evidence.agents[agent] else { return forget(judgedOf: agent) }
    // Services mostly share a policy: what a report says is compared once for all of them.
    var found: (policy: Policy, news: ReportNews)?
    var turns = false
    let (evidence, now) = (evidence, now)
    cores.forgetJudged(at: concerned[agent] ?? []) { policy, attentive in
      if found?.policy != policy {
        found = (policy, ReportNews(held, after: before, floor: evidence.floor, policy: policy))
      }
      guard let news = found?.news else { return false }
      if news.turns { turns = true }
      return news.isNew || attentive()?.minds(held.report, evidence, now: now) == true
    }
    if turns { isUrgent = true }
  }

  /// A round of own probes.
  mutating func take(_ probes: [ProbeKey: OwnProbe], reachedAnything: Bool) {
    if evidence.ownVoteVoid == reachedAnything {
      evidence.ownVoteVoid = !reachedAnything
      disturb()
    }
    for (key, probe) in probes {
      let before = evidence.ownProbes[key]
      evidence.take(probe, of: key)
      guard let place = place(of: key.service) else { continue }
      if before?.vote != probe.vote { isUrgent = true }
      if cores[place].minds(probe, after: before, evidence, now: now) {
        cores[place].forgetJudged()
      }
    }
  }
}
