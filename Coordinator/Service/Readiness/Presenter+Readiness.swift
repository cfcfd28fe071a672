import CoordinatorCore
import DNS
import Decision
import Platform
import Settings
import Wire

extension Presenter {
  /// What a service's readiness is judged by, out of everything of one instant.
  static func readinessFacts(_ room: Room, snapshot: Snapshot) -> ReadinessFacts {
    let topology = room.service.topology
    let settings = snapshot.deployment.settings
    let assessment = room.core.assessment
    let names = room.service.names
    let zones = names.map { zone($0, snapshot: snapshot) }
    let outlooks = snapshot.outlooks[room.name]
    return ReadinessFacts(
      service: room.name, names: names, active: room.core.machine.memory.active,
      regions: topology.regions.map { region($0, room: room, snapshot: snapshot) },
      families: topology.families, agents: agentFacts(room, snapshot: snapshot),
      ttlSeconds: room.service.settings.ttlSeconds, probe: room.service.settings.probe,
      table: room.service.settings.table, tokenFile: settings.linode.tokenFile,
      nameServers: settings.nameServers, stateDirectory: settings.stateDirectory,
      automation: room.service.policy.automation, minVantages: room.service.policy.minVantages,
      maxLagSeconds: room.service.policy.maxLag.inSeconds,
      token: token(zones, snapshot: snapshot), tokenTrouble: room.core.upkeep.tokenTrouble,
      provenMs: provenMs(room, snapshot: snapshot), zones: zones,
      delegations: delegations(names, zones, snapshot: snapshot),
      lines: freshLines(room, snapshot: snapshot),
      conflict: room.core.machine.isReadOnly
        ? room.core.machine.memory.conflict.map {
          "\($0.claim) (\($0.words(of: room.service.topology.name)))"
        } : nil,
      hasMarker: hasMarker(zones, cluster: snapshot.cluster),
      outlook: outlooks?.ifItFailed, then: outlooks?.asItIs,
      isMoving: room.core.machine.memory.intent != nil,
      suggestsMoves: suggestsMoves(room, snapshot: snapshot),
      accepted: room.core.machine.memory.accepted ?? [],
      standingReplication: assessment?.replicationTroubles(at: snapshot.now).map(\.1) ?? [],
      orders: Coordinator.orders(room, assessment: assessment),
      storeTrouble: snapshot.storeTrouble, freeBytes: snapshot.freeBytes,
      nowMs: snapshot.now.wallMs)
  }

  /// What name servers answered long ago says nothing of now.
  private static func freshLines(_ room: Room, snapshot: Snapshot) -> [NameServerLine] {
    let life = snapshot.deployment.readinessLife.wholeMilliseconds
    // A clock that was set back must not make them fresh for long.
    return room.core.lines.filter { (-1_000...life).contains(snapshot.now.wallMs - $0.askedMs) }
  }

  /// How a reading looks now. What is read once in `every` rounds and was not for three times that
  /// says nothing of now any more; a failure stands until the next reading.
  private static func measured<Value: Sendable & Hashable>(
    _ taken: ReadinessBooks.Taken<Value>?, _ notYet: String, every: Int = 1, snapshot: Snapshot
  ) -> Measured<Value> {
    guard let taken else { return .notYet(notYet) }
    let span = snapshot.now.instant - taken.at
    let age = Int(span.wholeMilliseconds)
    switch taken.result {
    case .success where span > snapshot.deployment.readinessLife * every:
      return .notYet("last read \(Story.span(span)) ago")
    case .success(let value): return .known(value, ageMs: age)
    case .failure(let error):
      return .failed(error.description, refused: error.failure == .permanent, ageMs: age)
    }
  }

  private static let accountUnread = "the account was not read yet"

  private static func zone(_ name: String, snapshot: Snapshot) -> Measured<ZoneFacts> {
    switch measured(snapshot.books.account, accountUnread, snapshot: snapshot) {
    case .notYet(let why): return .notYet(why)
    case .failed(let why, _, let age): return .failed(why, refused: false, ageMs: age)
    case .known(let account, let age):
      if let zone = account.zones[name] { return .known(zone, ageMs: age) }
      let seen = account.seen.prefix(5).joined(separator: ", ")
      return .failed(
        "no domain that the token sees holds \(name); it sees \(seen)", refused: true, ageMs: age)
    }
  }

  private static func token(
    _ zones: [Measured<ZoneFacts>], snapshot: Snapshot
  ) -> Measured<TokenFacts> {
    switch measured(snapshot.books.account, accountUnread, snapshot: snapshot) {
    case .notYet(let why): return .notYet(why)
    case .failed(let why, let refused, let age): return .failed(why, refused: refused, ageMs: age)
    case .known(let account, let age):
      var facts = account.token
      // The narrowest grant is the one that a move would fail at.
      var grants: [String] = []
      for zone in zones.compactMap(\.value) {
        let taken: Measured<String?> = measured(
          snapshot.books.grants[zone.id], "not read yet", every: ReadinessBooks.seldom,
          snapshot: snapshot)
        switch taken {
        case .known(let grant, _): if let grant { grants.append(grant) }
        case .notYet(let why), .failed(let why, _, _): facts.grantUnread = why
        }
      }
      facts.grant = grants.first { $0 != "read_write" } ?? grants.first
      return .known(facts, ageMs: age)
    }
  }

