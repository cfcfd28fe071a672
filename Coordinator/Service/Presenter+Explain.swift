import CoordinatorCore
import Decision
import Settings
import Wire

extension Presenter {
  static func explain(
    _ room: Room, assessment: Assessment, snapshot: Snapshot
  ) -> ExplainDocument {
    let rule = assessment.decision.rule
    let facts = readinessFacts(room, snapshot: snapshot)
    let readiness = facts.readiness
    let standingFacts = standingFacts(room, readiness: readiness, snapshot: snapshot)
    let standing = Standing(standingFacts)
    let homecoming =
      room.core.machine.at == .region ? assessment.homecoming(room.core.machine) : nil
    let outlook = snapshot.outlooks[room.name]?.ifItFailed
    return ExplainDocument(
      atMs: snapshot.now.wallMs, service: room.service.topology.service,
      situation: standing.situation, answer: answer(standing, homecoming),
      rule: ruleLine(rule, homecoming),
      blocks: blocks(room, assessment: assessment),
      evidence: subjects(room, assessment: assessment).map {
        group($0, room: room, assessment: assessment, snapshot: snapshot)
      },
      conclusion: conclusion(room, assessment, standingFacts),
      changes: changes(room, assessment: assessment),
      targets: room.core.machine.at != .region
        ? []
        : room.service.topology.regions.compactMap { region in
          assessment.eligibilities[region.id].map { eligibility in
            TargetLine(
              region: region.id, chosen: region.id == (outlook?.to ?? assessment.target),
              reasons: held(outlook, region.id) + eligibility.conditions
                + [risk(region.id, assessment: assessment)])
          }
        },
      gate: homecoming?.conditions ?? [],
      actions: actions(room, assessment, homecoming, mayMove: facts.suggestsMoves),
      bound: mayMove(snapshot.outlooks[room.name]) ? room.service.policy.bound : [])
  }

  /// No outlook says that nobody would be moved.
  private static func mayMove(_ outlooks: Outlooks?) -> Bool {
    (outlooks?.asItIs ?? outlooks?.ifItFailed).map { $0.end == .moves } ?? true
  }

  /// A region that may take over, and to which nobody would be moved by itself.
  private static func held(_ outlook: Outlook?, _ region: RegionID) -> [CheckedLine] {
    guard let outlook, outlook.end == .held, outlook.to == region else { return [] }
    let until = outlook.until.map { " (ends \($0))" } ?? ""
    return [
      CheckedLine(
        name: "", holds: false,
        text: "nobody is moved there by itself: \(outlook.because ?? "it is held back")\(until)")
    ]
  }

  /// The rule that acts; where it is about the return to the primary, with the reason.
  static func ruleLine(_ rule: Rule, _ homecoming: Homecoming?) -> RuleLine {
    guard rule == .failbackGateClosed, let homecoming else { return line(rule) }
    return line(rule, "\(RuleText.sentence(rule)): \(homecoming.text)")
  }

  private static func line(_ rule: Rule, _ text: String? = nil) -> RuleLine {
    RuleLine(number: rule.rawValue, name: rule.name, text: text ?? RuleText.sentence(rule))
  }

  /// The first line of all screens, and below a well region how a return to the primary stands.
  private static func answer(_ standing: Standing, _ homecoming: Homecoming?) -> String {
    let also = standing.also.first.map { " Also: \($0)" } ?? ""
    switch standing.situation {
    case .ok:
      return standing.headline + (homecoming.map { " \(sentence($0.text))." } ?? "")
    case .unprotected, .attention, .confirming, .moving, .blocked, .unknown, .paused, .foreign:
      return "\(standing.situation.word): \(standing.headline)\(also)"
    }
  }

  private static func sentence(_ clause: String) -> String {
    clause.prefix(1).uppercased() + clause.dropFirst()
  }

  /// The regions worth telling about: the active one first, then those that are not healthy.
  private static func subjects(_ room: Room, assessment: Assessment) -> [RegionID] {
    let others = room.service.topology.regions.map(\.id).filter { id in
      id != assessment.active && assessment.pictures[id]?.verdict != .healthy
    }
    return (assessment.active.map { [$0] } ?? []) + others
  }

