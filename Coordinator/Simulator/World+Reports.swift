import AgentCore
import Codec
import Wire

/// The way between two places, both directions.
struct Road: Hashable {
  let cut: Bool
  let loss: Double
  let delayMs: Int64
  /// The most that a packet takes longer.
  let jitterMs: Int64

  /// How likely an exchange of a few packets fails within its deadline: one that is lost is sent
  /// once more in time.
  let fails: Double

  init(cut: Bool, loss: Double, delayMs: Int64, jitterMs: Int64) {
    self.cut = cut
    self.loss = loss
    self.delayMs = delayMs
    self.jitterMs = jitterMs
    let twice = loss * loss
    fails = 1 - (1 - twice) * (1 - twice) * (1 - twice)
  }
}

/// A report on its way to the coordinator.
struct Parcel {
  var report: Report
  var host: Int
  var life: Int
  /// Nobody awaits a reply to a copy.
  var isCopy = false
  /// From the second host of an identity.
  var isTwins = false
  var isGenuine = true
  /// What the host saw of all probes when it was sent; nil: not asked.
  var sight: [ProbeResult]?
}

/// The coordinator's reply on its way to an agent.
struct Reply {
  var life: Int
  var sequence: UInt64
  var result: Result<Directive, Problem>
}

extension Result<Directive, Problem> {
  /// What the next report is to echo.
  fileprivate var challenge: String? {
    switch self {
    case .success(let directive): directive.challenge
    case .failure(let problem): problem.challenge
    }
  }
}

extension World {
  /// How long an agent waits for its reply.
  static let replyMs: Int64 = 3000

  /// Plans the next report where it is due sooner than it seemed.
  func planReport(_ host: Host) {
    guard host.runs, !host.exchanging else { return }
    let due = max(frozenNow, host.state.pacer.due.map(host.frozen) ?? frozenNow)
    if let planned = host.reportPlanned, planned <= due { return }
    host.reportPlanned = due
    queue.plan(.report, at: due, who: host.number, key: host.life)
  }

  func runReport(_ host: Host, life: Int) {
    guard host.runs, life == host.life, !host.exchanging, let planned = host.reportPlanned,
      planned <= frozenNow
    else { return }
    host.reportPlanned = nil
    if !host.isDueAnew, let due = host.state.pacer.due.map(host.frozen), due > frozenNow {
      planReport(host)
      return
    }
    host.isDueAnew = false
    let report = draft(host)
    host.exchanging = true
    host.awaited = (report.sequence, host.moment(frozenNow))
    queue.plan(
      .reportLost, at: frozenNow + Self.replyMs, who: host.number, key: Int(report.sequence))
    send(report, from: host)
    if conditions.hosts[host.region][host.index].cloned { sendClone(of: report, from: host) }
  }

  private func draft(_ host: Host, goodbye: Bool = false) -> Report {
    let state = conditions.hosts[host.region][host.index]
    var report = host.state.report(
      at: host.moment(frozenNow), wallMs: wall(of: host),
      clock: ClockState(synchronised: state.clockStepMs == 0, errorMs: 5), goodbye: goodbye)
    if state.unsupported { report.version = Limits.wireVersion + 1 }
    if state.notice { report.deployingMs = 60_000 }
    return report
  }

  /// The last report of a clean stop.
  func sayGoodbye(_ host: Host) {
    send(draft(host, goodbye: true), from: host)
  }

  /// A second host with the same key and a process of its own.
  private func sendClone(of report: Report, from host: Host) {
    host.cloneSequence += 1
    var copy = report
    copy.boot = Hex.text(noise.word(.jitter, host.number + 10_000, 7))
    copy.sequence = host.cloneSequence
    copy.challenge = host.cloneChallenge
    copy.probes = host.state.probeResults(at: host.moment(frozenNow))
    copy.steady = nil
    var parcel = Parcel(report: copy, host: host.number, life: host.life, isCopy: true)
    parcel.isTwins = true
    post(parcel, after: 700)
  }

  private func send(_ report: Report, from host: Host) {
    let road = road(host.region + 1, 0)
    let region = conditions.regions[host.region]
    if road.cut || isLost(on: road, .reportFails, host.number, at: now) {
      noteLoss()
      figures.reportsLost += 1
      return
    }
    var parcel = Parcel(report: report, host: host.number, life: host.life)
    parcel.sight = host.state.probeResults(at: host.moment(frozenNow))
    let delay = delay(on: road, .reportDelay, host.number, at: now)
    if chance(region.corrupted, .corrupt, host) {
      parcel.isGenuine = false
      figures.reportsDamaged += 1
      noteTrouble()
    }
    post(parcel, after: delay)
    if chance(region.duplicated, .duplicate, host) {
      parcel.isCopy = true
      post(parcel, after: delay + noise.within(1...4000, .duplicate, -host.number, now))
    }
    if chance(region.replayed, .replay, host), let old = host.sent.first {
      let late = noise.within(100...60_000, .replay, -host.number, now)
      post(Parcel(report: old, host: host.number, life: host.life, isCopy: true), after: late)
    }
    if region.replayed > 0 { host.sent = Array((host.sent + [report]).suffix(8)) }
  }

  private func chance(_ percent: Int64, _ stream: Noise.Stream, _ host: Host) -> Bool {
    percent > 0 && noise.unit(stream, host.number, now) * 100 < Double(percent)
  }

