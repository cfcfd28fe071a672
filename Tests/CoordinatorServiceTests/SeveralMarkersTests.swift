import Codec
import CoordinatorCore
import Decision
import Platform
import Store
import Testing
import Wire

@testable import CoordinatorService

/// Other writers' markers at several names of a service: one conflict, one `adopt` (RULES 16).
@Suite struct SeveralMarkersTests {
  private static let names = ["app.example.org", "www.example.org"]
  private static let theirs = "signalbox cluster=other incarnation=1 epoch=41 active=eu-central"
  private static let others = "signalbox cluster=third incarnation=2 epoch=57 active=ap-south"

  private static let fourth = "signalbox cluster=else incarnation=3 epoch=3 active=us-east"

  private static func zone(_ app: String, _ www: String) -> ListedZone {
    let addresses = names.enumerated().map { index, name in
      ProviderRecord(
        id: Int64(index + 1), type: "A", name: name, target: "192.0.2.1", ttlSeconds: 30)
    }
    let markers = [app, www].enumerated().map { index, text in
      ProviderRecord(
        id: Int64(index + 11), type: "TXT", name: "_signalbox.\(names[index])", target: text,
        ttlSeconds: 30)
    }
    return ListedZone(addresses + markers)
  }

  /// Nothing is claimed before the start-up grace is over.
  private static func rig(
    _ zone: ListedZone, memory: String? = nil, grace: String = CoordinatorRig.briefGrace
  ) throws -> CoordinatorRig {
    let text = CoordinatorRig.Text(
      top: "automation = \"automatic\"", services: ["app": grace],
      names: ["app": names])
    return try CoordinatorRig(text, provider: zone) { store in
      var fresh = Memory()
      fresh.active = "us-east"
      let kept = try memory.map { Array($0.utf8) } ?? JSON.encode(fresh)
      _ = try store.commit(Commit(service: "app", epoch: 0, memory: kept))
    }
  }

  private static func look(_ rig: CoordinatorRig) async throws -> ServiceStatus {
    await rig.coordinator.tick()
    await rig.coordinator.readAt()
    await rig.coordinator.tick()
    return try #require(await rig.coordinator.status().services.first)
  }

  private static func texts(_ zone: ListedZone) -> [String] {
    zone.now.records.filter { $0.type == "TXT" }.map(\.target)
  }

