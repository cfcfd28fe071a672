/// Collects the mistakes of one file.
final class Findings {
  let file: String
  private let lines: LineIndex
  private(set) var problems: [SettingsProblem] = []
  /// What is accepted all the same.
  private(set) var warnings: [SettingsProblem] = []

  init(file: String, lines: LineIndex) {
    self.file = file
    self.lines = lines
  }

  func add(_ keyPath: String, found: String, expected: String, advice: String = "") {
    problems.append(problem(keyPath, found, expected, advice))
  }

  func warn(_ keyPath: String, found: String, expected: String, advice: String) {
    warnings.append(problem(keyPath, found, expected, advice))
  }

  private func problem(
    _ keyPath: String, _ found: String, _ expected: String, _ advice: String
  ) -> SettingsProblem {
    SettingsProblem(
      file: file, keyPath: keyPath, line: lines.line(keyPath), found: found, expected: expected,
      advice: advice)
  }

  /// Throws when there is a mistake; in the order of the lines, those without one last.
  func verdict() throws(SettingsError) {
    if problems.isEmpty { return }
    let order = problems.enumerated().sorted { left, right in
      (left.element.line ?? .max, left.offset) < (right.element.line ?? .max, right.offset)
    }
    throw SettingsError(problems: order.map(\.element))
  }
}
