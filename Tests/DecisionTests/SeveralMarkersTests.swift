import Decision
import Seeded
import Testing
import Wire

/// Other writers' markers at several names are one conflict, and one `adopt` (RULES 16).
struct SeveralMarkersTests {
  private static func marker(_ name: String, _ text: String, _ epoch: UInt64? = nil)
    -> ForeignMarker
  {
    ForeignMarker(name: "_signalbox.\(name).example.com", text: text, epoch: epoch)
  }

  private static func note(_ lab: inout Lab, _ markers: [ForeignMarker]) -> [ForeignMarker] {
    lab.machine.noteConflict(markers, wallMs: lab.clock.wallMs)
  }

  private static func adopt(_ lab: inout Lab) throws -> [String] {
    try lab.machine.adopt(foreign: nil, by: "kim", epoch: lab.machine.memory.epoch)
  }

  private static let app = marker("app", "theirs", 41)
  private static let www = marker("www", "others", 57)

  @Test func oneAdoptionTakesAll() throws {
    var lab = OrdersTests.settled()
    #expect(Self.note(&lab, [Self.app, Self.www]) == [Self.app, Self.www])
    #expect(lab.machine.memory.conflict?.markers == [Self.app, Self.www])
    #expect(lab.machine.memory.conflict?.adopted == [])
    lab.fail("a")
    let held = lab.run(200)
    #expect(
      held.holds.map(\.text) == [
        "another writer's marker stands at _signalbox.app.example.com: \"theirs\"; "
          + "_signalbox.www.example.com: \"others\""
      ])
    #expect(
      try Self.adopt(&lab) == ["2 markers are claimed under epoch 58; writing is allowed again"])
    #expect(lab.machine.memory.epoch == 58, "above the highest")
    #expect(lab.machine.memory.conflict?.adopted == ["theirs", "others"])
    // One of them alone, both, or one of them elsewhere: no news.
    for seen in [[Self.app], [Self.www], [Self.app, Self.www], [Self.marker("www", "theirs")], []] {
      #expect(Self.note(&lab, seen).isEmpty)
      #expect(!lab.machine.isReadOnly)
    }
    #expect(lab.run().intent?.epoch == 59)
  }

  /// What is found before the operator has answered is asked about with the rest.
  @Test func whatIsFoundLaterComesToIt() throws {
    var lab = OrdersTests.settled()
    #expect(Self.note(&lab, [Self.app]) == [Self.app])
    #expect(Self.note(&lab, [Self.www, Self.app]) == [Self.www])
    #expect(Self.note(&lab, [Self.app, Self.www]).isEmpty)
    let same = Self.marker("www", "theirs", 41)
    #expect(Self.note(&lab, [same]) == [same], "the same text at another name")
    let conflict = try #require(lab.machine.memory.conflict)
    #expect(conflict.found == "theirs" && conflict.epoch == 41)
    #expect(conflict.markers == [Self.app, Self.www, same])
    #expect(try Self.adopt(&lab).first?.hasPrefix("3 markers are claimed") == true)
  }

  /// A new one after an adoption: what was adopted and still stands is part of it, what is gone
  /// is not.
  @Test func aNewOneIsAnotherConflict() throws {
    var lab = OrdersTests.settled()
    _ = Self.note(&lab, [Self.app, Self.www])
    _ = try Self.adopt(&lab)
    let third = Self.marker("www", "third", nil)
    #expect(Self.note(&lab, [Self.app, third]) == [third])
    #expect(lab.machine.isReadOnly)
    #expect(lab.machine.memory.conflict?.markers == [third, Self.app])
    #expect(lab.machine.memory.conflict?.found == "third")
    _ = try Self.adopt(&lab)
    #expect(Self.note(&lab, [Self.app, third]).isEmpty)
    #expect(Self.note(&lab, [Self.www]) == [Self.www], "of an adoption before the last")
  }

  @Test func theyAreBounded() throws {
    var lab = OrdersTests.settled()
    let many = (0..<100).map { Self.marker("n\($0)", "t\($0)", UInt64($0)) }
    _ = Self.note(&lab, many)
    #expect(lab.machine.memory.conflict?.markers == Array(many.prefix(64)))
    #expect(Self.note(&lab, many).isEmpty, "told once")
    #expect(
      lab.machine.memory.conflict?.words(of: "x")
        == "_signalbox.n0.example.com: \"t0\"; _signalbox.n1.example.com: \"t1\"; "
        + "_signalbox.n2.example.com: \"t2\"; and 61 more")
    _ = try Self.adopt(&lab)
    #expect(lab.machine.memory.epoch == 64)
    // Those beyond come first then.
    #expect(Self.note(&lab, many) == Array(many.suffix(36)))
    #expect(lab.machine.memory.conflict?.markers == Array(many.suffix(36) + many.prefix(28)))
    var long = Conflict(
      ForeignMarker(name: nil, text: String(repeating: "x", count: 400), epoch: nil), sinceMs: 1)
    let place = "_signalbox.app.example.com"
    #expect(long.words(of: "app.example.com").count == place.count + 4 + 200)
    #expect(long.words(of: "app.example.com").hasPrefix("\(place): \"xx"))
    long = Conflict(Self.app, sinceMs: 1)
    #expect(long.words(of: "x") == "_signalbox.app.example.com: \"theirs\"")
  }

  /// Any readings and adoptions: read-only exactly while something stands noted that was not part
  /// of the newest adoption; one adoption always ends that; epochs rise above all that was seen.
  @Test(arguments: 0..<60 as Range<UInt64>) func anyHistory(seed: UInt64) throws {
    var chance = SplitMix64(seed: seed)
    var lab = OrdersTests.settled()
    var adopted: Set<String> = []
    var open: Set<String> = []
    var adoptions = 0
    for _ in 0..<200 {
      let epoch = lab.machine.memory.epoch
      switch Int.random(in: 0..<10, using: &chance) {
      case 0..<6:
        let seen = (0..<Int.random(in: 0...4, using: &chance)).map { _ in
          let number = UInt64.random(in: 0..<8, using: &chance)
          let name = ["app", "www", "api"][Int.random(in: 0..<3, using: &chance)]
          return Self.marker(name, "t\(number)", number * 10)
        }
        let texts = Set(seen.map(\.text))
        let wasOpen = !open.isEmpty
        if wasOpen || !texts.isSubset(of: adopted) { open.formUnion(texts) }
        if !wasOpen && !open.isEmpty { adopted = [] }
        let news = Self.note(&lab, seen)
        #expect(wasOpen || news.isEmpty == open.isEmpty, "seed \(seed)")
      case 6..<9:
        guard !open.isEmpty else {
          #expect(throws: Refusal.self, "seed \(seed)") { try Self.adopt(&lab) }
          continue
        }
        let highest = lab.machine.memory.conflict?.markers.compactMap(\.epoch).max() ?? 0
        _ = try Self.adopt(&lab)
        #expect(lab.machine.memory.epoch == max(epoch, highest) + 1, "seed \(seed)")
        adopted = open
        open = []
        adoptions += 1
      default:
        lab.machine.noteMarkerIsOurs()
        adopted = []
      }
      #expect(lab.machine.isReadOnly == !open.isEmpty, "seed \(seed)")
      let conflict = lab.machine.memory.conflict
      #expect(Set(conflict?.markers.map(\.text) ?? []) == open.union(adopted), "seed \(seed)")
      #expect((conflict?.adopted ?? []) == (open.isEmpty ? adopted : []), "seed \(seed)")
      #expect(lab.machine.memory.epoch >= epoch, "seed \(seed)")
    }
    #expect(adoptions > 5, "seed \(seed): nothing was tried")
  }
}
