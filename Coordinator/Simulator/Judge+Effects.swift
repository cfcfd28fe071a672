import AgentCore
import CoordinatorCore
import Decision
import Wire

extension Judge {
  /// What Linode allows of lists a minute; of other calls it allows more
  /// (https://techdocs.akamai.com/linode-api/reference/rate-limits).
  static let callLimit = 200

  /// A write is about to be sent.
  mutating func writes(
    _ world: World, _ service: Int, _ core: ServiceCore, record: ProviderRecord, target: String
  ) {
    let calls = world.zone.callsPerMinute(at: world.now)
    if calls > Self.callLimit { fail(world, .bounded, "\(calls) calls a minute") }
    if let conflict = durable[service].conflict, conflict.isOpen {
      fail(world, .failStatic, "\(target) is written while another writer's marker stands")
    }
    // It may read what was for half a minute, and has to see it twice.
    if let since = world.zone.claimed(service), world.now - since > 120_000,
      durable[service].conflict?.adoptedBy == nil
    {
      fail(world, .failStatic, "\(target) is written beside another coordinator's marker")
    }
    if let epoch = core.movingEpoch {
      moves(world, service, epoch, record: record, target: target)
    } else {
      keepsUp(world, service, record: record, target: target)
    }
  }

  /// The marker alone, or a record that is missing.
  private mutating func keepsUp(
    _ world: World, _ service: Int, record: ProviderRecord, target: String
  ) {
    let memory = durable[service]
    if let intent = memory.intent {
      fail(world, .oneIntent, "\(target) is written beside the move to \(intent.to)")
    }
    guard record.type != "TXT" else { return }
    let topology = world.topologies[service]
    let place = topology.regions.first { $0.addresses.values.contains(target) }
    guard setup.creates, let place else {
      return fail(world, .neverEmpty, "\(record.type) \(target) is made, and not to be made")
    }
    if record.id == 0 { world.figures.made += 1 }
    let isAsked = memory.asked?.contains { $0.name == record.name && $0.type == record.type }
    if isAsked != true { fail(world, .durable, "\(target) is asked for and not remembered") }
    if memory.pause != nil { fail(world, .operatorWins, "\(target) is made while paused") }
    guard let shell = world.shell else { return }
    let witness = witness(world, shell, service)
    if let text = witness.againstEntering(place.id, from: nil) {
      fail(world, .justified, "\(target) is made, and \(text)")
    }
  }

  private mutating func moves(
    _ world: World, _ service: Int, _ epoch: UInt64, record: ProviderRecord, target: String
  ) {
    let memory = durable[service]
    let topology = world.topologies[service]
    guard let intent = memory.intent else {
      fail(world, .durable, "\(target) is written without a durable intent")
      return
    }
    if intent.epoch != epoch {
      fail(
        world, .oneIntent,
        "epoch \(epoch) writes while epoch \(intent.epoch) is in flight")
    }
    guard record.type != "TXT" else { return }
    let wanted = topology.region(intent.to)?.addresses.values.contains(target) ?? false
    if !wanted {
      fail(world, .oneIntent, "\(target) is written for the move to \(intent.to)")
    }
    if !topology.regions.contains(where: { $0.addresses.values.contains(target) }) {
      fail(world, .neverEmpty, "\(target) is not configured")
    }
    guard let shell = world.shell, memory.phase == .switching, intent.overrides.isEmpty,
      intent.errand != .repair
    else { return }
    let witness = witness(world, shell, service)
    let source = intent.errand == .elective ? nil : intent.from
    if let text = witness.againstEntering(intent.to, from: source) {
      fail(world, .justified, "\(intent.to) is written, but right before it \(text)")
    }
  }

  /// A summary counts that another region's agent relayed, as signed at `counted`: it is not taken
  /// for newer than it is, unless a clock is wrong, and no clock makes it much newer (RULES 4).
  mutating func relayed(_ world: World, _ signed: Summaries.Signed, _ counted: Moment) {
    let truth = world.now - (world.frozenNow - signed.at)
    let taken = world.now - (world.clock.instant - counted).wholeMilliseconds
    // How long the relaying report was on its way, or lay before a process that stood still, is not
    // in its age: its challenge bounds it. By the wall clocks an old summary is refused.
    let slackMs =
      Self.areClocksRight(world)
      ? world.setup.policy.freshFor.wholeMilliseconds + 1_000
      : Defaults.firstContactWindow.wholeMilliseconds + 60_000 + Self.mostWrongMs(world)
    if taken > truth + slackMs {
      fail(
        world, .authentic,
        "a relayed summary of \(signed.summary.agent) counts as \(taken - truth) ms newer than it "
          + "is")
    }
  }

  /// How far a clock was stepped at most.
  private static func mostWrongMs(_ world: World) -> Int64 {
    world.schedule.faults.filter { [.coordinatorClockStep, .hostClockStep].contains($0.kind) }
      .map { abs(Int64($0.amount)) }.max() ?? 0
  }

