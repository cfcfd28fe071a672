/// The checksum of `x-amz-crc32` (CRC-32 as in IEEE 802.3, reflected).
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1
    }
  }

  /// The checksum of the bytes.
  static func of(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xffff_ffff
    for byte in bytes {
      value = table[Int((value ^ UInt32(byte)) & 0xff)] ^ (value >> 8)
    }
    return value ^ 0xffff_ffff
  }
}
