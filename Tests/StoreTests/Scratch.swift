import FoundationEssentials
import Store
import Testing
import Wire

/// A directory of its own for one test, removed with it.
final class Scratch {
  let directory: String
  var path: String { directory + "/coordinator.sqlite" }

  init() throws {
    let base = FileManager.default.temporaryDirectory.path
    directory = "\(base)/signalbox-store-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func open(bounds: StoreBounds = StoreBounds()) throws(StoreError) -> Store {
    try Store(path: path, newClusterID: "c1", bounds: bounds)
  }

  func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// The database and its log as they are on disk now: what a kill would leave.
  func copyAsKilled(to other: Scratch) throws {
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
      try other.write(read(path + suffix), to: other.path + suffix)
    }
  }
}

extension IncidentRecord {
  static func sample(
    _ service: String = "app", epoch: UInt64 = 1, outcome: IncidentOutcome = .open, id: Int64 = 0
  ) -> IncidentRecord {
    IncidentRecord(
      id: id, service: service, epoch: epoch, kind: .failover, from: "us-east", to: "eu-central",
      rule: 110, why: "failing for 30 s, “served” by nobody",
      evidence: ["us-east: 2 of 2 hosts bad"],
      records: [
        RecordChange(name: "app.example.org", type: "A", old: "127.0.1.1", new: "127.0.2.1")
      ],
      stamps: Stamps(firstBadMs: 1_000, confirmedMs: 31_000, intentMs: 31_005),
      outcome: outcome)
  }
}

extension EventRecord {
  static func sample(_ number: Int, service: String? = "app", incident: Int64? = nil)
    -> EventRecord
  {
    EventRecord(
      atMs: Int64(number), service: service, incident: incident, kind: "verdict",
      text: "event \(number)")
  }
}

/// Everything that a store gives, for comparing two of them.
struct Content: Equatable {
  var cluster: String
  var services: [StoredService]
  var open: [IncidentRecord]
  var incidents: [IncidentRecord]
  var ofService: [IncidentRecord]
  var events: [EventRecord]
  var eventsOfService: [EventRecord]
  var eventsOfIncident: [EventRecord]

  init(_ store: Store) throws(StoreError) {
    cluster = store.clusterID
    services = try store.services()
    open = try store.openIncidents()
    incidents = try store.incidents(service: nil, limit: 10_000)
    ofService = try store.incidents(service: "app", limit: 10_000)
    events = try store.events(service: nil, incident: nil, after: 0, limit: 10_000)
    eventsOfService = try store.events(service: "app", incident: nil, after: 0, limit: 10_000)
    eventsOfIncident = try store.events(service: nil, incident: 1, after: 0, limit: 10_000)
  }
}
