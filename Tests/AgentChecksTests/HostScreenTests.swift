import Testing
import Wire

@testable import signalbox_agent

@Suite("The status screen and the metrics of a host")
struct HostScreenTests {
  private static let status = HostStatus(
    agent: "us-east-app-1", region: "us-east", version: "0.1.0", upSeconds: 3605,
    coordinator: "https://c.example.net:8621", heard: true,
    reports: ReportCounts(sent: 722, answered: 720, lost: 2), health: .healthy,
    checks: [
      CheckResult(
        name: "http http://127.0.0.1:3000/health", kind: "http", state: .good, latencyMs: 12.4,
        ageMs: 310, successes: 7),
      CheckResult(
        name: "dynamodb app", kind: "dynamodb", state: .degraded, failure: .throttled,
        reason: "throttled", latencyMs: 4.25, ageMs: 900, successes: 3),
    ], starved: false,
    role: HostRole(
      agent: "us-east-app-1", region: "us-east", heardSeconds: 3, advisory: true,
      note: "advisory on an MREC table: it cannot fence",
      services: [
        ServiceRole(
          service: "app", epoch: 41,
          traffic: TrafficRole(region: "us-east", here: true, ageSeconds: 3_600_000),
          exclusive: ExclusiveRole(state: .held, region: "us-east", leaseSeconds: 57))
      ]),
    heartbeat: OwnHeartbeat(table: "app", sequence: 9, acknowledgedMs: 1100, periodMs: 2000),
    peers: [
      PeerHeartbeat(
        region: "eu-central", agent: "e1", boot: "b", sequence: 8, writtenMs: 0, seenMs: 700,
        readMs: 200, periodMs: 2000,
        sightings: [Sighting(sequence: 8, writtenMs: 0, lagLowMs: 100, lagHighMs: 980)])
    ],
    probes: [
      ProbeResult(
        service: "app", region: "eu-central", family: .ipv4, outcome: .dark, vote: .bad,
        reason: "connection refused", ageMs: 1500, badSinceMs: 16_000)
    ], replicas: [ReplicaState(aws: "eu-central-1", status: "ACTIVE")], consistency: .eventual)

  @Test func theScreenOfAHostThatIsWell() {
    #expect(
      HostScreen.text(Self.status) == """
        OK  us-east-app-1 in us-east is heard by https://c.example.net:8621, 3.0 s ago

          http http://127.0.0.1:3000/health  good, 12 ms, 0.3 s ago
          dynamodb app                       degraded, 4 ms, 0.9 s ago
            throttled
          app         traffic is at us-east (here) for 41d, epoch 41
                      exclusive work: here, 57 s left
                      advisory on an MREC table: it cannot fence
          Heartbeat   written here to app, acknowledged 1.1 s ago
          Peer        eu-central's heartbeat was seen 0.7 s ago, it took at most 1.0 s
          Replicas    eu-central-1 ACTIVE (eventual)
          Seen        app at eu-central over ipv4: dark, 1.5 s ago: connection refused
          Reports     722 sent, 720 answered, 2 lost since the agent's start 1h 0m ago
        """)
  }

  @Test func theFirstLineSaysWhatIsWrong() {
    func first(_ change: (inout HostStatus) -> Void) -> String {
      var status = Self.status
      change(&status)
      return HostScreen.text(status).split(separator: "\n").first.map(String.init) ?? ""
    }
    #expect(first { $0.health = .degraded }.hasPrefix("DEGRADED  us-east-app-1"))
    #expect(first { $0.health = .unhealthy }.hasPrefix("DOWN  "))
    #expect(first { $0.health = .unknown }.hasPrefix("UNKNOWN  "))
    let unheard = first {
      $0.heard = false
      $0.trouble = "401 unknown_key"
    }
    #expect(
      unheard
        == "NOT HEARD  us-east-app-1 in us-east is not heard by https://c.example.net:8621, "
        + "last 3.0 s ago:")
    let starting = first {
      $0.heard = nil
      $0.role.heardSeconds = nil
    }
    #expect(starting.hasPrefix("STARTING  ") && starting.hasSuffix("no answer yet"))
  }

  @Test func replicasThatCannotBeReadAreNamed() {
    var status = Self.status
    status.replicas = nil
    status.tableTrouble = "DescribeTable: AccessDeniedException"
    let text = HostScreen.text(status)
    #expect(text.contains("  Replicas    cannot be looked at: DescribeTable: AccessDenied"))
  }

  @Test func foreignTextsSteerNoTerminal() {
    var status = Self.status
    status.checks[0].reason = "red\u{1b}[31m\nOK  all is well\u{202e}"
    status.trouble = "a\u{7}b\nOK  it is heard\u{9b}2J"
    status.heard = false
    let text = HostScreen.text(status)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !PlainText.steers($0) })
    #expect(!text.split(separator: "\n").contains { $0.hasPrefix("OK") })
  }

  @Test func everySampleOfTheMetricsIsWellFormed() throws {
    var status = Self.status
    status.checks[0].name = "http \"odd\\name\"\nx"
    let text = Metrics.text(status)
    for line in [
      #"signalbox_agent_info{agent="us-east-app-1",region="us-east",version="0.1.0"} 1"#,
      #"signalbox_agent_check_state{check="dynamodb app",state="degraded"} 1"#,
      #"signalbox_agent_check_state{check="dynamodb app",state="bad"} 0"#,
      #"signalbox_agent_check_age_seconds{check="http \"odd\\name\"\nx"} 0.31"#,
      "signalbox_agent_directive_age_seconds 3", "signalbox_agent_heard 1",
      "signalbox_agent_reports_sent_total 722",
      #"signalbox_agent_reports_total{outcome="lost"} 2"#,
      #"signalbox_agent_peer_lag_seconds{region="eu-central"} 0.98"#,
      #"signalbox_agent_replica_active{aws="eu-central-1"} 1"#,
      #"signalbox_agent_traffic_here{service="app"} 1"#,
      #"signalbox_agent_exclusive_lease_seconds{service="app"} 57"#,
    ] {
      #expect(text.contains("\(line)\n"), "\(line)")
    }
    let sample = try Regex(#"signalbox_agent_[a-z_]+(\{.*\})? -?[0-9.e+-]+"#)
    for line in text.split(separator: "\n") where !line.hasPrefix("# ") {
      #expect(line.wholeMatch(of: sample) != nil, "\(line)")
    }
    #expect(text.hasSuffix("\n"))
  }
}
