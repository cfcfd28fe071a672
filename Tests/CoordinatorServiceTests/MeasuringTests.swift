import Codec
import CoordinatorCore
import Decision
import Platform
import Settings
import Store
import Synchronization
import Testing
import Wire

@testable import CoordinatorService

/// What the provider's account would answer, counted.
private final class CannedAccount: ReadinessProvider {
  struct State: Sendable {
    var zone = ZoneFacts(
      name: "app.example.org", id: 7, zone: "example.org", status: "active", defaultTTL: 300,
      records: [.init(id: 12, type: "A", target: "192.0.2.1", ttlSeconds: 30)])
    var failure: ProviderError?
    /// Whether the token sees the zone.
    var isSeen = true
    var calls: [String] = []
  }

  let state = Mutex(State())

  var now: State { state.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  private func asked(_ what: String) throws(ProviderError) -> State {
    let now = state.withLock { state in
      state.calls.append(what)
      return state
    }
    if let failure = now.failure { throw failure }
    return now
  }

  func account(_ names: [String]) async throws(ProviderError) -> AccountFacts {
    let now = try asked("account")
    return AccountFacts(
      token: TokenFacts(mayWriteDomains: true),
      zones: now.isSeen ? ["app.example.org": now.zone] : [:], seen: ["example.org"])
  }

  func balancers(
    at addresses: Set<String>
  ) async throws(ProviderError) -> [String: BalancerFacts] {
    _ = try asked("balancers")
    return [
      "192.0.2.1": BalancerFacts(
        id: 1, label: "lb",
        ports: [.init(id: 2, port: 443, protocolName: "https", check: "http", path: "/up")])
    ]
  }

  func grant(onZone id: Int64) async throws(ProviderError) -> String? {
    _ = try asked("grant")
    return "read_only"
  }

  func delegation(of zone: String) async throws(ProviderError) -> [String] {
    _ = try asked("delegation")
    return ["ns1.linode.com"]
  }

  func addresses(of hosts: [String]) async -> Set<String>? { nil }
}

extension Coordinator {
  /// As if everything had been measured so much earlier.
  fileprivate func age(by span: Duration) {
    func older<Value: Sendable>(
      _ taken: ReadinessBooks.Taken<Value>
    ) -> ReadinessBooks.Taken<Value> {
      ReadinessBooks.Taken(at: taken.at - span, result: taken.result)
    }
    books.account = books.account.map { older($0) }
    books.balancers = books.balancers.map { older($0) }
    books.grants = books.grants.mapValues { older($0) }
    books.delegations = books.delegations.mapValues { older($0) }
  }
}

/// How readiness is measured: slowly, never in a move, and what is kept of it.
@Suite struct MeasuringTests {
  private static func rig(
    _ account: CannedAccount, nameServers: String = ""
  ) throws -> CoordinatorRig {
    let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-state")
    return try CoordinatorRig(
      .init(
        top: "automation = \"automatic\"\nstate_directory = \"\(directory)\"\n\(nameServers)"),
      readiness: account
    ) { store in
      var memory = Memory()
      memory.active = "us-east"
      _ = try store.commit(
        Commit(service: "app", epoch: 0, memory: try JSON.encode(memory)))
    }
  }

  private static func end(_ rig: CoordinatorRig) async {
    let directory = await rig.coordinator.deployment.settings.stateDirectory
    await rig.end()
    Files.removeTree(directory)
  }

  private static func line(
    _ item: ReadinessItem, _ rig: CoordinatorRig
  ) async throws -> ReadinessLine {
    let document = try await rig.coordinator.check(nil)
    return try #require(document.services.first?.lines.first { $0.item == item.rawValue })
  }

  @Test func whatWasMeasuredIsJudged() async throws {
    let account = CannedAccount()
    let rig = try Self.rig(account)
    #expect(try await Self.line(.apiToken, rig).level == .unmeasured)
    await rig.coordinator.measureReadiness()
    #expect(try await Self.line(.apiToken, rig).level == .ok)
    #expect(try await Self.line(.records, rig).level == .ok)
    #expect(try await Self.line(.zoneTTL, rig).level == .ok)
    #expect(try await Self.line(.tokenWrites, rig).text.contains("grant: read_only"))
    #expect(try await Self.line(.balancers, rig).text.contains("192.0.2.2"), "not found there")
    #expect(try await Self.line(.delegation, rig).text.contains("not delegated to"))
    #expect(try await Self.line(.journal, rig).level == .ok)
    let status = await rig.coordinator.status()
    let summary = try #require(status.services.first?.readiness)
    #expect(summary.measured + summary.unmeasured == ReadinessItem.allCases.count)
    #expect(summary.worst == .problem)
    await Self.end(rig)
  }

