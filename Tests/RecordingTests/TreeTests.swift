import Decision
import Testing
import Wire

@testable import Recording

/// Values become trees, bytes and values again.
@Suite struct TreeTests {
  static func draw(_ random: inout SeededGenerator, depth: Int = 0) -> Tree {
    switch Int.random(in: 0..<(depth > 3 ? 7 : 9), using: &random) {
    case 0: .null
    case 1: .bool(random.chance(0.5))
    case 2: .int(Int64.random(in: .min ... .max, using: &random))
    case 3: .int(Int64.random(in: -3...3, using: &random))
    case 4: .large(UInt64.max - UInt64.random(in: 0...9, using: &random))
    case 5: .double(random.chance(0.5) ? 0.1 : Double(Int.random(in: -9...9, using: &random)))
    case 6: .text(["", "a", "us-east", "ä"].randomElement(using: &random) ?? "")
    case 7:
      .list(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in draw(&random, depth: depth + 1) })
    default:
      .map(
        ["a", "b", "c"].prefix(Int.random(in: 0...3, using: &random)).map {
          Tree.Field(key: $0, value: draw(&random, depth: depth + 1))
        })
    }
  }

  /// Something else at some places.
  static func mutate(_ tree: Tree, _ random: inout SeededGenerator) -> Tree {
    if random.chance(0.05) { return draw(&random, depth: 2) }
    switch tree {
    case .int(let number): return .int(number &+ (random.chance(0.5) ? 2 : 0))
    case .double(let number): return .double(random.chance(0.5) ? number : number + 1)
    case .map(let fields):
      var next = fields.map { Tree.Field(key: $0.key, value: mutate($0.value, &random)) }
      if random.chance(0.1) { next.removeAll { _ in random.chance(0.4) } }
      return .map(next)
    case .list(let entries):
      if random.chance(0.3) {
        return .list(entries.dropFirst(1) + [draw(&random, depth: 3)])
      }
      return .list(entries.map { mutate($0, &random) })
    default: return tree
    }
  }

  @Test(arguments: Array<UInt64>(1...20))
  func wholeTrees(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (writing, reading) = (TextTable(), TextTable())
    for _ in 0..<100 {
      let tree = Self.draw(&random)
      var writer = ByteWriter()
      TreeCoder.write(tree, to: &writer, writing)
      var reader = ByteReader(writer.bytes[...])
      #expect(try TreeCoder.read(&reader, reading) == tree, "seed \(seed)")
      #expect(reader.isAtEnd)
    }
  }

  @Test(arguments: Array<UInt64>(1...40))
  func differences(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (writing, reading) = (TextTable(), TextTable())
    let (mine, yours) = (Momentum(), Momentum())
    var old = Tree.null
    for _ in 0..<200 {
      let new = random.chance(0.05) ? Self.draw(&random) : Self.mutate(old, &random)
      var writer = ByteWriter()
      TreeDiffer.write(old, new, to: &writer, writing, mine)
      var reader = ByteReader(writer.bytes[...])
      try #require(try TreePatcher.read(old, &reader, reading, yours) == new, "seed \(seed)")
      #expect(reader.isAtEnd)
      old = new
    }
  }

  /// Whatever bytes come: an error or a value, no crash and no endless memory.
  @Test(arguments: Array<UInt64>(1...20))
  func nonsense(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let old = Self.draw(&random)
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      var reader = ByteReader(bytes[...])
      _ = try? TreeCoder.read(&reader, TextTable())
      reader = ByteReader(bytes[...])
      _ = try? TreePatcher.read(old, &reader, TextTable(), Momentum())
      var decoder = EntryDecoder()
      try? decoder.read(bytes[...]) { _ in }
    }
  }

  @Test func countersAndClocksTakeNothing() {
    let (texts, momentum) = (TextTable(), Momentum())
    var sizes: [Int] = []
    var old = Tree.null
    for step in 0..<6 {
      let new = Tree.map([
        .init(key: "sequence", value: .int(Int64(step))),
        .init(key: "at", value: .int(Int64(step) * 5000 + 1_795_000_000_000)),
      ])
      var writer = ByteWriter()
      TreeDiffer.write(old, new, to: &writer, texts, momentum)
      sizes.append(writer.bytes.count)
      old = new
    }
    #expect(sizes[5] == 2)
  }

  private struct Sample: Codable, Hashable {
    enum Kind: Codable, Hashable { case plain, with(Int, String) }
    var small: UInt8 = 200
    var large = UInt64.max
    var negative = Int64.min
    var float: Float = 0.5
    var text: String?
    var kind = Kind.with(3, "x")
    var byNumber = [1: "a", 2: "b"]
    var span = Duration.milliseconds(1500)
    var nested: [[Int]] = [[], [1, 2]]
    var rule = Rule.failOver
  }

  @Test func codableValues() throws {
    for sample in [Sample(), Sample(text: "there", kind: .plain)] {
      let tree = try TreeEncoder.encode(sample)
      #expect(try TreeDecoder.decode(Sample.self, from: tree) == sample)
    }
    #expect(throws: DecodingError.self) {
      try TreeDecoder.decode(Sample.self, from: .map([.init(key: "small", value: .int(300))]))
    }
    #expect(throws: DecodingError.self) { try TreeDecoder.decode(Sample.self, from: .list([])) }
    #expect(throws: DecodingError.self) { try TreeDecoder.decode([Int].self, from: .text("a")) }
  }

  @Test func theFirstDifferenceIsNamed() throws {
    var one = Memory()
    var other = Memory()
    #expect(Tree.firstDifference(.null, .null) == nil)
    one.epoch = 3
    other.epoch = 4
    other.active = "us-east"
    let text = Tree.firstDifference(
      try TreeEncoder.encode(one), try TreeEncoder.encode(other), path: "memory")
    #expect(text == "memory.epoch: 3, 4")
    #expect(
      Tree.firstDifference(.map([]), .map([.init(key: "a", value: .list([.null]))]))
        == "a: nothing, 1 entries")
  }
  /// What another writer left, as recordings of before 0.2 have it: one text, without its name.
  @Test func anOldConflictIsRead() throws {
    var memory = Memory()
    memory.conflict = Conflict(ForeignMarker(name: "n", text: "theirs", epoch: 41), sinceMs: 1)
    let new = try TreeEncoder.encode(memory)
    #expect(try TreeDecoder.decode(Memory.self, from: new) == memory)
    guard case .map(var fields) = new,
      let place = fields.firstIndex(where: { $0.key == "conflict" })
    else {
      Issue.record("no conflict in \(new)")
      return
    }
    fields[place].value = .map([
      .init(key: "found", value: .text("theirs")), .init(key: "epoch", value: .int(41)),
      .init(key: "sinceMs", value: .int(1)), .init(key: "adoptedBy", value: .text("kim")),
    ])
    let conflict = try TreeDecoder.decode(Memory.self, from: .map(fields)).conflict
    #expect(conflict?.markers == [ForeignMarker(name: nil, text: "theirs", epoch: 41)])
    #expect(conflict?.adopted == ["theirs"] && conflict?.isOpen == false)
  }
}
