public import Wire

/// What one name of a service shows, by family.
public typealias NameReading = [AddressFamily: [String]]

extension [NameReading] {
  /// All addresses that any of the names shows, each once, sorted.
  public var shown: [String] { Set(flatMap { $0.values.flatMap { $0 } }).sorted() }
}

/// Somebody else's value in the record, while `drift` is `enforce` (RULES 7).
public struct DriftWatch: Codable, Hashable, Sendable {
  /// What stands there, all families, sorted.
  public var addresses: [String]
  /// When a reading first showed it, Unix milliseconds.
  public var sinceMs: Int64
  /// A reading that is far enough from the first one shows the same.
  public var stands: Bool

  public init(addresses: [String], sinceMs: Int64, stands: Bool = false) {
    self.addresses = addresses
    self.sinceMs = sinceMs
    self.stands = stands
  }

  /// Takes in another reading of a wrong value. A wall clock that went back starts anew.
  mutating func take(_ shown: [String], after limit: Duration, wallMs: Int64) {
    guard shown == addresses, wallMs >= sinceMs else {
      self = DriftWatch(addresses: shown, sinceMs: wallMs)
      return
    }
    if wallMs - sinceMs >= limit.wholeMilliseconds { stands = true }
  }
}

/// Values that others put into the record: adopted ones count as the active region, and under
/// `drift = "enforce"` the rest is overwritten when it has stood for long.
extension Machine {
  /// Takes in a reading and gives where DNS points; only called while no move is in flight.
  mutating func noteDrift(
    _ names: [NameReading], found: AtFact, now: Now
  ) -> AtFact {
    guard memory.intent == nil else { return found }
    let shown = names.shown
    if found == .foreign, memory.active != nil, memory.accepted == shown {
      memory.drift = nil
      return .region
    }
    // Not known is no other value.
    guard found != .unknown else { return found }
    memory.accepted = nil
    guard policy.drift == .enforce, found == .foreign || found == .mixed else {
      memory.drift = nil
      return found
    }
    var watch = memory.drift ?? DriftWatch(addresses: shown, sinceMs: now.wallMs)
    watch.take(shown, after: policy.driftAfter, wallMs: now.wallMs)
    memory.drift = watch
    return found
  }

  /// Whether what stands in the record is overwritten now.
  ///
  /// It is a write that nobody asked for: every hold of automatic moves holds it back as well, but
  /// for those that count moves, and it needs `automation = "automatic"`.
  func enforces(
    pictures: [RegionID: RegionPicture], holds: [Hold], now: Present
  ) -> Bool {
    guard policy.drift == .enforce, policy.automation == .automatic, memory.intent == nil,
      at == .foreign || at == .mixed, let watch = memory.drift, watch.stands,
      memory.enforcedMs.map({ !now.runs(policy.driftPause, sinceMs: $0) }) ?? true
    else { return false }
    let harmless: Set<Block> = [.budget, .freeBudget, .maintenance]
    guard holds.allSatisfy({ harmless.contains($0.block) }) else { return false }
    return isWorthReturningTo(pictures, foreign: at == .foreign)
  }

  /// Before the first write it is judged anew. A late echo's repair is always made: the value it
  /// overwrites is our own.
  func mayEnforce(_ intent: Intent, pictures: [RegionID: RegionPicture]) -> Bool {
    guard intent.rule == .enforceDrift else { return true }
    let configured = Set(topology.regions.flatMap { $0.addresses.values })
    let foreign = intent.replaces?.allSatisfy(configured.contains) != true
    return isWorthReturningTo(pictures, foreign: foreign)
  }

  /// Opens the intent that writes the active region's addresses again; not a move.
  mutating func enforceDrift(now: Present) {
    let replaces = memory.drift?.addresses
    open(.repair, to: memory.active, rule: .enforceDrift)
    memory.intent?.from = nil
    memory.intent?.replaces = replaces
    memory.enforcedMs = now.wallMs
    memory.drift = nil
  }

  /// Who put a foreign value there may know why: it is overwritten only toward a region that is
  /// healthy. Between our own regions an active one that is up will do. Either way somebody outside
  /// is served by it now: an address that only answers 404 helps nobody.
  private func isWorthReturningTo(
    _ pictures: [RegionID: RegionPicture], foreign: Bool
  ) -> Bool {
    guard let picture = memory.active.flatMap({ pictures[$0] }),
      picture.outside.servingFamilies == Set(topology.families)
    else { return false }
    return foreign ? picture.verdict == .healthy : picture.verdict.isUp
  }
}