  /// What changes seldom is asked for seldom.
  @Test func fewCalls() async throws {
    let account = CannedAccount()
    let rig = try Self.rig(account)
    for _ in 0..<ReadinessBooks.seldom { await rig.coordinator.measureReadiness() }
    let calls = account.now.calls
    #expect(calls.filter { $0 == "account" }.count == ReadinessBooks.seldom)
    for seldom in ["balancers", "grant"] {
      #expect(calls.filter { $0 == seldom }.count == 1, "\(seldom)")
    }
    // A zone that is sent elsewhere is told within a minute.
    #expect(calls.filter { $0 == "delegation" }.count == ReadinessBooks.seldom)
    #expect(await rig.coordinator.readinessInterval == .seconds(60))
    await Self.end(rig)
  }

  /// What was read long ago says nothing of now.
  @Test func whatIsOldIsNotMeasured() async throws {
    let account = CannedAccount()
    let rig = try Self.rig(account)
    await rig.coordinator.measureReadiness()
    await rig.coordinator.age(by: .seconds(120))
    #expect(try await Self.line(.apiToken, rig).level == .ok)
    #expect(try await Self.line(.records, rig).level == .ok)
    await rig.coordinator.age(by: .seconds(120))
    for item in [ReadinessItem.apiToken, .zone, .records, .ttl, .marker] {
      let line = try await Self.line(item, rig)
      #expect(line.level == .unmeasured, "\(line)")
    }
    #expect(try await Self.line(.records, rig).text.hasPrefix("last read "))
    // Read every fifth time, these may be older.
    #expect(try await Self.line(.balancers, rig).level == .warning)
    await rig.coordinator.age(by: .seconds(720))
    #expect(try await Self.line(.balancers, rig).text.hasPrefix("last read "))
    // Another round brings the account back, and with it the zone; not what is read seldom.
    await rig.coordinator.measureReadiness()
    #expect(try await Self.line(.records, rig).level == .ok)
    #expect(try await Self.line(.delegation, rig).text.contains("not delegated to"))
    let writes = try await Self.line(.tokenWrites, rig)
    #expect(writes.level == .unmeasured && writes.text.contains("last read "), "\(writes)")
    await Self.end(rig)
  }

  /// A zone that is not seen for once takes no known ids with it.
  @Test func knownIDsStay() async throws {
    let account = CannedAccount()
    let rig = try Self.rig(account)
    let directory = await rig.coordinator.deployment.settings.stateDirectory
    let file = Coordinator.cardFile(directory)
    await rig.coordinator.measureReadiness()
    account.change { $0.isSeen = false }
    await rig.coordinator.measureReadiness()
    #expect(try await Self.line(.zone, rig).level == .problem)
    let document = try await rig.coordinator.breakglass()
    #expect(document.services.first?.names.first?.records.map(\.id) == [12])
    let text = String(decoding: try Files.read(file, maxBytes: 1 << 20), as: UTF8.self)
    #expect(text.contains("/domains/7/records/12"))
    await Self.end(rig)
  }

  /// After a restart too: the card of before is better than one without ids.
  @Test func aCardWithoutIDsReplacesNone() async throws {
    let account = CannedAccount()
    account.change { $0.isSeen = false }
    let rig = try Self.rig(account)
    let directory = await rig.coordinator.deployment.settings.stateDirectory
    let file = Coordinator.cardFile(directory)
    try Files.writeAtomically(Array("of before".utf8), to: file, mode: 0o644)
    await rig.coordinator.measureReadiness()
    #expect(try Files.read(file, maxBytes: 1 << 20) == Array("of before".utf8))
    account.change { $0.isSeen = true }
    await rig.coordinator.measureReadiness()
    #expect(try Files.read(file, maxBytes: 1 << 20).count > 1000)
    await Self.end(rig)
  }

