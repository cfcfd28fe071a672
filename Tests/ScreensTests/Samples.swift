import Wire

/// Documents as a coordinator would give them.
enum Sample {
  static func region(
    _ id: String, aws: String, address: String, role: String, verdict: String = "healthy",
    verdictMs: Int = 41 * 86_400_000, good: Int = 2, bad: Int = 0, missing: Int = 0,
    outside: OutsideCounts? = nil, dynamodb: String = "ok", latency: Double? = 4.2,
    lag: (Double, Double)? = nil, findings: [String] = [], eligible: Bool = true,
    whyNot: [String] = []
  ) -> RegionStatus {
    RegionStatus(
      region: id, aws: aws, addresses: [address], role: role, verdict: verdict,
      verdictMs: verdictMs,
      agents: AgentCounts(expected: 2, good: good, bad: bad, missing: missing),
      outside: outside ?? OutsideCounts(state: "serving", serving: 3, bad: 0, vantages: []),
      dynamodb: dynamodb, dynamodbLatencyMs: latency, lagLowSeconds: lag?.0, lagHighSeconds: lag?.1,
      findings: findings, eligible: eligible, whyNot: whyNot)
  }

  static let active = region(
    "us-east", aws: "us-east-1", address: "192.0.2.1", role: "active", eligible: false)
  static let next = region(
    "us-west", aws: "us-west-2", address: "192.0.2.2", role: "next", lag: (0.2, 0.8))
  static let degraded = region(
    "eu-central", aws: "eu-central-1", address: "192.0.2.3", role: "standby", verdict: "degraded",
    verdictMs: 760_000, good: 1, bad: 1, latency: 1234, lag: (0.4, 1.6),
    findings: ["eu-app-2: GET /health answers 503 since 02:59:51"])
  static let dead = region(
    "us-east", aws: "us-east-1", address: "192.0.2.1", role: "active", verdict: "failing",
    verdictMs: 41_000, good: 0, missing: 2,
    outside: OutsideCounts(state: "bad", serving: 0, bad: 3, vantages: []), dynamodb: "unknown",
    latency: nil, eligible: false)

  static let policy = PolicyStatus(
    automation: "automatic", failoverAfterSeconds: 30, failback: "manual", switchesUsed: 0,
    switchesMax: 3, switchWindowSeconds: 21_600)

  static func servers(_ answers: [NameServerAnswer]) -> [NameServerLine] {
    answers.enumerated().map { index, answer in
      NameServerLine(
        server: "ns\(index + 1).linode.com", answer: answer, addresses: ["192.0.2.2"],
        ttlSeconds: 30, newSinceMs: answer == .new ? noon - 2000 : nil, askedMs: noon)
    }
  }

  static let resolvers = [
    NameServerLine(server: "9.9.9.9", answer: .old, ttlSeconds: 81, askedMs: noon),
    NameServerLine(
      server: "[2606:4700:4700::1111]:53", answer: .new, ttlSeconds: 30, askedMs: noon),
    NameServerLine(server: "dns.google", answer: .new, ttlSeconds: 12, askedMs: noon),
  ]

  static func service(
    _ situation: Situation = .ok, _ headline: String = "app.example.com is served by us-east.",
    regions: [RegionStatus] = [active, next, degraded],
    rule: RuleLine = RuleLine(number: 100, name: "steady", text: "us-east is well"),
    incident: IncidentRecord? = nil, lastIncident: IncidentRecord? = nil,
    policy: PolicyStatus = policy, forecast: Forecast? = forecast, pinned: String? = nil
  ) -> ServiceStatus {
    ServiceStatus(
      service: "app", names: ["app.example.com"], situation: situation, headline: headline,
      at: "region", active: "us-east", addresses: ["192.0.2.1", "2001:db8::1"], readMs: 4000,
      epoch: 41, phase: "steady", rule: rule, regions: regions,
      nameServers: servers([.new, .new, .new, .new, .new]), ttlSeconds: 30, policy: policy,
      forecast: forecast, incident: incident, lastIncident: lastIncident, pinned: pinned)
  }

  static let forecast = Forecast(
    to: "us-west", seconds: 75, dataAtRisk: DataAtRisk(behindSeconds: 0.8, upperSeconds: 3))

  static func document(_ services: [ServiceStatus], coordinator: CoordinatorStatus = coordinator)
    -> StatusDocument
  {
    StatusDocument(atMs: noon, coordinator: coordinator, services: services)
  }

  static let coordinator = CoordinatorStatus(
    release: "0.1.0", startedMs: noon - 86_400_000, automation: "automatic", publicKey: "AAAA")