  private static func areClocksRight(_ world: World) -> Bool {
    !world.schedule.faults.contains {
      [.coordinatorClockStep, .hostClockStep, .hostClockDrift].contains($0.kind)
    }
  }

  /// A report was taken in: what is held of its probes is what the host saw, all of it where the
  /// answer says that nothing is missing.
  mutating func heard(_ world: World, _ parcel: Parcel, _ directive: Directive) {
    guard let sight = parcel.sight, world.perturbation == nil,
      let held = world.shell?.evidence.agents[directive.agent]?.probes
    else { return }
    // How long an answer took is told by its ages, which are none of what lies ahead.
    func essence(_ probe: ProbeResult) -> ProbeResult {
      var probe = probe
      (probe.number, probe.latencyMs) = (nil, nil)
      return probe
    }
    let seen = sight.map(essence)
    let isRight = held.allSatisfy { seen.contains(essence($0)) }
    if !isRight || directive.orders != nil && held.count != sight.count {
      fail(world, .authentic, "what is held of \(directive.agent)'s probes is not what it told")
    }
  }

  /// An agent has taken a directive, but for what is `stale`: no two regions hold leases of a
  /// service at once (RULES 13).
  mutating func leased(_ world: World, _ host: Host, but stale: [String]) {
    for entry in host.state.directive.services.values.filter(\.isTold).map(\.directive)
      .sorted(by: { $0.service < $1.service })
    where entry.leaseMs != nil && !stale.contains(entry.service) {
      guard lastLeased[entry.service] != host.region else { continue }
      lastLeased[entry.service] = host.region
      world.figures.leaseTurns += 1
      let holders = world.hosts.filter { other in
        other.runs
          && other.state.role(at: other.moment(world.frozenNow)).services.contains {
            $0.service == entry.service && $0.exclusive.state == .held
          }
      }
      let regions = Set(holders.map(\.region))
      guard regions.count > 1 else { continue }
      let names = holders.map(\.agent).joined(separator: ", ")
      fail(world, .oneHolder, "\(names) hold leases of \(entry.service) at once")
    }
  }

  /// A write has reached the provider's database.
  mutating func landed(_ world: World, _ landing: Landing, isSecond: Bool) {
    guard landing.record.type != "TXT" else { return }
    if landing.epoch < durable[landing.service].epoch { world.figures.lateEchoes += 1 }
    // Seen by nobody before it is remembered no more, it is anybody's wish (RULES 10).
    let forgotten = landing.sent + setup.policy.mayLandFor.wholeMilliseconds
    let isUnseen = world.schedule.faults.contains {
      [.coordinatorStopped, .coordinatorDown].contains($0.kind) && $0.begin <= world.now
        && $0.end >= forgotten
    }
    if isUnseen { unseen.insert(landing.service) }
    let regions = world.topologies[landing.service].regions
    if !regions.contains(where: { $0.addresses.values.contains(landing.record.target) }) {
      fail(world, .neverEmpty, "\(landing.record.target) is not configured")
    }
    let record = landing.record
    if isSecond {
      fail(world, .neverEmpty, "a second \(record.type) record of \(record.name)")
    }
  }

  /// An incident has ended.
  mutating func closed(_ world: World, _ incident: IncidentRecord) {
    world.figures.outcomes[incident.outcome, default: 0] += 1
    guard incident.outcome == .converged, [.failover, .failback].contains(incident.kind),
      world.figures.recoveries.count < 1000
    else { return }
    let service = world.topologies.firstIndex { $0.service == incident.service } ?? 0
    world.figures.recoveries.append(
      Recovery(
        seed: world.schedule.seed, atMs: world.now, kind: incident.kind,
        from: incident.from ?? "nowhere", to: incident.to, why: incident.why,
        parts: incident.stamps.parts(cacheSeconds: Double(setup.ttlSeconds)),
        downtimeSeconds: Double(world.users.episodeMs(service)) / 1000,
        dataAtRisk: incident.dataAtRisk))
  }

  /// Looks around after a tick.
  mutating func look(_ world: World) {
    // While it stands still it moves nobody, nor in the moment in which it goes on.
    if world.now - lookedAt > 5_000 { stuckSince = stuckSince.map { _ in nil } }
    lookedAt = world.now
    guard world.now - world.troubleAt < 1_200_000 else { return }
    for service in world.topologies.indices { lookAt(world, service) }
    guard let shell = world.shell else { return }
    if shell.evidence.agents.count > world.hosts.count {
      fail(world, .bounded, "evidence of \(shell.evidence.agents.count) agents is kept")
    }
    for (agent, kept) in shell.evidence.acknowledgements where kept.count > 64 {
      fail(world, .bounded, "\(kept.count) acknowledgements of \(agent) are kept")
    }
  }

