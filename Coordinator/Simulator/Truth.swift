import Decision
import Wire

/// What is really wrong where, whatever anyone sees of it.
struct Truth {
  /// When each region was last in trouble that may justify leaving it; nil: never.
  private var troubledAt: [Int64?]
  private var isTroubled: [Bool]
  /// The region that is dead for everyone while nothing else is wrong, and since when.
  private(set) var onlyDead: (region: Int, since: Int64)?
  /// Since when each region has been free of trouble and whole.
  private var wellSince: [Int64?]
  /// Until when each host may be quarantined.
  private var quarantinedUntil: [[Int64]]
  let setup: Setup

  init(setup: Setup) {
    self.setup = setup
    troubledAt = Array(repeating: nil, count: setup.regions.count)
    isTroubled = Array(repeating: false, count: setup.regions.count)
    wellSince = Array(repeating: 0, count: setup.regions.count)
    quarantinedUntil = setup.regions.map { Array(repeating: 0, count: $0.hosts) }
  }

  /// Whether the region served well for all of the newest `span` milliseconds.
  func servedWell(_ region: Int, for span: Int64, at now: Int64) -> Bool {
    !isTroubled[region] && (troubledAt[region].map { now - $0 > span } ?? true)
  }

  /// Whether nothing at all was wrong with a region other than `region` for `span` milliseconds.
  func hasWhole(besides region: Int, for span: Int64, at now: Int64) -> Bool {
    wellSince.enumerated().contains { number, since in
      number != region && (since.map { now - max($0, countedFrom(number)) >= span } ?? false)
    }
  }

  /// Since when enough hosts of a region have counted: a quarantined one is missing, and the region
  /// goes by the count.
  private func countedFrom(_ region: Int) -> Int64 {
    let ends = quarantinedUntil[region].sorted()
    let needed = setup.policy.minHealthy * Double(ends.count) - 1e-9
    return ends.enumerated().first { Double($0.offset + 1) >= needed }?.element ?? 0
  }

  /// Faults have begun or ended.
  mutating func turn(_ active: [Fault], at now: Int64) {
    let troubled = troubles(active)
    let touched = Set(active.flatMap(regions))
    for region in isTroubled.indices {
      if isTroubled[region] || troubled.contains(region) { troubledAt[region] = now }
      isTroubled[region] = troubled.contains(region)
      if touched.contains(region) {
        wellSince[region] = nil
      } else if wellSince[region] == nil {
        wellSince[region] = now
      }
    }
    for fault in active where fault.kind == .agentCloned {
      if case .host(let region, let host) = fault.target {
        quarantinedUntil[region][host] = max(quarantinedUntil[region][host], fault.lasts)
      }
    }
    let dead = Set(
      active.filter { $0.kind == .regionDown || $0.kind == .balancerDown }.flatMap(regions))
    let others = active.contains { fault in
      !regions(of: fault).allSatisfy(dead.contains) || regions(of: fault).isEmpty
    }
    if dead.count == 1, !others, let region = dead.first {
      if onlyDead?.region != region { onlyDead = (region, now) }
    } else {
      onlyDead = nil
    }
  }

  /// The regions that a fault is about.
  private func regions(of fault: Fault) -> [Int] {
    switch fault.target {
    case .region(let region), .host(let region, _): [region]
    case .link(let from, let to): [from - 1, to - 1].filter { $0 >= 0 }
    case .none, .nameServer, .service: []
    }
  }

  /// The regions in which something is wrong that users, hosts or several vantages notice.
  private func troubles(_ active: [Fault]) -> Set<Int> {
    var troubled: Set<Int> = []
    var blind: [Int: Set<Int>] = [:]
    for fault in active {
      switch (fault.kind, fault.target) {
      case (.regionDown, .region(let region)), (.balancerDown, .region(let region)),
        (.dynamodbDown, .region(let region)), (.dynamodbName, .region(let region)),
        (.dynamodbThrottle, .region(let region)), (.familyDead, .region(let region)),
        (.addressVoteless, .region(let region)):
        troubled.insert(region)
      case (.deploy, .region(let region)), (.deployNotice, .host(let region, _)):
        // A restart is shorter than the confirmation, or it is none; seen from outside it lasts
        // until the NodeBalancer has taken the hosts in again, and a probe has come by.
        let policy = setup.policy
        let outside = policy.outsideConfirm.wholeMilliseconds - World.rebalanceMs - 5000
        let limit = min(policy.failoverAfter.wholeMilliseconds, outside, 20_000)
        if fault.end - fault.begin > limit { troubled.insert(region) }
      case (.hostDown, .host(let region, _)), (.app500, .host(let region, _)),
        (.appHang, .host(let region, _)), (.appSlow, .host(let region, _)),
        (.appFlap, .host(let region, _)), (.appLiesGood, .host(let region, _)),
        (.appLiesBad, .host(let region, _)):
        troubled.insert(region)
      case (.cut, .link(let from, let to)):
        note(from, to, &blind)
      case (.loss, .link(let from, let to)) where fault.amount >= 20: note(from, to, &blind)
      case (.delay, .link(let from, let to)) where fault.amount >= 1000: note(from, to, &blind)
      default: break
      }
    }
    for (region, vantages) in blind
    where vantages.count >= setup.policy.minVantages && vantages != [0] {
      troubled.insert(region)
    }
    return troubled
  }

  /// Either end does not see the other well.
  private func note(_ from: Int, _ to: Int, _ blind: inout [Int: Set<Int>]) {
    if to > 0 { blind[to - 1, default: []].insert(from) }
    if from > 0 { blind[from - 1, default: []].insert(to) }
  }
}
