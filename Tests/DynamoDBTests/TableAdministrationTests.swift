import Platform
import Sandbox
import Tables
import Testing
import Wire

@testable import DynamoDB

/// What an operator's verbs ask of DynamoDB, against the sandbox.
@Suite("Table administration against the sandbox", .serialized)
struct TableAdministrationTests {
  private static let patience = Duration.seconds(20)

  private func withClients(
    knowsLegacy: Bool = true, _ body: (Sandbox, [TableClient]) async throws -> Void
  ) async throws {
    var options = SandboxOptions(
      regions: ["us-east", "eu-central", "ap-south"], network: "any", nameServers: 0,
      tablePace: .milliseconds(400))
    options.knowsLegacyTables = knowsLegacy
    let sandbox = try await Sandbox.start(options)
    let (http, dns) = (HTTPClient(userAgent: "test"), DNSClient())
    let credentials = CredentialProvider(
      settings: CredentialSettings(environment: [
        "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
      ]), http: http)
    let clients = sandbox.topology.regions.compactMap { region in
      DynamoDB.Endpoint("http://\(region.dynamoDB)").map {
        TableClient(
          http: http, endpoint: $0, region: region.awsRegion, credentials: credentials,
          names: NameResolver(server: nil, dns: dns))
      }
    }
    do {
      try await body(sandbox, clients)
    } catch {
      Issue.record("\(error)")
    }
    await sandbox.stop()
    http.shutdown()
    dns.shutdown()
  }

