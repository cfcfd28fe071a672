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
