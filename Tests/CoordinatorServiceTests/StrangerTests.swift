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

/// A zone with one name, its log of changes, and trouble on demand.
private final class LoggedZone: TakingProvider {
  struct State: Sendable {
    var address = "192.0.2.1"
    var changes: [ProviderChange] = []
    var asked = 0
    var readTrouble: ProviderError?
    var logTrouble: ProviderError?
  }

  let state = Mutex(State())

  var now: State { state.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    let now = now
    if let trouble = now.readTrouble { throw trouble }
    return [ProviderRecord(id: 1, type: "A", name: name, target: now.address, ttlSeconds: 30)]
  }

  func changes(of names: [String]) async throws(ProviderError) -> [ProviderChange] {
    change { $0.asked += 1 }
    let now = now
    if let trouble = now.logTrouble { throw trouble }
    return now.changes
  }
}

/// Who put there what is not ours, and readings that fail.
@Suite struct StrangerTests {
  private static let page = "203.0.113.9"

  private static func rig(_ zone: LoggedZone) throws -> CoordinatorRig {
    try CoordinatorRig(provider: zone) { store in
      var memory = Memory()
      memory.active = "us-east"
      _ = try store.commit(Commit(service: "app", epoch: 0, memory: try JSON.encode(memory)))
    }
  }

  /// Reads the record until a finding has these words.
  private static func poll(_ rig: CoordinatorRig, _ words: String) async throws {
    let end = Clocks.monotonic() + .seconds(300)
    while Clocks.monotonic() < end {
      await rig.coordinator.readAt()
      let findings = await rig.coordinator.status().services.first?.findings ?? []
      if findings.contains(where: { $0.contains(words) }) { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("no finding has: \(words)")
  }

  /// The log lags behind: what it has of ours from before is not taken for the stranger's.
  @Test func ourOwnChangesNameNobody() async throws {
    let zone = LoggedZone()
    let rig = try Self.rig(zone)
    await rig.coordinator.readAt()
    let wall = Clocks.wallMilliseconds()
    zone.change {
      $0.address = Self.page
      $0.changes = [
        ProviderChange(atMs: wall - 60_000, user: "signalbox", action: "dns_record_update")
      ]
    }
    for _ in 0..<3 { await rig.coordinator.readAt() }
    let asked = Clocks.monotonic() + .seconds(300)
    while zone.now.asked == 0, Clocks.monotonic() < asked {
      try await Task.sleep(for: .milliseconds(5))
    }
    let said = await rig.coordinator.status().services.first?.findings ?? []
    #expect(!said.contains { $0.contains("account's log") }, "\(said)")
    zone.change {
      $0.changes.insert(
        ProviderChange(atMs: wall + 1000, user: "eve", action: "dns_record_update"), at: 0)
    }
    try await Self.poll(rig, "dns_record_update by eve")
    let findings = await rig.coordinator.status().services.first?.findings ?? []
    #expect(!findings.contains { $0.contains("by signalbox") }, "\(findings)")
    // Ours again: nobody is asked about.
    zone.change { $0.address = "192.0.2.1" }
    await rig.coordinator.readAt()
    #expect(await rig.coordinator.status().services.first?.findings == nil)
    await rig.end()
  }

  @Test func aTokenWithoutTheScopeIsToldOnce() async throws {
    let zone = LoggedZone()
    zone.change {
      $0.address = Self.page
      $0.logTrouble = ProviderError(.unauthorized, .permanent, description: "401")
    }
    let rig = try Self.rig(zone)
    try await Self.poll(rig, "events:read_only")
    let asked = zone.now.asked
    for _ in 0..<5 { await rig.coordinator.readAt() }
    #expect(zone.now.asked == asked)
    await rig.end()
  }

  /// A record that is gone is an alert, once; a reading that our own budget keeps is nothing.
  @Test func readingsThatFail() async throws {
    let zone = LoggedZone()
    let rig = try Self.rig(zone)
    await rig.coordinator.readAt()
    zone.change {
      $0.readTrouble = ProviderError(
        .throttled, .transient, retryAfter: .seconds(9), description: "kept for moves")
    }
    await rig.coordinator.readAt()
    #expect(await rig.coordinator.status().coordinator.doubts.isEmpty)
    zone.change {
      $0.readTrouble = ProviderError(.noRecord, .permanent, description: "no A record")
    }
    for _ in 0..<3 { await rig.coordinator.readAt() }
    #expect(
      await rig.coordinator.status().coordinator.doubts.contains { $0.contains("no A record") })
    let events = try await rig.coordinator.events(
      service: "app", incident: nil, after: 0, limit: 100)
    let alerts = events.events.filter { $0.kind == "record-unread" }
    #expect(alerts.count == 1 && alerts.first?.level == .alert, "\(alerts)")
    await rig.end()
  }
}
