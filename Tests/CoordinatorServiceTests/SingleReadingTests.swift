import Codec
import Decision
import Platform
import Store
import Testing
import Wire

@testable import CoordinatorCore
@testable import CoordinatorService

extension Coordinator {
  /// However long a test takes, no marker is written beside what it looks at.
  func proveNothing() {
    state["app"]?.upkeep.proveFrom = Now.read().instant + .seconds(86_400)
  }
}

/// One reading takes nothing away for good: neither the right to write, nor the active region, nor
/// what an operator has adopted.
@Suite struct SingleReadingTests {
  private static let theirs = "signalbox cluster=other incarnation=1 epoch=41 active=eu-central"
  private static let page = "203.0.113.9"

  private static func zone(_ marker: String? = nil, _ address: String = "192.0.2.1") -> ListedZone {
    let records = [
      ProviderRecord(id: 1, type: "A", name: "app.example.org", target: address, ttlSeconds: 30),
      ProviderRecord(
        id: 2, type: "TXT", name: "_signalbox.app.example.org", target: marker ?? "",
        ttlSeconds: 30),
    ]
    return ListedZone(marker == nil ? [records[0]] : records)
  }

  /// Slow, so that nothing goes on by itself meanwhile.
  private static func rig(
    _ zone: ListedZone, memory adjust: (inout Memory) -> Void = { _ in }
  ) throws -> CoordinatorRig {
    try CoordinatorRig(.init(top: "automation = \"automatic\""), provider: zone) { store in
      var memory = Memory()
      memory.active = "us-east"
      adjust(&memory)
      _ = try store.commit(
        Commit(service: "app", epoch: memory.epoch, memory: try JSON.encode(memory)))
    }
  }

  private static func look(_ rig: CoordinatorRig) async throws -> ServiceStatus {
    await rig.coordinator.readAt()
    await rig.coordinator.tick()
    return try #require(await rig.coordinator.status().services.first)
  }

  private static func set(_ zone: ListedZone, _ id: Int64, _ target: String) {
    zone.change { state in
      for index in state.records.indices where state.records[index].id == id {
        state.records[index].target = target
      }
    }
  }

  @Test(arguments: ["", "nonsense", "signalbox cluster=0123456789abcdef inca", theirs])
  func aGarbledMarkerIsReadAgain(text: String) async throws {
    let mine = "signalbox cluster=0123456789abcdef incarnation=1 epoch=0 active=us-east"
    let zone = Self.zone(mine)
    let rig = try Self.rig(zone)
    // A proof reads too, at its own times.
    await rig.coordinator.proveNothing()
    _ = try await Self.look(rig)
    for _ in 0..<3 {
      Self.set(zone, 2, text)
      _ = try await Self.look(rig)
      Self.set(zone, 2, mine)
      let seen = try await Self.look(rig)
      #expect(seen.orders?.adoptable == nil && seen.findings == nil, "\(seen.findings ?? [])")
    }
    #expect(rig.log.lines.contains { $0.text.contains("read again") }, "told")
    #expect(!rig.log.lines.contains { $0.text.contains("read-only") })
    // What stays is another writer's only where it says so.
    Self.set(zone, 2, text)
    for _ in 0..<2 { _ = try await Self.look(rig) }
    let seen = try await Self.look(rig)
    #expect((seen.orders?.adoptable?.marker == text) == (text == Self.theirs))
    #expect(seen.findings?.contains { $0.contains("_signalbox.app.example.org") } == true)
    await rig.end()
  }

  @Test func anotherRegionIsTakenOverWhenItIsSeenTwice() async throws {
    let zone = Self.zone()
    let rig = try Self.rig(zone)
    _ = try await Self.look(rig)
    for _ in 0..<3 {
      Self.set(zone, 1, "192.0.2.2")
      var seen = try await Self.look(rig)
      #expect(seen.active == "us-east" && seen.pinned == nil)
      // The same answer is no second one.
      zone.change {
        $0.failure = ProviderError(.unreachable, .transient, description: "GET: no answer")
      }
      seen = try await Self.look(rig)
      #expect(seen.active == "us-east" && seen.pinned == nil)
      zone.change { $0.failure = nil }
      Self.set(zone, 1, "192.0.2.1")
      seen = try await Self.look(rig)
      #expect(seen.active == "us-east" && seen.pinned == nil)
    }
    Self.set(zone, 1, "192.0.2.2")
    _ = try await Self.look(rig)
    let seen = try await Self.look(rig)
    #expect(seen.active == "eu-central" && seen.pinned == "eu-central")
    await rig.end()
  }

  @Test func anAdoptedAddressIsForgottenWhenItIsGoneTwice() async throws {
    let zone = Self.zone(nil, Self.page)
    let rig = try Self.rig(zone) { $0.accepted = [Self.page] }
    #expect(try await Self.look(rig).at == "region")
    for _ in 0..<3 {
      Self.set(zone, 1, "203.0.113.10")
      #expect(try await Self.look(rig).at == "region")
      Self.set(zone, 1, Self.page)
      #expect(try await Self.look(rig).at == "region")
    }
    Self.set(zone, 1, "203.0.113.10")
    _ = try await Self.look(rig)
    #expect(try await Self.look(rig).at == "foreign")
    Self.set(zone, 1, Self.page)
    #expect(try await Self.look(rig).at == "foreign")
    await rig.end()
  }
}
