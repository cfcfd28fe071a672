/// Where each key of a document stands, by its path.
struct LineIndex: Sendable {
  private var lines: [String: Int] = [:]

  mutating func note(_ keyPath: String, _ line: Int) { lines[keyPath] = line }

  /// The line of a key, else of what is around it; counted from 1.
  func line(_ keyPath: String) -> Int? {
    var path = Substring(keyPath)
    while !path.isEmpty {
      if let line = lines[String(path)] { return line }
      guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
      path = path[..<cut]
    }
    return nil
  }

  /// The line in which `piece` first stands; counted from 1.
  static func line(of piece: String, in text: String) -> Int? {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.contains(piece) }.map { $0 + 1 }
  }
}
