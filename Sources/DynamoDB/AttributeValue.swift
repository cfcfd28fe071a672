/// A value of an item, as far as heartbeats need it; of other types only the name is kept.
///
/// JSON as in the DynamoDB API reference, AttributeValue: an object with the type as its one key.
public enum AttributeValue: Codable, Hashable, Sendable {
  /// Type S.
  case string(String)
  /// Type N: decimal text.
  case number(String)
  /// Type BOOL.
  case bool(Bool)
  /// Any other type, by its name; cannot be written.
  case other(String)

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads the object with the type as its one key.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    guard let key = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not one type key"))
    }
    switch key.stringValue {
    case "S": self = .string(try container.decode(String.self, forKey: key))
    case "N": self = .number(try container.decode(String.self, forKey: key))
    case "BOOL": self = .bool(try container.decode(Bool.self, forKey: key))
    default: self = .other(key.stringValue)
    }
  }

  /// Writes the object with the type as its one key; fails for `other`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .string(let text): try container.encode(text, forKey: Key(stringValue: "S"))
    case .number(let text): try container.encode(text, forKey: Key(stringValue: "N"))
    case .bool(let flag): try container.encode(flag, forKey: Key(stringValue: "BOOL"))
    case .other(let type):
      let refusal = EncodingError.Context(
        codingPath: encoder.codingPath, debugDescription: "type \(type) is only read")
      throw EncodingError.invalidValue(self, refusal)
    }
  }

  /// The text of an S.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The integer of an N that holds one within 64 bits.
  public var integer: Int64? {
    if case .number(let text) = self { Int64(text) } else { nil }
  }

  /// The non-negative integer of an N that holds one within 64 bits.
  public var unsigned: UInt64? {
    if case .number(let text) = self { UInt64(text) } else { nil }
  }
}

/// An item or a key: its attributes by name.
public typealias Item = [String: AttributeValue]
