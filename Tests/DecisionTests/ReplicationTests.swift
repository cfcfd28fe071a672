import Testing
import Wire

@testable import Decision

/// RULES 12: a pair's lag carries its age.
struct ReplicationTests {
  /// `max_lag` is 5 s, a period 2 s.
  @Test(
    arguments: [
      (0, true, Replication.State.flowing), (11_000, true, .flowing), (11_001, true, .late),
      (26_000, true, .late), (26_001, true, .stopped), (26_001, nil, .stopped),
      (11_001, false, .unwritten), (99_000, false, .unwritten),
    ] as [(Int, Bool?, Replication.State)])
  func itsState(ageMs: Int, isBehind: Bool?, state: Replication.State) {
    let (seen, now) = (Instant(milliseconds: 0), Instant(milliseconds: Int64(ageMs)))
    let found = Replication.state(
      seen: seen, now: Present(now), isBehind: isBehind, policy: Policy())
    #expect(found == state)
  }

  @Test func replicationThatStandsStillIsLateThenStopped() {
    var lab = Lab(["a", "b"])
    lab.settle()
    let beats = lab.beat()
    var seen = lab.run(20)
    let pair = RegionPair(source: "a", target: "b"), back = RegionPair(source: "b", target: "a")
    #expect(seen.replication[pair]?.state == .flowing)
    #expect(seen.replication[pair]?.lagHighMs == 800)
    beats.arriveUntil["a b"] = lab.now.milliseconds
    seen = lab.run(15)
    #expect(seen.replication[pair]?.state == .late)
    #expect(seen.replication[back]?.state == .flowing)
    seen = lab.run(60)
    #expect(seen.replication[pair]?.state == .stopped)
    // The lag of then is as old as it is.
    #expect(seen.replication[pair]?.lagHighMs == 800)
    #expect((73_000...77_000).contains(seen.replication[pair]?.ageMs ?? 0))
    // The source writes nothing: that is not replication's fault.
    beats.writesUntil["b"] = lab.now.milliseconds
    seen = lab.run(40)
    #expect(seen.replication[back]?.state == .unwritten)
  }

  /// Two regions on one AWS region have one replica: neither lists the other's.
  @Test func aReplicaOfTheSameAWSRegionIsNotLookedFor() {
    var lab = Lab(["a", "b", "c"])
    lab.topology.regions[1].aws = "aws-a"
    lab.machine.reconfigure(topology: lab.topology, policy: lab.policy, now: lab.now)
    lab.edit = { report, _ in
      report.replicas = [ReplicaState(aws: "aws-c", status: "ACTIVE")]
    }
    lab.settle()
    #expect(
      lab.run().illReplicas == ["a": "aws-a is not listed in c", "b": "aws-a is not listed in c"])
    lab.edit = { report, _ in
      report.replicas = ["aws-a", "aws-c"].map { ReplicaState(aws: $0, status: "ACTIVE") }
    }
    #expect(lab.run().illReplicas == [:])
  }
}
