public import Decision
import Wire

/// Puts evidence and decisions into plain words.
public enum Story {
  /// A span as people say it: `2.3 s`, `41 s`, `4 min`.
  public static func span(_ span: Duration) -> String {
    let seconds = span.inSeconds
    if seconds < 10 {
      let tenths = Int((seconds * 10).rounded())
      return "\(tenths / 10).\(tenths % 10) s"
    }
    if seconds < 120 { return "\(Int(seconds.rounded())) s" }
    if seconds < 7200 { return "\(Int((seconds / 60).rounded())) min" }
    return "\(Int((seconds / 3600).rounded())) h"
  }

  /// One line on a region: counts from inside, votes from outside.
  public static func brief(_ picture: RegionPicture) -> String {
    var parts = [agents(picture), outside(picture)]
    switch picture.heartbeats {
    case .advancing where !picture.verdict.isUp: parts.append("heartbeats still arrive elsewhere")
    case .stopped: parts.append("heartbeats stopped")
    case .advancing, .unknown: break
    }
    let bad = picture.inside.instances.notable.first { $0.vote == .bad }
    if let bad, let why = bad.reason {
      parts.append("\(bad.agent): \(why)")
    }
    return parts.joined(separator: ", ")
  }

  /// How many of a region's agents say what.
  public static func agents(_ picture: RegionPicture) -> String {
    let good = picture.inside.count(.good, .degraded)
    let bad = picture.inside.count(.bad)
    let voiceless = picture.inside.instances.notable.filter { $0.vote == .missing }
    let missing = voiceless.count { !$0.isHeard }
    let mute = voiceless.count - missing
    var text = "\(good)/\(picture.inside.instances.count) agents good"
    if bad > 0 { text += ", \(bad) bad" }
    if missing > 0 { text += ", \(missing) missing" }
    if mute > 0 { text += ", \(mute) cannot tell" }
    return text
  }

  /// How many of its outside checks fail.
  public static func outside(_ picture: RegionPicture) -> String {
    let votes = picture.outside.votes.filter { $0.vote != .none }
    let bad = votes.count { $0.vote == .bad }
    if votes.isEmpty { return "no outside check" }
    if bad == 0 { return "\(votes.count)/\(votes.count) outside checks served" }
    return "\(bad)/\(votes.count) outside checks fail"
  }

  /// The evidence about a region when an intent was made, a line each.
  public static func evidence(of region: RegionID, assessment: Assessment) -> [String] {
    guard let picture = assessment.pictures[region] else { return [] }
    var lines = ["\(region) is \(picture.verdict.word): \(brief(picture))"]
    for vote in picture.outside.votes {
      lines.append("\(vote.vantage): \(vote.vote.rawValue), \(vote.detail)")
    }
    for instance in picture.inside.instances.notable where instance.vote != .good {
      lines.append("\(instance.agent): \(instance.word), \(instance.reason ?? "")")
    }
    return lines
  }

  /// Why a move is made, one sentence.
  public static func why(
    _ intent: Intent, assessment: Assessment, asked: Asked?
  ) -> String {
    let from = intent.from ?? "nowhere"
    switch intent.errand {
    case .commanded:
      let reason = asked?.reason.map { ": \($0)" } ?? ""
      return "\(asked?.by ?? "an operator") asked for it\(reason)"
    case .repair where intent.rule == .enforceDrift:
      return "somebody else put \(intent.replaces?.joined(separator: ", ") ?? "another address") "
        + "there, and drift is \"enforce\""
    case .repair: return "a write toward \(from) that had no answer has landed late"
    case .elective: return "\(intent.to) is ready to take users back from \(from)"
    case .emergency:
      guard let picture = assessment.pictures[from] else { return "\(from) is down" }
      return "\(from) is \(picture.verdict.word): \(brief(picture))"
    }
  }

  /// The exact command that moves all the same.
  public static func force(_ topology: Topology, assessment: Assessment) -> String {
    let others = topology.regions.map(\.id).filter { $0 != assessment.active }
    let fewest = others.min { one, other in
      (assessment.eligibilities[one]?.refusals.count ?? 99)
        < (assessment.eligibilities[other]?.refusals.count ?? 99)
    }
    guard let target = assessment.target ?? fewest else { return "there is no other region" }
    return force(topology.service, to: target, assessment: assessment)
  }

  /// The exact command that moves there, whatever does not hold now.
  public static func force(
    _ service: String, to target: RegionID, assessment: Assessment
  ) -> String {
    let failing = assessment.eligibilities[target]?.conditions.filter { !$0.holds } ?? []
    return
      (["signalbox failover \(service) --to \(target)"]
      + failing.map { "--override-rule \($0.name)" }).joined(separator: " ")
  }

  /// What a rule's line in the history adds: numbers of this moment.
  public static func context(_ rule: Rule, assessment: Assessment) -> String {
    guard let active = assessment.active, let picture = assessment.pictures[active] else {
      return ""
    }
    switch rule {
    case .suspect, .noTarget, .unsure, .blockedByObserve, .blockedByBudget, .blockedByDoubt,
      .blockedByGrace, .blockedByRefusal, .blockedByFreeBudget, .blockedByPause,
      .blockedByMaintenance, .blockedByConflict, .blockedByZone, .awaitApproval,
      .supersedeAwaitsApproval:
      var text = " (\(active): \(brief(picture))"
      let would: Set<Rule> = [
        .blockedByObserve, .blockedByPause, .awaitApproval, .supersedeAwaitsApproval,
      ]
      if would.contains(rule), let target = assessment.target { text += "; to \(target)" }
      if rule == .noTarget {
        let why = assessment.eligibilities.sorted { $0.key < $1.key }.map {
          "\($0.key): \($0.value.refusals.joined(separator: ", "))"
        }
        text += "; " + why.joined(separator: "; ")
      }
      return text + ")"
    case .failOver, .failBack, .operatorMove, .supersede, .lateEcho, .enforceDrift:
      guard let intent = assessment.intent else { return "" }
      let from = intent.from ?? "nowhere"
      return " (\(from) to \(intent.to), epoch \(intent.epoch))"
    default: return ""
    }
  }
}

extension InstanceView {
  /// Its vote, for people: who is heard is not missing.
  public var word: String { vote == .missing && isHeard ? "cannot tell" : vote.rawValue }
}
