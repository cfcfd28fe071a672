import Decision
import Testing
import Wire

/// Which reports a failback's gate minds: those that may complete it, or hold its clock.
struct GateNewsTests {
  /// Users are in b, the primary a is well again, heartbeats flow.
  private static func away(_ mode: FailbackMode) -> (Lab, Beats) {
    var policy = Policy.acting
    policy.failback = mode
    policy.failbackAfter = .seconds(1000)
    var memory = Memory()
    memory.active = "b"
    var lab = Lab(policy: policy, memory: memory)
    let beats = lab.beat()
    lab.point(at: "b")
    lab.run(110)
    return (lab, beats)
  }

  /// Whether it minds the report of that host, as the evidence and the newest judgement are.
  private static func minds(_ lab: Lab, _ agent: AgentID, _ seen: Assessment) throws -> Bool {
    let gate = try #require(seen.gate)
    let report = try #require(lab.evidence.agents[agent]?.report)
    return gate.minds(
      report, from: "b", to: "a", assessment: seen, machine: lab.machine, evidence: lab.evidence,
      now: Present(lab.clock))
  }

  @Test func whileOnlyTimeIsMissingItMindsNone() throws {
    var (lab, _) = Self.away(.automatic)
    let seen = lab.run()
    for agent in ["a1", "b1", "c1"] { #expect(try !Self.minds(lab, agent, seen)) }
  }

  @Test func aLagThatBeginsIsMindedInTheReportsOfThePair() throws {
    var (lab, beats) = Self.away(.automatic)
    let seen = lab.run()
    beats.lagMs["a b"] = 5001
    lab.now = lab.now + .seconds(1)
    lab.gather()
    #expect(try Self.minds(lab, "b1", seen), "it brings a slow one")
    #expect(try !Self.minds(lab, "c1", seen), "that is of no concern to it")
    let late = lab.tick()
    #expect(late.gate?.lagBreach == true)
    #expect(try Self.minds(lab, "c1", late), "any may end the breach")
  }

  @Test func heartbeatsThatDoNotArriveAreMinded() throws {
    var (lab, beats) = Self.away(.automatic)
    let seen = lab.run()
    beats.arriveUntil["a b"] = lab.now.milliseconds
    for _ in 0..<15 {
      lab.now = lab.now + .seconds(1)
      lab.gather()
    }
    #expect(try Self.minds(lab, "a1", seen) && Self.minds(lab, "b1", seen))
  }

  /// What is missing may come with any report; by an operator's failback it is looked at anew.
  @Test(arguments: [FailbackMode.automatic, .manual])
  func whatIsMissingMayComeWithAnyReport(mode: FailbackMode) throws {
    var (lab, beats) = Self.away(mode)
    beats.lagMs["a b"] = 5001
    let seen = lab.run()
    let isMissing = seen.gate?.conditions.contains { !$0.holds && $0.name != "stable" } == true
    #expect(isMissing)
    #expect(
      seen.gate?.waitsForReports(seen.memories["a"], lab.policy) == (mode == .automatic))
  }

  @Test func aClockThatStandsStillWaitsForAnotherVerdict() throws {
    var (lab, _) = Self.away(.manual)
    lab.reports("a", arrive: false)
    let seen = lab.run(20)
    #expect(seen.memories["a"]?.isPaused == true)
    #expect(seen.gate?.waitsForReports(seen.memories["a"], lab.policy) == true)
  }
}
