import Codec
import Testing
import Wire

struct BoundsTests {
  @Test func theSamplesAreWithin() throws {
    try Bounds.check(Samples.report)
    try Bounds.check(Samples.directive)
  }

  private static func relayed(
    summary: Int = 747, signature: Int = 86, age: Int = 0
  ) -> RelayedSummary {
    RelayedSummary(
      summary: String(repeating: "A", count: summary),
      signature: String(repeating: "A", count: signature), keyid: "0123456789abcdef", ageMs: age)
  }

  @Test func theLargestRelayedSummaryIsWithin() throws {
    var report = Samples.report
    report.peers[0].summary = Self.relayed()
    try Bounds.check(report)
  }

  private static let reports: [(String, @Sendable (inout Report) -> Void)] = [
    ("agent", { $0.agent = "" }),
    ("agent", { $0.agent = String(repeating: "a", count: 65) }),
    ("region", { $0.region = String(repeating: "ä", count: 33) }),
    ("sequence", { $0.sequence = .max }),
    ("sent_ms", { $0.sentMs = .max }),
    ("sent_ms", { $0.sentMs = -1 }),
    ("interval_ms", { $0.intervalMs = .min }),
    ("deploying_ms", { $0.deployingMs = .max }),
    ("clock.error_ms", { $0.clock.errorMs = -1 }),
    ("challenge", { $0.challenge = String(repeating: "c", count: 301) }),
    ("app.release", { $0.app?.release = String(repeating: "r", count: 301) }),
    ("checks", { $0.checks = Array(repeating: $0.checks[0], count: 257) }),
    ("checks[1].age_ms", { $0.checks[1].ageMs = .min }),
    ("checks[0].bad_since_ms", { $0.checks[0].badSinceMs = .max }),
    ("checks[0].rise_ms", { $0.checks[0].riseMs = -1 }),
    ("checks[0].successes", { $0.checks[0].successes = -1 }),
    ("checks[0].latency_ms", { $0.checks[0].latencyMs = -1 }),
    ("checks[0].latency_ms", { $0.checks[0].latencyMs = 1e300 }),
    ("checks[0].services[0]", { $0.checks[0].services = [""] }),
    ("checks[0].reason", { $0.checks[0].reason = String(repeating: "r", count: 301) }),
    ("checks[0].finding", { $0.checks[0].finding = String(repeating: "f", count: 301) }),
    ("heartbeat.period_ms", { $0.heartbeat?.periodMs = 0 }),
    ("heartbeat.sequence", { $0.heartbeat?.sequence = .max }),
    ("heartbeat.acknowledged_ms", { $0.heartbeat?.acknowledgedMs = .max }),
    ("peers[0].seen_ms", { $0.peers[0].seenMs = .max }),
    ("peers[0].written_ms", { $0.peers[0].writtenMs = .min }),
    (
      "peers[0].sightings",
      { $0.peers[0].sightings = Array(repeating: $0.peers[0].sightings[0], count: 17) }
    ),
    ("peers[0].sightings[0].lag_high_ms", { $0.peers[0].sightings[0].lagHighMs = .min }),
    ("peers[0].summary.summary", { $0.peers[0].summary = relayed(summary: 748) }),
    ("peers[0].summary.signature", { $0.peers[0].summary = relayed(signature: 87) }),
    ("peers[0].summary.age_ms", { $0.peers[0].summary = relayed(age: -1) }),
    ("probes[1].bad_since_ms", { $0.probes[1].badSinceMs = -1 }),
    ("probes[0].status", { $0.probes[0].status = 1000 }),
    ("acknowledged[0].epoch", { $0.acknowledged[0].epoch = .max }),
    ("history[0].at_ms", { $0.history[0].atMs = .max }),
  ]

  @Test func aReportBeyondAnyBoundIsRefusedByItsKey() {
    for (keyPath, spoil) in Self.reports {
      var report = Samples.report
      spoil(&report)
      let error = #expect(throws: CodecError.self, "\(keyPath)") { try Bounds.check(report) }
      guard case .outOfBounds(let found, _, _)? = error else {
        Issue.record("\(keyPath): \(String(describing: error))")
        continue
      }
      #expect(found == keyPath)
    }
  }

  private static let directives: [(String, @Sendable (inout Directive) -> Void)] = [
    ("next_report_ms", { $0.nextReportMs = .max }),
    ("heartbeat_period_ms", { $0.heartbeatPeriodMs = 0 }),
    ("heartbeat_read_ms", { $0.heartbeatReadMs = -1 }),
    ("probe_period_ms", { $0.probePeriodMs = 0 }),
    ("probe_deadline_ms", { $0.probeDeadlineMs = .max }),
    ("probe_fall", { $0.probeFall = 0 }),
    ("services[0].epoch", { $0.services[0].epoch = .max }),
    ("services[0].lease_ms", { $0.services[0].leaseMs = .max }),
    ("probes", { $0.probes = $0.probes?.first.map { Array(repeating: $0, count: 257) } }),
    ("probes[0].url", { $0.probes?[0].url = String(repeating: "u", count: 301) }),
    ("probes[0].json_path", { $0.probes?[0].jsonPath = String(repeating: "p", count: 301) }),
    ("probes[0].healthy", { $0.probes?[0].healthy = Array(repeating: "up", count: 9) }),
    ("probes[0].healthy[1]", { $0.probes?[0].healthy = ["up", ""] }),
    ("probes[0].other_regions[0]", { $0.probes?[0].otherRegions = [""] }),
    ("probes[0].period_ms", { $0.probes?[0].periodMs = 0 }),
    ("probes[0].deadline_ms", { $0.probes?[0].deadlineMs = .max }),
    ("peers[0]", { $0.peers?[0] = "" }),
    ("coordinator_ms", { $0.coordinatorMs = .min }),
  ]

  @Test func aDirectiveBeyondAnyBoundIsRefusedByItsKey() {
    for (keyPath, spoil) in Self.directives {
      var directive = Samples.directive
      spoil(&directive)
      let error = #expect(throws: CodecError.self, "\(keyPath)") { try Bounds.check(directive) }
      guard case .outOfBounds(let found, _, _)? = error else {
        Issue.record("\(keyPath): \(String(describing: error))")
        continue
      }
      #expect(found == keyPath)
    }
  }
}
