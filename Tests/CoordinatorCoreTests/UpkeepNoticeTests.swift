import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// When upkeep begins to the instant, beside what it does not, and what of it is told how often.
@Suite struct UpkeepNoticeTests {
  private static let missing = ProviderRecord(
    id: 0, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 0)

  private static func refusal(_ kind: ProviderError.Kind, _ text: String) -> CreationResult {
    .refused(ProviderError(kind, .permanent, description: text))
  }

  private static func settled() -> Bench {
    var bench = Bench()
    bench.settle()
    bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
    bench.read()
    _ = bench.core.takeDirectives()
    return bench
  }

  // MARK: The marker

  /// What the coordinator writes itself is not taken for somebody else's.
  @Test func markersAreNotLookedForWhileSomethingIsWritten() {
    var bench = Bench()
    #expect(bench.untilUpkeep() == true)
    for _ in 0..<3 { bench.read(marker: Bench.theirs) }
    #expect(!bench.core.machine.isReadOnly)
    _ = bench.core.finishWriting(.marker(.written), now: bench.now)
    for _ in 0..<2 { bench.read(marker: Bench.theirs) }
    #expect(bench.core.machine.isReadOnly)
  }

  @Test func aProofIsDueAtItsInstant() {
    var bench = Self.settled()
    bench.core.upkeep.proveFrom = bench.now.instant + .milliseconds(1)
    bench.core.proveToken(now: bench.now)
    #expect(bench.core.takeDirectives().isEmpty)
    bench.pass(.milliseconds(1))
    bench.core.proveToken(now: bench.now)
    #expect(bench.core.takeDirectives() == [.write(.begin)])
  }

  /// Where a proof is due anyway it heals; before that one is made early, and told.
  @Test func damageMakesAProofEarly() {
    for isDue in [false, true] {
      var bench = Self.settled()
      bench.read(marker: "damaged")
      bench.pass(.seconds(61))
      _ = bench.core.takeDirectives()
      if isDue { bench.core.upkeep.proveFrom = bench.now.instant }
      bench.read(marker: "damaged")
      #expect(bench.core.upkeep.isHealing != isDue)
      let directives = bench.core.takeDirectives()
      #expect(directives.contains(.write(.begin)))
      let told = Bench.texts(directives).filter { $0.contains("is written anew") }
      #expect(told.count == 1, "\(Bench.texts(directives))")
    }
  }

  @Test func aProofThatHealsNothingIsNotTold() {
    var bench = Self.settled()
    bench.core.upkeep.proveFrom = nil
    bench.core.proveToken(now: bench.now)
    #expect(bench.core.takeDirectives() == [.write(.begin)])
    _ = bench.core.finishWriting(.marker(.written), now: bench.now)
    #expect(bench.core.takeDirectives().isEmpty, "nor that the token works, as before")
  }

  // MARK: What is missing

  /// One writer at a time.
  @Test func nothingIsMadeWhileTheMarkerIsWritten() {
    var bench = Bench()
    #expect(bench.untilUpkeep() == true)
    #expect(bench.readNothing() == false)
    #expect(bench.core.upkeep.creation == nil && !bench.core.isRoutine)
  }

  @Test func itIsLookedAtAgainAtItsInstant() {
    var bench = Self.settled()
    bench.core.upkeep.createFrom = bench.now.instant + .milliseconds(1)
    #expect(bench.readNothing() == false)
    bench.pass(.milliseconds(1))
    #expect(bench.readNothing() == true)
  }

  @Test func whatIsMadeAndWhatIsChangedIsTold() {
    for (id, text) in [
      (0, "POST A app.example.org 192.0.2.1, TTL 30 s: it is missing, and us is healthy"),
      (7, "PUT A app.example.org: TTL 0 s -> 30 s"),
    ] as [(Int64, String)] {
      var bench = Self.settled()
      #expect(bench.readNothing() == true)
      bench.core.assessment?.pictures["us"]?.judgement.verdict = .healthy
      var record = Self.missing
      record.id = id
      let leave = bench.core.permitWrite(record, at: "us", now: bench.now)
      #expect(leave.commit?.events.map(\.text) == [text])
    }
  }

  /// A refusal is told once, and again where it is another; a refused token is trouble of its own.
  @Test func whyNothingIsMadeIsToldOnce() {
    var bench = Self.settled()
    func refuse(_ kind: ProviderError.Kind, _ text: String) -> [String] {
      #expect(bench.readNothing() == true)
      _ = bench.core.finishWriting(.creation(Self.refusal(kind, text)), now: bench.now)
      bench.pass(.seconds(121))
      return Bench.texts(bench.core.takeDirectives())
    }
    #expect(refuse(.refused, "locked") == ["nothing is made: locked"])
    #expect(refuse(.refused, "locked").isEmpty)
    #expect(bench.core.upkeep.creation == "locked" && bench.core.upkeep.tokenTrouble == nil)
    let told = refuse(.unauthorized, "401")
    #expect(told.count == 2 && told[1] == "nothing is made: 401", "\(told)")
    #expect(told[0].hasPrefix("the token cannot write any more"), "\(told)")
    #expect(bench.core.upkeep.tokenTrouble != nil)
  }
}
