import Codec
import Platform
import Rehearsal
import Testing

extension ProcessTests {
  /// What a real coordinator recorded, played again by the real command.
  @Suite struct ReplayTests {
    private struct Document: Decodable {
      struct Transition: Decodable {
        var rule: Int
        var opens: Opens?
      }
      struct Opens: Decodable {
        var to: String
      }
      struct Difference: Decodable {
        var kind: String
        var seconds: Double?
      }
      struct Mismatch: Decodable {
        var why: String
      }
      struct Note: Decodable {
        var text: String
      }
      var notes: [Note]
      var transitions: [Transition]
      var mismatches: [Mismatch]
      var differences: [Difference]
      var flaws: [String]
    }

    private func replay(
      _ rehearsal: Rehearsal, _ arguments: [String]
    ) async throws -> RunResult {
      try await signalbox(
        ["replay", "--file", "\(rehearsal.directory)/state/evidence"] + arguments)
    }

    /// The region fails, users are moved: the replay says the same, and under a longer
    /// `failover_after` that it would have been later.
    @Test func failoverAgain() async throws {
      try await withRehearsal(manual()) { rehearsal in
        _ = try await rehearsal.fault("region-down", target: "us-east")
        await rehearsal.killAgents("us-east")
        try await rehearsal.waitUntilServed(by: "eu-central")
        let document = try await untilRecorded(rehearsal)
        #expect(document.mismatches.isEmpty, "\(document.mismatches)")
        #expect(document.flaws.allSatisfy { $0.contains("last seconds") }, "\(document.flaws)")
        #expect(document.transitions.contains { $0.rule == 250 && $0.opens?.to == "eu-central" })

        let text = try await replay(rehearsal, ["--from", "-10m"])
        #expect(text.code == 0, "\(text.errors)")
        #expect(text.output.contains("Every one came out as it was recorded."))
        #expect(text.output.contains("us-east to eu-central: the active region is down: moving"))

        let slower = try configuration(rehearsal, failoverAfter: "9s")
        let compared = try await replay(
          rehearsal, ["--from", "-10m", "--config", slower, "--json"])
        #expect(compared.code == 0, "\(compared.errors)")
        let other = try JSON.decode(
          Document.self, from: Array(compared.output.utf8), maxBytes: 1 << 26)
        #expect(other.mismatches.isEmpty)
        #expect(
          other.differences.contains { $0.kind == "later" || $0.kind == "only_then" },
          "\(other.differences)")
      }
    }

    /// Orders, a reload, an operator's move, a coordinator that is killed: all of it is recorded.
    @Test func whateverHappens() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let file = "\(rehearsal.directory)/coordinator.toml"
        for arguments in [
          ["pause", "app", "--reason", "a test"], ["resume", "app"],
          ["maintenance", "ap-south", "--for", "1m"],
          ["failover", "app", "--to", "eu-central", "--yes"],
        ] {
          // On a busy machine a region may have been down a moment ago.
          try await poll("\(arguments)") {
            try await signalbox(arguments + ["--coordinator", url]).code == 0
          }
        }
        let text = String(decoding: try Files.read(file, maxBytes: 1 << 20), as: UTF8.self)
        let other = text.replacing("table = \"app\"", with: "table = \"app\"\nmin_healthy = 0.6")
        try Files.writeAtomically(Array(other.utf8), to: file)
        let reload = try await run(
          Built.program("signalbox-coordinator"), ["reload", "--config", file])
        #expect(reload.code == 0, "\(reload)")
        try await untilRecorded(rehearsal) { document in
          document.notes.contains { $0.text.contains("configuration") }
        }
        await rehearsal.killCoordinator()
        try await rehearsal.startCoordinator()
        _ = try await rehearsal.fault("app-500", target: "eu-central")
        try await rehearsal.waitUntilServed(by: "us-east")
        let document = try await untilRecorded(rehearsal) { document in
          document.transitions.contains { $0.rule == 250 && $0.opens?.to == "us-east" }
            && document.transitions.last?.rule == 410
        }
        #expect(document.mismatches.isEmpty, "\(document.mismatches)")
        #expect(document.transitions.contains { $0.rule == 520 && $0.opens?.to == "eu-central" })
        let notes = document.notes.map(\.text)
        #expect(notes.contains("it took on another configuration"), "\(notes)")
        #expect(notes.contains("the coordinator started"), "\(notes)")
      }
    }

    @Test func mistakesAreSaid() async throws {
      var result = try await signalbox("replay", "--from", "-1h", "--file", "/nowhere")
      #expect(result.code == 1 && result.errors.contains("nothing is recorded there"))
      result = try await signalbox("replay", "--from", "yesterday")
      #expect(result.code == 2 && result.errors.contains("accepted: 2026-11-23T14:00:05Z"))
      result = try await signalbox("replay", "--from", "-1h", "--to", "-2h")
      #expect(result.code == 2)
    }

    /// The recording is written some seconds after what happened.
    @discardableResult
    private func untilRecorded(
      _ rehearsal: Rehearsal,
      _ isThere: (Document) -> Bool = { $0.transitions.contains { $0.rule == 410 } }
    ) async throws -> Document {
      let end = Clocks.monotonic() + patience
      while true {
        let result = try await replay(rehearsal, ["--from", "-10m", "--json"])
        let document = try? JSON.decode(
          Document.self, from: Array(result.output.utf8), maxBytes: 1 << 26)
        if let document, isThere(document) {
          #expect(result.code == 0, "\(result.errors)")
          return document
        }
        try #require(Clocks.monotonic() < end, "\(result)")
        try await Task.sleep(for: .milliseconds(300))
      }
    }

    /// The coordinator's own file with another confirmation.
    private func configuration(
      _ rehearsal: Rehearsal, failoverAfter: String
    ) throws -> String {
      let directory = rehearsal.directory
      let path = "\(directory)/coordinator.toml"
      let text = String(decoding: try Files.read(path, maxBytes: 1 << 20), as: UTF8.self)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let other = lines.filter { !$0.hasPrefix("failover_after") }.flatMap { line in
        line.hasPrefix("[service.")
          ? [String(line)]
            + ["failover_after", "outside_confirm"].map { "\($0) = \"\(failoverAfter)\"" }
          : [String(line)]
      }
      let target = "\(directory)/slower.toml"
      try Files.writeAtomically(Array(other.joined(separator: "\n").utf8), to: target)
      return target
    }
  }
}
