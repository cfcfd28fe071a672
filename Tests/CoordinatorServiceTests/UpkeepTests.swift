import Codec
import CoordinatorCore
import DNS
import Decision
import Platform
import Store
import Synchronization
import Testing
import Wire

@testable import CoordinatorService

/// A zone with one name, as its API shows it.
private final class SmallZone: DNSProvider {
  struct State: Sendable {
    var address = "192.0.2.1"
    var marker: String?
    var takesWrites = true
    var writes = 0
  }

  let state: Mutex<State>

  init(_ state: State = State()) { self.state = Mutex(state) }

  var now: State { state.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    let now = now
    let address = ProviderRecord(
      id: 1, type: "A", name: name, target: now.address, ttlSeconds: 30)
    let marker = now.marker.map {
      ProviderRecord(id: 2, type: "TXT", name: "_signalbox.\(name)", target: $0, ttlSeconds: 30)
    }
    return [address] + (marker.map { [$0] } ?? [])
  }

  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    try write(target, record.type)
  }

  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    try write(target, type)
    return ProviderRecord(id: 2, type: type, name: name, target: target, ttlSeconds: ttlSeconds)
  }

  private func write(_ target: String, _ type: String) throws(ProviderError) {
    let taken = state.withLock { state in
      guard state.takesWrites else { return false }
      if type == "TXT" { state.marker = target } else { state.address = target }
      state.writes += 1
      return true
    }
    if !taken {
      throw ProviderError(.unauthorized, .permanent, description: "Linode: 401 on PUT")
    }
  }
}

/// What goes on beside moves: the marker (RULES 16), adoption (7, 16), as the shell does it.
@Suite struct UpkeepTests {
  private static let theirs = "signalbox cluster=other incarnation=1 epoch=41 active=eu-central"
  private static let marker = AdoptableMarker(name: "_signalbox.app.example.org", text: theirs)
  private static let page = "203.0.113.9"

  private static func rig(
    _ zone: SmallZone, automation: String = "automatic", speed: Int = 1,
    memory adjust: (inout Memory) -> Void = { _ in }
  ) throws -> CoordinatorRig {
    let text = CoordinatorRig.Text(
      top: "automation = \"\(automation)\"\nrehearsal_speed = \(speed)",
      services: ["app": speed == 1 ? CoordinatorRig.briefGrace : ""])
    return try CoordinatorRig(text, provider: zone) { store in
      var memory = Memory()
      memory.active = "us-east"
      adjust(&memory)
      _ = try store.commit(
        Commit(service: "app", epoch: memory.epoch, memory: try JSON.encode(memory)))
    }
  }

  private static func status(_ rig: CoordinatorRig) async throws -> ServiceStatus {
    try #require(await rig.coordinator.status().services.first)
  }

