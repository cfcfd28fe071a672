import Codec
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// Bad input gets a clear error, and nothing is lost.
  @Suite struct BadInputTests {
    @Test func programsRefuseToStart() async throws {
      let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-bad")
      defer { Files.removeTree(directory) }
      let file = "\(directory)/bad.toml"
      let text = """
        automaton = "automatic"
        listen = 8621
        [service.app]
        dns = ["app.example.org"]
        regions = ["us-east", "mars"]
        failover_after = 30
        [region.us-east]
        aws = "us-east-1"
        addresses = ["127.0.1.300"]
        """
      try Files.writeAtomically(Array(text.utf8), to: file, mode: 0o600)
      let coordinator = Built.program("signalbox-coordinator")
      let refused = try await run(coordinator, ["--config", file])
      #expect(refused.code == 2)
      for part in ["automaton", "automation", "listen", "mars", "failover_after", "127.0.1.300"] {
        #expect(refused.errors.contains(part), "\(part) is not in: \(refused.errors)")
      }
      let missing = try await run(coordinator, ["--config", "\(directory)/none.toml"])
      #expect(missing.code == 2 && missing.errors.contains("none.toml"))
      let agent = Built.program("signalbox-agent")
      let other = try await run(agent, ["--config", file])
      #expect(other.code == 2 && other.errors.contains("automaton"))
      let usage = try await run(agent, ["--nonsense"])
      #expect(usage.code == 2)
    }

    /// What nests deep ends with a message, never with a signal.
    @Test func deepFiles() async throws {
      let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-deep")
      defer { Files.removeTree(directory) }
      let file = "\(directory)/deep.toml"
      let parts = Array(repeating: "a", count: 30_000).joined(separator: ".")
      func pile(_ text: String) -> String { String(repeating: text, count: 30_000) }
      for line in [
        "\(parts) = 1", "[\(parts)]", "[[\(parts)]]", "x = { \(parts) = 1 }", "x = \(pile("["))",
        "x = \(pile("{a="))", "x = \(pile("[{a="))",
      ] {
        let text = "# a comment\n\(line)\n"
        try Files.writeAtomically(Array(text.utf8), to: file, mode: 0o600)
        for (program, words) in [
          ("signalbox-agent", ["check-config"]), ("signalbox-agent", []),
          ("signalbox-coordinator", ["check-config"]), ("signalbox-coordinator", []),
        ] {
          let end = try await run(Built.program(program), words + ["--config", file])
          #expect(end.code == 2, "\(program) \(words), \(line.prefix(20)): \(end)")
          #expect(end.errors.contains("deep.toml:2:"), "\(line.prefix(20)): \(end.errors)")
          #expect(end.errors.contains("more than 16"), "\(line.prefix(20)): \(end.errors)")
        }
      }
    }

    /// Marks that steer a terminal do not reach it by the way of a file.
    @Test func foreignMarks() async throws {
      let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-marks")
      defer { Files.removeTree(directory) }
      let file = "\(directory)/marks.toml"
      let text = "\"a\u{202e}b\u{9b}c\" = 1\nlisten = \"\u{2066}x\u{200f}\"\n"
      try Files.writeAtomically(Array(text.utf8), to: file, mode: 0o600)
      for (program, words) in [
        ("signalbox-agent", ["check-config"]), ("signalbox-agent", []),
        ("signalbox-coordinator", ["check-config"]), ("signalbox-coordinator", []),
      ] {
        let end = try await run(Built.program(program), words + ["--config", file])
        #expect(end.code == 2 && end.errors.contains("listen"), "\(program): \(end)")
        let marks = end.errors.unicodeScalars.filter { $0 != "\n" && PlainText.steers($0) }
        #expect(marks.isEmpty, "\(program) \(words): \(marks.map(\.value))")
      }
    }

    @Test func portInUse() async throws {
      try await withRehearsal { rehearsal in
        let second = try await run(
          Built.program("signalbox-coordinator"),
          ["--config", "\(rehearsal.directory)/coordinator.toml"])
        #expect(second.code == 2, "\(second)")
        #expect(second.errors.contains("another") || second.errors.contains("in use"))
        let sandbox = try await run(
          Built.program("signalbox-sandbox"), ["serve", "--network", Lane.current.network])
        #expect(sandbox.code != 0)
        #expect(sandbox.errors.contains("in use"), "\(sandbox)")
        // The first ones go on, socket and all.
        #expect(try await rehearsal.status().active == "us-east")
      }
    }

    @Test func reports() async throws {
      try await withRehearsal { rehearsal in
        let sender = try ReportSender(rehearsal)
        defer { sender.http.shutdown() }
        let first = sender.report(sequence: 1)
        let honest = try await sender.send(first)
        #expect(honest.status == 200, "\(honest.text)")
        try await sender.expect(409, "replayed", first)
        // A number that was given before to something else: two hosts with one identity.
        var twin = first
        twin.sentMs += 1
        try await sender.expect(403, "not_timely", twin)
        try await sender.expect(401, "unknown_key", sender.report(sequence: 2), key: .generate())
        var other = sender.report(sequence: 3)
        other.agent = "eu-central-app-1"
        try await sender.expect(403, "wrong_agent", other)
        var elsewhere = sender.report(sequence: 4)
        elsewhere.region = "eu-central"
        try await sender.expect(403, "wrong_region", elsewhere)
        try await sender.expectRaw(400, "not_json", body: Array("<html>no</html>".utf8))
        try await sender.expectRaw(400, "not_json", body: [])
        let large = [UInt8](repeating: UInt8(ascii: "x"), count: Limits.reportBytes + 1)
        try await sender.expectRaw(413, "too_large", body: large)
        let cut = try JSON.encode(sender.report(sequence: 5))
        try await sender.expectRaw(400, "not_json", body: Array(cut.prefix(cut.count / 2)))
        try await sender.expectTampered()
        // All of it changed nothing but counters.
        let document = try await rehearsal.coordinator.status()
        #expect(document.coordinator.refusedReports["replayed", default: 0] >= 1)
        #expect(document.services.first?.active == "us-east")
        #expect(try await rehearsal.incidents().isEmpty)
      }
    }

    /// HTML, an empty list, half an answer, a refused token: in the middle of a move.
    @Test(arguments: ["api-html", "api-empty", "api-empty-list", "api-cut-short", "api-5xx"])
    func apiRepliesNonsense(fault: String) async throws {
      try await withRehearsal(manual()) { rehearsal in
        let id = try await rehearsal.fault(fault)
        _ = try await rehearsal.fault("region-down", target: "us-east")
        await rehearsal.killAgents("us-east")
        try await poll("the move is held up") {
          try await rehearsal.status().incident != nil
        }
        try await Task.sleep(for: .seconds(2))
        try await rehearsal.endFault(id)
        // A move that waits this long may lose its target on a busy machine, and choose again.
        let end = try await rehearsal.waitForStatus("moved", within: patience) { service, _ in
          service.incident == nil && service.lastIncident?.outcome == .converged
            ? service.lastIncident : nil
        }
        let site = rehearsal.sites.first { $0.region == end.to }
        #expect(site != nil && end.to != "us-east")
        #expect(try await rehearsal.address() == site?.address)
        #expect(try await rehearsal.addressWrites().count == 1)
        #expect(try await rehearsal.incidents().count { $0.outcome == .converged } == 1)
        let others = try await rehearsal.records().filter { $0.type == "AAAA" }
        #expect(others.count == 1)
      }
    }

    @Test func wrongToken() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let revoked = try await rehearsal.fault("token-revoked")
        _ = try await rehearsal.fault("region-down", target: "us-east")
        await rehearsal.killAgents("us-east")
        try await poll("the refusal is told") {
          try await rehearsal.incidents().contains { $0.outcome == .failed }
        }
        let failed = try await rehearsal.incidents().last
        #expect(failed?.outcomeText?.lowercased().contains("token") == true, "\(failed as Any)")
        #expect(try await rehearsal.status().active == "us-east")
        try await rehearsal.endFault(revoked)
        try await rehearsal.waitUntilServed(by: "eu-central")
      }
    }
  }
}
