import Decision
import Recording
import Seeded
import Settings
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
    // From a source of its own: what else is drawn from a seed stays as it was.
    if self.setup == nil {
      var other = SplitMix64(seed: ~seed)
      if other.chance(0.25) { setup.names = Int(other.within(2...3)) }
    }
    // Where packets are always lost no time can be jumped over.
    if weather == .rough, setup.lossPercent > 0 { length = min(length, Self.lossyLength) }
    if weather == .rough, self.setup == nil { length = Self.length(length, of: setup) }
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
    if random.chance(0.6) { drawPolicy(of: &setup, &random) }
    if random.chance(0.1) { setup.lossPercent = random.within(1...10) }
    return setup
  }

  /// Numbers over all that a file may say: its bounds and the rules between them are those of
  /// `Settings`, and no others.
  static func drawPolicy(of setup: inout Setup, _ random: inout SplitMix64) {
    var drawer = DrawnSettings(hosts: setup.regions.map(\.hosts))
    // Time is left out only where all that is regular has a common period: of four deployments
    // three keep the usual ones, and play many more days.
    if random.chance(0.75) { drawer.leftOut = periods }
    // The defaults are always accepted: DrawnSettings falls back to them.
    let drawn = try? drawer.draw(&random)
    guard let settings = drawn?.settings, let service = settings.services.first else { return }
    setup.policy = Policy(service, of: settings)
    setup.creates = service.missing == .create
    setup.ttlSeconds = service.ttlSeconds
    setup.probeDeadlineMs = service.probeDeadline.wholeMilliseconds
    // Much happens: fewer hosts show the same.
    if rate(setup.policy) > 4 * rate(Policy()) {
      for index in setup.regions.indices { setup.regions[index].hosts = 1 }
      setup.services = 1
    }
  }

  /// The keys of what is done regularly.
  static let periods: Set<String> = [
    "report_interval", "probe_interval", "heartbeat_period", "heartbeat_read",
  ]

  /// How long a simulation is, so that it takes about as long as others: where things happen more
  /// often than usual it is shorter, and where no time can be left out too.
  static func length(_ length: Int64, of setup: Setup) -> Int64 {
    let factor = max(1, rate(setup.policy) / rate(Policy()))
    var bound = Double(length)
    if World.commonPeriod(setup) == 0 { bound = min(bound, Double(day) / 4) }
    return max(min(length, 3_600_000), Int64(bound / factor))
  }

  /// What happens regularly, a second.
  private static func rate(_ policy: Policy) -> Double {
    let spans = [
      policy.reportInterval, policy.probeInterval, policy.heartbeatPeriod, policy.heartbeatRead,
    ]
    return 1 + spans.reduce(0) { $0 + 1 / max($1.inSeconds, 0.001) }
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
