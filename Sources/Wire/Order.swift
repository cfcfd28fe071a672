/// What an operator may order besides moves (RULES 14).
public enum OrderKind: String, Codable, Hashable, Sendable, CaseIterable {
  /// No new automatic moves.
  case pause
  /// Ends a pause and a pin.
  case resume
  /// Work on a region or a host.
  case maintenance
  /// Yes to the move that waits for it.
  case approve
  /// Arms automatic failback again after one that went wrong.
  case ack
  /// Takes what others left in DNS for the base.
  case adopt
  /// Takes back an operator's move that has written nothing yet.
  case cancel
}

/// `POST /v1/services/{name}/{pause|resume|maintenance|approve|ack|adopt|cancel}`.
public struct OrderRequest: Codable, Hashable, Sendable {
  /// The epoch that the operator saw; another one now is refused as `conflict`.
  public var epoch: UInt64
  /// Who orders, for the history.
  public var operatorName: String
  /// Why, for the history.
  public var reason: String?
  /// How long, milliseconds: of a pause (absent: until `resume`) or a maintenance.
  public var forMs: Int64?
  /// Maintenance: the region or the agent.
  public var name: String?
  /// Maintenance of the active region: users stay there.
  public var stays: Bool?
  /// Maintenance: it is over.
  public var ends: Bool?
  /// Approval: the move that the operator saw waiting.
  public var from: String?
  public var to: String?
  /// Adoption: what the operator saw; anything else now is refused as `conflict`.
  public var seen: Adoptable?

  public init(
    epoch: UInt64, operatorName: String, reason: String? = nil, forMs: Int64? = nil,
    name: String? = nil, stays: Bool? = nil, ends: Bool? = nil, from: String? = nil,
    to: String? = nil, seen: Adoptable? = nil
  ) {
    self.epoch = epoch
    self.operatorName = operatorName
    self.reason = reason
    self.forMs = forMs
    self.name = name
    self.stays = stays
    self.ends = ends
    self.from = from
    self.to = to
    self.seen = seen
  }
}

/// What others left in DNS, and an operator may adopt (RULES 7, 16).
public struct Adoptable: Codable, Hashable, Sendable {
  /// The text of another writer's marker, the first one found: nothing is written until it is
  /// adopted.
  public var marker: String?
  /// Addresses in the record that are not configured, sorted: automatic moves are blocked.
  public var addresses: [String]
  /// All of them where there are several, the first too; adopted together.
  public var markers: [AdoptableMarker]?

  public init(markers: [AdoptableMarker] = [], addresses: [String] = []) {
    marker = markers.first?.text
    self.addresses = addresses
    self.markers = markers.count > 1 ? markers : nil
  }
}

/// Another writer's text, and where it stands.
public struct AdoptableMarker: Codable, Hashable, Sendable {
  /// The TXT record's name; nil where it was not noted.
  public var name: String?
  public var text: String

  public init(name: String?, text: String) {
    self.name = name
    self.text = text
  }
}

/// An order that was taken and stored.
public struct OrderReply: Codable, Hashable, Sendable {
  public var service: String
  public var order: OrderKind
  /// What holds now, for people.
  public var text: String

  public init(service: String, order: OrderKind, text: String) {
    self.service = service
    self.order = order
    self.text = text
  }
}

/// The operator's orders that hold now, and what waits for one.
public struct OrdersStatus: Codable, Hashable, Sendable {
  /// A pause, for people: who, why, until when.
  public var paused: String?
  /// When the pause ends by itself, Unix milliseconds.
  public var pausedUntilMs: Int64?
  /// Regions and agents in maintenance, by name.
  public var maintenance: [MaintenanceStatus]
  /// The automatic move that waits for approval.
  public var waiting: WaitingMove?
  /// The region whose failure soon after a failback disarmed the automatic one, until `ack`.
  public var disarmed: String?
  /// What waits for an operator's `adopt`.
  public var adoptable: Adoptable?
  /// Since when a pause holds, Unix milliseconds.
  public var pausedSinceMs: Int64?
  /// What `resume` would do now by ending pause and pin, a sentence; absent when neither holds.
  public var resuming: String?
  /// Whether users are moved by that at once or soon.
  public var resumingMoves: Bool?

  public init(
    paused: String? = nil, pausedUntilMs: Int64? = nil, maintenance: [MaintenanceStatus] = [],
    waiting: WaitingMove? = nil, disarmed: String? = nil, adoptable: Adoptable? = nil,
    pausedSinceMs: Int64? = nil, resuming: String? = nil, resumingMoves: Bool? = nil
  ) {
    self.paused = paused
    self.pausedUntilMs = pausedUntilMs
    self.maintenance = maintenance
    self.waiting = waiting
    self.disarmed = disarmed
    self.adoptable = adoptable
    self.pausedSinceMs = pausedSinceMs
    self.resuming = resuming
    self.resumingMoves = resumingMoves
  }
}

/// A region or an agent in maintenance.
public struct MaintenanceStatus: Codable, Hashable, Sendable {
  public var name: String
  public var by: String
  public var untilMs: Int64

  public init(name: String, by: String, untilMs: Int64) {
    self.name = name
    self.by = by
    self.untilMs = untilMs
  }
}

/// A move that waits for an operator's approval.
public struct WaitingMove: Codable, Hashable, Sendable {
  public var from: String
  public var to: String
  public var why: String

  public init(from: String, to: String, why: String) {
    self.from = from
    self.to = to
    self.why = why
  }
}
