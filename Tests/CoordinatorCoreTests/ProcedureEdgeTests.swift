import Testing
import Wire

@testable import CoordinatorCore

/// The edges of what makes missing records and of what writes the marker: called off, answered
/// otherwise than asked, and what is not clear.
@Suite struct ProcedureEdgeTests {
  private static let names = ["app.example.org", "www.example.org"]
  private static let mine = Marker(cluster: "c", incarnation: "1", epoch: 7, active: "eu")
  private static let places = [
    CreationPlan.Place(id: "us", addresses: ["A": "192.0.2.1", "AAAA": "2001:db8::1"]),
    CreationPlan.Place(id: "eu", addresses: ["A": "192.0.2.2", "AAAA": "2001:db8::2"]),
  ]

  private static func plan(
    _ names: [String] = ["app.example.org"], places: [CreationPlan.Place] = places,
    active: String? = "eu", asked: Set<RecordKey> = []
  ) -> CreationPlan {
    CreationPlan(
      names: names, places: places, active: active, ttlSeconds: 30, marker: mine, asked: asked)
  }

  private static func record(
    _ id: Int64, _ type: String, _ target: String, name: String = names[0], ttl: Int = 30
  ) -> ProviderRecord {
    ProviderRecord(id: id, type: type, name: name, target: target, ttlSeconds: ttl)
  }

  private static func asked<Outcome>(_ turn: WriteTurn<Outcome>?) -> WriteQuestion? {
    if case .ask(let question) = turn?.then { question } else { nil }
  }

  private static func ended<Outcome>(_ turn: WriteTurn<Outcome>) -> Outcome? {
    if case .end(let result) = turn.then { result } else { nil }
  }

  /// A creation that lacks one record, or more, and asks for leave.
  private static func asking(
    _ records: [ProviderRecord], _ plan: CreationPlan = plan()
  ) -> RecordCreation {
    var creation = RecordCreation(plan)
    _ = creation.next(.begin, jitter: 0)
    _ = creation.next(.records(.success(records)), jitter: 0)
    _ = creation.next(.paused, jitter: 0)
    let turn = creation.next(.records(.success(records)), jitter: 0)
    if case .mayWrite = asked(turn) {} else { Issue.record("\(turn)") }
    return creation
  }

  // MARK: Called off, or answered otherwise

  @Test func aYesThatComesAfterTheEndWritesNothing() {
    var creation = Self.asking([Self.record(1, "A", "192.0.2.2")])
    creation.cancel()
    guard case .stopped = Self.ended(creation.next(.permission(.go), jitter: 0)) else {
      Issue.record("it writes")
      return
    }
  }

  /// What was asked for is waited for, and the next record is not begun.
  @Test func aCreationThatIsCalledOffInAWriteMakesNoOther() {
    var creation = Self.asking([])
    guard case .create(var made) = Self.asked(creation.next(.permission(.go), jitter: 0)) else {
      Issue.record("the first of two")
      return
    }
    creation.cancel()
    made.id = 9
    let turn = creation.next(.written(.success(made)), jitter: 0)
    guard case .stopped = Self.ended(turn) else {
      Issue.record("it goes on")
      return
    }
    #expect(turn.notes == [.answered(made, error: nil)], "what was made is noted")
  }

  @Test func aReplyThatWasNotAskedForEndsEachProcedure() {
    var creation = RecordCreation(Self.plan())
    _ = creation.next(.begin, jitter: 0)
    guard case .stopped = Self.ended(creation.next(.permission(.go), jitter: 0)) else {
      Issue.record("a creation goes on")
      return
    }
    var rewrite = MarkerRewrite(MarkerPlan(names: Self.names, marker: Self.mine, creates: true))
    _ = rewrite.next(.begin, jitter: 0)
    #expect(Self.ended(rewrite.next(.permission(.go), jitter: 0)) == .stopped)
  }

  // MARK: What is missing, and where it is to point

  /// Two were made with another time to live: each is set once, the lowest id first.
  @Test func lostTimesToLiveAreSetInTheirOrderAndOnce() {
    let key = { RecordKey(name: Self.names[0], type: $0) }
    let lost = [
      Self.record(8, "A", "192.0.2.2", ttl: 0), Self.record(5, "AAAA", "2001:db8::2", ttl: 0),
    ]
    var creation = RecordCreation(Self.plan(asked: [key("A"), key("AAAA")]))
    _ = creation.next(.begin, jitter: 0)
    var turn = creation.next(.records(.success(lost)), jitter: 0)
    for record in [lost[1], lost[0]] {
      #expect(Self.asked(turn) == .mayWrite(record, region: "eu"))
      #expect(Self.asked(creation.next(.permission(.go), jitter: 0)) == .setTTL(30, of: record))
      turn = creation.next(.written(.success(record)), jitter: 0)
    }
    #expect(Self.asked(turn) == .listing([Self.names[0]]))
    // The provider keeps them as they are: told as they are, and not set again.
    #expect(Self.ended(creation.next(.records(.success(lost)), jitter: 0)) == .created(lost))
  }

  /// What was made is told, also where another record turns out to be deleted by somebody.
  @Test func whatWasMadeIsToldBesideWhatSomebodyDeleted() {
    let standing = [
      Self.record(1, "A", "192.0.2.2"), Self.record(3, "A", "192.0.2.2", name: Self.names[1]),
      Self.record(4, "AAAA", "2001:db8::2", name: Self.names[1]),
    ]
    var creation = Self.asking(standing, Self.plan(Self.names))
    guard case .create(var made) = Self.asked(creation.next(.permission(.go), jitter: 0)) else {
      Issue.record("the one that is missing")
      return
    }
    made.id = 9
    _ = creation.next(.written(.success(made)), jitter: 0)
    let marker = Self.record(
      7, "TXT", Self.mine.description, name: Marker.recordName(Self.names[1]))
    // The second name has our marker now, and not its record any more.
    let after = WriteReply.records(.success([standing[0], standing[1], marker, made]))
    guard case .pause = Self.asked(creation.next(after, jitter: 0)) else {
      Issue.record("one listing may be garbled")
      return
    }
    _ = creation.next(.paused, jitter: 0)
    #expect(Self.ended(creation.next(after, jitter: 0)) == .created([made]))
  }

  /// Where users are is not known: new records point where all the others do.
  @Test func whereTheOthersPointIsWhereNewOnesDo() {
    let need = Self.plan(active: nil).need([Self.record(1, "A", "192.0.2.2")], asked: [])
    guard case .work(let make, _, let place) = need else {
      Issue.record("\(need)")
      return
    }
    #expect(place == "eu" && make.map(\.target) == ["2001:db8::2"])
  }

  @Test func recordsThatPointApartMakeNothing() {
    let apart = [Self.record(1, "A", "192.0.2.2"), Self.record(2, "AAAA", "2001:db8::1")]
    for (active, words) in [(nil, "which is not one region's"), ("eu", "which is not all eu's")] {
      guard case .broken(let error) = Self.plan(active: active).need(apart, asked: []) else {
        Issue.record("\(words)")
        continue
      }
      #expect(error.description.contains(words) && error.failure == .permanent)
    }
    guard case .broken = Self.plan(places: []).need([], asked: []) else {
      Issue.record("without a region there is nowhere to point")
      return
    }
  }
}
