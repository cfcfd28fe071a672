import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// What the Linode account adds to the configuration, on real processes.
  @Suite struct AccountTests {
    private static let names = ["app.example.org", "www.example.org", "example.org"]

    /// All names of a service move in one incident, the apex among them.
    @Test func severalNamesMoveTogether() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let list = Self.names.map { "\"\($0)\"" }.joined(separator: ", ")
        try edit(rehearsal) { $0.replacing("dns = [\"app.example.org\"]", with: "dns = [\(list)]") }
        let file = "\(rehearsal.directory)/coordinator.toml"
        let taken = try await run(
          Built.program("signalbox-coordinator"), ["reload", "--config", file])
        #expect(taken.code == 0, "\(taken)")
        try await poll("a name without a record is told") {
          try await rehearsal.coordinator.status().coordinator.doubts.contains {
            $0.contains("no A or AAAA record for www.example.org")
          }
        }
        for name in ["www", ""] { try await rehearsal.make("A", name, rehearsal.front(1)) }
        try await rehearsal.waitUntilSteady()
        #expect(try await rehearsal.status().names == Self.names)
        _ = try await rehearsal.fault("region-down", target: "us-east")
        let incident = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(incident.records.map(\.name) == Self.names)
        #expect(incident.records.allSatisfy { $0.committed && $0.recordId != nil })
        #expect(Set(incident.nameServers.compactMap(\.name)) == Set(Self.names))
        #expect(incident.nameServers.count == 9)
        #expect(incident.nameServers.allSatisfy { $0.answer == .new })
        let records = try await rehearsal.records()
        for name in ["app", "www", ""] {
          let mine = records.filter { $0.name == name && $0.type == "A" }
          #expect(mine.map(\.target) == [rehearsal.front(2)], "\(name): \(mine)")
          let mark = name.isEmpty ? "_signalbox" : "_signalbox.\(name)"
          #expect(records.filter { $0.name == mark }.count == 1, "\(mark)")
        }
      }
    }

    /// A NodeBalancer's label stands for its addresses, also while the API is away.
    @Test func addressesOfNodeBalancers() async throws {
      try await withRehearsal(manual()) { rehearsal in
        for site in rehearsal.sites {
          try edit(rehearsal) {
            $0.replacing(
              "addresses = [\"\(site.address)\"]", with: "nodebalancer = \"app-\(site.region)\"")
          }
        }
        await rehearsal.killCoordinator()
        try await rehearsal.startCoordinator()
        func shown() async throws -> [[String]] {
          try await rehearsal.status().regions.map(\.addresses)
        }
        let looked = try await shown()
        #expect(looked == (1...3).map { [rehearsal.front($0), "2001:db8::\($0)"] })

        // Away, forgetful, or not for this token any more: what was found last will do.
        for (kind, target) in [
          ("api-empty-list", "GET"), ("token-revoked", nil), ("api-5xx", "GET"),
        ] as [(String, String?)] {
          let trouble = try await rehearsal.fault(kind, target: target)
          await rehearsal.killCoordinator()
          try await rehearsal.startCoordinator()
          #expect(try await shown() == looked, "\(kind)")
          #expect(
            await rehearsal.logTail("coordinator", lines: 100).contains {
              $0.contains("their addresses of") && $0.contains("are used")
            })
          try await rehearsal.endFault(trouble)
        }

        let away = try await rehearsal.fault("api-5xx", target: "GET")
        await rehearsal.killCoordinator()
        Files.remove("\(rehearsal.directory)/state/nodebalancers.json")
        let file = "\(rehearsal.directory)/coordinator.toml"
        let blind = try await run(Built.program("signalbox-coordinator"), ["--config", file])
        #expect(blind.code == 2)
        #expect(blind.errors.contains("cannot be looked up"), "\(blind)")
        try await rehearsal.endFault(away)
        try edit(rehearsal) { $0.replacing("\"app-us-east\"", with: "\"app-eu-west\"") }
        let wrong = try await run(Built.program("signalbox-coordinator"), ["--config", file])
        #expect(wrong.code == 2)
        let words = "has no NodeBalancer \"app-eu-west\"; in us-east there is app-us-east"
        #expect(wrong.errors.contains(words), "\(wrong)")
      }
    }

    /// Who changed the record is told, where the token may read the account's events.
    @Test func aChangeIsNamed() async throws {
      try await withRehearsal(manual()) { rehearsal in
        try await rehearsal.putAddress("203.0.113.9")
        try await rehearsal.waitForStatus("not known who", within: patience) { service, _ in
          service.findings?.contains { $0.contains("events:read_only") } == true ? () : nil
        }
        try await rehearsal.restart(withToken: "sandbox-account-token")
        try await rehearsal.waitForStatus("named", within: patience) { service, _ in
          service.findings?.contains { $0.contains("dns_record_update by sandbox") } == true
            ? () : nil
        }
        #expect(try await rehearsal.events().contains { $0.kind == "changed-by" })
        #expect(try await rehearsal.status().at == "foreign")
      }
    }

    private func edit(_ rehearsal: Rehearsal, _ change: (String) -> String) throws {
      let path = "\(rehearsal.directory)/coordinator.toml"
      let text = String(decoding: try Files.read(path, maxBytes: 1 << 20), as: UTF8.self)
      let changed = change(text)
      #expect(changed != text)
      try Files.writeAtomically(Array(changed.utf8), to: path, mode: 0o600)
    }
  }
}

extension Rehearsal {
  /// Makes a record of the zone; an empty name is the zone itself.
  nonisolated func make(
    _ type: String, _ name: String, _ target: String
  ) async throws {
    struct New: Encodable {
      var type: String
      var name: String
      var target: String
      var ttl_sec = 30
    }
    try await send("POST", "", New(type: type, name: name, target: target))
  }
}
