import Wire

/// Finds where a text stops being JSON (RFC 8259), for messages: the decoder does not say.
struct JSONSyntax {
  /// The first place that is wrong; lines and columns (in bytes) are counted from 1.
  struct Fault: Hashable {
    var line: Int
    var column: Int
    var what: String
  }

  private struct Stop: Error {
    var at: Int
    var what: String
  }

  private let bytes: [UInt8]
  private var index = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// nil when the text is JSON.
  static func fault(in bytes: [UInt8]) -> Fault? {
    var scanner = JSONSyntax(bytes)
    do {
      try scanner.value(depth: 0)
      scanner.skipBlanks()
      if scanner.index < bytes.count { try scanner.fail("something follows the value") }
      return nil
    } catch {
      let before = bytes[..<min(error.at, bytes.count)]
      let newline = UInt8(ascii: "\n")
      let line = before.count { $0 == newline } + 1
      let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
      return Fault(line: line, column: before.count - start + 1, what: error.what)
    }
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func fail(_ what: String) throws(Stop) -> Never {
    throw Stop(at: index, what: index >= bytes.count ? "it ends too early" : what)
  }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      index += 1
    }
  }

  private mutating func take(_ letter: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: letter) else { return false }
    index += 1
    return true
  }

  private mutating func value(depth: Int) throws(Stop) {
    guard depth <= Nesting.deepest else {
      try fail("it is nested more than \(Nesting.deepest) deep")
    }
    skipBlanks()
    guard let first = next else { try fail("") }
    switch first {
    case UInt8(ascii: "{"): try object(depth)
    case UInt8(ascii: "["): try array(depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: try fail("a value should stand here")
    }
  }

  private mutating func object(_ depth: Int) throws(Stop) {
    index += 1
    skipBlanks()
    if take("}") { return }
    while true {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { try fail("a key in quotes should stand here") }
      try string()
      skipBlanks()
      guard take(":") else { try fail("a colon should stand here") }
      try value(depth: depth + 1)
      skipBlanks()
      if take("}") { return }
      guard take(",") else { try fail("a comma or } should stand here") }
    }
  }

  private mutating func array(_ depth: Int) throws(Stop) {
    index += 1
    skipBlanks()
    if take("]") { return }
    while true {
      try value(depth: depth + 1)
      skipBlanks()
      if take("]") { return }
      guard take(",") else { try fail("a comma or ] should stand here") }
    }
  }

  private mutating func string() throws(Stop) {
    index += 1
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return
      case UInt8(ascii: "\\"):
        index += 1
        try escape()
      case 0..<0x20:
        try fail("a control character stands in a text")
      default:
        index += 1
      }
    }
    try fail("")
  }

  private mutating func escape() throws(Stop) {
    guard let byte = next else { try fail("") }
    guard "\"\\/bfnrtu".utf8.contains(byte) else { try fail("an unknown escape stands in a text") }
    index += 1
    guard byte == UInt8(ascii: "u") else { return }
    for _ in 0..<4 {
      guard let digit = next, Character(Unicode.Scalar(digit)).isHexDigit else {
        try fail("four hexadecimal digits should follow \\u")
      }
      index += 1
    }
  }

  private mutating func word(_ word: StaticString) throws(Stop) {
    let whole = Array("\(word)".utf8)
    guard bytes[index...].starts(with: whole) else { try fail("a value should stand here") }
    index += whole.count
  }

  private mutating func number() throws(Stop) {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
  }

  private mutating func digits() throws(Stop) {
    let start = index
    while let byte = next, (0x30...0x39).contains(byte) { index += 1 }
    if index == start { try fail("a digit should stand here") }
  }
}
