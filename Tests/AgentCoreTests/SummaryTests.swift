import AgentCore
import Testing
import Wire

@Suite("Health summaries")
struct SummaryTests {
  private func agent() -> AgentState {
    AgentState(
      facts: AgentFacts(
        agent: "a1", region: "us-east", boot: "0123456789abcdef", version: "0.1.0",
        reportIntervalMs: 5000, table: "app"))
  }

  private let heartbeat = Heartbeat(
    agent: "a1", boot: "0123456789abcdef", sequence: 9, writtenMs: 1_000_000, periodMs: 2000)

  @Test("A summary has the checks that count, the worst first, with their ages")
  func order() {
    var state = agent()
    for (index, letter) in "stfum".enumerated() {
      var identity = checkIdentity
      identity.name = String(letter)
      _ = state.add(identity, policy: CheckPolicy(), at: .at(0))
      for step in 0..<5 as Range<Int64> {
        let at = step * 3000
        _ = state.take(
          Attempt(started: .at(at), ended: .at(at + 5), outcome: .of(letter)), of: index,
          wallMs: at)
      }
    }
    var alert = checkIdentity
    alert.counts = .alert
    _ = state.add(alert, policy: CheckPolicy(), at: .at(0))
    let summary = state.summary(with: heartbeat, at: .at(12_105))
    #expect(summary.checks.map(\.name) == ["f", "u", "m", "t", "s"])
    #expect(summary.checks[0].state == .bad)
    #expect(summary.checks[0].ageMs == 100)
    #expect(summary.checks[0].badSinceMs == 12_105)
    #expect(summary.checks.last?.badSinceMs == nil)
    #expect(summary.agent == "a1" && summary.region == "us-east")
    #expect(summary.boot == "0123456789abcdef" && summary.sequence == 9)
    #expect(summary.wallMs == 1_000_000 && summary.omitted == nil)
    #expect(summary.starved == nil && summary.deployingMs == nil)
    state.deploying(until: .at(20_000), at: .at(12_105))
    #expect(state.summary(with: heartbeat, at: .at(12_105)).deployingMs == 7895)
  }

  private let signed = SignedSummary(summary: "AAAA", signature: "BBBB", keyid: "k")

  private func read(
    _ heartbeat: Heartbeat, wall: Int64, boot: Int64
  ) -> ReplicaRead {
    ReplicaRead(
      sentWallMs: wall - 5, receivedWallMs: wall, sent: .at(boot - 5), received: .at(boot),
      lateMs: 0, periodMs: 1000, found: [heartbeat])
  }

  @Test("A relayed summary's age is since it was first seen, and what it took to get here")
  func age() throws {
    var lag = LagEstimator()
    var beat = heartbeat
    beat.summary = signed
    lag.take(read(beat, wall: 1_000_800, boot: 50_000))
    let first = try #require(lag.peer("us-east", at: .at(50_300))?.summary)
    #expect(first == RelayedSummary(summary: "AAAA", signature: "BBBB", keyid: "k", ageMs: 1100))
    // Read again, it is no younger.
    lag.take(read(beat, wall: 1_005_800, boot: 55_000))
    #expect(lag.peer("us-east", at: .at(55_000))?.summary?.ageMs == 5800)
    // A reader whose clock is behind never makes it younger than its time here.
    var next = beat
    next.sequence = 10
    next.writtenMs = 1_009_000
    lag.take(read(next, wall: 1_006_800, boot: 56_000))
    #expect(lag.peer("us-east", at: .at(56_500))?.summary?.ageMs == 500)
  }

  @Test("A heartbeat without a summary relays none, not the one before")
  func none() {
    var lag = LagEstimator()
    var beat = heartbeat
    beat.summary = signed
    lag.take(read(beat, wall: 1_000_800, boot: 50_000))
    beat.sequence = 10
    beat.summary = nil
    lag.take(read(beat, wall: 1_002_800, boot: 52_000))
    #expect(lag.peer("us-east", at: .at(52_000))?.summary == nil)
  }
}
