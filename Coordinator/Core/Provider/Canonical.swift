/// Names and addresses in one form, so that they can be compared as text.
public enum Canonical {
  /// Lower case, without the final dot.
  public static func name(_ text: String) -> String {
    (text.hasSuffix(".") ? String(text.dropLast()) : text).lowercased()
  }

  /// The address as RFC 5952 writes it; any other text as it is.
  public static func address(_ text: String) -> String {
    version6(text) ?? text
  }

  /// Four decimal numbers without leading zeros.
  private static func version4(_ text: Substring) -> [UInt16]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt16] = []
    for part in parts {
      guard part.allSatisfy({ ("0"..."9").contains($0) }), let byte = UInt8(part),
        String(byte) == part
      else { return nil }
      bytes.append(UInt16(byte))
    }
    return bytes
  }

  private static func version6(_ text: String) -> String? {
    guard text.contains(":") else { return nil }
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    let isShort = halves.count == 2
    guard let head = groups(halves[0], endsText: !isShort),
      let tail = isShort ? groups(halves[1], endsText: true) : []
    else { return nil }
    let missing = 8 - head.count - tail.count
    guard isShort ? missing >= 1 : missing == 0 else { return nil }
    return compressed(head + [UInt16](repeating: 0, count: missing) + tail)
  }

  /// Colon-separated groups; the last of the whole text may be an IPv4 address.
  private static func groups(_ text: Substring, endsText: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    var result: [UInt16] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if endsText, index == parts.count - 1, let four = version4(part) {
        result += [four[0] << 8 | four[1], four[2] << 8 | four[3]]
      } else {
        guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit),
          let group = UInt16(part, radix: 16)
        else { return nil }
        result.append(group)
      }
    }
    return result
  }

  /// Lower case, the first longest run of two or more zero groups as `::`.
  private static func compressed(_ groups: [UInt16]) -> String {
    var best = 0..<0
    var start = 0
    for index in 0...8 {
      if index < 8, groups[index] == 0 { continue }
      if index - start > best.count { best = start..<index }
      start = index + 1
    }
    func hex(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard best.count >= 2 else { return hex(ArraySlice(groups)) }
    return "\(hex(groups[..<best.lowerBound]))::\(hex(groups[best.upperBound...]))"
  }
}
