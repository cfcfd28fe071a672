import CToml
import Testing

@testable import Settings

/// The parser behind its C header, without the guard that stands before it: nothing ends the
/// program, every mistake has words, and every value is where its table says.
struct ShimTests {
  /// What the parser says of `bytes`: how many values, or what is wrong and where.
  private enum Answer {
    case values([signalbox_toml_value])
    case mistake(String, line: UInt32, column: UInt32)
  }

  private static func read<Result>(_ bytes: [UInt8], _ use: (Answer) -> Result) throws -> Result {
    let read = bytes.withUnsafeBytes {
      signalbox_toml_read($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
    let document = try #require(read)
    defer { signalbox_toml_free(document) }
    if let mistake = signalbox_toml_error(document)?.pointee {
      let words = String(cString: mistake.text)
      return use(.mistake(words, line: mistake.line, column: mistake.column))
    }
    var count = 0
    let first = signalbox_toml_values(document, &count)
    return use(.values(Array(UnsafeBufferPointer(start: first, count: count))))
  }

  /// How many values stand at the beginning of `values` as one; 0 where their counts do not add up.
  private static func length(_ values: ArraySlice<signalbox_toml_value>) -> Int {
    var open = 1
    for (number, value) in values.enumerated() {
      open += value.count - 1
      if open == 0 { return number + 1 }
    }
    return 0
  }

  @Test(arguments: Mutation.seeds)
  func noBytesEndTheProgram(_ seed: UInt64) throws {
    let rounds = Mutation.rounds * 5
    print("seed \(seed): \(rounds) mutated files and as many short documents")
    var mutation = Mutation(seed: seed)
    var refused = 0
    for round in 0..<rounds * 2 {
      let bytes = round < rounds ? mutation.next() : Array(mutation.syntax().utf8)
      try Self.read(bytes) { answer in
        switch answer {
        case .values(let values):
          if Self.length(values[...]) != values.count {
            Issue.record("seed \(seed), round \(round): \(values.count) values do not add up")
          }
        case .mistake(let words, let line, let column):
          refused += 1
          // A failed assertion is what the parser has no place for.
          if words.isEmpty || (line == 0) != (column == 0) {
            Issue.record("seed \(seed), round \(round): \(words) at \(line):\(column)")
          }
        }
      }
    }
    print("seed \(seed): \(refused) of \(rounds * 2) were refused")
    #expect(refused > rounds / 4, "seed \(seed): only \(refused) of \(rounds * 2)")
  }

  @Test(arguments: [
    "[ä]", "[.a]", "a = [ } ]", "a = ä", "a = 1979-05-27T", "a = \u{7F}", "a = 1_", "[[", "\u{0}",
    "a = 99999999999999999999", "a.b = 1\na = 2", "a = {b = 1\n}", "a = \"\\uD800\"", "a = 0x",
  ])
  func aMistakeIsToldNotThrown(_ text: String) throws {
    try Self.read(Array(text.utf8)) { answer in
      guard case .mistake(let words, _, _) = answer else {
        Issue.record("\(text) is taken")
        return
      }
      #expect(!words.isEmpty)
    }
  }

  @Test func bytesThatAreNoTextAreRefusedWithTheirPlace() throws {
    for bytes in [
      [0x61, 0x3D, 0xFF], [0x23, 0x20, 0xC3, 0x28], [0xF8], [0x23, 0xED, 0xA0, 0x80],
    ] {
      try Self.read(bytes.map(UInt8.init)) { answer in
        guard case .mistake(_, let line, _) = answer else {
          Issue.record("\(bytes) are taken")
          return
        }
        #expect(line == 1)
      }
    }
  }

  @Test func valuesComeInOrderWithTheirLines() throws {
    let text = """
      a = 1
      [b]
      c = [1.5, "x\\u0000y", {d = true}]
      [[e]]
      f = 2024-01-02
      """
    try Self.read(Array(text.utf8)) { answer in
      guard case .values(let values) = answer else {
        Issue.record("refused")
        return
      }
      #expect(
        values.map(\.kind) == [
          SIGNALBOX_TOML_TABLE, SIGNALBOX_TOML_INTEGER, SIGNALBOX_TOML_TABLE,
          SIGNALBOX_TOML_ARRAY, SIGNALBOX_TOML_FLOAT, SIGNALBOX_TOML_TEXT, SIGNALBOX_TOML_TABLE,
          SIGNALBOX_TOML_BOOLEAN, SIGNALBOX_TOML_ARRAY, SIGNALBOX_TOML_TABLE,
          SIGNALBOX_TOML_MOMENT,
        ])
      #expect(values.map(\.line).dropFirst() == [1, 2, 3, 3, 3, 3, 3, 4, 4, 5])
      #expect(values.map(\.count) == [3, 0, 1, 3, 0, 0, 1, 0, 1, 1, 0])
      #expect(values[5].text_length == 3)
    }
  }
}
