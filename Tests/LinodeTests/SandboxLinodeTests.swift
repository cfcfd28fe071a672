import Linode
import Platform
import Sandbox
import Testing
import Wire

/// The client against the sandbox's API over real HTTP.
@Suite struct SandboxLinodeTests {
  func run(_ body: (Sandbox, LinodeClient, HTTPClient) async throws -> Void) async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(instances: 1, network: "any", nameServers: 0))
    let http = HTTPClient(userAgent: "signalbox-tests")
    let client = client(sandbox, http)
    do {
      try await body(sandbox, client, http)
    } catch {
      http.shutdown()
      await sandbox.stop()
      throw error
    }
    http.shutdown()
    await sandbox.stop()
  }

  func client(
    _ sandbox: Sandbox, _ http: HTTPClient, token: String = "sandbox-token",
    version: String = "v4"
  ) -> LinodeClient {
    LinodeClient(
      baseURL: "http://\(sandbox.topology.linode)/\(version)", token: Array(token.utf8),
      http: http, deadline: .seconds(5))
  }

  @Test func readsAndWrites() async throws {
    try await run { sandbox, client, http in
      let domains = try await client.domains()
      let domain = try #require(domains.value.first)
      #expect(domain.domain == "example.org")
      #expect(domain.status == "active")
      #expect(domains.rateLimit.limit == 200)
      #expect(domains.access.allows("domains", "read_write") == true)
      #expect(domains.access.granted.contains("domains:read_write"))

      let record = try #require(
        try await client.records(domain: domain.id).value.first { $0.type == "A" })
      let target = sandbox.topology.regions[1].balancer.address
      let changed = try await client.updateRecord(
        domain: domain.id, record: record.id, target: target)
      #expect(changed.value.target == target)
      #expect(changed.value.ttlSeconds == record.ttlSeconds, "nothing but the target changes")
      let made = try await client.createRecord(
        domain: domain.id, type: "TXT", name: "_signalbox.app", target: "signalbox x",
        ttlSeconds: 30)
      let beta = self.client(sandbox, http, version: "v4beta/")
      let after = try await beta.records(domain: domain.id).value
      #expect(after.first { $0.id == record.id }?.target == target)
      #expect(after.contains(made.value))
    }
  }

  @Test func moreThanOnePage() async throws {
    try await run { _, client, _ in
      let domain = try #require(try await client.domains().value.first)
      let before = try await client.records(domain: domain.id).value.count
      for number in 0..<520 {
        _ = try await client.createRecord(
          domain: domain.id, type: "TXT", name: "t\(number)", target: "x", ttlSeconds: 300)
      }
      let records = try await client.records(domain: domain.id).value
      #expect(records.count == before + 520)
      #expect(Set(records.map(\.id)).count == records.count)
    }
  }

  @Test func refusalsAreUnderstood() async throws {
    try await run { sandbox, client, http in
      let domain = try #require(try await client.domains().value.first)
      let wrong = await #expect(throws: LinodeError.self) {
        _ = try await self.client(sandbox, http, token: "not-the-token").domains()
      }
      #expect(wrong?.kind == .unauthorized)
      #expect(wrong?.reasons == ["Invalid Token"])
      let lost = await #expect(throws: LinodeError.self) {
        _ = try await client.records(domain: 1)
      }
      #expect(lost?.kind == .notFound)
      let record = try #require(
        try await client.records(domain: domain.id).value.first { $0.type == "A" })
      let nonsense = await #expect(throws: LinodeError.self) {
        _ = try await client.updateRecord(
          domain: domain.id, record: record.id, target: "2001:db8::1")
      }
      #expect(nonsense?.kind == .rejected)
      #expect(nonsense?.failure == .permanent)
    }
  }

  @Test(arguments: [
    (FaultKind.apiHTML, LinodeError.Kind.server), (.api5xx, .server), (.apiEmpty, .garbled),
    (.apiCutShort, .unreachable), (.apiAppliedThenTimeout, .unreachable),
    (.apiHang, .unreachable), (.api429, .throttled),
  ]) func troublesAreUnderstood(fault: FaultKind, kind: LinodeError.Kind) async throws {
    try await run { sandbox, client, _ in
      let domain = try #require(try await client.domains().value.first)
      let record = try #require(
        try await client.records(domain: domain.id).value.first { $0.type == "A" })
      try await sandbox.startFault(fault)
      let reading = await #expect(throws: LinodeError.self) { _ = try await client.domains() }
      #expect(reading?.kind == kind)
      #expect(reading?.failure == .transient)
      let writing = await #expect(throws: LinodeError.self) {
        _ = try await client.updateRecord(
          domain: domain.id, record: record.id, target: record.target)
      }
      #expect(writing?.kind == kind)
      #expect(writing?.failure == (fault == .api429 ? .transient : .outcomeUnknown))
      #expect(writing?.retryAfter == (fault == .api429 ? .seconds(1) : nil))
      await sandbox.endAllFaults()
      _ = try await client.domains()
    }
  }

  @Test func anApiThatIsNotThereIsTransient() async throws {
    let http = HTTPClient(userAgent: "signalbox-tests")
    defer { http.shutdown() }
    let client = LinodeClient(
      baseURL: "http://127.0.0.99:1/v4", token: Array("t".utf8), http: http)
    let error = await #expect(throws: LinodeError.self) {
      _ = try await client.updateRecord(domain: 1, record: 1, target: "127.0.0.1")
    }
    #expect(error?.kind == .unreachable)
    #expect(error?.failure == .transient, "nothing was sent")
  }
}
