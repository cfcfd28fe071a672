public import Wire

/// Folds rounds of answers into the proof that a change is published (RULES 16).
///
/// Converged: no server answers old or other in an unbroken run of rounds that spans `roundMs`,
/// and at least half of all servers answer new in each. A mute server is listed and does not
/// block.
public struct ConvergenceWatch: Hashable, Sendable {
  /// How far apart the first and the last round of the proof are, in milliseconds.
  public let roundMs: Int64
  /// The last round, with `newSinceMs` filled in.
  public private(set) var lines: [NameServerLine] = []
  /// When the last of the answering servers first showed the new address in the final unbroken
  /// run, Unix milliseconds; nil until the proof is complete. Stays once set.
  public private(set) var convergedMs: Int64?

  private var newSince: [String: Int64] = [:]
  private var runStartMs: Int64?
  private var lastMs: Int64?

  public init(roundMs: Int64) {
    self.roundMs = max(1, roundMs)
  }

  /// Whether the proof is complete.
  public var isConverged: Bool { convergedMs != nil }

  /// Takes in one round, asked at `atMs` (Unix milliseconds). A clock that went back starts the
  /// proof anew.
  public mutating func add(_ round: [NameServerLine], atMs: Int64) {
    if let lastMs, atMs < lastMs {
      runStartMs = nil
      newSince = [:]
    }
    lastMs = atMs
    lines = round.map { line in
      var line = line
      line.newSinceMs = since(line, atMs)
      return line
    }
    let blocking = lines.contains { $0.answer == .old || $0.answer == .other }
    let showing = lines.filter { $0.answer == .new }
    guard !blocking, !showing.isEmpty, showing.count * 2 >= lines.count else {
      runStartMs = nil
      return
    }
    let start = runStartMs ?? atMs
    runStartMs = start
    guard convergedMs == nil, atMs - start >= roundMs else { return }
    convergedMs = showing.compactMap(\.newSinceMs).max()
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
