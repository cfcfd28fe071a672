import AgentCore
import Testing
import Wire

/// What comes late, from whom nobody asked for, or too much of; and the status, whole.
@Suite("Edges of the agent's state")
struct AgentEdgeTests {
  private func agent(table: String? = "app") -> AgentState {
    AgentState(
      facts: AgentFacts(
        agent: "a1", region: "us-east", boot: "0123456789abcdef", version: "0.1.0",
        reportIntervalMs: 5000, table: table))
  }

  private func report(_ state: inout AgentState, at now: Int64) -> Report {
    state.report(at: .at(now), wallMs: now, clock: ClockState())
  }

  private func attempt(_ outcome: CheckOutcome, at start: Int64) -> Attempt {
    Attempt(started: .at(start), ended: .at(start + 5), outcome: outcome)
  }

  private func beat(_ sequence: UInt64, _ agent: String = "e1") -> Heartbeat {
    Heartbeat(
      agent: agent, boot: "e", sequence: sequence, writtenMs: Int64(sequence) * 1000 - 100,
      periodMs: 2000, previousRttMs: nil, acknowledgedBefore: sequence - 1,
      summary: SignedSummary(summary: "AAAA", signature: "BBBB", keyid: "k"))
  }

  private func read(_ number: Int64, _ found: [Heartbeat]) -> ReplicaRead {
    ReplicaRead(
      sentWallMs: number * 1000, receivedWallMs: number * 1000 + 10, sent: .at(number * 1000),
      received: .at(number * 1000 + 10), lateMs: 0, periodMs: 1000, found: found)
  }

  // MARK: Checks

  @Test("There are as many checks as a report takes, and no more")
  func most() {
    var state = agent()
    for number in 0..<Limits.listEntries {
      #expect(state.add(checkIdentity, policy: CheckPolicy(), at: .at(0)) == number)
    }
    #expect(state.add(checkIdentity, policy: CheckPolicy(), at: .at(0)) == nil)
    #expect(report(&state, at: 10).checks.count == Limits.listEntries)
  }

  @Test("A check that was removed says nothing any more, and its number is not used again")
  func removed() {
    var state = agent()
    var other = checkIdentity
    other.name = "other"
    #expect(state.add(checkIdentity, policy: CheckPolicy(), at: .at(0)) == 0)
    #expect(state.add(other, policy: CheckPolicy(), at: .at(0)) == 1)
    _ = report(&state, at: 0)
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    state.remove(check: 0)
    #expect(state.pacer.due == .at(100), "told at once")
    #expect(state.nextRun(of: 0) == nil && state.nextRun(of: 1) != nil)
    #expect(state.take(attempt(.of("s"), at: 1000), of: 0, wallMs: 0) == nil)
    #expect(report(&state, at: 2000).checks.map(\.name) == ["other"])
    #expect(state.add(checkIdentity, policy: CheckPolicy(), at: .at(0)) == 2)
  }

  @Test("What is odd about a check is told when it begins; that it is over changes no state")
  func finding() {
    var state = agent()
    _ = state.add(checkIdentity, policy: CheckPolicy(), at: .at(0))
    for start in [0, 2000] as [Int64] {
      _ = state.take(attempt(.of("s"), at: start), of: 0, wallMs: 0)
    }
    let odd = CheckOutcome(.success, finding: "it says region eu-central")
    let begins = state.take(attempt(odd, at: 4000), of: 0, wallMs: 0)
    #expect(begins?.from == .good && begins?.result.finding == "it says region eu-central")
    _ = report(&state, at: 4100)
    _ = state.take(directive(1), answering: 1, sent: .at(4100), at: .at(4110))
    let ends = state.take(attempt(.of("s"), at: 6000), of: 0, wallMs: 0)
    #expect(ends == nil && state.pacer.due == .at(4200), "the report tells it")
    #expect(report(&state, at: 6100).checks.first?.finding == nil)
  }

  // MARK: What nobody waits for

  @Test("A directive that is not for this report changes nothing")
  func refused() {
    var state = agent()
    _ = report(&state, at: 0)
    let other = directive(1, agent: "a2", probes: [target("eu-central")])
    guard case .refused = state.take(other, answering: 1, sent: .at(0), at: .at(10)) else {
      Issue.record("it is another agent's")
      return
    }
    #expect(state.probeTargets.isEmpty && state.directive.peers.isEmpty)
    let status = state.status(
      coordinator: "https://c.example", heard: nil, trouble: nil, started: .at(0), at: .at(20))
    #expect(status.reports == ReportCounts(sent: 1))
  }