  static func incident(
    _ kind: MoveKind = .failover, outcome: IncidentOutcome = .open, committed: Bool = true,
    operatorName: String? = nil
  ) -> IncidentRecord {
    let bad = noon - 41_000
    let ended = outcome == .converged
    return IncidentRecord(
      id: 42, service: "app", epoch: 42, kind: kind, from: "us-east", to: "us-west", rule: 220,
      why: kind == .failback
        ? "us-west is healthy and stable, heartbeats cross both ways"
        : "us-east is down: 0 of 2 agents report, 3 of 3 outside checks fail",
      evidence: kind == .failback
        ? []
        : [
          "us-east is failing: 0/2 agents good, 2 missing, 3/3 outside checks fail",
          "coordinator: bad, connection refused",
          "us-west is healthy: 2/2 agents good, 3/3 outside checks served",
        ],
      operatorName: operatorName,
      records: [
        RecordChange(
          name: "app.example.com", type: "A", old: "192.0.2.1", new: "192.0.2.2",
          committed: committed)
      ],
      stamps: Stamps(
        lastGoodMs: kind == .failover ? bad - 1000 : nil,
        firstBadMs: kind == .failover ? bad : nil,
        confirmedMs: kind == .failover ? bad + 31_000 : nil,
        gateMs: kind == .failover ? nil : bad + 30_900, intentMs: bad + 31_200,
        committedMs: committed ? bad + 32_000 : nil,
        convergedMs: ended ? bad + 78_000 : nil),
      outcome: outcome, outcomeText: ended ? "all name servers show us-west" : nil,
      dataAtRisk: kind == .failover
        ? DataAtRisk(
          behindSeconds: 0.8, upperSeconds: 2.2, fromMs: bad - 1900, toMs: bad + 300) : nil,
      nameServers: committed
        ? servers(
          ended ? [.new, .new, .new, .new, .new] : [.new, .new, .new, .old, .mute]) : [])
  }

  static let explain = ExplainDocument(
    atMs: noon, service: "app", situation: .attention,
    answer: "NOT failing over: us-east is silent, but users reach it.",
    rule: RuleLine(
      number: 170, name: "silent-served", text: "silence with outside serving never moves traffic"),
    blocks: [],
    evidence: [
      EvidenceGroup(
        subject: "us-east", verdict: "silent",
        lines: [
          EvidenceLine(
            label: "agents", text: "0 of 2 report; both last at 03:09:44", ageMs: 140_000),
          EvidenceLine(
            label: "outside", text: "coordinator: GET /health 200 in 41 ms", ageMs: 1000),
          EvidenceLine(
            label: "outside",
            text: "agents in us-west 200 200, in eu-central 200 200, and this line is long",
            ageMs: 2100
          ),
          EvidenceLine(
            label: "heartbeat", text: "us-app-1 wrote 03:12:01, seen in us-west", ageMs: 2000),
        ]),
      EvidenceGroup(
        subject: "us-west", verdict: "healthy",
        lines: [EvidenceLine(label: "agents", text: "2 of 2 good", ageMs: 400)]),
    ],
    conclusion: "the agents live (their heartbeat arrives through us-west) but cannot reach "
      + "coord.example.net:8621. A network path is broken, not the region.",
    changes: [
      RuleLine(
        number: 190, name: "x", text: "all outside vantages fail for 60 s: us-east is down"),
      RuleLine(
        number: 130, name: "y", text: "most agents report unhealthy for 60 s: it would move"
      ),
    ],
    targets: [
      TargetLine(
        region: "us-west", chosen: true,
        reasons: [
          CheckedLine(holds: true, text: "healthy 2/2"),
          CheckedLine(holds: true, text: "fresh 2 s"),
          CheckedLine(holds: true, text: "cool-down ended 41 days ago"),
          CheckedLine(holds: true, text: "lag 0.8 s"),
        ]),
      TargetLine(
        region: "eu-central", chosen: false,
        reasons: [
          CheckedLine(name: "fresh", holds: false, text: "evidence 94 s old (limit 15 s)"),
          CheckedLine(holds: true, text: "outside serving 3/3"),
        ]),
    ],
    gate: [],
    actions: [
      ActionLine(command: "signalbox-agent status", effect: "on us-app-1: its side of it"),
      ActionLine(
        command: "signalbox failover app --to us-west", effect: "shows the plan, then asks"),
    ],
    bound: [
      BoundPart(name: "detect", seconds: 9), BoundPart(name: "confirm", seconds: 30),
      BoundPart(name: "write", seconds: 20), BoundPart(name: "publish", seconds: 60),
    ])

  static let events = [
    EventRecord(
      id: 900, atMs: noon - 41_000, service: "app", region: "us-east", rule: 110, kind: "verdict",
      level: .notice, text: "us-east: unreachable, confirming"),
    EventRecord(
      id: 901, atMs: noon - 9800, service: "app", incident: 42, epoch: 42, rule: 220,
      kind: "intent", level: .alert,
      text: "failover us-east -> us-west: 0 of 2 agents report, 3 of 3 outside checks fail"),
    EventRecord(
      id: 902, atMs: noon - 9000, service: "app", incident: 42, epoch: 42, kind: "committed",
      text: "A app.example.com 192.0.2.1 -> 192.0.2.2\u{1B}[31m read back"),
  ]
}
