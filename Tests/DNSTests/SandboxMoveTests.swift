import Linode
import Platform
import Sandbox
import Synchronization
import Testing
import Wire

@testable import CoordinatorCore
@testable import DNS

/// A sandbox on a network of its own, a client of its API, and a move in it.
struct Playground {
  let sandbox: Sandbox
  let http = HTTPClient(userAgent: "signalbox-tests")
  static let name = "app.example.org"

  static func run(
    nameServers: Int = 0, publishDelay: Duration = .milliseconds(200),
    _ body: (Playground) async throws -> Void
  ) async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(
        instances: 1, network: "any", nameServers: nameServers, publishDelay: publishDelay))
    let playground = Playground(sandbox: sandbox)
    do {
      try await body(playground)
    } catch {
      playground.http.shutdown()
      await sandbox.stop()
      throw error
    }
    playground.http.shutdown()
    await sandbox.stop()
  }

  var addresses: [String] { sandbox.topology.regions.map(\.balancer.address) }

  func client(token: String = "sandbox-token") -> LinodeClient {
    LinodeClient(
      baseURL: "http://\(sandbox.topology.linode)/v4", token: Array(token.utf8), http: http,
      deadline: .seconds(2))
  }

  func move(
    to region: Int, epoch: UInt64 = 1, name: String = name, token: String = "sandbox-token",
    observer: any WriteObserver = Notebook()
  ) async -> MoveResult {
    let plan = MovePlan(
      name: name, desired: ["A": addresses[region]], configured: Set(addresses),
      marker: Marker(
        cluster: "c1", incarnation: "beef", epoch: epoch,
        active: sandbox.topology.regions[region].id))
    return await perform(plan, token: token, observer: observer)
  }

  func perform(
    _ plan: MovePlan, token: String = "sandbox-token", observer: any WriteObserver = Notebook()
  ) async -> MoveResult {
    let pace = MovePace(
      writeDeadline: .seconds(1), rereadAfter: .milliseconds(100), retryBase: .milliseconds(50),
      retryLimit: .milliseconds(400))
    return await WriteDriver(
      LinodeProvider(client(token: token)), deadline: pace.writeDeadline, observer: observer
    ).run(RecordMove(plan, pace: pace))
  }

  func records() async throws -> [ProviderRecord] {
    try await LinodeProvider(client()).records(of: Self.name)
  }

  func requests(_ method: String, after: Int = 0) async -> [SeenRequest] {
    await sandbox.seenRequests(after: after).filter { $0.method == method }
  }
}

@Suite struct SandboxMoveTests {
  @Test func aMoveIsOnePostAndOnePut() async throws {
    try await Playground.run { playground in
      #expect(await playground.move(to: 1) == .committed)
      let records = try await playground.records()
      #expect(records.filter { $0.type == "A" }.map(\.target) == [playground.addresses[1]])
      #expect(records.filter { $0.type == "A" }.map(\.ttlSeconds) == [30])
      let text = "signalbox cluster=c1 incarnation=beef epoch=1 active=eu-central"
      #expect(records.filter { $0.type == "TXT" }.map(\.target) == [text])
      #expect(await playground.requests("POST").count == 1)
      #expect(await playground.requests("PUT").count == 1)
      // The next move writes over the marker; a stale one is turned away by it.
      #expect(await playground.move(to: 2, epoch: 2) == .committed)
      #expect(await playground.requests("POST").count == 1)
      #expect(await playground.requests("PUT").count == 3)
      guard case .conflict(let conflicts) = await playground.move(to: 0, epoch: 1) else {
        Issue.record("the stale epoch was not refused")
        return
      }
      #expect(conflicts.map(\.marker?.epoch) == [2])
      #expect(await playground.requests("PUT").count == 3)
      // Done already: no call but the reads.
      #expect(await playground.move(to: 2, epoch: 2) == .committed)
      #expect(await playground.requests("PUT").count == 3)
    }
  }

  /// The address PUT meets the fault once; the PUTs that are seen are those that had to be.
  @Test(arguments: [
    (FaultKind.apiAppliedThenTimeout, 1), (.apiEmpty, 1), (.apiCutShort, 1),
    (.apiHang, 2), (.apiHTML, 2), (.api5xx, 2), (.api429, 2),
  ]) func aTroubledWriteIsMadeOnce(fault: FaultKind, puts: Int) async throws {
    try await Playground.run { playground in
      try await playground.sandbox.startFault(fault, target: "PUT", count: 1)
      let notebook = Notebook()
      #expect(await playground.move(to: 1, observer: notebook) == .committed)
      let records = try await playground.records()
      #expect(records.filter { $0.type == "A" }.map(\.target) == [playground.addresses[1]])
      let seen = await playground.requests("PUT")
      #expect(seen.count == puts, "\(notebook.words)")
      #expect(seen.filter(\.isApplied).count == 1)
      #expect(notebook.words.contains("ambiguous A") == (fault != .api429))
    }
  }

