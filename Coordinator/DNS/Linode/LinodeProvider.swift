public import Linode
import Platform
import Synchronization

/// The Linode DNS Manager as a provider. Remembers which zone a name is in, never its records.
public final class LinodeProvider: DNSProvider {
  /// The zone that each name is in.
  private final class Zones: Sendable {
    let known = Mutex<[String: LinodeDomain]>([:])
  }

  private let client: LinodeClient
  private let zones: Zones

  public convenience init(_ client: LinodeClient) {
    self.init(client, zones: Zones())
  }

  private init(_ client: LinodeClient, zones: Zones) {
    self.client = client
    self.zones = zones
  }

  public var routine: any DNSProvider { LinodeProvider(client.routine, zones: zones) }

  public func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    try await records(of: [name])
  }

  public func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await records(of: names, mayLack: false)
  }

  public func listing(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await records(of: names, mayLack: true)
  }

  private func records(
    of names: [String], mayLack: Bool
  ) async throws(ProviderError) -> [ProviderRecord] {
    var listings: [Int64: [LinodeRecord]] = [:]
    var found: [ProviderRecord] = []
    for name in names.map(Canonical.name) {
      var zone = try await zone(of: name)
      if listings[zone.id] == nil {
        let (fresh, all) = try await listing(of: name)
        zone = fresh
        listings[fresh.id] = all
      }
      found += try Self.pick(name, zone: zone, from: listings[zone.id] ?? [], mayLack: mayLack)
    }
    return found
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
    let zone = try await zone(of: record.name)
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
    let zone = try await zone(of: record.name)
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
    let zone = try await zone(of: name)
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

  /// All records of the name's zone; a zone that is gone is looked up once more.
  private func listing(
    of name: String
  ) async throws(ProviderError) -> (LinodeDomain, [LinodeRecord]) {
    let zone = try await zone(of: name)
    do {
      return (zone, try await client.records(domain: zone.id).value)
    } catch {
      guard error.kind == .notFound else { throw ProviderError(error) }
    }
    forget(name)
    let again = try await self.zone(of: name)
    do {
      return (again, try await client.records(domain: again.id).value)
    } catch {
      throw ProviderError(error)
    }
  }

  /// The account's longest domain that the name is in; a marker lives where its name does.
  private func zone(of name: String) async throws(ProviderError) -> LinodeDomain {
    let name = Marker.subject(name)
    if let known = zones.known.withLock({ $0[name] }) { return known }
    let domains: [LinodeDomain]
    do {
      domains = try await client.domains().value
    } catch {
      throw ProviderError(error)
    }
    guard var zone = domains.zone(of: name) else {
      let names = domains.prefix(5).map(\.domain).joined(separator: ", ")
      throw ProviderError(
        .noZone, .permanent,
        description: "no domain that the token sees holds \(name); it sees \(names)"
          + (domains.count > 5 ? " and \(domains.count - 5) more" : ""))
    }
    zone.domain = zone.zoneName
    zones.known.withLock { zones in
      // A service has a handful of names.
      if zones.count >= 1_000 { zones = [:] }
      zones[name] = zone
    }
    return zone
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
