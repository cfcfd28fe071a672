/// Finds what the parser has no good words and no place for, before it sees it (assertions of
/// toml++ 3): a table's header that does not begin with a key (`parse_key`), a brace that closes a
/// bracket (`parse_value`), and what is neither a text nor a number nor true or false
/// (`parse_time`). And what nests so deep that it, or whoever walks through its tables, runs out of
/// stack.
///
/// So dates, which no key takes, are refused here, and texts without quotes are called that.
struct SyntaxGuard {
  /// Where a document goes wrong; lines and columns (in bytes) are counted from 1.
  struct Fault: Hashable {
    var line: Int
    var column: Int
    var what: String
  }

  /// The most parts of a key, and the most brackets open at once; no key of ours needs more than 3.
  static let deepest = 16

  private let bytes: [UInt8]
  private var index = 0

  /// The first such place of a document; nil when there is none.
  ///
  /// After any other mistake it may be wrong about what follows: the parser ends there anyway.
  static func fault(in text: String) -> Fault? {
    var scanner = SyntaxGuard(bytes: Array(text.utf8))
    while scanner.index < scanner.bytes.count {
      if let place = scanner.header() {
        return scanner.fault(at: place, "text that is not TOML (a header without a key)")
      }
      if let (place, what) = scanner.skipLine() { return scanner.fault(at: place, what) }
    }
    return nil
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func fault(at place: Int, _ what: String) -> Fault {
    let before = bytes[..<place]
    let newline = UInt8(ascii: "\n")
    let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    return Fault(line: before.count { $0 == newline } + 1, column: place - start + 1, what: what)
  }

  private func has(_ text: StaticString, at place: Int) -> Bool {
    bytes[min(place, bytes.count)...].starts(with: "\(text)".utf8)
  }

  private func afterBlanks(_ place: Int) -> Int {
    var place = place
    while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
    return place
  }

  /// At the beginning of a line: where its header should have a key and has none.
  private mutating func header() -> Int? {
    if index == 0, has("\u{FEFF}", at: 0) { index = 3 }
    index = afterBlanks(index)
    guard has("[", at: index) else { return nil }
    let place = afterBlanks(index + (has("[[", at: index) ? 2 : 1))
    guard place < bytes.count else { return nil }
    switch bytes[place] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "]"):
      return nil
    default:
      return place
    }
  }

  /// To the beginning of the next line outside of texts, arrays and inline tables; or the place
  /// that is wrong, and what it has.
  private mutating func skipLine() -> (Int, String)? {
    var open: [UInt8] = []
    var expectsValue = false
    var dots = 0
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "#"):
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        continue
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        skipText()
        expectsValue = false
        continue
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        open.append(byte)
        if open.count > Self.deepest {
          return (index, "brackets that are nested more than \(Self.deepest) deep")
        }
        if byte == UInt8(ascii: "{") { expectsValue = false }
        dots = 0
      case UInt8(ascii: "}") where open.last == UInt8(ascii: "["):
        return (index, "text that is not TOML (a } where a ] should stand)")
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        _ = open.popLast()
        expectsValue = false
      case UInt8(ascii: ","):
        expectsValue = open.last == UInt8(ascii: "[")
        dots = 0
      case UInt8(ascii: "="):
        expectsValue = true
        dots = 0
      case UInt8(ascii: ".") where !expectsValue:
        dots += 1
        if dots >= Self.deepest {
          return (index, "a key of more than \(Self.deepest) parts")
        }
      case 0x20, 0x09, 0x0D, 0x0A:
        break
      default:
        guard expectsValue else { break }
        let token = bytes[index...].prefix { !" \t\r\n,]}#".utf8.contains($0) }
        let text = String(decoding: token, as: UTF8.self)
        if !Self.isPlain(text) { return (index, Self.name(text)) }
        expectsValue = false
        index += token.count
        continue
      }
      index += 1
      if byte == UInt8(ascii: "\n"), open.isEmpty { return nil }
    }
    return nil
  }

  /// Whether `text` is a number, true or false as TOML 1.0 writes them.
  private static func isPlain(_ text: String) -> Bool {
    if text == "true" || text == "false" { return true }
    // Longer numbers fit no type, and the parser's buffer is not much longer.
    guard text.utf8.count <= 64 else { return false }
    let unsigned = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : Substring(text)
    if unsigned == "inf" || unsigned == "nan" { return true }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
      return isDigits(text.dropFirst(2), radix: radix)
    }
    let parts = unsigned.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
      .flatMap { $0.split(separator: "E", maxSplits: 1, omittingEmptySubsequences: false) }
    guard let mantissa = parts.first, parts.count <= 2 else { return false }
    if parts.count == 2 {
      let exponent = parts[1].hasPrefix("+") || parts[1].hasPrefix("-")
      guard isDigits(exponent ? parts[1].dropFirst() : parts[1], radix: 10) else { return false }
    }
    let sides = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = sides.first, whole == "0" || !whole.hasPrefix("0") else { return false }
    return sides.allSatisfy { isDigits($0, radix: 10) }
  }

  /// Digits with single underscores between them.
  private static func isDigits(_ text: Substring, radix: Int) -> Bool {
    text.split(separator: "_", omittingEmptySubsequences: false).allSatisfy { group in
      !group.isEmpty && group.allSatisfy { $0.isASCII && ($0.hexDigitValue ?? 16) < radix }
    }
  }

  private static func name(_ text: String) -> String {
    let shown = Node.quoted(text).dropFirst().dropLast()
    if text.first?.isNumber == true, text.contains(":") || text.contains("-") {
      return "a date or time (\(shown)), which no key takes"
    }
    return "\(shown) without quotes, which is no number and neither true nor false"
  }

  private mutating func skipText() {
    let quote = bytes[index]
    let isLong = has("\"\"\"", at: index) || has("'''", at: index)
    let escapes = quote == UInt8(ascii: "\"")
    index += isLong ? 3 : 1
    while index < bytes.count {
      if escapes, bytes[index] == UInt8(ascii: "\\") {
        index += 2
      } else if isLong
        ? bytes[index...].starts(with: [quote, quote, quote]) : bytes[index] == quote
      {
        index += isLong ? 3 : 1
        // A long text may end with quotes of its own: at most two.
        for _ in 0..<2 where isLong && index < bytes.count && bytes[index] == quote { index += 1 }
        return
      } else if !isLong, bytes[index] == UInt8(ascii: "\n") {
        return
      } else {
        index += 1
      }
    }
  }
}
