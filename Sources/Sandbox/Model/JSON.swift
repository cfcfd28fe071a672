/// A JSON value that keeps the order of keys and the text of numbers, because the stand-ins answer
/// with the keys in the order that was recorded from the real services.
enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSON])
  case object([Member])

  struct Member: Hashable, Sendable {
    var name: String
    var value: JSON
  }

  static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

  /// A string, or null where there is none.
  static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }

  /// The value of a key of an object; of a repeated key the last.
  subscript(_ name: String) -> JSON? {
    members?.last { $0.name == name }?.value
  }

  var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }

  var elements: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// A whole number, also when written `3.0`.
  var integer: Int? {
    guard case .number(let digits) = self else { return nil }
    return Int(digits) ?? Double(digits).flatMap { Int(exactly: $0) }
  }

  var double: Double? {
    if case .number(let digits) = self { Double(digits) } else { nil }
  }

  var boolean: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }
  init(nilLiteral: ()) { self = .null }
}

// Writing.
extension JSON {
  /// Between members and after a key: nothing, or a space as the Linode API writes.
  enum Style: Sendable { case compact, spaced }

  func encoded(_ style: Style = .compact) -> [UInt8] {
    var output: [UInt8] = []
    write(to: &output, comma: style == .compact ? "," : ", ", colon: style == .compact ? ":" : ": ")
    return output
  }

  func encodedText(_ style: Style = .compact) -> String {
    String(decoding: encoded(style), as: UTF8.self)
  }

  private func write(to output: inout [UInt8], comma: String, colon: String) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .number(let digits): output += digits.utf8
    case .string(let text): JSON.write(text, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output += comma.utf8 }
        element.write(to: &output, comma: comma, colon: colon)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output += comma.utf8 }
        JSON.write(member.name, to: &output)
        output += colon.utf8
        member.value.write(to: &output, comma: comma, colon: colon)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to output: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): output += #"\""#.utf8
      case UInt8(ascii: "\\"): output += #"\\"#.utf8
      case 0x0a: output += #"\n"#.utf8
      case 0x0d: output += #"\r"#.utf8
      case 0x09: output += #"\t"#.utf8
      case ..<0x20: output += #"\u00"#.utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
