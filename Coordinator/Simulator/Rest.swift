import Decision
import Wire

/// Until when a service's ticks can change nothing, as long as its evidence keeps its shape.
struct Rest {
  /// Every tick counts.
  var isRestless = false
  /// Only a region that is not fully healthy keeps quiet time from being jumped over.
  var isHealthy = true
  /// What a failback still waits for may come with any report.
  var awaitsReports = false
  /// The next deadline on the boot-time clock.
  var instant: Moment?
  /// The next deadline on the wall clock.
  var wallMs: Int64?

  static let restless = Rest(isRestless: true)

  func isDue(_ now: Now) -> Bool {
    isRestless || (instant.map { now.instant >= $0 } ?? false)
      || (wallMs.map { now.wallMs >= $0 } ?? false)
  }

  /// No deadline on the clock that stands still in a jump.
  var isCalm: Bool { !isRestless && !awaitsReports && isHealthy && instant == nil }

  /// What a tick's assessment allows.
  init(isRestless: Bool) {
    self.isRestless = isRestless
  }

  /// `hasChanged`: the tick came to another rule than the one before.
  init(_ assessment: Assessment, machine: Machine, hasChanged: Bool, now: Now) {
    let memory = machine.memory
    let policy = machine.policy
    isRestless =
      !(memory.phase == .steady || memory.phase == .cooling) || memory.intent != nil
      || assessment.facts.request || hasChanged || memory.drift != nil
    isHealthy = assessment.pictures.values.allSatisfy { $0.verdict == .healthy }
    guard !isRestless else { return }
    if let left = machine.graceLeft(now.instant) { after(now.instant + left) }
    for (_, region) in assessment.memories {
      if region.wasDown, let up = region.upSince, now.instant - up <= policy.minUp {
        after(up + policy.minUp)
      }
      if let paused = region.gatePausedAt, region.gateSince != nil {
        after(paused + policy.failbackPause + .milliseconds(1))
      }
      // A break of the verdict that was noted just now is settled by the next tick.
      if region.verdictSince == now.instant { after(now.instant) }
    }
    if let gate = assessment.gate { wait(for: gate, assessment, machine, now) }
    var walls = memory.moves.map { $0.atMs + policy.switchWindow.wholeMilliseconds + 1 }
    walls += (memory.moves.map(\.atMs) + [memory.returnedMs].compactMap { $0 }).map {
      $0 + policy.probation.wholeMilliseconds + 1
    }
    walls.append(contentsOf: [memory.pinnedUntilMs, memory.pause?.untilMs].compactMap { $0 })
    walls += (memory.maintenance ?? [:]).values.map(\.untilMs)
    if let approval = memory.approval { walls.append(approval.untilMs) }
    if let refused = memory.refusedMs {
      walls.append(refused + policy.refusalPause.wholeMilliseconds)
    }
    if let completed = memory.completedMs {
      walls.append(completed + policy.cooldown.wholeMilliseconds)
    }
    // One tick more, for bounds that are included.
    wallMs = walls.filter { $0 + World.tickMs > now.wallMs }.min()
  }

  private mutating func after(_ moment: Moment) {
    instant = min(instant ?? moment, moment)
  }

  private mutating func wait(
    for gate: FailbackGate, _ assessment: Assessment, _ machine: Machine, _ now: Now
  ) {
    if gate.lagBreach { isRestless = true }
    for condition in gate.conditions where !condition.holds {
      switch condition.name {
      case "stable":
        let primary = machine.topology.primary.flatMap { assessment.memories[$0] }
        // A clock that stands still goes on with another verdict.
        if let since = primary?.gateSince, primary?.gatePausedAt == nil {
          after(since + machine.policy.failbackAfter)
        } else {
          awaitsReports = true
        }
      case "min-up": break
      default: if machine.policy.failback == .automatic { awaitsReports = true }
      }
    }
  }
}

