import CoordinatorCore
import Linode
import Platform
import Wire

/// Reads what the zones hold for some names.
struct LinodeReading: Sendable {
  let lists: LinodeLists
  let zones: LinodeZones
  /// How old the listing of zones may be; zero: every reading lists them.
  let zonesAge: Duration

  /// For how long the zones of before do while they cannot be listed.
  private static let zonesLife = Duration.seconds(60)

  /// Zone and records, as far as they were listed.
  private typealias View = (zones: [String: LinodeDomain], listings: [Int64: ZoneListing])

  /// The A and AAAA records of the names, which they `mayLack`, and their markers.
  func records(
    of names: [String], mayLack: Bool
  ) async throws(ProviderError) -> [ProviderRecord] {
    let names = names.map(Canonical.name)
    var view = try await look(names)
    var found: [ProviderRecord] = []
    for name in names {
      guard let zone = view.zones[name] else { continue }
      if view.listings[zone.id] == nil {
        do {
          view.listings[zone.id] = try await lists.records(of: zone)
        } catch {
          throw ProviderError(error)
        }
      }
      found += try view.listings[zone.id]?.records(of: name, mayLack: mayLack) ?? []
    }
    return found
  }

  /// The zones of now, and the records of those that the names were in before, asked at once: most
  /// often these are the same.
  private func look(_ names: [String]) async throws(ProviderError) -> View {
    let before = zones.entries(names)
    if let kept = try await keptZones(names, before) { return kept }
    async let domains = lists.zones()
    var listings: [Int64: ZoneListing] = [:]
    var trouble: LinodeError?
    for zone in Self.distinct(before.compactMap { $0?.zone }) {
      do {
        listings[zone.id] = try await lists.records(of: zone)
      } catch {
        // One that is gone is not asked for again below, where another zone counts.
        if error.kind != .notFound { trouble = error }
      }
    }
    switch await domains {
    case .success(let domains):
      let chosen = try zones.choose(names, domains)
      // A zone that was given another name is another zone.
      for zone in chosen.values where listings[zone.id]?.zone.zoneName != zone.zoneName {
        listings[zone.id] = nil
      }
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
    _ names: [String], _ before: [LinodeZones.Entry?]
  ) async throws(ProviderError) -> View? {
    let now = Clocks.monotonic()
    var kept: [String: LinodeDomain] = [:]
    var listings: [Int64: ZoneListing] = [:]
    for (name, entry) in zip(names, before) {
      guard let entry, entry.at.duration(to: now) < zonesAge else { return nil }
      kept[name] = entry.zone
    }
    for zone in Self.distinct(kept.values) {
      do {
        listings[zone.id] = try await lists.records(of: zone)
      } catch {
        if error.kind == .notFound { return nil }
        throw ProviderError(error)
      }
    }
    return (kept, listings)
  }

  /// Each zone once.
  private static func distinct(_ zones: some Sequence<LinodeDomain>) -> [LinodeDomain] {
    var seen: [Int64: LinodeDomain] = [:]
    for zone in zones { seen[zone.id] = zone }
    return seen.values.sorted { $0.id < $1.id }
  }
}

/// What one zone holds, by the names that it is about.
struct ZoneListing: Sendable {
  let zone: LinodeDomain
  /// Calls that it took.
  let pages: Int
  private var records: [String: [ProviderRecord]] = [:]
  /// Names that are another name for something else.
  private var aliases: Set<String> = []

  init(_ all: [LinodeRecord], of zone: LinodeDomain) {
    self.zone = zone
    pages = LinodeClient.pages(of: all.count)
    for record in all {
      let name = zone.fullName(record.name)
      switch record.type {
      case "CNAME": aliases.insert(name)
      case "A", "AAAA":
        records[name, default: []].append(
          ProviderRecord(
            id: record.id, type: record.type, name: name,
            target: Canonical.address(record.target), ttlSeconds: record.ttlSeconds))
      case "TXT":
        let subject = Marker.subject(name)
        // Other texts are nobody's business here.
        guard name != subject else { continue }
        records[subject, default: []].append(
          ProviderRecord(
            id: record.id, type: record.type, name: name, target: record.target,
            ttlSeconds: record.ttlSeconds))
      default: continue
      }
    }
  }

  /// The name's own records and its marker.
  func records(of name: String, mayLack: Bool) throws(ProviderError) -> [ProviderRecord] {
    let wanted = records[name] ?? []
    if wanted.contains(where: { $0.type != "TXT" }) { return wanted }
    if aliases.contains(name) {
      throw ProviderError(
        mayLack ? .refused : .noRecord, .permanent,
        description: "\(name) is a CNAME: replace it by A and AAAA records")
    }
    if mayLack { return wanted }
    throw ProviderError(
      .noRecord, .permanent,
      description: "the zone \(zone.domain) has no A or AAAA record for \(name): create it")
  }
}
