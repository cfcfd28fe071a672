import Codec
import Platform
import Rehearsal
import Testing
import Wire

/// Each in a lane of its own.
@Suite(.lanes) struct ProcessTests {}

/// How long anything may take on a loaded machine before a test fails.
let patience = Duration.seconds(120)

/// Starts a deployment, runs the body on it when it is steady, and stops it whatever happens.
func withRehearsal(
  _ options: RehearsalOptions = RehearsalOptions(),
  _ body: @Sendable (Rehearsal) async throws -> Void
) async throws {
  let rehearsal = try Rehearsal.prepare(inLane(options))
  do {
    try await rehearsal.start()
    try await body(rehearsal)
  } catch {
    let tail = await rehearsal.logTail("coordinator", lines: 40)
    await rehearsal.stop()
    Issue.record("\(error)\n\(tail.joined(separator: "\n"))")
    throw error
  }
  let running = await rehearsal.processes()
  await rehearsal.stop()
  for (name, pid) in running {
    #expect(!Files.exists("/proc/\(pid)"), "\(name) (\(pid)) is still there")
  }
  #expect(!Files.exists(rehearsal.directory))
}

/// The same in the addresses of the running test.
func inLane(_ options: RehearsalOptions) -> RehearsalOptions {
  var options = options
  options.network = Lane.current.network
  return options
}

/// Options of a deployment that fails back only when told to.
func manual() -> RehearsalOptions {
  var options = RehearsalOptions()
  options.failback = "manual"
  return options
}

extension Rehearsal {
  /// Waits until a move has ended and DNS is proven to point at `region`.
  @discardableResult
  nonisolated func waitUntilServed(by region: String) async throws -> IncidentRecord {
    try await waitForStatus("served by \(region)", within: patience) { service, _ in
      guard service.active == region, service.incident == nil,
        let last = service.lastIncident, last.to == region, last.outcome == .converged
      else { return nil }
      return last
    }
  }

  /// Waits until a region has that verdict.
  nonisolated func waitUntil(_ region: String, is verdicts: String...) async throws {
    try await waitForStatus("\(region) is \(verdicts)", within: patience) { service, _ in
      service.regions.contains { $0.region == region && verdicts.contains($0.verdict) } ? () : nil
    }
  }

  /// Watches for `span` that nothing is moved: no incident, the same epoch, no PUT.
  nonisolated func expectNoMove(for span: Duration, active: String) async throws {
    let before = try await incidents().count
    let puts = try await addressWrites().count
    let end = Clocks.monotonic() + span
    while Clocks.monotonic() < end {
      let now = try await status()
      #expect(now.active == active)
      #expect(now.incident == nil)
      try await Task.sleep(for: .milliseconds(200))
    }
    #expect(try await incidents().count == before)
    #expect(try await addressWrites().count == puts)
  }

  /// The writes of address records that took effect at the API.
  nonisolated func addressWrites() async throws -> [SandboxRequest] {
    let marker = try await records().first { $0.type == "TXT" }?.id
    return try await apiRequests().filter { request in
      request.method == "PUT" && request.applied
        && !request.path.hasSuffix("/\(marker ?? -1)")
    }
  }

  /// The records of the zone, straight from the API.
  nonisolated func records() async throws -> [ZoneRecord] {
    let http = HTTPClient(userAgent: "signalbox-tests")
    defer { http.shutdown() }
    let base = "http://\(options.addresses.linode)/v4/domains"
    func get<T: Decodable>(_ type: T.Type, _ url: String) async throws -> T {
      let response = try await http.send(
        HTTPRequest(
          url: url,
          headers: [HTTPField("Authorization", "Bearer \(SandboxFacts.token)")]))
      return try JSON.decode(type, from: response.body, maxBytes: 1_048_576)
    }
    let zones = try await get(Page<Zone>.self, base).data
    guard let zone = zones.first(where: { SandboxFacts.name.hasSuffix($0.domain) }) else {
      return []
    }
    return try await get(Page<ZoneRecord>.self, "\(base)/\(zone.id)/records").data
  }

  /// The one A record of the service's name; an issue is recorded when there is another number.
  nonisolated func address() async throws -> String? {
    let found = try await records().filter { $0.type == "A" && $0.name == "app" }
    #expect(found.count == 1, "one A record, not \(found)")
    return found.first?.target
  }
}

struct Page<Entry: Decodable>: Decodable {
  var data: [Entry]
}

struct Zone: Decodable {
  var id: Int64
  var domain: String
}

struct ZoneRecord: Decodable, Sendable {
  var id: Int64
  var type: String
  var name: String
  var target: String
  var ttlSec: Int
}
