import Decision

/// All combinations of phase and facts, counted like the digits of a number.
enum Combinations {
  /// The facts' names and their values' names, in the order of the digits.
  static let dimensions: [(fact: String, values: [String])] = [
    ("at", AtFact.allCases.map { "\($0)" }),
    ("source", SourceFact.allCases.map { "\($0)" }),
    ("target", ["none", "yes"]),
    ("block", ["none"] + Block.allCases.map { "\($0)" }),
    ("approval", ["given or not needed", "missing"]),
    ("gate", GateFact.allCases.map { "\($0)" }),
    ("request", ["none", "yes"]),
    ("cool-down", ["over", "runs"]),
    ("errand", Errand.allCases.map { "\($0)" }),
    ("goal", GoalFact.allCases.map { "\($0)" }),
    ("write", WriteFact.allCases.map { "\($0)" }),
  ]

  static let count = dimensions.reduce(Phase.allCases.count) { $0 * $1.values.count }

  /// Calls `body` with each of them, and with the digits of its facts.
  static func all(_ body: (Phase, Facts, [Int]) -> Void) {
    let blocks = [nil] + Block.allCases.map(Optional.some)
    var digits = Array(repeating: 0, count: dimensions.count)
    repeat {
      let facts = Facts(
        at: AtFact.allCases[digits[0]], source: SourceFact.allCases[digits[1]],
        hasTarget: digits[2] == 1, block: blocks[digits[3]], unapproved: digits[4] == 1,
        gate: GateFact.allCases[digits[5]], request: digits[6] == 1, cooling: digits[7] == 1,
        errand: Errand.allCases[digits[8]], goal: GoalFact.allCases[digits[9]],
        write: WriteFact.allCases[digits[10]])
      for phase in Phase.allCases { body(phase, facts, digits) }
    } while advance(&digits)
  }

  private static func advance(_ digits: inout [Int]) -> Bool {
    for place in digits.indices {
      digits[place] += 1
      if digits[place] < dimensions[place].values.count { return true }
      digits[place] = 0
    }
    return false
  }
}
