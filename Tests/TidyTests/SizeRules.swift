/// How large things may be.
enum SizeRules {
  static let fileLines = 400
  static let functionLines = 70
  static let columns = 100

  static func files(_ file: SourceFile) -> [Finding] {
    let count = file.bytes.count { $0 == Ascii.newline }
    guard count > fileLines else { return [] }
    return [
      Finding(path: file.path, line: count, what: "\(count) lines; at most \(fileLines)")
    ]
  }

  static func lines(_ file: SourceFile) -> [Finding] {
    let lines = file.bytes.split(separator: Ascii.newline, omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { number, line in
      // Characters, not bytes: those that go on a character of UTF-8 do not count.
      guard line.count > columns, line.count(where: { $0 & 0xC0 != 0x80 }) > columns else {
        return nil
      }
      return Finding(path: file.path, line: number + 1, what: "more than \(columns) columns")
    }
  }

  static func functions(_ file: SourceFile) -> [Finding] {
    let code = file.code
    var findings: [Finding] = []
    var line = 1
    for index in code.indices {
      if code[index] == Ascii.newline { line += 1 }
      guard isDeclaration(code, at: index), let end = endOfBody(code, from: index) else {
        continue
      }
      let count = code[index...end].count { $0 == Ascii.newline } + 1
      if count > functionLines {
        findings.append(
          Finding(
            path: file.path, line: line, what: "\(count) lines; at most \(functionLines)"))
      }
    }
    return findings
  }

  private static let words = ["func ", "init(", "init?(", "init<", "deinit {"].map {
    Array($0.utf8)
  }

  /// Whether a function or an initializer is declared at `index`.
  private static func isDeclaration(_ code: [UInt8], at index: Int) -> Bool {
    guard "fid".utf8.contains(code[index]) else { return false }
    if index > 0, Ascii.isWord(code[index - 1]) || ".`".utf8.contains(code[index - 1]) {
      return false
    }
    return words.contains { code[index...].starts(with: $0) }
  }

  /// Where the body of a declaration ends; nil where it has none, as in a protocol.
  private static func endOfBody(_ code: [UInt8], from start: Int) -> Int? {
    var index = start
    var depth = 0
    signature: while index < code.count {
      switch code[index] {
      case Ascii.open, UInt8(ascii: "["): depth += 1
      case Ascii.close, UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "{") where depth == 0: break signature
      case UInt8(ascii: "}") where depth == 0: return nil
      case Ascii.newline where depth == 0 && !continues(code, after: index): return nil
      default: break
      }
      index += 1
    }
    var braces = 0
    while index < code.count {
      if code[index] == UInt8(ascii: "{") { braces += 1 }
      if code[index] == UInt8(ascii: "}") {
        braces -= 1
        if braces == 0 { return index }
      }
      index += 1
    }
    return nil
  }

  /// Whether the signature goes on in the next line.
  private static func continues(_ code: [UInt8], after index: Int) -> Bool {
    let rest = code[index...].drop { $0 == Ascii.newline || $0 == Ascii.blank }
    return ["{", "->", "where ", "throws", "async", "rethrows"].contains {
      rest.starts(with: $0.utf8)
    }
  }
}
