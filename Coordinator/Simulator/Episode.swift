import Seeded
import Wire

/// Some minutes in which things go wrong.
struct Episode {
  let setup: Setup
  let start: Int64
  var faults: [Fault] = []

  init(setup: Setup, start: Int64) {
    self.setup = setup
    self.start = start
  }

  /// One more thing that goes wrong, with those that make it interesting.
  mutating func add(_ random: inout SplitMix64) {
    switch random.below(14) {
    case 0, 1: outage(&random)
    case 2: apps(&random)
    case 3: tables(&random)
    case 4: cuts(&random)
    case 5: weather(&random)
    case 6: agents(&random)
    case 7: reports(&random)
    case 8: coordinator(&random)
    case 9: provider(&random)
    case 10: humans(&random)
    case 11: servers(&random)
    case 12: operators(&random)
    default: clocksAndDeploys(&random)
    }
  }

  // MARK: Parts

  /// From some seconds to two thirds of an hour, short ones as often as long ones.
  private func span(_ random: inout SplitMix64) -> Int64 {
    Int64(3000 * exponent(random.unit() * 9.6))
  }

  /// 2 to the power of `power`.
  private func exponent(_ power: Double) -> Double {
    let whole = Int(power)
    return Double(1 << whole) * (1 + (power - Double(whole)))
  }

  private func time(_ random: inout SplitMix64) -> Int64 { start + random.within(0...600_000) }

  private mutating func put(
    _ kind: FaultKind, _ target: FaultTarget = .none, at begin: Int64, for span: Int64,
    _ random: inout SplitMix64
  ) {
    let amount = kind.form.amount.map { random.within($0) } ?? 0
    faults.append(Fault(kind, target, begin: begin, end: begin + span, amount: amount))
  }

  private func region(_ random: inout SplitMix64) -> Int {
    // The primary is the interesting one.
    random.chance(0.5) ? 0 : random.below(setup.regions.count)
  }

  /// All hosts of a region, or some.
  private func hosts(_ region: Int, _ random: inout SplitMix64) -> [FaultTarget] {
    let all = setup.regions[region].hosts
    let some = random.chance(0.6) ? all : Int(random.within(1...Int64(all)))
    return (0..<some).map { .host(region, $0) }
  }

  private mutating func outage(_ random: inout SplitMix64) {
    let region = region(&random)
    let begin = time(&random)
    let span = span(&random)
    switch random.below(5) {
    case 4:
      put(.addressVoteless, .region(region), at: begin, for: span, &random)
      // What it is promised as is asked of it a little later.
      let other = self.region(&random)
      if other != region {
        put(.regionDown, .region(other), at: begin + random.within(0...120_000), for: span, &random)
      }
    case 0: put(.regionDown, .region(region), at: begin, for: span, &random)
    case 1: put(.balancerDown, .region(region), at: begin, for: span, &random)
    case 2:
      for host in hosts(region, &random) { put(.hostDown, host, at: begin, for: span, &random) }
    default:
      // What hit one may hit another a little later.
      put(.regionDown, .region(region), at: begin, for: span, &random)
      let other = self.region(&random)
      let later = begin + random.within(0...300_000)
      put(.regionDown, .region(other), at: later, for: self.span(&random), &random)
    }
  }

  private mutating func apps(_ random: inout SplitMix64) {
    let kind = random.pick([
      FaultKind.app500, .appHang, .appSlow, .appFlap, .appLiesGood, .appLiesBad,
    ])
    let region = region(&random)
    let begin = time(&random)
    let span = span(&random)
    for host in hosts(region, &random) { put(kind, host, at: begin, for: span, &random) }
  }

  private mutating func tables(_ random: inout SplitMix64) {
    let region = region(&random)
    let kind = random.pick([FaultKind.dynamodbDown, .dynamodbName, .dynamodbThrottle])
    if random.chance(0.6) {
      put(kind, .region(region), at: time(&random), for: span(&random), &random)
    }
    let other = random.below(setup.regions.count)
    guard other != region else { return }
    let isCut = random.chance(0.5)
    put(
      isCut ? .replicationCut : .replicationLag, .link(region + 1, other + 1), at: time(&random),
      for: span(&random), &random)
  }

  private mutating func cuts(_ random: inout SplitMix64) {
    let places = setup.regions.count + 1
    switch random.below(4) {
    case 0:
      // The coordinator's own network.
      let begin = time(&random)
      let span = span(&random)
      for place in 1..<places { put(.cut, .link(0, place), at: begin, for: span, &random) }
    case 1:
      // A region's network.
      let region = region(&random) + 1
      let begin = time(&random)
      let span = span(&random)
      for place in 0..<places where place != region {
        put(.cut, .link(place, region), at: begin, for: span, &random)
      }
    case 2:
      for _ in 0..<random.within(1...4) {
        let from = random.below(places)
        let to = (from + 1 + random.below(places - 1)) % places
        put(.cut, .link(from, to), at: time(&random), for: span(&random), &random)
      }
    default:
      // Every road is closed and opened again, in any order.
      for from in 0..<places {
        for to in 0..<places where to > from {
          put(.cut, .link(from, to), at: time(&random), for: random.within(2000...300_000), &random)
        }
      }
    }
  }

