/// One mistake of a configuration file.
public struct SettingsProblem: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// Where, as `service.app.failover_after`; empty for a mistake of the file as a whole.
  public var keyPath: String
  /// Counted from 1; nil where it is not known.
  public var line: Int?
  /// Counted from 1; known for syntax errors.
  public var column: Int?
  public var found: String
  public var expected: String
  /// What to do, as a sentence.
  public var advice: String

  public init(
    file: String, keyPath: String, line: Int? = nil, column: Int? = nil, found: String,
    expected: String, advice: String
  ) {
    self.file = file
    self.keyPath = keyPath
    self.line = line
    self.column = column
    self.found = found
    self.expected = expected
    self.advice = advice
  }

  /// One line: `FILE:LINE: KEYPATH: found X; accepted: Y. ADVICE`.
  public var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    if !keyPath.isEmpty { place += ": \(keyPath)" }
    let end = advice.isEmpty ? "" : " \(advice)"
    return "\(place): found \(found); accepted: \(expected).\(end)"
  }
}

/// Every mistake of a configuration file at once, in the order of its lines.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// At least one.
  public var problems: [SettingsProblem]

  public init(problems: [SettingsProblem]) {
    self.problems = problems
  }

  /// A line for each mistake.
  public var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}
