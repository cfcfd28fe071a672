import Decision
import FoundationEssentials
import Testing

/// `docs/state-machine.md` is what the decision does, found by trying every combination of facts.
///
/// With SIGNALBOX_REWRITE=1 the file is written anew.
struct StateMachineDocument {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test func theDocumentIsWhatTheCodeDoes() throws {
    let file = Self.root.appending(path: "docs/state-machine.md")
    let found = try Self.text()
    if StoriesTests.rewrites {
      try found.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == found,
      "docs/state-machine.md is stale: run the tests with SIGNALBOX_REWRITE=1")
  }

  /// One way out of a phase.
  struct Arrow: Hashable {
    var from: Phase
    var decision: Decision
  }

  private static func text() throws -> String {
    var seen: [Arrow: Projection] = [:]
    Combinations.all { phase, facts, digits in
      seen[Arrow(from: phase, decision: decide(phase, facts)), default: Projection()].take(digits)
    }
    let meanings = try Self.meanings()
    var lines = [
      "# The state machine",
      "",
      "Made from the code by trying all \(grouped(Combinations.count)) combinations of phase and "
        + "facts: change",
      "`Coordinator/Decision`, then run the tests with `SIGNALBOX_REWRITE=1`. What the facts mean "
        + "stands in",
      "`Coordinator/Decision/Facts.swift`; where they come from, in RULES' words, in the files "
        + "beside it.",
      "",
    ]
    lines += diagram(seen)
    for phase in Phase.allCases {
      lines += ["## `\(phase.rawValue)`", ""]
      lines += ["| rule | | when | next | effect |", "|---|---|---|---|---|"]
      let arrows = seen.filter { $0.key.from == phase }.sorted { one, other in
        key(one.key) < key(other.key)
      }
      for (arrow, projection) in arrows {
        let decision = arrow.decision
        let next = decision.next == phase ? "" : "`\(decision.next.rawValue)`"
        let effect = decision.effect == .none ? "" : "`\(decision.effect)`"
        lines.append(
          "| \(decision.rule.rawValue) | \(decision.rule.name) | \(projection.text) | \(next) | "
            + "\(effect) |")
      }
      lines.append("")
    }
    lines += ["## The rules", "", "| rule | name | meaning |", "|---|---|---|"]
    for rule in Rule.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
      lines.append("| \(rule.rawValue) | \(rule.name) | \(meanings[rule.rawValue] ?? "?") |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func key(_ arrow: Arrow) -> String {
    "\(arrow.decision.rule.rawValue) \(arrow.decision.next.rawValue) \(arrow.decision.effect)"
  }

  private static func grouped(_ number: Int) -> String {
    var rest = String(number)
    var groups: [String] = []
    while rest.count > 3 {
      groups.insert(String(rest.suffix(3)), at: 0)
      rest.removeLast(3)
    }
    return ([rest] + groups).joined(separator: ",")
  }

  /// The changes of phase, with the rules that make them.
  private static func diagram(_ seen: [Arrow: Projection]) -> [String] {
    var rules: [String: Set<Int>] = [:]
    for arrow in seen.keys where arrow.decision.next != arrow.from {
      rules["\(arrow.from.rawValue) --> \(arrow.decision.next.rawValue)", default: []]
        .insert(arrow.decision.rule.rawValue)
    }
    var lines = ["```mermaid", "stateDiagram-v2", "  [*] --> steady"]
    for (arrow, numbers) in rules.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(arrow): \(numbers.sorted().map(String.init).joined(separator: " "))")
    }
    return lines + ["```", ""]
  }

  /// Each rule's own comment in the source.
  private static func meanings() throws -> [Int: String] {
    let file = root.appending(path: "Coordinator/Decision/Rule.swift")
    var comment: [Substring] = []
    var found: [Int: String] = [:]
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.first == "///" {
        comment += words.dropFirst()
      } else {
        if words.first == "case", let number = words.last.flatMap({ Int($0) }) {
          found[number] = comment.joined(separator: " ")
        }
        comment = []
      }
    }
    return found
  }
}

/// The values that each fact has over a set of combinations; a fact that may have any is left out.
struct Projection {
  /// A bit per value, by fact.
  private var found = Array(repeating: 0, count: Combinations.dimensions.count)

  mutating func take(_ digits: [Int]) {
    for place in digits.indices { found[place] |= 1 << digits[place] }
  }

  var text: String {
    let told = zip(Combinations.dimensions, found).compactMap { dimension, bits -> String? in
      let values = dimension.values.enumerated().filter { bits & 1 << $0.offset != 0 }
      guard values.count < dimension.values.count else { return nil }
      return "\(dimension.fact) " + values.map(\.element).joined(separator: "/")
    }
    return told.isEmpty ? "always" : told.joined(separator: ", ")
  }
}
