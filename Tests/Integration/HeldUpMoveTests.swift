import Codec
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// A move that cannot write, what a person sees of it and can do; another zone beside the parent.
  @Suite struct HeldUpMoveTests {
    private static let page = "203.0.113.9"

    /// The API fails: Ctrl-C says that the move goes on, the screen what is tried, and `cancel`
    /// takes it back.
    @Test func anOperatorsMoveIsTakenBack() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let none = try await signalbox("cancel", "app", "--coordinator", url)
        #expect(none.code == 1 && none.errors.contains("nothing_to_cancel"), "\(none)")
        let broken = try await rehearsal.fault("api-5xx")
        let errors = "\(rehearsal.directory)/failover.err"
        let watching = try ChildProcess(
          Built.program("signalbox"),
          ["failover", "app", "--to", "eu-central", "--yes", "--coordinator", url],
          options: .init(output: .null, errors: .file(errors, append: false)))
        try await rehearsal.waitForStatus("tried again", within: patience) { service, _ in
          (service.incident?.trouble?.times ?? 0) > 1 ? () : nil
        }
        watching.signal(2)
        let end = await watching.wait(atMost: patience)
        #expect(end != nil && end?.isSuccess == false)
        let said = String(decoding: try Files.read(errors, maxBytes: 1 << 20), as: UTF8.self)
        #expect(said.contains("goes on without you") && said.contains("signalbox cancel app"))
        let shown = try await signalbox("status", "--coordinator", url)
        for words in ["Held up", "tried", "500", "signalbox breakglass app", "signalbox cancel"] {
          #expect(shown.output.contains(words), "\(words): \(shown)")
        }
        #expect(!shown.output.contains("nothing to do now"))
        let taken = try await signalbox(
          "cancel", "app", "--reason", "a test", "--json", "--coordinator", url)
        #expect(taken.code == 0, "\(taken)")
        let reply = try JSON.decode(
          OrderReply.self, from: Array(taken.output.utf8), maxBytes: 65_536)
        #expect(reply.order == .cancel)
        let status = try await rehearsal.status()
        #expect(status.incident == nil && status.lastIncident?.outcome == .cancelled)
        #expect(status.lastIncident?.outcomeText?.contains("a test") == true)
        try await rehearsal.endFault(broken)
        try await rehearsal.expectNoMove(for: .seconds(5), active: "us-east")
        #expect(try await rehearsal.addressWrites().isEmpty)
        // What is asked for again is another move, and when it has written it is finished.
        let again = try await signalbox(
          "failover", "app", "--to", "eu-central", "--yes", "--coordinator", url)
        #expect(again.code == 0, "\(again)")
        #expect(try await rehearsal.address() == rehearsal.front(2))
      }
    }

    /// While a write's answer is awaited nobody knows whether there is something to take back:
    /// `cancel` waits for that, and then takes it back.
    @Test func cancelWaitsForAWriteThatIsUnderWay() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let silent = try await rehearsal.fault("api-hang", target: "PUT")
        let begun = try await signalbox(
          "failover", "app", "--to", "eu-central", "--yes", "--no-wait", "--coordinator", url)
        #expect(begun.code == 0, "\(begun)")
        try await rehearsal.waitForStatus("under way", within: patience) { service, _ in
          service.rule.name == "write-underway" ? () : nil
        }
        let taken = try await signalbox("cancel", "app", "--coordinator", url)
        #expect(taken.code == 0 && taken.errors.contains("a write is under way"), "\(taken)")
        #expect(taken.output.contains("is taken back"), "\(taken)")
        try await rehearsal.endFault(silent)
        try await rehearsal.expectNoMove(for: .seconds(2), active: "us-east")
      }
    }

    /// An API that garbles every marker, and asks for a day's patience: users are moved all the
    /// same, and nothing is read-only afterwards.
    @Test func garbledMarkersAndADaysPatienceStopNoMove() async throws {
      try await withRehearsal(manual()) { rehearsal in
        _ = try await rehearsal.fault("api-garbled-marker")
        _ = try await rehearsal.fault("region-down", target: "us-east")
        try await rehearsal.waitForStatus("confirming", within: patience) { service, _ in
          service.situation == .confirming || service.incident != nil ? () : nil
        }
        _ = try await rehearsal.fault("api-429-day", target: "PUT", seconds: 8)
        try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(try await rehearsal.address() == rehearsal.front(2))
        let status = try await rehearsal.status()
        #expect(status.orders?.adoptable == nil)
        let events = try await rehearsal.events()
        #expect(events.contains { $0.text.contains("which is no marker") }, "told")
        #expect(!events.contains { $0.kind == "conflict" })
      }
    }

    /// RULES 14: adopted, a foreign address is replaced by the region's own when an operator says
    /// so.
    @Test func anAdoptedAddressIsPutBack() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        try await rehearsal.putAddress(Self.page)
        try await rehearsal.waitForStatus("foreign", within: patience) { service, _ in
          service.orders?.adoptable?.addresses == [Self.page] ? () : nil
        }
        let early = try await signalbox(
          "failover", "app", "--to", "us-east", "--yes", "--coordinator", url)
        #expect(early.code == 1 && early.errors.contains("signalbox adopt app"), "\(early)")
        let adopted = try await signalbox("adopt", "app", "--yes", "--coordinator", url)
        #expect(adopted.code == 0, "\(adopted)")
        let back = try await signalbox(
          "failover", "app", "--to", "us-east", "--yes", "--coordinator", url)
        #expect(back.code == 0, "\(back)")
        #expect(try await rehearsal.address() == rehearsal.front(1))
        let status = try await rehearsal.status()
        #expect(status.active == "us-east" && status.pinned == nil)
        #expect(status.lastIncident?.records.first?.old == Self.page)
        let twice = try await signalbox(
          "failover", "app", "--to", "us-east", "--yes", "--coordinator", url)
        #expect(twice.code == 1 && twice.errors.contains("already"), "\(twice)")
      }
    }

    /// A zone of its own appears for the name, with a copy of the record: the move goes there.
    @Test func aChildZoneIsTheOneThatIsWritten() async throws {
      try await withRehearsal(manual()) { rehearsal in
        _ = try await rehearsal.fault("child-zone", target: "app")
        try await rehearsal.waitForStatus("told", within: patience) { service, _ in
          service.findings?.contains { $0.contains("is in the zone app.example.org") } == true
            ? () : nil
        }
        #expect(try await rehearsal.events().contains { $0.kind == "zone-changed" })
        _ = try await rehearsal.fault("region-down", target: "us-east")
        let incident = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(incident.outcome == .converged)
        let child = try await rehearsal.childAddress("app.example.org")
        #expect(child == rehearsal.front(2))
      }
    }
  }
}

extension Rehearsal {
  private nonisolated func api(
    _ method: String, _ path: String, _ body: String? = nil
  ) async throws -> [UInt8] {
    let http = HTTPClient(userAgent: "signalbox-tests")
    defer { http.shutdown() }
    let response = try await http.send(
      HTTPRequest(
        method: method, url: "http://\(options.addresses.linode)/v4/domains\(path)",
        headers: [
          HTTPField("Authorization", "Bearer \(SandboxFacts.token)"),
          HTTPField("Content-Type", "application/json"),
        ], body: body.map { Array($0.utf8) }))
    #expect(response.status == 200, "\(response.text)")
    return response.body
  }

  /// What a zone's own A record says.
  nonisolated func childAddress(_ name: String) async throws -> String? {
    let zones = try JSON.decode(Page<Zone>.self, from: try await api("GET", ""), maxBytes: 1 << 20)
    let zone = try #require(zones.data.first { $0.domain == name })
    let records = try JSON.decode(
      Page<ZoneRecord>.self, from: try await api("GET", "/\(zone.id)/records"), maxBytes: 1 << 20)
    return records.data.first { $0.type == "A" && $0.name == "" }?.target
  }
}
