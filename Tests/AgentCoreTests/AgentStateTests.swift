import AgentCore
import Seeded
import Testing
import Wire

@Suite("Agent state")
struct AgentStateTests {
  private func agent() -> AgentState {
    AgentState(
      facts: AgentFacts(
        agent: "a1", region: "us-east", boot: "0123456789abcdef", version: "0.1.0",
        reportIntervalMs: 5000, table: "app"))
  }

  private func fail(_ state: inout AgentState, at start: Int64) -> Bool {
    state.take(
      Attempt(started: .at(start), ended: .at(start + 5), outcome: .of("f")), of: 0, wallMs: start)
      != nil
  }

  @Test("A check that has not run yet is reported as unknown, never left out")
  func notRun() throws {
    var state = agent()
    #expect(state.add(checkIdentity, policy: CheckPolicy(), at: .at(0)) == 0)
    let report = state.report(at: .at(40), wallMs: 1000, clock: ClockState())
    let check = try #require(report.checks.first)
    #expect(check.state == .unknown)
    #expect(check.ageMs == 40)
    #expect(report.sequence == 1)
    #expect(report.challenge == nil)
    #expect(report.heartbeat == nil)
  }

  @Test("A change of a check's state makes a report due at once")
  func change() {
    var state = agent()
    _ = state.add(checkIdentity, policy: CheckPolicy(), at: .at(0))
    _ = state.report(at: .at(0), wallMs: 0, clock: ClockState())
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    #expect(state.pacer.due == .at(5000))
    #expect(!fail(&state, at: 100) && !fail(&state, at: 600))
    #expect(state.pacer.due == .at(5000))
    #expect(fail(&state, at: 1100))
    #expect(state.pacer.due == .at(100))
  }

  @Test("What happened while the coordinator was away comes later, as history")
  func away() throws {
    var state = agent()
    _ = state.add(checkIdentity, policy: CheckPolicy(), at: .at(0))
    _ = state.report(at: .at(0), wallMs: 0, clock: ClockState())
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    for start in [100, 600, 1100] as [Int64] { _ = fail(&state, at: start) }
    #expect(state.report(at: .at(1200), wallMs: 1200, clock: ClockState()).history.isEmpty)
    state.loseReport(challenge: nil, retry: false, at: .at(1300), jitter: 0.5)
    let next = state.report(at: .at(2000), wallMs: 2000, clock: ClockState())
    #expect(next.history.map(\.state) == [.bad])
    #expect(next.history.first?.atMs == 1100)
    #expect(next.sequence == 3)
    _ = state.take(directive(3), answering: 3, sent: .at(2000), at: .at(2010))
    #expect(state.report(at: .at(7000), wallMs: 7000, clock: ClockState()).history.isEmpty)
  }

  @Test("Sightings are told until the coordinator of the same orders has acknowledged them")
  func sightings() {
    var state = agent()
    func directive(_ sequence: UInt64, orders: String?) -> Directive {
      var told = AgentCoreTests.directive(sequence)
      told.orders = orders
      return told
    }
    func see(_ sequence: UInt64) {
      let milliseconds = Int64(sequence) * 1000
      let heartbeat = Heartbeat(
        agent: "e1", boot: "e", sequence: sequence, writtenMs: milliseconds - 100, periodMs: 2000,
        previousRttMs: nil, acknowledgedBefore: sequence - 1)
      state.take(
        ReplicaRead(
          sentWallMs: milliseconds, receivedWallMs: milliseconds + 10, sent: .at(milliseconds),
          received: .at(milliseconds + 10), lateMs: 0, periodMs: 1000, found: [heartbeat]),
        of: "eu-central")
    }
    var number: UInt64 = 0
    func report() -> [UInt64]? {
      number += 1
      return state.report(at: .at(9000), wallMs: 0, clock: ClockState()).peers.first?.sightings
        .map(\.sequence)
    }
    func acknowledge(orders: String?) {
      _ = state.take(
        directive(number, orders: orders), answering: number, sent: .at(9000), at: .at(9000))
    }
    #expect(report() == nil)
    acknowledge(orders: "x")
    for sequence in 1...3 as ClosedRange<UInt64> { see(sequence) }
    #expect(report() == [2, 3])
    #expect(report() == [2, 3], "lost")
    acknowledge(orders: "x")
    see(4)
    #expect(report() == [4])
    acknowledge(orders: "x")
    #expect(report() == [])
    // A coordinator that began anew knows none of them; one of before keeps none.
    for orders in ["y", nil] {
      acknowledge(orders: orders)
      #expect(report() == [2, 3, 4])
    }
    acknowledge(orders: nil)
    #expect(report() == [2, 3, 4])
  }

