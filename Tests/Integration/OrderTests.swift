import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// Pause, maintenance and approval on a running deployment (RULES 14).
  @Suite struct OrderTests {
    /// Paused in an outage, across a restart: it says what it would do, and moves when resumed.
    @Test func aPausedServiceMovesWhenResumed() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let paused = try await signalbox(
          "pause", "app", "--reason", "a test", "--coordinator", url)
        #expect(paused.code == 0, "\(paused)")
        #expect(paused.output.contains("until it is resumed"))
        await rehearsal.killCoordinator()
        try await rehearsal.startCoordinator()
        _ = try await rehearsal.fault("region-down", target: "us-east")
        _ = try await rehearsal.waitForStatus("held", within: patience) { service, _ in
          service.rule.name == "blocked-by-pause" ? true : nil
        }
        let shown = try await signalbox("status", "--coordinator", url)
        #expect(shown.output.contains("a test"), "\(shown)")
        #expect(try await rehearsal.incidents().isEmpty)
        // Users would be moved within a second: not without a yes.
        let asked = try await signalbox("resume", "app", "--coordinator", url)
        #expect(asked.code == 2 && asked.errors.contains("--yes"), "\(asked)")
        #expect(try await rehearsal.incidents().isEmpty)
        let resumed = try await signalbox("resume", "app", "--yes", "--coordinator", url)
        #expect(resumed.code == 0, "\(resumed)")
        try await rehearsal.waitUntilServed(by: "eu-central")
        let again = try await signalbox("resume", "app", "--coordinator", url)
        #expect(again.code == 1 && again.errors.contains("not_paused"), "\(again)")
      }
    }

    @Test func aMoveWaitsForItsApproval() async throws {
      var options = manual()
      options.automation = "approve"
      try await withRehearsal(options) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let early = try await signalbox("approve", "app", "--yes", "--coordinator", url)
        #expect(early.code == 1 && early.errors.contains("waits"), "\(early)")
        _ = try await rehearsal.fault("region-down", target: "us-east")
        let waiting = try await rehearsal.waitForStatus("waiting", within: patience) { service, _ in
          service.orders?.waiting
        }
        #expect(waiting.from == "us-east" && waiting.why == "automation is approve")
        let yes = try await signalbox("approve", "app", "--yes", "--coordinator", url)
        #expect(yes.code == 0, "\(yes)")
        // On a busy machine the first choice may just have looked down.
        try await rehearsal.waitUntilServed(by: waiting.to)
      }
    }

    @Test func aRegionInMaintenanceIsNoTarget() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let cases: [(arguments: [String], code: Int32, says: String)] = [
          (["maintenance", "us-east"], 1, "--stay"),
          (["maintenance", "mars"], 1, "accepted: us-east"),
          (["maintenance", "eu-central", "--for", "8d"], 1, "it has to end"),
          (["maintenance", "eu-central", "--for", "soon"], 2, "is no time"),
          (["maintenance", "eu-central", "--move", "--stay"], 2, "one of --stay"),
          (["maintenance", "eu-central", "--end"], 1, "not in maintenance"),
          (["maintenance", "eu-central", "--for", "1h"], 0, "for 60 min"),
        ]
        for test in cases {
          let result = try await signalbox(test.arguments + ["--coordinator", url])
          #expect(result.code == test.code, "\(test.arguments): \(result)")
          #expect((result.output + result.errors).contains(test.says), "\(test): \(result)")
        }
        _ = try await rehearsal.fault("region-down", target: "us-east")
        try await rehearsal.waitUntilServed(by: "ap-south")
      }
    }
  }
}
