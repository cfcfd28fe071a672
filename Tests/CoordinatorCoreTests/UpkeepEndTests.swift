import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What comes of upkeep that ends otherwise than done, and of what speaks against it meanwhile.
@Suite struct UpkeepEndTests {
  private static let conflict = MarkerConflict(
    found: Bench.theirs, name: "_signalbox.app.example.org")
  private static let missing = ProviderRecord(
    id: 0, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 30)

  /// A creation is under way.
  private static func creating() -> Bench {
    var bench = Bench()
    bench.settle()
    #expect(bench.readNothing() == true)
    return bench
  }

  private static func stop(_ leave: WriteLeave) -> String? {
    if case .stop(let reason) = leave.permission { reason } else { nil }
  }

  // MARK: The proof

  /// One that was cut short after its first write has shown what it was made for.
  @Test func aTokenThatWroteSomeOfItWorks() {
    var bench = Bench()
    #expect(bench.untilUpkeep() == true)
    _ = bench.core.finishWriting(.marker(.partly), now: bench.now)
    #expect(bench.core.upkeep.provenAt == bench.now.instant)
    // The rest of it is written soon.
    #expect(bench.core.upkeep.proveFrom == bench.now.instant + .seconds(120))
  }

  @Test func anothersMarkerThatAProofFindsMakesReadOnly() {
    var bench = Bench()
    #expect(bench.untilUpkeep() == true)
    _ = bench.core.finishWriting(.marker(.conflict([Self.conflict])), now: bench.now)
    #expect(bench.core.machine.isReadOnly && bench.core.upkeep.provenAt == nil)
  }

  /// It is not the token: whoever looks is sent to the records.
  @Test func aRefusalOfTheRecordIsNotTheTokens() {
    var bench = Bench()
    #expect(bench.untilUpkeep() == true)
    let error = ProviderError(.refused, .permanent, description: "the zone is locked")
    _ = bench.core.finishWriting(.marker(.refused(error)), now: bench.now)
    let text = bench.core.upkeep.tokenTrouble
    #expect(text?.hasPrefix("the marker of app cannot be written, so a move of app would") == true)
    #expect(
      text?.hasSuffix(
        "Look at the records of app.example.org and _signalbox.app.example.org") == true)
    #expect(text?.contains("Make another one") == false)
  }

  /// What is damaged is written by the next proof, where that is due anyway.
  @Test func aProofThatIsDueHealsAtOnce() {
    var bench = Bench()
    bench.settle()
    bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
    bench.read(marker: "damaged")
    bench.pass(.seconds(61))
    bench.core.upkeep.proveFrom = nil
    bench.read(marker: "damaged")
    #expect(bench.core.takeDirectives().contains(.write(.begin)))
    #expect(!bench.core.upkeep.isHealing, "it is not made early")
  }

  /// A proof's steps are no lines of the history: it is made all day.
  @Test func aProofIsNotToldStepByStep() {
    var bench = Bench()
    #expect(bench.untilUpkeep() == true)
    _ = bench.core.takeDirectives()
    bench.core.note(.answered(Self.missing, error: "502"), now: bench.now)
    #expect(bench.core.takeDirectives().isEmpty)
  }

  // MARK: What is missing

  /// A reading may succeed and lack a record all the same.
  @Test func aFamilyThatIsNotThereIsMissing() {
    var bench = Bench(topology: Bench.topology([.ipv4, .ipv6]))
    bench.settle()
    bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
    bench.read()
    #expect(bench.core.takeDirectives().contains(.write(.begin)) && bench.core.isRoutine)
  }

  @Test func nothingIsMadeThatTheJournalCouldNotFollow() {
    var bench = Bench()
    bench.settle()
    bench.core.tookNoRecords(ProviderError(.noRecord, .permanent, description: "none"))
    _ = bench.core.tookReading(isNew: false, canStore: false, now: bench.now)
    #expect(bench.core.upkeep.creation == "the journal cannot be written")
    #expect(!bench.core.takeDirectives().contains(.write(.begin)))
  }

  @Test func whatSpeaksAgainstItMeanwhileStopsTheWrite() {
    var bench = Self.creating()
    func leave() -> WriteLeave { bench.core.permitWrite(Self.missing, at: "us", now: bench.now) }
    let judged = bench.core.assessment
    bench.core.assessment = nil
    #expect(Self.stop(leave())?.hasPrefix("us is not judged yet") == true)
    bench.core.assessment = judged
    bench.core.assessment?.pictures["us"]?.judgement.verdict = .healthy
    bench.core.machine.noteMayLand(address: "192.0.2.2", epoch: 3, now: bench.now)
    #expect(Self.stop(leave()) == "an abandoned write may still land")
    bench.core.machine.memory.echoes = nil
    #expect(leave().permission == .go)
  }

  @Test func anothersMarkerThatACreationFindsMakesReadOnly() {
    var bench = Self.creating()
    _ = bench.core.finishWriting(.creation(.conflict([Self.conflict])), now: bench.now)
    #expect(bench.core.machine.isReadOnly && bench.readNothing() == false)
  }

  /// It lost nothing by it: what is missing is looked at again right after the move.
  @Test func aCreationThatAMoveCutShortIsNotPutOff() {
    for comesFirst in [true, false] {
      var bench = Self.creating()
      _ = bench.core.nextTurn(.begin, jitter: 0)
      if comesFirst {
        bench.core.machine.memory.intent = Intent(
          epoch: 5, errand: .emergency, from: "us", to: "eu", rule: .failOver)
        bench.core.startMove()
      }
      let turn = bench.core.nextTurn(
        .records(.failure(.init(.noRecord, .permanent, description: "none"))), jitter: 0)
      let cut: CreationResult = .stopped("a move came first, or a stop")
      if comesFirst, case .end(let end) = turn?.then { #expect(end == .creation(cut)) }
      let later = bench.now.instant + .seconds(120)
      _ = bench.core.finishWriting(.creation(cut), now: bench.now)
      #expect(bench.core.upkeep.createFrom == (comesFirst ? nil : later))
    }
  }

  @Test func whatACreationReadsIsNotTold() {
    var bench = Self.creating()
    _ = bench.core.takeDirectives()
    bench.core.note(.read([Self.missing]), now: bench.now)
    #expect(bench.core.takeDirectives().isEmpty)
    bench.core.note(.answered(Self.missing, error: nil), now: bench.now)
    #expect(Bench.texts(bench.core.takeDirectives()) == ["A app.example.org: accepted"])
  }
}
