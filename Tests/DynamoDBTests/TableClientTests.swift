import Platform
import Sandbox
import Synchronization
import Testing
import Wire

@testable import DynamoDB

/// A sandbox with two regions, and clients for its tables.
private struct World {
  let sandbox: Sandbox
  let http = HTTPClient(userAgent: "test")
  let dns = DNSClient()

  init(nameServers: Int = 0) async throws {
    sandbox = try await Sandbox.start(
      SandboxOptions(
        regions: ["us-east", "eu-central"], instances: 1, network: "any", nameServers: nameServers,
        replicationLag: .milliseconds(20)))
  }

  func client(
    _ region: Int = 0, secret: String = "sandbox-secret", signedFor: String? = nil,
    byName: Bool = false
  ) throws -> TableClient {
    let place = sandbox.topology.regions[region]
    let host = byName ? "dynamodb.\(place.awsRegion).sandbox.test" : place.dynamoDB.address
    let url = "http://\(host):\(place.dynamoDB.port)"
    let parsed = DynamoDB.Endpoint(url)
    let endpoint = try #require(parsed)
    let server = try sandbox.topology.nameServers.first.map { try DNSServer("\($0)") }
    return TableClient(
      http: http, endpoint: endpoint, region: signedFor ?? place.awsRegion,
      credentials: CredentialProvider(
        settings: CredentialSettings(environment: [
          "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": secret,
        ]), http: http),
      names: NameResolver(server: byName ? server : nil, dns: dns))
  }

  func end() async {
    await sandbox.stop()
    http.shutdown()
    dns.shutdown()
  }
}

private let patience = Duration.seconds(20)

@Suite("Table client against the sandbox", .serialized)
struct TableClientTests {
  @Test("Put, get, query and describe, in both tables; replicated to the other region")
  func calls() async throws {
    let world = try await World()
    let client = try world.client()
    for (table, keys) in [
      ("app", TableKeys(hash: "pk", range: "sk")), ("my-app-data", TableKeys(hash: "id")),
    ] {
      let description = try await client.describe(table: table, deadline: patience)
      #expect(description.keys == keys)
      #expect(description.unsuitableKeys.isEmpty)
      #expect(description.replicas.map(\.region) == ["eu-central-1"])
      #expect(description.consistency == .eventual)
      let beat = HeartbeatItem(
        region: "us-east", agent: "a1", boot: "b1", sequence: 1, writtenMs: 12, periodMs: 2000)
      let key = keys.key("hb#us-east", "a1")
      #expect(try await client.get(key, table: table, consistent: true, deadline: patience) == nil)
      try await client.put(beat.item(keys: keys), table: table, deadline: patience)
      let found = try #require(
        try await client.get(key, table: table, consistent: true, deadline: patience))
      #expect(HeartbeatItem(found, region: "us-east") == beat)
      let items = try await client.query(
        keys.hash, equals: "hb#us-east", table: table, consistent: true, deadline: patience)
      #expect(items == [found])
      let other = try world.client(1)
      let until = Clocks.bootTime() + patience
      var seen: Item?
      while seen == nil, Clocks.bootTime() < until {
        seen = try await other.get(key, table: table, consistent: true, deadline: patience)
      }
      #expect(seen == found)
    }
    await world.end()
  }

  @Test("Refusals come back as their class")
  func refusals() async throws {
    let world = try await World()
    func kind(
      _ client: TableClient, table: String = "app",
      key: Item = ["pk": .string("p"), "sk": .string("s")]
    ) async -> DynamoDBError.Kind? {
      do {
        _ = try await client.get(key, table: table, consistent: true, deadline: patience)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(await kind(try world.client()) == nil)
    #expect(await kind(try world.client(), table: "none") == .missingTable)
    #expect(await kind(try world.client(secret: "wrong")) == .signature)
    #expect(await kind(try world.client(), key: ["pk": .string("p")]) == .validation)
    let signedFor = await kind(try world.client(signedFor: "us-west-2"))
    #expect(signedFor == .signature || signedFor == .credentials)
    try await world.sandbox.startFault(.regionDown, target: "us-east")
    #expect(await kind(try world.client()) == .network)
    await world.end()
  }

  @Test("A name that vanishes is seen at once, and at once again when it is back")
  func names() async throws {
    let world = try await World(nameServers: 1)
    let client = try world.client(byName: true)
    let key: Item = ["pk": .string("p"), "sk": .string("s")]
    func kind() async -> DynamoDBError.Kind? {
      do {
        _ = try await client.get(key, table: "app", consistent: true, deadline: patience)
        return nil
      } catch {
        return error.kind
      }
    }
    // The name servers take a moment to publish.
    func becomes(_ wanted: DynamoDBError.Kind?) async -> Bool {
      let until = Clocks.bootTime() + patience
      while Clocks.bootTime() < until {
        if await kind() == wanted { return true }
        try? await Task.sleep(for: .milliseconds(20))
      }
      return false
    }
    #expect(await kind() == nil)
    let fault = try await world.sandbox.startFault(.dynamoDBDNS, target: "us-east")
    #expect(await becomes(.nameResolution))
    await world.sandbox.endFault(fault)
    #expect(await becomes(nil))
    await world.end()
  }
}

@Suite("One retry")
struct AttemptingTests {
  private func count(
    _ kinds: [DynamoDBError.Kind?]
  ) async -> (attempts: Int, error: DynamoDBError.Kind?) {
    let tries = Tries(kinds)
    do {
      try await TableClient.attempting(deadline: .seconds(60)) { _ throws(DynamoDBError) in
        try tries.next()
      }
      return (tries.count, nil)
    } catch {
      return (tries.count, error.kind)
    }
  }

  @Test("One more attempt for what may pass, none for what does not")
  func attempts() async {
    #expect(await count([nil]) == (1, nil))
    #expect(await count([.serverError, nil]) == (2, nil))
    #expect(await count([.timeout, .network, nil]) == (2, .network))
    #expect(await count([.throttled, nil]) == (1, .throttled))
    #expect(await count([.permission, nil]) == (1, .permission))
    #expect(await count([.nameResolution, nil]) == (1, .nameResolution))
  }
}

private final class Tries: Sendable {
  private let left: Mutex<[DynamoDBError.Kind?]>
  private let total: Int

  init(_ kinds: [DynamoDBError.Kind?]) {
    left = Mutex(kinds)
    total = kinds.count
  }

  var count: Int { left.withLock { total - $0.count } }

  func next() throws(DynamoDBError) {
    let kind = left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    if let kind { throw DynamoDBError(kind, .transient, "test") }
  }
}
