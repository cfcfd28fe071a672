import Wire

/// A host's status in Prometheus' text format (version 0.0.4 of its exposition formats).
enum Metrics {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  static func text(_ status: HostStatus) -> String {
    var page = Page()
    page.put(
      "info", "The agent and its release.",
      [(["agent": status.agent, "region": status.region, "version": status.version], 1)])
    page.put("up_seconds", "Since the agent was started.", [([:], Double(status.upSeconds))])
    checks(status.checks, &page)
    page.put("starved", "Whether this host does not run the agent on time.", status.starved)
    page.put("deploying", "Whether a deploy notice is in force.", status.deployingMs != nil)
    page.put("heard", "Whether the coordinator answered the newest report.", status.heard == true)
    page.put(
      "directive_age_seconds", "Since the coordinator's newest directive.",
      status.role.heardSeconds.map { [([:], Double($0))] } ?? [])
    page.put(
      "reports_total", "What became of the reports.",
      [
        (["outcome": "answered"], Double(status.reports.answered)),
        (["outcome": "lost"], Double(status.reports.lost)),
      ], type: "counter")
    page.put(
      "reports_sent_total", "Reports that were sent.", [([:], Double(status.reports.sent))],
      type: "counter")
    table(status, &page)
    roles(status.role.services, &page)
    return page.text
  }

  private static func checks(_ checks: [CheckResult], _ page: inout Page) {
    page.put(
      "check_state", "1 for the state that the check has.",
      checks.flatMap { check in
        CheckState.allCases.map {
          (["check": check.name, "state": $0.rawValue], check.state == $0 ? 1 : 0)
        }
      })
    page.put(
      "check_age_seconds", "Since the check's newest attempt ended.",
      checks.map { (["check": $0.name], Double($0.ageMs) / 1000) })
    page.put(
      "check_latency_seconds", "How long the check's newest attempt took.",
      checks.compactMap { check in
        check.latencyMs.map { (["check": check.name], $0 / 1000) }
      })
  }

  private static func table(_ status: HostStatus, _ page: inout Page) {
    page.put(
      "heartbeat_acknowledged_seconds", "Since the newest acknowledged heartbeat of this writer.",
      status.heartbeat?.acknowledgedMs.map { [([:], Double($0) / 1000)] } ?? [])
    page.put(
      "peer_seen_seconds", "Since the region's newest heartbeat was first seen here.",
      status.peers.map { (["region": $0.region], Double($0.seenMs) / 1000) })
    page.put(
      "peer_lag_seconds", "The most that the newest sighted heartbeat took to get here.",
      status.peers.compactMap { peer in
        peer.sightings.last.map { (["region": peer.region], Double($0.lagHighMs) / 1000) }
      })
    page.put(
      "replica_active", "Whether DynamoDB calls the replica active.",
      (status.replicas ?? []).map { (["aws": $0.aws], $0.status == "ACTIVE" ? 1 : 0) })
  }

  private static func roles(_ services: [ServiceRole], _ page: inout Page) {
    page.put(
      "traffic_here", "Whether DNS points at this host's region.",
      services.map { (["service": $0.service], $0.traffic.here ? 1 : 0) })
    page.put(
      "epoch", "The newest epoch that was heard.",
      services.map { (["service": $0.service], Double($0.epoch)) })
    page.put(
      "exclusive_lease_seconds", "What is left of this host's lease; 0 without one.",
      services.map { (["service": $0.service], Double($0.exclusive.leaseSeconds ?? 0)) })
  }
}

private struct Page {
  typealias Sample = (labels: [String: String], value: Double)

  private(set) var text = ""

  /// A family without samples is left out.
  mutating func put(
    _ name: String, _ help: String, _ samples: [Sample], type: String = "gauge"
  ) {
    guard !samples.isEmpty else { return }
    let name = "signalbox_agent_\(name)"
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    for sample in samples {
      let labels = sample.labels.sorted { $0.key < $1.key }
        .map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
      text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))\n"
    }
  }

  mutating func put(_ name: String, _ help: String, _ holds: Bool) {
    put(name, help, [([:], holds ? 1 : 0)])
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