  private mutating func weather(_ random: inout SplitMix64) {
    let kind = random.pick([FaultKind.loss, .delay])
    let begin = time(&random)
    let span = span(&random)
    let amount = kind.form.amount.map { random.within($0) } ?? 0
    let places = setup.regions.count + 1
    let everywhere = random.chance(0.5)
    for from in 0..<places {
      for to in 0..<places where from != to && (everywhere || random.chance(0.3)) {
        faults.append(
          Fault(kind, .link(from, to), begin: begin, end: begin + span, amount: amount))
      }
    }
  }

  private mutating func agents(_ random: inout SplitMix64) {
    let kind = random.pick([
      FaultKind.agentDown, .agentDown, .agentStarved, .agentUnsupported, .agentCloned,
      .agentGoodbye, .misconfigured, .resolverDown,
    ])
    let region = region(&random)
    let begin = time(&random)
    let span = span(&random)
    for host in hosts(region, &random) { put(kind, host, at: begin, for: span, &random) }
  }

  private mutating func reports(_ random: inout SplitMix64) {
    let kind = random.pick([FaultKind.reportsDuplicated, .reportsReplayed, .reportsCorrupted])
    for region in setup.regions.indices where random.chance(0.6) {
      put(kind, .region(region), at: time(&random), for: span(&random), &random)
    }
  }

  private mutating func coordinator(_ random: inout SplitMix64) {
    let kind = random.pick([
      FaultKind.coordinatorCrash, .coordinatorCrash, .coordinatorCrash, .coordinatorDown,
      .coordinatorStopped, .coordinatorClockStep, .diskFull,
    ])
    let isLong = kind == .coordinatorCrash
    let begin = time(&random)
    put(kind, at: begin, for: isLong ? 1_200_000 : span(&random), &random)
    if random.chance(0.8) { outage(&random) }
    if isLong, random.chance(0.3) {
      put(.coordinatorCrash, at: begin + 1_200_000, for: 600_000, &random)
    }
  }

  private mutating func provider(_ random: inout SplitMix64) {
    let kind = random.pick([
      FaultKind.api5xx, .apiTimeout, .apiAppliedThenTimeout, .apiAppliedThenTimeout, .apiLate,
      .apiLate, .apiSlow, .apiStale, .apiEmpty, .apiUnauthorized, .apiReadOnly, .apiThrottled,
      .apiMaintenance,
    ])
    put(kind, at: time(&random), for: span(&random), &random)
    if random.chance(0.8) { outage(&random) }
  }

  private mutating func humans(_ random: inout SplitMix64) {
    let service = random.below(setup.services)
    switch random.below(4) {
    case 3: put(.zoneClaimed, .service(service), at: time(&random), for: span(&random), &random)
    case 0: put(.zoneForeign, .service(service), at: time(&random), for: span(&random), &random)
    case 1: put(.zoneMoved, .region(region(&random)), at: time(&random), for: 0, &random)
    default: put(.zoneDeleted, .service(service), at: time(&random), for: span(&random), &random)
    }
    if random.chance(0.4) { outage(&random) }
  }

  private mutating func servers(_ random: inout SplitMix64) {
    for server in 0..<setup.nameServers where random.chance(0.5) {
      let kind = random.pick([FaultKind.serverHeld, .serverMute])
      put(kind, .nameServer(server), at: time(&random), for: span(&random), &random)
    }
    outage(&random)
  }

  private mutating func operators(_ random: inout SplitMix64) {
    for _ in 0..<random.within(1...3) {
      let begin = time(&random)
      switch random.below(7) {
      case 0: put(.operatorFailover, .region(region(&random)), at: begin, for: 0, &random)
      case 1: put(.operatorFailback, at: begin, for: 0, &random)
      case 2: put(.operatorPause, at: begin, for: span(&random), &random)
      case 3: put(.operatorApproves, at: begin, for: 3_600_000, &random)
      case 4:
        // Something to adopt, most of the time before it is taken back.
        let service = random.below(setup.services)
        put(.zoneForeign, .service(service), at: begin - 60_000, for: span(&random), &random)
        put(.operatorAdopts, at: begin, for: 0, &random)
      case 5: put(.operatorReloads, at: begin, for: 0, &random)
      default:
        put(.operatorMaintenance, .region(region(&random)), at: begin, for: span(&random), &random)
      }
    }
    if random.chance(0.5) { outage(&random) }
  }

  private mutating func clocksAndDeploys(_ random: inout SplitMix64) {
    let region = region(&random)
    switch random.below(4) {
    case 0:
      for host in hosts(region, &random) {
        put(.hostClockStep, host, at: time(&random), for: span(&random), &random)
      }
    case 1:
      for host in hosts(region, &random) {
        put(.hostClockDrift, host, at: time(&random), for: span(&random), &random)
      }
    case 2:
      put(.deploy, .region(region), at: time(&random), for: random.within(3000...120_000), &random)
    default:
      for host in hosts(region, &random) {
        put(.deployNotice, host, at: time(&random), for: random.within(5000...240_000), &random)
      }
    }
    if setup.families.count > 1, random.chance(0.5) {
      put(.familyDead, .region(region), at: time(&random), for: span(&random), &random)
    }
  }
}
