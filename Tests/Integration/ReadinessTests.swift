import Codec
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// `signalbox check` and `signalbox breakglass` on a running deployment.
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
        // Commands stay in one piece, all else fits.
        #expect(
          shown.output.split(separator: "\n").allSatisfy {
            $0.count <= 80 || $0.hasPrefix("       fix:  ")
          })
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

    /// The printed command, run as it stands, moves the name; and the card outlives the
    /// coordinator.
    @Test func theCardWorks() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let copy = "\(rehearsal.directory)/state/breakglass.txt"
        try await poll("the card is kept") {
          let bytes = (try? Files.read(copy, maxBytes: 1 << 20)) ?? []
          return String(decoding: bytes, as: UTF8.self).contains("DNS pointed at us-east")
        }
        let out = "\(rehearsal.directory)/card.txt"
        let printed = try await signalbox("breakglass", "--out", out, "--coordinator", url)
        #expect(printed.code == 0, "\(printed)")
        let json = try await signalbox("breakglass", "app", "--json", "--coordinator", url)
        let document = try JSON.decode(
          BreakglassDocument.self, from: Array(json.output.utf8), maxBytes: 1_048_576)
        #expect(document.services.first?.names.first?.records.isEmpty == false)
        await rehearsal.killCoordinator()
        let card = try await signalbox(
          "breakglass", "--copy", copy, "--coordinator", url)
        #expect(card.code == 0 && card.errors.contains(" old"), "\(card)")
        let live = String(decoding: try Files.read(out, maxBytes: 1 << 20), as: UTF8.self)
        // The times of its making are all that may differ.
        let body = live.split(separator: "\n").dropFirst(4)
        #expect(card.output.split(separator: "\n").suffix(body.count) == body)
        try await move(card.output, to: "ap-south")
        #expect(try await rehearsal.address() == rehearsal.front(3))
        // Just started, with the API away: the copy knows what the coordinator does not.
        let away = try await rehearsal.fault("api-5xx", target: "GET")
        try await rehearsal.startCoordinator()
        let blind = try await signalbox("breakglass", "--copy", copy, "--coordinator", url)
        #expect(blind.code == 0 && blind.output == card.output, "\(blind)")
        #expect(blind.errors.contains("has not read the records since its start"), "\(blind)")
        try await rehearsal.endFault(away)
        try await rehearsal.waitForStatus("adopted", within: patience) { service, _ in
          service.active == "ap-south" && service.at == "region" ? () : nil
        }
        let gone = try await signalbox(
          "breakglass", "--copy", "/nonexistent", "--coordinator", "http://127.0.0.1:1")
        #expect(gone.code == 3 && gone.errors.contains("no copy"), "\(gone)")
      }
    }

    /// Pastes the card's commands for the token and for one region into a shell.
    private func move(_ card: String, to region: String) async throws {
      let lines = card.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      func commands(after heading: String, until end: (String) -> Bool) throws -> [String] {
        let start = try #require(lines.firstIndex { $0.hasPrefix(heading) }, "\(heading): \(card)")
        return lines[(start + 1)...].prefix { !end($0) }.filter { $0.hasPrefix("    ") }
      }
      let token = try commands(after: "2. The token") { $0.hasPrefix("  Elsewhere") }
      let put = try commands(after: "  to \(region)") { $0.isEmpty || $0.hasPrefix("  to ") }
      #expect(put.contains { $0.contains("curl -fsS -X PUT") })
      #expect(!card.contains(SandboxFacts.token), "no secret on the card")
      let script = (["set -eu"] + token + put + ["rm -f \"$H\""]).joined(separator: "\n")
      let result = try await run("/bin/sh", ["-c", script])
      #expect(result.code == 0, "\(script)\n\(result)")
    }
  }
}
