import AgentCore
import Decision
import Wire

/// Quiet time in which packets get lost as they usually do: who reports when, and how far nothing
/// comes of it.
///
/// Only reports and probes are lost, by chance that depends on who and when alone; so what is lost
/// in time to come is known. A lost report shifts all later ones of its host: this is followed
/// here, by the agent's pacer and the world's chances. Nothing comes of losses as long as every
/// host is heard before its checks are stale, and no vantage misses as many probes in a row as make
/// a bad vote: then the coordinator's own votes on every region are serving, none is bad, and all
/// hosts are good at every tick.
struct Lull {
  /// One host's reports.
  private struct Course {
    /// When the next one is sent.
    var due: Int64
    var failures = 0
    /// When the coordinator last heard the host, and last issued a challenge that arrived.
    var heard: Int64
    var challenged: Int64
  }

  private let world: World
  private let start: Int64
  private let room: Int64
  private let period: Int64
  private let courses: [Course]
  private let shell: Shell
  /// How far nothing comes of what is lost.
  private(set) var end: Int64
  /// By number of periods from the start: something is on its way, or was just lost.
  private var isBusy: [Bool]

  /// Nil where something is on its way or was just lost; `room` is how far it may go.
  init?(_ world: World, _ shell: Shell, room: Int64) {
    let policy = world.setup.policy
    let limit = policy.freshFor.wholeMilliseconds
    // Two intervals may lie between the last report before and the first one after.
    guard policy.reportInterval.wholeMilliseconds * 2 + Self.slackMs <= limit,
      policy.probeInterval.wholeMilliseconds > world.setup.probeDeadlineMs + 100,
      !shell.hearsHeartbeats,
      shell.tallies.values.allSatisfy({ $0.badRun == 0 })
    else { return nil }
    var courses: [Course] = []
    for host in world.hosts {
      guard host.runs, host.isProbing, !host.exchanging, host.isServed.allSatisfy({ $0 }),
        let planned = host.reportPlanned,
        let held = shell.evidence.agents[host.agent]
      else { return nil }
      let heard = world.now - (world.clock.instant - held.receivedAt).wholeMilliseconds
      courses.append(Course(due: planned + world.frozen, heard: heard, challenged: heard))
    }
    self.world = world
    self.shell = shell
    self.courses = courses
    start = world.now
    self.room = room
    period = world.commonPeriod
    end = world.now + room
    isBusy = Array(repeating: false, count: Int(room / world.commonPeriod) + 1)
  }

  /// How old a check's newest attempt is in a report, at most.
  private static let checkMs: Int64 = 2_050
  /// The same with what roads take.
  private static let slackMs: Int64 = 3_000
  /// How long a probe takes, at most.
  private var probeMs: Int64 { world.setup.probeDeadlineMs }

  /// The longest time that can be left out; nil: none.
  mutating func longest() -> Int64? {
    followOwnProbes()
    for host in world.hosts { followProbes(of: host) }
    for (number, course) in courses.enumerated() { _ = follow(course, of: world.hosts[number]) }
    // Something comes of it at the end: before that everything is played for some while.
    let last = end < start + room ? end - World.warmUpMs : end
    var count = min(Int((last - start) / period), isBusy.count - 1)
    while count > 0 {
      if !isBusy[count] { return Int64(count) * period }
      count -= 1
    }
    return nil
  }

  /// When each host's next report is due after `span` was left out, in true time.
  mutating func due(after span: Int64) -> [Int64] {
    end = start + span
    return courses.enumerated().map { number, course in
      follow(course, of: world.hosts[number])
    }
  }

  /// Something is on its way from `begin` to `end`.
  private mutating func block(_ begin: Int64, _ end: Int64) {
    var number = Int((begin - start + period - 1) / period)
    while number < isBusy.count, start + Int64(number) * period <= end {
      if number >= 0 { isBusy[number] = true }
      number += 1
    }
  }

  // MARK: Reports

