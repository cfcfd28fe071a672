import FoundationEssentials
import Testing

@testable import Settings

/// What no file may do: stop the program. More rounds with SIGNALBOX_ROUNDS=100000.
struct MutationTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["SIGNALBOX_ROUNDS"].flatMap(Int.init) ?? 400

  @Test(arguments: [UInt64(1), 2, 3])
  func mutatedFilesNeverCrash(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for round in 0..<Self.rounds {
      var bytes = Array((round.isMultiple(of: 2) ? Files.coordinator : Files.agent).utf8)
      for _ in 0...Int.random(in: 0...2, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0...3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...0x7F, using: &generator)
        case 3: bytes.insert(Self.special(&generator), at: place)
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: place)
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let mistakes = round.isMultiple(of: 2) ? Files.mistakes(text) : Files.agentMistakes(text)
      if !mistakes.isEmpty { refused += 1 }
    }
    #expect(
      refused > Self.rounds / 4, "seed \(seed): only \(refused) of \(Self.rounds) were refused")
  }

  /// Short documents of nothing but what means something to TOML: each corner of the parser.
  @Test(arguments: [UInt64(4), 5, 6])
  func randomSyntaxNeverCrashes(_ seed: UInt64) {
    let pieces = [
      "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "#", "\n", "\r\n", "\r", " ", "\t", "\"",
      "'", "\"\"\"", "\'\'\'", "\\", "\\u00e9", "\\U0010FFFF", "a", "b", "key", "-", "_", "+", "0",
      "1", "9", "0x", "0o", "0b", "e", "E1", "1.5", "inf", "nan", "true", "false", "1979-05-27",
      "T", "Z", "07:32:00", ":", "a = ", "a.b = ", "[a]\n", "ä", "\u{FEFF}", "\u{1F}", "\u{7F}",
    ]
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<Self.rounds * 5 {
      let count = Int.random(in: 1...12, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      #expect(!Files.mistakes(text).isEmpty, "seed \(seed): \(text.debugDescription)")
    }
  }

  /// A byte that means something to TOML.
  private static func special(_ generator: inout SeededGenerator) -> UInt8 {
    "[]{}\"'=.,#\n\\-_:".utf8.randomElement(using: &generator) ?? 0
  }
}

/// Random numbers that a seed repeats: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
