import CoordinatorCore
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
    let memory = room.core.machine.memory
    let topology = room.service.topology
    let assessment = room.core.assessment
    let rule = assessment?.decision.rule ?? .atUnknown
    let facts = readinessFacts(room, snapshot: snapshot)
    let readiness = facts.readiness
    let standing = standing(room, readiness: readiness, snapshot: snapshot)
    let outlooks = snapshot.outlooks[room.name]
    let homecoming = assessment?.homecoming(room.core.machine)
    var status = ServiceStatus(
      service: topology.service, names: room.service.names,
      situation: standing.situation, headline: standing.headline, at: at(room),
      active: memory.active, addresses: addresses(room),
      readMs: room.core.readAt.map { Int((snapshot.now.instant - $0).wholeMilliseconds) },
      epoch: memory.epoch, phase: memory.phase.rawValue,
      rule: ruleLine(rule, homecoming),
      regions: topology.regions.map { region($0, room: room, snapshot: snapshot) },
      nameServers: room.core.lines, ttlSeconds: room.core.ttlSeconds,
      policy: policy(room, assessment: assessment),
      forecast: forecast(outlooks?.ifItFailed), incident: room.core.incident,
      lastIncident: room.core.lastIncident, pinned: memory.pinned,
      orders: Coordinator.orders(room, assessment: assessment, outlooks: outlooks),
      exclusive: ExclusiveStatus(room, now: snapshot.now.instant),
      findings: findings(room, homecoming),
      readiness: readiness.summary, caches: room.caches?.status(atMs: snapshot.now.wallMs),
      also: standing.also.isEmpty ? nil : standing.also, outlook: outlooks?.ifItFailed,
      then: outlooks?.asItIs, pinnedUntilMs: memory.pinnedUntilMs)
    status.mayFailBack = homecoming.map {
      $0.mayBeOrdered && facts.suggestsMoves
    }
    status.mayCancel = memory.intent == nil ? nil : room.core.machine.mayCancel
    return status
  }

  /// What to know beside the regions; also why users are not taken back though they might be.
  private static func findings(_ room: Room, _ homecoming: Homecoming?) -> [String]? {
    var found = room.findings
    if room.service.policy.failback == .automatic, let homecoming, homecoming.mayBeOrdered,
      !homecoming.isReady
    {
      found.append(homecoming.text)
    }
    return found.isEmpty ? nil : found
  }

  static func at(_ room: Room) -> String {
    switch room.core.machine.at {
    case .region: "region"
    case .mixed: "mixed"
    case .echo: "echo"
    case .foreign, .drift: "foreign"
    case .unknown: "unknown"
    }
  }

  private static func addresses(_ room: Room) -> [String] {
    let topology = room.service.topology
    if let accepted = room.core.machine.memory.accepted { return accepted }
    if room.core.machine.at == .region, let active = room.core.machine.memory.active,
      let region = topology.region(active)
    {
      return region.addresses.sorted { $0.key < $1.key }.map(\.value)
    }
    return room.core.reading?.shown ?? []
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

  /// What clients of before 0.2 read of an outlook: they know moves only.
  private static func forecast(_ outlook: Outlook?) -> Forecast? {
    guard let outlook, outlook.end == .moves, let to = outlook.to else { return nil }
    return Forecast(to: to, seconds: outlook.seconds ?? 0, dataAtRisk: outlook.dataAtRisk)
  }

  private static func region(_ region: Region, room: Room, snapshot: Snapshot) -> RegionStatus {
    let assessment = room.core.assessment
    let picture = assessment?.pictures[region.id]
    let memory = assessment?.memories[region.id]
    let active = room.core.machine.memory.active
    let dynamodb = dynamodb(of: region.id, room: room, snapshot: snapshot)
    let eligibility = assessment?.eligibilities[region.id]
    let voteless = assessment?.voteless[region.id]
    let outlook = snapshot.outlooks[room.name]?.ifItFailed
    let next = outlook == nil ? assessment?.target : outlook?.to
    let isNext = region.id == next && room.core.machine.at == .region
    let role =
      region.id == active && room.core.machine.at != .foreign
      ? "active" : isNext ? "next" : "standby"
    var status = RegionStatus(
      region: region.id, aws: region.aws,
      addresses: region.addresses.sorted { $0.key < $1.key }.map(\.value), role: role,
      verdict: (picture?.verdict ?? .unknown).rawValue,
      verdictMs: memory.map { Int((snapshot.now.instant - $0.verdictSince).wholeMilliseconds) }
        ?? 0,
      agents: agents(picture), outside: outside(picture, now: snapshot.now.instant),
      dynamodb: dynamodb.state, dynamodbLatencyMs: dynamodb.latencyMs,
      findings: findings(region.id, assessment)
        + skews(of: region.id, room: room, snapshot: snapshot),
      eligible: eligibility?.isEligible ?? false, whyNot: eligibility?.refusals ?? [])
    status.voteless = voteless.map { found in
      VotelessStatus(
        family: found.family, status: found.status,
        sinceMs: Int((snapshot.now.instant - found.since).wholeMilliseconds), cause: found.cause)
    }
    if let active, active != region.id {
      replication(from: active, into: &status, assessment: assessment, room: room, snapshot)
    }
    return status
  }

  /// How far what is written in the active region is behind there, and for how long.
  private static func replication(
    from active: RegionID, into status: inout RegionStatus, assessment: Assessment?, room: Room,
    _ snapshot: Snapshot
  ) {
    // Whoever is not heard any more tells no lag of now.
    guard let flow = assessment?.replication[RegionPair(source: active, target: status.region)]
    else { return }
    status.lagLowSeconds = flow.lagLowMs.map { Double($0) / 1000 }
    status.lagHighSeconds = flow.lagHighMs.map { Double($0) / 1000 }
    status.replication = flow.state.rawValue
    status.lagAgeSeconds = Double(flow.ageMs) / 1000
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

  private static func findings(_ region: RegionID, _ assessment: Assessment?) -> [String] {
    guard let assessment else { return [] }
    var findings: [String] = []
    if let picture = assessment.pictures[region] {
      findings += picture.inside.instances.notable.filter { $0.vote != .good }.map {
        "\($0.agent): \($0.reason ?? $0.word)"
      }
      findings += picture.outside.badFamilies.map { "its \($0.rawValue) address fails outside" }
    }
    if let voteless = assessment.voteless[region] { findings.append(voteless.text) }
    if let replica = assessment.illReplicas?[region] { findings.append("its replica \(replica)") }
    return findings
  }

  /// The worst that the region's hosts say of their replica, and the best latency.
  private static func dynamodb(
    of region: RegionID, room: Room, snapshot: Snapshot
  ) -> (state: String, latencyMs: Double?) {
    let checks = room.service.topology.agents(of: region)
      .filter {
        snapshot.evidence.isFresh(
          $0, now: Present(snapshot.now), for: room.service.policy.freshFor)
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
