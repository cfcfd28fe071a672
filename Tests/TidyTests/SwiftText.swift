/// Swift source with the contents of comments and texts blanked out, so that rules about code see
/// code alone. Lines stay; code inside `\(...)` stays too.
struct SwiftText {
  private enum State {
    case code(parentheses: Int)
    /// Inside a text that began with so many `#`, and three quotes or one.
    case text(hashes: Int, long: Bool)
  }

  private let source: [UInt8]
  private var index = 0
  private var output: [UInt8] = []
  private var stack: [State] = [.code(parentheses: 0)]

  private init(_ source: [UInt8]) {
    self.source = source
    output.reserveCapacity(source.count)
  }

  /// `source` with comments and texts blanked, byte for byte.
  static func code(_ source: [UInt8]) -> [UInt8] {
    var text = SwiftText(source)
    while text.index < source.count { text.step() }
    return text.output
  }

  private func byte(_ offset: Int) -> UInt8 {
    index + offset < source.count ? source[index + offset] : 0
  }

  private mutating func keep(_ count: Int = 1) {
    for _ in 0..<count where index < source.count {
      output.append(source[index])
      index += 1
    }
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where index < source.count {
      output.append(source[index] == Ascii.newline ? Ascii.newline : Ascii.blank)
      index += 1
    }
  }

  private mutating func step() {
    switch stack[stack.count - 1] {
    case .code(let parentheses): stepCode(parentheses)
    case .text(let hashes, let long): stepText(hashes, long)
    }
  }

  private mutating func stepCode(_ parentheses: Int) {
    let letter = source[index]
    switch letter {
    case Ascii.slash where byte(1) == Ascii.slash:
      while index < source.count, source[index] != Ascii.newline { blank() }
    case Ascii.slash where byte(1) == Ascii.star:
      skipBlockComment()
    case Ascii.quote, Ascii.hash:
      var hashes = 0
      while byte(hashes) == Ascii.hash { hashes += 1 }
      guard byte(hashes) == Ascii.quote else { return keep() }
      let long = byte(hashes + 1) == Ascii.quote && byte(hashes + 2) == Ascii.quote
      keep(hashes + (long ? 3 : 1))
      stack.append(.text(hashes: hashes, long: long))
    case Ascii.open where stack.count > 1:
      keep()
      stack[stack.count - 1] = .code(parentheses: parentheses + 1)
    case Ascii.close where stack.count > 1:
      keep()
      if parentheses == 1 {
        stack.removeLast()
      } else {
        stack[stack.count - 1] = .code(parentheses: parentheses - 1)
      }
    default:
      keep()
    }
  }

  private mutating func stepText(_ hashes: Int, _ long: Bool) {
    let letter = source[index]
    if letter == Ascii.backslash, hasHashes(hashes, at: 1) {
      if byte(1 + hashes) == Ascii.open {
        keep(2 + hashes)
        stack.append(.code(parentheses: 1))
      } else {
        blank(2 + hashes)
      }
    } else if letter == Ascii.quote,
      !long || byte(1) == Ascii.quote && byte(2) == Ascii.quote,
      hasHashes(hashes, at: long ? 3 : 1)
    {
      keep((long ? 3 : 1) + hashes)
      stack.removeLast()
    } else if letter == Ascii.newline, !long {
      // A short text cannot cross lines: where it seems to, this reader lost its way.
      keep()
      stack.removeLast()
    } else {
      blank()
    }
  }

  private func hasHashes(_ count: Int, at offset: Int) -> Bool {
    (0..<count).allSatisfy { byte(offset + $0) == Ascii.hash }
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if byte(0) == Ascii.slash, byte(1) == Ascii.star {
        depth += 1
        blank(2)
      } else if byte(0) == Ascii.star, byte(1) == Ascii.slash {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && index < source.count
  }
}

/// Bytes that mean something to Swift.
enum Ascii {
  static let newline = UInt8(ascii: "\n")
  static let blank = UInt8(ascii: " ")
  static let slash = UInt8(ascii: "/")
  static let star = UInt8(ascii: "*")
  static let hash = UInt8(ascii: "#")
  static let quote = UInt8(ascii: "\"")
  static let backslash = UInt8(ascii: "\\")
  static let open = UInt8(ascii: "(")
  static let close = UInt8(ascii: ")")

  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
