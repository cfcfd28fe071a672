import Decision
import Seeded
import Settings
import Testing
import Wire

@testable import Simulator

/// Policies are drawn over all that a file may say.
@Suite struct DrawTests {
  private static let setups = (UInt64(1)...120).map { seed in
    var random = SplitMix64(seed: seed)
    var setup = Setup.plain(regions: 3, hosts: 2)
    ScheduleDrawer.drawPolicy(of: &setup, &random)
    return setup
  }

  /// The draw of before went neither above two minutes nor below the defaults of most.
  @Test func theyReachWhereNoPolicyWasDrawnBefore() {
    func some(_ holds: (Policy) -> Bool) -> Bool { Self.setups.contains { holds($0.policy) } }
    #expect(some { $0.failoverAfter > .seconds(240) })
    #expect(some { $0.failoverAfter < .seconds(5) })
    #expect(some { $0.reportInterval != Defaults.reportInterval })
    #expect(some { $0.probeInterval != Defaults.probeInterval })
    #expect(some { $0.heartbeatPeriod > .seconds(10) })
    #expect(some { $0.minVantages == 1 } && some { $0.minVantages == 3 })
    #expect(some { $0.minHealthy < 0.1 })
    #expect(some { $0.automation == .approve } && some { $0.automation == .observe })
    #expect(some { $0.onDataRisk == .ask } && some { $0.onContested == .alert })
    #expect(Self.setups.contains { $0.probeDeadlineMs < 1500 })
  }

  /// Nothing that no file could say, and every one confirms in `failover_after` at the soonest.
  @Test func theyAreWhatAFileMaySay() {
    for policy in Self.setups.map(\.policy) {
      #expect(policy.outsideConfirm >= policy.failoverAfter)
      #expect(policy.freshFor >= policy.reportInterval * 2)
      #expect(policy.maxSwitchesHard >= policy.maxSwitches)
      #expect((1...3).contains(policy.minVantages))
    }
  }

  /// A region whose address answered once and says nothing ever since is no target.
  @Test(arguments: [301, 404, 429]) func whatSaysNothingIsNoTarget(status: Int64) async throws {
    var setup = Setup.plain(regions: 2, hosts: 2)
    setup.policy.failback = .automatic
    let minutes: Int64 = 60_000
    let played = try await playWell(
      Schedule(
        seed: 7, setup: setup, length: 150 * minutes,
        faults: [
          Fault(
            .addressVoteless, .region(1), begin: 5 * minutes, end: 40 * minutes, amount: status),
          Fault(.regionDown, .region(0), begin: 7 * minutes, end: 30 * minutes),
        ]))
    #expect(played.figures.intents.isEmpty, "\(played.story)")
  }
}
