import Codec
import Testing
import Wire

/// The documents of the HTTP API survive their way through JSON, keys of every kind included.
struct DocumentTests {
  private static let rule = RuleLine(number: 100, name: "steady", text: "us-east serves")
  private static let risk = DataAtRisk(
    behindSeconds: 0.8, upperSeconds: 3, fromMs: 1_763_900_000_000, toMs: 1_763_900_000_900)
  private static let server = NameServerLine(
    server: "127.0.0.53:18653", answer: .new, addresses: ["192.0.2.1"], ttlSeconds: 30,
    newSinceMs: 1_763_900_000_000, askedMs: 1_763_900_001_000)
  private static let incident = IncidentRecord(
    id: 41, service: "app", epoch: 7, kind: .operatorMove, from: "us-east", to: "eu-central",
    rule: 300, why: "asked", evidence: ["a line"], operatorName: "oncall",
    records: [
      RecordChange(
        name: "app.example.org", type: "A", recordId: 12, old: "192.0.2.1", new: "192.0.2.2",
        committed: true)
    ],
    stamps: Stamps(
      lastGoodMs: 1, firstBadMs: 2, confirmedMs: 3, heldMs: 4, gateMs: 5, intentMs: 6,
      committedMs: 7, convergedMs: 8),
    outcome: .converged, outcomeText: "all agree", dataAtRisk: risk, nameServers: [server],
    cachesClearMs: 9)

  private func survives<T: Codable & Equatable>(_ value: T) throws {
    let bytes = try JSON.encode(value)
    #expect(try JSON.decode(T.self, from: bytes, maxBytes: Limits.replyBytes) == value)
  }

  @Test func statusSurvives() throws {
    let region = RegionStatus(
      region: "us-east", aws: "us-east-1", addresses: ["192.0.2.1"], role: "active",
      verdict: "healthy", verdictMs: 5,
      agents: AgentCounts(expected: 2, good: 2, bad: 0, missing: 0),
      outside: OutsideCounts(
        state: "serving", serving: 3, bad: 0,
        vantages: [
          VantageStatus(vantage: "coordinator", vote: .serving, detail: "200", ageMs: 3)
        ]), dynamodb: "ok", dynamodbLatencyMs: 4.5, lagLowSeconds: 0.1, lagHighSeconds: 0.9,
      findings: ["one"], eligible: true, whyNot: ["none"])
    let service = ServiceStatus(
      service: "app", names: ["app.example.org"], situation: .ok, headline: "fine", at: "region",
      active: "us-east", addresses: ["192.0.2.1"], readMs: 4, epoch: 7, phase: "steady",
      rule: Self.rule, regions: [region], nameServers: [Self.server], ttlSeconds: 30,
      policy: PolicyStatus(
        automation: "automatic", failoverAfterSeconds: 30, failback: "manual", switchesUsed: 0,
        switchesMax: 3, switchWindowSeconds: 21_600, cooldownMs: 4),
      forecast: Forecast(to: "eu-central", seconds: 75, dataAtRisk: Self.risk),
      incident: Self.incident, lastIncident: nil, pinned: "eu-central",
      caches: CachesStatus(
        incident: 41, resolvers: [Self.server], oldUntilMs: 9, clearMs: nil, isAsking: true))
    // Keys that are data are kept as they are, with underscores, capitals and hyphens.
    let refused = ["bad_signature": 3, "notTimely": 1, "us-east": 2]
    let document = StatusDocument(
      atMs: 1,
      coordinator: CoordinatorStatus(
        release: "0.1.0", startedMs: 1, automation: "automatic", graceMs: 3, doubts: ["late"],
        refusedReports: refused, publicKey: "AAAA"), services: [service])
    try survives(document)
    let text = String(decoding: try JSON.encode(document), as: UTF8.self)
    #expect(text.contains("\"notTimely\":1") && text.contains("\"dynamodb_latency_ms\":4.5"))
  }

  @Test func explainSurvives() throws {
    let checked = CheckedLine(name: "inside", holds: true, text: "healthy 2/2")
    try survives(
      ExplainDocument(
        atMs: 1, service: "app", situation: .blocked, answer: "NOT failing over", rule: Self.rule,
        blocks: [BlockLine(rule: Self.rule, region: "us-east", clears: "in 5 s")],
        evidence: [
          EvidenceGroup(
            subject: "us-east", verdict: "silent",
            lines: [EvidenceLine(label: "agents", text: "0 of 2 report", ageMs: 140_000)])
        ], conclusion: "So", changes: [Self.rule],
        targets: [TargetLine(region: "eu-central", chosen: true, reasons: [checked])],
        gate: [checked], actions: [ActionLine(command: "signalbox", effect: "shows")],
        bound: [BoundPart(name: "detect", seconds: 30)]))
  }

  @Test func historyAndMovesSurvive() throws {
    let event = EventRecord(
      id: 1, atMs: 2, service: "app", region: "us-east", incident: 41, epoch: 7, rule: 300,
      kind: "intent", level: .alert, text: "why")
    try survives(EventPage(events: [event], next: 2))
    try survives(IncidentPage(incidents: [Self.incident]))
    try survives(
      MoveRequest(
        to: "eu-central", epoch: 7, operatorName: "oncall", reason: "drill",
        overrides: ["outside"]))
    try survives(MoveReply(incident: 41, epoch: 8, from: nil, to: "eu-central"))
    try survives(Self.incident.stamps.parts(cacheSeconds: 30))
    try survives(Problem(code: "conflict", message: "epoch moved"))
  }
}
