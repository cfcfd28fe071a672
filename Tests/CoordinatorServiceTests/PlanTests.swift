import Codec
import CoordinatorCore
import Decision
import Platform
import Store
import Testing
import Wire

@testable import CoordinatorService

/// `signalbox plan`: what a move would change, by fresh records, bound to a checksum.
@Suite struct PlanTests {
  private static let name = "app.example.org"
  private static let mine = ProviderRecord(
    id: 12, type: "A", name: name, target: "192.0.2.1", ttlSeconds: 30)

  private static func rig(
    _ records: [ProviderRecord], memory adjust: (inout Memory) -> Void = { _ in }
  ) async throws -> (CoordinatorRig, ListedZone) {
    let zone = ListedZone(records)
    let rig = try CoordinatorRig(
      .init(top: "automation = \"automatic\""), provider: zone
    ) { store in
      var memory = Memory()
      memory.active = "us-east"
      memory.epoch = 41
      adjust(&memory)
      _ = try store.commit(
        Commit(service: "app", epoch: memory.epoch, memory: try JSON.encode(memory)))
    }
    await rig.coordinator.proveNothing()
    await rig.coordinator.readAt()
    await rig.coordinator.tick()
    return (rig, zone)
  }

  @Test func everyRecordWithItsIdAndBothValues() async throws {
    let six = ProviderRecord(
      id: 13, type: "AAAA", name: Self.name, target: "2001:db8::1", ttlSeconds: 0)
    let (rig, _) = try await Self.rig([Self.mine, six])
    let plan = try await rig.coordinator.plan("app", to: "eu-central", isFailback: false)
    #expect(
      plan.records == [
        PlannedRecord(
          id: 12, type: "A", name: Self.name, old: "192.0.2.1", new: "192.0.2.2", ttlSeconds: 30),
        PlannedRecord(id: 13, type: "AAAA", name: Self.name, old: "2001:db8::1", ttlSeconds: 0),
      ])
    #expect(plan.from == "us-east" && plan.to == "eu-central" && plan.epoch == 41)
    #expect(plan.markers.map(\.name) == ["_signalbox.app.example.org"])
    #expect(plan.markers.first?.new.contains("epoch=42 active=eu-central") == true)
    #expect(plan.markers.first?.id == nil && plan.troubles.isEmpty)
    #expect(plan.wait.publishSeconds == 60)
    // Nothing was heard of it: shown all the same, with what forbids it.
    #expect(plan.refusal?.code == "not_eligible")
    #expect(plan.conditions.contains { $0.name == "inside" && !$0.holds })
    #expect(plan.holds.contains { $0.name == "blocked-by-doubt" }, "\(plan.holds)")
    await rig.end()
  }

  /// What the checksum binds, and what it does not.
  @Test func theChecksumIsOfWhatIsWritten() async throws {
    let (rig, zone) = try await Self.rig([Self.mine])
    let first = try await rig.coordinator.plan("app", to: "eu-central", isFailback: false)
    #expect(first.checksum.count == 12 && first.checksum.allSatisfy(\.isHexDigit))
    zone.change { $0.records[0].ttlSeconds = 300 }
    let again = try await rig.coordinator.plan("app", to: "eu-central", isFailback: false)
    #expect(again.checksum == first.checksum, "a TTL is not written")
    #expect(again.wait.cacheSeconds == 300)
    let others: [MovePlanDocument] = [
      try await rig.coordinator.plan("app", to: "ap-south", isFailback: false),
      try await rig.coordinator.plan("app", to: "eu-central", isFailback: true),
    ]
    for other in others { #expect(other.checksum != first.checksum) }
    for (change, words) in [
      ({ $0.id = 99 }, "id 99"), ({ $0.target = "192.0.2.3" }, "is 192.0.2.3"),
    ] as [((inout ProviderRecord) -> Void, String)] {
      zone.change { state in
        state.records = [Self.mine]
        change(&state.records[0])
      }
      let later = try await rig.coordinator.plan("app", to: "eu-central", isFailback: false)
      #expect(later.checksum != first.checksum)
      let said = first.differences(to: later)
      #expect(said.count == 2 && said[1].contains(words), "\(said)")
    }
    // The known value: the canonical form is not to change by accident.
    #expect(MovePlanner.checksum(["a"]) == "87428fc52280", "SHA-256 of \"a\\n\"")
    await rig.end()
  }

  @Test func whatIsInTheWayOfAMove() async throws {
    let twice = ProviderRecord(
      id: 14, type: "A", name: Self.name, target: "192.0.2.1", ttlSeconds: 30)
    var foreign = Self.mine
    foreign.target = "203.0.113.9"
    let theirs = ProviderRecord(
      id: 15, type: "TXT", name: "_signalbox.\(Self.name)",
      target: "signalbox cluster=c2 incarnation=a epoch=1 active=us-east", ttlSeconds: 30)
    let six = ProviderRecord(
      id: 16, type: "AAAA", name: Self.name, target: "2001:db8::1", ttlSeconds: 30)
    let cases: [([ProviderRecord], String)] = [
      ([Self.mine, twice], "has 2 A records"), ([foreign], "203.0.113.9, which is not configured"),
      ([Self.mine, theirs], "another writer"), ([six], "has no A record"),
    ]
    for (records, words) in cases {
      let (rig, _) = try await Self.rig(records)
      let plan = try await rig.coordinator.plan("app", to: "eu-central", isFailback: false)
      #expect(plan.troubles.contains { $0.contains(words) }, "\(plan.troubles)")
      #expect(plan.refusal != nil)
      await rig.end()
    }
  }

  @Test func refusals() async throws {
    let (rig, zone) = try await Self.rig([Self.mine])
    func code(_ service: String, _ to: String?) async -> String? {
      do throws(Refusal) {
        _ = try await rig.coordinator.plan(service, to: to, isFailback: false)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(await code("shop", "eu-central") == "unknown_service")
    #expect(await code("app", "mars") == "unknown_region")
    #expect(await code("app", nil) == "no_target")
    let there = try await rig.coordinator.plan("app", to: "us-east", isFailback: false)
    #expect(there.refusal?.code == "already_there")
    zone.change {
      $0.failure = ProviderError(.unreachable, .transient, description: "Linode: no answer")
    }
    #expect(await code("app", "eu-central") == "cannot_read")
    zone.change { $0.failure = ProviderError(.noRecord, .permanent, description: "is a CNAME") }
    let plan = try await rig.coordinator.plan("app", to: "eu-central", isFailback: false)
    #expect(plan.troubles.contains("is a CNAME") && plan.refusal != nil)
    await rig.end()
  }

  /// A move that is bound to a plan is refused when another plan would be made, and says why.
  @Test func anotherPlanIsRefused() async throws {
    let (rig, zone) = try await Self.rig([Self.mine])
    func refusal(_ checksum: String) async -> Refusal? {
      await #expect(throws: Refusal.self) {
        try await rig.coordinator.move(
          "app",
          request: MoveRequest(
            to: "eu-central", epoch: 41, operatorName: "kim", plan: checksum),
          isFailback: false)
      }
    }
    let plan = try await rig.coordinator.plan("app", to: "eu-central", isFailback: false)
    let reads = zone.now.reads
    // The same plan: what is left are the rules.
    #expect(await refusal(plan.checksum)?.code == "not_eligible")
    #expect(await refusal(plan.checksum.uppercased())?.code == "not_eligible")
    #expect(zone.now.reads == reads + 2, "read right before")
    let unknown = await refusal("0123456789ab")
    #expect(unknown?.code == "plan_changed")
    #expect(unknown?.message.contains(plan.checksum) == true, "\(unknown?.message ?? "")")
    zone.change { $0.records[0].target = "192.0.2.3" }
    let changed = await refusal(plan.checksum)
    #expect(changed?.code == "plan_changed")
    #expect(changed?.message.contains("id 12 is 192.0.2.1") == true)
    #expect(changed?.message.contains("id 12 is 192.0.2.3") == true)
    zone.change {
      $0.failure = ProviderError(.unreachable, .transient, description: "Linode: no answer")
    }
    #expect(await refusal(plan.checksum)?.code == "cannot_read", "not to be compared")
    await rig.end()
  }

  @Test func keptPlansAreBounded() {
    var plans = KeptPlans()
    func plan(_ number: Int) -> MovePlanDocument {
      MovePlanDocument(
        atMs: 0, service: "app", names: [], kind: .operatorMove, epoch: 1, from: nil, to: "b",
        records: [], wait: PlannedWait(publishSeconds: 60), checksum: "\(number)")
    }
    for number in 0...KeptPlans.most { plans.keep(plan(number)) }
    #expect(plans.plan("0") == nil && plans.plan("1") != nil)
    #expect(plans.plan("\(KeptPlans.most)") != nil)
  }
}