  /// Whether an exchange that begins at `time` fails.
  func isLost(on road: Road, _ stream: Noise.Stream, _ who: Int, at time: Int64) -> Bool {
    road.fails > 0 && noise.unit(stream, who, time) < road.fails
  }

  /// How long a message takes that is sent at `time`.
  func delay(on road: Road, _ stream: Noise.Stream, _ who: Int, at time: Int64) -> Int64 {
    var delay = road.delayMs
    if road.jitterMs > 0 { delay += noise.within(0...road.jitterMs, stream, who, time) }
    if road.loss > 0, noise.unit(stream, -who - 1, time) < road.loss * 3 { delay += 400 }
    return delay + noise.within(0...5, stream, who + 1000, time)
  }

  private func post(_ parcel: Parcel, after delay: Int64) {
    queue.plan(
      .reportArrives, at: frozenNow + delay, who: parcel.host, key: keep(.parcel(parcel)))
  }

  /// A report has reached the coordinator's host.
  func arrive(_ parcel: Parcel) {
    let host = hosts[parcel.host]
    guard let shell else {
      // Connection refused: the agent knows at once.
      if !parcel.isCopy {
        post(Problem(code: "unreachable", message: ""), sequence: parcel.report.sequence, to: host)
      }
      return
    }
    if conditions.coordinator.stopped {
      if waiting.count < 64 { waiting.append(parcel) }
      return
    }
    figures.reports += 1
    let result: Result<Directive, Problem>
    if !parcel.isGenuine {
      result = .failure(shell.refuse(Problem(code: "bad_signature", message: "")))
    } else {
      result = shell.take(overTheWire(parcel), from: host.agent)
      if case .success(let directive) = result { judge.heard(self, parcel, directive) }
    }
    if parcel.isTwins { host.cloneChallenge = result.challenge }
    guard !parcel.isCopy, parcel.life == host.life else { return }
    let back = road(0, host.region + 1)
    if back.cut || isLost(on: back, .reportFails, -host.number - 1, at: now) {
      noteLoss()
      return
    }
    let reply = Reply(life: parcel.life, sequence: parcel.report.sequence, result: result)
    queue.plan(
      .replyArrives, at: frozenNow + delay(on: back, .replyDelay, host.number, at: now),
      who: host.number, key: keep(.reply(reply)))
  }

  private func post(_ problem: Problem, sequence: UInt64, to host: Host) {
    noteTrouble()
    let reply = Reply(life: host.life, sequence: sequence, result: .failure(problem))
    queue.plan(.replyArrives, at: frozenNow + 30, who: host.number, key: keep(.reply(reply)))
  }

  /// A sample goes through the real encoding, copies more often.
  private func overTheWire(_ parcel: Parcel) -> Report {
    let every: UInt64 = parcel.isCopy ? 8 : 8192
    guard noise.word(.codec, parcel.host, now) % every == 0 else { return parcel.report }
    figures.encoded += 1
    do {
      let bytes = try JSON.encode(parcel.report)
      let read = try JSON.report(from: bytes, maxBytes: Limits.reportBytes)
      try Bounds.check(read)
      if read != parcel.report {
        judge.fail(self, .authentic, "a report of \(read.agent) changes on the wire")
      }
      return read
    } catch {
      judge.fail(
        self, .authentic, "a report of \(parcel.report.agent) cannot be sent: \(error)")
      return parcel.report
    }
  }

  func arrive(_ reply: Reply, at host: Host) {
    guard host.runs, host.life == reply.life, host.awaited?.sequence == reply.sequence,
      let sent = host.awaited?.sent
    else { return }
    host.exchanging = false
    host.awaited = nil
    switch reply.result {
    case .success(let directive):
      host.hasRetried = false
      let verdict = host.state.take(
        directive, answering: reply.sequence, sent: sent, at: host.moment(frozenNow))
      if case .taken(let stale) = verdict { judge.leased(self, host, but: stale) }
      if case .refused = verdict { lose(host, challenge: nil) } else { follow(host) }
      host.isSettled = true
    case .failure(let problem): lose(host, challenge: problem.challenge)
    }
    planReport(host)
  }

  /// No reply came in time.
  func missReply(_ host: Host, sequence: UInt64) {
    guard host.runs, host.awaited?.sequence == sequence else { return }
    noteLoss()
    host.exchanging = false
    host.awaited = nil
    lose(host, challenge: nil)
    planReport(host)
  }

  private func lose(_ host: Host, challenge: String?) {
    noteLoss()
    host.isSettled = false
    let retry = challenge != nil && !host.hasRetried
    host.hasRetried = retry
    host.state.loseReport(
      challenge: challenge, retry: retry, at: host.moment(frozenNow),
      jitter: noise.unit(.retry, host.number, now))
  }

  /// Begins what the first directive asks for.
  private func follow(_ host: Host) {
    if !host.isProbing {
      host.isProbing = true
      host.targets = host.state.probeTargets
      host.isServed = host.targets.map { _ in false }
      host.peers = host.state.directive.peers
      queue.plan(.probe, at: frozenNow, who: host.number, key: host.life)
      queue.plan(.read, at: frozenNow, who: host.number, key: host.life)
    }
    if host.state.directive.heartbeatWriter && !host.isBeating {
      host.isBeating = true
      queue.plan(.beat, at: frozenNow, who: host.number, key: host.life)
    }
  }
}
