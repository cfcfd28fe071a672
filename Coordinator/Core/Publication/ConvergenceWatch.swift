public import Wire

/// Folds rounds of answers into the proof that a change is published (RULES 16).
///
/// Converged: no server answers old or other in an unbroken run of rounds that spans `roundMs`,
/// and at least half of all servers answer new in each. A mute server is listed and does not
/// block. With `asksEveryWay`, the run's first confirming round and its last ask each server over
/// TCP and IPv6 too, and a server that answers otherwise there blocks.
public struct ConvergenceWatch: Hashable, Sendable {
  /// How far apart the first and the last round of the proof are, in milliseconds.
  public let roundMs: Int64
  /// Whether every server has to show the new address over TCP as well.
  public let asksEveryWay: Bool
  /// The last round, with `newSinceMs` filled in.
  public private(set) var lines: [NameServerLine] = []
  /// When the last of the answering servers first showed the new address in the final unbroken
  /// run, Unix milliseconds; nil until the proof is complete. Stays once set.
  public private(set) var convergedMs: Int64?

  private var rounds = 0
  private var newSince: [String: Int64] = [:]
  private var runStartMs: Int64?
  private var lastMs: Int64?
  /// Asked every way in this run.
  private var confirmed: Set<String> = []
  /// Contradicted when last asked every way.
  private var disputed: Set<String> = []

  public init(roundMs: Int64, asksEveryWay: Bool = false) {
    self.roundMs = max(1, roundMs)
    self.asksEveryWay = asksEveryWay
  }

  /// Whether the round that begins at `atMs` is to ask every way: cheap rounds find when servers
  /// change, and only those that the proof rests on ask for all.
  public func wantsEveryWay(atMs: Int64) -> Bool {
    guard asksEveryWay, !isConverged else { return false }
    if !disputed.isEmpty { return true }
    guard let runStartMs else { return false }
    let showing = lines.filter { $0.answer == .new }
    return !showing.allSatisfy { confirmed.contains($0.server) } || atMs - runStartMs >= roundMs
  }

  /// Whether the proof is complete.
  public var isConverged: Bool { convergedMs != nil }

  /// How long to wait for the next round: at first so short that a server which publishes at once
  /// is seen at once, then a fifth of what the rounds of the proof are apart, at least 50 ms.
  public var pause: Duration {
    min(
      .milliseconds(5) * (1 << min(rounds, 10)), max(.milliseconds(50), .milliseconds(roundMs) / 5))
  }

  /// Takes in one round, asked at `atMs` (Unix milliseconds). A clock that went back starts the
  /// proof anew.
  public mutating func add(_ round: [NameServerLine], atMs: Int64) {
    if let lastMs, atMs < lastMs {
      runStartMs = nil
      newSince = [:]
      confirmed = []
    }
    lastMs = atMs
    rounds += 1
    lines = round.map { line in
      var line = line
      line.newSinceMs = since(line, atMs)
      return line
    }
    noteWays()
    let blocking = lines.contains { $0.answer == .old || $0.answer == .other }
    let showing = lines.filter { $0.answer == .new }
    guard !blocking, !showing.isEmpty, showing.count * 2 >= lines.count else {
      runStartMs = nil
      confirmed = []
      return
    }
    confirmed.formUnion(lines.filter { $0.tcp != nil }.map(\.server))
    let start = runStartMs ?? atMs
    runStartMs = start
    guard convergedMs == nil, atMs - start >= roundMs else { return }
    if asksEveryWay {
      guard showing.allSatisfy({ $0.tcp != nil && confirmed.contains($0.server) }) else { return }
    }
    convergedMs = showing.compactMap(\.newSinceMs).max()
  }

  private mutating func noteWays() {
    for line in lines where line.tcp != nil {
      if line.answer == .old || line.answer == .other {
        disputed.insert(line.server)
      } else {
        disputed.remove(line.server)
      }
    }
  }

  /// Silence does not take back what a server showed; another answer does.
  private mutating func since(_ line: NameServerLine, _ atMs: Int64) -> Int64? {
    switch line.answer {
    case .new: newSince[line.server] = newSince[line.server] ?? atMs
    case .old, .other: newSince[line.server] = nil
    case .mute: break
    }
    return newSince[line.server]
  }
}
