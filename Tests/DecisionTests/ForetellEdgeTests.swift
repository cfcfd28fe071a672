import Decision
import Testing
import Wire

/// What a forecast makes of holds that pass, of hosts that are of no concern, and of votes that
/// nothing renews.
@Suite struct ForetellEdgeTests {
  /// What does not reach users is not written; it passes with the zone's trouble, not with time.
  @Test func aZoneThatIsNotServedHolds() throws {
    var lab = Lab()
    lab.settle()
    lab.machine.observe(zoneTrouble: "example.com is disabled")
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .held && outlook.to == "b")
    #expect(outlook.because == "example.com is disabled")
    #expect(outlook.until == "when what is written reaches users again")
  }

  /// A host of other services only: what fails on it is of no concern here.
  @Test func aHostOfOtherServicesChangesNothing() throws {
    var lab = Lab()
    lab.settle()
    let alone = try #require(lab.forecast())
    let bad = CheckResult(
      name: "http shop", kind: "http", state: .bad, failure: .status, ageMs: 0, badSinceMs: 90_000)
    lab.evidence.take(
      Report(
        agent: "b9", region: "b", boot: "boot", sequence: 1, sentMs: 0, intervalMs: 5000,
        checks: [bad], agentVersion: "1.0.0"), at: lab.now)
    #expect(lab.forecast() == alone)
  }

  /// A vote without new answers grows old as time passes, a serving one and a bad one.
  @Test func votesThatAreNotRenewedExpire() throws {
    var lab = Lab()
    lab.settle()
    func silence(_ region: RegionID, _ vote: Vote) {
      lab.edit = { report, _ in
        for index in report.probes.indices where report.probes[index].region == region {
          report.probes[index].vote = vote
          report.probes[index].outcome = .none
          report.probes[index].status = 404
          report.probes[index].servingMs = vote == .serving ? 1_000 : nil
          report.probes[index].badMs = vote == .bad ? 1_000 : nil
          report.probes[index].badSinceMs = vote == .bad ? 30_000 : nil
        }
      }
    }
    silence("b", .serving)
    lab.ownProbes = false
    lab.run()
    lab.evidence.take(
      OwnProbe(
        vote: .serving, outcome: .none, detail: "", at: lab.now,
        servingStarted: lab.now - .seconds(1), badSince: nil, status: 404),
      of: ProbeKey(service: "app", region: "b", family: .ipv4))
    #expect(lab.picture("b").outside.state == .serving, "it still counts")
    let outlook = try #require(lab.forecast())
    #expect(outlook.end == .moves && outlook.to == "c", "b is not served when it is needed")
    // The last answers of a were bad, and none comes any more: nobody is moved for that.
    silence("a", .bad)
    lab.run()
    #expect(lab.picture("a").outside.state == .bad)
    #expect(lab.forecast(.asItIs)?.end == .stays)
  }

  /// With one other region its own vote is needed: while nothing changes, it goes on to be bad.
  @Test func ownProbesThatFailGoOnToFail() throws {
    var lab = Lab(["a", "b"])
    lab.settle()
    lab.see("a", .bad, from: ["b"])
    lab.ownProbes = false
    for _ in 0..<5 {
      lab.now = lab.now + .seconds(1)
      lab.gather()
      lab.evidence.take(
        OwnProbe(
          vote: .bad, outcome: .dark, detail: "", at: lab.now, servingStarted: nil,
          badSince: lab.now - .seconds(5), badNewest: lab.now),
        of: ProbeKey(service: "app", region: "a", family: .ipv4))
      lab.evidence.take(
        OwnProbe(
          vote: .serving, outcome: .serving, detail: "", at: lab.now, servingStarted: lab.now,
          badSince: nil),
        of: ProbeKey(service: "app", region: "b", family: .ipv4))
      lab.tick()
    }
    let outlook = try #require(lab.forecast(.asItIs))
    #expect(outlook.end == .moves && outlook.to == "b")
  }
}
