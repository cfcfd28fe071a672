import Codec
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// `signalbox plan` on a running deployment.
  @Suite struct PlanTests {
    @Test func aPlanIsShownAndApplied() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let shown = try await signalbox("plan", "app", "--to", "ap-south", "--coordinator", url)
        #expect(shown.code == 0, "\(shown)")
        #expect(shown.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let change = "\(rehearsal.front(1)) -> \(rehearsal.front(3))"
        #expect(shown.output.contains(change), "\(shown)")
        let plan = try await plan(rehearsal, to: "ap-south")
        #expect(shown.output.contains(plan.checksum))
        #expect(plan.refusal == nil && plan.records.first?.new == rehearsal.front(3), "\(plan)")
        let record = try await rehearsal.records().first { $0.type == "A" && $0.name == "app" }
        #expect(plan.records.first { $0.type == "A" }?.id == record?.id)
        // Somebody else changes the zone, and what was seen is not what would be done.
        try await rehearsal.putAddress("203.0.113.9")
        let late = try await signalbox(
          "plan", "app", "--to", "ap-south", "--apply", plan.checksum, "--coordinator", url)
        #expect(late.code == 1 && late.errors.contains("plan_changed"), "\(late)")
        #expect(late.errors.contains(rehearsal.front(1)) && late.errors.contains("203.0.113.9"))
        #expect(try await rehearsal.address() == "203.0.113.9", "nothing was changed")
        try await rehearsal.putAddress(rehearsal.front(1))
        try await rehearsal.waitForStatus("back", within: patience) { service, _ in
          service.at == "region" && service.active == "us-east" ? () : nil
        }
        let done = try await signalbox(
          "plan", "app", "--to", "ap-south", "--apply", plan.checksum, "--reason", "a test",
          "--json", "--coordinator", url)
        #expect(done.code == 0, "\(done)")
        let incident = try JSON.decode(
          IncidentRecord.self, from: Array(done.output.utf8), maxBytes: 1_048_576)
        #expect(incident.outcome == .converged && incident.why.contains("a test"), "\(incident)")
        #expect(try await rehearsal.address() == rehearsal.front(3))
        let twice = try await signalbox(
          "plan", "app", "--to", "ap-south", "--apply", plan.checksum, "--coordinator", url)
        #expect(twice.code == 1 && twice.errors.contains("epoch"), "\(twice)")
      }
    }

    @Test func aRegionThatIsNoTargetIsShownAllTheSame() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let open = "http://\(rehearsal.options.addresses.listen)"
        _ = try await rehearsal.fault("app-500", target: "eu-central")
        try await rehearsal.waitUntil("eu-central", is: "failing")
        let cases: [(arguments: [String], code: Int32, says: String)] = [
          (["--to", "eu-central", "--coordinator", url], 0, "no  inside"),
          (["--to", "mars", "--coordinator", url], 1, "ap-south"),
          (["--to", "ap-south", "--coordinator", open], 1, "socket"),
          (["--coordinator", url], 2, "--to"),
          (["--to", "ap-south", "--reason", "x", "--coordinator", url], 2, "--apply"),
        ]
        for test in cases {
          let result = try await signalbox(["plan", "app"] + test.arguments)
          #expect(result.code == test.code, "\(test.arguments): \(result)")
          #expect((result.output + result.errors).contains(test.says), "\(test): \(result)")
        }
        let plan = try await plan(rehearsal, to: "eu-central")
        let refused = try await signalbox(
          "plan", "app", "--to", "eu-central", "--apply", plan.checksum, "--coordinator", url)
        #expect(refused.code == 1 && refused.errors.contains("not_eligible"), "\(refused)")
        #expect(try await rehearsal.incidents().isEmpty)
      }
    }

    private func plan(_ rehearsal: Rehearsal, to: String) async throws -> MovePlanDocument {
      let result = try await signalbox(
        "plan", "app", "--to", to, "--json", "--coordinator",
        "unix:\(rehearsal.directory)/coordinator.sock")
      #expect(result.code == 0, "\(result)")
      return try JSON.decode(
        MovePlanDocument.self, from: Array(result.output.utf8), maxBytes: 1_048_576)
    }
  }
}
