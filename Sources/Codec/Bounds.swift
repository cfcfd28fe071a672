public import Wire

/// The bounds of values that came from outside, checked after parsing and before any use.
///
/// Ages and counters beyond them would overflow the arithmetic of whoever computes with them.
public enum Bounds {
  /// The longest age, in milliseconds: ten years.
  public static let ageMs = 315_360_000_000
  /// The latest wall clock, Unix milliseconds: the year 9999.
  public static let wallMs: Int64 = 253_402_300_799_000
  /// The highest counter: what SQLite can store.
  public static let counter = UInt64(Int64.max)

  /// Refuses a report with a list, text, age, clock or counter beyond `Limits` or the above.
  public static func check(_ report: Report) throws(CodecError) {
    var guardian = Guardian()
    guardian.name(report.agent, "agent")
    guardian.name(report.region, "region")
    guardian.name(report.boot, "boot")
    guardian.name(report.agentVersion, "agent_version")
    guardian.counter(report.sequence, "sequence")
    guardian.wall(report.sentMs, "sent_ms")
    guardian.age(report.intervalMs, "interval_ms")
    guardian.age(report.deployingMs, "deploying_ms")
    guardian.age(report.clock.errorMs, "clock.error_ms")
    guardian.text(report.challenge, "challenge")
    guardian.text(report.orders, "orders")
    guardian.text(report.app?.region, "app.region")
    guardian.text(report.app?.release, "app.release")
    guardian.each(report.checks, "checks") { $0.check($1, $2) }
    guardian.each(report.peers, "peers") { $0.peer($1, $2) }
    guardian.each(report.probes, "probes") { $0.probe($1, $2) }
    guardian.each(report.acknowledged, "acknowledged") { guardian, entry, path in
      guardian.name(entry.service, "\(path).service")
      guardian.counter(entry.epoch, "\(path).epoch")
    }
    guardian.each(report.replicas ?? [], "replicas") { guardian, entry, path in
      guardian.name(entry.aws, "\(path).aws")
      guardian.name(entry.status, "\(path).status")
    }
    guardian.each(report.history, "history") { guardian, entry, path in
      guardian.wall(entry.atMs, "\(path).at_ms")
      guardian.text(entry.name, "\(path).name")
      guardian.text(entry.reason, "\(path).reason")
    }
    if let heartbeat = report.heartbeat { guardian.heartbeat(heartbeat, "heartbeat") }
    try guardian.verdict()
  }

  /// Refuses a health summary with a list, text, age, clock or counter beyond the above.
  public static func check(_ summary: HealthSummary) throws(CodecError) {
    var guardian = Guardian()
    guardian.name(summary.agent, "agent")
    guardian.name(summary.region, "region")
    guardian.name(summary.boot, "boot")
    guardian.counter(summary.sequence, "sequence")
    guardian.wall(summary.wallMs, "wall_ms")
    guardian.age(summary.omitted, "omitted")
    guardian.age(summary.deployingMs, "deploying_ms")
    guardian.each(summary.checks, "checks") { guardian, check, path in
      guardian.text(check.name, "\(path).name")
      guardian.each(check.services, "\(path).services") { $0.name($1, $2) }
      guardian.age(check.ageMs, "\(path).age_ms")
      guardian.age(check.badSinceMs, "\(path).bad_since_ms")
    }
    try guardian.verdict()
  }

  /// Refuses a directive with a list, text, time or counter beyond `Limits` or the above.
  public static func check(_ directive: Directive) throws(CodecError) {
    var guardian = Guardian()
    guardian.name(directive.agent, "agent")
    guardian.counter(directive.sequence, "sequence")
    guardian.text(directive.challenge, "challenge")
    guardian.text(directive.orders, "orders")
    guardian.age(directive.nextReportMs, "next_report_ms")
    guardian.period(directive.heartbeatPeriodMs, "heartbeat_period_ms")
    guardian.period(directive.heartbeatReadMs, "heartbeat_read_ms")
    guardian.period(directive.probePeriodMs, "probe_period_ms")
    guardian.period(directive.probeDeadlineMs, "probe_deadline_ms")
    guardian.within(directive.probeFall, 1...100, "probe_fall")
    guardian.wall(directive.coordinatorMs, "coordinator_ms")
    guardian.each(directive.peers ?? [], "peers") { $0.name($1, $2) }
    guardian.each(directive.services, "services") { guardian, service, path in
      guardian.name(service.service, "\(path).service")
      guardian.counter(service.epoch, "\(path).epoch")
      guardian.text(service.traffic, "\(path).traffic")
      guardian.text(service.exclusive, "\(path).exclusive")
      guardian.age(service.trafficAgeMs, "\(path).traffic_age_ms")
      guardian.age(service.leaseMs, "\(path).lease_ms")
    }
    guardian.each(directive.probes ?? [], "probes") { guardian, probe, path in
      guardian.name(probe.service, "\(path).service")
      guardian.name(probe.region, "\(path).region")
      guardian.text(probe.address, "\(path).address")
      guardian.text(probe.url, "\(path).url")
      guardian.text(probe.bodyContains, "\(path).body_contains")
      guardian.text(probe.jsonPath, "\(path).json_path")
      guardian.each(probe.healthy ?? [], "\(path).healthy", limit: Limits.healthyWords) {
        $0.name($1, $2)
      }
      guardian.each(probe.otherRegions ?? [], "\(path).other_regions") { $0.name($1, $2) }
      if let period = probe.periodMs { guardian.period(period, "\(path).period_ms") }
      if let deadline = probe.deadlineMs { guardian.period(deadline, "\(path).deadline_ms") }
    }
    try guardian.verdict()
  }
}

