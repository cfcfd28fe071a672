import Decision
import Settings
import Wire

/// Turns what is known into the documents that screens show.
enum Presenter {
  static func status(_ snapshot: Snapshot) -> StatusDocument {
    StatusDocument(
      atMs: snapshot.now.wallMs, coordinator: snapshot.coordinator,
      services: snapshot.rooms.map { service($0, snapshot: snapshot) },
      agents: agents(snapshot))
  }

  private static func service(_ room: Room, snapshot: Snapshot) -> ServiceStatus {
    let memory = room.machine.memory
    let topology = room.service.topology
    let assessment = room.assessment
    let situation = assessment.map { Self.situation($0, room: room) } ?? .unknown
    let rule = assessment?.decision.rule ?? .atUnknown
    return ServiceStatus(
      service: topology.service, names: room.service.names, situation: situation,
      headline: headline(situation, room: room, assessment: assessment), at: at(room),
      active: memory.active, addresses: addresses(room),
      readMs: room.readAt.map { Int((snapshot.now.instant - $0).wholeMilliseconds) },
      epoch: memory.epoch, phase: memory.phase.rawValue,
      rule: RuleLine(number: rule.rawValue, name: rule.name, text: RuleText.sentence(rule)),
      regions: topology.regions.map { region($0, room: room, snapshot: snapshot) },
      nameServers: room.lines, ttlSeconds: room.ttlSeconds,
      policy: policy(room, assessment: assessment),
      forecast: assessment.flatMap { forecast(room, assessment: $0) }, incident: room.incident,
      lastIncident: room.lastIncident, pinned: memory.pinned,
      orders: Coordinator.orders(room, assessment: assessment),
      exclusive: ExclusiveStatus(room, now: snapshot.now.instant),
      findings: room.findings.isEmpty ? nil : room.findings,
      readiness: readinessFacts(room, snapshot: snapshot).readiness.summary,
      caches: room.caches?.status(atMs: snapshot.now.wallMs))
  }

  static func at(_ room: Room) -> String {
    switch room.machine.at {
    case .region: "region"
    case .mixed: "mixed"
    case .echo: "echo"
    case .foreign, .drift: "foreign"
    case .unknown: "unknown"
    }
  }

  private static func addresses(_ room: Room) -> [String] {
    let topology = room.service.topology
    if let accepted = room.machine.memory.accepted { return accepted }
    if room.machine.at == .region, let active = room.machine.memory.active,
      let region = topology.region(active)
    {
      return region.addresses.sorted { $0.key < $1.key }.map(\.value)
    }
    return room.reading?.shown ?? []
  }

  static func situation(_ assessment: Assessment, room: Room) -> Situation {
    if room.machine.memory.intent != nil { return .moving }
    if room.machine.graceLeft(assessment.now.instant) != nil { return .unknown }
    guard room.machine.at == .region, let active = assessment.active else { return .unknown }
    switch assessment.facts.source {
    case .confirmed: return .blocked
    case .down: return .confirming
    case .unsure:
      return assessment.pictures[active]?.verdict == .unknown ? .unknown : .attention
    case .well:
      if room.machine.isReadOnly { return .attention }
      if assessment.target == nil { return .unprotected }
      if room.readTrouble != nil || room.upkeep.tokenTrouble != nil { return .attention }
      return assessment.pictures[active]?.verdict == .healthy ? .ok : .attention
    }
  }

  private static func headline(
    _ situation: Situation, room: Room, assessment: Assessment?
  ) -> String {
    let name = room.service.topology.name
    let active = room.machine.memory.active ?? "no known region"
    let verdict = assessment?.active.flatMap { assessment?.pictures[$0] }
    switch situation {
    case .ok: return "\(name) is served by \(active)."
    case .unprotected:
      return "\(name) is served by \(active), but no other region could take over now."
    case .attention where room.machine.isReadOnly:
      return "\(name) is served by \(active), but another writer claims it: nothing is written."
    case .attention where room.upkeep.tokenTrouble != nil && room.readTrouble == nil:
      return "\(name) is served by \(active), but its record cannot be written: a move would fail."
    case .attention where room.readTrouble != nil:
      return "\(name) is served by \(active), but its DNS record cannot be read: a move would fail."
    case .attention:
      return "\(name) points at \(active), which is \(verdict?.verdict.rawValue ?? "unknown"): "
        + "nothing is moved for it."
    case .confirming:
      return "\(active) looks down (\(verdict?.verdict.rawValue ?? "")): confirming before "
        + "\(name) is moved."
    case .moving:
      let intent = room.machine.memory.intent
      return "\(name): \(intent?.from ?? "nowhere") -> \(intent?.to ?? "")"
    case .blocked:
      let rule = assessment?.decision.rule ?? .noTarget
      return "\(active) is down, \(RuleText.sentence(rule))."
    case .unknown:
      if let assessment, let left = room.machine.graceLeft(assessment.now.instant) {
        return "just started: gathering evidence for another \(Story.span(left))."
      }
      switch room.machine.at {
      case .foreign, .drift:
        return "\(name) points at \(addresses(room).joined(separator: ", ")), which is not "
          + "configured: automatic moves are blocked."
      case .mixed: return "\(name) points at several regions: nothing is moved."
      case .echo: return "a write of ours has landed late on \(name): it is being overwritten."
      case .unknown: return "where \(name) points is not known: nothing is moved."
      case .region: return "\(name) points at \(active); its health is not known yet."
      }
    }
  }

