import Decision
import Testing
import Wire

/// Health summaries that other regions relay (RULES 4).
struct RelayedTests {
  /// A cannot be heard or reached; its heartbeats still arrive.
  static func cutOff() -> Lab {
    var lab = Lab()
    _ = lab.beat()
    lab.settle()
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: [Outside.coordinator, "b", "c"])
    return lab
  }

  static func summary(
    _ agent: AgentID = "a1", _ state: CheckState = .good, ageMs: Int = 0, badSinceMs: Int? = nil,
    sequence: UInt64 = 1, starved: Bool? = nil, deployingMs: Int? = nil
  ) -> HealthSummary {
    HealthSummary(
      agent: agent, region: "a", boot: "boot", sequence: sequence, wallMs: 0,
      checks: [
        SummaryCheck(
          name: "http app", services: ["*"], state: state, ageMs: ageMs, badSinceMs: badSinceMs)
      ], starved: starved, deployingMs: deployingMs)
  }

  /// What `a1`'s host says, relayed every second from `age` ago.
  static func relay(
    _ lab: inout Lab, _ state: CheckState, seconds: Int, ageMs: Int = 2000,
    starved: Bool? = nil
  ) -> Assessment? {
    var last: Assessment?
    for _ in 0..<seconds {
      lab.evidence.take(
        summary("a1", state, badSinceMs: state == .bad ? 0 : nil, starved: starved),
        signed: lab.now.before(ageMs: ageMs), now: lab.now)
      last = lab.run()
    }
    return last
  }

  @Test func withoutOneTheRegionIsIsolated() {
    var lab = Self.cutOff()
    #expect(lab.run(30).pictures["a"]?.verdict == .isolated)
  }

  /// The host lives and says so: unreachable, not isolated.
  @Test func aGoodOneCountsAsTheHostsReport() {
    var lab = Self.cutOff()
    lab.run(16)
    let found = Self.relay(&lab, .good, seconds: 5)
    #expect(found?.pictures["a"]?.inside.count(.good) == 1)
    #expect(found?.pictures["a"]?.verdict == .unreachable)
  }

  @Test func aBadOneIsABadVote() {
    var lab = Self.cutOff()
    lab.run(16)
    let found = Self.relay(&lab, .bad, seconds: 5)
    let view = found?.pictures["a"]?.inside.instances.first { $0.agent == "a1" }
    #expect(view?.vote == .bad)
    #expect(view?.reason == "http app: relayed by another region")
    #expect(found?.pictures["a"]?.inside.state == .partial)
    #expect(found?.pictures["a"]?.verdict == .failing)
  }

  @Test func aStarvedOnesBadVoteIsMissing() {
    var lab = Self.cutOff()
    lab.run(16)
    let found = Self.relay(&lab, .bad, seconds: 5, starved: true)
    #expect(found?.pictures["a"]?.inside.count(.bad) == 0)
  }

  /// At its true age: what is older than fresh says nothing.
  @Test(arguments: [(14, Verdict.unreachable), (15, .isolated)])
  func itsAgeCounts(seconds: Int, verdict: Verdict) {
    var lab = Self.cutOff()
    lab.run(20)
    // A tick comes a second after it.
    let found = Self.relay(&lab, .good, seconds: 3, ageMs: seconds * 1000)
    #expect(found?.pictures["a"]?.verdict == verdict)
  }

  /// The age of a check in it comes on top.
  @Test func theAgeOfItsChecksComesOnTop() {
    var lab = Self.cutOff()
    lab.run(20)
    lab.evidence.take(
      Self.summary(ageMs: 12_000), signed: lab.now.before(ageMs: 5000), now: lab.now)
    #expect(lab.run().pictures["a"]?.inside.count(.good) == 0)
  }

  /// A host that is heard speaks for itself.
  @Test func aFreshReportComesFirst() {
    var lab = Lab()
    lab.settle()
    let found = Self.relay(&lab, .bad, seconds: 3, ageMs: 0)
    #expect(found?.pictures["a"]?.verdict == .healthy)
  }

  @Test func anOlderOneDoesNotReplaceANewerOne() {
    var lab = Self.cutOff()
    lab.run(20)
    lab.evidence.take(Self.summary(), signed: lab.now, now: lab.now)
    lab.evidence.take(
      Self.summary("a1", .bad, badSinceMs: 0), signed: lab.now.before(ageMs: 1000), now: lab.now)
    lab.evidence.take(
      Self.summary("a1", .bad, badSinceMs: 0), signed: lab.now, now: lab.now)
    #expect(lab.run().pictures["a"]?.inside.count(.good) == 1, "nor one of the same age")
    lab.evidence.take(
      Self.summary("a1", .bad, badSinceMs: 0), signed: lab.now, now: lab.now)
    #expect(lab.run().pictures["a"]?.inside.count(.bad) == 1)
  }

  @Test func whatIsForgottenIsForgottenWhole() {
    var lab = Self.cutOff()
    lab.run(20)
    lab.evidence.take(Self.summary(), signed: lab.now, now: lab.now)
    lab.evidence.forget("a1")
    #expect(lab.run().pictures["a"]?.inside.count(.good) == 0)
  }

  /// A deploy notice in a report holds for the summary too.
  @Test func aDeployNoticeHolds() {
    var lab = Self.cutOff()
    lab.run(16)
    lab.evidence.take(
      Self.summary("a1", .bad, badSinceMs: 0, deployingMs: 60_000), signed: lab.now, now: lab.now)
    // Nobody knows since when: it counts.
    #expect(lab.run().pictures["a"]?.inside.count(.bad) == 1)
    lab.hosts["a1"]?.deployingMs = 60_000
    lab.reports("a1", arrive: true)
    lab.run()
    lab.reports("a1", arrive: false)
    lab.run(16)
    lab.evidence.take(
      Self.summary("a1", .bad, badSinceMs: 0, deployingMs: 60_000), signed: lab.now, now: lab.now)
    #expect(lab.run().pictures["a"]?.inside.count(.bad) == 0)
  }

  /// Two hosts with one identity: nobody knows which one of them signed it.
  @Test func aQuarantinedHostsSummaryIsNotTaken() {
    var lab = Self.cutOff()
    lab.run(16)
    var report = Report(
      agent: "a1", region: "a", boot: "x", sequence: 5, sentMs: 1, intervalMs: 5000,
      agentVersion: "1")
    for (boot, sequence) in [("x", 5), ("y", 1), ("x", 6)] as [(String, UInt64)] {
      report.boot = boot
      report.sequence = sequence
      lab.evidence.take(report, at: lab.now)
    }
    lab.evidence.take(Self.summary(), signed: lab.now, now: lab.now)
    #expect(lab.run().pictures["a"]?.inside.count(.good) == 0)
    #expect(lab.evidence.relayed["a1"] == nil)
  }
}