/// Keeps the first bound that was broken.
private struct Guardian {
  private var broken: CodecError?

  func verdict() throws(CodecError) {
    if let broken { throw broken }
  }

  private mutating func refuse(_ path: String, _ found: String, _ accepted: String) {
    if broken == nil {
      broken = .outOfBounds(keyPath: path, found: found, accepted: accepted)
    }
  }

  mutating func within<T: Comparable>(_ value: T, _ range: ClosedRange<T>, _ path: String) {
    guard !range.contains(value) else { return }
    refuse(path, "\(value)", "\(range.lowerBound) to \(range.upperBound)")
  }

  mutating func name(_ value: String, _ path: String) {
    guard value.isEmpty || value.utf8.count > Limits.nameBytes else { return }
    refuse(path, "\(value.utf8.count) bytes", "1 to \(Limits.nameBytes)")
  }

  mutating func text(_ value: String?, _ path: String) {
    guard let value, value.utf8.count > Limits.textBytes else { return }
    refuse(path, "\(value.utf8.count) bytes", "at most \(Limits.textBytes)")
  }

  mutating func age(_ value: Int?, _ path: String) {
    if let value { within(value, 0...Bounds.ageMs, path) }
  }

  mutating func period(_ value: Int, _ path: String) { within(value, 1...Bounds.ageMs, path) }

  mutating func wall(_ value: Int64?, _ path: String) {
    if let value { within(value, 0...Bounds.wallMs, path) }
  }

  mutating func counter(_ value: UInt64, _ path: String) {
    within(value, 0...Bounds.counter, path)
  }

  mutating func latency(_ value: Double?, _ path: String) {
    if let value { within(value, 0...Double(Bounds.ageMs), path) }
  }

  mutating func each<T>(
    _ list: [T], _ path: String, limit: Int = Limits.listEntries,
    _ check: (inout Guardian, T, String) -> Void
  ) {
    guard list.count <= limit else {
      return refuse(path, "\(list.count) entries", "at most \(limit)")
    }
    for (index, entry) in list.enumerated() {
      check(&self, entry, "\(path)[\(index)]")
    }
  }

  mutating func check(_ check: CheckResult, _ path: String) {
    text(check.name, "\(path).name")
    text(check.kind, "\(path).kind")
    each(check.services, "\(path).services") { $0.name($1, $2) }
    text(check.reason, "\(path).reason")
    text(check.finding, "\(path).finding")
    latency(check.latencyMs, "\(path).latency_ms")
    age(check.ageMs, "\(path).age_ms")
    age(check.badSinceMs, "\(path).bad_since_ms")
    within(check.successes, 0...Bounds.ageMs, "\(path).successes")
    age(check.riseMs, "\(path).rise_ms")
  }

  mutating func heartbeat(_ heartbeat: OwnHeartbeat, _ path: String) {
    text(heartbeat.table, "\(path).table")
    counter(heartbeat.sequence, "\(path).sequence")
    wall(heartbeat.writtenMs, "\(path).written_ms")
    age(heartbeat.acknowledgedMs, "\(path).acknowledged_ms")
    period(heartbeat.periodMs, "\(path).period_ms")
    text(heartbeat.reason, "\(path).reason")
  }

  mutating func peer(_ peer: PeerHeartbeat, _ path: String) {
    name(peer.region, "\(path).region")
    name(peer.agent, "\(path).agent")
    name(peer.boot, "\(path).boot")
    counter(peer.sequence, "\(path).sequence")
    wall(peer.writtenMs, "\(path).written_ms")
    age(peer.seenMs, "\(path).seen_ms")
    age(peer.readMs, "\(path).read_ms")
    period(peer.periodMs, "\(path).period_ms")
    if let summary = peer.summary { self.summary(summary, "\(path).summary") }
    each(peer.sightings, "\(path).sightings", limit: Limits.sightings) { guardian, sight, path in
      guardian.counter(sight.sequence, "\(path).sequence")
      guardian.wall(sight.writtenMs, "\(path).written_ms")
      guardian.lag(sight.lagLowMs, "\(path).lag_low_ms")
      guardian.lag(sight.lagHighMs, "\(path).lag_high_ms")
    }
  }

  /// The texts' bounds are those of base64url of what they stand for.
  mutating func summary(_ summary: RelayedSummary, _ path: String) {
    within(
      summary.summary.utf8.count, 1...Base64URL.length(Limits.summaryBytes), "\(path).summary")
    within(summary.signature.utf8.count, 1...Base64URL.length(64), "\(path).signature")
    name(summary.keyid, "\(path).keyid")
    age(summary.ageMs, "\(path).age_ms")
  }

  /// A lag may be negative: the clocks of writer and reader differ.
  mutating func lag(_ value: Int, _ path: String) {
    within(value, -Bounds.ageMs...Bounds.ageMs, path)
  }

  mutating func probe(_ probe: ProbeResult, _ path: String) {
    name(probe.service, "\(path).service")
    name(probe.region, "\(path).region")
    text(probe.reason, "\(path).reason")
    latency(probe.latencyMs, "\(path).latency_ms")
    if let status = probe.status { within(status, 0...999, "\(path).status") }
    age(probe.ageMs, "\(path).age_ms")
    age(probe.servingMs, "\(path).serving_ms")
    age(probe.badSinceMs, "\(path).bad_since_ms")
    age(probe.badMs, "\(path).bad_ms")
  }
}
