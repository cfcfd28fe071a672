import AgentCore
import Decision
import Wire

/// What a question to an app or a region came to.
struct Finding: Hashable {
  var outcome: ProbeOutcome
  /// Of an answer that says nothing.
  var status: Int?
  var tookMs: Int64
}

extension World {
  /// What takes longer than this is answered by an event of its own.
  static let quickMs: Int64 = 200

  func startAgent(_ host: Host) {
    let word = noise.word(.jitter, host.number, Int64(host.life) + 1)
    host.start(
      region: setup.regions[host.region].id, boot: Hex.text(word),
      policy: (
        setup.policy.reportInterval.wholeMilliseconds,
        Int64((host.number * 377) % 2000)
      ), at: frozenNow)
    for check in [Host.httpCheck, Host.tableCheck] { planCheck(host, check) }
    planReport(host)
    // A new process on a host without time for it is late from the start.
    if conditions.hosts[host.region][host.index].starved {
      queue.plan(.timer, at: frozenNow, who: host.number, key: host.life)
    }
  }

  private func planCheck(_ host: Host, _ check: Int) {
    guard let next = host.nextRun(of: check) else { return }
    let at = max(frozenNow, host.frozen(next))
    queue.plan(.check, at: at, who: host.number, key: host.life * 2 + check)
  }

  /// A check is started.
  func runCheck(_ host: Host, key: Int) {
    guard host.runs, key / 2 == host.life else { return }
    let check = key % 2
    let outcome = check == Host.httpCheck ? askApp(host) : askTable(host)
    let started = host.moment(frozenNow)
    let attempt = Attempt(
      started: started, ended: started + outcome.tookMs, outcome: outcome.outcome)
    if outcome.tookMs <= Self.quickMs {
      finishCheck(host, check, attempt)
    } else {
      let key = keep(.attempt(attempt, check: check, life: host.life))
      queue.plan(.checkEnd, at: frozenNow + outcome.tookMs, who: host.number, key: key)
    }
  }

  func finishCheck(_ host: Host, _ check: Int, _ attempt: Attempt) {
    if attempt.outcome.verdict != .success { noteTrouble() }
    let change = host.state.take(attempt, of: check, wallMs: wall(of: host))
    if let change { host.isBad[check] = change.result.state == .bad }
    // A fall and every failure after it are remembered for long.
    if host.isBad[check] { host.badAt = frozenNow }
    planCheck(host, check)
    if change != nil { planReport(host) }
  }

  private func askApp(_ host: Host) -> (outcome: CheckOutcome, tookMs: Int64) {
    let state = conditions.hosts[host.region][host.index]
    let bad = CheckOutcome(.failure, .status, reason: "500")
    if state.starved, noise.unit(.checkFails, host.number, now) < 0.6 {
      return (CheckOutcome(.failure, .timeout, reason: "no answer in time"), 1500)
    }
    if state.liesBad { return (bad, 12) }
    if state.liesGood { return (CheckOutcome(.success), 12) }
    switch state.app {
    case .up: return (CheckOutcome(.success), noise.within(5...40, .checkLatency, host.number, now))
    case .refuses: return (CheckOutcome(.failure, .network, reason: "connection refused"), 2)
    case .errors: return (bad, 12)
    case .hangs: return (CheckOutcome(.failure, .timeout, reason: "no answer in 1.5 s"), 1500)
    case .slow(let percent):
      let isLate = noise.unit(.checkFails, host.number, now) * 100 < Double(percent)
      return isLate
        ? (CheckOutcome(.failure, .timeout, reason: "no answer in 1.5 s"), 1500)
        : (CheckOutcome(.success), 1400)
    case .flaps: return state.appWorks(at: now) ? (CheckOutcome(.success), 12) : (bad, 12)
    }
  }

