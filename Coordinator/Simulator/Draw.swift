import Decision
import Wire

/// What kind of trouble a schedule is drawn from.
public enum Weather: String, Hashable, Sendable, CaseIterable {
  /// Everything that can go wrong, at times several things at once.
  case rough
  /// Nothing fails: packets are lost, and each region is deployed every day.
  case deploys
  /// Nothing at all.
  case calm
}

/// Draws schedules from seeds.
public struct ScheduleDrawer: Sendable {
  public var weather: Weather
  /// Milliseconds.
  public var length: Int64
  /// Plays here; nil draws a deployment too.
  public var setup: Setup?

  public init(weather: Weather, length: Int64, setup: Setup? = nil) {
    self.weather = weather
    self.length = length
    self.setup = setup
  }

  /// The schedule of a seed; the same each time.
  public func draw(_ seed: UInt64) -> Schedule {
    var random = SplitMix64(seed: seed)
    var setup = self.setup ?? Self.deployment(&random)
    var length = length
    // Where packets are always lost no time can be jumped over.
    if weather == .rough, setup.lossPercent > 0 { length = min(length, Self.lossyLength) }
    var faults: [Fault] = []
    switch weather {
    case .calm: break
    case .deploys:
      if self.setup == nil { setup.policy = Setup.plain(regions: 2, hosts: 1).policy }
      setup.lossPercent = 5
      setup.jitterMs = 80
      faults = Self.deploys(setup, length: length, &random)
    case .rough: faults = Self.rough(setup, length: length, &random)
    }
    // The end is for convergence.
    let calm = Schedule(seed: seed, setup: setup, length: length, faults: faults).calmFrom
    let end = max(length, calm + Schedule.settleMs(setup.policy) + 10_000)
    return Schedule(
      seed: seed, setup: setup, length: faults.isEmpty ? length : end, faults: faults)
  }

  static func deployment(_ random: inout SplitMix64) -> Setup {
    let regions = Int(random.within(2...5))
    var setup = Setup.plain(regions: regions, hosts: 1)
    let alike = random.chance(0.6)
    let usual = Int(random.within(1...4))
    for index in setup.regions.indices {
      setup.regions[index].hosts = alike ? usual : Int(random.within(1...4))
    }
    if random.chance(0.25) { setup.families = [.ipv4, .ipv6] }
    setup.services = random.chance(0.2) ? Int(random.within(2...3)) : 1
    setup.nameServers = Int(random.within(2...5))
    setup.deepProbe = random.chance(0.5)
    if random.chance(0.6) { setup.policy = policy(regions: regions, &random) }
    if random.chance(0.1) { setup.lossPercent = random.within(1...10) }
    return setup
  }

  /// Numbers that RULES 17 accepts.
  static func policy(regions: Int, _ random: inout SplitMix64) -> Policy {
    var policy = Setup.plain(regions: 2, hosts: 1).policy
    policy.failoverAfter = .seconds(random.pick([5, 15, 30, 30, 60, 120]))
    policy.outsideConfirm = max(policy.failoverAfter, .seconds(random.pick([30, 60, 90])))
    policy.minHealthy = random.pick([0.25, 0.34, 0.5, 0.5, 0.67, 1])
    policy.cooldown = .seconds(random.pick([60, 300, 600, 1200]))
    policy.minUp = .seconds(random.pick([20, 60, 120]))
    policy.failback = random.pick([.manual, .automatic, .automatic, .never])
    policy.failbackAfter = .seconds(random.pick([60, 300, 900]))
    policy.maxSwitches = random.pick([1, 3, 3, 5])
    policy.maxSwitchesHard = policy.maxSwitches + random.pick([0, 2, 3])
    policy.switchWindow = .seconds(random.pick([3600, 21_600]))
    policy.maxLag = .seconds(random.pick([3, 5, 20]))
    policy.freshFor = .seconds(random.pick([15, 15, 20]))
    if random.chance(0.1) { policy.automation = .observe }
    if random.chance(0.2) { policy.onContested = .alert }
    if regions > 2, random.chance(0.2) { policy.minVantages = 3 }
    return policy
  }

  static let day: Int64 = 86_400_000
  private static let lossyLength = day / 4

  private static func deploys(
    _ setup: Setup, length: Int64, _ random: inout SplitMix64
  ) -> [Fault] {
    var faults: [Fault] = []
    var start: Int64 = 0
    while start < length {
      for (number, region) in setup.regions.enumerated() {
        let at = start + random.within(600_000...max(600_001, min(day, length - start) - 900_000))
        if random.chance(0.5) {
          faults.append(
            Fault(
              .deploy, .region(number), begin: at, end: at + random.within(5000...20_000)))
          continue
        }
        var begin = at
        for host in 0..<region.hosts {
          // Of a single host nobody is left while it restarts.
          let span = random.within(region.hosts == 1 ? 5000...20_000 : 20_000...180_000)
          faults.append(
            Fault(.deployNotice, .host(number, host), begin: begin, end: begin + span))
          begin += span + 20_000
        }
      }
      start += day
    }
    return faults
  }

  /// An episode every four to thirty-two hours, in which a few things go wrong together.
  private static func rough(
    _ setup: Setup, length: Int64, _ random: inout SplitMix64
  ) -> [Fault] {
    var faults: [Fault] = []
    var start: Int64 = 120_000 + random.within(0...300_000)
    while start < length {
      var episode = Episode(setup: setup, start: start)
      for _ in 0..<random.within(1...4) { episode.add(&random) }
      faults += episode.faults
      start += random.within(14_400_000...115_200_000)
    }
    return faults
  }
}