  private mutating func lookAt(_ world: World, _ service: Int) {
    for set in world.zone.sets(of: service) where !world.zone.isDeleted(service) {
      let count = world.zone.addresses(set).count
      if count != 1 {
        fail(world, .neverEmpty, "\(world.zone.name(of: set)) has \(count) addresses")
      }
    }
    checkProgress(world, service)
  }

  /// No cool-down and no budget but the hard one leaves users on a dead region while a stable one
  /// waits.
  private mutating func checkProgress(_ world: World, _ service: Int) {
    let topology = world.topologies[service]
    let policy = setup.policy
    let stable = max(policy.failbackAfter, policy.minUp).wholeMilliseconds + 120_000
    guard policy.automation == .automatic, policy.onDataRisk == .proceed,
      let dead = truth.onlyDead, let shell = world.shell,
      truth.hasWhole(besides: dead.region, for: stable, at: world.now),
      durable[service].pause == nil, world.zone.claims[service] == nil,
      durable[service].maintenance?.isEmpty ?? true,
      (shell.core(service).assessment?.movesUsed ?? 0) < policy.maxSwitchesHard
    else {
      stuckSince[service] = nil
      return
    }
    let region = topology.regions[dead.region]
    let isThere = topology.families.allSatisfy { family in
      world.zone.addresses(RecordSet(service: service, family: family))
        == region.addresses[family].map { [$0] }
    }
    guard isThere else {
      stuckSince[service] = nil
      return
    }
    let since = stuckSince[service] ?? world.now
    stuckSince[service] = since
    let limit = Int64(policy.bound.reduce(0) { $0 + $1.seconds } * 1000) + 60_000
    if world.now - since > limit {
      let rule = shell.core(service).assessment?.decision.rule
      stuckSince[service] = world.now
      fail(
        world, .flapping,
        "users stay on \(region.id), dead for \((world.now - dead.since) / 1000) s, while another "
          + "region is stable; rule \(rule.map { "\($0)" } ?? "none")")
    }
  }

  /// The faults are over for long: everything has to be in order.
  mutating func end(_ world: World) {
    world.figures.worlds += 1
    world.figures.regionMs += world.now * Int64(setup.regions.count)
    world.figures.userDowntimeMs += world.users.totalMs
    guard violations.isEmpty else { return }
    guard world.now - world.schedule.calmFrom >= Schedule.settleMs(setup.policy) else { return }
    guard let shell = world.shell else {
      fail(world, .converges, "the coordinator is not there long after all faults are over")
      return
    }
    let bound = Int64(setup.policy.bound.reduce(0) { $0 + $1.seconds } * 1000)
    // A move that began a moment ago has its own time.
    for room in shell.rooms where world.now - openedAt[room.service] > bound {
      checkEnd(world, room.service, shell.core(room.service))
    }
  }

  private mutating func checkEnd(_ world: World, _ service: Int, _ core: ServiceCore) {
    let topology = world.topologies[service]
    let memory = core.machine.memory
    if let intent = memory.intent {
      fail(
        world, .converges,
        "\(core.name): the move to \(intent.to) of epoch \(intent.epoch) is still \(memory.phase)")
    }
    for (region, picture) in (core.assessment?.pictures ?? [:]).sorted(by: { $0.key < $1.key })
    where !picture.verdict.isUp {
      fail(world, .converges, "\(core.name): \(region) is well and judged \(picture.verdict)")
    }
    if memory.conflict?.isOpen == true, world.zone.claimed(service) == nil {
      fail(world, .converges, "\(core.name) is read-only, and nobody else claims it")
    }
    guard let active = memory.active.flatMap(topology.region) else {
      fail(world, .converges, "\(core.name): it is not known where DNS points")
      return
    }
    // Names that disagree are left to people.
    if core.machine.at == .mixed, unseen.contains(service) { return }
    for set in world.zone.sets(of: service) {
      let wanted = active.addresses[set.family].map { [$0] } ?? []
      let found = world.zone.addresses(set)
      if found != wanted {
        fail(
          world, .converges,
          "\(world.zone.name(of: set)) should point at \(active.id) \(wanted) and holds \(found)")
      }
      for server in 0..<setup.nameServers {
        let shown = world.zone.answer(
          server, set, in: world.conditions, at: world.now)
        if let shown, shown != wanted {
          fail(world, .converges, "ns\(server + 1) shows \(shown), not \(active.id) \(wanted)")
        }
      }
    }
  }
}

extension Schedule {
  /// How long after the last fault everything has to be in order: the bound, a restart's waits,
  /// and the slowest check's way back up.
  static func settleMs(_ policy: Policy) -> Int64 {
    let bound = Int64(policy.bound.reduce(0) { $0 + $1.seconds } * 1000)
    let restart = (policy.grace + Defaults.writeDeadline + Defaults.restartMargin)
      .wholeMilliseconds
    return bound + restart + policy.refusalPause.wholeMilliseconds + 180_000
  }
}