  @Test("The challenge is echoed, also one that came with a refusal")
  func challenge() {
    var state = agent()
    _ = state.report(at: .at(0), wallMs: 0, clock: ClockState())
    state.loseReport(challenge: "late", retry: true, at: .at(10), jitter: 0)
    #expect(state.pacer.due == .at(100))
    #expect(state.report(at: .at(100), wallMs: 0, clock: ClockState()).challenge == "late")
    _ = state.take(directive(2), answering: 2, sent: .at(100), at: .at(110))
    #expect(state.report(at: .at(200), wallMs: 0, clock: ClockState()).challenge == "c2")
  }

  @Test("Only the writer beats, and only its reports tell of a heartbeat")
  func writer() {
    var state = agent()
    #expect(state.nextBeat(wallMs: 1, clock: ClockState()) == nil)
    _ = state.report(at: .at(0), wallMs: 0, clock: ClockState())
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    #expect(state.nextBeat(wallMs: 1, clock: ClockState())?.sequence == 1)
    #expect(state.report(at: .at(20), wallMs: 0, clock: ClockState()).heartbeat?.table == "app")
    _ = state.take(directive(2, writer: false), answering: 2, sent: .at(20), at: .at(30))
    #expect(state.nextBeat(wallMs: 1, clock: ClockState()) == nil)
    #expect(state.report(at: .at(40), wallMs: 0, clock: ClockState()).heartbeat == nil)
  }

  @Test("Starvation is told at once and passes")
  func starved() {
    var state = agent()
    let changes = (0..<4).map { index -> Bool in
      let due = Instant.at(Int64(index) * 1000)
      return state.take(timerDue: due, fired: due + 1500)
    }
    #expect(changes == [false, false, true, false])
    #expect(state.report(at: .at(5000), wallMs: 0, clock: ClockState()).starved)
    let passed = state.take(timerDue: .at(60_000), fired: .at(60_001))
    #expect(passed)
    #expect(!state.report(at: .at(60_010), wallMs: 0, clock: ClockState()).starved)
  }

  /// Timers that come 1.5 s late: the agent counts itself as starved from the third on.
  private func starve(_ state: inout AgentState, from start: Int64) {
    for due in stride(from: start, through: start + 3000, by: 1000) {
      _ = state.take(timerDue: .at(due), fired: .at(due + 1500))
    }
  }

  private func succeed(_ state: inout AgentState, at start: Int64) {
    _ = state.take(
      Attempt(started: .at(start), ended: .at(start + 5), outcome: .of("s")), of: 0, wallMs: 0)
  }

