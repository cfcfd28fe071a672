import Decision
import Wire

/// Which authentic reports count (RULES 5): sequence and timeliness, agent by agent.
struct Admission: Sendable {
  /// Challenges that may still be echoed, of one agent.
  private struct Challenge: Sendable {
    var text: String
    var at: Instant
  }

  private struct Known: Sendable {
    var boot: String?
    var sequence: UInt64 = 0
    /// The wall clock that the newest accepted report carries.
    var sentMs = Int64.min
    var past: [String] = []
    var challenges: [Challenge] = []
  }

  private var agents: [AgentID: Known] = [:]
  /// The wall clock was stepped: until then only challenges prove that a report is timely.
  private var distrustWallUntil: Instant?
  private var freshFor: Duration
  private let window: Duration

  /// The most challenges and past boots kept of one agent.
  static let kept = 16

  init(freshFor: Duration, window: Duration) {
    self.freshFor = freshFor
    self.window = window
  }

  /// Takes on another bound for challenges; what is known of each agent stays.
  mutating func reconfigure(freshFor: Duration) {
    self.freshFor = freshFor
  }

  /// Notes a challenge that was sent to `agent`.
  mutating func issued(_ challenge: String, to agent: AgentID, now: Instant) {
    var known = agents[agent] ?? Known()
    known.challenges.append(Challenge(text: challenge, at: now))
    known.challenges = Array(known.challenges.suffix(Self.kept))
    agents[agent] = known
  }

  /// Takes no wall clock's word until `instant` (RULES 6d).
  mutating func distrustWall(until instant: Instant) {
    distrustWallUntil = instant
  }

  /// Refuses a replayed or untimely report; nothing but a counter changes by a refused one.
  mutating func admit(_ report: Report, now: Now) throws(Problem) {
    var known = agents[report.agent] ?? Known()
    if report.boot == known.boot && report.sequence <= known.sequence {
      throw Problem(
        code: "replayed",
        message: "sequence \(report.sequence) of \(report.agent) is not new: the last one accepted "
          + "is \(known.sequence). A report counts once.")
    }
    if known.past.contains(report.boot) {
      throw Problem(
        code: "replayed",
        message: "boot \(report.boot) of \(report.agent) has ended: a newer one reported since. "
          + "If two hosts share this identity, give one of them its own key.")
    }
    try timely(report, known: known, now: now)
    if let boot = known.boot, boot != report.boot {
      known.past = Array((known.past + [boot]).suffix(Self.kept))
    }
    known.boot = report.boot
    known.sequence = report.sequence
    known.sentMs = report.sentMs
    agents[report.agent] = known
  }

  private func timely(_ report: Report, known: Known, now: Now) throws(Problem) {
    if let echoed = report.challenge,
      let challenge = known.challenges.last(where: { $0.text == echoed }),
      now.instant - challenge.at <= freshFor
    {
      return
    }
    guard known.boot != report.boot else {
      throw Problem(
        code: "not_timely",
        message: "the report echoes no challenge of the last \(freshFor.inSeconds) s. "
          + "Send it again with the challenge of this reply.")
    }
    if known.boot != nil, report.sentMs < known.sentMs {
      throw Problem(
        code: "not_timely",
        message: "another boot, sent before the newest report accepted of \(report.agent). "
          + "Send it again with the challenge of this reply.")
    }
    if let until = distrustWallUntil, now.instant < until {
      throw Problem(
        code: "not_timely",
        message: "first contact, and the coordinator's own clock was just stepped. Send it again "
          + "with the challenge of this reply.")
    }
    let skewMs = abs(report.sentMs - now.wallMs)
    guard skewMs <= window.wholeMilliseconds else {
      throw Problem(
        code: "not_timely",
        message: "first contact, and the host's clock differs by \(skewMs / 1000) s from the "
          + "coordinator's (accepted: \(window.wholeMilliseconds / 1000) s). Send it again with "
          + "the challenge of this reply; check the host's clock.")
    }
  }
}
