public import Wire

extension NameServerLine {
  /// The addresses that at least two name servers show and none contradicts, by family; nil where
  /// they differ or too few answer.
  public static func agreed(_ lines: [NameServerLine]) -> [AddressFamily: [String]]? {
    let answers = lines.filter { $0.answer != .mute && !$0.addresses.isEmpty }
    var result: [AddressFamily: [String]] = [:]
    for family in AddressFamily.allCases {
      let mine = answers.map { $0.addresses.sorted() }.filter {
        ($0.first?.contains(":") == true) == (family == .ipv6)
      }
      guard let first = mine.first else { continue }
      guard mine.count >= 2, mine.allSatisfy({ $0 == first }) else { return nil }
      result[family] = first
    }
    return result.isEmpty ? nil : result
  }
}