  private static func group(
    _ region: RegionID, room: Room, assessment: Assessment, snapshot: Snapshot
  ) -> EvidenceGroup {
    guard let picture = assessment.pictures[region] else {
      return EvidenceGroup(subject: region, verdict: "unknown", lines: [])
    }
    let now = snapshot.now.instant
    func age(_ at: Instant?) -> Int? { at.map { Int((now - $0).wholeMilliseconds) } }
    var lines = picture.inside.instances.map { instance in
      EvidenceLine(
        label: "agents",
        text: "\(instance.agent): \(instance.word)"
          + (instance.reason.map { ", \($0)" } ?? ""),
        ageMs: age(snapshot.evidence.agents[instance.agent]?.receivedAt))
    }
    lines += picture.outside.votes.map { vote in
      EvidenceLine(
        label: "outside", text: "\(vote.vantage): \(vote.vote.rawValue), \(vote.detail)",
        ageMs: age(vote.at))
    }
    let topology = room.service.topology
    if let ack = Heartbeats.newestAcknowledgement(
      of: region, topology: topology, evidence: snapshot.evidence)
    {
      lines.append(
        EvidenceLine(
          label: "heartbeat", text: "written as number \(ack.sequence), acknowledged",
          ageMs: age(ack.at)))
    }
    for other in topology.regions where other.id != region {
      let lag = Heartbeats.lag(
        of: region, in: other.id, topology: topology, evidence: snapshot.evidence)
      guard let lag else { continue }
      lines.append(
        EvidenceLine(
          label: "heartbeat",
          text: "seen in \(other.id) after \(lag.lowMs) to \(lag.highMs) ms",
          ageMs: assessment.replication[RegionPair(source: region, target: other.id)]?.ageMs))
    }
    if region == assessment.active { lines += caches(room, atMs: snapshot.now.wallMs) }
    return EvidenceGroup(subject: region, verdict: picture.verdict.rawValue, lines: lines)
  }

  /// What resolvers show, as long as one may go on with the old address.
  private static func caches(_ room: Room, atMs: Int64) -> [EvidenceLine] {
    guard let caches = room.caches?.status(atMs: atMs), caches.isAsking else { return [] }
    return caches.resolvers.map { line in
      let name = line.name.map { " for \($0)" } ?? ""
      let addresses = line.addresses.isEmpty ? "" : ", \(line.addresses.joined(separator: ", "))"
      let left = NameServerLine.oldUntilMs([line]).map {
        " for \(Story.span(.milliseconds(max(0, $0 - atMs)))) at most"
      }
      return EvidenceLine(
        label: "caches",
        text: "resolver \(line.server)\(name): \(line.answer.rawValue)\(addresses)\(left ?? "")",
        ageMs: Int(max(0, atMs - line.askedMs)))
    }
  }

  private static func conclusion(
    _ room: Room, _ assessment: Assessment, _ standing: StandingFacts
  ) -> String {
    guard room.core.machine.at == .region, let active = assessment.active,
      let picture = assessment.pictures[active]
    else {
      if room.core.machine.at == .foreign {
        let found = room.core.reading?.shown ?? []
        return "Someone pointed \(room.service.topology.name) at "
          + "\(found.joined(separator: ", ")). Nothing is moved until it holds a configured "
          + "address again, or an operator says signalbox adopt \(room.name)."
      }
      if let trouble = room.core.readTrouble {
        return "Where DNS points is not known: \(trouble)"
      }
      return "Where DNS points is not known, so nothing is decided."
    }
    if let accepted = room.core.machine.memory.accepted {
      return "Users are sent to \(accepted.joined(separator: ", ")), which is no region's: nothing "
        + "here looks at it."
    }
    if let first = standing.resolution.first, !picture.verdict.isDown {
      return "\(active) itself is \(picture.verdict.word), but users may not find it: \(first)."
    }
    switch picture.verdict {
    case .healthy: return "\(active) serves users and its own hosts agree."
    case .degraded: return "\(active) serves users, but something in it needs a look."
    case .failing: return "\(active) is down: its own hosts or everyone outside say so."
    case .unreachable: return "The hosts of \(active) are well, but users cannot reach it."
    case .isolated:
      return "The hosts of \(active) live (their heartbeats arrive), but users cannot reach it."
    case .contested:
      return "The hosts of \(active) say it is broken, while it is served from outside."
    case .partial: return "Too few hosts of \(active) report to judge it, and users reach it."
    case .silent:
      return "A network path or the agents are broken, not \(active): users reach it."
    case .unknown: return "There is not enough evidence to judge \(active)."
    }
  }

