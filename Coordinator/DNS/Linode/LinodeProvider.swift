public import CoordinatorCore
public import Linode
import Platform
public import Wire

/// The Linode DNS Manager as a provider.
///
/// Which zone a name is in is asked with readings, beside the records of the one that it was in
/// before: the longest that holds it counts, and may be made, deleted or disabled at any time.
public final class LinodeProvider: DNSProvider {
  private let client: LinodeClient
  private let zones: LinodeZones
  private let reading: LinodeReading
  private let routineZonesAge: Duration
  private let writesDespiteZone: Bool

  /// `zonesEvery` bounds how often readings that can wait list the zones: calls are counted, and
  /// services may be many. A move lists them with every reading.
  public convenience init(_ client: LinodeClient, zonesEvery: Duration = Defaults.zonesEvery) {
    self.init(client, zones: LinodeZones(), zonesAge: .zero, routineZonesAge: zonesEvery)
  }

  private init(
    _ client: LinodeClient, zones: LinodeZones, zonesAge: Duration, routineZonesAge: Duration,
    writesDespiteZone: Bool = false
  ) {
    self.client = client
    self.writesDespiteZone = writesDespiteZone
    self.zones = zones
    self.routineZonesAge = routineZonesAge
    reading = LinodeReading(
      lists: LinodeLists(client: client, zonesRead: zones), zones: zones, zonesAge: zonesAge)
  }

  public var routine: any DNSProvider {
    LinodeProvider(
      client.routine, zones: zones, zonesAge: routineZonesAge, routineZonesAge: routineZonesAge)
  }

  public var despiteZone: any DNSProvider {
    LinodeProvider(
      client, zones: zones, zonesAge: .zero, routineZonesAge: routineZonesAge,
      writesDespiteZone: true)
  }

  public func round() -> any ReadingRound {
    let round = LinodeLists.Round()
    return LinodeRound(
      reading: LinodeReading(
        lists: LinodeLists(client: client.reading, zonesRead: zones, round: round), zones: zones,
        zonesAge: routineZonesAge),
      round: round, client: client)
  }

  /// All records of a zone, where some reading has listed them so lately.
  public func records(ofZone id: Int64, youngerThan age: Duration) -> [LinodeRecord]? {
    zones.records(ofZone: id, youngerThan: age)
  }

  public func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    try await records(of: [name])
  }

  public func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await reading.records(of: names, mayLack: false)
  }

  public func listing(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await reading.records(of: names, mayLack: true)
  }

  public func zones(of names: [String]) -> [String: ProviderZone] {
    var found: [String: ProviderZone] = [:]
    for name in names.map(Canonical.name) {
      guard let zone = zones[name]?.zone else { continue }
      found[name] = ProviderZone(id: zone.id, name: zone.zoneName, trouble: zone.trouble)
    }
    return found
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
      if error.kind == .notFound { zones.forget(record.name) }
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
      _ = try zones.choose([Marker.subject(name)], domains)
    }
    let zone = try await zoneToWrite(name)
    let made: LinodeRecord
    do {
      made = try await client.createRecord(
        domain: zone.id, type: type, name: zone.relativeName(name),
        target: target, ttlSeconds: ttlSeconds, deadline: deadline
      ).value
    } catch {
      if error.kind == .notFound { zones.forget(name) }
      throw ProviderError(error)
    }
    return ProviderRecord(
      id: made.id, type: made.type, name: name, target: made.target, ttlSeconds: made.ttlSeconds)
  }

  /// The zone that a name was in at the newest listing; a marker lives where its name does.
  private func zone(of name: String) async throws(ProviderError) -> LinodeDomain {
    let name = Marker.subject(Canonical.name(name))
    if let known = zones[name] { return known.zone }
    let domains: [LinodeDomain]
    do {
      domains = try await client.domains().value
    } catch {
      throw ProviderError(error)
    }
    guard let zone = try zones.choose([name], domains)[name] else { throw Self.lost(name) }
    return zone
  }

  /// The same, where something is to be written: refused where it would not count, unless an
  /// operator wants it all the same; a copy of another server's zone takes nothing.
  private func zoneToWrite(_ name: String) async throws(ProviderError) -> LinodeDomain {
    let zone = try await zone(of: name)
    guard let trouble = zone.trouble, !writesDespiteZone || zone.isCopy else { return zone }
    throw ProviderError(.refused, .permanent, description: trouble)
  }

  private static func lost(_ name: String) -> ProviderError {
    ProviderError(.noZone, .permanent, description: "no zone of \(name) is known")
  }
}

extension LinodeDomain {
  /// Another server's zone: its records cannot be changed here.
  fileprivate var isCopy: Bool { type == "slave" }

  /// Why what is written to the zone does not count; nil: it does.
  fileprivate var trouble: String? {
    if isCopy {
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
