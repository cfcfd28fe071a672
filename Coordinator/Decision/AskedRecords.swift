import Wire

/// A record that was to be made. Whatever was answered, it may be there later: it is not asked for
/// again before that is out of the question, or there were two.
public struct AskedRecord: Codable, Hashable, Sendable {
  /// The full name, in lower case and without a final dot.
  public var name: String
  /// `A` or `AAAA`.
  public var type: String
  /// When it was asked for, Unix milliseconds.
  public var atMs: Int64

  public init(name: String, type: String, atMs: Int64) {
    self.name = name
    self.type = type
    self.atMs = atMs
  }
}

extension Machine {
  /// Notes that a record is asked for now, and forgets what cannot appear any more.
  public mutating func noteAsked(name: String, type: String, now: Now) {
    let others = mayAppear(now: now).filter { $0.name != name || $0.type != type }
    memory.asked = others + [AskedRecord(name: name, type: type, atMs: now.wallMs)]
  }

  /// What was asked for and may still appear. A wall clock that was set back prolongs it.
  public func mayAppear(now: Now) -> [AskedRecord] {
    memory.asked?.filter { now.wallMs - $0.atMs < policy.mayLandFor.wholeMilliseconds } ?? []
  }
}