  @Test("A read of a region that is no peer any more is not kept")
  func stranger() {
    var state = agent()
    _ = report(&state, at: 0)
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    for region in ["eu-central", "ap-south"] {
      state.take(read(1, [beat(1)]), of: region)
      state.take(read(2, [beat(2)]), of: region)
    }
    #expect(report(&state, at: 3000).peers.map(\.region) == ["eu-central"])
    let moved = directive(2, peers: ["eu-central", "ap-south"])
    _ = state.take(moved, answering: 2, sent: .at(3000), at: .at(3010))
    #expect(report(&state, at: 4000).peers.map(\.region) == ["eu-central"], "read anew from now")
  }

  @Test("Without a table there is no heartbeat, whatever comes of one")
  func tableless() {
    var state = agent(table: nil)
    _ = report(&state, at: 0)
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    #expect(state.nextBeat(wallMs: 1, clock: ClockState()) == nil)
    let outcome = BeatOutcome.failed(.timeout, reason: "no answer")
    let changed = state.take(outcome, of: beat(1), started: .at(20), ended: .at(30))
    #expect(!changed && report(&state, at: 40).heartbeat == nil)
    state = agent()
    _ = report(&state, at: 0)
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    let counts = state.take(outcome, of: beat(1), started: .at(20), ended: .at(30))
    #expect(counts && report(&state, at: 40).heartbeat?.failure == .timeout)
  }

  @Test("The target of a probe that goes on is the one of now")
  func targets() throws {
    var state = agent()
    _ = report(&state, at: 0)
    let first = directive(1, probes: [target("eu-central")])
    _ = state.take(first, answering: 1, sent: .at(0), at: .at(10))
    let key = ProbeKey(try #require(state.probeTargets.first))
    let moved = directive(1, probes: [target("eu-central", address: "192.0.2.9")])
    _ = state.take(moved, answering: 1, sent: .at(0), at: .at(10))
    #expect(state.probeTarget(key)?.address == "192.0.2.9")
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    #expect(state.probeTarget(key) == nil)
  }

  // MARK: What is told

  @Test("A report that would be too large leaves out all sightings but the newest five")
  func slimmed() {
    var state = agent()
    _ = report(&state, at: 0)
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    for number in 1...12 as ClosedRange<Int64> {
      state.take(read(number, [beat(UInt64(number))]), of: "eu-central")
    }
    let whole = report(&state, at: 13_000)
    #expect(whole.peers.first?.sightings.map(\.sequence) == Array(2...12))
    let slim = AgentState.slimmed(whole)
    #expect(slim.peers.first?.sightings.map(\.sequence) == Array(8...12))
    #expect(slim.peers.first?.seenMs == whole.peers.first?.seenMs)
  }

  @Test("The status has all that is known, with the newest sighting alone and no summary")
  func status() {
    var state = agent()
    _ = state.add(checkIdentity, policy: CheckPolicy(), at: .at(0))
    _ = report(&state, at: 0)
    var told = directive(1, probes: [target("eu-central")])
    told.services = ["shop", "app"].map { ServiceDirective(service: $0, epoch: 1, traffic: "x") }
    _ = state.take(told, answering: 1, sent: .at(0), at: .at(10))
    for number in 1...4 as ClosedRange<Int64> {
      state.take(read(number, [beat(UInt64(number))]), of: "eu-central")
    }
    _ = state.take(
      ProbeFinding(.dark, reason: "no answer"), of: target("eu-central"), started: .at(4400),
      ended: .at(4450))
    state.loseReport(challenge: nil, retry: false, at: .at(4500), jitter: 0)
    let status = state.status(
      coordinator: "https://c.example", heard: false, trouble: "no answer", started: .at(0),
      at: .at(9_999))
    #expect(status.agent == "a1" && status.region == "us-east" && status.version == "0.1.0")
    #expect(status.upSeconds == 9 && status.coordinator == "https://c.example")
    #expect(status.heard == false && status.trouble == "no answer")
    #expect(status.reports == ReportCounts(sent: 1, answered: 1, lost: 1))
    #expect(status.health == .unknown && status.checks.map(\.name) == [checkIdentity.name])
    #expect(status.heartbeat?.table == "app" && status.probes.map(\.region) == ["eu-central"])
    #expect(status.peers.first?.sightings.map(\.sequence) == [4])
    #expect(status.peers.first?.summary == nil, "it is not for this host to read")
    #expect(report(&state, at: 9_999).peers.first?.summary != nil)
    #expect(status.role.services.map(\.service) == ["app", "shop"], "by name")
  }

  @Test("A starved host says so in its summary")
  func starved() {
    var state = agent()
    for due in [0, 1000, 2000] as [Int64] {
      _ = state.take(timerDue: .at(due), fired: .at(due + 1500))
    }
    #expect(state.summary(with: beat(1), at: .at(4000)).starved == true)
    _ = state.take(timerDue: .at(60_000), fired: .at(60_000))
    #expect(state.summary(with: beat(1), at: .at(60_000)).starved == nil)
  }
}
