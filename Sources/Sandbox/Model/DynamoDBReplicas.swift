import Seeded

/// One direction of replication, AWS regions.
struct ReplicationLink: Hashable, Sendable {
  var from: String
  var to: String
}

/// The replicas of a global table with eventual consistency (MREC): each region has its own items,
/// writes reach the others later, the last writer wins item by item, and a cut direction holds its
/// writes and delivers them after it is whole again (facts on DynamoDB, section 2).
/// Time is the time since the sandbox's start.
struct DynamoDBReplicas: Sendable {
  struct Address: Hashable, Sendable {
    var table: String
    var key: [JSON]
  }

  /// When and where an item was written: the order of writes over all regions.
  struct Stamp: Hashable, Comparable, Sendable {
    var time: Duration
    var order: Int
    static func < (left: Stamp, right: Stamp) -> Bool {
      (left.time, left.order) < (right.time, right.order)
    }
  }

  struct Version: Hashable, Sendable {
    /// nil: it was deleted. What a late older write would bring back is remembered so.
    var item: DynamoDBItem?
    var stamp: Stamp
  }

  private struct Delivery: Sendable {
    var due: Duration
    var address: Address
    var version: Version
  }

  /// The most items of a region; a stand-in holds its data in memory.
  static let itemLimit = 100_000

  let regions: [String]
  let lag: Duration
  private var items: [String: [Address: Version]] = [:]
  private var deliveries: [ReplicationLink: [Delivery]] = [:]
  private var cut: Set<ReplicationLink> = []
  private var random: SplitMix64
  private var order = 0
  private var now: Duration = .zero

  init(regions: [String], lag: Duration, seed: UInt64) {
    self.regions = regions
    self.lag = lag
    random = SplitMix64(seed: seed)
  }

  func version(_ address: Address, in region: String) -> Version? { items[region]?[address] }

  /// All items of a table, or those with a hash key, in no order.
  func items(
    table: String, hash: JSON? = nil, in region: String
  ) -> [(key: [JSON], item: DynamoDBItem)] {
    (items[region] ?? [:]).compactMap { address, version in
      guard address.table == table, hash == nil || address.key.first == hash else { return nil }
      return version.item.map { (address.key, $0) }
    }
  }

  /// How many writes are on their way over a link.
  func waiting(on link: ReplicationLink) -> Int { deliveries[link]?.count ?? 0 }

  /// Writes in one region, or deletes (nil); the `others` follow, nil: all of them. False: the
  /// region is full.
  mutating func write(
    _ item: DynamoDBItem?, at address: Address, in region: String, to others: [String]? = nil,
    atOnce: Bool = false, now: Duration
  ) -> Bool {
    advance(to: now)
    if items[region]?[address] == nil && (items[region]?.count ?? 0) >= Self.itemLimit {
      forget(in: region)
      guard (items[region]?.count ?? 0) < Self.itemLimit else { return false }
    }
    order += 1
    let version = Version(item: item, stamp: Stamp(time: now, order: order))
    items[region, default: [:]][address] = version
    for other in others ?? regions where other != region {
      let link = ReplicationLink(from: region, to: other)
      // Changes of one item in a short time may arrive as one; on a cut link this bounds them.
      if cut.contains(link) { deliveries[link]?.removeAll { $0.address == address } }
      deliveries[link, default: []].append(
        Delivery(due: atOnce ? now : now + jittered(), address: address, version: version))
    }
    return true
  }

  /// Copies what a region has of a table to another, where that one has nothing newer.
  mutating func copy(table: String, from source: String, to region: String) {
    for (address, version) in items[source] ?? [:] where address.table == table {
      if let present = items[region]?[address], present.stamp > version.stamp { continue }
      items[region, default: [:]][address] = version
    }
  }

  /// Drops a region's items of a table, and what is on its way to it and from it.
  mutating func drop(table: String, in region: String) {
    items[region] = items[region]?.filter { $0.key.table != table }
    for (link, waiting) in deliveries where link.from == region || link.to == region {
      deliveries[link] = waiting.filter { $0.address.table != table }
    }
  }

  /// Forgets what was deleted, where nothing is on its way that it would have to win against.
  private mutating func forget(in region: String) {
    let underway = Set(deliveries.values.joined().map(\.address))
    items[region] = items[region]?.filter { $0.value.item != nil || underway.contains($0.key) }
  }

  /// Delivers what is due.
  mutating func advance(to now: Duration) {
    self.now = max(self.now, now)
    for (link, waiting) in deliveries where !cut.contains(link) {
      guard waiting.contains(where: { $0.due <= now }) else { continue }
      for delivery in waiting where delivery.due <= now {
        let present = items[link.to]?[delivery.address]
        // Last writer wins: an older write that arrives late changes nothing.
        if let present, present.stamp > delivery.version.stamp { continue }
        items[link.to, default: [:]][delivery.address] = delivery.version
      }
      deliveries[link] = waiting.filter { $0.due > now }
    }
  }

  /// Sets which directions are cut. What a mended one has held arrives after one lag.
  mutating func setCut(_ links: Set<ReplicationLink>, now: Duration) {
    advance(to: now)
    for link in cut.subtracting(links) {
      guard let waiting = deliveries[link] else { continue }
      deliveries[link] = waiting.map { delivery in
        var delivery = delivery
        if delivery.due < now { delivery.due = now + jittered() }
        return delivery
      }
    }
    cut = links
  }

  private mutating func jittered() -> Duration {
    lag * Double.random(in: 0.9...1.1, using: &random)
  }
}
