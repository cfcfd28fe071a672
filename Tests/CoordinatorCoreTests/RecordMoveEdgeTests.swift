import Testing
import Wire

@testable import CoordinatorCore

/// What a move makes of a plan that must not be, of records that are not one of each type, and of
/// markers that stand there.
@Suite struct RecordMoveEdgeTests {
  private static let name = "app.example.org"
  private static let place = Marker.recordName(name)
  private static let mine = Marker(cluster: "c", incarnation: "1", epoch: 7, active: "eu")
  /// Of another process at the same epoch.
  private static let rival = "signalbox cluster=c incarnation=2 epoch=7 active=eu"
  private static let older = "signalbox cluster=c incarnation=0 epoch=6 active=us"

  private static func plan(desired: [String: String] = ["A": "192.0.2.2"]) -> MovePlan {
    MovePlan(
      name: name, desired: desired, previous: ["A": "192.0.2.1"],
      configured: ["192.0.2.1", "192.0.2.2", "192.0.2.3"], marker: mine)
  }

  private static func address(_ id: Int64, _ target: String) -> ProviderRecord {
    ProviderRecord(id: id, type: "A", name: name, target: target, ttlSeconds: 30)
  }

  private static func text(_ id: Int64, _ target: String) -> ProviderRecord {
    ProviderRecord(id: id, type: "TXT", name: place, target: target, ttlSeconds: 30)
  }

  /// The move after its first reading.
  private static func look(
    _ records: ProviderRecord...
  ) -> (move: RecordMove, turn: WriteTurn<MoveResult>) {
    var move = RecordMove(plan(), pace: MovePace())
    _ = move.next(.begin, jitter: 0)
    let turn = move.next(.records(.success(records)), jitter: 0)
    return (move, turn)
  }

  private static func asked(_ turn: WriteTurn<MoveResult>) -> WriteQuestion? {
    if case .ask(let question) = turn.then { question } else { nil }
  }

  private static func ended(_ turn: WriteTurn<MoveResult>) -> MoveResult? {
    if case .end(let result) = turn.then { result } else { nil }
  }

  /// Shown twice, it ends the move; nothing was written.
  private static func refusal(_ records: ProviderRecord...) -> (doubted: String?, end: String?) {
    var move = RecordMove(plan(), pace: MovePace())
    _ = move.next(.begin, jitter: 0)
    let first = move.next(.records(.success(records)), jitter: 0)
    guard case .pause = asked(first), case .doubted(let doubted) = first.notes.last else {
      return (nil, nil)
    }
    _ = move.next(.paused, jitter: 0)
    guard case .refused(let error) = ended(move.next(.records(.success(records)), jitter: 0)) else {
      return (doubted, nil)
    }
    return (doubted, error.description)
  }

  @Test(arguments: [["A": "203.0.113.9"], [:], ["MX": "192.0.2.2"]])
  func aPlanOfAnythingButConfiguredAddressesAsksNothing(desired: [String: String]) {
    var move = RecordMove(Self.plan(desired: desired), pace: MovePace())
    guard case .refused(let error) = Self.ended(move.next(.begin, jitter: 0)) else {
      Issue.record("\(desired)")
      return
    }
    #expect(error.description.contains("only configured addresses are written"))
    #expect(error.failure == .permanent)
  }

  /// Somebody's move to another of our regions is not undone.
  @Test func whatSomebodyMovedSinceTheIntentIsLeftThere() {
    let (doubted, end) = Self.refusal(Self.address(1, "192.0.2.3"))
    #expect(doubted == end && end?.hasSuffix("someone else moved it") == true)
    #expect(end?.contains("is 192.0.2.3, and was 192.0.2.1 at the intent") == true)
  }

  @Test func ofSeveralRecordsNoneIsWritten() {
    let (doubted, end) = Self.refusal(Self.address(1, "192.0.2.1"), Self.address(5, "192.0.2.1"))
    #expect(doubted == end && end?.contains("has 2 A records, one is needed") == true)
    #expect(end?.contains("192.0.2.1 (id 1), 192.0.2.1 (id 5)") == true)
  }

  @Test func aRecordThatIsNotThereIsToBeMadeByHand() {
    let (doubted, end) = Self.refusal()
    #expect(doubted == end && end == "app.example.org has no A record: create it")
  }

  /// What ends a move is said; what does not has nothing to say.
  @Test func whatSpeaksAgainstAMoveHasWords() {
    let record = Self.address(1, "192.0.2.1")
    let error = ProviderError(.refused, .permanent, description: "no")
    let conflict = MarkerConflict(found: "x", name: Self.place)
    let findings: [PlanFinding] = [
      .conflict([conflict]), .foreign(["203.0.113.9"]), .broken(error), .moved("moved"),
      .done([record]), .pending(record, to: "192.0.2.2"),
    ]
    #expect(findings.map(\.speaksAgainst) == [true, true, true, true, false, false])
    for finding in findings { #expect(finding.words.isEmpty != finding.speaksAgainst) }
  }

  // MARK: The marker

  /// It is not written again; and what stood beside it by then is no conflict of later.
  @Test func aMarkerOfThisMoveIsNotWrittenAgain() {
    let source = Self.address(1, "192.0.2.1")
    let ours = Self.text(2, Self.mine.description)
    let beside = Self.text(3, Self.rival)
    var (move, turn) = Self.look(source, ours, beside)
    #expect(Self.asked(turn) == .records([Self.name]), "it counts as claimed")
    turn = move.next(.records(.success([source, ours, beside])), jitter: 0)
    #expect(Self.asked(turn) == .mayWrite(source, region: "eu"))
  }

  @Test func ofSeveralMarkersTheOneOfTheLowestIdIsWritten() {
    var (move, turn) = Self.look(
      Self.address(1, "192.0.2.1"), Self.text(9, Self.older), Self.text(4, Self.older))
    #expect(Self.asked(turn) == .mayWrite(Self.text(4, Self.older), region: "eu"))
    turn = move.next(.permission(.go), jitter: 0)
    #expect(
      Self.asked(turn) == .setTarget(Self.mine.description, of: Self.text(4, Self.older)))
  }

  /// Two processes with one database: the one that claims later is the other one's conflict.
  @Test func anotherProcessAtMyEpochIsAConflictOnceIHaveClaimed() {
    var (move, _) = Self.look(Self.address(1, "192.0.2.1"), Self.text(2, Self.older))
    _ = move.next(.permission(.go), jitter: 0)
    _ = move.next(.written(.success(Self.text(2, Self.mine.description))), jitter: 0)
    let seen = WriteReply.records(
      .success([Self.address(1, "192.0.2.1"), Self.text(2, Self.rival)]))
    guard case .pause = Self.asked(move.next(seen, jitter: 0)) else {
      Issue.record("one answer may be garbled")
      return
    }
    _ = move.next(.paused, jitter: 0)
    let conflict = MarkerConflict(found: Self.rival, name: Self.place)
    #expect(Self.ended(move.next(seen, jitter: 0)) == .conflict([conflict]))
  }
}