  private static func changes(_ room: Room, assessment: Assessment) -> [RuleLine] {
    guard room.core.machine.at == .region, let active = assessment.active,
      let picture = assessment.pictures[active], !picture.verdict.isDown
    else { return [] }
    let policy = room.service.policy
    var lines = [
      line(
        .failOver,
        "all outside checks fail for \(Story.span(policy.outsideConfirm)): \(active) is down"),
      line(
        .failOver,
        "its hosts fail and outside agrees for \(Story.span(policy.failoverAfter)): it is down"),
      line(
        .failOver,
        "its hosts fail for \(Story.span(policy.outsideConfirm)) while it is still served: moved "
          + "to a fully healthy region"),
    ]
    if picture.verdict == .silent { lines.removeLast() }
    return lines
  }

  private static func risk(_ region: RegionID, assessment: Assessment) -> CheckedLine {
    guard let risk = assessment.dataAtRisk[region] else {
      return CheckedLine(name: "data", holds: true, text: "data at risk not known")
    }
    guard let upper = risk.upperSeconds else {
      return CheckedLine(
        name: "data", holds: true,
        text: "data at risk: \(seconds(risk.behindSeconds)) are known, no upper bound is")
    }
    return CheckedLine(
      name: "data", holds: true,
      text: "data at risk \(seconds(risk.behindSeconds)), at most \(seconds(upper))")
  }

  private static func seconds(_ value: Double) -> String {
    Story.span(.milliseconds(Int64((value * 1000).rounded())))
  }

  private static func blocks(_ room: Room, assessment: Assessment) -> [BlockLine] {
    let isOnHold = assessment.decision.rule == .supersedeAwaitsApproval
    guard [.confirmed, .down].contains(assessment.facts.source) || isOnHold else { return [] }
    var lines = assessment.holds.map { hold in
      BlockLine(rule: line(hold.block.rule, hold.text), clears: hold.clears.words())
    }
    if let asks = assessment.asks {
      lines.append(
        BlockLine(
          rule: line(isOnHold ? .supersedeAwaitsApproval : .awaitApproval, asks.why),
          region: asks.to,
          clears: "with signalbox approve \(room.name)"))
    }
    if assessment.target == nil {
      for region in room.service.topology.regions {
        guard let eligibility = assessment.eligibilities[region.id], !eligibility.isEligible else {
          continue
        }
        lines.append(
          BlockLine(
            rule: line(.noTarget, eligibility.refusals.joined(separator: ", ")),
            region: region.id, clears: "by itself, when these hold again"))
      }
    }
    return lines
  }

  private static func actions(
    _ room: Room, _ assessment: Assessment, _ homecoming: Homecoming?, mayMove: Bool
  ) -> [ActionLine] {
    let service = room.service.topology.service
    var lines: [ActionLine] = []
    if room.core.machine.mayCancel {
      lines.append(
        ActionLine(
          command: "signalbox cancel \(service)", effect: "takes the move back before it writes"))
    }
    if mayMove, let target = assessment.target {
      lines.append(
        ActionLine(
          command: "signalbox failover \(service) --to \(target)",
          effect: "shows what it would change, then asks"))
    }
    if mayMove, let active = assessment.active, assessment.putBack?.isEligible == true {
      lines.append(
        ActionLine(
          command: "signalbox failover \(service) --to \(active)",
          effect: "puts the record back that was adopted"))
    }
    if mayMove, homecoming?.mayBeOrdered == true {
      lines.append(
        ActionLine(
          command: "signalbox failback \(service)", effect: "back to the primary"))
    }
    if !mayMove, room.core.machine.memory.intent == nil, room.core.adoptable == nil {
      lines.append(
        ActionLine(
          command: "signalbox breakglass \(service)", effect: "how to move by hand, without it"))
    }
    if room.core.adoptable != nil {
      let then = room.core.machine.at == .foreign ? "; then failover puts the record back" : ""
      lines.append(
        ActionLine(
          command: "signalbox adopt \(service)",
          effect: "takes what others left in DNS over\(then)"))
    }
    if room.core.machine.memory.pause != nil || room.core.machine.memory.pinned != nil {
      lines.append(
        ActionLine(
          command: "signalbox resume \(service)", effect: "says what follows, then asks"))
    }
    lines.append(
      ActionLine(command: "signalbox history \(service)", effect: "what happened before"))
    return lines
  }
}
