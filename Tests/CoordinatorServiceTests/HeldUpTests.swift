import Codec
import CoordinatorCore
import Decision
import Platform
import Settings
import Store
import Testing
import Wire

@testable import CoordinatorService

/// A move that does not get on, as people see it and end it; a zone that does not count.
@Suite struct HeldUpTests {
  private static func zone() -> ListedZone {
    ListedZone([
      ProviderRecord(
        id: 1, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 30)
    ])
  }

  private static func rig(
    _ zone: ListedZone, speed: Int = 1, readiness: (any ReadinessProvider)? = nil,
    top: String = ""
  ) throws -> CoordinatorRig {
    let text = CoordinatorRig.Text(
      top: "automation = \"automatic\"\nrehearsal_speed = \(speed)\n\(top)",
      services: ["app": speed == 1 ? CoordinatorRig.briefGrace : ""])
    return try CoordinatorRig(text, provider: zone, readiness: readiness) { store in
      var memory = Memory()
      memory.active = "us-east"
      _ = try store.commit(Commit(service: "app", epoch: 0, memory: try JSON.encode(memory)))
    }
  }

  private static func look(_ rig: CoordinatorRig) async throws -> ServiceStatus {
    await rig.coordinator.readAt()
    await rig.coordinator.tick()
    return try #require(await rig.coordinator.status().services.first)
  }

  private static func poll(
    _ rig: CoordinatorRig, _ what: String, _ isThere: (ServiceStatus) -> Bool
  ) async throws -> ServiceStatus {
    let end = Clocks.monotonic() + .seconds(300)
    var seen = try await look(rig)
    while !isThere(seen), Clocks.monotonic() < end {
      try await Task.sleep(for: .milliseconds(20))
      seen = try await look(rig)
    }
    #expect(isThere(seen), "not within five minutes: \(what)")
    return seen
  }

  /// Read once, and past the start-up grace.
  private static func start(_ rig: CoordinatorRig) async throws {
    let end = Clocks.monotonic() + .seconds(300)
    while Clocks.monotonic() < end {
      let seen = try await look(rig)
      if await rig.coordinator.status().coordinator.graceMs == nil, seen.at == "region" { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("not started within five minutes")
  }

  /// Whatever forbids it in a rig without agents is overridden.
  private static func move(_ rig: CoordinatorRig) async throws -> MoveReply {
    let epoch = try #require(await rig.coordinator.status().services.first).epoch
    var request = MoveRequest(to: "eu-central", epoch: epoch, operatorName: "kim")
    let refusal = await #expect(throws: Refusal.self) {
      try await rig.coordinator.move("app", request: request, isFailback: false)
    }
    request.overrides = refusal?.conditions.map(\.name) ?? []
    return try await rig.coordinator.move("app", request: request, isFailback: false)
  }

  private static func cancel(_ rig: CoordinatorRig, epoch: UInt64) async throws -> OrderReply {
    try await rig.coordinator.order(
      "app", .cancel, OrderRequest(epoch: epoch, operatorName: "kim", reason: "wrong one"))
  }

  @Test func whatIsTriedIsToldAndTakenBack() async throws {
    let zone = Self.zone()
    let rig = try Self.rig(zone, speed: 20)
    try await Self.start(rig)
    zone.change {
      $0.failure = ProviderError(
        .unreachable, .transient, retryAfter: .seconds(86_400),
        description: "Linode: GET /domains: 503, asks to wait 86400 s")
    }
    let reply = try await Self.move(rig)
    let seen = try await Self.poll(rig, "tried again and again") {
      ($0.incident?.trouble?.times ?? 0) >= 2
    }
    let trouble = try #require(seen.incident?.trouble)
    #expect(trouble.doing == "reading the records")
    #expect(trouble.answer.contains("asks to wait 86400 s"), "the provider's own figure")
    let limit = await rig.coordinator.deployment.settings.pace.moveWaitLimit
    let next = try #require(trouble.nextMs)
    #expect(next - Clocks.wallMilliseconds() <= limit.wholeMilliseconds, "not that long")
    let live = try await rig.coordinator.incident("\(reply.incident)")
    #expect(live.trouble != nil)
    let early = await #expect(throws: Refusal.self) { try await Self.cancel(rig, epoch: 0) }
    #expect(early?.code == "conflict")
    let taken = try await Self.cancel(rig, epoch: reply.epoch)
    #expect(taken.order == .cancel && taken.text.contains("taken back"))
    let after = try #require(await rig.coordinator.status().services.first)
    #expect(after.incident == nil && after.lastIncident?.outcome == .cancelled)
    #expect(after.lastIncident?.outcomeText?.contains("kim: wrong one") == true)
    #expect(after.active == "us-east" && after.pinned == nil)
    let again = await #expect(throws: Refusal.self) {
      try await Self.cancel(rig, epoch: reply.epoch)
    }
    #expect(again?.code == "nothing_to_cancel")
    zone.change { $0.failure = nil }
    let rested = try await Self.poll(rig, "at rest") { $0.at == "region" }
    #expect(rested.incident == nil)
    #expect(zone.now.records.first?.target == "192.0.2.1", "nothing was written")
    await rig.end()
  }

