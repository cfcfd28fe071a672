import Decision
import Testing
import Wire

/// Two hosts with one identity (FAULTS 11).
struct TwinsTests {
  /// One process that reports through the real admission.
  struct Process {
    var boot: String
    var sequence: UInt64 = 0
    var challenge: String?
  }

  /// The coordinator's door and what comes through it.
  struct Door {
    var admission = Admission(freshFor: .seconds(15), window: .seconds(60))
    var evidence = Evidence(floor: Instant(milliseconds: 0))
    var ms: Int64 = 0
    var challenges = 0

    var now: Now {
      Now(instant: Instant(milliseconds: ms), wallMs: Lab.wallStart + ms)
    }

    /// The code of the refusal; nil where it was admitted.
    mutating func send(_ process: inout Process, sentMs: Int64? = nil) -> String? {
      process.sequence += 1
      return resend(&process, sentMs: sentMs)
    }

    /// Once more with the same number.
    mutating func resend(_ process: inout Process, sentMs: Int64? = nil) -> String? {
      let report = Report(
        agent: "a1", region: "a", boot: process.boot, sequence: process.sequence,
        sentMs: sentMs ?? now.wallMs, intervalMs: 5000, challenge: process.challenge,
        agentVersion: "1.0.0")
      challenges += 1
      defer {
        process.challenge = "\(challenges)"
        admission.issued("\(challenges)", to: "a1", now: now.instant)
      }
      do {
        try admission.admit(report, now: now)
        evidence.take(report, at: now.instant)
        return nil
      } catch {
        if error.showsTwin { evidence.take(report, at: now.instant) }
        return error.problem.code
      }
    }

    var holds: Bool { evidence.twins.hold("a1", at: Present(now)) }
  }

  @Test func aHostThatStartsAnewIsNoTwin() {
    var door = Door()
    for boot in 1...40 {
      var process = Process(boot: "\(boot)")
      for _ in 0..<3 {
        #expect(door.send(&process) == nil)
        door.ms += 1000
      }
    }
    #expect(!door.holds && door.evidence.agents["a1"] != nil)
  }

  @Test func twoThatReportInTurnAreQuarantinedUntilOneHasBeenAloneForTenMinutes() {
    var door = Door()
    var one = Process(boot: "one"), two = Process(boot: "two")
    #expect(door.send(&one) == nil)
    door.ms += 1000
    #expect(door.send(&two) == nil)
    #expect(!door.holds)
    door.ms += 1000
    // What it echoes was issued before the other came: it may have been late.
    #expect(door.send(&one) == "ended_boot")
    #expect(!door.holds)
    door.ms += 1000
    #expect(door.send(&one) == nil)
    #expect(door.holds)
    #expect(door.evidence.agents["a1"] == nil && door.evidence.acknowledgements["a1"] == nil)
    // The other goes on, too: neither counts.
    door.ms += 1000
    #expect(door.send(&two) == "ended_boot")
    door.ms += 1000
    #expect(door.send(&two) == nil)
    #expect(door.evidence.agents["a1"] == nil)
    // From now on one is alone; a restart of it is no twin.
    let last = door.ms
    while door.ms < last + 594_000 {
      door.ms += 6000
      #expect(door.send(&two) == nil)
    }
    var again = Process(boot: "three")
    door.ms = last + 599_999
    #expect(door.send(&again) == nil)
    #expect(door.holds && door.evidence.agents["a1"] == nil)
    door.ms += 1
    #expect(!door.holds)
    #expect(door.send(&again) == nil)
    #expect(door.evidence.agents["a1"] != nil)
  }

  /// A copy of a running machine has its boot id, too.
  @Test func twoWithOneBootAreToldByTheirNumbers() {
    var door = Door()
    var one = Process(boot: "one")
    #expect(door.send(&one) == nil)
    var two = one
    door.ms += 1000
    #expect(door.send(&one) == nil)
    #expect(door.send(&one) == nil)
    door.ms += 1000
    #expect(door.send(&two) == "replayed")
    #expect(door.holds)
    #expect(door.evidence.agents["a1"] == nil)
    // The one ahead is admitted still, and counts for as little.
    #expect(door.send(&one) == nil)
    #expect(door.evidence.agents["a1"] == nil)
  }

