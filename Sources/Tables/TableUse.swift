/// Whether users are served from a replica that is to go.
public enum TableUse: Hashable, Sendable {
  /// No service of this table is there.
  case idle
  /// These are.
  case serves([String])
  /// It cannot be told, and why.
  case unknown(String)
  /// The coordinator cannot be asked, and why.
  case unasked(String)
  /// The operator said that it does not matter.
  case overridden

  /// How old a reading of the records may be that tells where users are.
  static let recentMs = 180_000

  /// Whether users of these services are at a place that has the ids `here`, of `known` ones.
  ///
  /// Idle it is only where each service is known to be elsewhere: the last known region says
  /// nothing of now, a move leads from and to regions that have users, and caches keep an address
  /// after it.
  public init(_ services: [TableService], here: [String], known: [String]) {
    var serving: [String] = []
    var unknown: [String] = []
    for service in services {
      if service.isServed(here) {
        serving.append(service.name)
      } else if let why = service.doubt(here: here, known: known) {
        unknown.append(why)
      }
    }
    self =
      serving.isEmpty
      ? unknown.isEmpty ? .idle : .unknown(unknown.joined(separator: "; ")) : .serves(serving)
  }
}

/// What the coordinator says of where a service's users are. Regions are ids of its file, times
/// Unix milliseconds.
public struct TableService: Hashable, Sendable {
  /// A move of its users.
  public struct Move: Hashable, Sendable {
    public var from: String?
    public var to: String
    /// The newest that is known of its course: its intent, or its commit.
    public var begunMs: Int64
    /// When every name server showed the new address; nil: that was not seen.
    public var convergedMs: Int64?
    /// Until when resolvers that were asked may go on with the old address; nil: none is known to.
    public var cachedUntilMs: Int64?

    public init(
      from: String?, to: String, begunMs: Int64, convergedMs: Int64? = nil,
      cachedUntilMs: Int64? = nil
    ) {
      self.from = from
      self.to = to
      self.begunMs = begunMs
      self.convergedMs = convergedMs
      self.cachedUntilMs = cachedUntilMs
    }
  }

  /// How long caches may keep an address whose time to live is not known, or of a move whose end
  /// was not seen.
  private static let longestMs: Int64 = 3_600_000

  public var name: String
  /// The coordinator's clock.
  public var atMs: Int64
  /// `region`, `mixed`, `foreign`, `echo` or `unknown`.
  public var at: String
  /// The last known; of now it is where `at` is `region`.
  public var active: String?
  /// How old the reading of the records is, milliseconds; nil: none was made.
  public var readMs: Int?
  public var ttlSeconds: Int?
  /// The move in flight.
  public var move: Move?
  /// The newest ended one.
  public var last: Move?

  public init(
    name: String, atMs: Int64, at: String, active: String?, readMs: Int?, ttlSeconds: Int? = nil,
    move: Move? = nil, last: Move? = nil
  ) {
    self.name = name
    self.atMs = atMs
    self.at = at
    self.active = active
    self.readMs = readMs
    self.ttlSeconds = ttlSeconds
    self.move = move
    self.last = last
  }

  /// Whether its users are there, as far as is known, or a move leads to or from there.
  fileprivate func isServed(_ here: [String]) -> Bool {
    [active, move?.from, move?.to].contains { $0.map(here.contains) ?? false }
  }

  /// Why it cannot be told that its users are elsewhere; nil: they are.
  fileprivate func doubt(here: [String], known: [String]) -> String? {
    guard at == "region", let active else { return "where \(name) is served from is \(at)" }
    guard known.contains(active) else { return "\(name) is in \(active), which the file lacks" }
    guard let readMs else { return "the records of \(name) were not read" }
    guard readMs <= TableUse.recentMs else {
      return "the records of \(name) were last read \(readMs / 60_000) min ago"
    }
    if let move, move.from == nil { return "\(name) is being moved to \(move.to)" }
    guard let last, here.contains(last.from ?? "") || here.contains(last.to) else { return nil }
    let leftMs = cachedUntilMs(last) - atMs
    guard leftMs > 0 else { return nil }
    return "\(name) was moved lately, and caches may keep its users there for "
      + "\((leftMs + 59_999) / 60_000) min"
  }

  private func cachedUntilMs(_ move: Move) -> Int64 {
    let ttl = ttlSeconds ?? 0
    // A TTL of 0 is the zone's default.
    let keptMs = ttl > 0 ? Int64(ttl) * 1000 : Self.longestMs
    let end = move.convergedMs.map { $0 + keptMs } ?? move.begunMs + max(keptMs, Self.longestMs)
    return max(end, move.cachedUntilMs ?? end)
  }
}
