import Wire

/// A record set by name and type.
public struct RecordKey: Hashable, Sendable {
  /// The full name, in lower case and without a final dot.
  public var name: String
  /// `A` or `AAAA`.
  public var type: String

  public init(name: String, type: String) {
    self.name = name
    self.type = type
  }

  /// Of a record as the provider tells it.
  public init(_ record: ProviderRecord) {
    self.init(name: record.name, type: record.type)
  }
}

/// What is to be there, for every name of a service, where nothing is.
public struct CreationPlan: Hashable, Sendable {
  /// A region as records show it.
  public struct Place: Hashable, Sendable {
    public var id: String
    /// By record type; every type that is published.
    public var addresses: [String: String]

    public init(id: String, addresses: [String: String]) {
      self.id = id
      self.addresses = addresses.mapValues(Canonical.address)
    }
  }

  /// Full names, in lower case and without a final dot.
  public let names: [String]
  /// The regions, the preferred one first.
  public let places: [Place]
  /// The region that the records are known to point at; nil: never known.
  public let active: String?
  public let ttlSeconds: Int
  /// Ours, to be told from others'.
  public let marker: Marker
  /// The excerpts of others' marks that an operator adopted.
  public let adopted: Set<String>
  /// What was asked for lately and may still appear: not asked for again.
  public let asked: Set<RecordKey>
  /// Makes what somebody deleted, too.
  public let restores: Bool

  public init(
    names: [String], places: [Place], active: String?, ttlSeconds: Int, marker: Marker,
    adopted: Set<String> = [], asked: Set<RecordKey> = [], restores: Bool = false
  ) {
    self.names = names.map(Canonical.name)
    self.places = places
    self.active = active
    self.ttlSeconds = ttlSeconds
    self.marker = marker
    self.adopted = adopted
    self.asked = asked
    self.restores = restores
  }
}

/// What a listing says about a plan.
enum CreationNeed: Hashable, Sendable {
  case conflict([MarkerConflict])
  /// The records are not such that it is clear what is missing.
  case broken(ProviderError)
  /// Nothing is missing, and what was made is as it should be.
  case none
  /// Asked for, and not seen yet.
  case underway([RecordKey])
  /// Missing at names that have carried our mark: somebody deleted them.
  case deleted([RecordKey])
  /// Records to make (id 0), and such as were made with another time to live.
  case work(make: [ProviderRecord], retime: [ProviderRecord], at: String)
}

extension CreationNeed {
  /// Whether a single listing that is garbled could have made it.
  var wantsTwo: Bool {
    switch self {
    case .conflict, .broken, .deleted: true
    case .work(let make, _, _): !make.isEmpty
    case .none, .underway: false
    }
  }
}

extension CreationPlan {
  /// Compares a listing with the plan. `asked`: what may still appear.
  func need(_ records: [ProviderRecord], asked: Set<RecordKey>) -> CreationNeed {
    let conflicts = MarkerConflict.blocking(
      in: records, names: names, mine: marker, adopted: adopted)
    guard conflicts.isEmpty else { return .conflict(conflicts) }
    var found: [RecordKey: ProviderRecord] = [:]
    for record in records where names.contains(record.name) && types.contains(record.type) {
      if let other = found.updateValue(record, forKey: RecordKey(record)) {
        return .broken(Self.twice(record, other))
      }
    }
    guard let place = place(of: found.values.map { $0 }) else {
      return .broken(unclear(found.values.map(\.target)))
    }
    let missing = names.flatMap { name in types.map { RecordKey(name: name, type: $0) } }
      .filter { found[$0] == nil }
    let open = missing.filter { !asked.contains($0) }
    let marked = Set(records.filter { $0.type == "TXT" }.map(\.name))
    let gone = restores ? [] : open.filter { marked.contains(Marker.recordName($0.name)) }
    let make = open.filter { !gone.contains($0) }.compactMap { key in
      place.addresses[key.type].map { address in
        ProviderRecord(
          id: 0, type: key.type, name: key.name, target: address, ttlSeconds: ttlSeconds)
      }
    }
    let retime = found.values.filter {
      asked.contains(RecordKey($0)) && $0.ttlSeconds != ttlSeconds
    }
    if !make.isEmpty || !retime.isEmpty {
      return .work(make: make, retime: retime.sorted { $0.id < $1.id }, at: place.id)
    }
    if !gone.isEmpty { return .deleted(gone) }
    return missing.isEmpty ? .none : .underway(missing)
  }

  private var types: [String] { places.prefix(1).flatMap { $0.addresses.keys.sorted() } }

  /// Where new records are to point: where all others do, which has to be the active region if that
  /// is known. Nil: that is not clear.
  private func place(of records: [ProviderRecord]) -> Place? {
    let candidates = active.map { id in places.filter { $0.id == id } } ?? places
    return candidates.first { place in
      records.allSatisfy { place.addresses[$0.type] == $0.target }
    }
  }

  private func unclear(_ found: [String]) -> ProviderError {
    ProviderError(
      .refused, .permanent,
      description: "\(names.joined(separator: ", ")): what is there points at "
        + "\(Set(found).sorted().joined(separator: ", ")), which is not "
        + (active.map { "all \($0)'s" } ?? "one region's")
        + ": it is not clear where a new record should point")
  }

  private static func twice(_ one: ProviderRecord, _ other: ProviderRecord) -> ProviderError {
    ProviderError(
      .refused, .permanent,
      description: "\(one.name) has several \(one.type) records, one is needed: \(other.target) "
        + "(id \(other.id)), \(one.target) (id \(one.id)). Delete all but one")
  }
}
