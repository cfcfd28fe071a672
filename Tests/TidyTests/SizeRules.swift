/// How large things may be.
enum SizeRules {
  static let fileLines = 400
  static let functionLines = 70
  static let columns = 100

  static func files(_ file: SourceFile) -> [Finding] {
    let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    guard count > fileLines else { return [] }
    return [
      Finding(path: file.path, line: count, what: "\(count) lines; at most \(fileLines)")
    ]
  }

  static func lines(_ file: SourceFile) -> [Finding] {
    file.lines.enumerated().compactMap { number, line in
      guard line.count > columns else { return nil }
      return Finding(
        path: file.path, line: number + 1, what: "\(line.count) columns; at most \(columns)")
    }
  }

  static func functions(_ file: SourceFile) -> [Finding] {
    let code = Array(SwiftText.code(file.text))
    var findings: [Finding] = []
    var line = 1
    for index in code.indices {
      if code[index].isNewline { line += 1 }
      guard let name = declaration(code, at: index), let end = endOfBody(code, from: index) else {
        continue
      }
      let count = code[index...end].count { $0.isNewline } + 1
      if count > functionLines {
        findings.append(
          Finding(
            path: file.path, line: line,
            what: "\(name) has \(count) lines; at most \(functionLines)"
          ))
      }
    }
    return findings
  }

  /// The name of the function or initializer that is declared at `index`.
  private static func declaration(_ code: [Character], at index: Int) -> String? {
    func isWord(_ letter: Character) -> Bool { letter.isLetter || letter.isNumber || letter == "_" }
    if index > 0, isWord(code[index - 1]) || code[index - 1] == "." || code[index - 1] == "`" {
      return nil
    }
    let rest = code[index...]
    if rest.starts(with: "func ") { return String(rest.dropFirst(5).prefix { $0 != "(" }) }
    for word in ["init(", "init?(", "init<", "deinit {"] where rest.starts(with: word) {
      return "init"
    }
    return nil
  }

  /// Where the body of a declaration ends; nil where it has none, as in a protocol.
  private static func endOfBody(_ code: [Character], from start: Int) -> Int? {
    var index = start
    var depth = 0
    while index < code.count {
      let letter = code[index]
      if letter == "(" || letter == "[" { depth += 1 }
      if letter == ")" || letter == "]" { depth -= 1 }
      if letter == "{", depth == 0 { break }
      let ends = letter == "}" || letter.isNewline && !continues(code, after: index)
      if depth == 0, ends { return nil }
      index += 1
    }
    var braces = 0
    while index < code.count {
      if code[index] == "{" { braces += 1 }
      if code[index] == "}" {
        braces -= 1
        if braces == 0 { return index }
      }
      index += 1
    }
    return nil
  }

  /// Whether the signature goes on in the next line.
  private static func continues(_ code: [Character], after index: Int) -> Bool {
    let rest = code[index...].drop { $0.isWhitespace }
    return ["{", "->", "where ", "throws", "async", "rethrows"].contains { rest.starts(with: $0) }
  }
}
