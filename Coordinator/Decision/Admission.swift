public import Wire

/// Which authentic reports count (RULES 5): sequence and timeliness, agent by agent.
///
/// A number that one boot has given is refused ever after. Where the refused report shows that two
/// hosts live, the refusal says so: it is for `Evidence` to see, and for nothing else.
public struct Admission: Sendable {
  /// Why a report does not count.
  public struct Refusal: Error, Hashable, Sendable {
    /// For its sender; `replayed`, `not_timely` or `ended_boot`.
    public var problem: Problem
    /// The report shows that another host has the same identity: `Evidence` is to take it in.
    public var showsTwin = false

    /// Whether the reply is to carry a challenge: who echoes it lives.
    public var wantsChallenge: Bool { showsTwin || problem.code != "replayed" }

    init(_ code: String, _ message: String, showsTwin: Bool = false) {
      problem = Problem(code: code, message: message)
      self.showsTwin = showsTwin
    }
  }

  /// Challenges that may still be echoed, of one agent.
  private struct Challenge: Sendable {
    var text: String
    var at: Instant
  }

  /// One process of an agent.
  private struct Boot: Sendable {
    var id: String
    /// When another boot took its place.
    var endedAt: Instant?
    /// The newest that counted, oldest first.
    var sent: [Sent]
  }

  private struct Sent: Sendable {
    var sequence: UInt64
    /// The wall clock that the report carries.
    var sentMs: Int64
  }

  private struct Known: Sendable {
    var boots: [Boot] = []
    /// The wall clock that the newest accepted report carries.
    var sentMs: Int64?
    var challenges: [Challenge] = []
    /// The newest accepted report echoed a challenge in time.
    var isProven = false

    /// What was sent before `earliest` proves nothing any more.
    mutating func issue(_ challenge: Challenge, forgetting earliest: Instant) {
      challenges.removeAll { $0.at < earliest }
      challenges.append(challenge)
      if challenges.count > Admission.kept { challenges.removeFirst() }
    }
  }

  private var agents: [AgentID: Known] = [:]
  /// The wall clock was stepped: until then only challenges prove that a report is timely.
  private var distrustWallUntil: Instant?
  private var freshFor: Duration
  private let window: Duration

  /// The most challenges, boots, and reports of a boot that are kept of one agent.
  static let kept = 16

  /// `window` is how far a first report's wall clock may be off.
  public init(freshFor: Duration, window: Duration) {
    self.freshFor = freshFor
    self.window = window
  }

  /// Takes on another bound for challenges; what is known of each agent stays.
  public mutating func reconfigure(freshFor: Duration) {
    self.freshFor = freshFor
  }

  /// Notes a challenge that was sent to `agent`.
  public mutating func issued(_ challenge: String, to agent: AgentID, now: Instant) {
    agents[agent, default: Known()].issue(
      Challenge(text: challenge, at: now), forgetting: now - freshFor)
  }

  /// Takes no wall clock's word until `instant` (RULES 6d).
  public mutating func distrustWall(until instant: Instant) {
    distrustWallUntil = instant
  }

  /// Refuses a replayed or untimely report; nothing here changes by a refused one.
  public mutating func admit(_ report: Report, now: Now) throws(Refusal) {
    var known = agents[report.agent] ?? Known()
    let echoed = known.challenges.last { $0.text == report.challenge }?.at
    let issued = echoed.flatMap { now.instant - $0 <= freshFor ? $0 : nil }
    guard let place = known.boots.firstIndex(where: { $0.id == report.boot }) else {
      if issued == nil { try checkFirstContact(report, known: known, now: now) }
      known.isProven = issued != nil
      for index in known.boots.indices where known.boots[index].endedAt == nil {
        known.boots[index].endedAt = now.instant
      }
      known.boots = (known.boots + [Boot(id: report.boot, sent: [])]).suffix(Self.kept)
      return note(report, in: &known, at: known.boots.count - 1)
    }
    let boot = known.boots[place]
    if let last = boot.sent.last, report.sequence <= last.sequence {
      throw Self.refusal(of: report, boot, last: last, isTimely: issued != nil)
    }
    guard let issued else {
      throw Refusal(
        "not_timely",
        "the report echoes no challenge of the last \(freshFor.inSeconds) s. "
          + "Send it again with the challenge of this reply.")
    }
    if let ended = boot.endedAt {
      // A report that was late echoes what was issued before.
      guard issued > ended else {
        throw Refusal(
          "ended_boot",
          "boot \(report.boot) of \(report.agent) has ended: a newer one reported since. "
            + "If two hosts share this identity, give one of them its own key.")
      }
      for index in known.boots.indices where known.boots[index].endedAt == nil {
        known.boots[index].endedAt = now.instant
      }
      known.boots[place].endedAt = nil
    }
    known.isProven = true
    note(report, in: &known, at: place)
  }

  /// Whether the newest report that counted is known not to be old: a first one without a challenge
  /// is by the wall clock alone.
  public func isProven(_ agent: AgentID) -> Bool { agents[agent]?.isProven == true }

  private mutating func note(_ report: Report, in known: inout Known, at place: Int) {
    let sent = Sent(sequence: report.sequence, sentMs: report.sentMs)
    known.boots[place].sent = (known.boots[place].sent + [sent]).suffix(Self.kept)
    known.sentMs = report.sentMs
    agents[report.agent] = known
  }

  /// A process gives each number once: another report with a number that counted already comes
  /// from its twin, which lives if the report is timely.
  private static func refusal(
    of report: Report, _ boot: Boot, last: Sent, isTimely: Bool
  ) -> Refusal {
    let isTwins = boot.sent.contains {
      $0.sequence == report.sequence && $0.sentMs != report.sentMs
    }
    guard isTwins else {
      return Refusal(
        "replayed",
        "sequence \(report.sequence) of \(report.agent) is not new: the last one accepted is "
          + "\(last.sequence). A report counts once.")
    }
    return Refusal(
      isTimely ? "replayed" : "not_timely",
      "sequence \(report.sequence) of \(report.agent) was given before, in another report. "
        + "If two hosts share this identity, give one of them its own key.", showsTwin: isTimely)
  }

  /// Without a challenge the wall clock has to do.
  private func checkFirstContact(_ report: Report, known: Known, now: Now) throws(Refusal) {
    if let sentMs = known.sentMs, report.sentMs < sentMs {
      throw Refusal(
        "not_timely",
        "another boot, sent before the newest report accepted of \(report.agent). "
          + "Send it again with the challenge of this reply.")
    }
    if let until = distrustWallUntil, now.instant < until {
      throw Refusal(
        "not_timely",
        "first contact, and the coordinator's own clock was just stepped. Send it again "
          + "with the challenge of this reply.")
    }
    let skewMs = abs(report.sentMs - now.wallMs)
    guard skewMs <= window.wholeMilliseconds else {
      throw Refusal(
        "not_timely",
        "first contact, and the host's clock differs by \(skewMs / 1000) s from the "
          + "coordinator's (accepted: \(window.wholeMilliseconds / 1000) s). Send it again with "
          + "the challenge of this reply; check the host's clock.")
    }
  }
}
