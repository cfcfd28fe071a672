import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// What must not move users, on real processes.
  @Suite struct StayTests {
    @Test func oneOfTwoHosts() async throws {
      try await withRehearsal { rehearsal in
        let fault = try await rehearsal.fault("instance-down", target: "us-east-app-2")
        try await rehearsal.waitUntil("us-east", is: "degraded")
        try await rehearsal.expectNoMove(for: .seconds(10), active: "us-east")
        let status = try await rehearsal.status()
        let region = status.regions.first { $0.region == "us-east" }
        #expect(region?.agents == AgentCounts(expected: 2, good: 1, bad: 1, missing: 0))
        #expect(region?.findings.contains { $0.contains("us-east-app-2") } == true)
        try await rehearsal.endFault(fault)
        try await rehearsal.waitUntilSteady()
      }
    }

    /// Killed, so that no goodbye is said; the app goes on.
    @Test func allAgentsOfTheActiveRegionStopped() async throws {
      try await withRehearsal { rehearsal in
        await rehearsal.killAgents("us-east")
        try await rehearsal.waitUntil("us-east", is: "silent")
        try await rehearsal.expectNoMove(for: .seconds(12), active: "us-east")
        let explained = try await rehearsal.explain()
        #expect(
          explained.answer.hasPrefix("ATTENTION: nothing is known from inside us-east ("),
          "\(explained.answer)")
        try await rehearsal.startAgents("us-east")
        try await rehearsal.waitUntilSteady()
        #expect(try await rehearsal.incidents().isEmpty)
      }
    }

    /// The coordinator's own network: nothing during it, nothing afterwards.
    @Test func coordinatorCut() async throws {
      try await withRehearsal { rehearsal in
        let fault = try await rehearsal.fault("coordinator-cut")
        try await rehearsal.waitForStatus("it doubts itself", within: patience) { _, document in
          document.coordinator.doubts.isEmpty ? nil : ()
        }
        try await rehearsal.expectNoMove(for: .seconds(10), active: "us-east")
        try await rehearsal.endFault(fault)
        try await rehearsal.waitUntilSteady()
        try await rehearsal.expectNoMove(for: .seconds(8), active: "us-east")
        #expect(try await rehearsal.incidents().isEmpty)
        #expect(try await rehearsal.addressWrites().isEmpty)
      }
    }
  }
}
