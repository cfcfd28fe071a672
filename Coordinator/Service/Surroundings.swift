import CoordinatorCore
import Decision
import Settings
import Store
import Wire

/// What is told of agents' clocks and of the coordinator's own network; no decision rests on it.
struct Surroundings: Sendable {
  /// Each agent's wall clock less ours at its newest report, milliseconds.
  var skews: [AgentID: Int64] = [:]
  /// Rounds in a row in which a region answered and no reference did.
  var referenceMisses = 0
  /// Told that no reference answers.
  var referencesFail = false

  static let references =
    "no reference target answers while regions do: the targets of `reference` are down or not "
    + "what they were, or the road there is cut"
}

extension Coordinator {
  /// What the status says of it, a sentence each.
  var surroundingFindings: [String] {
    var words: [String] = []
    if state.clocksDiffer { words.append(CoordinatorState.clocksDifferText) }
    if surroundings.referencesFail { words.append(Surroundings.references) }
    return words
  }

  /// What the status says of starts; nil where there were few.
  func restartFinding(_ now: Now) -> String? {
    state.cores.compactMap { $0.machine.restarts(wallMs: now.wallMs) }.max().map(
      ServiceCore.startsOften)
  }

  /// One round of reference targets: nil where there are none. Their failure is told, and nothing
  /// else.
  func noteReferences(_ answered: Bool?, regionAnswers: Bool) {
    let now = Now.read()
    let misses = answered == false && regionAnswers
    surroundings.referenceMisses = misses ? surroundings.referenceMisses + 1 : 0
    let fails =
      misses
      ? surroundings.referencesFail || surroundings.referenceMisses >= Defaults.probeFall
      // No region answers either: that is no news of the targets.
      : answered == false && surroundings.referencesFail
    guard fails != surroundings.referencesFail else { return }
    surroundings.referencesFail = fails
    record(
      EventRecord(
        fails ? .referencesFail : .referencesBack, at: now, level: fails ? .alert : .notice,
        text: fails ? Surroundings.references : "a reference target answers again, or none is set"))
  }
}

extension Presenter {
  /// What is known of each agent, and how far its clock is off.
  static func agents(_ snapshot: Snapshot) -> [AgentStatus]? {
    let deployment = snapshot.deployment
    let agents = deployment.settings.agents.compactMap { agent -> AgentStatus? in
      let heard = snapshot.evidence.agents[agent.id]?.receivedAt
      let skew = snapshot.skews[agent.id]
      guard heard != nil || skew != nil else { return nil }
      return AgentStatus(
        agent: agent.id, region: agent.region,
        heardMs: heard.map { Int((snapshot.now.instant - $0).wholeMilliseconds) },
        skewMs: skew.map { Int(clamping: $0) })
    }
    return agents.isEmpty ? nil : agents
  }

  /// Hosts of a region whose clocks are far off.
  static func skews(of region: RegionID, room: Room, snapshot: Snapshot) -> [String] {
    let limit = Defaults.skewShown.wholeMilliseconds
    return room.service.topology.agents(of: region).compactMap { agent in
      guard let skew = snapshot.skews[agent], abs(skew) > limit else { return nil }
      let span = Story.span(.milliseconds(Int64(clamping: skew.magnitude)))
      return "\(agent): its clock is about \(span) \(skew > 0 ? "ahead of" : "behind") the "
        + "coordinator's"
    }
  }
}
