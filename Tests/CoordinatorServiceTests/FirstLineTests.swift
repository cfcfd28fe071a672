import Codec
import Decision
import Platform
import Store
import Testing
import Wire

@testable import CoordinatorCore
@testable import CoordinatorService

/// The first line as the shell puts it together: in the status, for the supervisor, in readiness.
@Suite struct FirstLineTests {
  private static func rig(_ adjust: (inout Memory) -> Void = { _ in }) throws -> CoordinatorRig {
    let text = CoordinatorRig.Text(
      top: "automation = \"automatic\"", services: ["app": CoordinatorRig.briefGrace])
    return try CoordinatorRig(text) { store in
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

  /// The start-up is over, and the name has that address, the active region's unless told.
  private static func settle(
    _ rig: CoordinatorRig, shown: String = "192.0.2.1"
  ) async throws {
    let end = Clocks.monotonic() + .seconds(300)
    while Clocks.monotonic() < end {
      await rig.coordinator.show(shown)
      await rig.coordinator.tick()
      if await rig.coordinator.status().coordinator.graceMs == nil { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("the start-up does not end")
  }

  /// Blocked, not ready, with the age of the picture, though nothing happens; and it goes on by
  /// itself.
  @Test func aJournalThatCannotBeWritten() async throws {
    let rig = try Self.rig()
    try await Self.settle(rig)
    #expect(await rig.coordinator.snapshot(plays: false).looked.ready.isReady)
    await rig.coordinator.failJournal()
    let service = try await Self.status(rig)
    #expect(service.situation == .blocked)
    #expect(service.headline.contains("the journal cannot be written since"))
    #expect(service.headline.contains("what is shown is"))
    let ready = await rig.coordinator.snapshot(plays: false).looked.ready
    #expect(!ready.isReady && ready.text.hasPrefix("not ready\napp: BLOCKED nothing can be"))
    #expect(
      await rig.coordinator.snapshot(plays: false).line.hasPrefix("BLOCKED nothing can be decided"))
    // The disk has room again: nothing else has to happen.
    let end = Clocks.monotonic() + .seconds(300)
    while await rig.coordinator.storeTrouble != nil, Clocks.monotonic() < end {
      await rig.coordinator.tick()
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(await rig.coordinator.snapshot(plays: false).looked.ready.isReady)
    #expect(rig.log.lines.contains { $0.text.contains("the journal can be written again") })
    await rig.end()
  }

  @Test func adoptedAddressesStandInTheFirstLine() async throws {
    let rig = try Self.rig { $0.accepted = ["198.51.100.7"] }
    try await Self.settle(rig, shown: "198.51.100.7")
    let service = try await Self.status(rig)
    #expect(service.situation == .foreign)
    #expect(service.headline.contains("are sent to 198.51.100.7, adopted in place of us-east"))
    // Nobody looks at that address: nothing else says that users are served.
    let records = try await rig.coordinator.check(nil).services.first?.lines.first {
      $0.item == "records"
    }
    #expect(records?.level == .problem)
    #expect(records?.fixes == ["signalbox failover app --to us-east"])
    let explained = try await rig.coordinator.explain("app")
    #expect(explained.conclusion.hasPrefix("Users are sent to 198.51.100.7, which is no region's"))
    await rig.end()
  }

  @Test func twoPausesAndAResume() async throws {
    let rig = try Self.rig {
      $0.pinned = "us-east"
    }
    try await Self.settle(rig)
    func order(_ kind: OrderKind, _ who: String, why: String? = nil, forMs: Int64? = nil)
      async throws -> String
    {
      try await rig.coordinator.order(
        "app", kind,
        OrderRequest(epoch: 0, operatorName: who, reason: why, forMs: forMs)
      ).text
    }
    _ = try await order(.pause, "kim", why: "audit", forMs: 7_200_000)
    let again = try await order(.pause, "lee")
    #expect(again.contains("it was paused by kim since"))
    let service = try await Self.status(rig)
    #expect(service.situation == .paused)
    #expect(service.headline.hasPrefix("by kim since "))
    #expect(service.headline.contains("\"audit\", until "))
    #expect(service.orders?.paused == "by kim: audit")
    let resuming = try #require(service.orders?.resuming)
    #expect(resuming.contains("the pause by kim and the pin that keeps users in us-east"))
    #expect(service.orders?.resumingMoves == false)
    let resumed = try await order(.resume, "lee")
    #expect(resumed.contains("the pause by kim is over"))
    #expect(resumed.contains("the pin that kept users in us-east is lifted"))
    await rig.end()
  }
}

extension Coordinator {
  /// DNS was read to show that address.
  fileprivate func show(_ address: String) {
    _ = state["app"]?.machine.observe(addresses: [.ipv4: [address]], now: .read())
    state["app"]?.upkeep.shown = [address]
  }

  /// What a full disk does to the next write.
  fileprivate func failJournal() {
    storeTrouble = "coordinator.sqlite: the disk is full"
  }
}
