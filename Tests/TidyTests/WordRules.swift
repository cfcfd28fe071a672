/// Words that may not stand in the repository.
///
/// The words themselves are put together here, so that this file does not break its own rules.
enum WordRules {
  /// Findings of whole words in a Swift file's code; comments and texts do not count.
  static func find(
    _ words: [String], in file: SourceFile, comments: Bool = false, why: String
  ) -> [Finding] {
    words.flatMap { word in
      file.lines(with: word, comments: comments).map { line in
        Finding(path: file.path, line: line, what: "has \(word), \(why)")
      }
    }
  }

  /// What crashes a program that could say what is wrong.
  static func crashes(_ file: SourceFile) -> [Finding] {
    find(
      ["try!", "as!", "unowned(unsafe)"], in: file, why: "which stops the program; throw instead")
  }

  /// What a step of the decision compares with now past `Present`: nobody knew when it turns.
  /// `Leases` forgets who held one that has ended; whether it counts is asked elsewhere.
  static func clocks(_ file: SourceFile) -> [Finding] {
    guard file.path.hasPrefix("Coordinator/Decision/"), file.text.contains("Present"),
      !["Present.swift", "Leases.swift"].contains(file.name)
    else { return [] }
    let clocks = ["now.instant", "now.wallMs", "now.now.instant", "now.now.wallMs"]
    let signs = ["<", ">", "<=", ">="]
    let words = clocks.flatMap { clock in
      signs.flatMap { ["\(clock) \($0)", "\($0) \(clock)"] } + ["contains(\(clock)"]
    }
    return find(words, in: file, why: "a comparison that Present does not see")
  }

  /// Doors out of the checks for data races: only where a C handle needs them, with a reason.
  static func unchecked(_ file: SourceFile) -> [Finding] {
    guard !file.path.hasPrefix("Tests/") else { return [] }
    let found = find(
      ["@unchecked Sendable", "nonisolated(unsafe)"], in: file,
      why: "only in Platform, with a sentence before it that says why")
    guard file.path.hasPrefix("Sources/Platform/"), !found.isEmpty else { return found }
    let lines = file.lines
    return found.filter { finding in
      // Attributes and modifiers may stand between the comment and the declaration.
      let before = lines[..<(finding.line - 1)].reversed().prefix(4)
      return !before.contains { $0.contains("//") }
        && !lines[finding.line - 1].contains("//")
    }
  }

  /// Marks of unfinished work, comments included.
  static func marks(_ file: SourceFile) -> [Finding] {
    let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "T" + "BD"]
    let found = find(words, in: file, comments: true, why: "a mark of unfinished work")
    guard file.name == "Place" + "holder.swift" else { return found }
    return found + [
      Finding(path: file.path, line: 1, what: "stands in for something; write that")
    ]
  }

  /// Places of the machine that something was made on, and of its packages.
  static func places(_ file: SourceFile) -> [Finding] {
    let words = [
      "/wo" + "rk/", "/ro" + "ot/", "py" + "pi.org", "python" + "hosted.org", "npm" + "js.org",
      "crates" + ".io/api", "proxy.go" + "lang.org", "deb.deb" + "ian.org", "--index" + "-url",
    ]
    return find(words, in: file, comments: true, why: "a place of one machine")
  }

  /// Shell scripts stop at the first mistake.
  static func shell(_ file: SourceFile) -> [Finding] {
    guard file.isShell, !file.lines.contains(where: { $0.hasPrefix("set -eu") }) else { return [] }
    return [Finding(path: file.path, line: 1, what: "a shell script without `set -eu`")]
  }
}