  /// Reads and ticks until nothing is left to be said.
  private static func pollClaimed(_ rig: CoordinatorRig, _ zone: ListedZone) async throws {
    let end = Clocks.monotonic() + .seconds(300)
    while Clocks.monotonic() < end {
      let seen = try await look(rig)
      if seen.findings == nil && seen.orders == nil { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("not within five minutes: \(texts(zone))")
  }

  private static func adopt(_ rig: CoordinatorRig, _ seen: ServiceStatus) async throws -> String {
    try await rig.coordinator.order(
      "app", .adopt,
      OrderRequest(epoch: seen.epoch, operatorName: "kim", seen: seen.orders?.adoptable)
    ).text
  }

  @Test func oneAdoptionClaimsAllOfThem() async throws {
    let zone = Self.zone(Self.theirs, Self.others)
    let rig = try Self.rig(zone)
    _ = try await Self.look(rig)
    let seen = try await Self.look(rig)
    let markers = zip(Self.names, [Self.theirs, Self.others]).map {
      AdoptableMarker(name: "_signalbox.\($0)", text: $1)
    }
    #expect(seen.orders?.adoptable?.markers == markers)
    #expect(seen.orders?.adoptable?.marker == Self.theirs)
    let finding = try #require(seen.findings?.first { $0.contains("signalbox adopt app") })
    #expect(markers.allSatisfy { finding.contains("\($0.name ?? ""): \"\($0.text)\"") })
    let told = rig.log.lines.filter { $0.text.contains("read-only from now on") }
    #expect(told.count == 1)
    #expect(markers.allSatisfy { told.first?.text.contains($0.text) == true })
    // Whoever saw one of them only has not seen what is taken over.
    let refusal = await #expect(throws: Refusal.self) {
      try await rig.coordinator.order(
        "app", .adopt,
        OrderRequest(
          epoch: 0, operatorName: "kim", seen: Adoptable(markers: Array(markers.prefix(1)))))
    }
    #expect(refusal?.code == "conflict")
    #expect(try await Self.adopt(rig, seen).contains("2 markers are claimed under epoch 58"))
    try await Self.pollClaimed(rig, zone)
    #expect(Self.texts(zone).allSatisfy { $0.contains("epoch=58 active=us-east") })
    #expect(rig.log.lines.count { $0.text.contains("still read-only") } == 0)
    #expect(rig.log.lines.count { $0.text.contains("read-only from now on") } == 1)
    await rig.end()
  }

  /// One that comes while the operator thinks, and one after the adoption.
  @Test func newOnesAreAskedAbout() async throws {
    let zone = Self.zone(Self.theirs, "")
    zone.change { $0.records.removeAll { $0.target.isEmpty } }
    // 45 seconds, also on a busy machine enough for two adoptions.
    let rig = try Self.rig(zone, grace: "fresh_for = \"30s\"")
    _ = try await Self.look(rig)
    let first = try await Self.look(rig)
    #expect(first.orders?.adoptable?.markers == nil)
    zone.change { state in
      state.records.append(
        ProviderRecord(
          id: 12, type: "TXT", name: "_signalbox.www.example.org", target: Self.others,
          ttlSeconds: 30))
    }
    _ = try await Self.look(rig)
    let both = try await Self.look(rig)
    #expect(both.orders?.adoptable?.markers?.map(\.text) == [Self.theirs, Self.others])
    #expect(
      rig.log.lines.contains {
        $0.text.contains("TXT _signalbox.www.example.org") && $0.text.contains("still read-only")
      })
    await #expect(throws: Refusal.self) { try await Self.adopt(rig, first) }
    _ = try await Self.adopt(rig, both)
    // Before anything is overwritten: the whole is asked about again.
    zone.change { $0.records[2].target = Self.fourth }
    _ = try await Self.look(rig)
    let third = try await Self.look(rig)
    let again = try #require(third.orders?.adoptable?.markers)
    #expect(again.map(\.text) == [Self.fourth, Self.others])
    #expect(Self.texts(zone) == [Self.fourth, Self.others], "nothing was written")
    #expect(try await Self.adopt(rig, third).contains("epoch 59"))
    try await Self.pollClaimed(rig, zone)
    #expect(Self.texts(zone).allSatisfy { $0.contains("epoch=59 active=us-east") })
    await rig.end()
  }

  /// A journal of before there were several.
  @Test func anOldJournalsConflictIsRead() async throws {
    let zone = Self.zone(Self.theirs, Self.others)
    let rig = try Self.rig(
      zone,
      memory: #"{"phase":"steady","epoch":0,"moves":[],"active":"us-east","conflict":{"found":"#
        + "\"\(Self.theirs)\",\"epoch\":41,\"sinceMs\":1}}")
    let before = try #require(await rig.coordinator.status().services.first)
    #expect(before.orders?.adoptable?.marker == Self.theirs)
    #expect(
      before.findings?.contains { $0.contains("_signalbox.app.example.org: \"\(Self.theirs)") }
        == true)
    _ = try await Self.look(rig)
    let seen = try await Self.look(rig)
    #expect(seen.orders?.adoptable?.markers?.map(\.text) == [Self.theirs, Self.others])
    #expect(seen.orders?.adoptable?.markers?.map(\.name) == [nil, "_signalbox.www.example.org"])
    _ = try await Self.adopt(rig, seen)
    let kept = try await rig.coordinator.store.services().first
    let memory = try JSON.decode(Memory.self, from: kept?.memory ?? [], maxBytes: 1 << 20)
    #expect(memory.conflict?.adopted == [Self.theirs, Self.others])
    try await Self.pollClaimed(rig, zone)
    #expect(Self.texts(zone).allSatisfy { $0.contains("epoch=58 active=us-east") })
    await rig.end()
  }
}
