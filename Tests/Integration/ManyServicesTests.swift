import Codec
import FoundationEssentials
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// 300 services in 41 zones, and a name server that keeps silent; on release programs, as the
  /// fault walk, which it goes with (`make walk`).
  @Suite(.enabled(if: ProcessInfo.processInfo.environment["SIGNALBOX_WALK"] != nil))
  struct ManyServicesTests {
    private static let zones = 40
    private static let others = 299
    private static let agents = 3

    /// The times of the one that is moved; the others wait for long.
    private static var options: RehearsalOptions {
      var options = manual()
      options.instances = agents
      // As they are, but for what only waits: 300 services are work for a small machine.
      options.speed = .real
      options.extraServiceTOML = """
        failover_after = "5s"
        outside_confirm = "10s"
        min_up = "5s"
        lease = "off"
        """
      return options
    }

    private static func zone(_ number: Int) -> String { "zone\(number % zones).example.net" }
    private static func host(_ number: Int) -> String { "host\(number)" }

    /// Readings stay young, a failover takes no longer than with one service, and so does a stop.
    @Test func areReadAndMovedLikeOne() async throws {
      try await withRehearsal(Self.options) { rehearsal in
        let alone = try await failover(rehearsal, of: "us-east")
        try await rehearsal.endAllFaults()
        try await makeZones(rehearsal)
        try await addServices(rehearsal)
        try await poll("every service is read") {
          let services = try await rehearsal.coordinator.status().services
          return services.count == Self.others + 1 && services.allSatisfy { $0.at == "region" }
        }
        let silent = rehearsal.options.addresses.nameServer(2)
        _ = try await rehearsal.fault("ns-mute", target: String(silent.prefix { $0 != ":" }))
        let oldest = try await watchReadings(rehearsal, for: .seconds(65))
        let among = try await failover(rehearsal, of: "eu-central")
        let began = Clocks.monotonic()
        await rehearsal.killCoordinator(signal: 15)
        let stop = began.duration(to: Clocks.monotonic())
        print(
          "failover alone \(alone), among \(Self.others + 1) services \(among); oldest reading "
            + "\(oldest) ms; stop \(stop)")
        #expect(among < alone * 2 + .seconds(5), "\(among) after \(alone)")
        #expect(stop < .seconds(5), "a stop took \(stop)")
        try await rehearsal.startCoordinator()
      }
    }

    /// From the fault until the name servers agree.
    private func failover(
      _ rehearsal: Rehearsal, of region: String
    ) async throws -> Duration {
      let target = try await rehearsal.waitForStatus("ready", within: patience) { service, _ in
        service.regions.allSatisfy { $0.verdict == "healthy" }
          ? service.regions.first { $0.role == "next" }?.region : nil
      }
      let began = Clocks.wallMilliseconds()
      _ = try await rehearsal.fault("region-down", target: region)
      let incident = try await rehearsal.waitUntilServed(by: target)
      return .milliseconds((incident.stamps.convergedMs ?? .max / 2) - began)
    }

    /// The age of the oldest reading that was ever seen, in milliseconds.
    private func watchReadings(_ rehearsal: Rehearsal, for span: Duration) async throws -> Int {
      let end = Clocks.monotonic() + span
      var oldest = 0
      while Clocks.monotonic() < end {
        let services = try await rehearsal.coordinator.status().services
        for service in services { oldest = max(oldest, service.readMs ?? .max) }
        #expect(services.allSatisfy { $0.at == "region" })
        try await Task.sleep(for: .milliseconds(500))
      }
      // Six times as long as a single service's readings are apart.
      #expect(oldest < 60_000)
      return oldest
    }

    private func makeZones(_ rehearsal: Rehearsal) async throws {
      struct NewZone: Encodable {
        var domain: String
        var type = "master"
        var soa_email = "root@example.net"
      }
      struct Made: Decodable {
        var id: Int64
      }
      struct NewRecord: Encodable {
        var type = "A"
        var name: String
        var target: String
        var ttl_sec = 30
      }
      let http = HTTPClient(userAgent: "signalbox-tests")
      defer { http.shutdown() }
      func make(_ path: String, _ value: some Encodable & Sendable) async throws -> Int64 {
        let response = try await http.send(
          HTTPRequest(
            method: "POST", url: "http://\(rehearsal.options.addresses.linode)/v4/domains\(path)",
            headers: [
              HTTPField("Authorization", "Bearer \(SandboxFacts.token)"),
              HTTPField("Content-Type", "application/json"),
            ], body: try JSON.encode(value)))
        #expect(response.status == 200, "\(path): \(response.status)")
        let made = try JSON.decode(Made.self, from: response.body, maxBytes: 1 << 20)
        return made.id
      }
      let address = try #require(try await rehearsal.address())
      for zone in 0..<Self.zones {
        let id = try await make("", NewZone(domain: Self.zone(zone)))
        for number in stride(from: zone, to: Self.others, by: Self.zones) {
          _ = try await make("/\(id)/records", NewRecord(name: Self.host(number), target: address))
        }
      }
    }

    private func addServices(_ rehearsal: Rehearsal) async throws {
      let path = "\(rehearsal.directory)/coordinator.toml"
      var text = String(decoding: try Files.read(path, maxBytes: 1 << 20), as: UTF8.self)
      let regions = rehearsal.sites.map { "\"\($0.region)\"" }.joined(separator: ", ")
      for site in rehearsal.sites {
        for index in 1...Self.agents {
          let mine = (0..<Self.others).filter { $0 % Self.agents == index - 1 }.map { "\"x\($0)\"" }
          let table = "[agent.\(site.agent(index))]\n"
          #expect(text.contains(table))
          text = text.replacing(
            table, with: "\(table)services = [\"app\", \(mine.joined(separator: ", "))]\n")
        }
      }
      for number in 0..<Self.others {
        text += """

          [service.x\(number)]
          dns = ["\(Self.host(number)).\(Self.zone(number))"]
          table = "app"
          regions = [\(regions)]
          probe = "http://{name}:\(SandboxFacts.appPort)/health"
          probe_interval = "15s"
          fresh_for = "45s"
          failover_after = "1h"
          outside_confirm = "1h"
          lease = "off"

          """
      }
      try Files.writeAtomically(Array(text.utf8), to: path, mode: 0o600)
      let taken = try await run(
        Built.program("signalbox-coordinator"), ["reload", "--config", path])
      #expect(taken.code == 0, "\(taken)")
    }
  }
}
