/// What becomes of one zone at one name server.
struct ZoneChange: Sendable {
  var origin: String
  /// nil: it was not served.
  var old: ZoneSnapshot?
  /// nil: it is no longer served.
  var new: ZoneSnapshot?
}

/// What one name server has published of the zones and what it will, in order. Time is the time
/// since the sandbox's start.
struct Publication: Sendable {
  /// From a commit to its publication.
  var delay: Duration
  /// A held server publishes nothing; what is due follows at the end.
  var isHeld = false
  /// Data of records that this server publishes in place of what was committed.
  var replacements: [String: String] = [:] {
    didSet { isNew = isNew || replacements != oldValue }
  }
  /// By origin.
  private(set) var published: [String: ZoneSnapshot]
  /// The newest that was due, before replacements.
  private var current: [String: ZoneSnapshot]
  /// Whether that may be other than what is published.
  private var isNew = false
  private var waiting: [(due: Duration, zones: [String: ZoneSnapshot])] = []

  init(delay: Duration, published zones: [ZoneSnapshot]) {
    self.delay = delay
    published = Self.byOrigin(zones)
    current = published
  }

  private static func byOrigin(_ zones: [ZoneSnapshot]) -> [String: ZoneSnapshot] {
    Dictionary(zones.map { ($0.origin, $0) }) { first, _ in first }
  }

  /// The delay of the server with this index: 0.6, 1.0, 1.4, … times the base.
  static func delay(base: Duration, index: Int) -> Duration {
    base * (6 + 4 * index) / 10
  }

  /// All zones that are to be served from then on.
  mutating func commit(_ zones: [ZoneSnapshot], at now: Duration) {
    waiting.append((now + delay, Self.byOrigin(zones)))
    // Only the newest of those that are due is ever published; the bound is for a held server.
    if waiting.count > 1000 { waiting.removeFirst(waiting.count - 1000) }
  }

  /// What changes now; it counts as published from now on.
  mutating func due(at now: Duration) -> [ZoneChange] {
    guard !isHeld else { return [] }
    if let last = waiting.lastIndex(where: { $0.due <= now }) {
      current = waiting[last].zones
      waiting.removeFirst(last + 1)
      isNew = true
    }
    guard isNew else { return [] }
    isNew = false
    let wanted = replacements.isEmpty ? current : current.mapValues { $0.replacing(replacements) }
    let origins = Set(wanted.keys).union(published.keys).sorted()
    let changes = origins.compactMap { origin -> ZoneChange? in
      let change = ZoneChange(origin: origin, old: published[origin], new: wanted[origin])
      return change.old == change.new ? nil : change
    }
    published = wanted
    return changes
  }

  /// The server refused what was given out: the zone's next publication starts from before it.
  mutating func refused(_ change: ZoneChange) {
    if published[change.origin] == change.new { published[change.origin] = change.old }
  }
}

extension ZoneSnapshot {
  /// The zone without records.
  var empty: ZoneSnapshot { ZoneSnapshot(origin: origin, defaultTTL: defaultTTL) }

  /// The zone with other data in some records.
  func replacing(_ replacements: [String: String]) -> ZoneSnapshot {
    var zone = self
    zone.records = Set(
      records.map { record in
        var record = record
        record.data = replacements[record.data] ?? record.data
        return record
      })
    return zone
  }
}
