import Seeded
import Testing
import Wire

/// Words that cross the network or lie on disk: none may change, none may be reused.
struct FormatTests {
  @Test func wordsAreStable() {
    #expect(CheckState.allCases.map(\.rawValue) == words("good degraded bad unknown misconfigured"))
    #expect(CheckCounts.allCases.map(\.rawValue) == words("region alert"))
    #expect(TableConsistency.allCases.map(\.rawValue) == words("eventual strong"))
    #expect(ProbeOutcome.allCases.map(\.rawValue) == words("serving erroring dark none"))
    #expect(Vote.allCases.map(\.rawValue) == words("serving bad none"))
    #expect(AddressFamily.allCases.map(\.rawValue) == words("ipv4 ipv6"))
    #expect(
      FailureClass.allCases.map(\.rawValue)
        == words(
          """
          network timeout status body tls name_resolution server_error throttled quorum \
          credentials permission missing_table clock signature host_network other
          """))
    #expect(MoveKind.allCases.map(\.rawValue) == words("failover failback operator repair"))
    #expect(
      IncidentOutcome.allCases.map(\.rawValue)
        == words("open converged cancelled superseded failed"))
    #expect(NameServerAnswer.allCases.map(\.rawValue) == words("new old other mute"))
    #expect(EventLevel.allCases.map(\.rawValue) == words("info notice alert"))
    #expect(
      Situation.allCases.map(\.rawValue)
        == words("ok unprotected attention confirming moving blocked unknown paused foreign"))
  }

  private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

  @Test func badOutcomesAreTheTwoOfTheRules() {
    #expect(ProbeOutcome.allCases.filter(\.isBad) == [.erroring, .dark])
    #expect(AddressFamily.ipv4 < .ipv6)
  }

  @Test func boundsLeaveRoom() {
    #expect(Limits.wireVersion == 1)
    #expect(Limits.nameBytes > 63)
    #expect(Limits.reportBytes < Limits.replyBytes)
  }
}

struct StampsTests {
  @Test func theExampleOfAFailoverHasItsParts() {
    let stamps = Stamps(
      lastGoodMs: 99_000, firstBadMs: 100_000, confirmedMs: 130_000, heldMs: 500,
      intentMs: 131_000, committedMs: 131_700, convergedMs: 145_700)
    let parts = stamps.parts(cacheSeconds: 30)
    #expect(
      parts
        == RecoveryParts(
          detect: 30, held: 0.5, decide: 0.5, api: 0.7, publish: 14, cache: 30))
    #expect(abs(parts.total - 45.7) < 1e-9)
  }

  @Test func aFailbackCountsFromTheOpeningOfItsGate() {
    let parts = Stamps(
      gateMs: 10_000, intentMs: 10_100, committedMs: 10_200, convergedMs: 11_700
    ).parts(cacheSeconds: 0)
    #expect(parts.detect == 0 && parts.held == 0)
    #expect(abs(parts.decide - 0.1) < 1e-9 && abs(parts.total - 1.7) < 1e-9)
  }

  @Test func whatHasNotHappenedIsZero() {
    let parts = Stamps(firstBadMs: 5, confirmedMs: 10, intentMs: 20).parts(cacheSeconds: 30)
    #expect(parts.api == 0 && parts.publish == 0)
  }

  /// "They sum exactly" (RULES 16).
  @Test func thePartsSumToTheWholeTime() {
    var generator = SplitMix64(seed: 16)
    func step() -> Int64 { Int64.random(in: 0...100_000, using: &generator) }
    for _ in 0..<1000 {
      let firstBad = step() + 1_763_900_000_000
      let confirmed = firstBad + step()
      let intent = confirmed + step()
      let held = Int64.random(in: 0...(intent - confirmed), using: &generator)
      let committed = intent + step()
      let converged = committed + step()
      let parts = Stamps(
        firstBadMs: firstBad, confirmedMs: confirmed, heldMs: held, intentMs: intent,
        committedMs: committed, convergedMs: converged
      ).parts(cacheSeconds: 30)
      let total = Double(converged - firstBad) / 1000
      #expect(abs(parts.total - total) < 1e-6, "seed 16: \(parts)")
    }
  }
}