  private func watching() throws -> (AgentState, ProbeTarget) {
    var state = agent()
    _ = state.add(checkIdentity, policy: CheckPolicy(), at: .at(0))
    let told = directive(1, probes: [target("eu-central")])
    _ = state.take(told, answering: 1, sent: .at(0), at: .at(10))
    return (state, try #require(state.probeTargets.first))
  }

  /// Else an outage that nobody had would count as confirmed at once.
  @Test("What fell while starved is void when it is over")
  func starvedFailures() throws {
    var (state, target) = try watching()
    for start in stride(from: Int64(1100), through: 4100, by: 1000) {
      _ = fail(&state, at: start)
      _ = state.take(ProbeFinding(.dark), of: target, started: .at(start), ended: .at(start + 5))
    }
    starve(&state, from: 1000)
    let starved = state.report(at: .at(6000), wallMs: 0, clock: ClockState())
    #expect(starved.starved)
    #expect(starved.checks.first?.state == .bad)
    #expect(starved.probes.first?.vote == .bad)
    let passed = state.take(timerDue: .at(60_000), fired: .at(60_000))
    #expect(passed)
    let after = state.report(at: .at(60_010), wallMs: 0, clock: ClockState())
    #expect(!after.starved && !state.isStarved)
    let check = try #require(after.checks.first)
    #expect(check.state == .unknown && check.badSinceMs == nil)
    let probe = try #require(after.probes.first)
    #expect(probe.vote == Vote.none && probe.badSinceMs == nil)
    for start in [61_000, 61_500] as [Int64] { succeed(&state, at: start) }
    #expect(state.checkStates.first?.state == .good)
  }

  /// An outage that was there before is no less one: a host that stalls each minute must not put
  /// off its confirmation each time.
  @Test("What fell before stays down, as old as it is")
  func starvedInAnOutage() throws {
    var (state, target) = try watching()
    for start in [1000, 6000, 11_000] as [Int64] {
      _ = fail(&state, at: start)
      _ = state.take(ProbeFinding(.dark), of: target, started: .at(start), ended: .at(start + 5))
    }
    starve(&state, from: 20_000)
    #expect(state.isStarved)
    _ = state.take(timerDue: .at(60_000), fired: .at(60_000))
    let after = state.report(at: .at(61_000), wallMs: 0, clock: ClockState())
    #expect(!after.starved)
    #expect(after.checks.first?.state == .bad && after.checks.first?.badSinceMs == 60_000)
    #expect(after.probes.first?.vote == .bad && after.probes.first?.badSinceMs == 60_000)
  }

  /// Half-broken stays down: what it takes to come up is as it was before the host stalled.
  @Test("Falls while starved do not raise what it takes to come up, those before still do")
  func starvedRise() throws {
    var state = agent()
    _ = state.add(checkIdentity, policy: CheckPolicy(), at: .at(0))
    func comesUpAfter(_ start: Int64) -> Int {
      for number in 1...20 {
        succeed(&state, at: start + Int64(number) * 2000)
        if state.checkStates.first?.state == .good { return number }
      }
      return 0
    }
    for start in [1000, 1500, 2000] as [Int64] { _ = fail(&state, at: start) }
    #expect(comesUpAfter(2000) == 2)
    for start in [10_000, 10_500, 11_000] as [Int64] { _ = fail(&state, at: start) }
    #expect(comesUpAfter(11_000) == 4)
    starve(&state, from: 30_000)
    for start in [40_000, 40_500, 41_000] as [Int64] { _ = fail(&state, at: start) }
    _ = state.take(timerDue: .at(80_000), fired: .at(80_000))
    #expect(state.checkStates.first?.state == .unknown)
    #expect(comesUpAfter(80_000) == 4)
  }

  @Test("What was good while starved stays good")
  func starvedSuccesses() {
    var state = agent()
    _ = state.add(checkIdentity, policy: CheckPolicy(), at: .at(0))
    for start in [100, 600] as [Int64] {
      _ = state.take(
        Attempt(started: .at(start), ended: .at(start + 5), outcome: .of("s")), of: 0, wallMs: 0)
    }
    _ = fail(&state, at: 1100)
    _ = fail(&state, at: 1600)
    for start in [0, 1000, 2000] as [Int64] {
      _ = state.take(timerDue: .at(start), fired: .at(start + 1500))
    }
    _ = state.take(timerDue: .at(60_000), fired: .at(60_000))
    #expect(state.checkStates.first?.state == .good)
    // The failures before are forgotten: one more is the first.
    let changes = fail(&state, at: 61_000)
    #expect(!changes)
    #expect(state.checkStates.first?.state == .good)
  }

  /// Invariant 14 and the bounds of the wire: whatever happens, the report stays acceptable.
  @Test("Any events: every report is within its bounds", arguments: seeds)
  func anything(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var state = agent()
    let long = String(repeating: "ü", count: 4000)
    for number in 0..<3 {
      _ = state.add(
        CheckIdentity(name: "\(number) \(long)", kind: "http"), policy: CheckPolicy(), at: .at(0))
    }
    var now = Instant.at(0)
    var last: UInt64 = 0
    for _ in 0..<2000 {
      now = now + Int64.random(in: 0...3000, using: &chance)
      let ended = now + Int64.random(in: -50...2000, using: &chance)
      switch Int.random(in: 0...6, using: &chance) {
      case 0, 1:
        var outcome = CheckOutcome.of("sftum".randomElement(using: &chance) ?? "s")
        outcome.reason = long
        outcome.app = AppState(region: long, release: long)
        _ = state.take(
          Attempt(started: now, ended: ended, outcome: outcome),
          of: Int.random(in: 0...2, using: &chance), wallMs: now.milliseconds)
      case 2:
        let outcome = ProbeOutcome.allCases.randomElement(using: &chance) ?? .none
        _ = state.take(
          ProbeFinding(outcome, reason: long), of: target("eu-central"), started: now, ended: ended)
      case 3:
        let late = now + Int64.random(in: 0...3000, using: &chance)
        _ = state.take(timerDue: now, fired: late)
      case 4:
        state.loseReport(
          challenge: chance.chance(0.3) ? long : nil, retry: chance.chance(0.5), at: now,
          jitter: Double.random(in: 0..<1, using: &chance))
      default:
        let report = state.report(at: now, wallMs: 0, clock: ClockState())
        check(report, after: &last)
        if chance.chance(0.6) {
          let answer = directive(last, epoch: 1, probes: [target("eu-central")])
          _ = state.take(answer, answering: last, sent: now, at: ended)
        }
      }
    }
  }

  private func check(_ report: Report, after last: inout UInt64) {
    #expect(report.sequence == last + 1)
    last = report.sequence
    #expect(report.history.count <= Limits.listEntries)
    #expect((report.challenge?.utf8.count ?? 0) <= Limits.textBytes)
    #expect((report.app?.region?.utf8.count ?? 0) <= Limits.textBytes)
    for check in report.checks {
      #expect(check.ageMs >= 0 && (check.riseMs ?? 0) >= 0 && (check.badSinceMs ?? 0) >= 0)
      #expect((check.latencyMs ?? 0) >= 0)
      #expect(check.name.utf8.count <= Limits.textBytes)
      #expect((check.reason?.utf8.count ?? 0) <= Limits.textBytes)
      #expect((check.state == .bad) == (check.badSinceMs != nil))
    }
    for probe in report.probes {
      #expect(probe.ageMs >= 0 && (probe.reason?.utf8.count ?? 0) <= Limits.textBytes)
    }
    let slim = AgentState.slimmed(report)
    #expect(slim.history.isEmpty)
  }
}
