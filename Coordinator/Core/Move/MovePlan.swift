public import Wire

/// What one move has to make true at the provider, for every name of a service.
public struct MovePlan: Hashable, Sendable {
  /// The full names, in lower case and without a final dot; at least one.
  public let names: [String]
  /// The address that each family is to have, by record type (`A`, `AAAA`), under every name.
  /// Other families are not touched.
  public let desired: [String: String]
  /// What each family may have had at the intent, where known: another configured value found
  /// before the first write means that someone else moved a name meanwhile.
  public let previous: [String: Set<String>]
  /// Every address of every region; anything else found is foreign.
  public let configured: Set<String>
  /// The mark to leave at a name before its first address is written.
  public let marker: Marker
  /// The excerpts of others' marks that an operator adopted: they are overwritten.
  public let adopted: Set<String>

  public init(
    names: [String], desired: [String: String], previous: [String: Set<String>] = [:],
    configured: Set<String>, marker: Marker, adopted: Set<String> = []
  ) {
    self.names = names.map(Canonical.name)
    self.desired = desired.mapValues(Canonical.address)
    self.previous = previous.mapValues { Set($0.map(Canonical.address)) }
    self.configured = Set(configured.map(Canonical.address))
    self.marker = marker
    self.adopted = adopted
  }

  /// The same for one name.
  public init(
    name: String, desired: [String: String], previous: [String: String?] = [:],
    configured: Set<String>, marker: Marker, adopted: Set<String> = []
  ) {
    self.init(
      names: [name], desired: desired,
      previous: previous.compactMapValues { $0.map { [$0] } }, configured: configured,
      marker: marker, adopted: adopted)
  }
}

/// The times of a move.
public struct MovePace: Hashable, Sendable {
  /// The longest that one write may take.
  public var writeDeadline: Duration
  /// Between the two reads that prove that a write was not applied.
  public var rereadAfter: Duration
  /// The first wait after a failure; doubles with each further one.
  public var retryBase: Duration
  /// The longest wait, unless the provider itself asks for more.
  public var retryLimit: Duration
  /// The longest wait that a provider may ask for: then it is asked again.
  public var askedLimit: Duration

  public init(
    writeDeadline: Duration = Defaults.writeDeadline,
    rereadAfter: Duration = Defaults.rereadAfter, retryBase: Duration = .seconds(1),
    retryLimit: Duration = .seconds(30), askedLimit: Duration = Defaults.moveWaitLimit
  ) {
    self.writeDeadline = writeDeadline
    self.rereadAfter = rereadAfter
    self.retryBase = retryBase
    self.retryLimit = retryLimit
    self.askedLimit = askedLimit
  }

  /// The wait after `failures` (1 or more) in a row; `jitter` within 0..<1 takes up to half off.
  func backoff(failures: Int, asked: Duration?, jitter: Double) -> Duration {
    if let asked { return min(max(asked, retryBase), askedLimit) }
    let doubled = min(retryBase * (1 << min(max(0, failures - 1), 16)), retryLimit)
    return doubled * (1 - min(max(0, jitter), 1) / 2)
  }
}

/// How a move ended.
public enum MoveResult: Hashable, Sendable {
  /// Every family has its desired address at the provider.
  case committed
  /// Called off before any address was written, with the reason.
  case stopped(String)
  /// Called off with an address written, or with a write whose effect was not read yet: the same
  /// move has to be taken up again, or the next one to start from what is there.
  case interrupted(String)
  /// An address stands there that is not configured; it was not touched.
  case foreign(found: [String])
  /// Others claim a name, at least one of them without an operator's leave; nothing was written
  /// since that was seen.
  case conflict([MarkerConflict])
  /// The provider refuses for good, or the records are not as they have to be; no address was
  /// written.
  case refused(ProviderError)
}
