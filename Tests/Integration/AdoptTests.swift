import Codec
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// Somebody else in the zone (RULES 7, 16), and a token that cannot write, on real processes.
  @Suite struct AdoptTests {
    private static let theirs = "signalbox cluster=elsewhere incarnation=1 epoch=41 active=us-east"
    private static let others = "signalbox cluster=third incarnation=2 epoch=57 active=us-east"
    private static let page = "203.0.113.9"

    /// Read-only until an operator says so, also after a restart and in an outage.
    @Test func anotherWritersMarker() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let nothing = try await signalbox("adopt", "app", "--yes", "--coordinator", url)
        #expect(nothing.code == 1 && nothing.errors.contains("nothing_to_adopt"), "\(nothing)")
        try await rehearsal.putMarker(Self.theirs)
        try await rehearsal.waitForStatus("seen", within: patience) { service, _ in
          service.orders?.adoptable?.marker == Self.theirs ? () : nil
        }
        await rehearsal.killCoordinator()
        try await rehearsal.startCoordinator()
        _ = try await rehearsal.fault("region-down", target: "us-east")
        try await rehearsal.waitForStatus("held", within: patience) { service, _ in
          service.rule.name == "blocked-by-conflict" ? () : nil
        }
        try await rehearsal.expectNoMove(for: .seconds(5), active: "us-east")
        let forced = try await signalbox(
          "failover", "app", "--to", "eu-central", "--yes", "--coordinator", url)
        #expect(forced.code == 1 && forced.errors.contains("marker_conflict"), "\(forced)")
        let shown = try await signalbox("status", "--coordinator", url)
        #expect(shown.output.contains("signalbox adopt app"), "\(shown)")
        let unasked = try await signalbox("adopt", "app", "--coordinator", url)
        #expect(unasked.code == 2 && unasked.errors.contains("--yes"), "\(unasked)")
        let adopted = try await signalbox(
          "adopt", "app", "--yes", "--reason", "a test", "--json", "--coordinator", url)
        #expect(adopted.code == 0, "\(adopted)")
        let reply = try JSON.decode(
          OrderReply.self, from: Array(adopted.output.utf8), maxBytes: 65_536)
        #expect(reply.order == .adopt && reply.text.contains("epoch 42"), "\(reply)")
        let incident = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(incident.epoch == 43)
        let marker = try await rehearsal.marker()
        #expect(marker?.contains("epoch=43 active=eu-central") == true, "\(marker ?? "none")")
        let events = try await rehearsal.events()
        #expect(events.contains { $0.kind == "conflict" && $0.level == .alert })
        #expect(events.contains { $0.kind == "order" && $0.text.contains("a test") })
      }
    }

    /// Two other writers at two names of a service: shown together, adopted by one order.
    @Test func markersOfSeveralNames() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        try await rehearsal.make("A", "www", rehearsal.front(1))
        try await rehearsal.make("TXT", "_signalbox.www", Self.others)
        try await rehearsal.putMarker(Self.theirs)
        try await restart(rehearsal, with: "\"www.example.org\"")
        let markers = [("app", Self.theirs), ("www", Self.others)].map {
          AdoptableMarker(name: "_signalbox.\($0).example.org", text: $1)
        }
        try await rehearsal.waitForStatus("both are seen", within: patience) { service, _ in
          service.orders?.adoptable?.markers == markers ? () : nil
        }
        _ = try await rehearsal.fault("region-down", target: "us-east")
        try await rehearsal.waitForStatus("held", within: patience) { service, _ in
          service.rule.name == "blocked-by-conflict" ? () : nil
        }
        let shown = try await signalbox("status", "--coordinator", url)
        #expect(shown.output.contains("_signalbox.www.example.org"), "\(shown)")
        let unasked = try await signalbox("adopt", "app", "--coordinator", url)
        #expect(unasked.code == 2 && unasked.errors.contains("2 markers of other writers"))
        for marker in markers {
          let line = "  \(marker.name ?? ""): \"\(marker.text)\"\n"
          #expect(unasked.errors.contains(line), "\(unasked)")
        }
        let adopted = try await signalbox("adopt", "app", "--yes", "--coordinator", url)
        #expect(adopted.code == 0, "\(adopted)")
        #expect(adopted.output.contains("2 markers are claimed under epoch 58"), "\(adopted)")
        let incident = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(incident.epoch == 59 && incident.records.count == 2)
        let marks = try await rehearsal.records().filter { $0.type == "TXT" }
        #expect(marks.count == 2)
        #expect(marks.allSatisfy { $0.target.contains("epoch=59 active=eu-central") }, "\(marks)")
        #expect(try await rehearsal.status().orders == nil)
        let found = try await rehearsal.events().filter { $0.kind == "conflict" }
        #expect(found.allSatisfy { $0.epoch == 0 }, "none after the adoption: \(found)")
      }
    }

    /// Starts the coordinator again with another name of the service.
    private func restart(_ rehearsal: Rehearsal, with name: String) async throws {
      await rehearsal.killCoordinator()
      let file = "\(rehearsal.directory)/coordinator.toml"
      let text = String(decoding: try Files.read(file, maxBytes: 1 << 20), as: UTF8.self)
      let one = "dns = [\"app.example.org\"]"
      #expect(text.contains(one))
      let both = "dns = [\"app.example.org\", \(name)]"
      try Files.writeAtomically(
        Array(text.replacing(one, with: both).utf8), to: file, mode: 0o600)
      try await rehearsal.startCoordinator()
    }

    /// Of two names one shows what is no region's: that one is named, and put back by the command
    /// that is suggested after its adoption.
    @Test func oneOfTwoNames() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        try await rehearsal.make("A", "www", Self.page)
        try await restart(rehearsal, with: "\"www.example.org\"")
        try await rehearsal.waitForStatus("foreign", within: patience) { service, _ in
          service.orders?.adoptable?.addresses.contains(Self.page) == true ? () : nil
        }
        let words = "users of www.example.org are sent to \(Self.page),"
        try await rehearsal.waitForStatus("named", within: patience) { service, _ in
          service.headline.contains(words) ? () : nil
        }
        let adopted = try await signalbox("adopt", "app", "--yes", "--coordinator", url)
        #expect(adopted.code == 0, "\(adopted)")
        let explained = try await signalbox("explain", "app", "--coordinator", url)
        let suggested = "signalbox failover app --to us-east"
        #expect(explained.output.contains(suggested), "\(explained)")
        let moved = try await signalbox(
          "failover", "app", "--to", "us-east", "--yes", "--coordinator", url)
        #expect(moved.code == 0, "\(moved)")
        let found = try await rehearsal.records().filter { $0.type == "A" && $0.name == "www" }
        #expect(found.map(\.target) == [rehearsal.front(1)])
        let again = try await signalbox(
          "failover", "app", "--to", "us-east", "--yes", "--coordinator", url)
        #expect(again.code == 1 && again.errors.contains("already served by us-east"), "\(again)")
      }
    }

    /// A second coordinator, started by mistake (FAULTS 32): it sees the marker, writes nothing,
    /// and the first one acts as if it were not there.
    @Test func aSecondCoordinatorIsReadOnly() async throws {
      try await withRehearsal(manual()) { rehearsal in
        try await poll("the first marker is made") { try await rehearsal.marker() != nil }
        let marker = try await rehearsal.marker()
        let (process, other) = try second(rehearsal)
        let http = HTTPClient(userAgent: "signalbox-tests")
        defer { http.shutdown() }
        let client = CoordinatorClient(address: other, http: http)
        do {
          try await poll("the second one is read-only") {
            let status = try? await client.status().services.first
            return status?.orders?.adoptable?.marker == marker
          }
          _ = try await rehearsal.fault("region-down", target: "us-east")
          try await rehearsal.waitUntilServed(by: "eu-central")
          #expect(try await rehearsal.addressWrites().count == 1)
          #expect(try await client.incidents().isEmpty)
          #expect(try await rehearsal.status().orders == nil, "the first one saw no other writer")
        } catch {
          await process.stop(grace: .seconds(1))
          throw error
        }
        await process.stop(grace: .seconds(5))
      }
    }

    /// The same file with a state of its own, started beside the first.
    private func second(
      _ rehearsal: Rehearsal
    ) throws -> (process: ChildProcess, address: CoordinatorAddress) {
      let directory = rehearsal.directory
      let listen = "\(rehearsal.options.network).0.1:8699"
      var text = String(
        decoding: try Files.read("\(directory)/coordinator.toml", maxBytes: 1 << 20),
        as: UTF8.self)
      for (old, new) in [
        ("listen = \"\(rehearsal.options.addresses.listen)\"", "listen = \"\(listen)\""),
        ("\(directory)/coordinator.sock", "\(directory)/second.sock"),
        ("\(directory)/state\"", "\(directory)/second\""),
      ] {
        #expect(text.contains(old), "\(old)")
        text = text.replacing(old, with: new)
      }
      let file = "\(directory)/second.toml"
      try Files.writeAtomically(Array(text.utf8), to: file, mode: 0o600)
      let process = try ChildProcess(
        Built.program("signalbox-coordinator"), ["--config", file],
        options: .init(
          output: .file("\(directory)/second.log", append: true),
          errors: .file("\(directory)/second.log", append: true)))
      return (process, .http("http://\(listen)"))
    }

    /// Adopted, a foreign address is where users are, and the next move overwrites it.
    @Test func anAddressOfSomebodyElse() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        try await rehearsal.putAddress(Self.page)
        try await rehearsal.waitForStatus("foreign", within: patience) { service, _ in
          service.orders?.adoptable?.addresses == [Self.page] ? () : nil
        }
        _ = try await rehearsal.fault("region-down", target: "us-east")
        try await rehearsal.waitUntil("us-east", is: "failing", "unreachable")
        try await rehearsal.expectNoMove(for: .seconds(5), active: "us-east")
        #expect(try await rehearsal.address() == Self.page)
        let adopted = try await signalbox("adopt", "app", "--yes", "--coordinator", url)
        #expect(adopted.code == 0 && adopted.output.contains(Self.page), "\(adopted)")
        let incident = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(incident.records.first?.old == Self.page)
        #expect(try await rehearsal.address() == rehearsal.front(2))
      }
    }

    /// `drift = "enforce"`: what somebody else puts there is overwritten, and that is no move.
    @Test func driftIsEnforced() async throws {
      var options = manual()
      options.extraServiceTOML = "drift = \"enforce\"\n"
      try await withRehearsal(options) { rehearsal in
        try await rehearsal.putAddress(Self.page)
        let incident = try await rehearsal.waitUntilServed(by: "us-east")
        #expect(incident.kind == .repair && incident.rule == 124)
        #expect(incident.records.first?.old == Self.page)
        #expect(try await rehearsal.address() == rehearsal.front(1))
        let status = try await rehearsal.status()
        #expect(status.policy.switchesUsed == 0 && status.policy.cooldownMs == nil)
        // Not again so soon.
        try await rehearsal.putAddress(Self.page)
        try await rehearsal.waitForStatus("foreign", within: patience) { service, _ in
          service.at == "foreign" ? () : nil
        }
        try await rehearsal.expectNoMove(for: .seconds(12), active: "us-east")
        #expect(try await rehearsal.address() == Self.page)
      }
    }

    /// A token that lost its scope is told before a move needs it (FAULTS 42).
    @Test func aTokenThatCannotWrite() async throws {
      try await withRehearsal(manual()) { rehearsal in
        try await poll("the first marker is made") { try await rehearsal.marker() != nil }
        try await rehearsal.restart(withToken: "sandbox-read-token")
        try await rehearsal.waitForStatus("told", within: patience) { service, _ in
          service.findings?.contains { $0.contains("cannot write any more") } == true
            && service.situation == .attention ? () : nil
        }
        #expect(try await rehearsal.events().contains { $0.kind == "token-refused" })
        try await rehearsal.restart(withToken: SandboxFacts.token)
        try await rehearsal.waitUntilSteady()
        #expect(try await rehearsal.status().findings == nil)
        #expect(try await rehearsal.addressWrites().isEmpty)
      }
    }

    /// The API cannot be read at the start: judged by what the name servers say, written when the
    /// API is back (RULES 15).
    @Test func nameServersTellWhereDNSPoints() async throws {
      try await withRehearsal(manual()) { rehearsal in
        await rehearsal.killCoordinator()
        let down = try await rehearsal.fault("api-5xx")
        try await rehearsal.startCoordinator()
        try await rehearsal.waitForStatus("by name servers", within: patience) { service, _ in
          service.at == "region" && service.active == "us-east"
            && service.findings?.contains { $0.hasPrefix("DNS read from the name servers") } == true
            ? () : nil
        }
        _ = try await rehearsal.fault("region-down", target: "us-east")
        try await rehearsal.waitForStatus("the move waits", within: patience) { service, _ in
          service.incident?.to == "eu-central" ? () : nil
        }
        let requests = try await rehearsal.apiRequests()
        #expect(!requests.contains { $0.method == "PUT" && $0.applied })
        try await rehearsal.endFault(down)
        try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(try await rehearsal.addressWrites().count == 1)
      }
    }
  }
}

