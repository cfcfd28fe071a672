public import CoordinatorCore
public import Linode
import Platform
import Synchronization
public import Wire

/// The Linode DNS Manager as a provider.
///
/// Which zone a name is in is asked with readings, beside the records of the one that it was in
/// before: the longest that holds it counts, and may be made, deleted or disabled at any time.
public final class LinodeProvider: DNSProvider {
  /// The zone that each name was in at the newest listing, and when that was.
  private final class Zones: Sendable {
    let known = Mutex<[String: (zone: LinodeDomain, at: MonotonicInstant)]>([:])
  }

  private let client: LinodeClient
  private let zones: Zones
  /// How old the listing of zones may be; zero: every reading lists them.
  private let zonesAge: Duration
  private let routineZonesAge: Duration

  /// For how long the zones of before do while they cannot be listed.
  private static let zonesLife = Duration.seconds(60)

  /// `zonesEvery` bounds how often readings that can wait list the zones: calls are counted, and
  /// services may be many. A move lists them with every reading.
  public convenience init(_ client: LinodeClient, zonesEvery: Duration = Defaults.zonesEvery) {
    self.init(client, zones: Zones(), zonesAge: .zero, routineZonesAge: zonesEvery)
  }

  private init(
    _ client: LinodeClient, zones: Zones, zonesAge: Duration, routineZonesAge: Duration
  ) {
    self.client = client
    self.zones = zones
    self.zonesAge = zonesAge
    self.routineZonesAge = routineZonesAge
  }

  public var routine: any DNSProvider {
    LinodeProvider(
      client.routine, zones: zones, zonesAge: routineZonesAge, routineZonesAge: routineZonesAge)
  }

