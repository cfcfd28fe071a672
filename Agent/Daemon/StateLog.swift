import AgentChecks
import AgentCore
import Logging
import Synchronization

/// The log of changes of state. Its rate is bounded: nothing that goes on fills the journal.
final class StateLog: Sendable {
  private let logger: Logger
  private let budget = Mutex(LineBudget())

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// Writes one line, unless there were too many of late; what was left out is counted.
  func write(_ level: Logger.Level, _ text: String, _ fields: [String: String] = [:]) {
    guard let swallowed = budget.withLock({ $0.take(at: .now) }) else { return }
    if swallowed > 0 {
      logger.warning("\(swallowed) lines were left out: too many at once")
    }
    let metadata = fields.mapValues { Logger.MetadataValue.string($0) }
    logger.log(level: level, "\(text)", metadata: metadata)
  }
}
