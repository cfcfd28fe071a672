/// Where each key of a document stands: the parser keeps no places, so the lines are read again.
///
/// It understands headers and `key = value` lines; what it does not see (keys inside inline tables)
/// has the line of the key around it.
struct LineIndex: Sendable {
  private var lines: [String: Int] = [:]

  init(_ text: String) {
    var table: [String] = []
    var counts: [String: Int] = [:]
    var openQuotes: String?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let wasOpen = openQuotes != nil
      openQuotes = Self.quotes(after: line, open: openQuotes)
      if wasOpen { continue }
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.hasPrefix("[[") {
        guard let (keys, _) = Self.keys(trimmed.dropFirst(2)) else { continue }
        let name = keys.joined(separator: ".")
        let index = counts[name, default: 0]
        counts[name] = index + 1
        table = ["\(name)[\(index)]"]
        note(table, number + 1)
      } else if trimmed.hasPrefix("[") {
        guard let (keys, _) = Self.keys(trimmed.dropFirst()) else { continue }
        table = keys
        note(table, number + 1)
      } else if let (keys, rest) = Self.keys(trimmed), rest.first == "=" {
        for length in 1...keys.count {
          note(table + keys.prefix(length), number + 1)
        }
      }
    }
  }

  /// The line of a key, else of the table around it; counted from 1.
  func line(_ keyPath: String) -> Int? {
    var path = Substring(keyPath)
    while !path.isEmpty {
      if let line = lines[String(path)] { return line }
      guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
      path = path[..<cut]
    }
    return nil
  }

  /// The line in which `piece` first stands; counted from 1.
  static func line(of piece: String, in text: String) -> Int? {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.contains(piece) }.map { $0 + 1 }
  }

  private mutating func note(_ path: [String], _ line: Int) {
    let path = path.joined(separator: ".")
    if lines[path] == nil { lines[path] = line }
  }

  /// The multi-line quotes that are open after `line`.
  private static func quotes(after line: Substring, open: String?) -> String? {
    var open = open
    var rest = line
    while !rest.isEmpty {
      if let mark = open {
        if rest.hasPrefix(mark) { open = nil }
        rest = rest.dropFirst(open == nil ? 3 : 1)
      } else if let mark = ["\"\"\"", "'''"].first(where: { rest.hasPrefix($0) }) {
        open = mark
        rest = rest.dropFirst(3)
      } else if rest.first == "#" {
        break
      } else {
        rest = rest.dropFirst()
      }
    }
    return open
  }

  /// The dotted key at the beginning of `text` and what follows it.
  private static func keys(_ text: Substring) -> ([String], Substring)? {
    var keys: [String] = []
    var rest = text
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" }
      if let quote = rest.first, quote == "\"" || quote == "'" {
        let inner = rest.dropFirst().prefix { $0 != quote }
        rest = rest.dropFirst(inner.count + 2)
        keys.append(String(inner))
      } else {
        let bare = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
        if bare.isEmpty { return nil }
        rest = rest.dropFirst(bare.count)
        keys.append(String(bare))
      }
      rest = rest.drop { $0 == " " || $0 == "\t" }
      guard rest.first == "." else { return (keys, rest) }
      rest = rest.dropFirst()
    }
  }
}
