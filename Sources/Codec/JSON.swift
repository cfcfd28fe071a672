import FoundationEssentials
import Wire

/// JSON as it crosses the network and goes to files: snake_case keys, sorted, in UTF-8.
public enum JSON {
  /// Writes `value` on one line with sorted keys, so that equal values have equal bytes.
  public static func encode(_ value: some Encodable) throws(CodecError) -> [UInt8] {
    try write(value, [.sortedKeys, .withoutEscapingSlashes])
  }

  /// Writes `value` for people: indented, sorted keys, no newline at the end. What would steer a
  /// terminal is escaped: the value stays the same.
  public static func encodePretty(_ value: some Encodable) throws(CodecError) -> [UInt8] {
    escaped(try write(value, [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]))
  }

  /// Outside of texts there are line feeds alone, and within them the encoder escapes those.
  private static func escaped(_ json: [UInt8]) -> [UInt8] {
    let text = String(decoding: json, as: UTF8.self)
    func steers(_ scalar: Unicode.Scalar) -> Bool { scalar != "\n" && PlainText.steers(scalar) }
    guard text.unicodeScalars.contains(where: steers) else { return json }
    var result: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard steers(scalar) else {
        result += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        continue
      }
      for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
        let digits = String(unit, radix: 16)
        result += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
      }
    }
    return result
  }

  /// Reads one value from a body of at most `maxBytes` bytes; a larger one is refused unread.
  ///
  /// Unknown keys are ignored, so that an older build reads what a newer one sends.
  public static func decode<T: Decodable>(
    _ type: T.Type, from bytes: [UInt8], maxBytes: Int
  ) throws(CodecError) -> T {
    guard bytes.count <= maxBytes else {
      throw .tooLarge(found: bytes.count, limit: maxBytes)
    }
    if let hint = Self.foreign(bytes) {
      throw .notJSON(hint: hint)
    }
    // The decoder would read UTF-16 and UTF-32 too, of which nobody here knows.
    guard !bytes.contains(0) else {
      throw .notJSON(hint: "it has a zero byte, and is no UTF-8 (RFC 8259, section 8.1)")
    }
    if let place = Nesting.excess(in: bytes) {
      throw .notJSON(
        hint: "it is nested more than \(Nesting.deepest) deep at byte \(place + 1)")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw Self.refusal(error, bytes)
    } catch {
      throw .notJSON(hint: "\(error)")
    }
  }

  private static func write(
    _ value: some Encodable, _ format: JSONEncoder.OutputFormatting
  ) throws(CodecError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = format
    do {
      return [UInt8](try encoder.encode(value))
    } catch let EncodingError.invalidValue(found, context) {
      throw .notEncodable(keyPath: path(context.codingPath), reason: "found \(found)")
    } catch {
      throw .notEncodable(keyPath: "", reason: "\(error)")
    }
  }

  /// What a body that cannot be JSON looks like, from its first byte; nil where it may be JSON.
  private static func foreign(_ bytes: [UInt8]) -> String? {
    let blank: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    guard let first = bytes.first(where: { !blank.contains($0) }) else {
      return bytes.isEmpty ? "it is empty" : "it is blank"
    }
    if first == UInt8(ascii: "<") {
      return "it starts with \"\(beginning(bytes))\", as HTML or XML does"
    }
    // What a value may start with: RFC 8259, section 3.
    if "{[\"-0123456789tfn".utf8.contains(first) { return nil }
    return "it starts with \"\(beginning(bytes))\""
  }

  /// The first characters, for a message: printable ASCII only.
  private static func beginning(_ bytes: [UInt8]) -> String {
    let shown = bytes.prefix(24).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") }
    return String(decoding: shown, as: UTF8.self)
  }

  private static func refusal(_ error: DecodingError, _ bytes: [UInt8]) -> CodecError {
    // The decoder looks at the shape before it has seen all of the text.
    if let fault = JSONSyntax.fault(in: bytes) {
      return .notJSON(hint: "line \(fault.line), column \(fault.column): \(fault.what)")
    }
    switch error {
    case .keyNotFound(let key, let context):
      return .wrongShape(
        keyPath: path(context.codingPath + [key]), expected: "the key is required, not found")
    case .typeMismatch(let type, let context):
      return .wrongShape(
        keyPath: path(context.codingPath), expected: "expected \(plain(type)), found another type")
    case .valueNotFound(let type, let context):
      return .wrongShape(
        keyPath: path(context.codingPath), expected: "expected \(plain(type)), found null")
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return .wrongShape(
        keyPath: path(context.codingPath), expected: cut(context.debugDescription))
    case .dataCorrupted where String(validating: bytes, as: UTF8.self) == nil:
      return .notJSON(hint: "it is not UTF-8")
    case .dataCorrupted:
      return .wrongShape(
        keyPath: "", expected: "a number in it is too large, negative or broken for its key")
    @unknown default:
      return .wrongShape(keyPath: "", expected: cut("\(error)"))
    }
  }

  private static func plain(_ type: any Any.Type) -> String {
    let name = "\(type)"
    if name.hasPrefix("Array") { return "an array" }
    if name.hasPrefix("Dictionary") { return "an object" }
    switch name {
    case "String": return "a string"
    case "Bool": return "true or false"
    case "Double": return "a number"
    case "Int", "Int64", "UInt64", "UInt16", "Int32": return "a whole number"
    default: return "\(name)"
    }
  }

  private static func cut(_ text: String) -> String {
    text.count <= 200 ? text : "\(text.prefix(200))..."
  }

  /// `checks[2].latency_ms` of a coding path.
  private static func path(_ keys: [any CodingKey]) -> String {
    var text = ""
    for key in keys {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + snakeCase(key.stringValue)
      }
    }
    return text
  }

  /// The key as it stands in the file: `latencyMs` is `latency_ms`.
  private static func snakeCase(_ key: String) -> String {
    var text = ""
    for letter in key {
      if letter.isUppercase {
        text += "_" + letter.lowercased()
      } else {
        text.append(letter)
      }
    }
    return text
  }
}
