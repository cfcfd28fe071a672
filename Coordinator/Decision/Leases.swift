public import Wire

/// The one region whose agents may be granted leases for exclusive work (RULES 13).
///
/// It is durable before the first lease is granted, so that a restart knows who may hold one.
public struct Exclusive: Codable, Hashable, Sendable {
  public var region: RegionID
  /// The longest lease that it may have been granted.
  public var leaseMs: Int64

  public init(region: RegionID, leaseMs: Int64) {
    self.region = region
    self.leaseMs = leaseMs
  }
}

/// Where exclusive work stands.
public enum LeaseStanding: Hashable, Sendable {
  /// The region's agents get leases.
  case granted(RegionID)
  /// A move before its first write: nobody gets a lease until it is decided.
  case moving
  /// The region gets them when `holders` have acknowledged the move, at the latest after `left`.
  case pending(RegionID, left: Duration, holders: [AgentID])
}

/// Grants leases for the work of one service that only one region may do (RULES 13).
///
/// The shell makes the answer of `owner` durable in the service's memory before it asks `grant`.
/// No two regions hold a lease that runs, whatever is lost, late or doubled, and whenever the
/// coordinator restarts: a region's first lease is granted when every agent of another region that
/// was granted one has taken over a newer epoch, which it never goes back behind, or when the lease
/// has ended even on a clock that is off.
public struct Leases: Hashable, Sendable {
  /// One process of an agent that may hold a lease.
  private struct Holder: Hashable, Sendable {
    var boot: String
    var region: RegionID
    /// Of the newest grant.
    var epoch: UInt64
    /// Until when the lease may run, on the coordinator's clock.
    var until: Instant
  }

  /// By agent.
  private var holders: [AgentID: [Holder]] = [:]
  private let started: Instant
  /// What the journal held at the start: leases from before it may still run.
  private let kept: Exclusive?

  /// The most processes of one agent that may hold leases at a time.
  static let bootsPerAgent = 8

  /// Leases of a coordinator that starts at `started` with what its journal holds.
  public init(memory: Memory, started: Instant) {
    self.started = started
    kept = memory.exclusive
  }

  /// How long after the grant of a lease it may run at most, on the coordinator's clock: a tenth
  /// for clocks that drift, and 5 s.
  public static func span(_ lease: Duration) -> Duration {
    .milliseconds(lease.wholeMilliseconds * 11 / 10) + Defaults.leaseMargin
  }

  /// The region that is to do exclusive work: where DNS points, and nobody from a move's intent on
  /// until its first write is committed. A move that is called off gives it back.
  public static func wanted(_ memory: Memory) -> RegionID? {
    guard let intent = memory.intent, intent.to != memory.active else { return memory.active }
    return nil
  }

  /// What `memory.exclusive` is to be from now on. Without a `lease` nothing changes: what was
  /// granted runs out.
  public mutating func owner(_ memory: Memory, lease: Duration?, now: Present) -> Exclusive? {
    if holders.values.contains(where: { $0.contains { $0.until <= now.instant } }) {
      holders = holders.mapValues { $0.filter { $0.until > now.instant } }.filter {
        !$0.value.isEmpty
      }
    }
    guard let lease, let wanted = Self.wanted(memory) else { return memory.exclusive }
    let leaseMs = lease.wholeMilliseconds
    if let exclusive = memory.exclusive, exclusive.region == wanted {
      return Exclusive(region: wanted, leaseMs: max(exclusive.leaseMs, leaseMs))
    }
    guard waits(for: wanted, lease: lease, now: now) == nil else { return memory.exclusive }
    return Exclusive(region: wanted, leaseMs: leaseMs)
  }

  /// Notes what an admitted report acknowledges: a process that took over a newer epoch than that
  /// of its lease holds it no longer, and refuses older epochs for good.
  ///
  /// True where that was so.
  @discardableResult
  public mutating func take(_ report: Report, of service: String, memory: Memory) -> Bool {
    guard let mine = holders[report.agent],
      mine.contains(where: { $0.boot == report.boot && $0.epoch < memory.epoch })
    else { return false }
    let epochs = report.acknowledged.filter { $0.service == service }.map(\.epoch)
    // An epoch that was never given out is no answer to this coordinator.
    guard let epoch = epochs.max(), epoch <= memory.epoch else { return false }
    let kept = mine.filter { $0.boot != report.boot || $0.epoch >= epoch }
    holders[report.agent] = kept.isEmpty ? nil : kept
    return kept.count < mine.count
  }

  /// How long the lease is that the answer to an admitted report grants, in milliseconds from the
  /// report's sending; nil: none. `memory` is what the journal holds.
  public mutating func grant(
    to report: Report, memory: Memory, lease: Duration?, now: Instant
  ) -> Int? {
    guard let lease, !report.goodbye, let exclusive = memory.exclusive,
      exclusive.region == report.region, Self.wanted(memory) == report.region,
      lease.wholeMilliseconds <= exclusive.leaseMs
    else { return nil }
    var holder = Holder(
      boot: report.boot, region: report.region, epoch: memory.epoch,
      until: now + Self.span(lease))
    var mine = holders[report.agent] ?? []
    let same = mine.firstIndex { $0.boot == holder.boot && $0.region == holder.region }
    if let same {
      // A longer lease of before a reload may run for longer than this one.
      holder.until = max(holder.until, mine[same].until)
      mine[same] = holder
    } else {
      guard mine.count < Self.bootsPerAgent else { return nil }
      mine.append(holder)
    }
    holders[report.agent] = mine
    return Int(lease.wholeMilliseconds)
  }

  /// Where exclusive work stands; nil: nothing is leased.
  public func standing(_ memory: Memory, lease: Duration?, now: Instant) -> LeaseStanding? {
    let now = Present(now)
    guard let lease else { return nil }
    guard let wanted = Self.wanted(memory) else { return memory.active == nil ? nil : .moving }
    if memory.exclusive?.region == wanted { return .granted(wanted) }
    let others = holders.filter { _, theirs in
      theirs.contains { $0.region != wanted && !now.hasReached($0.until) }
    }
    return .pending(
      wanted, left: waits(for: wanted, lease: lease, now: now) ?? .zero,
      holders: others.keys.sorted())
  }

  /// How long another region's leases may still run; nil: not any more.
  private func waits(for region: RegionID, lease: Duration, now: Present) -> Duration? {
    // Who was granted a lease before the start is not known: one lease passes.
    let unknown = started + Self.span(kept.map { .milliseconds($0.leaseMs) } ?? lease)
    let until = holders.values.joined().filter { $0.region != region }.map(\.until)
      .reduce(unknown, max)
    return now.hasReached(until) ? nil : until - now.instant
  }
}

extension Machine {
  /// Takes over who may be granted leases; durable with the rest of the memory.
  public mutating func note(exclusive: Exclusive?) {
    memory.exclusive = exclusive
  }
}
