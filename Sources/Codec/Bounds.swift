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
    try Guardian.judge { $0.report(report) }
  }

  /// Refuses a health summary with a list, text, age, clock or counter beyond the above.
  public static func check(_ summary: HealthSummary) throws(CodecError) {
    try Guardian.judge { $0.summary(summary) }
  }

  /// Refuses a directive with a list, text, time or counter beyond `Limits` or the above.
  public static func check(_ directive: Directive) throws(CodecError) {
    try Guardian.judge { $0.directive(directive) }
  }
}

/// Keeps the first bound that was broken.
private struct Guardian {
  private var broken: CodecError?
  /// Paths are made where something is broken only: a report has hundreds of values.
  private let makesPaths: Bool

  private init(makesPaths: Bool) { self.makesPaths = makesPaths }

  /// Throws the first bound that `look` finds broken.
  static func judge(_ look: (inout Guardian) -> Void) throws(CodecError) {
    var hasty = Guardian(makesPaths: false)
    look(&hasty)
    guard hasty.broken != nil else { return }
    var guardian = Guardian(makesPaths: true)
    look(&guardian)
    if let broken = guardian.broken { throw broken }
  }

  func at(_ path: String, _ key: StaticString) -> String { makesPaths ? "\(path).\(key)" : "" }

  private func at(_ path: String, _ index: Int) -> String { makesPaths ? "\(path)[\(index)]" : "" }

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
      check(&self, entry, at(path, index))
    }
  }

  mutating func check(_ check: CheckResult, _ path: String) {
    text(check.name, at(path, "name"))
    text(check.kind, at(path, "kind"))
    each(check.services, at(path, "services")) { $0.name($1, $2) }
    text(check.reason, at(path, "reason"))
    text(check.finding, at(path, "finding"))
    latency(check.latencyMs, at(path, "latency_ms"))
    age(check.ageMs, at(path, "age_ms"))
    age(check.badSinceMs, at(path, "bad_since_ms"))
    within(check.successes, 0...Bounds.ageMs, at(path, "successes"))
    age(check.riseMs, at(path, "rise_ms"))
  }

  mutating func heartbeat(_ heartbeat: OwnHeartbeat, _ path: String) {
    text(heartbeat.table, at(path, "table"))
    counter(heartbeat.sequence, at(path, "sequence"))
    wall(heartbeat.writtenMs, at(path, "written_ms"))
    age(heartbeat.acknowledgedMs, at(path, "acknowledged_ms"))
    period(heartbeat.periodMs, at(path, "period_ms"))
    text(heartbeat.reason, at(path, "reason"))
  }

  mutating func peer(_ peer: PeerHeartbeat, _ path: String) {
    name(peer.region, at(path, "region"))
    name(peer.agent, at(path, "agent"))
    name(peer.boot, at(path, "boot"))
    counter(peer.sequence, at(path, "sequence"))
    wall(peer.writtenMs, at(path, "written_ms"))
    age(peer.seenMs, at(path, "seen_ms"))
    age(peer.readMs, at(path, "read_ms"))
    period(peer.periodMs, at(path, "period_ms"))
    if let summary = peer.summary { self.summary(summary, at(path, "summary")) }
    each(peer.sightings, at(path, "sightings"), limit: Limits.sightings) { guardian, sight, path in
      guardian.counter(sight.sequence, guardian.at(path, "sequence"))
      guardian.wall(sight.writtenMs, guardian.at(path, "written_ms"))
      guardian.lag(sight.lagLowMs, guardian.at(path, "lag_low_ms"))
      guardian.lag(sight.lagHighMs, guardian.at(path, "lag_high_ms"))
    }
  }

  /// The texts' bounds are those of base64url of what they stand for.
  mutating func summary(_ summary: RelayedSummary, _ path: String) {
    within(
      summary.summary.utf8.count, 1...Base64URL.length(Limits.summaryBytes), at(path, "summary"))
    within(summary.signature.utf8.count, 1...Base64URL.length(64), at(path, "signature"))
    name(summary.keyid, at(path, "keyid"))
    age(summary.ageMs, at(path, "age_ms"))
  }

  /// A lag may be negative: the clocks of writer and reader differ.
  mutating func lag(_ value: Int, _ path: String) {
    within(value, -Bounds.ageMs...Bounds.ageMs, path)
  }

  mutating func probe(_ probe: ProbeResult, _ path: String) {
    name(probe.service, at(path, "service"))
    name(probe.region, at(path, "region"))
    if let number = probe.number { within(number, 0...Limits.listEntries, at(path, "number")) }
    text(probe.reason, at(path, "reason"))
    latency(probe.latencyMs, at(path, "latency_ms"))
    if let status = probe.status { within(status, 0...999, at(path, "status")) }
    age(probe.ageMs, at(path, "age_ms"))
    age(probe.servingMs, at(path, "serving_ms"))
    age(probe.badSinceMs, at(path, "bad_since_ms"))
    age(probe.badMs, at(path, "bad_ms"))
  }
}

