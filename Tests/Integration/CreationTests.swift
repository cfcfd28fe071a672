import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// `missing = "create"` on real processes and a real name server.
  @Suite struct CreationTests {
    private static let names = ["app.example.org", "www.example.org", "example.org"]

    private static func creating(_ lines: String = "") -> RehearsalOptions {
      var options = manual()
      options.extraServiceTOML = "missing = \"create\"\n" + lines
      return options
    }

    /// New names are made where the first one points, are published, and move along.
    @Test func newNamesAreMadeAndMoveAlong() async throws {
      try await withRehearsal(Self.creating()) { rehearsal in
        try await poll("the first marker is made") { try await rehearsal.marker() != nil }
        // The answer of one is lost: it is looked for, and not asked for again.
        _ = try await rehearsal.sandbox.fault(
          "api-applied-then-502", target: "POST", seconds: nil, count: 1)
        try await reload(rehearsal)
        try await rehearsal.waitUntilSteady()
        try await poll("made") {
          let records = try await rehearsal.records()
          return ["www", ""].allSatisfy { name in records.contains { $0.isAddress(of: name) } }
        }
        let requests = try await rehearsal.apiRequests()
        #expect(requests.contains { $0.method == "POST" && $0.status == 502 })
        try await rehearsal.waitForStatus("all known", within: patience) { service, _ in
          service.at == "region" && service.findings == nil && service.names == Self.names
            ? () : nil
        }
        for name in ["app", "www", ""] {
          let mine = try await rehearsal.records().filter { $0.isAddress(of: name) }
          #expect(mine.map(\.target) == [rehearsal.front(1)], "\(name): \(mine)")
          #expect(mine.map(\.ttlSec) == [30])
        }
        let kinds = try await rehearsal.events().map(\.kind)
        #expect(kinds.count { $0 == "creating" } == 2 && kinds.contains("ambiguous"))
        _ = try await rehearsal.fault("region-down", target: "us-east")
        let incident = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(incident.records.map(\.name) == Self.names)
        #expect(incident.nameServers.allSatisfy { $0.answer == .new })
      }
    }

    /// Deleted by somebody: told, and made again only with `drift = "enforce"`.
    @Test func aDeletedRecord() async throws {
      try await withRehearsal(Self.creating()) { rehearsal in
        try await poll("the first marker is made") { try await rehearsal.marker() != nil }
        // The next one of the zone, which is never empty then.
        try await rehearsal.deleteAddress()
        try await rehearsal.waitForStatus("told", within: patience) { service, _ in
          service.findings?.contains { $0.contains("somebody deleted it") } == true ? () : nil
        }
        #expect(try await rehearsal.records().allSatisfy { !$0.isAddress(of: "app") })
        let path = "\(rehearsal.directory)/coordinator.toml"
        let text = String(decoding: try Files.read(path, maxBytes: 1 << 20), as: UTF8.self)
        let changed = text.replacing(
          "missing = \"create\"", with: "missing = \"create\"\ndrift = \"enforce\"")
        try Files.writeAtomically(Array(changed.utf8), to: path, mode: 0o600)
        let taken = try await run(
          Built.program("signalbox-coordinator"), ["reload", "--config", path])
        #expect(taken.code == 0, "\(taken)")
        try await rehearsal.waitForStatus("made again", within: patience) { service, _ in
          service.at == "region" && service.findings == nil ? () : nil
        }
        let mine = try await rehearsal.records().filter { $0.isAddress(of: "app") }
        #expect(mine.map(\.target) == [rehearsal.front(1)] && mine.map(\.ttlSec) == [30])
      }
    }

    private func reload(_ rehearsal: Rehearsal) async throws {
      let path = "\(rehearsal.directory)/coordinator.toml"
      let text = String(decoding: try Files.read(path, maxBytes: 1 << 20), as: UTF8.self)
      let list = Self.names.map { "\"\($0)\"" }.joined(separator: ", ")
      let changed = text.replacing("dns = [\"app.example.org\"]", with: "dns = [\(list)]")
      #expect(changed != text)
      try Files.writeAtomically(Array(changed.utf8), to: path, mode: 0o600)
      let taken = try await run(
        Built.program("signalbox-coordinator"), ["reload", "--config", path])
      #expect(taken.code == 0, "\(taken)")
    }
  }
}

extension ZoneRecord {
  /// Whether it is an address of a name relative to the zone.
  fileprivate func isAddress(of name: String) -> Bool { self.name == name && type == "A" }
}

extension Rehearsal {
  /// Deletes the name's address, as a person in the panel would.
  fileprivate nonisolated func deleteAddress() async throws {
    struct Nothing: Encodable, Sendable {}
    let record = try #require(try await records().first { $0.isAddress(of: "app") })
    try await send("DELETE", "/\(record.id)", Nothing())
  }
}
