public import Decision

/// A transition that was recorded, with what the replay came to.
public struct ReplayedTransition: Encodable, Hashable, Sendable {
  /// Unix milliseconds.
  public var atMs: Int64
  public var service: String
  public var from: Phase
  public var to: Phase
  /// The rule's number.
  public var rule: Int
  public var ruleName: String
  /// The rule in words.
  public var text: String
  /// Where a move is opened to.
  public var opens: Destination?

  /// From where to where.
  public struct Destination: Encodable, Hashable, Sendable {
    public var from: RegionID?
    public var to: RegionID
  }

  init(_ transition: Transition, service: String, atMs: Int64) {
    self.atMs = atMs
    self.service = service
    from = transition.from
    to = transition.decision.next
    rule = transition.decision.rule.rawValue
    ruleName = transition.decision.rule.name
    text = RuleText.sentence(transition.decision.rule)
    opens = transition.opened.map { Destination(from: $0.from, to: $0.to) }
  }
}

/// Where the replay under the same policy is not what was recorded.
public struct ReplayMismatch: Encodable, Hashable, Sendable {
  public var atMs: Int64
  public var service: String
  public var recorded: String
  public var replayed: String
  /// The first thing that is different.
  public var why: String
}

/// A move of users, as it was made or as it would have been.
public struct ReplayedMove: Encodable, Hashable, Sendable {
  /// When its intent was made, Unix milliseconds.
  public var atMs: Int64
  public var service: String
  public var from: RegionID?
  public var to: RegionID
  public var errand: Errand
  public var rule: Int
  public var ruleName: String
  /// The rule in words, and how the region that is left stood.
  public var text: String
  /// `converged`, `cancelled`, `failed`, `superseded`; `open` where the span ends before.
  public var outcome = "open"
}

/// What another policy would have done otherwise.
public struct ReplayDifference: Encodable, Hashable, Sendable {
  /// What is otherwise.
  public enum Kind: String, Encodable, Hashable, Sendable {
    /// The same move, so many seconds later or earlier.
    case later, earlier
    /// A move that was made and would not have been.
    case onlyThen = "only_then"
    /// A move that was not made and would have been.
    case onlyNew = "only_new"
    /// An operator's request that would have been refused.
    case refused
  }

  public var kind: Kind
  public var service: String
  public var atMs: Int64
  public var then: ReplayedMove?
  public var new: ReplayedMove?
  /// Of `later` and `earlier`.
  public var seconds: Double?
  /// For a refused request: why.
  public var text: String?

  init(
    kind: Kind, service: String, atMs: Int64, then: ReplayedMove? = nil, new: ReplayedMove? = nil,
    seconds: Double? = nil, text: String? = nil
  ) {
    self.kind = kind
    self.service = service
    self.atMs = atMs
    self.then = then
    self.new = new
    self.seconds = seconds
    self.text = text
  }
}

/// How long a region that was confirmed down was not left, by rule.
public struct ReplayHold: Encodable, Hashable, Sendable {
  public var service: String
  public var rule: Int
  public var ruleName: String
  public var text: String
  public var thenSeconds: Double
  public var newSeconds: Double?
}

/// Something that the replay could not carry over: a restart, a reload, a gap.
public struct ReplayNote: Encodable, Hashable, Sendable {
  public var atMs: Int64
  public var text: String
}

/// What a replay came to.
public struct ReplayResult: Encodable, Hashable, Sendable {
  /// The keyframe that it began with, Unix milliseconds.
  public var begunMs: Int64?
  public var endedMs: Int64?
  /// The releases that recorded the span.
  public var releases: [String] = []
  public var services: [String] = []
  public var steps = 0
  public var reports = 0
  public var keyframes = 0
  public var transitions: [ReplayedTransition] = []
  public var mismatches: [ReplayMismatch] = []
  /// More mismatches than are listed.
  public var moreMismatches = 0
  public var notes: [ReplayNote] = []
  /// What was made.
  public var moves: [ReplayedMove] = []
  /// What another policy would have made; nil where there is none.
  public var newMoves: [ReplayedMove]?
  /// Moves that the other policy makes at the same tick.
  public var sameMoves = 0
  public var differences: [ReplayDifference] = []
  public var holds: [ReplayHold] = []
  /// What could not be read.
  public var flaws: [String] = []

  public init() {}

  /// Whether there were decisions, and every one came out as it was recorded.
  public var isExact: Bool { mismatches.isEmpty && !isEmpty }

  /// Nothing was played again: the span has no recorded decision, or none that could be read.
  public var isEmpty: Bool { steps == 0 }
}
