import Decision
import Testing
import Wire

/// What a single reading may not do, and what a zone that does not count holds back.
struct DoubtfulReadingTests {
  private static let page = "203.0.113.9"

  private static func reading(_ address: String) -> [NameReading] { [[.ipv4: [address]]] }

  @Test func whatWouldForgetWhereUsersAre() throws {
    var lab = OrdersTests.settled()
    let table = [
      ("192.0.2.1", false), ("192.0.2.2", true), ("192.0.2.3", true),
      // Foreign blocks moves until the next reading, and forgets nothing.
      (Self.page, false),
    ]
    for (address, forgets) in table {
      #expect(lab.machine.wouldForget(Self.reading(address)) == forgets, "\(address)")
    }
    #expect(!lab.machine.wouldForget([[:]]) && !lab.machine.wouldForget([]))
    _ = lab.machine.observe(addresses: [.ipv4: [Self.page]], now: lab.clock)
    _ = try lab.machine.adopt(foreign: [Self.page], by: "kim", epoch: 0)
    #expect(!lab.machine.wouldForget(Self.reading(Self.page)))
    #expect(!lab.machine.wouldForget([[:]]), "not read is no other value")
    for address in ["192.0.2.1", "192.0.2.2", "203.0.113.10"] {
      #expect(lab.machine.wouldForget(Self.reading(address)), "\(address)")
    }
    // What was never known is learnt from the first.
    let fresh = Lab()
    #expect(!fresh.machine.wouldForget(Self.reading("192.0.2.2")))
    // A write of ours that lands late is known for one.
    var late = OrdersTests.settled()
    late.machine.noteMayLand(address: "192.0.2.2", epoch: 0, now: late.clock)
    #expect(!late.machine.wouldForget(Self.reading("192.0.2.2")))
    #expect(late.machine.wouldForget(Self.reading("192.0.2.3")))
  }

  /// RULES 15: nothing is begun that would not reach users, and it says why.
  @Test func aZoneThatDoesNotCountHoldsMovesBack() throws {
    var lab = OrdersTests.settled()
    lab.machine.observe(zoneTrouble: "the zone example.org is disabled")
    lab.fail("a")
    let held = lab.run(100)
    #expect(held.decision.rule == .blockedByZone && held.intent == nil)
    #expect(held.holds.first?.text == "the zone example.org is disabled")
    let refusal = #expect(throws: Refusal.self) {
      try lab.machine.ask(
        Request(to: "b", isFailback: false, overrides: []), epoch: 0, assessment: held)
    }
    #expect(refusal?.conditions.map(\.name) == ["zone"])
    lab.machine.observe(zoneTrouble: nil)
    #expect(lab.run().intent?.to == "b")

    var forced = OrdersTests.settled()
    forced.machine.observe(zoneTrouble: "the zone example.org is disabled")
    let seen = forced.run()
    try forced.machine.ask(
      Request(to: "b", isFailback: false, overrides: ["zone"]), epoch: 0, assessment: seen)
    #expect(forced.run().intent?.to == "b", "an operator may know better")
  }
}