  private static func delegations(
    _ names: [String], _ zones: [Measured<ZoneFacts>], snapshot: Snapshot
  ) -> [DelegationFacts] {
    var found: [DelegationFacts] = []
    for (name, zone) in zip(names, zones) {
      let place = zone.value?.zone ?? name
      guard !found.contains(where: { $0.zone == place }) else { continue }
      let servers: Measured<[String]>
      if snapshot.nameServersAreAddresses {
        servers = .notYet("the name servers are configured by address, a delegation goes by name")
      } else if zone.value == nil {
        servers = .notYet("the zone of \(name) is not known")
      } else {
        servers = measured(
          snapshot.books.delegations[place], "the resolver was not asked yet",
          every: ReadinessBooks.seldom, snapshot: snapshot)
      }
      found.append(
        DelegationFacts(
          zone: place, servers: servers, isElsewhere: snapshot.books.elsewhere[place] != nil))
    }
    return found
  }

  private static func hasMarker(_ zones: [Measured<ZoneFacts>], cluster: String) -> Bool? {
    let known = zones.compactMap(\.value)
    guard !known.isEmpty, known.count == zones.count else { return nil }
    return known.allSatisfy { zone in
      zone.records.contains { $0.type == "TXT" && Marker($0.target)?.cluster == cluster }
    }
  }

  /// Since a write was taken last, milliseconds: the marker's, a move's, or that of a new record.
  private static func provenMs(_ room: Room, snapshot: Snapshot) -> Int? {
    room.core.upkeep.provenAt.map { Int(max(0, (snapshot.now.instant - $0).wholeMilliseconds)) }
  }

  private static func region(_ region: Region, room: Room, snapshot: Snapshot) -> RegionFacts {
    let now = snapshot.now.instant
    let eligibility = room.core.assessment?.eligibilities[region.id]
    let own = region.addresses.keys.sorted().compactMap { family -> RegionFacts.Probe? in
      let key = ProbeKey(service: room.name, region: region.id, family: family)
      let life = snapshot.deployment.readinessLife
      guard let probe = snapshot.evidence.ownProbes[key], now - probe.at <= life else {
        return nil
      }
      let seen = snapshot.books.certificates[key].flatMap { now - $0.at <= life ? $0.ends : nil }
      // A vote is as old as the newest answer behind it.
      let voted = probe.voted.flatMap { now - $0 <= room.service.policy.freshFor ? $0 : nil }
      return RegionFacts.Probe(
        vantage: Outside.coordinator, family: family, vote: voted == nil ? .none : probe.vote,
        detail: probe.detail, ageMs: Int((now - (voted ?? probe.at)).wholeMilliseconds),
        certificateEnds: seen, finding: snapshot.books.oddities[key])
    }
    let votes = room.core.assessment?.pictures[region.id]?.outside.votes ?? []
    let others = votes.filter { $0.vantage != Outside.coordinator }.map { vote in
      RegionFacts.Probe(
        vantage: vote.vantage, family: vote.family, vote: vote.vote, detail: vote.detail,
        ageMs: vote.at.map { Int((now - $0).wholeMilliseconds) })
    }
    let lag = room.core.machine.memory.active.flatMap { source in
      source == region.id
        ? nil
        : Heartbeats.lag(
          of: source, in: region.id, topology: room.service.topology, evidence: snapshot.evidence)
    }
    return RegionFacts(
      id: region.id, aws: region.aws, addresses: region.addresses,
      probes: own + others, balancer: balancer(region, snapshot: snapshot),
      isEligible: eligibility?.isEligible ?? false, whyNot: eligibility?.refusals ?? [],
      force: room.core.assessment.map { Story.force(room.name, to: region.id, assessment: $0) },
      lagSeconds: lag.map { Double($0.highMs) / 1000 })
  }

  private static func balancer(
    _ region: Region, snapshot: Snapshot
  ) -> Measured<BalancerFacts?> {
    switch measured(
      snapshot.books.balancers, "the NodeBalancers were not read yet",
      every: ReadinessBooks.seldom, snapshot: snapshot)
    {
    case .notYet(let why): return .notYet(why)
    case .failed(let why, let refused, let age):
      return .failed(why, refused: refused, ageMs: age)
    case .known(let found, let age):
      let mine = region.addresses.values.lazy.compactMap { found[$0] }.first
      return .known(mine, ageMs: age)
    }
  }

  private static func agentFacts(_ room: Room, snapshot: Snapshot) -> [AgentFacts] {
    let limit = room.service.policy.freshFor
    let topology = room.service.topology
    return topology.agents.sorted { $0.key < $1.key }.map { agent, region in
      var facts = AgentFacts(id: agent, region: region)
      guard let held = snapshot.evidence.agents[agent],
        snapshot.evidence.isFresh(held.receivedAt, now: Present(snapshot.now), for: limit)
      else { return facts }
      let report = held.report
      facts.heardMs = Int((snapshot.now.instant - held.receivedAt).wholeMilliseconds)
      facts.skewMs = snapshot.skews[agent]
      facts.clockIsSynchronised = report.clock.synchronised
      facts.version = report.agentVersion
      facts.release = report.app?.release
      facts.misconfigured = report.checks.filter { check in
        check.state == .misconfigured
          && (check.services.contains(room.name) || check.services.contains("*"))
      }.map { AgentFacts.Trouble(check: $0.name, reason: $0.reason ?? "no access") }
      facts.odd = report.checks.compactMap { check in
        guard check.services.contains(room.name) || check.services.contains("*") else { return nil }
        return check.finding.map { AgentFacts.Trouble(check: check.name, reason: $0) }
      }
      facts.replicas = report.replicas
      return facts
    }
  }
}
