import AgentCore
import Decision
import Seeded
import Testing
import Wire

import struct Decision.Instant

@testable import CoordinatorCore

/// What agent and coordinator tell each other once: whatever is lost, late or begun anew, neither
/// believes what the other does not say.
@Suite struct ToldOnceTests {
  /// An agent of region us, and the coordinator of one life after the other.
  private struct Talk {
    var agent: AgentState
    var core: CoordinatorState
    var random: SplitMix64
    var milliseconds: Int64 = 5_000_000
    var sequence: UInt64 = 0
    private var life = 0
    private var calls = 0

    init(seed: UInt64) {
      random = SplitMix64(seed: seed)
      agent = AgentState(
        facts: AgentFacts(
          agent: "us1", region: "us", boot: "b", version: "1.0.0", reportIntervalMs: 1000))
      core = CoordinatorState(
        rules: StateBench.rules(Policy()), services: [],
        now: Now(instant: Instant(milliseconds: 0), wallMs: 0))
      begin(life: 1)
    }

    var now: Now {
      Now(
        instant: Instant(milliseconds: milliseconds),
        wallMs: 1_790_000_000_000 + milliseconds)
    }

    var agentNow: AgentCore.Instant { AgentCore.Instant(milliseconds: milliseconds) }

    private func rules(edition: String, ports: Int) -> StateRules {
      var policy = Policy()
      policy.lease = .seconds(15)
      var rules = StateBench.rules(policy)
      rules.orders = StandingOrders(
        edition: edition,
        agents: [
          "us1": AgentOrders(
            peers: ["eu", "ap"],
            probes: ["eu", "ap"].flatMap { region in
              (0..<3).map { number in
                ProbeTarget(
                  service: "s\(number)", region: region, family: .ipv4, address: "192.0.2.1",
                  url: "http://a.example:\(ports)/")
              }
            })
        ])
      return rules
    }

    mutating func begin(life: Int) {
      self.life = life
      core = CoordinatorState(
        rules: rules(edition: "l\(life)", ports: 80), services: [Self.service()], now: now)
    }

    /// Its exclusive work is leased to us; users are there, or elsewhere since then.
    static func service(epoch: UInt64 = 4, active: RegionID = "us") -> ServiceCore {
      let memory = { (memory: inout Memory) in
        (memory.epoch, memory.active) = (epoch, active)
        memory.exclusive = Exclusive(region: "us", leaseMs: 15_000)
      }
      return Bench(memory) { $0.lease = .seconds(15) }.core
    }

    mutating func restart() { begin(life: life + 1) }

    /// Sometimes other addresses are asked.
    mutating func reload() {
      life += 1
      let core = core.cores[0]
      let ports = Int.random(in: 80...81, using: &random)
      let change = StateChange(
        rules: rules(edition: "l\(life)", ports: ports),
        services: [
          ServiceRules(
            topology: core.machine.topology, policy: core.machine.policy, names: core.names,
            pace: core.pace,
            upkeep: UpkeepRules(
              proof: .seconds(3600), retry: .seconds(120), healAfter: .seconds(60), creates: true,
              ttlSeconds: 30, tokenCure: "Make another one"))
        ], added: [], otherProbes: [])
      self.core.handle(.reconfigure(change), now: now)
      while let output = self.core.next() {
        if case .store = output { self.core.stored(incident: nil, now: now) }
      }
    }

    /// One report a second later, and its answer, all well.
    mutating func exchange() throws -> (report: Report, answer: Directive) {
      milliseconds += 1000
      for target in agent.probeTargets {
        _ = agent.take(
          ProbeFinding(.serving, status: 200), of: target, started: agentNow + -40,
          ended: agentNow + -10)
      }
      let report = agent.report(at: agentNow, wallMs: now.wallMs, clock: ClockState())
      let answer = tell(report)
      let found = try #require(answer)
      _ = agent.take(found, answering: report.sequence, sent: agentNow, at: agentNow)
      return (report, found)
    }

