import Codec
import Decision
import Platform
import Store
import Testing
import Wire

@testable import CoordinatorService

/// Leases in directives (RULES 13), two hosts with one identity (FAULTS 11), starts that come too
/// often (RULES 15): how the shell tells what the decision's machines say.
@Suite struct SurroundingsTests {
  private static func rig(
    _ service: String = "", memory adjust: @escaping (inout Memory) -> Void
  ) throws -> CoordinatorRig {
    try CoordinatorRig(.init(services: ["app": "\(service)\n\(CoordinatorRig.patient)"])) { store in
      var memory = Memory()
      memory.active = "us-east"
      adjust(&memory)
      _ = try store.commit(
        Commit(service: "app", epoch: memory.epoch, memory: try JSON.encode(memory)))
    }
  }

  /// The agent's next report, echoing what the coordinator sent last.
  private static func next(_ report: inout Report, _ challenge: String?) {
    report.sequence += 1
    report.sentMs = Clocks.wallMilliseconds()
    report.challenge = challenge
  }

  @Test func theActiveRegionsAgentsAreGrantedLeases() async throws {
    let rig = try Self.rig("lease = \"15s\"") {
      $0.exclusive = Exclusive(region: "us-east", leaseMs: 15_000)
    }
    var first = rig.report("a1", from: "us-east")
    let directive = try await rig.coordinator.take(first, from: "a1")
    #expect(directive.services.map(\.exclusive) == ["us-east"])
    #expect(directive.services.map(\.leaseMs) == [15_000])
    // Others are told who has it, and get none.
    let other = try await rig.coordinator.take(rig.report("b1", from: "eu-central"), from: "b1")
    #expect(other.services.map(\.exclusive) == ["us-east"])
    #expect(other.services.map(\.leaseMs) == [nil])
    #expect(other.services.map(\.pending) == [nil])
    #expect(
      await rig.coordinator.status().services.map(\.exclusive)
        == [ExclusiveStatus(region: "us-east")])
    // A longer lease is granted when it is durable.
    _ = try await rig.reload(
      .init(services: ["app": "lease = \"20s\"\n\(CoordinatorRig.patient)"]))
    Self.next(&first, directive.challenge)
    let before = try await rig.coordinator.take(first, from: "a1")
    #expect(before.services.map(\.leaseMs) == [nil])
    await rig.coordinator.tick()
    Self.next(&first, before.challenge)
    let after = try await rig.coordinator.take(first, from: "a1")
    #expect(after.services.map(\.leaseMs) == [20_000])
    await rig.end()
  }

  @Test func nobodyIsGrantedOneWithoutKnowledgeOrWithoutTheSetting() async throws {
    let unknowing = try Self.rig("lease = \"10m\"") { _ in }
    await unknowing.coordinator.tick()
    let directive = try await unknowing.coordinator.take(
      unknowing.report("a1", from: "us-east"), from: "a1")
    #expect(directive.services.map(\.exclusive) == [nil])
    #expect(directive.services.map(\.leaseMs) == [nil])
    #expect(directive.services.map(\.pending) == [true])
    let pending = await unknowing.coordinator.status().services[0].exclusive
    #expect(pending?.pending == "us-east" && pending?.region == nil)
    #expect(pending?.leftMs ?? 0 > 0)
    await unknowing.end()

    let unset = try Self.rig("lease = \"off\"") {
      $0.exclusive = Exclusive(region: "us-east", leaseMs: 15_000)
    }
    let plain = try await unset.coordinator.take(unset.report("a1", from: "us-east"), from: "a1")
    #expect(plain.services.map(\.exclusive) == [nil])
    #expect(plain.services.map(\.pending) == [nil])
    #expect(await unset.coordinator.status().services[0].exclusive == nil)
    await unset.end()
  }

  @Test func twoHostsWithOneIdentityAreToldAndGetNoLease() async throws {
    let rig = try Self.rig("lease = \"15s\"") {
      $0.exclusive = Exclusive(region: "us-east", leaseMs: 15_000)
    }
    var one = rig.report("a1", from: "us-east")
    let directive = try await rig.coordinator.take(one, from: "a1")
    try await Task.sleep(for: .milliseconds(5))
    let copy = rig.report("a1", from: "us-east")
    _ = try await rig.coordinator.take(copy, from: "a1")
    try await Task.sleep(for: .milliseconds(5))
    Self.next(&one, directive.challenge)
    let late = one
    let refused = await #expect(throws: Problem.self) {
      try await rig.coordinator.take(late, from: "a1")
    }
    #expect(refused?.code == "ended_boot")
    #expect(refused?.challenge != nil)
    Self.next(&one, refused?.challenge)
    let held = try await rig.coordinator.take(one, from: "a1")
    #expect(held.services.map(\.leaseMs) == [nil])
    #expect(!held.heartbeatWriter)
    let told = rig.log.lines.filter { $0.text.hasPrefix("two hosts report as a1") }
    #expect(told.count == 1)
    await rig.end()
  }

  @Test func theThirdStartInTenMinutesIsAnAlertAndAFinding() async throws {
    let now = Clocks.wallMilliseconds()
    for (earlier, finds) in [([now - 60_000], false), ([now - 60_000, now - 30_000], true)] {
      let rig = try Self.rig { $0.startedMs = earlier }
      await rig.coordinator.begin()
      let doubts = await rig.coordinator.status().coordinator.doubts
      #expect(doubts.contains { $0.hasPrefix("started 3 times in 10 min") } == finds, "\(doubts)")
      #expect(rig.log.lines.contains { $0.text.hasPrefix("started 3 times") } == finds)
      await rig.end()
    }
  }
}