  /// Lists that are broken three times: nothing is written until one is whole.
  @Test(arguments: [
    FaultKind.apiHTML, .apiEmpty, .apiEmptyList, .apiCutShort, .api5xx, .api429, .apiHang,
  ]) func aTroubledReadIsWaitedOut(fault: FaultKind) async throws {
    try await Playground.run { playground in
      try await playground.sandbox.startFault(
        fault, target: "GET", count: fault == .apiHang ? 1 : 3)
      let notebook = Notebook()
      #expect(await playground.move(to: 1, observer: notebook) == .committed)
      #expect(notebook.words.contains { $0.hasPrefix("waiting") })
      let all = await playground.sandbox.seenRequests()
      let firstWrite = all.firstIndex { $0.method != "GET" } ?? 0
      #expect(all[..<firstWrite].filter { $0.fault == fault }.count == (fault == .apiHang ? 1 : 3))
      #expect(await playground.requests("PUT").count == 1)
    }
  }

  /// The claim of the marker fails in each way: the move goes on, and there is one marker at most.
  @Test(arguments: [
    FaultKind.apiAppliedThenTimeout, .apiEmpty, .apiCutShort, .apiHang, .apiHTML, .api5xx, .api429,
  ]) func aTroubledMarkerNeverBlocks(fault: FaultKind) async throws {
    try await Playground.run { playground in
      try await playground.sandbox.startFault(fault, target: "POST", count: 1)
      #expect(await playground.move(to: 1) == .committed)
      #expect(await playground.requests("POST").count == 1)
      let records = try await playground.records()
      #expect(records.filter { $0.type == "TXT" }.count <= 1)
      #expect(records.filter { $0.type == "A" }.map(\.target) == [playground.addresses[1]])
    }
  }

  @Test func aRefusedTokenRefusesTheMove() async throws {
    try await Playground.run { playground in
      for token in ["sandbox-token", "wrong-token"] {
        let fault =
          token == "sandbox-token" ? try await playground.sandbox.startFault(.tokenRevoked) : nil
        guard case .refused(let error) = await playground.move(to: 1, token: token) else {
          Issue.record("\(token) was accepted")
          return
        }
        #expect(error.kind == .unauthorized)
        #expect(error.failure == .permanent)
        #expect(!error.description.contains(token))
        if let fault { await playground.sandbox.endFault(fault) }
      }
      #expect(await playground.requests("PUT").isEmpty)
    }
  }

  @Test func namesWithoutZoneOrRecordAreTold() async throws {
    try await Playground.run { playground in
      for (name, kind) in [
        ("app.example.net", ProviderError.Kind.noZone), ("nothere.example.org", .noRecord),
        ("example.org", .noRecord), ("badexample.org", .noZone),
      ] {
        guard case .refused(let error) = await playground.move(to: 1, name: name) else {
          Issue.record("\(name) was moved")
          continue
        }
        #expect(error.kind == kind, "\(name): \(error)")
      }
    }
  }

  @Test func aSecondRecordAtTheNameIsRefused() async throws {
    try await Playground.run { playground in
      let domain = try #require(try await playground.client().domains().value.first)
      _ = try await playground.client().createRecord(
        domain: domain.id, type: "A", name: "app", target: playground.addresses[2],
        ttlSeconds: 30)
      guard case .refused(let error) = await playground.move(to: 1) else {
        Issue.record("it was moved")
        return
      }
      #expect(error.description.contains("has 2 A records"))
      #expect(await playground.requests("PUT").isEmpty)
    }
  }

  @Test func anApiThatIsAwayIsWaitedForAndCancelled() async throws {
    try await Playground.run { playground in
      try await playground.sandbox.startFault(.apiHTML)
      let notebook = Notebook()
      let task = Task { await playground.move(to: 1, observer: notebook) }
      let end = Clocks.monotonic().advanced(by: .seconds(60))
      while notebook.now.steps.count < 3, Clocks.monotonic() < end {
        try await Task.sleep(for: .milliseconds(20))
      }
      task.cancel()
      #expect(await task.value == .stopped("cancelled"))
      #expect(await playground.requests("PUT").isEmpty)
    }
  }
}
