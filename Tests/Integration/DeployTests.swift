import Codec
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// What a host's own programs say and hear, on real processes.
  @Suite struct DeployTests {
    /// Runs `signalbox-agent` for that host.
    private func agent(
      _ words: [String], on host: String, of rehearsal: Rehearsal
    ) async throws -> RunResult {
      try await run(
        Built.program("signalbox-agent"),
        words + ["--config", "\(rehearsal.directory)/\(host).toml"])
    }

    @Test func aPlannedFailureIsMissingAndAnEndedNoticeIsNot() async throws {
      try await withRehearsal { rehearsal in
        let host = "us-east-app-2"
        let began = try await agent(["deploying", "--for", "5m"], on: host, of: rehearsal)
        #expect(began.code == 0)
        #expect(began.output.contains("The coordinator has heard it."), "\(began)")
        let fault = try await rehearsal.fault("instance-down", target: host)
        func wait(_ counts: AgentCounts) async throws {
          try await rehearsal.waitForStatus("\(counts)", within: patience) { service, _ in
            service.regions.contains { $0.region == "us-east" && $0.agents == counts } ? () : nil
          }
        }
        try await wait(AgentCounts(expected: 2, good: 1, bad: 0, missing: 1))
        let shown = try await agent(["status"], on: host, of: rehearsal)
        #expect(shown.output.hasPrefix("DOWN  \(host) in us-east is heard by"), "\(shown)")
        #expect(shown.output.contains("It is being deployed"))
        let ended = try await agent(["deploying", "--end"], on: host, of: rehearsal)
        #expect(ended.code == 0)
        try await wait(AgentCounts(expected: 2, good: 1, bad: 1, missing: 0))
        try await rehearsal.endFault(fault)
        try await rehearsal.waitUntilSteady()
        #expect(try await rehearsal.incidents().isEmpty)
      }
    }

    @Test func theRoleFollowsTheTraffic() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let http = HTTPClient(userAgent: "signalbox-tests")
        defer { http.shutdown() }
        func role(_ number: Int) async throws -> HostRole {
          let reply = try await http.send(
            HTTPRequest(url: "http://\(rehearsal.sites[number - 1].host(1)):8620/role"))
          return try JSON.decode(HostRole.self, from: reply.body, maxBytes: 65_536)
        }
        let before = try #require(try await role(1).services.first)
        #expect(before.traffic.here && before.traffic.region == "us-east")
        #expect(try await role(2).services.first?.traffic.here == false)
        let fault = try await rehearsal.fault("app-500", target: "us-east")
        try await rehearsal.waitUntilServed(by: "eu-central")
        let deadline = Clocks.monotonic() + patience
        while try await role(2).services.first?.traffic.here != true {
          guard Clocks.monotonic() < deadline else { break }
          try await Task.sleep(for: .milliseconds(100))
        }
        let after = try #require(try await role(2).services.first)
        #expect(after.traffic.here && after.epoch > before.epoch)
        #expect(try await role(1).services.first?.traffic.here == false)
        try await rehearsal.endFault(fault)
      }
    }
  }
}
