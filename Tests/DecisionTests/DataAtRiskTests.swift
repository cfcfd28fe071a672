import Decision
import Testing
import Wire

/// The measured recovery point (RULES 11).
struct DataAtRiskTests {
  static func settled() -> (Lab, Beats) {
    var lab = Lab()
    let beats = lab.beat()
    lab.settle()
    return (lab, beats)
  }

  @Test func ofALivingSourceItIsTheLagAndTwoPeriods() throws {
    var (lab, beats) = Self.settled()
    beats.lagMs["a b"] = 4000
    let risk = try #require(lab.run(9).dataAtRisk["b"])
    // A lag of 4 s is two heartbeats; T + P is 3 s.
    #expect(risk.behindSeconds == 4)
    #expect(risk.upperSeconds == 7)
    let from = try #require(risk.fromMs)
    #expect(risk.toMs == from + 7000)
    // The other target's replica is another matter.
    let other = lab.run().dataAtRisk["c"]
    #expect(try #require(other).behindSeconds <= 2)
  }

  /// FAULTS 66: the hosts are dead, AWS replicates on: it goes to 0, not up with the clock.
  @Test func ofADeadSourceItGoesToZeroAndStaysThere() throws {
    var (lab, beats) = Self.settled()
    beats.lagMs["a b"] = 8000
    lab.run(8)
    beats.writesUntil["a"] = lab.now.milliseconds
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: ["coordinator", "b", "c"])
    let died = lab.now
    var seen: [Double] = []
    for second in 1...300 {
      let risk = try #require(lab.run().dataAtRisk["b"])
      seen.append(risk.behindSeconds)
      if second > 8 { #expect(risk.behindSeconds == 0, "after \(second) s") }
    }
    #expect(seen == seen.sorted(by: >))
    #expect((6...8).contains(try #require(seen.first)))
    let risk = try #require(lab.run().dataAtRisk["b"])
    let upper = try #require(risk.upperSeconds)
    // The last report came in the second of its death; one heartbeat is at most 2 s older.
    #expect((3...5).contains(upper))
    #expect((risk.toMs ?? 0) <= died.milliseconds + 3000)
  }

  /// While replication stands still too, it is what was missing when the source was last heard.
  @Test func withReplicationCutItStaysWhatItWas() throws {
    var (lab, beats) = Self.settled()
    beats.arriveUntil["a b"] = lab.now.milliseconds
    lab.run(20)
    beats.writesUntil["a"] = lab.now.milliseconds
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: ["coordinator", "b", "c"])
    let early = try #require(lab.run(30).dataAtRisk["b"])
    let late = try #require(lab.run(300).dataAtRisk["b"])
    #expect(early.behindSeconds == 20)
    #expect(late.behindSeconds == 20)
    #expect(late.upperSeconds == early.upperSeconds)
  }

  /// Dark and never seen to have stopped: the upper bound is not known.
  @Test func theTailOfADarkSourceIsUnknown() throws {
    var (lab, beats) = Self.settled()
    lab.edit = { report, now in
      beats.add(to: &report, at: now)
      for index in report.peers.indices { report.peers[index].readMs = 60_000 }
      for index in report.peers.indices { report.peers[index].seenMs += 60_000 }
    }
    lab.reports("a", arrive: false)
    let risk = try #require(lab.run(30).dataAtRisk["b"])
    #expect(risk.upperSeconds == nil)
    #expect(risk.toMs != nil)
  }

  /// The target shows a newer one than the source could still report: nothing is behind.
  @Test func neverNegative() throws {
    var (lab, _) = Self.settled()
    lab.reports("a", arrive: false)
    let risk = try #require(lab.run(60).dataAtRisk["b"])
    #expect(risk.behindSeconds == 0)
  }

  @Test func withoutHeartbeatsItIsUnknown() {
    var lab = Lab()
    lab.settle()
    #expect(lab.run().dataAtRisk["b"] == nil)
  }

  /// Acknowledgements are told apart by boot and sequence; old reports do not turn the clock back.
  @Test func acknowledgementsOnlyGrow() {
    var evidence = Evidence(floor: Lab.start)
    func take(_ boot: String, _ sequence: UInt64, _ second: Int64) {
      evidence.take(
        Report(
          agent: "a1", region: "a", boot: boot, sequence: 1, sentMs: 0, intervalMs: 5000,
          heartbeat: OwnHeartbeat(
            table: "t", sequence: sequence, writtenMs: second * 1000, acknowledgedMs: 500,
            periodMs: 2000), agentVersion: "1.0.0"), at: Lab.start + .seconds(second))
    }
    take("x", 1, 1)
    take("x", 1, 2)
    take("x", 3, 3)
    take("x", 2, 4)
    take("y", 1, 5)
    let kept = evidence.acknowledgements["a1"] ?? []
    #expect(kept.map(\.sequence) == [1, 3, 1])
    #expect(kept.map(\.boot) == ["x", "x", "y"])
    #expect(kept.first?.at == Lab.start + .milliseconds(500))
    for sequence in 2...200 { take("y", UInt64(sequence), 6) }
    #expect(evidence.acknowledgements["a1"]?.count == 64)
    #expect(evidence.acknowledgements["a1"]?.last?.sequence == 200)
  }
}
