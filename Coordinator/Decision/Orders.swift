/// An operator's request to move, checked against what holds now.
public struct Request: Hashable, Sendable, Codable {
  public var to: RegionID
  /// A `failback` unpins; a `failover` pins.
  public var isFailback: Bool
  public var overrides: [String]
  /// Until when the move pins, Unix milliseconds; nil: until `failback` or `resume`.
  public var untilMs: Int64?

  public init(to: RegionID, isFailback: Bool, overrides: [String], untilMs: Int64? = nil) {
    self.to = to
    self.isFailback = isFailback
    self.overrides = overrides
    self.untilMs = untilMs
  }
}

/// An operator wants no new automatic moves of a service (RULES 14).
public struct Pause: Codable, Hashable, Sendable {
  public var by: String
  public var reason: String?
  public var sinceMs: Int64
  /// When it ends by itself; nil: with `resume`.
  public var untilMs: Int64?

  public init(by: String, reason: String?, sinceMs: Int64, untilMs: Int64?) {
    self.by = by
    self.reason = reason
    self.sinceMs = sinceMs
    self.untilMs = untilMs
  }
}

/// Work on a region or a host, announced by an operator; it always ends (RULES 14).
public struct Maintenance: Codable, Hashable, Sendable {
  public var by: String
  public var sinceMs: Int64
  public var untilMs: Int64

  public init(by: String, sinceMs: Int64, untilMs: Int64) {
    self.by = by
    self.sinceMs = sinceMs
    self.untilMs = untilMs
  }
}

/// A move that waits for an operator's yes.
public struct Question: Hashable, Sendable {
  public var from: RegionID
  public var to: RegionID
  public var why: String
}

/// An operator's yes to one move: of this service, at this epoch, from here to there.
public struct Approval: Codable, Hashable, Sendable {
  public var epoch: UInt64
  public var from: RegionID
  public var to: RegionID
  public var by: String
  public var untilMs: Int64

  public init(epoch: UInt64, from: RegionID, to: RegionID, by: String, untilMs: Int64) {
    self.epoch = epoch
    self.from = from
    self.to = to
    self.by = by
    self.untilMs = untilMs
  }
}

/// Why automatic failback is off until somebody has looked (RULES 9).
public struct Disarmed: Codable, Hashable, Sendable {
  /// The region that failed soon after users had been returned to it.
  public var region: RegionID
  public var atMs: Int64

  public init(region: RegionID, atMs: Int64) {
    self.region = region
    self.atMs = atMs
  }
}
