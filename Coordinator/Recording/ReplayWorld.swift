import Decision
import Wire

/// The coordinator's decision as a recording drives it: its evidence, its doubts and its machines.
struct ReplayWorld {
  var evidence: Evidence
  var doubts: Doubts
  var machines: [String: Machine]
  /// Of each service's newest step.
  var assessments: [String: Assessment] = [:]

  init(_ keyframe: Keyframe) {
    evidence = keyframe.evidence
    doubts = keyframe.doubts
    machines = [:]
    for machine in keyframe.machines { machines[machine.topology.service] = machine }
  }

  mutating func take(_ round: ProbeRound) {
    evidence.ownVoteVoid = round.ownVoteVoid
    for reading in round.readings { evidence.take(reading.probe, of: reading.key) }
  }

  mutating func judge(_ now: Now) {
    guard doubts.tick(&evidence, now: now.instant) else { return }
    for service in machines.keys { machines[service]?.restartConfirmations() }
  }

  /// Steps a machine; nil where there is none of that service.
  mutating func step(
    _ service: String, now: Now
  ) -> (transition: Transition?, assessment: Assessment)? {
    guard let stepped = machines[service]?.tick(evidence: evidence, doubts: doubts, now: now)
    else { return nil }
    assessments[service] = stepped.assessment
    return stepped
  }

  /// How the region that a decision is about stands, in a few words.
  func standing(of service: String) -> String {
    guard let assessment = assessments[service],
      let region = assessment.intent?.from ?? assessment.active,
      let verdict = assessment.pictures[region]?.verdict
    else { return "" }
    return "\(region) is \(verdict.rawValue)"
  }

  /// The move that a transition opens.
  func move(_ transition: Transition, service: String, atMs: Int64) -> ReplayedMove? {
    guard let intent = transition.opened else { return nil }
    let rule = transition.decision.rule
    let standing = standing(of: service)
    return ReplayedMove(
      atMs: atMs, service: service, from: intent.from, to: intent.to, errand: intent.errand,
      rule: rule.rawValue, ruleName: rule.name,
      text: RuleText.sentence(rule) + (standing.isEmpty ? "" : " (\(standing))"))
  }
}

extension Machine {
  /// Takes over what the shell had put into it.
  mutating func take(_ change: OuterChange) {
    var outer = outer
    if let at = change.at { outer.at = at }
    if let write = change.write { outer.write = write }
    if let asked = change.request { outer.request = asked.request }
    if let memory = change.memory { outer.memory = memory }
    self.outer = outer
  }
}

/// The moves of one world, with how each ended.
struct MoveLog {
  private(set) var moves: [ReplayedMove] = []
  private var open: [String: Int] = [:]

  /// Notes what a transition opens and closes.
  mutating func note(_ transition: Transition, _ move: ReplayedMove?, service: String) {
    let outcome: String? =
      switch transition.decision.effect {
      case .cancel: "cancelled"
      case .fail: "failed"
      case .supersede: "superseded"
      case .finish: "converged"
      default: nil
      }
    if let outcome, let index = open.removeValue(forKey: service) { moves[index].outcome = outcome }
    guard let move else { return }
    open[service] = moves.count
    moves.append(move)
  }

  /// The same move with how it has ended by now.
  func current(_ move: ReplayedMove) -> ReplayedMove {
    moves.last { $0.atMs == move.atMs && $0.service == move.service } ?? move
  }

  /// The process ended: what was open is not followed any more.
  mutating func forgetOpen() { open = [:] }
}
