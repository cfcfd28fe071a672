import Decision
import Wire

/// RULES 5 as far as sequence, ended boots, challenges and first contact go. `Decision.Admission`
/// has come within reach since and lets twins be seen: it is to take this one's place.
struct AdmissionModel {
  private struct Known {
    var boot: String?
    var sequence: UInt64 = 0
    var sentMs = Int64.min
    var ended: [String] = []
    var challenges: [(text: UInt64, at: Moment)] = []
  }

  private var agents: [AgentID: Known] = [:]
  private var distrustUntil: Moment?
  private let freshFor: Duration
  private let window: Duration
  private static let kept = 16

  init(freshFor: Duration, window: Duration) {
    self.freshFor = freshFor
    self.window = window
  }

  mutating func issued(_ challenge: UInt64, to agent: AgentID, at now: Moment) {
    agents[agent, default: Known()].challenges.append((challenge, now))
    let count = agents[agent]?.challenges.count ?? 0
    if count > Self.kept { agents[agent]?.challenges.removeFirst(count - Self.kept) }
  }

  mutating func distrustWall(until moment: Moment) {
    distrustUntil = moment
  }

  /// The code of the refusal; nil where the report counts.
  mutating func admit(_ report: Report, now: Now) -> String? {
    let known = agents[report.agent] ?? Known()
    let isSameBoot = known.boot == report.boot
    if isSameBoot && report.sequence <= known.sequence { return "replayed" }
    if known.ended.contains(report.boot) { return "replayed" }
    if !echoes(report, known, now) {
      if isSameBoot { return "not_timely" }
      if known.boot != nil && report.sentMs < known.sentMs { return "not_timely" }
      if let until = distrustUntil, now.instant < until { return "not_timely" }
      if abs(report.sentMs - now.wallMs) > window.wholeMilliseconds { return "not_timely" }
    }
    if let boot = known.boot, !isSameBoot {
      let ended = (known.ended + [boot]).suffix(Self.kept)
      agents[report.agent, default: Known()].ended = Array(ended)
    }
    agents[report.agent, default: Known()].boot = report.boot
    agents[report.agent, default: Known()].sequence = report.sequence
    agents[report.agent, default: Known()].sentMs = report.sentMs
    return nil
  }

  private func echoes(_ report: Report, _ known: Known, _ now: Now) -> Bool {
    guard let text = report.challenge, let word = UInt64(text, radix: 16),
      let challenge = known.challenges.last(where: { $0.text == word })
    else { return false }
    return now.instant - challenge.at <= freshFor
  }
}

/// The rule of `Coordinator/Service/WriterElection` (RULES 12): the first fresh agent, replaced
/// after a while without an acknowledged write.
struct WriterModel {
  private var terms: [RegionID: (agent: AgentID, since: Moment)] = [:]

  mutating func writer(
    of region: RegionID, agents: [AgentID], evidence: Evidence, policy: Policy, now: Moment
  ) -> AgentID? {
    func isFresh(_ agent: AgentID) -> Bool {
      evidence.isFresh(agent, now: now, for: policy.freshFor)
        && evidence.agents[agent]?.report.goodbye == false
    }
    let term = terms[region]
    if let term, isFresh(term.agent) {
      let limit = policy.heartbeatPeriod * 3 + policy.reportInterval * 2
      let newest = evidence.acknowledgements[term.agent]?.last?.at ?? term.since
      if now - max(newest, term.since) <= limit || agents.count(where: isFresh) < 2 {
        return term.agent
      }
    }
    let fresh = agents.filter(isFresh)
    guard let next = fresh.first(where: { $0 != term?.agent }) ?? fresh.first else {
      return term?.agent
    }
    terms[region] = (next, now)
    return next
  }
}