  private func askTable(_ host: Host) -> (outcome: CheckOutcome, tookMs: Int64) {
    let state = conditions.hosts[host.region][host.index]
    if state.misconfigured {
      return (CheckOutcome(.misconfigured, .credentials, reason: "the token has expired"), 20)
    }
    guard state.resolver else {
      return (CheckOutcome(.unknown, .hostNetwork, reason: "nothing resolves here"), 100)
    }
    switch conditions.regions[host.region].replica {
    case .up:
      return (CheckOutcome(.success), noise.within(8...45, .checkLatency, -host.number, now))
    case .unreachable:
      return (CheckOutcome(.failure, .network, reason: "cannot be reached"), 900)
    case .nameless:
      return (CheckOutcome(.failure, .nameResolution, reason: "its name does not resolve"), 60)
    case .throttled: return (CheckOutcome(.throttled, .throttled, reason: "throttled"), 40)
    }
  }

  // MARK: The region from outside

  /// Whether the region's table answers a host's calls.
  func tableAnswers(_ host: Host) -> Bool {
    let state = conditions.hosts[host.region][host.index]
    return conditions.regions[host.region].replica == .up && state.resolver && !state.misconfigured
  }

  /// What a request from `place` to a region's public address shows.
  func askRegion(
    _ region: Int, from place: Int, _ family: AddressFamily, who: Int
  ) -> Finding {
    let late = setup.probeDeadlineMs
    let road = road(place, region + 1)
    let state = conditions.regions[region]
    guard !road.cut, state.balancer, family == .ipv4 || state.ipv6 else {
      return Finding(outcome: .dark, tookMs: late)
    }
    let id = Self.probeID(who, region, family)
    if isLost(on: road, .probeFails, id, at: now) {
      noteLoss()
      return Finding(outcome: .dark, tookMs: late)
    }
    // A firewall or a wrong name answers in the region's place.
    let found =
      state.status.map { Finding(outcome: .none, status: $0, tookMs: 20) }
      ?? askBalancer(region, id: id)
    let took = road.delayMs * 2 + noise.within(15...60, .probeLatency, id, now)
    guard found.outcome != .dark, took < late else { return Finding(outcome: .dark, tookMs: late) }
    return Finding(outcome: found.outcome, status: found.status, tookMs: took)
  }

  /// Who asks about what, for chance.
  static func probeID(_ who: Int, _ region: Int, _ family: AddressFamily) -> Int {
    who &* 31 &+ region &* 2 &+ (family == .ipv4 ? 0 : 1)
  }

  /// What the NodeBalancer answers.
  func askBalancer(_ region: Int, id: Int) -> Finding {
    let inside = regionHosts[region].filter(isBalanced)
    let erroring = Finding(outcome: .erroring, tookMs: 20)
    guard !inside.isEmpty else { return erroring }
    let host = inside[Int(noise.word(.probeHost, id, now) % UInt64(inside.count))]
    let state = conditions.hosts[region][host.index]
    guard state.power, !state.liesGood else { return erroring }
    if setup.deepProbe, conditions.regions[region].replica != .up { return erroring }
    switch state.app {
    case .up: return Finding(outcome: .serving, tookMs: 20)
    case .refuses, .errors: return erroring
    case .hangs: return Finding(outcome: .dark, tookMs: setup.probeDeadlineMs)
    case .slow(let percent):
      let isLate = noise.unit(.checkFails, id, now) * 100 < Double(percent)
      return isLate
        ? Finding(outcome: .dark, tookMs: setup.probeDeadlineMs)
        : Finding(outcome: .serving, tookMs: 20)
    case .flaps:
      return state.appWorks(at: now) ? Finding(outcome: .serving, tookMs: 20) : erroring
    }
  }

  /// The NodeBalancer's own checks take that long to change its mind, both ways.
  static let rebalanceMs: Int64 = 10_000

  private func isBalanced(_ host: Host) -> Bool {
    if let at = host.rebalanceAt, now >= at {
      host.rebalanceAt = nil
      host.isBalanced.toggle()
    }
    return host.isBalanced
  }

  /// After conditions have changed.
  func rebalance(_ host: Host) {
    _ = isBalanced(host)
    let state = conditions.hosts[host.region][host.index]
    let wanted: Bool =
      switch state.app {
      case .up, .slow, .flaps: state.power
      case .refuses, .errors, .hangs: false
      }
    if wanted == host.isBalanced {
      host.rebalanceAt = nil
    } else if host.rebalanceAt == nil {
      host.rebalanceAt = now + Self.rebalanceMs
    }
  }