  @Test func theNewestNumberGivenTwiceIsEnough() {
    var door = Door()
    var one = Process(boot: "one")
    #expect(door.send(&one) == nil)
    var two = one
    door.ms += 1000
    #expect(door.send(&one) == nil)
    door.ms += 1
    #expect(door.send(&two) == "replayed")
    #expect(door.holds)
  }

  /// A report that arrives twice is the same to the millisecond.
  @Test func aReplayedReportIsNoTwin() {
    var door = Door()
    var one = Process(boot: "one")
    for _ in 0..<5 {
      #expect(door.send(&one) == nil)
      door.ms += 10
    }
    for sequence in 1...5 {
      var old = Process(boot: "one", sequence: UInt64(sequence), challenge: one.challenge)
      let sent = Lab.wallStart + Int64(sequence - 1) * 10
      #expect(door.resend(&old, sentMs: sent) == "replayed")
    }
    #expect(!door.holds)
    // One that never counted may have been late.
    var late = Process(boot: "late", sequence: 7)
    #expect(door.resend(&late) == nil)
    late.sequence = 6
    #expect(door.resend(&late) == "replayed")
    #expect(!door.holds)
  }

  @Test func aTwinThatEchoesNothingNewProvesNothingYet() {
    var door = Door()
    var one = Process(boot: "one")
    #expect(door.send(&one) == nil)
    var two = one
    door.ms += 10_000
    #expect(door.send(&one) == nil)
    door.ms += 5001
    #expect(door.send(&two) == "not_timely")
    #expect(!door.holds)
  }

  /// An agent starts over and over: what is known of it is bounded, the oldest boot is forgotten.
  @Test func onlySoManyBootsAreKnown() {
    var door = Door()
    var first = Process(boot: "0")
    #expect(door.send(&first) == nil)
    for boot in 1...15 {
      var process = Process(boot: "\(boot)")
      door.ms += 1
      #expect(door.send(&process) == nil)
    }
    first.challenge = nil
    #expect(door.send(&first) == "not_timely")
    var next = Process(boot: "16")
    #expect(door.send(&next) == nil)
    // Forgotten: one that nobody knows.
    first.challenge = nil
    #expect(door.send(&first) == nil)
    #expect(!door.holds)
  }

  @Test func anotherRegionForTheAgentForgetsTheQuarantine() {
    var door = Door()
    var one = Process(boot: "one")
    #expect(door.send(&one) == nil)
    var two = one
    door.ms += 1
    #expect(door.send(&one) == nil)
    door.ms += 1
    #expect(door.send(&two) == "replayed")
    #expect(door.holds)
    door.evidence.forget("a1")
    #expect(!door.holds)
  }

  /// RULES 8: the host is missing, and its region goes by the count: one stolen key does not hold a
  /// failback back, nor a rescue.
  @Test func aQuarantinedHostIsMissingAndItsRegionGoesByTheCount() {
    var lab = Lab()
    lab.settle()
    #expect(lab.run().eligibilities["b"]?.isEligible == true)
    func copy(_ agent: AgentID) -> Report {
      Report(
        agent: agent, region: "b", boot: "copy", sequence: 1, sentMs: 1, intervalMs: 5000,
        agentVersion: "1.0.0")
    }
    lab.evidence.take(copy("b1"), at: lab.now)
    var seen = lab.run()
    let view = seen.pictures["b"]?.inside.instances.first { $0.agent == "b1" }
    #expect(view?.vote == .missing)
    #expect(view?.reason == "is quarantined: two hosts share its identity")
    #expect(seen.pictures["b"]?.verdict == .degraded)
    #expect(seen.eligibilities["b"]?.isEligible == true)
    // A healthy one is taken first.
    #expect(seen.target == "c")
    lab.check("c", is: .bad)
    #expect(lab.run().target == "b")
    // Of both hosts nothing is known: too few say that it is well.
    var both = lab
    both.evidence.take(copy("b2"), at: both.now)
    seen = both.run()
    #expect(seen.eligibilities["b"]?.isEligible == false && seen.target == nil)
    // Later it has merely not reported.
    lab.reports("b1", arrive: false)
    lab.now = lab.now + .seconds(600)
    let late = lab.tick().pictures["b"]?.inside.instances.first { $0.agent == "b1" }
    #expect(late?.reason == "has not reported")
  }
}
