import Platform
import Synchronization
import Wire

/// One round of questions about many names, which can wait.
///
/// A server that keeps silent at several questions in a row is not asked again in the same round,
/// so that a mute one costs its deadline once and not with each name. One that refuses, or holds
/// another zone, answers.
public final class QuestionRound: Sendable {
  /// So many names are asked for at once.
  private static let atOnce = 16
  private static let patience = 3

  private let limit = ConcurrencyLimit(QuestionRound.atOnce)
  /// Questions in a row that it was silent at, by server.
  private let silence = Mutex<[String: Int]>([:])

  public init() {}

  /// Asks when it is its turn.
  public func take<Value: Sendable>(_ ask: () async -> Value) async -> Value {
    await limit.run(ask)
  }

  func hasGivenUp(_ server: String) -> Bool {
    silence.withLock { $0[server, default: 0] >= Self.patience }
  }

  func note(_ server: String, isSilent: Bool) {
    silence.withLock { $0[server] = isSilent ? $0[server, default: 0] + 1 : 0 }
  }

  /// What is said of one that is not asked any more.
  func line(_ server: String) -> NameServerLine {
    var line = NameServerLine(server: server, answer: .mute, askedMs: Clocks.wallMilliseconds())
    line.note = "not asked: it was silent at \(Self.patience) questions of this round"
    return line
  }
}