  // MARK: Probes, heartbeats, reads

  func runProbes(_ host: Host, life: Int) {
    guard host.runs, life == host.life else { return }
    let period = host.state.directive.probePeriodMs
    queue.plan(.probe, at: frozenNow + period, who: host.number, key: life)
    host.probesAt = frozenNow + period
    let started = host.moment(frozenNow)
    for (number, target) in host.targets.enumerated() {
      guard let region = regionNumber[target.region] else { continue }
      let found = askRegion(region, from: host.region + 1, target.family, who: host.number)
      host.isServed[number] = found.outcome == .serving
      let finding = ProbeFinding(
        found.outcome, reason: found.outcome == .serving ? nil : found.outcome.rawValue,
        status: found.status)
      if found.tookMs <= Self.quickMs {
        finishProbe(host, finding, target, started: started, ended: started + found.tookMs)
      } else {
        let key = keep(.probe(finding, target, started: started, life: life))
        queue.plan(.probeEnd, at: frozenNow + found.tookMs, who: host.number, key: key)
      }
    }
  }

  func finishProbe(
    _ host: Host, _ finding: ProbeFinding, _ target: ProbeTarget, started: HostMoment,
    ended: HostMoment
  ) {
    if finding.outcome != .serving { noteLoss() }
    if host.state.take(finding, of: target, started: started, ended: ended) {
      noteTrouble()
      planReport(host)
    }
  }

  /// The region's writer writes its heartbeat.
  func runBeat(_ host: Host, life: Int) {
    guard host.runs, life == host.life else { return }
    guard host.state.directive.heartbeatWriter else {
      host.isBeating = false
      return
    }
    let period = host.state.directive.heartbeatPeriodMs
    queue.plan(.beat, at: frozenNow + period, who: host.number, key: life)
    guard
      var beat = host.state.nextBeat(
        wallMs: frozenWall(of: host), clock: ClockState(synchronised: true, errorMs: 5))
    else { return }
    let started = host.moment(frozenNow)
    var summary = host.state.summary(with: beat, at: started)
    // Coordinators compare it with their wall clock, which does not stand still in a jump.
    summary.wallMs = wall(of: host)
    beat.summary = summaries.sign(summary, by: host.number, at: frozenNow)
    let took = noise.within(5...20, .beatDelay, host.number, now)
    let outcome: BeatOutcome
    if tableAnswers(host) {
      outcome = .acknowledged
      replicas.write(beat, region: host.region, at: frozenNow + took, in: self)
    } else {
      noteTrouble()
      outcome = .failed(.network, reason: "not acknowledged")
    }
    if host.state.take(outcome, of: beat, started: started, ended: started + took) {
      planReport(host)
    }
  }

  /// Reads the peers' heartbeats from the local replica.
  func runReads(_ host: Host, life: Int) {
    guard host.runs, life == host.life else { return }
    let period = host.state.directive.heartbeatReadMs
    queue.plan(.read, at: frozenNow + period, who: host.number, key: life)
    guard tableAnswers(host) else { return }
    let sent = host.moment(frozenNow)
    let wall = frozenWall(of: host)
    for peer in host.peers {
      guard let source = regionNumber[peer] else { continue }
      let found = replicas.newest(of: source, in: host.region, at: frozenNow)
      host.state.take(
        ReplicaRead(
          sentWallMs: wall, receivedWallMs: wall + 8, sent: sent, received: sent + 8, lateMs: 0,
          periodMs: period, found: found.map { [$0] } ?? []), of: peer)
    }
  }

  /// A starved agent's timers come late.
  func runTimer(_ host: Host, life: Int) {
    guard host.runs, life == host.life else { return }
    let starved = conditions.hosts[host.region][host.index].starved
    let fired = host.moment(frozenNow)
    let due = starved ? host.moment(frozenNow - 1500) : fired
    if host.state.take(timerDue: due, fired: fired) { planReport(host) }
    if starved || host.isStarved {
      queue.plan(.timer, at: frozenNow + 1000, who: host.number, key: life)
    }
  }
}

/// Words of hex digits.
enum Hex {
  static func text(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
