import FoundationEssentials
import Linode
import Platform
import Sandbox
import Wire

@testable import CoordinatorCore
@testable import DNS

/// A sandbox with a zone in which much belongs to others, and what a story does in it.
struct FaultWorld {
  /// A record as the API tells it, all of it.
  struct Stored: Hashable, Decodable, Sendable {
    var id: Int64
    var type: String
    var name: String
    var target: String
    var priority: Int
    var weight: Int
    var port: Int
    var service: String?
    var `protocol`: String?
    var ttl_sec: Int
    var tag: String?
    var created: String
    var updated: String
  }

  private struct Page: Decodable {
    var data: [Stored]
  }

  let sandbox: Sandbox
  let http: HTTPClient
  let domain: Int64
  /// The zone at the beginning.
  let before: [Stored]
  /// The last request of the setting up.
  let since: Int

  static let name = "app.example.org"
  static let firstEpoch: UInt64 = 7
  static let regions = ["us-east", "eu-central", "ap-south"]
  static let aaaa = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]

  /// By region.
  static func desired(_ region: Int, _ sandbox: Sandbox) -> [String: String] {
    let first = sandbox.topology.regions[0].balancer.address
    return ["A": [first, "192.0.2.2", "192.0.2.3"][region], "AAAA": aaaa[region]]
  }

  func desired(_ region: Int) -> [String: String] { Self.desired(region, sandbox) }

  static func marker(_ epoch: UInt64, _ incarnation: String, _ region: Int) -> Marker {
    Marker(cluster: "c1", incarnation: incarnation, epoch: epoch, active: regions[region])
  }

  /// Every plan of the matrix.
  func plan(to region: Int, from: Int?, epoch: UInt64, incarnation: String) -> MovePlan {
    let previous: [String: String?] = from.map { desired($0).mapValues { $0 } } ?? [:]
    return MovePlan(
      name: Self.name, desired: desired(region), previous: previous,
      configured: Set((0..<3).flatMap { desired($0).values }),
      marker: Self.marker(epoch, incarnation, region))
  }

  /// What is missing, made where the first region is.
  func create(by process: FaultProcess) async -> CreationResult {
    let places = (0..<3).map {
      CreationPlan.Place(id: Self.regions[$0], addresses: desired($0))
    }
    let plan = CreationPlan(
      names: [Self.name], places: places, active: nil, ttlSeconds: Self.ttl,
      marker: Self.marker(Self.firstEpoch, process.incarnation, 0),
      asked: process.ledger.now.asked)
    let watch = FaultWatch(process: process, work: .creation)
    return await WriteDriver(process, deadline: Self.deadline, observer: watch)
      .run(RecordCreation(plan, rereadAfter: Self.rereadAfter))
  }

  /// Of the records that are made.
  static let ttl = 120

  func perform(
    _ plan: MovePlan, by process: FaultProcess
  ) async -> MoveResult {
    let pace = MovePace(
      writeDeadline: Self.deadline, rereadAfter: Self.rereadAfter, retryBase: .milliseconds(5),
      retryLimit: .milliseconds(50))
    return await WriteDriver(
      process, deadline: Self.deadline,
      observer: FaultWatch(process: process, work: .move(epoch: plan.marker.epoch)),
      sleep: { try await process.sleep($0) }, jitter: { 0 }
    ).run(RecordMove(plan, pace: pace))
  }

  /// Between two readings that have to agree.
  static let rereadAfter = Duration.milliseconds(20)

  /// What a client waits for an answer.
  static let deadline = Duration.milliseconds(700)

  /// Plays one story on a sandbox of its own.
  static func run(
    _ operation: FaultOperation, _ body: (FaultWorld) async throws -> Void
  ) async throws {
    let options = SandboxOptions(
      regions: ["us-east"], instances: 1, network: "any", nameServers: 0)
    try await Sandbox.withClient(options) { sandbox, http in
      try await body(try await setUp(operation, sandbox, http))
    }
  }

  private static func setUp(
    _ operation: FaultOperation, _ sandbox: Sandbox, _ http: HTTPClient
  ) async throws -> FaultWorld {
    let client = client(sandbox, http, deadline: .seconds(60))
    let domain = try await client.domains().value[0].id
    let (old, new) = (desired(0, sandbox), desired(1, sandbox))
    var wanted = [
      ("TXT", "app", "signalbox cluster=zz incarnation=1 epoch=99 active=nowhere"),
      ("MX", "app", "mail.example.net"), ("A", "app2", old["A"] ?? ""),
      ("A", "_signalbox.app", "192.0.2.9"),
      ("TXT", "_signalbox.app2", "signalbox cluster=c2 incarnation=2 epoch=9 active=us-east"),
    ]
    switch operation {
    case .move, .supersede:
      wanted.append(("TXT", "_signalbox.app", "\(marker(firstEpoch - 1, "p0", 0))"))
    case .finish: wanted.append(("TXT", "_signalbox.app", "\(marker(firstEpoch, "p0", 1))"))
    case .rewrite: wanted.append(("TXT", "_signalbox.app", "\(marker(firstEpoch - 1, "p0", 1))"))
    case .firstMove, .claim, .create: break
    }
    for (type, name, target) in wanted {
      _ = try await client.createRecord(
        domain: domain, type: type, name: name, target: target, ttlSeconds: 300)
    }
    if operation == .finish, let target = new["A"] {
      let records = try await client.records(domain: domain).value
      for record in records where record.type == "A" && record.name == "app" {
        _ = try await client.updateRecord(domain: domain, record: record.id, target: target)
      }
    }
    if operation == .create {
      for record in mine(try await stored(domain, sandbox, http)) {
        _ = try await http.send(
          HTTPRequest(
            method: "DELETE",
            url: "http://\(sandbox.topology.linode)/v4/domains/\(domain)/records/\(record.id)",
            headers: [HTTPField("Authorization", "Bearer sandbox-token")], deadline: .seconds(60)))
      }
    }
    let before = try await stored(domain, sandbox, http)
    return FaultWorld(
      sandbox: sandbox, http: http, domain: domain, before: before,
      since: await sandbox.seenRequests().last?.number ?? 0)
  }

  private static func client(
    _ sandbox: Sandbox, _ http: HTTPClient, deadline: Duration
  ) -> LinodeClient {
    LinodeClient(
      baseURL: "http://\(sandbox.topology.linode)/v4", token: Array("sandbox-token".utf8),
      http: http, deadline: deadline)
  }

  private static func stored(
    _ domain: Int64, _ sandbox: Sandbox, _ http: HTTPClient
  ) async throws -> [Stored] {
    let response = try await http.send(
      HTTPRequest(
        method: "GET",
        url: "http://\(sandbox.topology.linode)/v4/domains/\(domain)/records?page_size=500",
        headers: [HTTPField("Authorization", "Bearer sandbox-token")], deadline: .seconds(60)))
    return try JSONDecoder().decode(Page.self, from: Data(response.body)).data
  }

  /// The zone as it is.
  func stored() async throws -> [Stored] { try await Self.stored(domain, sandbox, http) }

  /// A provider as a process makes it for itself.
  func provider(deadline: Duration = deadline) -> LinodeProvider {
    LinodeProvider(Self.client(sandbox, http, deadline: deadline))
  }

  /// The address records of the service among them.
  static func mine(_ records: [Stored]) -> [Stored] {
    records.filter { $0.name == "app" && ["A", "AAAA"].contains($0.type) }
  }

  static func markers(_ records: [Stored]) -> [Stored] {
    records.filter { $0.name == "_signalbox.app" && $0.type == "TXT" }
  }

  static func foreign(_ records: [Stored]) -> Set<Stored> {
    Set(records).subtracting(mine(records)).subtracting(markers(records))
  }
}

extension Sandbox {
  /// One for `body`, with a client for its APIs.
  static func withClient(
    _ options: SandboxOptions, _ body: (Sandbox, HTTPClient) async throws -> Void
  ) async throws {
    let sandbox = try await inOwnNetwork(options)
    let http = HTTPClient(userAgent: "signalbox-tests")
    do {
      try await body(sandbox, http)
    } catch {
      http.shutdown()
      await sandbox.stop()
      throw error
    }
    http.shutdown()
    await sandbox.stop()
  }

  /// In a network of its own, which another may just be leaving.
  private static func inOwnNetwork(_ options: SandboxOptions) async throws -> Sandbox {
    for _ in 1..<10 {
      if let sandbox = try? await Sandbox.start(options) { return sandbox }
    }
    return try await Sandbox.start(options)
  }
}
