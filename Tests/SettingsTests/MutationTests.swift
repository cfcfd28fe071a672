import FoundationEssentials
import Seeded
import Testing

@testable import Settings

/// What no file may do: stop the program.
struct MutationTests {
  @Test(arguments: Mutation.seeds)
  func mutatedFilesNeverCrash(_ seed: UInt64) {
    var mutation = Mutation(seed: seed)
    var refused = 0
    for round in 0..<Mutation.rounds {
      let bytes = mutation.next()
      let text = String(decoding: bytes, as: UTF8.self)
      let mistakes = round.isMultiple(of: 2) ? Files.mistakes(text) : Files.agentMistakes(text)
      if !mistakes.isEmpty { refused += 1 }
    }
    #expect(
      refused > Mutation.rounds / 4,
      "seed \(seed): only \(refused) of \(Mutation.rounds) were refused")
  }

  /// Short documents of nothing but what means something to TOML: each corner of the parser.
  @Test(arguments: Mutation.seeds)
  func randomSyntaxNeverCrashes(_ seed: UInt64) {
    var mutation = Mutation(seed: seed)
    for _ in 0..<Mutation.rounds * 5 {
      let text = mutation.syntax()
      let mistakes = Files.mistakes(text)
      #expect(!mistakes.isEmpty, "seed \(seed): \(text.debugDescription)")
      // The guard knows each state that the parser takes for impossible, and its place.
      let hasPlace = !mistakes.contains { $0.contains("the parser gave up") }
      #expect(hasPlace, "seed \(seed): \(text.debugDescription)")
    }
  }
}

/// Files that are wrong, drawn by a seed. `SIGNALBOX_ROUNDS=100000` draws more with each seed,
/// `SIGNALBOX_SEED=7` others.
struct Mutation {
  static let rounds = number("SIGNALBOX_ROUNDS") ?? 400
  static let seeds = (0..<3).map { UInt64(number("SIGNALBOX_SEED") ?? 1) &* 1000 &+ $0 }

  private static let pieces = [
    "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "#", "\n", "\r\n", "\r", " ", "\t", "\"",
    "'", "\"\"\"", "\'\'\'", "\\", "\\u00e9", "\\U0010FFFF", "a", "b", "key", "-", "_", "+", "0",
    "1", "9", "0x", "0o", "0b", "e", "E1", "1.5", "inf", "nan", "true", "false", "1979-05-27",
    "T", "Z", "07:32:00", ":", "a = ", "a.b = ", "[a]\n", "ä", "\u{FEFF}", "\u{1F}", "\u{7F}",
  ]

  private var generator: SplitMix64
  private var isAgent = true

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init)
  }

  /// A file with one to three bytes changed, taken out or put in: the coordinator's and the agent's
  /// in turn.
  mutating func next() -> [UInt8] {
    isAgent.toggle()
    var bytes = Array((isAgent ? Files.agent : Files.coordinator).utf8)
    for _ in 0...Int.random(in: 0...2, using: &generator) {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0...3, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...0xFF, using: &generator)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: place)
      default: bytes.insert(special(), at: place)
      }
    }
    return bytes
  }

  /// A short document of nothing but what means something to TOML.
  mutating func syntax() -> String {
    let count = Int.random(in: 1...12, using: &generator)
    return (0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
  }

  /// A byte that means something to TOML.
  private mutating func special() -> UInt8 {
    "[]{}\"'=.,#\n\\-_:".utf8.randomElement(using: &generator) ?? 0
  }
}
