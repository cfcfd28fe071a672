import Decision
import Testing
import Wire

/// One heartbeat writer per region, replaced when its writes stop (RULES 12).
@Suite struct WriterElectionTests {
  private let policy = Policy()
  private let agents = ["a1", "a2"]

  private func evidence(_ reports: [(String, Int64, UInt64?)]) -> Evidence {
    var evidence = Evidence(floor: Instant(milliseconds: 0))
    for (agent, at, sequence) in reports {
      let heartbeat = sequence.map {
        OwnHeartbeat(
          table: "t", sequence: $0, writtenMs: at, acknowledgedMs: 0, periodMs: 2000)
      }
      evidence.take(
        Report(
          agent: agent, region: "r", boot: "b-\(agent)", sequence: UInt64(at), sentMs: 0,
          intervalMs: 5000, heartbeat: heartbeat, agentVersion: "0.1.0"),
        at: Instant(milliseconds: at))
    }
    return evidence
  }

  private func writer(
    _ election: inout WriterElection, _ evidence: Evidence, at: Int64
  ) -> AgentID? {
    election.writer(
      of: "r", agents: agents, evidence: evidence, policy: policy,
      now: Instant(milliseconds: at))
  }

  @Test func staysWhileItsWritesAreAcknowledged() {
    var election = WriterElection()
    for second in Int64(1)...60 {
      let now = second * 1000
      let evidence = evidence([("a1", now, UInt64(second)), ("a2", now, nil)])
      #expect(writer(&election, evidence, at: now) == "a1")
    }
  }

  @Test func isReplacedWhenItsWritesStop() {
    var election = WriterElection()
    #expect(writer(&election, evidence([("a1", 1000, 1), ("a2", 1000, nil)]), at: 1000) == "a1")
    let later = evidence([("a1", 60_000, nil), ("a2", 60_000, nil)])
    #expect(writer(&election, later, at: 60_000) == "a2")
  }

  /// Three periods, and two reports for the news of it.
  @Test func staysForSixteenSecondsWithoutAnAcknowledgement() {
    for (later, wanted) in [(17_000, "a1"), (17_001, "a2")] as [(Int64, String)] {
      var election = WriterElection()
      #expect(writer(&election, evidence([("a1", 1000, 1), ("a2", 1000, nil)]), at: 1000) == "a1")
      let evidence = evidence([("a1", 1000, 1), ("a1", later, nil), ("a2", later, nil)])
      #expect(writer(&election, evidence, at: later) == wanted)
    }
  }

  @Test func isReplacedWhenItFallsSilent() {
    var election = WriterElection()
    #expect(writer(&election, evidence([("a1", 1000, 1), ("a2", 1000, nil)]), at: 1000) == "a1")
    let later = evidence([("a1", 1000, 1), ("a2", 30_000, nil)])
    #expect(writer(&election, later, at: 30_000) == "a2")
  }

  @Test func theOnlyOneStays() {
    var election = WriterElection()
    #expect(writer(&election, evidence([("a2", 1000, nil)]), at: 1000) == "a2")
    #expect(writer(&election, evidence([("a2", 99_000, nil)]), at: 99_000) == "a2")
    #expect(writer(&election, evidence([]), at: 200_000) == "a2")
  }
}
