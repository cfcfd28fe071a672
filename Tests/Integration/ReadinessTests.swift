import Codec
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// `signalbox check` on a running deployment.
  @Suite struct ReadinessTests {
    private func check(_ rehearsal: Rehearsal) async throws -> (Int32?, ServiceReadiness) {
      let result = try await signalbox(
        "check", "--json", "--coordinator", "unix:\(rehearsal.directory)/coordinator.sock")
      let document = try JSON.decode(
        CheckDocument.self, from: Array(result.output.utf8), maxBytes: 1_048_576)
      return (result.code, try #require(document.services.first))
    }

    @Test func aHealthyDeploymentIsReadyAndFindingsAreSeen() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        try await poll("measured and ready") {
          let (code, service) = try await check(rehearsal)
          let seen = service.lines.first { $0.item == "nodebalancers" }?.level
          let proof = service.lines.first { $0.item == "token-writes" }?.text
          return code == 0 && seen == .ok && proof == "the newest write was taken"
        }
        let (_, service) = try await check(rehearsal)
        func level(_ item: String) -> ReadinessLevel? {
          service.lines.first { $0.item == item }?.level
        }
        for item in [
          "next-region", "api-token", "zone", "records", "ttl", "name-servers", "standby",
          "agents", "versions", "replicas", "nodebalancer-path", "journal",
        ] {
          #expect(level(item) == .ok, "\(item): \(service)")
        }
        #expect(level("delegation") == .unmeasured)
        let shown = try await signalbox("check", "app", "--coordinator", url)
        #expect(shown.code == 0 && shown.output.contains("of the "), "\(shown)")
        #expect(shown.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let status = try await signalbox("status", "--coordinator", url)
        #expect(status.output.contains("  Ready "), "\(status)")
        let unknown = try await signalbox("check", "shop", "--coordinator", url)
        #expect(unknown.code == 1 && unknown.errors.contains("app"), "\(unknown)")
        // Something breaks that no move would cure.
        _ = try await rehearsal.fault("token-revoked")
        try await poll("the token is a problem") {
          let (code, service) = try await check(rehearsal)
          return code == 1
            && service.lines.contains { $0.item == "api-token" && $0.level == .problem }
        }
      }
    }
  }
}
