import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// The lines that steps add to the history for what begins and what ends.
@Suite struct EventLineTests {
  private static func judged(_ bench: inout Bench) throws -> Assessment {
    bench.step()
    return try #require(bench.core.assessment)
  }

  // MARK: One family of two (RULES 3)

  private static func families(
    _ bench: inout Bench, _ found: Assessment, bad: [AddressFamily]
  ) -> [EventRecord] {
    var found = found
    let isDown = bad.count == bench.core.machine.topology.families.count
    found.pictures["us"]?.outside.state = isDown ? .bad : .serving
    found.pictures["us"]?.outside.badFamilies = isDown ? [] : bad
    return bench.core.familyEvents(found, now: bench.now)
  }

  @Test func aFamilyThatFailsAloneIsToldAndSoIsItsEnd() throws {
    var bench = Bench(topology: Bench.topology([.ipv4, .ipv6]))
    let found = try Self.judged(&bench)
    #expect(Self.families(&bench, found, bad: []).isEmpty)
    let begins = Self.families(&bench, found, bad: [.ipv6])
    #expect(begins.map(\.kind) == [CoordinatorMessage.familyBad.historyKind])
    #expect(begins.map(\.level) == [.alert] && begins.map(\.region) == ["us"])
    #expect(begins.first?.text.contains("us is served, but not at its ipv6 address") == true)
    #expect(Self.families(&bench, found, bad: [.ipv6]).isEmpty, "it is known")
    let other = Self.families(&bench, found, bad: [.ipv4])
    #expect(other.map(\.level) == [.alert, .notice], "each has its own line")
    let ends = Self.families(&bench, found, bad: [])
    #expect(ends.map(\.kind) == [CoordinatorMessage.familyBack.historyKind])
    #expect(ends.first?.text.contains("the ipv4 address of us is not seen to fail") == true)
  }

  /// Where the other one fails as well, the region is down: nothing is back.
  @Test func bothFamiliesAreAVerdictAndNoEnd() throws {
    var bench = Bench(topology: Bench.topology([.ipv4, .ipv6]))
    let found = try Self.judged(&bench)
    #expect(Self.families(&bench, found, bad: [.ipv6]).count == 1)
    #expect(Self.families(&bench, found, bad: [.ipv4, .ipv6]).isEmpty)
    #expect(Self.families(&bench, found, bad: [.ipv6]).isEmpty, "as was told")
    #expect(Self.families(&bench, found, bad: [.ipv4, .ipv6]).isEmpty)
    let ends = Self.families(&bench, found, bad: [])
    #expect(ends.map(\.level) == [.notice] && ends[0].text.hasPrefix("the ipv6 address"))
  }

  // MARK: Replicas (RULES 12)

  @Test func anIllReplicaIsToldOnceAndSoIsItsEnd() throws {
    var bench = Bench()
    var found = try Self.judged(&bench)
    found.illReplicas = ["eu": "aws-2 is CREATING", "ap": "aws-3 is not listed in us"]
    let begins = bench.core.replicationEvents(found, now: bench.now)
    #expect(begins.map(\.region) == ["ap", "eu"], "in a fixed order")
    #expect(begins.allSatisfy { $0.level == .alert })
    #expect(begins.last?.text.hasPrefix("replica aws-2 is CREATING: nobody is returned") == true)
    #expect(bench.core.replicationEvents(found, now: bench.now).isEmpty)
    found.illReplicas = nil
    #expect(bench.core.replicationEvents(found, now: bench.now).isEmpty, "nobody lists any")
    found.illReplicas = ["ap": "aws-3 is not listed in us"]
    let ends = bench.core.replicationEvents(found, now: bench.now)
    #expect(ends.map(\.text) == ["the replica of eu is listed as active again"])
    #expect(ends.map(\.level) == [.notice] && ends.map(\.region) == ["eu"])
  }

  // MARK: Markers and starts

  @Test func anotherMarkerIsToldAsWhatItAddsToTheFirst() {
    var bench = Bench()
    bench.step()
    func note(_ text: String) -> [String] {
      bench.core.noteConflict(
        [MarkerConflict(found: text, name: "_signalbox.app.example.org")], now: bench.now)
      return Bench.texts(bench.core.takeDirectives())
    }
    #expect(note(Bench.theirs).first?.contains("read-only from now on. ") == true)
    #expect(note(Bench.theirs).isEmpty, "it is known")
    let second = note("signalbox cluster=third incarnation=1 epoch=1 active=ap")
    #expect(second.first?.contains("cluster=third") == true)
    #expect(second.first?.contains("still read-only. ") == true)
  }

  /// Nobody is sent to look for another coordinator where the marker is one's own.
  @Test(arguments: [true, false])
  func aStartSaysWhoseMarkerStands(isOwn: Bool) {
    var bench = Bench()
    bench.core.noteConflict(
      [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org", isOwn: isOwn)],
      now: bench.now)
    let texts = bench.core.start(at: bench.now).events.map(\.text)
    let words = isOwn ? "still read-only: a marker stood at" : "another writer's marker stood at"
    #expect(texts.contains { $0.contains(words) }, "\(texts)")
  }

  // MARK: Leases (RULES 13)

  /// A longer lease has to be durable before it is granted; it passes on to nobody.
  @Test func aLongerLeaseIsStoredAndNamesNoOtherHolder() {
    var bench = Bench(policy: { $0.lease = .seconds(60) })
    bench.pass(.seconds(120))
    bench.step()
    var policy = bench.core.machine.policy
    policy.lease = .seconds(90)
    bench.core.machine.reconfigure(
      topology: Bench.topology, policy: policy, now: bench.now.instant)
    let told = Bench.texts(bench.step()).filter { $0.contains("leased") }
    #expect(told == ["exclusive work of app is leased to us"])
    #expect(bench.core.stored.exclusive == Exclusive(region: "us", leaseMs: 90_000))
  }
}
