import FoundationEssentials

/// Base64 with padding (RFC 4648, section 4), read strictly.
public enum Base64 {
  /// The text for `bytes`.
  public static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
  }

  /// The bytes of `text`; nil unless it is exactly what `encode` writes, so that one value has one
  /// text.
  public static func decode(_ text: String) -> [UInt8]? {
    guard let data = Data(base64Encoded: text) else { return nil }
    let bytes = [UInt8](data)
    return encode(bytes) == text ? bytes : nil
  }
}

/// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5), read strictly.
public enum Base64URL {
  /// The text for `bytes`.
  public static func encode(_ bytes: [UInt8]) -> String {
    let text = Base64.encode(bytes).utf8.filter { $0 != UInt8(ascii: "=") }
    return String(decoding: text.map(Self.foreign), as: UTF8.self)
  }

  /// The bytes of `text`; nil unless it is exactly what `encode` writes.
  public static func decode(_ text: String) -> [UInt8]? {
    guard text.utf8.count % 4 != 1, text.utf8.allSatisfy({ !"+/=".utf8.contains($0) }) else {
      return nil
    }
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    return Base64.decode(String(decoding: text.utf8.map(Self.native), as: UTF8.self) + padding)
  }

  /// The length of the text for so many bytes.
  public static func length(_ bytes: Int) -> Int { (bytes * 8 + 5) / 6 }

  private static func foreign(_ digit: UInt8) -> UInt8 {
    switch digit {
    case UInt8(ascii: "+"): UInt8(ascii: "-")
    case UInt8(ascii: "/"): UInt8(ascii: "_")
    default: digit
    }
  }

  private static func native(_ digit: UInt8) -> UInt8 {
    switch digit {
    case UInt8(ascii: "-"): UInt8(ascii: "+")
    case UInt8(ascii: "_"): UInt8(ascii: "/")
    default: digit
    }
  }
}