  /// Follows a host's reports to the end, which comes sooner where the host may seem to fall
  /// silent; gives when the next one is due.
  private mutating func follow(_ begin: Course, of host: Host) -> Int64 {
    let interval = world.setup.policy.reportInterval.wholeMilliseconds
    var course = begin
    while course.due <= end {
      let sent = course.due
      if let landed = exchange(&course, host) {
        course.failures = 0
        course.due = sent + interval
        block(sent, landed)
      } else {
        let missed = sent + World.replyMs
        course.due = missed + pause(&course, host, at: missed)
        block(sent, course.due)
      }
    }
    return course.due
  }

  /// One report and its reply; when it arrived, nil where one of the two was lost.
  private mutating func exchange(_ course: inout Course, _ host: Host) -> Int64? {
    let out = world.road(host.region + 1, 0)
    let sent = course.due
    let isLost = world.isLost(on: out, .reportFails, host.number, at: sent)
    let arrived = isLost ? sent : sent + world.delay(on: out, .reportDelay, host.number, at: sent)
    let limit = world.setup.policy.freshFor.wholeMilliseconds
    if arrived - course.heard > limit - Self.checkMs || arrived - course.challenged >= limit {
      end = min(end, course.heard)
    }
    if isLost { return nil }
    course.heard = arrived
    let back = world.road(0, host.region + 1)
    guard !world.isLost(on: back, .reportFails, -host.number - 1, at: arrived) else { return nil }
    let landed = arrived + world.delay(on: back, .replyDelay, host.number, at: arrived)
    guard landed < sent + World.replyMs else { return nil }
    course.challenged = arrived
    return landed
  }

  /// How long the agent waits before it sends again, as its pacer does.
  private func pause(_ course: inout Course, _ host: Host, at missed: Int64) -> Int64 {
    var pacer = ReportPacer(intervalMs: world.setup.policy.reportInterval.wholeMilliseconds)
    let now = HostMoment(milliseconds: missed)
    pacer.send(at: HostMoment(milliseconds: missed - World.replyMs))
    for _ in 0...course.failures {
      pacer.fail(at: now, jitter: world.noise.unit(.retry, host.number, missed))
    }
    course.failures += 1
    return pacer.due.map { max(0, $0.milliseconds - missed) } ?? 0
  }

  // MARK: Probes

  private mutating func followProbes(of host: Host) {
    let step = host.state.directive.probePeriodMs
    var seen: Set<Int> = []
    for target in host.targets {
      guard let region = world.regionNumber[target.region] else { continue }
      // One draw decides for all services.
      guard seen.insert(region * 2 + (target.family == .ipv4 ? 0 : 1)).inserted else { continue }
      var missed = 0
      var time = host.probesAt + world.frozen
      while time <= end {
        let isMissed = isMissed(region, from: host.region + 1, target.family, host.number, time)
        missed = isMissed ? missed + 1 : 0
        if isMissed { block(time, time + step + probeMs) }
        if missed >= host.state.directive.probeFall - 1 { end = min(end, time) }
        time += step
      }
    }
  }

  private mutating func followOwnProbes() {
    let step = world.setup.policy.probeInterval.wholeMilliseconds
    let regions = world.setup.regions.indices
    var missed: [Int] = Array(repeating: 0, count: regions.count * 2)
    var time = shell.probesAt + world.frozen
    while time <= end {
      var isServed = false
      for region in regions {
        for family in world.setup.families {
          let number = region * 2 + (family == .ipv4 ? 0 : 1)
          let isMissed = isMissed(region, from: 0, family, -1, time)
          missed[number] = isMissed ? missed[number] + 1 : 0
          if isMissed { block(time, time + step + probeMs) } else { isServed = true }
          if missed[number] >= Defaults.probeFall - 1 { end = min(end, time) }
        }
      }
      if !isServed { end = min(end, time) }
      time += step
    }
  }

  private func isMissed(
    _ region: Int, from place: Int, _ family: AddressFamily, _ who: Int, _ time: Int64
  ) -> Bool {
    world.isLost(
      on: world.road(place, region + 1), .probeFails, World.probeID(who, region, family), at: time)
  }
}
