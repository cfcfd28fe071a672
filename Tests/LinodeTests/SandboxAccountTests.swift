import Linode
import Platform
import Sandbox
import Testing

/// Accounts, tokens and budgets against the sandbox's API over real HTTP.
extension SandboxLinodeTests {
  private func client(
    _ sandbox: Sandbox, _ http: HTTPClient, tokens: LinodeTokens, budget: LinodeBudget? = nil
  ) -> LinodeClient {
    LinodeClient(
      baseURL: "http://\(sandbox.topology.linode)/v4", tokens: tokens, http: http, budget: budget,
      deadline: .seconds(5))
  }

  private func tokens(_ first: String, _ spare: String? = nil) -> LinodeTokens {
    guard let spare else { return LinodeTokens({ Array(first.utf8) }) }
    return LinodeTokens({ Array(first.utf8) }, spare: { Array(spare.utf8) })
  }

  /// What the API tells with a delay, as soon as it does; what is there after a minute.
  private func eventually<Value: Sendable>(
    _ isThere: (Value) -> Bool, _ read: () async throws -> Value
  ) async throws -> Value {
    let deadline = Clocks.bootTime() + .seconds(300)
    while true {
      let value = try await read()
      if isThere(value) || Clocks.bootTime() > deadline { return value }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  @Test func balancersAndRegions() async throws {
    try await run { sandbox, client, _ in
      let balancers = try await client.nodeBalancers().value
      #expect(balancers.map(\.region) == sandbox.topology.regions.map(\.id))
      #expect(balancers.map(\.label) == sandbox.topology.regions.map { "app-\($0.id)" })
      #expect(balancers.map(\.ipv4) == sandbox.topology.regions.map(\.balancer.address))
      #expect(balancers.allSatisfy { $0.ipv6 != nil && $0.hostname != nil })
      let first = try #require(balancers.first)
      let configs = try await client.balancerConfigs(of: first.id).value
      let config = try #require(configs.first)
      #expect(config.hasActiveCheck)
      #expect(config.checkPath == "/up")
      #expect(config.checkIntervalSeconds == 5)
      let nodes = try await client.balancerNodes(of: first.id, config: config.id).value
      #expect(
        nodes.map(\.label) == sandbox.topology.regions.first?.instances.map(\.id))
      #expect(nodes.map(\.mode) == ["accept"])
      let regions = try await client.regions().value
      #expect(Set(sandbox.topology.regions.map(\.id)).isSubset(of: regions.map(\.id)))
      #expect(regions.contains { $0.offersNodeBalancers && $0.status == "ok" })
      let lost = await #expect(throws: LinodeError.self) {
        _ = try await client.balancerConfigs(of: 1)
      }
      #expect(lost?.kind == .notFound)
    }
  }

  @Test func eventsNameWhoChangedARecord() async throws {
    try await run { sandbox, client, http in
      let auditor = self.client(sandbox, http, token: "sandbox-account-token")
      let domain = try #require(try await client.domains().value.first)
      let records = try await client.records(domain: domain.id).value
      let record = try #require(records.first { $0.type == "A" })
      let updates = ["dns_record_update"]
      let before = try await auditor.events(of: domain.id, actions: updates).value.first?.id
      let target = sandbox.topology.regions[1].balancer.address
      _ = try await client.updateRecord(domain: domain.id, record: record.id, target: target)
      let events = try await eventually({ !$0.isEmpty }) {
        try await auditor.events(of: domain.id, actions: updates, newerThan: before).value
      }
      #expect(events.map(\.action) == updates)
      let event = try #require(events.first)
      #expect(event.username != nil)
      #expect(event.entityID == domain.id)
      #expect(event.entityType == "domain")
      #expect(event.entityLabel == "example.org")
      #expect(LinodeTime.unixSeconds(event.created) != nil)
      #expect(try await auditor.events(of: domain.id, newerThan: event.id).value.isEmpty)
      #expect(try await auditor.events(of: 1).value.isEmpty)

      for seconds in [120, 300, 30] {
        _ = try await client.updateRecord(
          domain: domain.id, record: record.id, ttlSeconds: seconds)
      }
      let newest = try await eventually({ $0.first?.id ?? 0 > event.id + 1 }) {
        try await auditor.events(of: domain.id, limit: 2).value
      }
      #expect(newest.count == 2)
      #expect(newest.allSatisfy { $0.id > event.id })
      #expect(newest.map(\.id) == newest.map(\.id).sorted(by: >))
      let after = try await client.records(domain: domain.id).value.first { $0.id == record.id }
      #expect(after?.ttlSeconds == 30)
      #expect(after?.target == target, "nothing but the time changed")
      #expect(after?.updated.flatMap(LinodeTime.unixSeconds) != nil)
      let refused = await #expect(throws: LinodeError.self) { _ = try await client.events() }
      #expect(refused?.kind == .scopeMissing)
    }
  }

