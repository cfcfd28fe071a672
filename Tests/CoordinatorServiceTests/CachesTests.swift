import Decision
import Platform
import Store
import Testing
import Wire

@testable import CoordinatorCore
@testable import CoordinatorService

/// When resolvers are asked, and when no more.
@Suite struct CachesTests {
  private static let epoch: UInt64 = 4

  private static func openMove(_ store: Store) throws {
    var memory = Memory()
    memory.phase = .verifying
    memory.epoch = epoch
    memory.active = "us-east"
    memory.intent = Intent(
      epoch: epoch, errand: .emergency, from: "us-east", to: "eu-central", rule: .failOver)
    try store.prepareMove(memory)
  }

  /// Nothing listens there.
  private static var text: CoordinatorRig.Text {
    var text = CoordinatorRig.Text()
    text.top = "[dns]\nresolvers = [\"127.0.0.99:9\"]"
    return text
  }

  private func withRig(_ body: (CoordinatorRig) async throws -> Void) async throws {
    let rig = try CoordinatorRig(prepare: Self.openMove)
    try await body(rig)
    await rig.end()
  }

  private func lines(_ answers: NameServerAnswer...) -> [NameServerLine] {
    answers.map { NameServerLine(server: "ns", answer: $0, ttlSeconds: 30, askedMs: 0) }
  }

  @Test func theyAreAskedOnceItIsPublished() async throws {
    try await withRig { rig in
      let coordinator = rig.coordinator
      await coordinator.watch(lines(.new, .new))
      #expect(await coordinator.caches == nil, "none is configured")
      let said = try await rig.reload(Self.text)
      #expect(said.contains("dns.resolvers unset -> 127.0.0.99:9"))
      for early in [lines(.new, .old), lines(.other, .new), lines(.mute, .mute), lines()] {
        await coordinator.watch(early)
        #expect(await coordinator.caches == nil, "\(early)")
      }
      await coordinator.watch(lines(.new, .mute))
      let caches = try #require(await coordinator.caches)
      #expect(caches.epoch == Self.epoch && caches.to == "eu-central" && caches.incident > 0)
      #expect(caches.rounds.map(\.new) == [["192.0.2.2"]])
      #expect(caches.rounds.map(\.old) == [["192.0.2.1"]])
      try await poll("it was asked") { await coordinator.caches?.watch.lines.count == 1 }
      #expect(await coordinator.caches?.watch.lines.map(\.answer) == [.mute])
      let shown = try #require(await coordinator.status().services.first?.caches)
      #expect(shown.isAsking && shown.clearMs == nil && shown.resolvers.count == 1)
      // Not begun anew by the next round of the proof.
      await coordinator.watch(lines(.new, .new))
      #expect(await coordinator.caches?.watch.sinceMs == caches.watch.sinceMs)
    }
  }

  @Test func withoutResolversNothingIsLeft() async throws {
    try await withRig { rig in
      _ = try await rig.reload(Self.text)
      await rig.coordinator.watch(lines(.new))
      _ = try await rig.reload(.init())
      #expect(await rig.coordinator.caches == nil)
      try await poll("nobody asks") { await rig.coordinator.askingCaches == nil }
    }
  }

  /// A later move, or a change by somebody else: what caches hold is about something else.
  @Test func theServicePointsElsewhere() async throws {
    try await withRig { rig in
      _ = try await rig.reload(Self.text)
      await rig.coordinator.watch(lines(.new))
      await rig.coordinator.change { memory in
        memory.intent = nil
        memory.active = "eu-central"
      }
      try await Task.sleep(for: .milliseconds(1500))
      #expect(await rig.coordinator.caches != nil, "the end of the move ends nothing here")
      await rig.coordinator.change { $0.active = "ap-south" }
      try await poll("it was dropped") { await rig.coordinator.caches == nil }
    }
    var memory = Memory()
    memory.active = "eu-central"
    let inquiry = CacheInquiry(
      epoch: 4, incident: 1, to: "eu-central", rounds: [],
      watch: CacheWatch(questions: 1, sinceMs: 100_000, ttlSeconds: 30), dueMs: 0)
    #expect(inquiry.isAbout(memory))
    memory.intent = Intent(
      epoch: 5, errand: .commanded, from: "us-east", to: "eu-central", rule: .operatorMove)
    #expect(!inquiry.isAbout(memory), "another move to the same region")
    #expect(inquiry.status(atMs: 100_000)?.isAsking == true)
    #expect(inquiry.status(atMs: 200_000)?.isAsking == false)
    #expect(inquiry.status(atMs: 100_000 + CacheWatch.longestMs + 1) == nil)
    #expect(inquiry.status(atMs: 99_999) == nil)
  }

  @Test func whatIsClearIsNoted() async throws {
    try await withRig { rig in
      _ = try await rig.reload(Self.text)
      await rig.coordinator.watch(lines(.new))
      try await poll("it was asked") { await rig.coordinator.caches?.watch.lines.isEmpty == false }
      let heard = NameServerLine(server: "127.0.0.99:9", answer: .new, askedMs: 0)
      await rig.coordinator.heard([heard], of: "app", epoch: Self.epoch + 1)
      #expect(await rig.coordinator.caches?.watch.clearMs == nil, "of another move")
      await rig.coordinator.heard([heard], of: "app", epoch: Self.epoch)
      let clear = try #require(await rig.coordinator.caches?.watch.clearMs)
      #expect(await rig.coordinator.state["app"]?.incident?.cachesClearMs == clear)
      try await poll("nobody asks") { await rig.coordinator.askingCaches == nil }
    }
  }

  private func poll(_ what: String, _ isSo: () async -> Bool) async throws {
    let end = Clocks.monotonic().advanced(by: .seconds(60))
    while await !isSo() {
      try #require(Clocks.monotonic() < end, "\(what)")
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

extension Coordinator {
  fileprivate var caches: CacheInquiry? { shells["app"]?.caches }

  /// As after a round of the proof.
  fileprivate func watch(_ lines: [NameServerLine]) {
    state["app"]?.lines = lines
    watchCaches("app")
  }

  fileprivate func change(_ body: @Sendable (inout Memory) -> Void) {
    guard var memory = state["app"]?.machine.memory else { return }
    body(&memory)
    guard let room = room("app") else { return }
    state["app"]?.machine = Machine(
      topology: room.service.topology, policy: room.service.policy, memory: memory,
      started: started)
  }
}
