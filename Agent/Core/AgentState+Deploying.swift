import Wire

/// Deploy notices: the host's bad votes are planned for a while (RULES 1).
extension AgentState {
  /// The longest notice, in milliseconds; the coordinator holds all of an agent to it once more.
  public static let deployLimitMs = Defaults.deployLimit.components.seconds * 1000

  /// Begins or replaces a notice that ends at `until`, at most `deployLimitMs` from now; nil, or an
  /// end that is past, ends it. The next report goes at once. A restart of the agent ends it too.
  public mutating func deploying(until: Instant?, at now: Instant) {
    noticeUntil = until.flatMap { $0 > now ? min($0, now + Self.deployLimitMs) : nil }
    noticeAfter = sequence
    pacer.change()
  }

  /// What is left of the notice; nil without one.
  public func deployingMs(at now: Instant) -> Int? {
    guard let noticeUntil, noticeUntil > now else { return nil }
    return now.age(at: noticeUntil)
  }

  /// Takes in what the table's description says.
  public mutating func take(_ sight: TableSight) { table = sight }

  /// Whether the coordinator answered a report that carried the notice, or its end.
  public var isNoticeHeard: Bool { answered > noticeAfter }
}
