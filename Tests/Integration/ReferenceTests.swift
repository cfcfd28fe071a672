import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// Reference targets of the coordinator's own probes (RULES 3, 6b), on real processes.
  @Suite struct ReferenceTests {
    /// One that is not there is told and changes nothing; one that answers 401 will do.
    @Test func aReferenceThatFailsIsAFindingOnly() async throws {
      try await withRehearsal(manual()) { rehearsal in
        try await setReference("http://127.0.0.1:1/", rehearsal)
        try await waitForDoubt(true, rehearsal)
        #expect(try await rehearsal.events().count { $0.kind == "references-fail" } == 1)
        try await rehearsal.expectNoMove(for: .seconds(2), active: "us-east")
        try await setReference("http://\(rehearsal.options.addresses.linode)/v4/domains", rehearsal)
        try await waitForDoubt(false, rehearsal)
        #expect(try await rehearsal.events().contains { $0.kind == "references-back" })
        try await rehearsal.waitUntilSteady()
      }
    }

    /// The app fails everywhere and the hosts say so: with a reference the coordinator's own view
    /// counts.
    @Test func withOneTheOwnViewCountsThoughNoRegionAnswers() async throws {
      try await withRehearsal(manual()) { rehearsal in
        try await setReference("http://\(rehearsal.options.addresses.linode)/v4/domains", rehearsal)
        for region in ["us-east", "eu-central", "ap-south"] {
          _ = try await rehearsal.fault("app-500", target: region)
        }
        try await rehearsal.waitForStatus("its own vote", within: patience) { service, _ in
          service.regions.allSatisfy { region in
            region.outside.vantages.contains { $0.vantage == "coordinator" && $0.vote == .bad }
          } ? () : nil
        }
        #expect(try await rehearsal.addressWrites().isEmpty)
      }
    }

    private func setReference(_ url: String, _ rehearsal: Rehearsal) async throws {
      let file = "\(rehearsal.directory)/coordinator.toml"
      let text = String(decoding: try Files.read(file, maxBytes: 1 << 20), as: UTF8.self)
      let rest = text.split(separator: "\n", omittingEmptySubsequences: false).filter {
        !$0.hasPrefix("reference = ")
      }
      try Files.writeAtomically(
        Array("reference = [\"\(url)\"]\n\(rest.joined(separator: "\n"))".utf8), to: file,
        mode: 0o600)
      let taken = try await run(
        Built.program("signalbox-coordinator"), ["reload", "--config", file])
      #expect(taken.code == 0 && taken.output.contains("reference"), "\(taken)")
    }

    private func waitForDoubt(_ there: Bool, _ rehearsal: Rehearsal) async throws {
      try await rehearsal.waitForStatus("told: \(there)", within: patience) { _, document in
        let says = document.coordinator.doubts.contains { $0.hasPrefix("no reference target") }
        return says == there ? () : nil
      }
    }
  }
}
