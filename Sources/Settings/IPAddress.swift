/// An IPv4 or IPv6 address; equal addresses are equal however they were written.
struct IPAddress: Hashable, Sendable {
  /// 4 or 16 bytes.
  let bytes: [UInt8]

  var isIPv4: Bool { bytes.count == 4 }

  /// 127.0.0.0/8 or ::1.
  var isLoopback: Bool {
    isIPv4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  /// No single host's: the unspecified one, a multicast group (RFC 5771, RFC 4291 section 2.7), or
  /// what RFC 1112 reserves, the broadcast address among it.
  var isNoHost: Bool {
    bytes.allSatisfy { $0 == 0 } || (isIPv4 ? bytes[0] >= 224 : bytes[0] == 0xFF)
  }

  /// Reads dotted decimals or RFC 4291 text; no zone, no prefix, no leading zeros in decimals.
  init?(_ text: String) {
    guard let bytes = text.contains(":") ? Self.ipv6(text) : Self.ipv4(text) else { return nil }
    self.bytes = bytes
  }

  private static func ipv4(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        part.utf8.count == 1 || part.first != "0", let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func ipv6(_ text: String) -> [UInt8]? {
    let halves = halves(of: text)
    guard (1...2).contains(halves.count) else { return nil }
    guard let head = groups(halves[0], last: halves.count == 1) else { return nil }
    if halves.count == 1 { return head.count == 16 ? head : nil }
    guard let tail = groups(halves[1], last: true), head.count + tail.count <= 14 else {
      return nil
    }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// What stands before and after `::`; more than two pieces are no address.
  private static func halves(of text: String) -> [String] {
    var halves = [""]
    var rest = Substring(text)
    while let letter = rest.first {
      if rest.hasPrefix("::") {
        halves.append("")
        rest = rest.dropFirst(2)
      } else {
        halves[halves.count - 1].append(letter)
        rest = rest.dropFirst()
      }
    }
    return halves
  }

  /// The bytes of groups of 16 bits; the last may be an IPv4 address.
  private static func groups(_ text: String, last: Bool) -> [UInt8]? {
    if text.isEmpty { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if last, index == parts.count - 1, part.contains(".") {
        guard let embedded = ipv4(String(part)) else { return nil }
        bytes += embedded
      } else {
        guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
          let group = UInt16(part, radix: 16)
        else { return nil }
        bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
      }
    }
    return bytes
  }
}
