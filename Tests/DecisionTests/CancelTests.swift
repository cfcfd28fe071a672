import Decision
import Testing
import Wire

/// An operator's move is taken back before its first write, and only then (RULES 14).
struct CancelTests {
  private static func asked(
    _ lab: Lab = OrdersTests.settled(), to region: RegionID = "b", isFailback: Bool = false
  ) throws -> Lab {
    var lab = lab
    let seen = lab.run()
    try lab.machine.ask(
      Request(to: region, isFailback: isFailback, overrides: []), epoch: seen.epoch,
      assessment: seen)
    #expect(lab.run().intent?.to == region)
    return lab
  }

  private static func code(_ lab: inout Lab, epoch: UInt64? = nil) -> String? {
    let epoch = epoch ?? lab.machine.memory.epoch
    return OrdersTests.code { () throws(Refusal) in try lab.machine.cancel(epoch: epoch) }
  }

  @Test func whatHasWrittenNothingIsTakenBack() throws {
    var lab = try Self.asked()
    #expect(lab.machine.memory.pinned == "b")
    #expect(Self.code(&lab, epoch: 0) == "conflict", "what the operator saw is another move")
    try lab.machine.cancel(epoch: 1)
    #expect(lab.machine.memory.intent != nil, "the next tick ends it, durably")
    let seen = lab.run()
    #expect(seen.decision == Decision(.cancelOrdered, .steady, .cancel))
    let memory = lab.machine.memory
    #expect(memory.intent == nil && memory.calledOff == nil && memory.pinned == nil)
    #expect(memory.active == "a" && memory.completedMs == nil && memory.moves == [])
    #expect(lab.run().decision.rule == .steady)
    // The next one is another move.
    lab = try Self.asked(lab, to: "c")
    #expect(lab.run().decision.rule == .writePending)
  }

  /// A write that had no answer is neither done nor undone.
  @Test func whatMayStillLandIsTold() throws {
    var lab = try Self.asked()
    #expect(lab.machine.mayCancel && !lab.machine.mayStillLand)
    let address = try #require(lab.topology.region("b")?.addresses.values.first)
    lab.machine.noteMayLand(address: address, epoch: 1, now: lab.clock)
    #expect(lab.machine.mayStillLand)
  }

  /// Also while the records cannot be read, in doubt and just after a restart.
  @Test func itNeedsNoEvidence() throws {
    var lab = try Self.asked()
    try lab.machine.cancel(epoch: 1)
    var again = Lab(memory: lab.machine.memory)
    again.machine.observe(write: .pending)
    #expect(again.run().decision.rule == .cancelOrdered)
    var blind = try Self.asked()
    _ = blind.machine.observe(addresses: nil, now: blind.clock)
    for agent in blind.hosts.keys { blind.hosts[agent]?.reports = false }
    blind.run(60)
    try blind.machine.cancel(epoch: 1)
    #expect(blind.run().decision.rule == .cancelOrdered)
  }

  @Test func whatHasWrittenIsFinished() throws {
    for (write, expected) in [
      (WriteFact.underway, "write_underway"), (.partly, "too_late"), (.all, "too_late"),
    ] {
      var lab = try Self.asked()
      lab.machine.observe(write: write)
      lab.run()
      #expect(Self.code(&lab) == expected)
      lab.run(5)
      #expect(lab.machine.memory.intent?.to == "b", "\(write)")
    }
    // A write that did not take effect is none.
    var lab = try Self.asked()
    lab.machine.observe(write: .underway)
    lab.run()
    lab.machine.observe(write: .pending)
    lab.run()
    #expect(Self.code(&lab) == nil)
    #expect(lab.run().decision.rule == .cancelOrdered)
  }

  @Test func refusals() throws {
    var lab = OrdersTests.settled()
    #expect(Self.code(&lab) == "nothing_to_cancel")
    lab.fail("a")
    lab.run(31)
    #expect(lab.machine.memory.intent?.errand == .emergency)
    #expect(Self.code(&lab) == "not_an_operators")
    #expect(lab.run().decision.rule == .writePending, "it goes on")
  }

  /// The pin of before comes back, and with it what it holds.
  @Test func aPinOfBeforeComesBack() throws {
    for isFailback in [false, true] {
      var memory = Memory()
      memory.active = "b"
      memory.pinned = "b"
      memory.pinnedUntilMs = Lab.wallStart + 10_000_000
      var lab = Lab(memory: memory)
      lab.settle(at: "b")
      lab.run(1000)
      let seen = lab.run()
      let to = isFailback ? "a" : "c"
      try lab.machine.ask(
        Request(
          to: to, isFailback: isFailback,
          overrides: isFailback
            ? seen.gate?.conditions.filter { !$0.holds }.map(\.name) ?? [] : []),
        epoch: 0, assessment: seen)
      lab.run()
      #expect(lab.machine.memory.pinned == (isFailback ? nil : "c"))
      try lab.machine.cancel(epoch: 1)
      #expect(lab.run().decision.rule == .cancelOrdered)
      #expect(lab.machine.memory.pinned == "b")
      #expect(lab.machine.memory.pinnedUntilMs == memory.pinnedUntilMs)
    }
  }

  /// What nobody asked for is not taken back by a command; what to do is said.
  @Test func whatIsNoOperatorsMoveSaysWhatItIs() {
    var lab = OrdersTests.settled()
    func refusal() -> Refusal? {
      do throws(Refusal) {
        try lab.machine.cancel(epoch: lab.machine.memory.epoch)
        return nil
      } catch { return error }
    }
    lab.fail("a")
    lab.run(40)
    #expect(lab.machine.memory.phase == .switching && refusal()?.code == "not_an_operators")
    #expect(refusal()?.message.contains("signalbox pause app calls it off") == true)
    lab.machine.observe(write: .partly)
    lab.run()
    #expect(refusal()?.code == "not_an_operators")
    #expect(refusal()?.message.contains("has written: it is finished now") == true)
    #expect(refusal()?.message.contains("signalbox failover app --to a") == true)
    var memory = Memory()
    memory.phase = .switching
    memory.active = "a"
    memory.intent = Intent(epoch: 0, errand: .repair, from: "b", to: "a", rule: .lateEcho)
    lab = Lab(memory: memory)
    #expect(refusal()?.code == "not_an_operators")
    #expect(refusal()?.message.contains("is no move: a's address is put back") == true)
  }
}
