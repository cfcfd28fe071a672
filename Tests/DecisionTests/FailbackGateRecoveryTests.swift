import Decision
import Testing
import Wire

/// What counts from the very second of the recovery on.
extension FailbackGateTests {
  /// The write at the very second of the recovery counts, and the fifth is enough.
  @Test func fiveWritesFromTheRecoveryOn() throws {
    var (lab, beats) = Self.away(.manual)
    lab.edit = { report, now in
      beats.add(to: &report, at: now)
      report.consistency = .strong
    }
    lab.run(110)
    lab.fail("a")
    lab.run(lab.now.milliseconds % 2000 == 0 ? 5 : 4)
    lab.recover("a")
    func writes() -> String? {
      lab.run().gate?.conditions.first { $0.name == "writes-out" && !$0.holds }?.text
    }
    #expect(writes() == "writes acknowledged in a: 1 of 5")
    let up = try #require(lab.tick().memories["a"]?.upSince)
    #expect(up == lab.now && up.milliseconds % 2000 == 0)
    var waited = 0
    while writes() != nil && waited < 60 { waited += 1 }
    // Written every two seconds.
    #expect(waited == 7)
  }

  /// The heartbeat of the very second of the recovery counts too.
  @Test func fiveHeartbeatsFromTheRecoveryOn() {
    var (lab, beats) = Self.away(.manual)
    lab.run(110)
    lab.fail("a")
    lab.run(lab.now.milliseconds % 2000 == 0 ? 5 : 4)
    lab.recover("a")
    func heartbeats() -> String? {
      lab.run().gate?.conditions.first { $0.name == "replication-out" }?.text
    }
    #expect(heartbeats() == "heartbeats a to b: 0 of 5 within 5.0 s")
    // It takes 0.8 s.
    #expect(heartbeats() == "heartbeats a to b: 1 of 5 within 5.0 s")
    #expect(beats.lagMs.isEmpty)
  }

  /// Writes of before the recovery that do not arrive are no breach; one of its very second is.
  @Test(arguments: [false, true]) func whatWasWrittenBeforeIsNoBreach(writesOnce: Bool) {
    var (lab, beats) = Self.away(.manual)
    lab.run(50)
    lab.fail("a")
    beats.arriveUntil["a b"] = lab.now.milliseconds - 20_000
    lab.run(lab.now.milliseconds % 2000 == 0 ? 5 : 4)
    lab.recover("a")
    beats.writesUntil["a"] = lab.now.milliseconds + (writesOnce ? 1000 : -3000)
    lab.run(110)
    let closed = Self.closed(&lab)
    #expect(closed.contains("replication-out"))
    #expect(closed.contains("stable") == writesOnce)
  }
}
