import Codec
import Decision
import Platform
import Seeded
import Testing
import Wire

@testable import Recording

/// Entries become lines, packed bytes, and entries again.
@Suite struct EntryLineTests {
  private static let now = Now(instant: Instant(milliseconds: 5000), wallMs: 1_795_000_000_000)

  private static func text(_ entries: [Entry]) throws -> String {
    var lines = EntryLines()
    return String(decoding: try entries.flatMap { try lines.line($0) }, as: UTF8.self)
  }

  @Test func aPlainStepIsItsService() throws {
    let later = Now(instant: Instant(milliseconds: 5001), wallMs: Self.now.wallMs)
    let text = try Self.text([
      .doubts(Self.now), .step(Step(service: "app", now: Self.now)),
      .step(Step(service: "app", now: later)),
    ])
    #expect(
      text == """
        doubts 5000 1795000000000
        plain app
        step {"now":{"instant":{"milliseconds":5001},"wall_ms":1795000000000},"service":"app"}

        """)
  }

  /// Whatever bytes come: an error or an entry, no crash and no endless memory.
  @Test(arguments: Array<UInt64>(1...20))
  func nonsense(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let words = ["keyframe", "report", "summary", "probes", "doubts", "plain", "step", "", "x"]
    let rests = ["", "{}", "1", "1 2", "-9 {\"agent\":1}", "99999999999999999999 {}", "1 x", "[]"]
    var lines = EntryLines()
    var taken = 0
    for _ in 0..<500 {
      var line = "\(words.randomElement(using: &random) ?? "")"
      if random.chance(0.8) { line += " \(rests.randomElement(using: &random) ?? "")" }
      var bytes = Array(line.utf8)
      if random.chance(0.3), !bytes.isEmpty {
        bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      do {
        if try lines.entry(bytes[...]) != nil { taken += 1 }
      } catch {
        #expect(!error.found.isEmpty, "seed \(seed)")
      }
    }
    #expect(taken < 250, "seed \(seed): \(taken)")
  }

  /// Names of keys and values survive, also where a value is a dictionary of our words.
  @Test func everyPartOfAKeyframeComesBack() throws {
    var world = RecordedWorld(seed: 9, services: ["app", "web"], mood: .rough)
    for _ in 0..<300 { world.advance() }
    let keyframe = Keyframe(
      reason: .regular, now: world.now, release: "1.2.3", tickMs: 500,
      machines: world.rooms.values.map(\.machine), evidence: world.evidence,
      doubts: world.doubts)
    var lines = EntryLines()
    let line = try lines.line(.keyframe(keyframe))
    #expect(try lines.entry(line.dropLast()) == .keyframe(keyframe))
    #expect(!keyframe.evidence.agents.isEmpty && !keyframe.evidence.ownProbes.isEmpty)
  }

  @Test func theFirstDifferenceIsNamed() throws {
    var one = Memory()
    var other = Memory()
    #expect(JSONTree.firstDifference(.null, .null) == nil)
    one.epoch = 3
    other.epoch = 4
    other.pause = Pause(by: "ann", reason: nil, sinceMs: 1, untilMs: nil)
    let text = JSONTree.firstDifference(try JSONTree(one), try JSONTree(other), path: "memory")
    #expect(text == "memory.epoch: 3, 4")
    #expect(
      JSONTree.firstDifference(.map([:]), .map(["a": .list([.null])])) == "a: nothing, 1 entries")
    #expect(JSONTree.firstDifference(.list([.bool(true)]), .list([.text("x")])) == "0: true, x")
    #expect(JSONTree.firstDifference(.double(0.5), .map(["b": .null])) == ": 0.5, {b}")
    #expect(try JSONTree(UInt64.max) == .large(.max))
  }

  /// What another writer left, as journals of before 0.2 have it: one text, without its name.
  @Test func anOldConflictIsRead() throws {
    var memory = Memory()
    memory.conflict = Conflict(ForeignMarker(name: "n", text: "theirs", epoch: 41), sinceMs: 1)
    let new = try JSONTree(memory)
    #expect(try new.value(as: Memory.self) == memory)
    let old = JSONTree.map([
      "conflict": .map([
        "found": .text("theirs"), "epoch": .int(41), "since_ms": .int(1),
        "adopted_by": .text("kim"),
      ])
    ])
    let read = try new.merged(from: .map([:]), to: old, but: []).value(as: Memory.self)
    #expect(read.conflict?.markers == [ForeignMarker(name: nil, text: "theirs", epoch: 41)])
    #expect(read.conflict?.adopted == ["theirs"] && read.conflict?.isOpen == false)
  }
}
