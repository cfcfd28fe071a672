import Decision
import Platform
import Probing
import Settings
import Testing
import Wire

@testable import CoordinatorService

/// Times of several services: each means what the file says for it.
@Suite struct ProbePaceTests {
  private static let slow = #"probe_interval = "20s"\#nprobe_deadline = "10s"\#nfresh_for = "40s""#

  private static func text() -> CoordinatorRig.Text {
    var text = CoordinatorRig.Text()
    text.services = [
      "app": "", "quick": #"report_interval = "1s"\#nheartbeat_period = "500ms""#, "slow": slow,
    ]
    return text
  }

  @Test func eachTargetIsAskedAsItsServiceSays() async throws {
    let rig = try CoordinatorRig(Self.text())
    let rounds = await rig.coordinator.probePlan.rounds
    #expect(rounds.count == 2)
    #expect(Set(rounds[ProbePace()]?.map(\.service) ?? []) == ["app", "quick"])
    let other = try #require(rounds.keys.first { $0 != ProbePace() })
    #expect(other.interval == .seconds(20) && other.deadline == .seconds(10))
    #expect(Set(rounds[other]?.map(\.service) ?? []) == ["slow"])
    // Agents are told of those that go another pace, and report as the most demanding one says.
    let directive = try await rig.coordinator.take(rig.report("a1", from: "us-east"), from: "a1")
    #expect(directive.nextReportMs == 1_000)
    #expect(directive.heartbeatPeriodMs == 500 && directive.heartbeatReadMs == 1_000)
    #expect(directive.probePeriodMs == 5_000 && directive.probeDeadlineMs == 3_000)
    let periods = Dictionary(grouping: directive.probes ?? [], by: \.service).mapValues {
      Set($0.map(\.periodMs))
    }
    #expect(periods == ["app": [nil], "quick": [nil], "slow": [20_000]])
    #expect(Set(directive.probes?.compactMap(\.deadlineMs) ?? []) == [10_000])
    await rig.end()
  }

  /// Whom to read and what to probe is told once, and again by whoever started or reloaded since.
  @Test func standingOrdersAreToldOnce() async throws {
    let rig = try CoordinatorRig(Self.text())
    var report = rig.report("a1", from: "us-east")
    let first = try await rig.coordinator.take(report, from: "a1")
    #expect(first.peers?.isEmpty == false && first.probes?.isEmpty == false)
    report.sequence += 1
    report.challenge = first.challenge
    report.orders = first.orders
    let second = try await rig.coordinator.take(report, from: "a1")
    #expect(second.orders != nil && second.orders == first.orders)
    #expect(second.peers == nil && second.probes == nil)
    var text = Self.text()
    text.services["slow"] = nil
    _ = try await rig.reload(text)
    report.sequence += 1
    report.challenge = second.challenge
    let third = try await rig.coordinator.take(report, from: "a1")
    #expect(third.orders != first.orders)
    #expect(third.probes?.map(\.service).contains("slow") == false)
    await rig.end()
  }

  /// The pace of a target is not what its votes are about.
  @Test func anotherPaceForgetsNoVote() async throws {
    let rig = try CoordinatorRig(Self.text())
    let targets = await rig.coordinator.probePlan.targets
    let probe = OwnProbe(
      vote: .serving, outcome: .serving, detail: "200", at: .now(), servingStarted: .now(),
      badSince: nil)
    await rig.coordinator.take(targets.map { ($0, probe) }, reachedAnything: true)
    var text = Self.text()
    text.services["slow"] = ""
    _ = try await rig.reload(text)
    #expect(await rig.coordinator.evidence.ownProbes.count == 9)
    // A round that was under way counts too.
    await rig.coordinator.take(targets.map { ($0, probe) }, reachedAnything: true)
    #expect(await rig.coordinator.probePlan.rounds.count == 1)
    await rig.end()
  }

  /// Whether this host reaches anything is what the newest rounds of all paces say.
  @Test func roundsOfOtherPacesTellOfThisNetwork() async {
    let book = RoundBook()
    let usual = ProbePace()
    var long = ProbePace()
    long.interval = .seconds(60)
    let start = Instant(milliseconds: 1_000_000)
    func round(_ pace: ProbePace, serves: Bool, at seconds: Int) async -> (Bool, Vote?) {
      let target = ProbeTarget(
        service: pace == usual ? "app" : "slow", region: "us-east", family: .ipv4,
        address: "192.0.2.1", url: "http://app.example.org/health")
      let now = start + .seconds(seconds)
      let found = await book.take(
        [(target, ProbeAnswer(outcome: serves ? .serving : .dark))], pace,
        good: serves ? ["us-east"] : [], reached: nil, started: now, ended: now)
      return (found.reachedAnything, found.own.first?.probe.vote)
    }
    #expect(await round(long, serves: true, at: 0) == (true, .serving))
    #expect(await round(usual, serves: true, at: 1) == (true, .serving))
    #expect(
      await round(usual, serves: false, at: 6) == (true, .serving), "the other's still counts")
    #expect(await round(usual, serves: true, at: 11) == (true, .serving))
    #expect(await round(long, serves: false, at: 60) == (true, .serving), "the other pace did")
    #expect(await round(long, serves: false, at: 120) == (false, .serving))
    #expect(await round(usual, serves: true, at: 121) == (true, .serving))
    await book.keep([], [usual, long])
    #expect(await round(long, serves: false, at: 180) == (true, Vote.none), "forgotten")
    await book.keep([], [long])
    #expect(await round(long, serves: false, at: 240) == (false, Vote.none))
    #expect(await book.begin(usual))
    #expect(await !book.begin(usual))
    await book.end(usual)
    #expect(await book.begin(usual))
  }
  /// A service alone in its pace, whose regions are both bad: that this host reaches others is what
  /// rounds of other paces say.
  @Test func aBadAnswerCountsByWhatOtherPacesReach() async {
    let start = Instant(milliseconds: 1_000_000)
    for elsewhere in [true, false] {
      let book = RoundBook()
      var quick = ProbePace()
      quick.interval = .seconds(1)
      func ask(_ pace: ProbePace, _ region: RegionID, serves: Bool, at seconds: Int) async -> Vote?
      {
        let target = ProbeTarget(
          service: "app", region: region, family: .ipv4, address: "192.0.2.1",
          url: "http://app.example.org/health")
        let now = start + .seconds(seconds)
        let found = await book.take(
          [(target, ProbeAnswer(outcome: serves ? .serving : .dark))], pace,
          good: serves ? [region] : [], reached: nil, started: now, ended: now)
        return found.own.first?.probe.vote
      }
      if elsewhere { _ = await ask(ProbePace(), "eu-central", serves: true, at: 0) }
      var vote: Vote?
      for second in 1...3 { vote = await ask(quick, "us-east", serves: false, at: second) }
      #expect(vote == (elsewhere ? .bad : Vote.none))
    }
  }
}
