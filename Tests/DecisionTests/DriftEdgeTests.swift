import Decision
import Testing
import Wire

/// The exact bounds of watching somebody else's value, and of what was adopted (RULES 7).
struct DriftEdgeTests {
  private static let page = "203.0.113.9"

  /// A machine with the memory, after one reading at `wallMs`.
  private static func machine(
    _ memory: Memory, reads addresses: [String], at wallMs: Int64 = Lab.wallStart
  ) -> Machine {
    var policy = Policy.acting
    policy.drift = .enforce
    var machine = Machine(
      topology: Lab.topology(["a", "b"], hosts: 1), policy: policy, memory: memory,
      started: Lab.start)
    _ = machine.observe(
      addresses: [.ipv4: addresses], now: Now(instant: Lab.start, wallMs: wallMs))
    return machine
  }

  private static func memory(active: RegionID? = "a") -> Memory {
    var memory = Memory()
    memory.active = active
    return memory
  }

  @Test func aReadingAtTheVeryBeginningStartsNothingAnew() {
    var memory = Self.memory()
    memory.drift = DriftWatch(addresses: [Self.page], sinceMs: Lab.wallStart, stands: true)
    let read = Self.machine(memory, reads: [Self.page])
    #expect(read.memory.drift?.stands == true)
  }

  @Test func nothingIsWatchedWhileAMoveIsInFlight() {
    var memory = Self.memory()
    memory.phase = .switching
    memory.intent = Intent(epoch: 1, errand: .emergency, from: "a", to: "b", rule: .failOver)
    let read = Self.machine(memory, reads: [Self.page])
    #expect(read.memory.drift == nil && read.at == .foreign)
  }

  @Test func anAdoptedValueIsWatchedNoMore() {
    var memory = Self.memory()
    memory.accepted = [Self.page]
    memory.drift = DriftWatch(addresses: [Self.page], sinceMs: 0)
    let read = Self.machine(memory, reads: [Self.page])
    #expect(read.at == .region && read.memory.accepted == [Self.page])
    #expect(read.memory.drift == nil)
  }

  /// Nobody is served by it: there is no active region that it could count as.
  @Test func anAdoptedValueWithoutAnActiveRegionIsForeign() {
    var memory = Self.memory(active: nil)
    memory.accepted = [Self.page]
    let read = Self.machine(memory, reads: [Self.page])
    #expect(read.at == .foreign && read.memory.accepted == nil)
  }

  /// Adopted once, configured since: it is a region like any other.
  @Test func anAdoptedValueThatIsConfiguredNowIsAdoptedNoMore() {
    var memory = Self.memory()
    memory.accepted = ["192.0.2.2"]
    let read = Self.machine(memory, reads: ["192.0.2.2"])
    #expect(read.at == .region && read.memory.active == "b")
    #expect(read.memory.accepted == nil)
  }

  @Test func anAnswerThatSaysNothingIsNoOtherValue() {
    var memory = Self.memory()
    memory.accepted = [Self.page]
    memory.drift = DriftWatch(addresses: [Self.page], sinceMs: 0)
    let read = Self.machine(memory, reads: [])
    #expect(read.at == .unknown)
    #expect(read.memory.accepted == [Self.page] && read.memory.drift == memory.drift)
  }
}
