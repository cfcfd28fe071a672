public import Wire

/// What the host's own programs are told (RULES 13, DESIGN section 6).
extension AgentState {
  /// The host's health by its own checks.
  public func health(at now: Instant) -> HostHealth {
    let results = results(at: now)
    return HostHealth(
      status: Self.status(of: results), region: facts.region, agent: facts.agent,
      checks: results.map {
        HostCheck(name: $0.name, state: $0.state, counts: $0.counts, reason: $0.reason)
      }, starved: isStarved, deployingMs: deployingMs(at: now))
  }

  /// Everything, for people; what only the shell knows is handed in.
  public func status(
    coordinator: String, heard: Bool?, trouble: String?, started: Instant, at now: Instant
  ) -> HostStatus {
    var counts = counts
    counts.sent = sequence
    let results = results(at: now)
    return HostStatus(
      agent: facts.agent, region: facts.region, version: facts.version,
      upSeconds: started.age(at: now) / 1000, coordinator: coordinator, heard: heard,
      trouble: trouble, reports: counts, health: Self.status(of: results), checks: results,
      starved: isStarved, deployingMs: deployingMs(at: now), role: role(at: now),
      heartbeat: heartbeat(at: now), peers: peers(at: now).map(Self.short),
      probes: board.results(at: now),
      replicas: table?.replicas(at: now), consistency: table?.consistency(at: now))
  }

  /// A peer with the newest sighting alone; a summary is not for this host to read.
  private static func short(_ peer: PeerHeartbeat) -> PeerHeartbeat {
    var peer = peer
    peer.sightings = peer.sightings.suffix(1)
    peer.summary = nil
    return peer
  }

  /// As the host's vote (RULES 2): a misconfigured check abstains.
  static func status(of checks: [CheckResult]) -> HostHealth.Status {
    let counting = checks.filter { $0.counts == .region }
    let voting = counting.filter { $0.state != .misconfigured }
    if voting.contains(where: { $0.state == .bad }) { return .unhealthy }
    if voting.contains(where: { $0.state == .unknown }) || voting.isEmpty { return .unknown }
    let isFlawed = checks.contains { $0.state != .good }
    return isFlawed ? .degraded : .healthy
  }

  /// What an app may go by.
  public func role(at now: Instant) -> HostRole {
    let isStrong = table?.consistency(at: now) == .strong
    return HostRole(
      agent: facts.agent, region: facts.region,
      heardSeconds: directive.received.map { $0.age(at: now) / 1000 }, advisory: !isStrong,
      note: isStrong
        ? "a lease orders work; a conditional write that names the epoch is what fences it"
        : "advisory on an MREC table: it cannot fence; work has to stand being done twice",
      services: directive.services.values.filter(\.isTold)
        .sorted { $0.directive.service < $1.directive.service }
        .map { role(of: $0, at: now) })
  }

  private func role(of service: DirectiveState.Service, at now: Instant) -> ServiceRole {
    let told = service.directive
    let age = told.trafficAgeMs.map { ($0 + service.received.age(at: now)) / 1000 }
    return ServiceRole(
      service: told.service, epoch: told.epoch,
      traffic: TrafficRole(
        region: told.traffic, here: told.traffic == facts.region, ageSeconds: age),
      exclusive: exclusive(of: service, at: now))
  }

  private func exclusive(of service: DirectiveState.Service, at now: Instant) -> ExclusiveRole {
    let told = service.directive
    guard let holder = told.exclusive else {
      return ExclusiveRole(state: told.pending == true ? .pending : .none)
    }
    guard holder == facts.region else { return ExclusiveRole(state: .elsewhere, region: holder) }
    guard let until = service.leaseUntil, until > now else {
      return ExclusiveRole(state: .lapsed, region: holder)
    }
    return ExclusiveRole(
      state: .held, region: holder, leaseSeconds: now.age(at: until) / 1000)
  }
}