  public func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    try await records(of: [name])
  }

  public func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await records(of: names, mayLack: false)
  }

  public func listing(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await records(of: names, mayLack: true)
  }

  public func zones(of names: [String]) -> [String: ProviderZone] {
    zones.known.withLock { known in
      var found: [String: ProviderZone] = [:]
      for name in names.map(Canonical.name) {
        guard let zone = known[name]?.zone else { continue }
        found[name] = ProviderZone(id: zone.id, name: zone.zoneName, trouble: zone.trouble)
      }
      return found
    }
  }

  private func records(
    of names: [String], mayLack: Bool
  ) async throws(ProviderError) -> [ProviderRecord] {
    let names = names.map(Canonical.name)
    let (zones, listed) = try await look(names)
    var listings = listed
    var found: [ProviderRecord] = []
    for name in names {
      guard let zone = zones[name] else { continue }
      if listings[zone.id] == nil {
        do {
          listings[zone.id] = try await client.records(domain: zone.id).value
        } catch {
          throw ProviderError(error)
        }
      }
      found += try Self.pick(name, zone: zone, from: listings[zone.id] ?? [], mayLack: mayLack)
    }
    return found
  }

  /// The zones of now, and the records of those that the names were in before, asked at once: most
  /// often these are the same.
  private func look(
    _ names: [String]
  ) async throws(ProviderError) -> ([String: LinodeDomain], [Int64: [LinodeRecord]]) {
    let client = client
    let before = zones.known.withLock { known in names.map { known[$0] } }
    if let kept = try await keptZones(names, before) { return kept }
    async let domains = Self.result { () async throws(LinodeError) in
      try await client.domains().value
    }
    var listings: [Int64: [LinodeRecord]] = [:]
    var trouble: LinodeError?
    for id in Set(before.compactMap { $0?.zone.id }).sorted() {
      do {
        listings[id] = try await client.records(domain: id).value
      } catch {
        // One that is gone is not asked for again below, where another zone counts.
        if error.kind != .notFound { trouble = error }
      }
    }
    switch await domains {
    case .success(let domains):
      let chosen = try choose(names, domains)
      let isMissing = chosen.values.contains { listings[$0.id] == nil }
      if let trouble, isMissing { throw ProviderError(trouble) }
      return (chosen, listings)
    case .failure(let error):
      let now = Clocks.monotonic()
      let isRecent = before.allSatisfy { entry in
        entry.map { $0.at.duration(to: now) <= Self.zonesLife && listings[$0.zone.id] != nil }
          ?? false
      }
      guard error.failure == .transient, isRecent else { throw ProviderError(trouble ?? error) }
      var kept: [String: LinodeDomain] = [:]
      for (name, entry) in zip(names, before) { kept[name] = entry?.zone }
      return (kept, listings)
    }
  }

  /// The zones of before, where they were listed a moment ago and are all still there.
  private func keptZones(
    _ names: [String], _ before: [(zone: LinodeDomain, at: MonotonicInstant)?]
  ) async throws(ProviderError) -> ([String: LinodeDomain], [Int64: [LinodeRecord]])? {
    let now = Clocks.monotonic()
    var kept: [String: LinodeDomain] = [:]
    var listings: [Int64: [LinodeRecord]] = [:]
    for (name, entry) in zip(names, before) {
      guard let entry, entry.at.duration(to: now) < zonesAge else { return nil }
      kept[name] = entry.zone
    }
    for id in Set(kept.values.map(\.id)).sorted() {
      do {
        listings[id] = try await client.records(domain: id).value
      } catch {
        if error.kind == .notFound { return nil }
        throw ProviderError(error)
      }
    }
    return (kept, listings)
  }

  private static func result<T: Sendable>(
    _ call: @Sendable () async throws(LinodeError) -> T
  ) async -> Result<T, LinodeError> {
    do {
      return .success(try await call())
    } catch {
      return .failure(error)
    }
  }

  /// Takes in a listing of zones.
  private func choose(
    _ names: [String], _ domains: [LinodeDomain]
  ) throws(ProviderError) -> [String: LinodeDomain] {
    var chosen: [String: LinodeDomain] = [:]
    for name in names {
      guard let zone = domains.zone(of: name) else {
        forget(name)
        let seen = domains.prefix(5).map(\.domain).joined(separator: ", ")
        throw ProviderError(
          .noZone, .permanent,
          description: "no domain that the token sees holds \(name); it sees \(seen)"
            + (domains.count > 5 ? " and \(domains.count - 5) more" : ""))
      }
      chosen[name] = zone
    }
    let now = Clocks.monotonic()
    zones.known.withLock { known in
      // A service has a handful of names.
      if known.count >= 1_000 { known = [:] }
      for (name, zone) in chosen { known[name] = (zone, now) }
    }
    return chosen
  }

  /// The name's own records and its marker.
  private static func pick(
    _ name: String, zone: LinodeDomain, from all: [LinodeRecord], mayLack: Bool
  ) throws(ProviderError) -> [ProviderRecord] {
    let marker = Marker.recordName(name)
    let wanted = all.compactMap { record in Self.record(record, zone: zone) }.filter {
      $0.type == "TXT" ? $0.name == marker : $0.name == name
    }
    guard wanted.contains(where: { $0.type != "TXT" }) else {
      let isAlias = all.contains { $0.type == "CNAME" && zone.fullName($0.name) == name }
      if isAlias {
        throw ProviderError(
          mayLack ? .refused : .noRecord, .permanent,
          description: "\(name) is a CNAME: replace it by A and AAAA records")
      }
      if mayLack { return wanted }
      throw ProviderError(
        .noRecord, .permanent,
        description: "the zone \(zone.domain) has no A or AAAA record for \(name): create it")
    }
    return wanted
  }

  public func changes(of names: [String]) async throws(ProviderError) -> [ProviderChange] {
    var found: [LinodeEvent] = []
    var asked: Set<Int64> = []
    for name in names.map(Canonical.name) {
      let zone = try await zone(of: name)
      guard asked.insert(zone.id).inserted else { continue }
      do {
        found += try await client.routine.events(
          of: zone.id, actions: Self.zoneActions, limit: Self.changeLimit
        ).value
      } catch {
        throw ProviderError(error)
      }
    }
    return found.sorted { $0.id > $1.id }.prefix(Self.changeLimit).compactMap { event in
      guard let seconds = LinodeTime.unixSeconds(event.created) else { return nil }
      return ProviderChange(atMs: seconds * 1000, user: event.username, action: event.action)
    }
  }

  private static let changeLimit = 10
  /// What the log calls changes of zones and records (facts/linode 2).
  private static let zoneActions = ["record", "zone"].flatMap { what in
    ["create", "update", "delete"].map { "dns_\(what)_\($0)" }
  }

  public func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    let zone = try await zoneToWrite(record.name)
    do {
      _ = try await client.updateRecord(
        domain: zone.id, record: record.id, target: target, deadline: deadline)
    } catch {
      if error.kind == .notFound { forget(record.name) }
      throw ProviderError(error)
    }
  }

  public func setTTL(
    _ seconds: Int, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    let zone = try await zoneToWrite(record.name)
    do {
      _ = try await client.updateRecord(
        domain: zone.id, record: record.id, ttlSeconds: seconds, deadline: deadline)
    } catch {
      throw ProviderError(error)
    }
  }

  public func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    let name = Canonical.name(name)
    // What is made in a zone that counts no longer is there for nobody.
    if let domains = try? await client.domains().value {
      _ = try choose([Marker.subject(name)], domains)
    }
    let zone = try await zoneToWrite(name)
    let made: LinodeRecord
    do {
      made = try await client.createRecord(
        domain: zone.id, type: type, name: zone.relativeName(name),
        target: target, ttlSeconds: ttlSeconds, deadline: deadline
      ).value
    } catch {
      if error.kind == .notFound { forget(name) }
      throw ProviderError(error)
    }
    return ProviderRecord(
      id: made.id, type: made.type, name: name, target: made.target, ttlSeconds: made.ttlSeconds)
  }

  /// The zone that a name was in at the newest listing; a marker lives where its name does.
  private func zone(of name: String) async throws(ProviderError) -> LinodeDomain {
    let name = Marker.subject(Canonical.name(name))
    if let known = zones.known.withLock({ $0[name] }) { return known.zone }
    let domains: [LinodeDomain]
    do {
      domains = try await client.domains().value
    } catch {
      throw ProviderError(error)
    }
    guard let zone = try choose([name], domains)[name] else { throw Self.lost(name) }
    return zone
  }

  /// The same, where something is to be written: refused where it would not count.
  private func zoneToWrite(_ name: String) async throws(ProviderError) -> LinodeDomain {
    let zone = try await zone(of: name)
    guard let trouble = zone.trouble else { return zone }
    throw ProviderError(.refused, .permanent, description: trouble)
  }

  private static func lost(_ name: String) -> ProviderError {
    ProviderError(.noZone, .permanent, description: "no zone of \(name) is known")
  }

  private func forget(_ name: String) {
    zones.known.withLock { $0[Marker.subject(name)] = nil }
  }

  /// Nil for kinds that a move has nothing to do with.
  private static func record(_ record: LinodeRecord, zone: LinodeDomain) -> ProviderRecord? {
    guard ["A", "AAAA", "TXT"].contains(record.type) else { return nil }
    return ProviderRecord(
      id: record.id, type: record.type, name: zone.fullName(record.name),
      target: record.type == "TXT" ? record.target : Canonical.address(record.target),
      ttlSeconds: record.ttlSeconds)
  }
}

extension LinodeDomain {
  /// Why what is written to the zone does not count; nil: it does.
  fileprivate var trouble: String? {
    if type == "slave" {
      return "the zone \(zoneName) (\(id)) is a slave zone, a copy of another server's: its "
        + "records cannot be changed here"
    }
    guard status != "active" else { return nil }
    return "the zone \(zoneName) (\(id)) has the status \(status): what is written to it does not "
      + "reach the name servers. Set it to active, or delete it where another zone is to count"
  }
}

extension ProviderError {
  /// The same trouble in a provider's words.
  public init(_ error: LinodeError) {
    let kind: Kind =
      switch error.kind {
      case .unreachable, .timedOut, .server, .cancelled: .unreachable
      case .garbled, .emptyList: .garbled
      case .throttled, .busy: .throttled
      case .unavailable: .maintenance
      case .unauthorized, .scopeMissing, .forbidden: .unauthorized
      case .notFound: .noRecord
      case .rejected: .refused
      }
    self.init(
      kind, error.failure, retryAfter: error.retryAfter,
      description: "Linode: \(error.description)")
  }
}