  private static func policy(_ room: Room, assessment: Assessment?) -> PolicyStatus {
    let policy = room.service.policy
    return PolicyStatus(
      automation: policy.automation.rawValue,
      failoverAfterSeconds: policy.failoverAfter.inSeconds, failback: policy.failback.rawValue,
      switchesUsed: assessment?.movesUsed ?? 0, switchesMax: policy.maxSwitchesHard,
      switchWindowSeconds: policy.switchWindow.inSeconds,
      cooldownMs: assessment?.cooldownLeft.map { Int($0.wholeMilliseconds) })
  }

  private static func forecast(_ room: Room, assessment: Assessment) -> Forecast? {
    guard let target = assessment.target, room.machine.at == .region, room.readTrouble == nil
    else { return nil }
    return Forecast(
      to: target, seconds: room.service.policy.typicalSeconds,
      dataAtRisk: assessment.dataAtRisk[target])
  }

  private static func region(_ region: Region, room: Room, snapshot: Snapshot) -> RegionStatus {
    let assessment = room.assessment
    let picture = assessment?.pictures[region.id]
    let memory = assessment?.memories[region.id]
    let active = room.machine.memory.active
    let dynamodb = dynamodb(of: region.id, room: room, snapshot: snapshot)
    let lag = active.flatMap { source -> (lowMs: Int, highMs: Int)? in
      source == region.id
        ? nil
        : Heartbeats.lag(
          of: source, in: region.id, topology: room.service.topology, evidence: snapshot.evidence)
    }
    let eligibility = assessment?.eligibilities[region.id]
    let voteless = assessment?.voteless[region.id]
    let isNext = region.id == assessment?.target && room.machine.at == .region
    let role =
      region.id == active && room.machine.at != .foreign
      ? "active" : isNext ? "next" : "standby"
    return RegionStatus(
      region: region.id, aws: region.aws,
      addresses: region.addresses.sorted { $0.key < $1.key }.map(\.value), role: role,
      verdict: (picture?.verdict ?? .unknown).rawValue,
      verdictMs: memory.map { Int((snapshot.now.instant - $0.verdictSince).wholeMilliseconds) }
        ?? 0,
      agents: agents(picture), outside: outside(picture, now: snapshot.now.instant),
      dynamodb: dynamodb.state, dynamodbLatencyMs: dynamodb.latencyMs,
      lagLowSeconds: lag.map { Double($0.lowMs) / 1000 },
      lagHighSeconds: lag.map { Double($0.highMs) / 1000 },
      findings: findings(picture) + skews(of: region.id, room: room, snapshot: snapshot)
        + (voteless.map { [$0.text] } ?? []),
      eligible: eligibility?.isEligible ?? false, whyNot: eligibility?.refusals ?? [],
      voteless: voteless.map { found in
        VotelessStatus(
          family: found.family, status: found.status,
          sinceMs: Int((snapshot.now.instant - found.since).wholeMilliseconds), cause: found.cause)
      })
  }

  private static func agents(_ picture: RegionPicture?) -> AgentCounts {
    guard let inside = picture?.inside else {
      return AgentCounts(expected: 0, good: 0, bad: 0, missing: 0)
    }
    return AgentCounts(
      expected: inside.instances.count, good: inside.count(.good, .degraded),
      bad: inside.count(.bad), missing: inside.count(.missing))
  }

  private static func outside(_ picture: RegionPicture?, now: Instant) -> OutsideCounts {
    guard let view = picture?.outside else {
      return OutsideCounts(state: "unknown", serving: 0, bad: 0, vantages: [])
    }
    return OutsideCounts(
      state: view.state.rawValue, serving: view.votes.count { $0.vote == .serving },
      bad: view.votes.count { $0.vote == .bad },
      vantages: view.votes.map { vote in
        VantageStatus(
          vantage: vote.vantage, vote: vote.vote, detail: vote.detail,
          ageMs: vote.at.map { Int((now - $0).wholeMilliseconds) })
      })
  }

  private static func findings(_ picture: RegionPicture?) -> [String] {
    guard let picture else { return [] }
    var findings = picture.inside.instances.filter { $0.vote != .good }.map {
      "\($0.agent): \($0.reason ?? $0.vote.rawValue)"
    }
    findings += picture.outside.badFamilies.map { "its \($0.rawValue) address fails outside" }
    return findings
  }

  /// The worst that the region's hosts say of their replica, and the best latency.
  private static func dynamodb(
    of region: RegionID, room: Room, snapshot: Snapshot
  ) -> (state: String, latencyMs: Double?) {
    let checks = room.service.topology.agents(of: region)
      .filter {
        snapshot.evidence.isFresh(
          $0, now: snapshot.now.instant, for: room.service.policy.freshFor)
      }
      .compactMap { snapshot.evidence.agents[$0]?.report }
      .flatMap(\.checks).filter { $0.kind == "dynamodb" }
    let order: [CheckState] = [.bad, .misconfigured, .degraded, .good]
    let worst = order.first { state in checks.contains { $0.state == state } } ?? .unknown
    let state =
      switch worst {
      case .good: "ok"
      case .bad: "bad"
      case .degraded: "degraded"
      case .misconfigured: "misconfigured"
      case .unknown: "unknown"
      }
    return (state, checks.compactMap(\.latencyMs).min())
  }
}
