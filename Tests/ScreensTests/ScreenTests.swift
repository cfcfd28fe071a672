import Screens
import Testing
import Wire

@Suite("Screens as their golden files")
struct ScreenTests {
  @Test("status: safe")
  func statusOK() throws {
    try Golden.check("status-ok", Screens.status(Sample.document([Sample.service()])))
  }

  @Test("status: after a failover that an operator may take back")
  func statusAfter() throws {
    var moved = Sample.service(
      .ok, "app.example.com is served by us-west.",
      lastIncident: Sample.incident(outcome: .converged), pinned: nil)
    moved.active = "us-west"
    moved.mayFailBack = false
    try Golden.check("status-not-ready-back", Screens.status(Sample.document([moved])))
    moved.mayFailBack = true
    try Golden.check("status-after-failover", Screens.status(Sample.document([moved])))
  }

  @Test("status: nobody could take over, and the coordinator has doubts")
  func statusUnprotected() throws {
    var lonely = Sample.next
    lonely.role = "standby"
    lonely.eligible = false
    lonely.whyNot = ["its outside is split: coordinator serving, eu-central bad"]
    var observing = Sample.policy
    observing.automation = "observe"
    observing.cooldownMs = 200_000
    let coordinator = CoordinatorStatus(
      release: "0.1.0", startedMs: noon - 12_000, automation: "observe", graceMs: 18_000,
      doubts: ["its own probes get no good answer anywhere: its vote is void"],
      refusedReports: ["bad_signature": 2, "replayed": 1], publicKey: "AAAA")
    try Golden.check(
      "status-unprotected",
      Screens.status(
        Sample.document(
          [
            Sample.service(
              .unprotected, "app.example.com is served by us-east, but no healthy target is ready.",
              regions: [Sample.active, lonely], policy: observing, forecast: nil, pinned: "us-east")
          ], coordinator: coordinator)))
  }

  @Test("status: replication that stands still")
  func statusReplication() throws {
    var late = Sample.next, stopped = Sample.degraded, unwritten = Sample.degraded
    (late.replication, late.lagAgeSeconds) = ("late", 14)
    (stopped.replication, stopped.lagAgeSeconds) = ("stopped", 75)
    (unwritten.region, unwritten.replication, unwritten.lagAgeSeconds) = ("ap", "unwritten", 20)
    let service = Sample.service(
      .attention,
      "app.example.com is served by us-east, but replication from us-east to eu-central has "
        + "stopped since 11:58:45 UTC (75 s).",
      regions: [Sample.active, late, stopped, unwritten])
    try Golden.check("status-replication", Screens.status(Sample.document([service])))
    let plan = Screens.movePlan(.operatorMove, service: service, to: "eu-central")
    #expect(plan.contains("writes of the last 75 s in us-east have not arrived"))
  }

  @Test("status: an operator's orders")
  func statusOrders() throws {
    var ordered = Sample.service(
      .blocked, "us-east is down, waits for an operator's approval to move.",
      regions: [Sample.dead, Sample.next])
    ordered.policy.automation = "approve"
    ordered.orders = OrdersStatus(
      paused: "by kim: audit", pausedUntilMs: noon + 3_600_000,
      maintenance: [MaintenanceStatus(name: "us-west-app-1", by: "kim", untilMs: noon + 600_000)],
      waiting: WaitingMove(from: "us-east", to: "us-west", why: "automation is approve"),
      disarmed: "us-east")
    try Golden.check("status-orders", Screens.status(Sample.document([ordered])))
  }

  @Test("status: while it acts")
  func statusActing() throws {
    try Golden.check(
      "status-acting",
      Screens.status(
        Sample.document([
          Sample.service(
            .moving, "app.example.com: us-east -> us-west.", regions: [Sample.dead, Sample.next],
            incident: Sample.incident())
        ])))
  }

  @Test("status: several services, the most urgent first")
  func statusMany() throws {
    var shop = Sample.service(
      .blocked, "shop.example.com: us-east is down, no region may take over.",
      regions: [Sample.dead, Sample.degraded],
      rule: RuleLine(number: 310, name: "no-target", text: "no other region may take over"),
      forecast: nil)
    shop.service = "shop"
    var api = Sample.service()
    api.service = "api"
    try Golden.check("status-many", Screens.status(Sample.document([Sample.service(), shop, api])))
  }

  @Test("status: nothing configured")
  func statusEmpty() throws {
    try Golden.check("status-empty", Screens.status(Sample.document([])))
  }

  @Test("explain: why it does not move")
  func explain() throws {
    try Golden.check("explain-silent", Screens.explain(Sample.explain))
  }

  @Test("explain: blocked, with what clears it")
  func explainBlocked() throws {
    var document = Sample.explain
    document.situation = .blocked
    document.answer = "BLOCKED: us-east is down, no region may take over."
    document.blocks = [
      BlockLine(
        rule: RuleLine(number: 312, name: "stale", text: "evidence 94 s old (limit 15 s)"),
        region: "us-west", clears: "next fresh report"),
      BlockLine(
        rule: RuleLine(number: 317, name: "risk", text: "61 s of writes at risk (limit 60 s)"),
        region: "eu-central", clears: "when its replica has caught up"),
    ]
    document.targets = document.targets.map {
      TargetLine(
        region: $0.region, chosen: false, reasons: [CheckedLine(holds: false, text: "not fresh")])
    }
    document.gate = [
      GateLine(holds: true, text: "us-east healthy 2/2"),
      GateLine(holds: false, text: "stable 5 s of 15 min"),
    ]
    try Golden.check("explain-blocked", Screens.explain(document))
  }

  @Test("history")
  func history() throws {
    let failback = Sample.incident(.failback, outcome: .converged)
    var failed = Sample.incident(outcome: .failed, committed: false)
    failed.id = 41
    failed.outcomeText = "Linode refused the token (401): it is revoked or lacks domains:read_write"
    try Golden.check(
      "history",
      Screens.history(
        incidents: [failback, failed], events: Sample.events, service: "app", atMs: noon + 90_000))
    try Golden.check(
      "history-empty", Screens.history(incidents: [], events: [], service: nil, atMs: noon))
  }

  @Test("history of one incident")
  func incident() throws {
    try Golden.check(
      "incident",
      Screens.incident(
        Sample.incident(outcome: .converged), events: Sample.events, atMs: noon + 90_000))
  }

  @Test("a move asked for: its plan and its end")
  func moves() throws {
    try Golden.check(
      "plan",
      Screens.movePlan(.operatorMove, service: Sample.service(), to: "us-west"))
    var refused = Sample.degraded
    refused.eligible = false
    refused.whyNot = ["degraded for 12 min", "only 1 of 2 hosts good"]
    refused.lagHighSeconds = nil
    try Golden.check(
      "plan-refused",
      Screens.movePlan(
        .failback, service: Sample.service(regions: [Sample.active, refused]), to: "eu-central"))
    try Golden.check(
      "move-running",
      Screens.move(
        Sample.incident(.operatorMove, committed: false, operatorName: "oncall"),
        service: Sample.service(), atMs: noon))
    try Golden.check(
      "move-cancelled",
      Screens.move(
        Sample.incident(outcome: .cancelled, committed: false), service: nil, atMs: noon))
  }
}