extension Rehearsal {
  /// The text of the marker; nil where there is none.
  nonisolated func marker() async throws -> String? {
    try await records().first { $0.type == "TXT" && $0.name == "_signalbox.app" }?.target
  }

  /// Points the name somewhere else, as a person in the panel would.
  nonisolated func putAddress(_ target: String) async throws {
    let record = try await records().first { $0.type == "A" && $0.name == "app" }
    try await put(target, of: record)
  }

  /// Writes over the coordinator's marker of the first name, once there is one.
  nonisolated func putMarker(_ text: String) async throws {
    func own() async throws -> ZoneRecord? {
      try await records().first { $0.type == "TXT" && $0.name == "_signalbox.app" }
    }
    try await poll("the first marker is made") { try await own() != nil }
    try await put(text, of: try await own())
  }

  private nonisolated func put(_ target: String, of record: ZoneRecord?) async throws {
    struct Change: Encodable { var target: String }
    try await send("PUT", "/\(try #require(record).id)", Change(target: target))
  }

  /// Changes the zone's records as anybody with the token may; `path` is below the records.
  nonisolated func send(
    _ method: String, _ path: String, _ body: some Encodable & Sendable
  ) async throws {
    let http = HTTPClient(userAgent: "signalbox-tests")
    defer { http.shutdown() }
    let base = "http://\(options.addresses.linode)/v4/domains"
    let token = HTTPField("Authorization", "Bearer \(SandboxFacts.token)")
    let zones = try await http.send(HTTPRequest(url: base, headers: [token]))
    let page = try JSON.decode(Page<Zone>.self, from: zones.body, maxBytes: 1_048_576)
    let zone = try #require(page.data.first { SandboxFacts.name.hasSuffix($0.domain) })
    let response = try await http.send(
      HTTPRequest(
        method: method, url: "\(base)/\(zone.id)/records\(path)",
        headers: [token, HTTPField("Content-Type", "application/json")],
        body: try JSON.encode(body)))
    #expect(response.status == 200, "\(response.text)")
  }

  /// Stops the coordinator and starts it with another token in its file.
  func restart(withToken token: String) async throws {
    await killCoordinator()
    try Files.writeAtomically(
      Array("\(token)\n".utf8), to: "\(directory)/linode-token", mode: 0o600)
    try await startCoordinator()
  }
}