/// When evidence of the coordinator's goes stale, so that the ticks in between need not look.
struct FreshnessWatch {
  private let limit: Duration
  private var expiries: [AgentID: [Moment]] = [:]
  private var shapes: [AgentID: Int] = [:]
  /// Of the coordinator's own probes.
  private var probesExpire: [Moment] = []
  private var next: Moment?
  private var looked = Moment(milliseconds: .min / 2)

  init(limit: Duration) {
    self.limit = limit
  }

  /// Takes in a report; says whether it tells anything that the one before did not.
  ///
  /// What was before `floor` is void; the same said again after it is news.
  mutating func take(
    _ report: Report, at received: Moment, policy: Policy, floor: Moment
  ) -> Bool {
    var all = [received + limit]
    for check in report.checks { all.append(received.before(ageMs: check.ageMs) + limit) }
    for probe in report.probes {
      // A vote is as old as the newest answer behind it.
      let voted = probe.vote == .serving ? probe.servingMs : probe.vote == .bad ? probe.badMs : nil
      all.append(received.before(ageMs: voted ?? probe.ageMs) + limit)
    }
    let wasStale = (expiries[report.agent] ?? []).contains { $0 < received || $0 < floor + limit }
    expiries[report.agent] = all
    if let least = all.min(), next.map({ least < $0 }) ?? true { next = least }
    let shape = Self.shape(report, policy)
    let changed = shapes.updateValue(shape, forKey: report.agent) != shape
    return changed || wasStale
  }

  /// Takes in a round of own probes; says whether one before had gone stale.
  mutating func takeProbes(_ probes: some Sequence<OwnProbe>, at now: Moment) -> Bool {
    let wasStale = probesExpire.isEmpty || probesExpire.contains { $0 < now }
    probesExpire = probes.map { probe in
      let voted =
        probe.vote == .serving ? probe.servingStarted : probe.vote == .bad ? probe.badNewest : nil
      return (voted ?? probe.at) + limit
    }
    return wasStale
  }

  /// Whether anything has gone stale since the last look.
  mutating func expire(_ now: Moment) -> Bool {
    defer { looked = now }
    if probesExpire.contains(where: { $0 < now && $0 >= looked }) { return true }
    guard let next, next < now else { return false }
    var stale = false
    var least: Moment?
    for all in expiries.values {
      for moment in all {
        if moment >= now {
          least = min(least ?? moment, moment)
        } else if moment >= looked {
          stale = true
        }
      }
    }
    self.next = least
    return stale
  }

  /// Whether all evidence counts now.
  func allFresh(_ now: Moment) -> Bool {
    !probesExpire.isEmpty && probesExpire.allSatisfy { $0 >= now }
      && expiries.values.allSatisfy { $0.allSatisfy { $0 >= now } }
  }

  /// A number that stands for all that a decision may depend on but times.
  private static func shape(_ report: Report, _ policy: Policy) -> Int {
    var hasher = Hasher()
    hasher.combine(report.version)
    hasher.combine(report.boot)
    hasher.combine(report.goodbye)
    hasher.combine(report.starved)
    hasher.combine(report.deployingMs != nil)
    for check in report.checks {
      hasher.combine(check.state)
      hasher.combine(check.failure)
      hasher.combine(check.riseMs == nil)
    }
    for probe in report.probes { hasher.combine(probe.vote) }
    for peer in report.peers {
      hasher.combine(peer.boot)
      let lag = Int64(peer.sightings.map(\.lagHighMs).max() ?? 0)
      let most = policy.maxLag.wholeMilliseconds
      let limit = policy.heartbeatPeriod.wholeMilliseconds * 3 + min(max(lag, 0), most)
      hasher.combine(lag > most)
      hasher.combine(Int64(peer.seenMs) <= limit)
      hasher.combine(Int64(peer.readMs) <= limit)
    }
    return hasher.finalize()
  }
}