  @Test func aChangeOfZoneIsToldAtOnce() async throws {
    let zone = Self.zone()
    zone.change { $0.zone = ProviderZone(id: 7, name: "example.org") }
    let rig = try Self.rig(zone)
    #expect(try await Self.look(rig).findings == nil)
    zone.change { $0.zone = ProviderZone(id: 9, name: "app.example.org") }
    let seen = try await Self.look(rig)
    let finding = try #require(seen.findings?.first { $0.contains("app.example.org (9)") })
    #expect(finding.contains("was in example.org (7)"))
    let events = try await rig.coordinator.events(
      service: "app", incident: nil, after: 0, limit: 100)
    #expect(events.events.contains { $0.kind == "zone-changed" && $0.level == .alert })
    _ = try await Self.look(rig)
    #expect(rig.log.lines.count { $0.text.contains("app.example.org (9)") } == 1, "once")
    zone.change { $0.zone = ProviderZone(id: 11, name: "app.example.org") }
    let again = try await Self.look(rig).findings ?? []
    #expect(again.contains { $0.contains("was deleted and made again: it is 11 now") }, "\(again)")
    await rig.end()
  }

  @Test func aZoneThatDoesNotCountHoldsMovesBack() async throws {
    let zone = Self.zone()
    let rig = try Self.rig(zone)
    try await Self.start(rig)
    let words = "the zone example.org (7) has the status disabled"
    zone.change { $0.zone = ProviderZone(id: 7, name: "example.org", trouble: words) }
    let seen = try await Self.look(rig)
    #expect(seen.findings?.contains(words) == true)
    let refusal = await #expect(throws: Refusal.self) {
      try await rig.coordinator.move(
        "app", request: MoveRequest(to: "eu-central", epoch: 0, operatorName: "kim"),
        isFailback: false)
    }
    #expect(refusal?.conditions.contains { $0.name == "zone" && $0.text == words } == true)
    zone.change { $0.zone = ProviderZone(id: 7, name: "example.org") }
    #expect(try await Self.look(rig).findings?.contains(words) != true)
    let events = try await rig.coordinator.events(
      service: "app", incident: nil, after: 0, limit: 100)
    let kinds = events.events.map(\.kind)
    #expect(kinds.contains("zone-trouble") && kinds.contains("zone-back"))
    await rig.end()
  }

  /// The registrar sends the world elsewhere: held back when two answers say so, told within a
  /// round of measuring, over when one says otherwise.
  @Test func aDelegationElsewhereHoldsMovesBack() async throws {
    let zone = Self.zone()
    zone.change { $0.zone = ProviderZone(id: 7, name: "example.org") }
    let account = DelegatedAccount()
    let rig = try Self.rig(
      zone, readiness: account, top: "[dns]\nname_servers = [\"ns1.linode.com\"]")
    _ = try await Self.look(rig)
    await rig.coordinator.measureReadiness()
    #expect(try await Self.look(rig).findings == nil)
    account.script([["ns1.other.net"], ["ns1.linode.com"]])
    await rig.coordinator.measureReadiness()
    #expect(try await Self.look(rig).findings == nil, "one answer is none")
    for same in ["ns1.vanity.net", "ns1.lame.net"] {
      account.script([[same], [same]])
      await rig.coordinator.measureReadiness()
      #expect(try await Self.look(rig).findings == nil, "by address it is no other, or not known")
    }
    account.script([["ns1.other.net"], ["ns1.other.net"]])
    await rig.coordinator.measureReadiness()
    let finding = try #require(try await Self.look(rig).findings?.first)
    #expect(finding.contains("example.org is delegated elsewhere (ns1.other.net)"))
    account.script([["ns1.linode.com", "ns2.linode.com"]])
    await rig.coordinator.measureReadiness()
    #expect(try await Self.look(rig).findings == nil)
    await rig.end()
  }
}
