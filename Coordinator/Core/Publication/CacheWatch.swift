public import Wire

/// Follows what resolvers show after a change is published: how long users may get the old address.
///
/// For people to look at: no proof and no rule reads it. It takes in answers, one question (a name
/// in a family) after the other, and says when to ask and when to stop.
public struct CacheWatch: Hashable, Sendable {
  /// How long caches are watched at most, in milliseconds.
  public static let longestMs: Int64 = 3_600_000
  /// How much longer than the old answer may be kept, in milliseconds: caches round.
  public static let marginMs: Int64 = 10_000

  /// When every name server that answers showed the new address, Unix milliseconds: what caches
  /// fetch from then on is new.
  public let sinceMs: Int64
  /// When all that answer showed the new address, and none may go on with an old one; Unix
  /// milliseconds. Nil before; silence alone never makes it.
  public private(set) var clearMs: Int64?

  /// The time to live of the old answer, in milliseconds.
  private let ttlMs: Int64
  /// The newest answers to each question.
  private var answers: [[NameServerLine]]
  private var rounds = 0
  /// By server: several caches may answer at one address, so another answer takes nothing back.
  private var oldUntil: [String: Int64] = [:]

  /// `ttlSeconds` is the old answer's; nil where it is not known.
  public init(questions: Int, sinceMs: Int64, ttlSeconds: Int?) {
    self.sinceMs = sinceMs
    answers = Array(repeating: [], count: max(1, questions))
    ttlMs = ttlSeconds.map { Int64($0) * 1000 } ?? Self.longestMs
  }

  /// The index of the question to ask next: each in turn.
  public var question: Int { rounds % answers.count }

  /// The newest answers, question by question. A resolver that has become mute keeps its line as
  /// long as that may hold.
  public var lines: [NameServerLine] { answers.flatMap(\.self) }

  /// Until when a resolver may go on with an old answer, Unix milliseconds; nil where none may at
  /// `atMs`.
  public func oldUntilMs(atMs: Int64) -> Int64? {
    let asked = Set(lines.map(\.server))
    let last = oldUntil.filter { asked.contains($0.key) }.values.max()
    return last.flatMap { $0 > atMs ? $0 : nil }
  }

  /// Whether nothing is to be asked any more: all is new, or by its time to live every old answer
  /// is gone, or an hour is over. A clock that went back behind the start ends it too.
  public func isOver(atMs: Int64) -> Bool {
    let kept = max(sinceMs + ttlMs, oldUntil.values.max() ?? 0)
    let end = min(sinceMs + Self.longestMs, kept + Self.marginMs)
    return clearMs != nil || atMs >= end || atMs < sinceMs
  }

  /// How long to wait before the next question: a thirtieth of what has passed, at least a second,
  /// at most half a minute.
  public func pause(atMs: Int64) -> Duration {
    .milliseconds(min(30_000, max(1_000, (atMs - sinceMs) / 30)))
  }

  /// Takes in the answers to `question`, which came at `atMs` (Unix milliseconds).
  public mutating func add(_ round: [NameServerLine], atMs: Int64) {
    let index = question
    rounds += 1
    for line in round {
      guard let until = NameServerLine.oldUntilMs([line]) else { continue }
      oldUntil[line.server] = max(oldUntil[line.server] ?? until, until)
    }
    let before = answers[index]
    answers[index] = round.map { line in
      let last = before.first { $0.server == line.server }
      guard line.answer == .mute, let last, Self.holds(last, atMs: atMs) else { return line }
      return last
    }
    guard clearMs == nil, rounds >= answers.count, oldUntilMs(atMs: atMs) == nil else { return }
    let isClear = lines.allSatisfy { $0.answer == .new || $0.answer == .mute }
    if isClear, lines.contains(where: { $0.answer == .new }) { clearMs = atMs }
  }

  private static func holds(_ line: NameServerLine, atMs: Int64) -> Bool {
    line.answer == .new || NameServerLine.oldUntilMs([line]).map { $0 > atMs } ?? false
  }
}
