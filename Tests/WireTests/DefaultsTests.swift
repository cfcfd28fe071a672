import Testing
import Wire

/// The defaults have to be a configuration that RULES 17 would not refuse.
struct DefaultsTests {
  @Test func theyAgreeWithEachOther() {
    #expect(Defaults.freshFor >= Defaults.reportInterval * 2)
    #expect(Defaults.failoverAfter >= Defaults.confirmInterval * Defaults.checkFall)
    #expect(
      Defaults.maxDataAtRisk >= Defaults.heartbeatPeriod * 2 + Defaults.heartbeatRead)
    #expect(Defaults.maxLag >= Defaults.heartbeatRead)
    #expect(Defaults.checkDeadline <= Defaults.checkInterval)
    #expect(Defaults.probeDeadline <= Defaults.probeInterval)
    #expect(Defaults.ttlChoices.contains(Defaults.ttlSeconds))
    #expect(Defaults.ttlChoices == Defaults.ttlChoices.sorted())
    #expect(Defaults.maxSwitches <= Defaults.maxSwitchesHard)
    #expect(Defaults.minHealthy > 0 && Defaults.minHealthy <= 1)
    #expect(Defaults.checkRise <= Defaults.checkRiseLimit)
    #expect(Defaults.outsideConfirm >= Defaults.failoverAfter)
  }

  @Test func theyAreTheNumbersOfTheRules() {
    // RULES 18, word by word: a change there has to be made here too.
    #expect(Defaults.checkInterval == .seconds(2) && Defaults.checkDeadline == .seconds(1.5))
    #expect(Defaults.confirmInterval == .seconds(0.5))
    #expect((Defaults.checkFall, Defaults.checkRise, Defaults.checkForgive) == (3, 2, 2))
    #expect(Defaults.reportInterval == .seconds(5) && Defaults.freshFor == .seconds(15))
    #expect(Defaults.probeInterval == .seconds(5) && Defaults.probeDeadline == .seconds(3))
    #expect(Defaults.probeFall == 3 && Defaults.failoverAfter == .seconds(30))
    #expect(Defaults.outsideConfirm == .seconds(60))
    #expect(Defaults.heartbeatPeriod == .seconds(2) && Defaults.heartbeatRead == .seconds(1))
    #expect(Defaults.cooldown == .seconds(600) && Defaults.minUp == .seconds(60))
    #expect(Defaults.failbackAfter == .seconds(900) && Defaults.maxLag == .seconds(5))
    #expect(Defaults.writeDeadline == .seconds(10) && Defaults.ttlSeconds == 30)
    #expect(Defaults.notPublishedAfter == .seconds(180))
  }
}
