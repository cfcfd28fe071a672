import Wire

/// The bounds of what a reply says, held where it is decoded: whoever computes with it later need
/// not fear it. A number beyond them makes the reply `garbled`, a text is cut.
extension KeyedDecodingContainer {
  /// A number, 0 to 2^31-1.
  func number(_ key: Key) throws -> Int {
    try within(0...Limits.number, try decode(Int.self, forKey: key), key)
  }

  /// The same; nil where it is not there.
  func numberIfPresent(_ key: Key) throws -> Int? {
    try decodeIfPresent(Int.self, forKey: key).map { try within(0...Limits.number, $0, key) }
  }

  /// An id, 0 to 2^53-1: those of events have passed 2^31.
  func id(_ key: Key) throws -> Int64 {
    try within(0...9_007_199_254_740_991, try decode(Int64.self, forKey: key), key)
  }

  /// A text, cut at 1,024 bytes: more than any name or address has.
  func text(_ key: Key) throws -> String {
    Outside.text(try decode(String.self, forKey: key), bytes: Limits.evidenceBytes)
  }

  /// The same; nil where it is not there.
  func textIfPresent(_ key: Key) throws -> String? {
    try decodeIfPresent(String.self, forKey: key).map {
      Outside.text($0, bytes: Limits.evidenceBytes)
    }
  }

  private func within<T: Comparable>(
    _ accepted: ClosedRange<T>, _ found: T, _ key: Key
  ) throws -> T {
    guard accepted.contains(found) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self,
        debugDescription: "\(found); accepted: \(accepted.lowerBound) to \(accepted.upperBound)")
    }
    return found
  }
}