    mutating func probe() {
      for target in agent.probeTargets where Bool.random(using: &random) {
        let outcome: ProbeOutcome =
          Int.random(in: 0..<10, using: &random) < 7
          ? .serving : [.dark, .erroring, .none].randomElement(using: &random) ?? .none
        let lasts = Int64.random(in: 1...80, using: &random)
        _ = agent.take(
          ProbeFinding(outcome, reason: outcome == .serving ? nil : "no", status: 200), of: target,
          started: agentNow + (-lasts - 10), ended: agentNow + -10)
      }
    }

    /// Nil: it was refused, and the next one has the challenge of that.
    mutating func tell(_ report: Report) -> Directive? {
      calls += 1
      core.handle(.report(report, from: "us1", challenge: "c\(life).\(calls)"), now: now)
      var answer: Directive?
      while let output = core.next() {
        switch output {
        case .answer(.directive(let found)): answer = found
        case .answer(.refusedReport(let problem, _)):
          agent.loseReport(challenge: problem.challenge, retry: false, at: agentNow, jitter: 0)
        default: break
        }
        if case .store = output { core.stored(incident: nil, now: now) }
      }
      return answer
    }
  }

  private static func numberless(_ probes: [ProbeResult]) -> [ProbeResult] {
    probes.map { probe in
      var probe = probe
      probe.number = nil
      return probe
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func neitherBelievesWhatTheOtherDoesNotSay(seed: UInt64) throws {
    var talk = Talk(seed: seed)
    var (undisturbed, refused, leased) = (0, 0, 0)
    for _ in 0..<120 {
      talk.milliseconds += Int64.random(in: 200...1500, using: &talk.random)
      talk.probe()
      let event = Int.random(in: 0..<40, using: &talk.random)
      if event == 0 { talk.restart() }
      if event == 1 { talk.reload() }
      if event < 2 { undisturbed = 0 }
      let sent = talk.agentNow
      let report = talk.agent.report(
        at: sent, wallMs: talk.now.wallMs, clock: ClockState(synchronised: true))
      let sight = talk.agent.probeResults(at: sent)
      if Int.random(in: 0..<10, using: &talk.random) == 0 {
        talk.agent.loseReport(challenge: nil, retry: false, at: sent, jitter: 0)
        continue
      }
      guard let answer = talk.tell(report) else {
        refused += 1
        continue
      }
      let held = Self.numberless(Array(talk.core.evidence.agents["us1"]?.probes ?? ProbeSheet()))
      for probe in held { #expect(sight.contains(probe), "seed \(seed)") }
      if answer.orders != nil { #expect(held.count == sight.count, "seed \(seed)") }
      if Int.random(in: 0..<10, using: &talk.random) == 0 {
        talk.agent.loseReport(challenge: nil, retry: false, at: sent, jitter: 0)
        continue
      }
      let verdict = talk.agent.take(
        answer, answering: report.sequence, sent: sent, at: talk.agentNow)
      #expect(verdict == .taken(staleServices: []), "seed \(seed)")
      let told = try #require(talk.agent.directive.services["app"], "seed \(seed)")
      #expect(told.directive.epoch == 4 && told.directive.traffic == "us", "seed \(seed)")
      // Whatever told it, the newest answer renews the lease.
      if told.directive.leaseMs != nil {
        #expect(told.leaseUntil == sent + 15_000)
        leased += 1
      }
      undisturbed += 1
      if undisturbed > 3 {
        #expect(answer.orders != nil && answer.peers == nil && answer.renews != nil)
        #expect(report.acknowledged.isEmpty && report.stand != nil, "seed \(seed)")
      }
    }
    #expect(refused < 12 && leased > 20, "seed \(seed)")
  }

  @Test func whatServesAsBeforeIsTwoAges() throws {
    var talk = Talk(seed: 1)
    #expect(try talk.exchange().report.probes.isEmpty)
    #expect(try talk.exchange().report.probes.count == 6)
    let third = try talk.exchange().report
    #expect(third.probes.isEmpty)
    #expect(third.steady?.text == (0..<6).map { "\($0),10,30" }.joined(separator: ";"))
    let held = try #require(talk.core.evidence.agents["us1"])
    #expect(held.probes.map(\.ageMs) == Array(repeating: 10, count: 6))
    #expect(held.probes.allSatisfy { $0.latencyMs == 30 && $0.status == 200 })
    // One that does not know it is told all by the report after.
    talk.restart()
    #expect(try talk.exchange().report.probes.isEmpty)
    #expect(talk.core.evidence.agents["us1"]?.probes.isEmpty == true)
    #expect(try talk.exchange().report.probes.count == 6)
  }

  /// A name says as much as epochs do: the move's is acknowledged, and the lease is held no longer.
  @Test func epochsAreAcknowledgedByTheName() throws {
    var talk = Talk(seed: 1)
    func holders(_ talk: Talk) -> [String]? {
      let core = talk.core.cores[0]
      let standing = core.leases.standing(
        core.machine.memory, lease: .seconds(15), now: talk.now.instant)
      if case .pending(_, _, let holders) = standing { return holders }
      return nil
    }
    for _ in 0..<4 { _ = try talk.exchange() }
    #expect(talk.agent.directive.services["app"]?.leaseUntil != nil)
    #expect(try talk.exchange().report.stand != nil)
    // Users are in eu now.
    var moved = Talk.service(epoch: 5, active: "eu")
    moved.leases = talk.core.cores[0].leases
    talk.core.cores = ServiceCores([moved])
    #expect(holders(talk) == ["us1"])
    #expect(try talk.exchange().report.acknowledged.isEmpty)
    #expect(holders(talk) == ["us1"], "it knows now, and has not said so")
    let said = try talk.exchange().report
    #expect(said.acknowledged.isEmpty && said.stand != nil)
    #expect(holders(talk) == [])
    #expect(talk.agent.directive.services["app"]?.leaseUntil == nil)
  }

  /// More hosts that are told something else each than names are kept: what they hold is
  /// acknowledged all the same.
  @Test func aNameThatIsForgottenIsAskedFor() throws {
    var talk = Talk(seed: 1)
    for _ in 0..<3 { _ = try talk.exchange() }
    for _ in 0..<4 {
      talk.core.stands = Stands()
      let (named, whole) = try talk.exchange()
      #expect(named.stand != nil && whole.stand == nil && whole.renews == nil)
      #expect(whole.services.count == 1)
      talk.core.stands = Stands()
      let (plain, told) = try talk.exchange()
      #expect(plain.stand == nil && plain.acknowledged.map(\.epoch) == [4])
      #expect(told.stand != nil)
    }
  }

  @Test func namesOfWordsAreExact() {
    var stands = Stands()
    func name(_ words: [ServiceDirective], wallMs: Int64 = 10_000) -> String {
      stands.name(words, edition: "e", wallMs: wallMs, agents: 2)
    }
    let app = ServiceDirective(service: "app", epoch: 1, traffic: "us", trafficAgeMs: 5)
    var older = app
    older.trafficAgeMs = 6000
    let first = name([app])
    #expect(name([older], wallMs: 15_995) == first)
    #expect(name([older]) != first, "it came there at another time")
    #expect(stands.words(first, edition: "e")?.map(\.epoch) == [1])
    var pending = app
    pending.pending = true
    #expect(name([pending]) != first)
    #expect(name([]) != first)
    for (wrong, edition) in [(first, "f"), ("e", "e"), ("e.x", "e"), ("e.99", "e")] {
      #expect(stands.words(wrong, edition: edition) == nil)
    }
    #expect(stands.words(first, edition: nil) == nil && stands.words(nil, edition: "e") == nil)
    for epoch in 2...UInt64(2 * Stands.kept) {
      _ = name([ServiceDirective(service: "app", epoch: epoch)])
    }
    // Forgotten, and never used for anything else.
    #expect(stands.words(first, edition: "e") == nil)
    #expect(name([app]) != first)
  }
}
