import Wire
public import Decision

/// What is known of a service's records beside its moves, and what is due to be written there.
public struct Upkeep: Sendable {
  /// When the marker is written next; nil: at the next reading.
  public var proveFrom: Instant?
  /// When the provider last took a write; nil: none since the start.
  public internal(set) var provenAt: Instant?
  /// Why the provider refuses writes, in words; nil: it took the newest one, or none was tried.
  public internal(set) var tokenTrouble: String?
  /// The newest reading lacks a record.
  var lacks = false
  /// When that is looked at next; nil: at the next reading.
  var createFrom: Instant?
  /// Why what is missing is not made, in words; nil: nothing is, or it is about to be.
  public internal(set) var creation: String?
  /// Where DNS points is what the name servers say: the API cannot be read.
  public internal(set) var isByServers = false
  /// The addresses that where DNS points was read from, all families, sorted.
  public var shown: [String]?
  /// What readings say of the markers, until a second one says the same.
  public internal(set) var sightings = MarkerSightings()
  /// The next proof of the token is made early, to write a damaged marker anew.
  var isHealing = false
  /// Readings in a row that show none of what an operator adopted.
  var adoptedGone = 0
  /// What the newest judgement said against writing what is missing.
  var doubts: Set<Doubt> = []

  init() {}
}

/// How a service's records are kept up.
public struct UpkeepRules: Hashable, Sendable {
  /// How often the marker is written, to prove that the token still can.
  public var proof: Duration
  /// The pause after a proof, or a creation, that came to nothing.
  public var retry: Duration
  /// What is no marker is written over when it has stood for so long.
  public var healAfter: Duration
  /// Records that are missing are made.
  public var creates: Bool
  /// Of records that are made.
  public var ttlSeconds: Int
  /// What a person does where the token may not write; a sentence.
  public var tokenCure: String

  public init(
    proof: Duration, retry: Duration, healAfter: Duration, creates: Bool, ttlSeconds: Int,
    tokenCure: String
  ) {
    self.proof = proof
    self.retry = retry
    self.healAfter = healAfter
    self.creates = creates
    self.ttlSeconds = ttlSeconds
    self.tokenCure = tokenCure
  }
}

extension ServiceCore {
  /// Begins the upkeep that is due; a move makes it end early.
  mutating func tend(isNew: Bool, canStore: Bool, now: Now) {
    if isNew, canStore { proveToken(now: now) }
    createMissing(canStore: canStore, now: now)
  }
}
