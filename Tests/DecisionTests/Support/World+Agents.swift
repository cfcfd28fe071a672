import Decision
import Wire

extension World {
  /// One step of one host: its checks, its probes, its reads, its report.
  func live(_ region: Int, _ index: Int) {
    guard regions[region].hosts[index].power, regions[region].hosts[index].agentRuns else { return }
    let checksChanged = check(region, index)
    let probesChanged = probe(region, index)
    if now.milliseconds % 1000 == 0 { read(region, index) }
    if checksChanged || probesChanged || now >= regions[region].hosts[index].reportDue {
      report(region, index)
    }
  }

  private func check(_ region: Int, _ index: Int) -> Bool {
    var changed = false
    for check in regions[region].hosts[index].checks.indices
    where now >= regions[region].hosts[index].checks[check].due {
      let host = regions[region].hosts[index]
      let failure: FailureClass? =
        if host.checks[check].kind == "http" {
          works(host) ? nil : .status
        } else if host.refusedCredentials {
          .credentials
        } else {
          regions[region].dynamodb ? nil : .nameResolution
        }
      if regions[region].hosts[index].checks[check].take(failure, at: now) { changed = true }
    }
    return changed
  }

  private func probe(_ region: Int, _ index: Int) -> Bool {
    guard now >= regions[region].hosts[index].probeDue else { return false }
    regions[region].hosts[index].probeDue = now + Defaults.probeInterval
    var changed = false
    for other in regions where other.id != regions[region].id {
      for family in topology.families {
        let outcome = outcome(of: other, family)
        let key = ProbeKey(service: topology.service, region: other.id, family: family)
        var tally = regions[region].hosts[index].tallies[key] ?? ProbeTally()
        let before = tally.vote
        tally.take(
          outcome, started: now, fall: Defaults.probeFall,
          runsFrom: now - Defaults.probeInterval * Defaults.probeFall)
        if tally.vote != before { changed = true }
        regions[region].hosts[index].tallies[key] = tally
        regions[region].hosts[index].outcomes[key] = (outcome, now)
      }
    }
    return changed
  }

  /// Reads the other regions' heartbeats from the local replica.
  private func read(_ region: Int, _ index: Int) {
    guard regions[region].dynamodb else { return }
    let before = regions[region].hosts[index].readAt
    for other in regions where other.id != regions[region].id {
      let visible = other.beats.last { beat in beat.visibleAt.map { $0 <= now } ?? false }
      guard let visible else { continue }
      let known = regions[region].hosts[index].reads[other.id]
      guard known == nil || known?.sequence ?? 0 < visible.sequence else { continue }
      let high = Int(clock.wallMs - visible.writtenMs)
      let low = before.map { max(0, high - Int((now - $0).wholeMilliseconds)) } ?? 0
      var sight = WorldSight(
        agent: visible.agent, sequence: visible.sequence, writtenMs: visible.writtenMs, seenAt: now,
        sightings: known?.sightings ?? [])
      sight.sightings.append(
        Sighting(
          sequence: visible.sequence, writtenMs: visible.writtenMs, lagLowMs: low, lagHighMs: high))
      sight.sightings = sight.sightings.suffix(Limits.sightings)
      regions[region].hosts[index].reads[other.id] = sight
    }
    regions[region].hosts[index].readAt = now
  }

  /// Sends one report of each process, and once more when it is refused; on a cut road all is lost.
  private func report(_ region: Int, _ index: Int) {
    let host = regions[region].hosts[index]
    regions[region].hosts[index].reportDue = now + Defaults.reportInterval
    let isCut = !coordinator.runs || coordinator.cutOff || !regions[region].roadToCoordinator
    regions[region].hosts[index].process = send(host.process, region, index, isCut: isCut)
    regions[region].hosts[index].copy = host.copy.map { send($0, region, index, isCut: isCut) }
  }

  private func send(
    _ process: WorldProcess, _ region: Int, _ index: Int, isCut: Bool
  ) -> WorldProcess {
    var process = process
    for _ in 0..<2 {
      process.sequence += 1
      if isCut { break }
      let report = draft(regions[region], regions[region].hosts[index], process)
      let answer = coordinator.take(report, now: clock)
      process.challenge = answer.challenge
      if !answer.isRefused { break }
    }
    return process
  }

  private func draft(
    _ region: WorldRegion, _ host: WorldHost, _ process: WorldProcess
  ) -> Report {
    let deploying = host.deployUntil.map { max(0, Int(($0 - now).wholeMilliseconds)) }
    return Report(
      version: host.version, agent: host.id, region: region.id,
      boot: process.boot, sequence: process.sequence, sentMs: clock.wallMs, intervalMs: 5000,
      challenge: process.challenge, checks: host.checks.map { $0.result(at: now) },
      heartbeat: host.acknowledged.map {
        OwnHeartbeat(
          table: "app", sequence: $0.sequence, writtenMs: $0.writtenMs, acknowledgedMs: age($0.at),
          periodMs: 2000)
      }, peers: peers(host), probes: probes(host), agentVersion: "1.0.0", starved: host.starved,
      deployingMs: deploying)
  }

  private func age(_ instant: Instant) -> Int { Int((now - instant).wholeMilliseconds) }

  private func peers(_ host: WorldHost) -> [PeerHeartbeat] {
    host.reads.sorted { $0.key < $1.key }.map { region, sight in
      PeerHeartbeat(
        region: region, agent: sight.agent, boot: "boot", sequence: sight.sequence,
        writtenMs: sight.writtenMs, seenMs: age(sight.seenAt),
        readMs: host.readAt.map(age) ?? 60_000, periodMs: 2000, sightings: sight.sightings)
    }
  }

  private func probes(_ host: WorldHost) -> [ProbeResult] {
    host.tallies.sorted { ($0.key.region, $0.key.family) < ($1.key.region, $1.key.family) }
      .map { key, tally in
        ProbeResult(
          service: key.service, region: key.region, family: key.family,
          outcome: host.outcomes[key]?.outcome ?? .none, vote: tally.vote,
          status: host.outcomes[key]?.outcome == ProbeOutcome.none ? 404 : nil,
          ageMs: host.outcomes[key].map { age($0.at) } ?? 60_000,
          servingMs: tally.servingStarted.map(age), badSinceMs: tally.badSince.map(age),
          badMs: tally.badNewest.map(age))
      }
  }
}
