/// `GET /v1/services/{name}/plan?to=REGION`: exactly what an operator's move would change, made
/// from records that were read for it.
public struct MovePlanDocument: Codable, Hashable, Sendable {
  public var version: Int
  /// When the records were read, on the coordinator's wall clock, Unix milliseconds.
  public var atMs: Int64
  public var service: String
  public var names: [String]
  /// `operator` for a `failover`, `failback` for a `failback`.
  public var kind: MoveKind
  /// The epoch now; the move would have the next one.
  public var epoch: UInt64
  /// Where DNS points; absent while that is not known.
  public var from: String?
  public var to: String
  /// The regions as they are judged now, as `healthy: 2/2 agents good, 3/3 outside checks served`.
  public var fromState: String?
  public var toState: String?
  public var records: [PlannedRecord]
  /// The TXT records that claim the names first.
  public var markers: [PlannedMarker]
  /// What in the records is not as a move needs it, a sentence each.
  public var troubles: [String]
  public var wait: PlannedWait
  /// Absent while it is not known.
  public var dataAtRisk: DataAtRisk?
  /// What the target has to fulfil; each that does not hold can be overridden by its name.
  public var conditions: [CheckedLine]
  /// Why the move would be refused if it were asked for now; absent where it would be made.
  public var refusal: Problem?
  /// What would hold back an automatic move now; none of it binds an operator.
  public var holds: [RuleLine]
  /// The first 12 hexadecimal digits of SHA-256 over `canonical`.
  public var checksum: String

  /// The options that override what forbids the move, each with a space before it; empty where it
  /// would be made, and where nothing can be overridden.
  public var overrides: String {
    guard refusal?.code == "not_eligible" else { return "" }
    return conditions.filter { !$0.holds }.map { " --override-rule \($0.name)" }.joined()
  }

  public init(
    version: Int = 1, atMs: Int64, service: String, names: [String], kind: MoveKind,
    epoch: UInt64, from: String?, to: String, fromState: String? = nil, toState: String? = nil,
    records: [PlannedRecord], markers: [PlannedMarker] = [], troubles: [String] = [],
    wait: PlannedWait, dataAtRisk: DataAtRisk? = nil, conditions: [CheckedLine] = [],
    refusal: Problem? = nil, holds: [RuleLine] = [], checksum: String = ""
  ) {
    self.version = version
    self.atMs = atMs
    self.service = service
    self.names = names
    self.kind = kind
    self.epoch = epoch
    self.from = from
    self.to = to
    self.fromState = fromState
    self.toState = toState
    self.records = records
    self.markers = markers
    self.troubles = troubles
    self.wait = wait
    self.dataAtRisk = dataAtRisk
    self.conditions = conditions
    self.refusal = refusal
    self.holds = holds
    self.checksum = checksum
  }

  /// What the checksum binds, a line for each fact: the service, the kind, the epoch, where from
  /// and to, and every record with its id and both values. Health, ages and waits are not in it:
  /// they are judged anew when the move is asked for.
  public var canonical: [String] {
    var lines = [
      "service \(service)", "kind \(kind.rawValue)", "epoch \(epoch)",
      "from \(from ?? "nowhere")", "to \(to)",
    ]
    lines += records.map { record in
      "\(record.type) \(record.name) id \(record.id.map(String.init) ?? "none") is "
        + "\(record.old ?? "nothing"), to be \(record.new ?? "as it is")"
    }.sorted()
    return lines
  }

  /// The differences to a later plan of the same move, a sentence each; empty where there is none.
  public func differences(to later: MovePlanDocument) -> [String] {
    let old = canonical
    let new = later.canonical
    let gone = old.filter { !new.contains($0) }
    let come = new.filter { !old.contains($0) }
    return gone.map { "it was: \($0)" } + come.map { "it is now: \($0)" }
  }
}

/// One record of a plan.
public struct PlannedRecord: Codable, Hashable, Sendable {
  /// The provider's id; absent where there is no such record.
  public var id: Int64?
  /// `A` or `AAAA`.
  public var type: String
  /// The full name, without a final dot.
  public var name: String
  public var old: String?
  /// Absent where the move does not touch it: more than one record, or a family that the target
  /// has no address for.
  public var new: String?
  /// As the provider stores it, which a move does not change; 0: the zone's default.
  public var ttlSeconds: Int?

  public init(
    id: Int64? = nil, type: String, name: String, old: String? = nil, new: String? = nil,
    ttlSeconds: Int? = nil
  ) {
    self.id = id
    self.type = type
    self.name = name
    self.old = old
    self.new = new
    self.ttlSeconds = ttlSeconds
  }
}

/// The marker of a name, before and after.
public struct PlannedMarker: Codable, Hashable, Sendable {
  /// `_signalbox.` before the name.
  public var name: String
  /// The provider's id; absent where it would be made.
  public var id: Int64?
  public var old: String?
  public var new: String

  public init(name: String, id: Int64? = nil, old: String? = nil, new: String) {
    self.name = name
    self.id = id
    self.old = old
    self.new = new
  }
}

/// How long users may still be sent to the old address after the write, seconds.
public struct PlannedWait: Codable, Hashable, Sendable {
  /// Until every name server shows the new value, at most, usually.
  public var publishSeconds: Double
  /// The old TTL, which caches may add; absent while it is not known.
  public var cacheSeconds: Double?

  public init(publishSeconds: Double, cacheSeconds: Double? = nil) {
    self.publishSeconds = publishSeconds
    self.cacheSeconds = cacheSeconds
  }
}
