import FoundationEssentials

/// Ed25519 public keys of small order: whoever names one of them can sign anything for it.
///
/// The y-coordinates of the eight points whose order divides the cofactor 8 (RFC 8032, section
/// 5.1), and the two that are written above the prime; the sign of x does not matter.
enum WeakKeys {
  static let advice =
    "Anybody can sign for this one. The other program's check-config prints its own."

  /// 32 bytes, little-endian, without the sign.
  static let yCoordinates: [[UInt8]] = [
    [UInt8](repeating: 0, count: 32),
    [1] + [UInt8](repeating: 0, count: 31),
    bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    [0xEC] + almostPrime, [0xED] + almostPrime, [0xEE] + almostPrime,
  ]

  private static let almostPrime = [UInt8](repeating: 0xFF, count: 30) + [0x7F]

  /// Whether the key, 32 bytes in base64, is one of them.
  static func contains(base64 text: String) -> Bool {
    guard var key = Data(base64Encoded: text).map({ [UInt8]($0) }), let last = key.popLast() else {
      return false
    }
    return yCoordinates.contains(key + [last & 0x7F])
  }

  private static func bytes(_ digits: String) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}
