import Platform
import Wire

/// What the JSON of a health reply says: what stands in a few known places, all of them optional.
struct HealthBody {
  /// A text, a number or a truth value of the document.
  struct Word: Hashable {
    /// Without blanks at its ends.
    var text: String
    /// Numbers are words only where a path names them: `"status": 200` says what everybody sees.
    var isNumber = false

    /// How words are compared.
    var plain: String { text.lowercased() }
  }

  /// The words at known places, in the order in which they decide.
  var words: [(place: String, word: Word)] = []
  var region: String?
  var release: String?

  /// Reads a body; nil where it is no JSON. Without a path only objects are looked at: most bodies
  /// are no JSON and need not be.
  init?(_ body: [UInt8], path: JSONPath?) {
    var body = body[...]
    if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }
    let first = body.first { ![9, 10, 13, 32].contains($0) }
    guard first == UInt8(ascii: "{") || (path != nil && first == UInt8(ascii: "[")) else {
      return nil
    }
    // Bytes that are no UTF-8 hide no word.
    let text = String(decoding: body, as: UTF8.self)
    var asked: [CodingUserInfoKey: any Sendable] = [:]
    if let key = Places.key { asked[key] = path }
    guard
      let found = try? ForeignJSON.decode(Places.self, from: Array(text.utf8), userInfo: asked)
    else { return nil }
    words = found.words
    region = found.region
    release = found.release
  }

  /// The places that are looked at, read in one go.
  private struct Places: Decodable {
    static let key = CodingUserInfoKey(rawValue: "path")

    var words: [(place: String, word: Word)] = []
    var region: String?
    var release: String?

    init(from decoder: any Decoder) throws {
      func word(_ steps: [String]) -> Word? { try? Self.value(decoder, steps[...]) }
      func text(_ name: String) -> String? {
        word([name]).flatMap { $0.isNumber ? nil : $0.text }
      }
      if let path = Self.key.flatMap({ decoder.userInfo[$0] }) as? JSONPath {
        if let found = word(path.steps) { words.append((path.description, found)) }
      } else {
        for name in ["status", "healthy"] {
          if let found = word([name]), !found.isNumber { words.append((name, found)) }
        }
      }
      region = text("region")
      release = text("release")
    }

    private static func value(
      _ decoder: any Decoder, _ steps: ArraySlice<String>
    ) throws -> Word {
      guard let step = steps.first else { return try Word(from: decoder) }
      if let index = Int(step), var list = try? decoder.unkeyedContainer() {
        guard (0..<(list.count ?? 0)).contains(index) else { throw Missing() }
        for _ in 0..<index { _ = try list.superDecoder() }
        return try value(list.superDecoder(), steps.dropFirst())
      }
      let object = try decoder.container(keyedBy: Name.self)
      guard object.contains(Name(stringValue: step)) else { throw Missing() }
      return try value(
        object.superDecoder(forKey: Name(stringValue: step)), steps.dropFirst())
    }
  }

  private struct Missing: Error {}

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension HealthBody.Word: Decodable {
  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let truth = try? value.decode(Bool.self) {
      text = truth ? "true" : "false"
    } else if let found = try? value.decode(String.self) {
      text = found.trimmed
    } else if let number = try? value.decode(Int64.self) {
      text = "\(number)"
      isNumber = true
    } else {
      text = "\(try value.decode(Double.self))"
      isNumber = true
    }
  }
}

extension String {
  /// Without white space, and marks of byte order, at both ends.
  fileprivate var trimmed: String {
    let isBlank: (Character) -> Bool = { $0.isWhitespace || $0 == "\u{FEFF}" }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(self[first...last])
  }
}