/// The bounds of whole messages.
extension Guardian {
  fileprivate mutating func report(_ report: Report) {
    name(report.agent, "agent")
    name(report.region, "region")
    name(report.boot, "boot")
    name(report.agentVersion, "agent_version")
    counter(report.sequence, "sequence")
    wall(report.sentMs, "sent_ms")
    age(report.intervalMs, "interval_ms")
    age(report.deployingMs, "deploying_ms")
    age(report.clock.errorMs, "clock.error_ms")
    text(report.challenge, "challenge")
    text(report.orders, "orders")
    text(report.stand, "stand")
    text(report.app?.region, "app.region")
    text(report.app?.release, "app.release")
    each(report.checks, "checks") { $0.check($1, $2) }
    each(report.peers, "peers") { $0.peer($1, $2) }
    each(report.probes, "probes") { $0.probe($1, $2) }
    each(report.steady?.entries ?? [], "steady") { guardian, entry, path in
      guardian.age(entry.number, guardian.at(path, "number"))
      guardian.age(entry.ageMs, guardian.at(path, "age_ms"))
      guardian.age(entry.tookMs, guardian.at(path, "took_ms"))
    }
    each(report.acknowledged, "acknowledged") { guardian, entry, path in
      guardian.name(entry.service, guardian.at(path, "service"))
      guardian.counter(entry.epoch, guardian.at(path, "epoch"))
    }
    each(report.replicas ?? [], "replicas") { guardian, entry, path in
      guardian.name(entry.aws, guardian.at(path, "aws"))
      guardian.name(entry.status, guardian.at(path, "status"))
    }
    each(report.history, "history") { guardian, entry, path in
      guardian.wall(entry.atMs, guardian.at(path, "at_ms"))
      guardian.text(entry.name, guardian.at(path, "name"))
      guardian.text(entry.reason, guardian.at(path, "reason"))
    }
    if let heartbeat = report.heartbeat { self.heartbeat(heartbeat, "heartbeat") }
  }

  fileprivate mutating func summary(_ summary: HealthSummary) {
    name(summary.agent, "agent")
    name(summary.region, "region")
    name(summary.boot, "boot")
    counter(summary.sequence, "sequence")
    wall(summary.wallMs, "wall_ms")
    age(summary.omitted, "omitted")
    age(summary.deployingMs, "deploying_ms")
    each(summary.checks, "checks") { guardian, check, path in
      guardian.text(check.name, guardian.at(path, "name"))
      guardian.each(check.services, guardian.at(path, "services")) { $0.name($1, $2) }
      guardian.age(check.ageMs, guardian.at(path, "age_ms"))
      guardian.age(check.badSinceMs, guardian.at(path, "bad_since_ms"))
    }
  }

  fileprivate mutating func directive(_ directive: Directive) {
    name(directive.agent, "agent")
    counter(directive.sequence, "sequence")
    text(directive.challenge, "challenge")
    text(directive.orders, "orders")
    text(directive.stand, "stand")
    text(directive.renews, "renews")
    age(directive.nextReportMs, "next_report_ms")
    period(directive.heartbeatPeriodMs, "heartbeat_period_ms")
    period(directive.heartbeatReadMs, "heartbeat_read_ms")
    period(directive.probePeriodMs, "probe_period_ms")
    period(directive.probeDeadlineMs, "probe_deadline_ms")
    within(directive.probeFall, 1...100, "probe_fall")
    wall(directive.coordinatorMs, "coordinator_ms")
    each(directive.peers ?? [], "peers") { $0.name($1, $2) }
    each(directive.services, "services") { guardian, service, path in
      guardian.name(service.service, guardian.at(path, "service"))
      guardian.counter(service.epoch, guardian.at(path, "epoch"))
      guardian.text(service.traffic, guardian.at(path, "traffic"))
      guardian.text(service.exclusive, guardian.at(path, "exclusive"))
      guardian.age(service.trafficAgeMs, guardian.at(path, "traffic_age_ms"))
      guardian.age(service.leaseMs, guardian.at(path, "lease_ms"))
    }
    each(directive.probes ?? [], "probes") { guardian, probe, path in
      guardian.name(probe.service, guardian.at(path, "service"))
      guardian.name(probe.region, guardian.at(path, "region"))
      guardian.text(probe.address, guardian.at(path, "address"))
      guardian.text(probe.url, guardian.at(path, "url"))
      guardian.text(probe.bodyContains, guardian.at(path, "body_contains"))
      guardian.text(probe.jsonPath, guardian.at(path, "json_path"))
      guardian.each(probe.healthy ?? [], guardian.at(path, "healthy"), limit: Limits.healthyWords) {
        $0.name($1, $2)
      }
      guardian.each(probe.otherRegions ?? [], guardian.at(path, "other_regions")) {
        $0.name($1, $2)
      }
      if let period = probe.periodMs { guardian.period(period, guardian.at(path, "period_ms")) }
      if let deadline = probe.deadlineMs {
        guardian.period(deadline, guardian.at(path, "deadline_ms"))
      }
    }
  }
}
