public import Wire

extension NameServerLine {
  /// Until when a cache that was asked may go on with an old answer, Unix milliseconds: what it
  /// said of the time to live, counted from when it was asked; nil where none shows an old one.
  /// Old is any address but the new one.
  public static func oldUntilMs(_ lines: [NameServerLine]) -> Int64? {
    lines.compactMap { line in
      switch line.answer {
      case .old: line.askedMs + Int64(line.ttlSeconds ?? 0) * 1000
      case .other: line.ttlSeconds.map { line.askedMs + Int64($0) * 1000 }
      case .new, .mute: nil
      }
    }.max()
  }
}
