import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// Services of one coordinator may have times of their own.
@Suite struct SharedTimesTests {
  private static var policies: [Policy] {
    var quick = Policy()
    quick.reportInterval = .seconds(1)
    quick.heartbeatPeriod = .milliseconds(500)
    quick.heartbeatRead = .milliseconds(250)
    quick.probeInterval = .seconds(2)
    quick.freshFor = .seconds(6)
    var slow = Policy()
    slow.probeInterval = .seconds(20)
    slow.freshFor = .seconds(45)
    return [Policy(), quick, slow]
  }

  private static func rules(_ policies: [Policy]) -> StateRules {
    var rules = StateBench.rules(Policy())
    rules = StateRules(
      policies: policies, tick: rules.tick, window: rules.window, journalEvery: nil,
      journalRetry: rules.journalRetry, agents: rules.agents, writers: rules.writers)
    return rules
  }

  @Test func everybodyGoesByTheMostDemanding() {
    for policies in [Self.policies, Self.policies.reversed()] {
      let rules = Self.rules(policies)
      #expect(rules.shared.reportInterval == .seconds(1))
      #expect(rules.shared.heartbeatPeriod == .milliseconds(500))
      #expect(rules.shared.heartbeatRead == .milliseconds(250))
      #expect(
        rules.shared.freshFor == .seconds(6), "the coordinator doubts itself by the strictest")
      #expect(rules.shared.round == .seconds(2), "one patient service delays no other")
    }
    #expect(Self.rules([]).shared == Policy())
  }

  /// Its ages count from when it came: what is too old for one service is not taken as new by it
  /// because another one is more patient.
  @Test func aReportIsInTimeByTheStrictest() {
    for (policies, counts) in [([Policy()], true), (Self.policies, false)] {
      var bench = StateBench(Bench())
      bench.state.rules = Self.rules(policies)
      bench.state.admission.reconfigure(freshFor: bench.state.rules.shared.freshFor)
      _ = bench.tell(.report(bench.report(sequence: 1), from: "us1", challenge: "c"))
      bench.now.instant = bench.now.instant + .seconds(10)
      bench.now.wallMs += 10_000
      let late = bench.report(sequence: 2, challenge: "c")
      let answer = bench.tell(.report(late, from: "us1", challenge: "next"))
      if case .directive = answer {
        #expect(counts)
      } else {
        #expect(!counts, "\(String(describing: answer))")
      }
    }
  }
}