  /// Reads the record and ticks until the service is as wanted.
  private static func poll(
    _ rig: CoordinatorRig, _ what: String, _ isThere: (ServiceStatus) -> Bool
  ) async throws {
    let end = Clocks.monotonic() + .seconds(300)
    while Clocks.monotonic() < end {
      await rig.coordinator.readAt()
      await rig.coordinator.tick()
      if isThere(try await status(rig)) { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("not within five minutes: \(what)")
  }

  // MARK: The token

  @Test func aTokenThatCannotWriteIsToldOnceAndClearedByTheNextWrite() async throws {
    let zone = SmallZone(.init(takesWrites: false))
    let rig = try Self.rig(zone, speed: 20)
    try await Self.poll(rig, "refused") {
      $0.findings?.contains { $0.hasPrefix("the token cannot write any more") } == true
    }
    let told = rig.log.lines.filter { $0.text.contains("the token cannot write any more") }
    #expect(told.count == 1)
    #expect(told.first?.text.contains("domains:read_write") == true, "what to do")
    #expect(await rig.coordinator.snapshot(plays: false).line.contains("cannot be written"))
    zone.change { $0.takesWrites = true }
    try await Self.poll(rig, "cleared") { $0.findings == nil }
    #expect(rig.log.lines.contains { $0.text.contains("can be written again") })
    #expect(zone.now.marker?.contains("epoch=0 active=us-east") == true)
    await rig.end()
  }

  @Test func itIsWrittenOnceAndThenLeftAlone() async throws {
    let zone = SmallZone()
    let rig = try Self.rig(zone)
    try await Self.poll(rig, "made") { _ in zone.now.writes == 1 }
    for _ in 0..<5 {
      await rig.coordinator.readAt()
      await rig.coordinator.tick()
    }
    #expect(zone.now.writes == 1)
    await rig.end()
  }

  /// Observing changes nothing: there is no marker to be made.
  @Test func anObserverMakesNone() async throws {
    let zone = SmallZone()
    let rig = try Self.rig(zone, automation: "observe")
    try await Self.poll(rig, "the grace is over") { _ in
      Now.read().instant - rig.coordinator.started > .seconds(8)
    }
    for _ in 0..<5 { await rig.coordinator.readAt() }
    #expect(zone.now.writes == 0)
    await rig.end()
  }

  // MARK: Another writer

  @Test func anothersMarkerMakesItReadOnlyUntilItIsAdopted() async throws {
    let zone = SmallZone(.init(marker: Self.theirs))
    let rig = try Self.rig(zone)
    await rig.coordinator.tick()
    await rig.coordinator.readAt()
    #expect(try await Self.status(rig).orders == nil, "one reading is none")
    await rig.coordinator.readAt()
    await rig.coordinator.tick()
    var seen = try await Self.status(rig)
    #expect(seen.orders?.adoptable == Adoptable(markers: [Self.marker]))
    #expect(seen.orders?.adoptable?.markers == nil, "one is told as ever")
    #expect(seen.findings?.contains { $0.contains("signalbox adopt app") } == true)
    #expect(rig.log.lines.count { $0.text.contains("read-only from now on") } == 1)
    let explained = try await rig.coordinator.explain("app")
    #expect(explained.actions.contains { $0.command == "signalbox adopt app" })
    let kept = try await rig.coordinator.store.services().first
    let memory = try JSON.decode(Memory.self, from: kept?.memory ?? [], maxBytes: 1 << 20)
    #expect(memory.conflict?.found == Self.theirs, "also after a restart")
    // Gone again: it stays.
    zone.change { $0.marker = nil }
    await rig.coordinator.readAt()
    seen = try await Self.status(rig)
    #expect(seen.orders?.adoptable?.marker == Self.theirs)
    zone.change { $0.marker = Self.theirs }
    try await refusals(rig, seen)
    let reply = try await rig.coordinator.order(
      "app", .adopt,
      OrderRequest(epoch: 0, operatorName: "kim", reason: "rebuilt", seen: seen.orders?.adoptable))
    #expect(reply.text.contains("epoch 42"), "\(reply)")
    try await Self.poll(rig, "claimed") { $0.findings == nil && $0.orders == nil }
    #expect(zone.now.marker?.contains("epoch=42 active=us-east") == true)
    #expect(zone.now.address == "192.0.2.1")
    #expect(try await Self.status(rig).epoch == 42)
    await rig.end()
  }

  private func refusals(_ rig: CoordinatorRig, _ seen: ServiceStatus) async throws {
    let other = Adoptable(markers: [AdoptableMarker(name: nil, text: "else")])
    let cases: [(OrderRequest, String)] = [
      (OrderRequest(epoch: 7, operatorName: "kim", seen: seen.orders?.adoptable), "conflict"),
      (OrderRequest(epoch: 0, operatorName: "kim", seen: other), "conflict"),
    ]
    for (request, code) in cases {
      let refusal = await #expect(throws: Refusal.self) {
        try await rig.coordinator.order("app", .adopt, request)
      }
      #expect(refusal?.code == code)
    }
  }

  /// An observer adopts too: the operator said so.
  @Test func anAddressThatIsNotConfiguredIsAdopted() async throws {
    let zone = SmallZone(.init(address: Self.page))
    let rig = try Self.rig(zone, automation: "observe")
    await rig.coordinator.readAt()
    await rig.coordinator.tick()
    let seen = try await Self.status(rig)
    #expect(seen.at == "foreign")
    #expect(seen.orders?.adoptable == Adoptable(addresses: [Self.page]))
    let reply = try await rig.coordinator.order(
      "app", .adopt, OrderRequest(epoch: 0, operatorName: "kim"))
    #expect(reply.text.contains("\(Self.page) counts as us-east"), "\(reply)")
    await rig.coordinator.readAt()
    await rig.coordinator.tick()
    let after = try await Self.status(rig)
    #expect(after.at == "region" && after.active == "us-east")
    #expect(after.addresses == [Self.page])
    #expect(after.orders == nil)
    let refusal = await #expect(throws: Refusal.self) {
      try await rig.coordinator.order(
        "app", .adopt, OrderRequest(epoch: 0, operatorName: "kim"))
    }
    #expect(refusal?.code == "nothing_to_adopt")
    #expect(zone.now.address == Self.page, "nothing is written for it")
    await rig.end()
  }
}