  @Test func usersAndZones() async throws {
    try await run { sandbox, client, http in
      let auditor = self.client(sandbox, http, token: "sandbox-account-token")
      let profile = try await auditor.profile().value
      #expect(!profile.username.isEmpty)
      #expect(!profile.isRestricted)
      #expect(try await auditor.grants().value == nil)
      let domain = try #require(try await client.domains().value.first)
      #expect(domain.type == "master")
      #expect(domain.soaEmail == "admin@example.org")
      let lines = try await eventually({ !$0.isEmpty }) {
        try await client.zoneFile(of: domain.id).value
      }
      let address = sandbox.topology.regions[0].balancer.address
      #expect(lines.contains { $0.contains("app") && $0.contains(address) }, "\(lines)")
    }
  }

  @Test func theSpareWritesWhenTheTokenIsTooNarrow() async throws {
    try await run { sandbox, client, http in
      let domain = try #require(try await client.domains().value.first)
      let records = try await client.records(domain: domain.id).value
      let record = try #require(records.first { $0.type == "A" })
      let target = sandbox.topology.regions[1].balancer.address
      let two = self.client(
        sandbox, http, tokens: self.tokens("sandbox-read-token", "sandbox-token"))
      _ = try await two.records(domain: domain.id)
      #expect(two.tokens.preferred == .primary)
      let reply = try await two.updateRecord(
        domain: domain.id, record: record.id, target: target)
      #expect(reply.value.target == target)
      #expect(reply.token == "spare token")
      let seen = await sandbox.seenRequests(after: 0).filter { $0.method == "PUT" }
      #expect(seen.map(\.status) == [401, 200])
      #expect(seen.map(\.isApplied) == [false, true])

      try await sandbox.startFault(.tokenRevoked)
      let error = await #expect(throws: LinodeError.self) {
        _ = try await two.updateRecord(domain: domain.id, record: record.id, target: target)
      }
      #expect(error?.kind == .unauthorized)
      #expect(error?.tokensTried == ["spare token", "token"], "the one that worked last first")
      await sandbox.endAllFaults()

      let command = try Files.read("/proc/self/cmdline", maxBytes: 1_048_576)
      let environment = try Files.read("/proc/self/environ", maxBytes: 1_048_576)
      for secret in ["sandbox-token", "sandbox-read-token"] {
        #expect(!"\(String(describing: error))".contains(secret))
        for bytes in [command, environment] {
          #expect(!String(decoding: bytes, as: UTF8.self).contains(secret))
        }
      }
    }
  }

  @Test func tokensSayWhatTheyMayDo() async throws {
    try await run { sandbox, _, http in
      func mayWrite(_ token: String) async throws -> Bool? {
        let reply = try await self.client(sandbox, http, tokens: self.tokens(token)).domains()
        return reply.access.allows("domains", "read_write")
      }
      #expect(try await mayWrite("sandbox-token") == true)
      #expect(try await mayWrite("sandbox-read-token") == false)
      try await sandbox.startFault(.tokenNarrowed)
      #expect(try await mayWrite("sandbox-token") == false)
      await sandbox.endAllFaults()
    }
  }

  @Test func aThrottledListHoldsRoutineAndMoves() async throws {
    try await run { sandbox, client, http in
      let domain = try #require(try await client.domains().value.first)
      let budget = LinodeBudget(
        waits: TestTime.waits, monotonic: { MonotonicInstant(nanoseconds: 0) })
      let mine = self.client(
        sandbox, http, tokens: self.tokens("sandbox-token"), budget: budget)
      _ = try await mine.records(domain: domain.id)
      let standing = try #require(budget.standings().first)
      #expect(standing.limit == 200)
      #expect(standing.remaining > 120 && standing.remaining < 200)
      try await sandbox.startFault(.api429, count: 1)
      let first = await #expect(throws: LinodeError.self) {
        _ = try await mine.records(domain: domain.id)
      }
      #expect(first?.status == 429)
      let calls = await sandbox.seenRequests(after: 0).count
      for held in [mine, mine.routine] {
        let error = await #expect(throws: LinodeError.self) {
          _ = try await held.records(domain: domain.id)
        }
        #expect(error?.kind == .throttled)
        #expect(error?.status == nil)
        #expect(error?.retryAfter == .seconds(1))
      }
      #expect(await sandbox.seenRequests(after: 0).count == calls, "nothing was sent")
      _ = try await mine.zoneFile(of: domain.id)
    }
  }
}
