import Wire

/// Makes a failing schedule small: what is left is what it takes.
public struct Shrinker {
  private let simulator: Simulator
  private let invariant: Invariant
  private let perturbation: Perturbation?
  private var left: Int
  private var best: Schedule
  private var violation: Violation

  private init(
    _ schedule: Schedule, _ violation: Violation, simulator: Simulator,
    perturbation: Perturbation?, plays: Int
  ) {
    best = schedule
    self.violation = violation
    invariant = violation.invariant
    self.simulator = simulator
    self.perturbation = perturbation
    left = plays
  }

  /// The smallest schedule found that breaks the same invariant, with how it breaks it; at most
  /// `plays` simulations are made.
  public static func shrink(
    _ schedule: Schedule, _ violation: Violation, simulator: Simulator,
    perturbation: Perturbation? = nil, plays: Int = 400
  ) async -> (schedule: Schedule, violation: Violation) {
    var shrinker = Shrinker(
      schedule, violation, simulator: simulator, perturbation: perturbation, plays: plays)
    await shrinker.run()
    return (shrinker.best, shrinker.violation)
  }

  private mutating func run() async {
    var size = -1
    while size != weight, left > 0 {
      size = weight
      await dropFaults()
      await shorten()
      await simplify()
      await dropPlaces()
    }
  }

  private var weight: Int {
    best.faults.count * 1000 + best.setup.regions.reduce(0) { $0 + 10 + $1.hosts }
      + best.setup.services * 10 + Int(best.faults.reduce(0) { $0 + $1.end - $1.begin } / 10_000)
  }

  /// Keeps the candidate if it breaks the same invariant.
  @discardableResult
  private mutating func attempt(_ candidate: Schedule) async -> Bool {
    guard left > 0, candidate != best else { return false }
    left -= 1
    let played = await simulator.play(candidate, perturbation: perturbation)
    guard let found = played.violations.first(where: { $0.invariant == invariant }) else {
      return false
    }
    best = candidate
    violation = found
    return true
  }

  private func with(_ faults: [Fault]) -> Schedule {
    var length = best.length
    // What ends long after its last fault needs no more than its settling.
    let calm = Schedule(seed: 0, setup: best.setup, length: 0, faults: faults).calmFrom
    length = min(length, max(calm + Schedule.settleMs(best.setup.policy) + 10_000, 600_000))
    return Schedule(seed: best.seed, setup: best.setup, length: length, faults: faults)
  }

  /// Halves first, then quarters, then one by one.
  private mutating func dropFaults() async {
    var size = max(1, best.faults.count / 2)
    while size >= 1 {
      var start = 0
      while start < best.faults.count, left > 0 {
        var faults = best.faults
        faults.removeSubrange(start..<min(start + size, faults.count))
        if await !attempt(with(faults)) { start += size }
      }
      if size == 1 { return }
      size /= 2
    }
  }

  private mutating func shorten() async {
    for index in best.faults.indices where left > 0 {
      while best.faults[index].end - best.faults[index].begin > 1000 {
        var faults = best.faults
        faults[index].end -= (faults[index].end - faults[index].begin) / 2
        guard await attempt(with(faults)) else { break }
      }
    }
  }

  private mutating func simplify() async {
    func changed(_ change: (inout Setup) -> Void) -> Schedule {
      var schedule = best
      change(&schedule.setup)
      return schedule
    }
    if best.setup.services > 1 {
      let fits = best.faults.allSatisfy { fault in
        if case .service(let service) = fault.target { service == 0 } else { true }
      }
      if fits { await attempt(changed { $0.services = 1 }) }
    }
    if best.setup.families.count > 1 { await attempt(changed { $0.families = [.ipv4] }) }
    await attempt(changed { $0.lossPercent = 0 })
    await attempt(changed { $0.jitterMs = 0 })
    let usual = Setup.plain(regions: 2, hosts: 1).policy
    for key in PolicyKey.all where key.read(best.setup.policy) != key.read(usual) {
      await attempt(changed { _ = key.write(&$0.policy, key.read(usual)) })
    }
  }

  /// Fewer hosts, and regions from the end, where no fault needs them.
  private mutating func dropPlaces() async {
    while best.setup.regions.count > 2 {
      var schedule = best
      schedule.setup.regions.removeLast()
      guard schedule.faults.allSatisfy({ schedule.fits($0.target) }), await attempt(schedule) else {
        break
      }
    }
    for region in best.setup.regions.indices {
      while best.setup.regions[region].hosts > 1 {
        var schedule = best
        schedule.setup.regions[region].hosts -= 1
        guard schedule.faults.allSatisfy({ schedule.fits($0.target) }), await attempt(schedule)
        else { break }
      }
    }
  }
}
