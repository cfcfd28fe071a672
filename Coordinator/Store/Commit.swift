public import Wire

/// What one transaction stores: a service's epoch and memory, its incident, and events.
public struct Commit: Sendable {
  /// The service concerned; nil for events of the coordinator itself.
  public var service: String?
  /// The service's epoch; nil leaves it. At least the stored one, at most `Int64.max`.
  public var epoch: UInt64?
  /// The coordinator's own memory of the service, opaque here; nil leaves it. At most 1 MiB.
  public var memory: [UInt8]?
  /// The incident that this commit closes in favour of `incident`; it has to be stored already.
  public var closing: IncidentRecord?
  /// Inserted with id 0, else updated.
  public var incident: IncidentRecord?
  /// Appended in this order. An event whose `incident` is 0 gets the id of this commit's
  /// `incident`.
  public var events: [EventRecord]
  /// The agent whose late evidence all these events are; nil: they are the coordinator's own. Late
  /// ones have a bound of their own, `StoreBounds.late`.
  public var source: String?

  public init(
    service: String?, epoch: UInt64? = nil, memory: [UInt8]? = nil,
    closing: IncidentRecord? = nil, incident: IncidentRecord? = nil, events: [EventRecord] = [],
    source: String? = nil
  ) {
    self.service = service
    self.epoch = epoch
    self.memory = memory
    self.closing = closing
    self.incident = incident
    self.events = events
    self.source = source
  }
}

/// The ids that a commit gave.
public struct CommitReceipt: Hashable, Sendable {
  /// The id of the commit's incident; nil where it had none.
  public var incident: Int64?
  /// The ids of its events, in their order.
  public var events: [Int64]

  public init(incident: Int64?, events: [Int64]) {
    self.incident = incident
    self.events = events
  }
}

/// What is stored of one service.
public struct StoredService: Hashable, Sendable {
  public var service: String
  public var epoch: UInt64
  /// The coordinator's own memory of it, as committed last; empty before.
  public var memory: [UInt8]

  public init(service: String, epoch: UInt64, memory: [UInt8]) {
    self.service = service
    self.epoch = epoch
    self.memory = memory
  }
}

/// The bounds of what a store keeps.
public struct StoreBounds: Hashable, Sendable {
  /// The newest events of the coordinator's own that are kept.
  public var events: Int64
  /// The newest late events of each agent that are kept, beside those: no agent's key pushes out
  /// what others said.
  public var late: Int64
  /// The incidents kept; open ones always are.
  public var incidents: Int64
  /// The most pages (4 KiB each) of the database file; a commit beyond them is refused as `full`.
  public var pages: Int64

  public init(
    events: Int64 = 100_000, late: Int64 = 500, incidents: Int64 = 10_000, pages: Int64 = 262_144
  ) {
    self.events = max(1, events)
    self.late = max(1, late)
    self.incidents = max(1, incidents)
    self.pages = max(1, pages)
  }

  /// The largest memory of a service, in bytes.
  public static let memoryBytes = 1_048_576
  /// The largest stored incident, in bytes of JSON.
  public static let incidentBytes = 1_048_576
  /// The largest stored event, in bytes of JSON.
  public static let eventBytes = 65_536
  /// The most events of one commit.
  public static let commitEvents = 1_000
  /// The most rows that one reading call gives.
  public static let pageRows = 10_000
}