  private func wait(
    _ client: TableClient, _ table: String = "new", until holds: (TableState?) -> Bool
  ) async throws -> TableState? {
    let end = Clocks.monotonic() + .seconds(60)
    while true {
      let state = try await client.state(table: table, deadline: Self.patience)
      if holds(state) || Clocks.monotonic() > end { return state }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  @Test func everyActionDoesWhatItSays() async throws {
    try await withClients { _, clients in
      let wish = TableWish(regions: ["us-east-1"], keys: [.init(name: "pk"), .init(name: "sk")])
      #expect(try await clients[0].state(table: "new", deadline: Self.patience) == nil)
      func change(_ action: TableAction) async throws {
        try await clients[0].change(action, table: "new", deadline: Self.patience)
      }
      try await change(.createTable(wish))
      let made = try #require(try await wait(clients[0]) { $0?.status == .active })
      var expected = TableState(keys: wish.keys)
      (expected.isProtected, expected.items, expected.bytes) = (true, 0, 0)
      #expect(made == expected)
      try await change(.addReplica("eu-central-1", at: "us-east-1"))
      let joined = try await wait(clients[1]) { state in
        state?.status == .active && state?.replica("us-east-1")?.status == .active
      }
      #expect(joined?.version == "2019.11.21" && joined?.stream == TableState.wholeStream)
      let seen = try await wait(clients[0]) { $0?.replica("eu-central-1")?.status == .active }
      #expect(seen?.replicas == [.init(region: "eu-central-1", status: .active)])
      #expect(
        try await clients[0].timeToLive(table: "new", deadline: Self.patience) == "off")
      _ = try await wait(clients[0]) { $0?.status == .active }
      try await change(.removeReplica("eu-central-1", at: "us-east-1"))
      let gone = try await wait(clients[1]) { $0 == nil }
      #expect(gone == nil)
      try await change(
        .makeStrong(["eu-central-1"], witness: "us-west-2", at: "us-east-1"))
      let strong = try await wait(clients[0]) { $0?.witness?.status == .active }
      #expect(strong?.isStrong == true && strong?.replicas.map(\.region) == ["eu-central-1"])
    }
  }

  @Test func refusalsAreOfTheirKind() async throws {
    try await withClients { sandbox, clients in
      func kind(_ action: TableAction, table: String = "app") async -> String {
        do {
          try await clients[0].change(action, table: table, deadline: .seconds(2))
          return "accepted"
        } catch { return "\(error.kind) \(error.failure)" }
      }
      let add = TableAction.addReplica("eu-central-1", at: "us-east-1")
      let remove = TableAction.removeReplica("eu-central-1", at: "us-east-1")
      #expect(await kind(add) == "validation permanent")
      #expect(await kind(add, table: "none") == "missingTable permanent")
      let limit = try await sandbox.startFault(.tableLimit)
      #expect(await kind(remove) == "tableBusy transient")
      await sandbox.endFault(limit)
      let denied = try await sandbox.startFault(.tableDenied, target: "eu-central")
      #expect(await kind(remove) == "permission permanent")
      await sandbox.endFault(denied)
      let silent = try await sandbox.startFault(.tableUnanswered)
      #expect(await kind(remove) == "timeout outcomeUnknown")
      await sandbox.endFault(silent)
      // It was done all the same.
      let seen = try await wait(clients[0], "app") { $0?.replica("eu-central-1") == nil }
      #expect(seen?.replica("eu-central-1") == nil)
    }
  }

  /// Newer regions know nothing of version 2017.11.29: a table is none of it there.
  @Test func aRegionThatKnowsNoOldVersionHasNoOldTables() async throws {
    try await withClients(knowsLegacy: false) { _, clients in
      let wish = TableWish(regions: ["us-east-1"], keys: [.init(name: "pk")])
      try await clients[0].change(.createTable(wish), table: "new", deadline: Self.patience)
      let made = try await wait(clients[0]) { $0?.status == .active }
      #expect(made?.isLegacy == false)
    }
  }

  @Test func onlyAnAnswerSaysThatATableIsOfNoOldVersion() {
    for (status, body, holds) in [
      (400, "ValidationException", true), (400, "AccessDeniedException", true),
      (400, "GlobalTableNotFoundException", true), (400, "UnknownOperationException", true),
      (500, "InternalServerError", false), (503, "ServiceUnavailable", false),
      (400, "ThrottlingException", false), (400, "ExpiredTokenException", false),
    ] {
      let error = DynamoDBError(
        status: status, body: Array(#"{"__type":"com.amazonaws#\#(body)"}"#.utf8),
        operation: "DescribeGlobalTable")
      #expect(error.isAnsweredForGood == holds, "\(body)")
    }
    for kind in [DynamoDBError.Kind.nameResolution, .hostNetwork, .network, .timeout, .tls] {
      #expect(!DynamoDBError(kind, .permanent, "").isAnsweredForGood, "\(kind)")
    }
  }

  @Test func keysThatWereRefusedAreLookedUpOnceMore() async {
    func calls(_ errors: [DynamoDBError]) async -> (count: Int, end: String) {
      let count = Counter()
      do throws(DynamoDBError) {
        try await TableClient.renewing { () async throws(DynamoDBError) in
          let index = await count.next()
          if index < errors.count { throw errors[index] }
        }
        return (await count.value, "done")
      } catch { return (await count.value, "\(error.kind)") }
    }
    let expired = DynamoDBError(.credentials, .transient, "ExpiredTokenException")
    #expect(await calls([]) == (1, "done"))
    #expect(await calls([expired]) == (2, "done"))
    #expect(await calls([expired, expired]) == (2, "credentials"))
    // None were found: that was looked up already.
    #expect(await calls([DynamoDBError(.credentials, .permanent, "")]) == (1, "credentials"))
    #expect(await calls([DynamoDBError(.permission, .permanent, "")]) == (1, "permission"))
  }

  private actor Counter {
    private(set) var value = 0
    func next() -> Int {
      value += 1
      return value - 1
    }
  }

  @Test func aLostKeyIsSeenWithItsTime() async throws {
    try await withClients { sandbox, clients in
      try await sandbox.startFault(.replicaKeyLost, target: "eu-central")
      let seen = try await wait(clients[0], "app") {
        $0?.replica("eu-central-1")?.status == .keyless
      }
      let since = try #require(seen?.replica("eu-central-1")?.inaccessible)
      #expect(abs(since - Double(Clocks.wallMilliseconds()) / 1000) < 120)
      await sandbox.endAllFaults()
      let well = try await wait(clients[0], "app") {
        $0?.replica("eu-central-1")?.status == .active
      }
      #expect(well?.replica("eu-central-1")?.inaccessible == nil)
    }
  }
}
