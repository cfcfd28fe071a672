import Decision
import Platform
import Testing
import Wire

@testable import CoordinatorService

/// Replication that stands still, or has lost a replica, is told whatever DNS does (RULES 12).
@Suite struct ReplicationAlarmTests {
  private static let written = Clocks.wallMilliseconds() - 100_000

  /// `b1` has seen nothing newer of `us-east` for so long, though that has something acknowledged.
  private static func take(
    _ rig: CoordinatorRig, unseenForMs: Int, acknowledged: Int64 = 90_000,
    listed: [ReplicaState] = []
  ) async throws -> ServiceStatus {
    var source = rig.report("a1", from: "us-east")
    source.heartbeat = OwnHeartbeat(
      table: "app", sequence: 9, writtenMs: written + acknowledged, acknowledgedMs: 1_000,
      periodMs: 2_000)
    _ = try await rig.coordinator.take(source, from: "a1")
    var target = rig.report("b1", from: "eu-central")
    target.peers = [
      PeerHeartbeat(
        region: "us-east", agent: "a1", boot: "fedcba9876543210", sequence: 8, writtenMs: written,
        seenMs: unseenForMs, readMs: 200, periodMs: 2_000,
        sightings: [Sighting(sequence: 8, writtenMs: written, lagLowMs: 20, lagHighMs: 800)])
    ]
    target.replicas = listed
    _ = try await rig.coordinator.take(target, from: "b1")
    await rig.coordinator.tick()
    return try #require(await rig.coordinator.status().services.first)
  }

  private static func lines(_ rig: CoordinatorRig, _ text: String) -> Int {
    rig.log.lines.count { $0.text.contains(text) }
  }

  @Test func aDirectionThatStandsStill() async throws {
    let rig = try CoordinatorRig(.init(services: ["app": CoordinatorRig.patient])) { store in
      try CoordinatorRig.active("us-east", in: store)
    }
    func target(_ service: ServiceStatus) -> RegionStatus? {
      service.regions.first { $0.region == "eu-central" }
    }
    var status = try await Self.take(rig, unseenForMs: 1_000)
    #expect(target(status)?.replication == "flowing")
    #expect(Self.lines(rig, "replication") == 0)
    status = try await Self.take(rig, unseenForMs: 20_000)
    #expect(target(status)?.replication == "late")
    #expect((target(status)?.lagAgeSeconds ?? 0) >= 20)
    status = try await Self.take(rig, unseenForMs: 75_000)
    #expect(target(status)?.replication == "stopped")
    #expect(Self.lines(rig, "from us-east to eu-central is late") == 1, "told once")
    let line = try #require(
      await rig.coordinator.check(nil).services.first?.lines.first { $0.item == "replication" })
    #expect(line.level == .problem)
    #expect(line.text.contains("from us-east to eu-central has stopped since"))
    status = try await Self.take(rig, unseenForMs: 75_000, acknowledged: 0)
    #expect(target(status)?.replication == "unwritten")
    #expect(Self.lines(rig, "arrive in eu-central again") == 0, "nothing arrived")
    _ = try await Self.take(rig, unseenForMs: 500)
    #expect(Self.lines(rig, "writes of us-east arrive in eu-central again") == 1)
    await rig.end()
  }

  @Test func aReplicaThatIsNotListed() async throws {
    let rig = try CoordinatorRig(.init(services: ["app": CoordinatorRig.patient]))
    let others = [ReplicaState(aws: "ap-southeast-1", status: "ACTIVE")]
    _ = try await Self.take(rig, unseenForMs: 1_000, listed: others)
    #expect(Self.lines(rig, "replica us-east-1 is not listed in eu-central") == 1)
    // Who lists nothing says nothing.
    _ = try await Self.take(rig, unseenForMs: 1_000)
    #expect(Self.lines(rig, "is listed as active again") == 0)
    let all = others + [ReplicaState(aws: "us-east-1", status: "ACTIVE")]
    _ = try await Self.take(rig, unseenForMs: 1_000, listed: all)
    #expect(Self.lines(rig, "the replica of us-east is listed as active again") == 1)
    await rig.end()
  }
}
