public import Wire

/// A move in flight, as the journal keeps it.
public struct Intent: Codable, Hashable, Sendable {
  public var epoch: UInt64
  public var errand: Errand
  public var from: RegionID?
  public var to: RegionID
  public var rule: Rule
  /// The names of the conditions that an operator overrode.
  public var overrides: [String]
  /// The move that it replaced has left the records apart; nil in journals of before 0.2.
  public var halfway: Bool?
  /// Values of others that it may overwrite: an operator adopted them, or drift is enforced.
  public var replaces: [String]?
  /// The pin that an operator's move took the place of: it comes back where the move is not made.
  public var pinnedBefore: RegionID?
  public var pinnedBeforeUntilMs: Int64?

  public init(
    epoch: UInt64, errand: Errand, from: RegionID?, to: RegionID, rule: Rule,
    overrides: [String] = [], halfway: Bool? = nil
  ) {
    self.epoch = epoch
    self.errand = errand
    self.from = from
    self.to = to
    self.rule = rule
    self.overrides = overrides
    self.halfway = halfway
  }

  /// The value of others in that family that it may overwrite.
  public func replaced(_ family: AddressFamily) -> [String] {
    replaces?.filter { $0.contains(":") == (family == .ipv6) } ?? []
  }

  /// The history's word for the move.
  public var kind: MoveKind {
    switch errand {
    case .emergency: .failover
    case .elective: .failback
    case .commanded: .operatorMove
    case .repair: .repair
    }
  }
}

/// A move that counts against the budget.
public struct MoveMark: Codable, Hashable, Sendable {
  /// Of the first committed write, Unix milliseconds.
  public var atMs: Int64
  public var errand: Errand

  public init(atMs: Int64, errand: Errand) {
    self.atMs = atMs
    self.errand = errand
  }
}

/// What of a service survives a restart; evidence never does.
public struct Memory: Codable, Hashable, Sendable {
  public var phase = Phase.steady
  /// Rises by one with every intent.
  public var epoch: UInt64 = 0
  /// The region that DNS was last known to point at.
  public var active: RegionID?
  /// Since when, Unix milliseconds.
  public var activeSinceMs: Int64?
  public var intent: Intent?
  /// Automatic moves of the budget's window, oldest first.
  public var moves: [MoveMark] = []
  /// When the newest move was completed, Unix milliseconds.
  public var completedMs: Int64?
  /// The region that it left.
  public var left: RegionID?
  /// When users were last returned to the primary, by itself or by an operator, Unix milliseconds;
  /// nil: never, or a journal of before.
  public var returnedMs: Int64?
  /// An operator moved here: automatic failback stays disarmed until `failback`, `resume` or
  /// `pinnedUntilMs`.
  public var pinned: RegionID?
  /// Unix milliseconds; nil: until somebody says so.
  public var pinnedUntilMs: Int64?
  /// When the provider last refused for good, Unix milliseconds.
  public var refusedMs: Int64?
  public var pause: Pause?
  /// By region or agent; nil in journals of before 0.2.
  public var maintenance: [String: Maintenance]?
  public var approval: Approval?
  /// The primary failed soon after a failback: no automatic one until an operator's `ack`.
  public var disarmed: Disarmed?
  /// Whose agents may hold leases for exclusive work; nil: nobody's ever did.
  public var exclusive: Exclusive?
  /// Abandoned writes that may still land; nil: none.
  public var echoes: [Echo]?
  /// Other writers' markers in the zone; nil: there are none.
  public var conflict: Conflict?
  /// Addresses that are not configured, sorted, which an operator adopted as where users are.
  public var accepted: [String]?
  /// Why what is written to the zone does not reach users; nil: it does, as far as is known.
  public var zoneTrouble: String?
  /// The epoch of the operator's move in flight that is to be taken back.
  public var calledOff: UInt64?
  /// Somebody else's value, watched while `drift` is `enforce`.
  public var drift: DriftWatch?
  /// When somebody else's value was last overwritten, Unix milliseconds.
  public var enforcedMs: Int64?
  /// The coordinator's newest starts, Unix milliseconds, oldest first.
  public var startedMs: [Int64]?
  /// Records that were asked for and may still appear; nil: none ever was.
  public var asked: [AskedRecord]?

  public init() {}
}

/// One step of the machine, with the facts it was taken on.
public struct Transition: Hashable, Sendable, Codable {
  public var from: Phase
  public var decision: Decision
  public var facts: Facts
  /// The intent that the effect is about; for a `supersede` the one that ends.
  public var ended: Intent?
  /// The intent that the effect opens.
  public var opened: Intent?
}
