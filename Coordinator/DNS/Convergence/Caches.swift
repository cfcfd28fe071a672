public import Wire

extension NameServerLine {
  /// Until when a cache that was asked may go on with the old answer, Unix milliseconds: what it
  /// said of the time to live, counted from when it was asked; nil where none shows the old one.
  public static func oldUntilMs(_ lines: [NameServerLine]) -> Int64? {
    lines.filter { $0.answer == .old }.map { $0.askedMs + Int64($0.ttlSeconds ?? 0) * 1000 }.max()
  }
}
