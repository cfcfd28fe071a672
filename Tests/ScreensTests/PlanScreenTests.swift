import Screens
import Testing
import Wire

@Suite("The plan of a move as its golden files")
struct PlanScreenTests {
  private static let plan = MovePlanDocument(
    atMs: noon, service: "app", names: ["app.example.com"], kind: .operatorMove, epoch: 41,
    from: "us-east", to: "us-west",
    fromState: "healthy: 2/2 agents good, 3/3 outside checks served",
    toState: "healthy: 2/2 agents good, 3/3 outside checks served",
    records: [
      PlannedRecord(
        id: 1_234_567, type: "A", name: "app.example.com", old: "192.0.2.1", new: "192.0.2.2",
        ttlSeconds: 30),
      PlannedRecord(
        id: 1_234_568, type: "AAAA", name: "app.example.com", old: "2001:db8::1",
        new: "2001:db8::2", ttlSeconds: 30),
    ],
    markers: [
      PlannedMarker(
        name: "_signalbox.app.example.com", id: 1_234_569, old: "signalbox …",
        new: "signalbox cluster=0123456789abcdef incarnation=89abcdef01234567 epoch=42 "
          + "active=us-west")
    ],
    wait: PlannedWait(publishSeconds: 60, cacheSeconds: 30),
    dataAtRisk: DataAtRisk(behindSeconds: 0.8, upperSeconds: 3),
    conditions: [
      CheckedLine(name: "inside", holds: true, text: "is healthy, 2/2 hosts good"),
      CheckedLine(name: "outside", holds: true, text: "is served, 3/3 vantages"),
    ],
    holds: [
      RuleLine(number: 255, name: "blocked-by-observe", text: "automation is observe")
    ], checksum: "3f2a9c01d4e8")

  @Test("a plan that would be made")
  func allowed() throws {
    try Golden.check(
      "plan-fresh", Screens.movePlan(Self.plan) + "\n" + Screens.applying(Self.plan))
  }

  @Test("a plan that is refused, with all that is wrong")
  func refused() throws {
    var plan = Self.plan
    plan.kind = .failback
    plan.from = nil
    plan.fromState = nil
    plan.records[1].new = nil
    plan.records[0] = PlannedRecord(type: "A", name: "app.example.com", new: "192.0.2.2")
    plan.records.append(
      PlannedRecord(
        id: 3, type: "A", name: "www.example.com", old: "192.0.2.2", new: "192.0.2.2",
        ttlSeconds: 0))
    plan.markers[0].id = nil
    plan.troubles = ["app.example.com has no A record: create it"]
    plan.wait.cacheSeconds = nil
    plan.dataAtRisk = nil
    plan.conditions[1] = CheckedLine(
      name: "outside", holds: false, text: "its outside is split: coordinator bad")
    plan.refusal = Problem(
      code: "not_eligible",
      message: "us-west may not take over: outside: its outside is split: coordinator bad")
    plan.holds = []
    try Golden.check(
      "plan-fresh-refused", Screens.movePlan(plan) + "\n" + Screens.applying(plan))
    plan.records = []
    plan.refusal?.code = "in_flight"
    let text = Screens.movePlan(plan) + Screens.applying(plan)
    #expect(text.contains("Records       none"))
    #expect(text.contains("signalbox explain app") && !text.contains("--apply"))
  }

  /// What others wrote steers no terminal.
  @Test func nothingOfOthersSteersTheTerminal() {
    var plan = Self.plan
    plan.records[0].old = "\u{1B}[2J"
    plan.troubles = ["a\u{1B}]0;x\u{07}b"]
    plan.to = "us\u{1B}west"
    #expect(!(Screens.movePlan(plan) + Screens.applying(plan)).contains("\u{1B}"))
  }
}
