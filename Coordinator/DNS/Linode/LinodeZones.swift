import CoordinatorCore
import Linode
import Platform
import Synchronization
import Wire

/// The zone that each name was in at the newest listing, and when that was.
final class LinodeZones: Sendable {
  struct Entry: Sendable {
    var zone: LinodeDomain
    var at: MonotonicInstant
  }

  private let known = Mutex<[String: Entry]>([:])
  /// What was listed of each zone lately.
  private let listed = Mutex<[Int64: (records: [LinodeRecord], at: MonotonicInstant)]>([:])

  /// What was listed longer ago is nobody's any more.
  private static let listedLife = Duration.seconds(300)

  /// More names than any configuration has: those of before reloads go with them.
  private static let most = 20_000

  subscript(name: String) -> Entry? { known.withLock { $0[name] } }

  /// Of each of these names, in their order.
  func entries(_ names: [String]) -> [Entry?] {
    known.withLock { known in names.map { known[$0] } }
  }

  func note(_ records: [LinodeRecord], of zone: Int64) {
    let now = Clocks.monotonic()
    listed.withLock { listed in
      listed = listed.filter { $0.value.at.duration(to: now) <= Self.listedLife }
      listed[zone] = (records, now)
    }
  }

  func records(ofZone id: Int64, youngerThan age: Duration) -> [LinodeRecord]? {
    let now = Clocks.monotonic()
    return listed.withLock { listed in
      listed[id].flatMap { $0.at.duration(to: now) < age ? $0.records : nil }
    }
  }

  func forget(_ name: String) { known.withLock { $0[Marker.subject(name)] = nil } }

  /// Takes in a listing of zones: the longest that holds a name is the one that counts.
  func choose(
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
    known.withLock { known in
      if known.count >= Self.most { known = [:] }
      for (name, zone) in chosen { known[name] = Entry(zone: zone, at: now) }
    }
    return chosen
  }
}
