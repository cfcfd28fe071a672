/// Swift source with the contents of comments and texts blanked out, so that rules about code see
/// code alone. Lines and columns stay; code inside `\(...)` stays too.
struct SwiftText {
  private enum State {
    case code(parentheses: Int)
    /// Inside a text that began with so many `#`, and three quotes or one.
    case text(hashes: Int, long: Bool)
  }

  private let source: [Character]
  private var index = 0
  private var output: [Character] = []
  private var stack: [State] = [.code(parentheses: 0)]

  private init(_ source: String) { self.source = Array(source) }

  /// `source` with comments and texts blanked.
  static func code(_ source: String) -> String {
    var text = SwiftText(source)
    while text.index < text.source.count { text.step() }
    return String(text.output)
  }

  private func has(_ piece: String, at place: Int) -> Bool {
    source[min(place, source.count)...].starts(with: piece)
  }

  private mutating func keep(_ count: Int = 1) {
    let end = min(index + count, source.count)
    output += source[index..<end]
    index = end
  }

  private mutating func blank(_ count: Int = 1) {
    let end = min(index + count, source.count)
    output += source[index..<end].map { $0.isNewline ? $0 : " " }
    index = end
  }

  private mutating func step() {
    switch stack[stack.count - 1] {
    case .code(let parentheses): stepCode(parentheses)
    case .text(let hashes, let long): stepText(hashes, long)
    }
  }

  private mutating func stepCode(_ parentheses: Int) {
    if has("//", at: index) {
      while index < source.count, !source[index].isNewline { blank() }
    } else if has("/*", at: index) {
      skipBlockComment()
    } else if let hashes = hashesBeforeQuote() {
      let long = has("\"\"\"", at: index + hashes)
      keep(hashes + (long ? 3 : 1))
      stack.append(.text(hashes: hashes, long: long))
    } else {
      let letter = source[index]
      keep()
      guard stack.count > 1, letter == "(" || letter == ")" else { return }
      let now = parentheses + (letter == "(" ? 1 : -1)
      if now == 0 { stack.removeLast() } else { stack[stack.count - 1] = .code(parentheses: now) }
    }
  }

  /// How many `#` stand before a quote here; nil where no text begins.
  private func hashesBeforeQuote() -> Int? {
    var count = 0
    while has("#", at: index + count) { count += 1 }
    return has("\"", at: index + count) ? count : nil
  }

  private mutating func stepText(_ hashes: Int, _ long: Bool) {
    let marks = String(repeating: "#", count: hashes)
    let end = (long ? "\"\"\"" : "\"") + marks
    if has("\\\(marks)(", at: index) {
      keep(2 + hashes)
      stack.append(.code(parentheses: 1))
    } else if has("\\\(marks)", at: index) {
      blank(2 + hashes)
    } else if has(end, at: index) || !long && source[index].isNewline {
      // A short text cannot cross lines: where it seems to, this reader lost its way.
      if source[index].isNewline { keep() } else { keep(end.count) }
      stack.removeLast()
    } else {
      blank()
    }
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if has("/*", at: index) {
        depth += 1
        blank(2)
      } else if has("*/", at: index) {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && index < source.count
  }
}
