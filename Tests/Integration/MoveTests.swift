import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// What moves users, on real processes.
  @Suite struct MoveTests {
    /// The region with its load balancer, its hosts behind a living one, its apps: each is left.
    @Test(arguments: ["region-down", "hosts-down", "app-500"])
    func activeRegionFails(fault: String) async throws {
      try await withRehearsal(manual()) { rehearsal in
        let id = try await rehearsal.fault(fault, target: "us-east")
        if fault != "app-500" { await rehearsal.killAgents("us-east") }
        let incident = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(incident.from == "us-east")
        #expect(incident.kind == .failover)
        #expect(incident.epoch == 1)
        #expect(try await rehearsal.address() == rehearsal.front(2))
        #expect(try await rehearsal.addressWrites().count == 1)
        let stamps = incident.stamps
        #expect(stamps.firstBadMs != nil && stamps.confirmedMs != nil)
        let total = incident.stamps.parts(cacheSeconds: 0).total
        let span = Double((stamps.convergedMs ?? 0) - (stamps.firstBadMs ?? 0)) / 1000
        #expect(abs(total - span) < 0.01, "the parts sum to the whole: \(total), \(span)")
        #expect(incident.nameServers.allSatisfy { $0.answer == .new })
        // Manual failback: the recovered primary is not gone back to by itself.
        try await rehearsal.endFault(id)
        if fault != "app-500" { try await rehearsal.startAgents("us-east") }
        try await rehearsal.waitUntil("us-east", is: "healthy")
        try await rehearsal.expectNoMove(for: .seconds(8), active: "eu-central")
      }
    }

    /// Not the second choice when it may not take over, but the next that may.
    @Test func nextPriorityWhenTheSecondIsSick() async throws {
      try await withRehearsal(manual()) { rehearsal in
        _ = try await rehearsal.fault("app-500", target: "eu-central")
        try await rehearsal.waitUntil("eu-central", is: "failing")
        _ = try await rehearsal.fault("region-down", target: "us-east")
        await rehearsal.killAgents("us-east")
        let incident = try await rehearsal.waitUntilServed(by: "ap-south")
        #expect(incident.from == "us-east")
        #expect(try await rehearsal.address() == rehearsal.front(3))
      }
    }

    /// No region may take over: the last answer stays, until one may.
    @Test func nowhereToGoKeepsTheAnswer() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let second = try await rehearsal.fault("app-500", target: "eu-central")
        _ = try await rehearsal.fault("app-500", target: "ap-south")
        try await rehearsal.waitUntil("eu-central", is: "failing")
        try await rehearsal.waitUntil("ap-south", is: "failing")
        _ = try await rehearsal.fault("app-500", target: "us-east")
        try await rehearsal.waitForStatus("stranded", within: patience) { service, _ in
          service.phase == "stranded" ? () : nil
        }
        try await rehearsal.expectNoMove(for: .seconds(3), active: "us-east")
        let explained = try await rehearsal.explain()
        #expect(explained.situation == .blocked)
        #expect(explained.blocks.contains { $0.region == "eu-central" })
        try await rehearsal.endFault(second)
        try await rehearsal.waitUntilServed(by: "eu-central")
      }
    }
  }
}
