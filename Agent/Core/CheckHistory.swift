public import Wire

/// Changes of check states that the coordinator has not heard of, oldest first and bounded.
///
/// What a delivered report showed is dropped; what a lost one would have shown is kept and sent
/// along later as history, never as evidence.
public struct CheckHistory: Sendable {
  /// The most entries kept; the oldest are dropped.
  public static let limit = 64
  /// Reasons are cut shorter than elsewhere: history must not fill the report.
  public static let reasonBytes = 80

  private var entries: [PastCheck] = []
  /// How many of the entries the newest report covers.
  private var covered = 0
  /// How many of the entries were in a report that got lost.
  private var lost = 0

  /// An empty history.
  public init() {}

  /// A check has taken on a state.
  public mutating func append(_ change: PastCheck) {
    var change = change
    change.name = Text.cut(change.name, to: Limits.textBytes)
    change.reason = change.reason.map { Text.cut($0, to: Self.reasonBytes) }
    entries.append(change)
    guard entries.count > Self.limit else { return }
    entries.removeFirst()
    covered = max(0, covered - 1)
    lost = max(0, lost - 1)
  }

  /// What the report that is being built sends along: only what an earlier one could not deliver.
  public mutating func cover() -> [PastCheck] {
    covered = entries.count
    return Array(entries.prefix(lost))
  }

  /// The newest report arrived.
  public mutating func deliver() {
    entries.removeFirst(min(covered, entries.count))
    covered = 0
    lost = 0
  }

  /// The newest report was lost.
  public mutating func lose() {
    lost = max(lost, covered)
    covered = 0
  }
}
