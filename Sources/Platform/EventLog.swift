public import Logging
import Synchronization

/// A program's log by kinds of message: each line carries the id of its kind, and the lines of each
/// kind are bounded, so that nothing that goes on fills the journal.
///
/// For any input a kind has at most `burst` lines at once and one per `refill` later, and as many
/// that say how many were left out.
public final class EventLog<Kind: MessageKind>: Sendable {
  /// The longest text of a line, in characters.
  public static var maxCharacters: Int { 2000 }

  private let logger: Logger
  private let fresh: LineBudget
  private let budgets = Mutex<[Kind: LineBudget]>([:])

  /// A log that writes to `logger`.
  public init(_ logger: Logger, burst: Int = 40, refill: Duration = .seconds(2)) {
    self.logger = logger
    fresh = LineBudget(burst: burst, refill: refill)
  }

  /// Writes one line, unless there were too many of its kind of late. `fields` become journal
  /// fields `SIGNALBOX_<KEY>`.
  public func write(
    _ kind: Kind, _ level: Logger.Level, _ text: String, _ fields: [String: String] = [:],
    at now: MonotonicInstant = Clocks.bootTime()
  ) {
    guard let swallowed = budgets.withLock({ $0[kind, default: fresh].take(at: now) })
    else { return }
    if swallowed > 0 { confess(swallowed, of: kind) }
    var metadata = fields.mapValues { Logger.MetadataValue.string($0) }
    metadata[Self.idKey] = .string(kind.entry.id)
    logger.log(
      level: level, "\(String(text.prefix(Self.maxCharacters)))", metadata: metadata)
  }

  /// Says how many lines were left out since; to be called from time to time, for the end of a
  /// flood has no next line.
  public func settle(at now: MonotonicInstant = Clocks.bootTime()) {
    let owed = budgets.withLock { budgets in
      budgets.keys.sorted { $0.rawValue < $1.rawValue }.compactMap { kind -> (Kind, Int)? in
        budgets[kind]?.confess(at: now).map { (kind, $0) }
      }
    }
    for (kind, count) in owed { confess(count, of: kind) }
  }

  private func confess(_ count: Int, of kind: Kind) {
    logger.warning(
      "\(count) lines of the kind \(kind.rawValue) were left out: too many at once",
      metadata: [
        "left_out": "\(count)", "kind": "\(kind.rawValue)",
        Self.idKey: .string(Kind.leftOut.entry.id),
      ])
  }

  /// The metadata key that `JournalLogHandler` makes `MESSAGE_ID` of.
  private static var idKey: String { "message_id" }
}