  @Test func theProviderIsLeftAloneWhenItAsks() async throws {
    let account = CannedAccount()
    account.change {
      $0.failure = ProviderError(
        .throttled, .transient, retryAfter: .seconds(600), description: "Linode: 429")
    }
    let rig = try Self.rig(account)
    for _ in 0..<3 { await rig.coordinator.measureReadiness() }
    #expect(account.now.calls == ["account"])
    let token = try await Self.line(.apiToken, rig)
    #expect(token.level == .problem && token.text.contains("429"))
    #expect(try await Self.line(.records, rig).level == .unmeasured)
    await Self.end(rig)
  }

  @Test func nothingIsMeasuredDuringAMove() async throws {
    let account = CannedAccount()
    let rig = try CoordinatorRig(
      .init(top: "automation = \"automatic\""), readiness: account
    ) { store in
      var memory = Memory()
      memory.active = "us-east"
      memory.epoch = 1
      memory.phase = .switching
      memory.intent = Intent(
        epoch: 1, errand: .emergency, from: "us-east", to: "eu-central", rule: .failOver)
      _ = try store.commit(
        Commit(service: "app", epoch: 1, memory: try JSON.encode(memory)))
    }
    await rig.coordinator.measureReadiness()
    #expect(account.now.calls.isEmpty)
    await rig.end()
  }

  @Test func nameServersByAddressTellNothingOfADelegation() async throws {
    let account = CannedAccount()
    let rig = try Self.rig(
      account, nameServers: "[dns]\nname_servers = [\"127.0.0.1:53\", \"[::1]:53\"]")
    await rig.coordinator.measureReadiness()
    #expect(!account.now.calls.contains("delegation"))
    #expect(try await Self.line(.delegation, rig).level == .unmeasured)
    await Self.end(rig)
  }

  @Test(arguments: [
    ("# by hand\nsearch example.org\nnameserver 127.0.0.53\noptions edns0\n", "127.0.0.53:53"),
    ("nameserver\nnameserver fe80::1%eth0\n\tnameserver  ::1 # ours\n", "[::1]:53"),
    ("", nil),
  ])
  func theSystemsResolver(text: String, server: String?) {
    #expect(LinodeReadiness.resolver(text)?.description == server)
  }

  // MARK: The card

  @Test func theCardIsKeptAndRefreshed() async throws {
    let account = CannedAccount()
    let rig = try Self.rig(account)
    let directory = await rig.coordinator.deployment.settings.stateDirectory
    let file = Coordinator.cardFile(directory)
    func text() throws -> String {
      String(decoding: try Files.read(file, maxBytes: 1 << 20), as: UTF8.self)
    }
    account.change {
      $0.failure = ProviderError(.unreachable, .transient, description: "Linode: no answer")
    }
    await rig.coordinator.measureReadiness()
    #expect(!Files.exists(file), "no card without the records' ids")
    account.change { $0.failure = nil }
    await rig.coordinator.measureReadiness()
    #expect(try text().contains("/domains/7/records/12"))
    #expect(try Files.mode(file) == 0o644)
    let first = await rig.coordinator.card.writtenMs
    await rig.coordinator.measureReadiness()
    #expect(await rig.coordinator.card.writtenMs == first, "nothing has changed")
    account.change { $0.zone.records[0].id = 99 }
    await rig.coordinator.measureReadiness()
    #expect(try text().contains("/domains/7/records/99"))
    // The API goes away: the card stays, and so does what is told.
    account.change {
      $0.failure = ProviderError(.unreachable, .transient, description: "Linode: no answer")
      $0.zone.records = []
    }
    await rig.coordinator.measureReadiness()
    #expect(try text().contains("/domains/7/records/99"))
    let document = try await rig.coordinator.breakglass("app")
    #expect(document.services.first?.names.first?.records.map(\.id) == [99])
    #expect(document.readMs != nil)
    let refusal = await #expect(throws: Refusal.self) {
      try await rig.coordinator.breakglass("shop")
    }
    #expect(refusal?.code == "unknown_service")
    await Self.end(rig)
  }
}
