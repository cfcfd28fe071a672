import Glibc

/// A numeric IPv4 or IPv6 address.
struct IPAddress: Hashable, Sendable {
  /// 4 or 16 bytes, in network order.
  let bytes: [UInt8]

  /// Nil where the text is no plain numeric address.
  init?(_ text: String) {
    guard !text.utf8.contains(0) else { return nil }
    var four = [UInt8](repeating: 0, count: 4)
    var sixteen = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = four
    } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
      bytes = sixteen
    } else {
      return nil
    }
  }

  var isVersion6: Bool { bytes.count == 16 }

  /// Whether packets to it stay on this host: 127.0.0.0/8, ::1, the same mapped, and "any".
  var isLoopback: Bool {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    let four = bytes.count == 4 ? bytes : bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : nil
    if let four { return four[0] == 127 || four == [0, 0, 0, 0] }
    return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] <= 1
  }

  /// Whether it is this host, or link-local (RFC 3927; RFC 4291, 2.5.6): no proxy is nearer to it.
  /// Where credentials of containers are fetched is such a place.
  var isNear: Bool {
    if isLoopback { return true }
    return isVersion6
      ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes[0] == 169 && bytes[1] == 254
  }
}
