import Platform
import Rehearsal
import Screens
import Wire

/// The rehearsal's story: steady, a fault, the failover, a false alarm, the repair, the failback.
///
/// Everything is judged by what the coordinator stored and by what a user without a cache saw.
struct Demo {
  /// The story's own waiting times; those of the rules are the coordinator's.
  struct Pace {
    var lead: Duration
    var settle: Duration
    /// How long the false alarm lasts: longer than any confirmation.
    var cut: Duration
    /// How long it is watched afterwards.
    var watch: Duration
    var failoverLimit: Duration
    var failbackLimit: Duration

    init(_ speed: RehearsalOptions.Speed) {
      switch speed {
      case .fast:
        lead = .seconds(4)
        settle = .seconds(2)
        cut = .seconds(7)
        watch = .seconds(3)
        failoverLimit = .seconds(90)
        failbackLimit = .seconds(120)
      case .real:
        lead = .seconds(10)
        settle = .seconds(5)
        cut = .seconds(75)
        watch = .seconds(30)
        failoverLimit = .seconds(600)
        failbackLimit = .seconds(3600)
      }
    }
  }

  /// Times of the story, Unix milliseconds.
  struct Times {
    var begin: Int64 = 0
    var fault: Int64 = 0
    var alarm: Int64 = 0
    var repair: Int64 = 0
    var end: Int64 = 0
  }

  let rehearsal: Rehearsal
  let visitor: Visitor
  let fault: DemoFault
  let pace: Pace
  let progress: DemoProgress

  var report = DemoReport()
  var times = Times()
  var marks: [DemoTimeline.Mark] = []
  var failover: IncidentRecord?
  var failback: IncidentRecord?

  init(rehearsal: Rehearsal, visitor: Visitor, fault: DemoFault, progress: DemoProgress) {
    self.rehearsal = rehearsal
    self.visitor = visitor
    self.fault = fault
    self.progress = progress
    pace = Pace(rehearsal.options.speed)
  }

  /// Plays the story. A step that does not come about is noted as a problem and ends it; only a
  /// cancelled task makes it throw.
  mutating func run() async throws {
    do {
      try await play()
    } catch {
      try Task.checkCancellation()
      report.problems.append("\(error)")
    }
    try await conclude()
  }

  private mutating func play() async throws {
    let steady = try await rehearsal.waitUntilSteady { [progress] in progress.waiting($0) }
    times.begin = Clocks.wallMilliseconds()
    guard let active = steady.active,
      let site = rehearsal.sites.first(where: { $0.region == active }),
      let next = steady.regions.first(where: { $0.role == "next" })?.region
    else { throw RehearsalError.reply("no region serves at the start") }
    report.failover.from = active
    let others = steady.regions.map(\.region).filter { $0 != active }
    mark(times.begin, "steady", "\(active) serves; \(Self.list(others)) ready")
    try await pause(pace.lead, "all is well")

    let fault = try await strike(site)
    let moved = try await follow(.failover, from: active, to: next, within: pace.failoverLimit)
    failover = moved
    try await pause(pace.settle, "users are served by \(moved.to)")
    try await falseAlarm()
    try await mend(site, fault)
    failback = try await follow(
      .failback, from: moved.to, to: active, within: pace.failbackLimit)
    try await pause(pace.settle, "users are served by \(active) again")
  }

  private mutating func strike(_ site: Site) async throws -> String {
    times.fault = Clocks.wallMilliseconds()
    mark(
      times.fault, "FAULT", fault.text(site, hosts: rehearsal.options.instances), sign: .bad)
    // Power goes at once: the agents do not outlive their hosts, whatever comes first.
    if fault.killsAgents {
      async let kill: Void = rehearsal.killAgents(site.region)
      let id = try await rehearsal.fault(fault.rawValue, target: site.region)
      await kill
      return id
    }
    return try await rehearsal.fault(fault.rawValue, target: site.region)
  }

  private mutating func mend(_ site: Site, _ id: String) async throws {
    times.repair = Clocks.wallMilliseconds()
    mark(times.repair, "repair", fault.repair(site))
    try await rehearsal.endFault(id)
    if fault.killsAgents { try await rehearsal.startAgents(site.region) }
  }

  /// Waits until a new move has ended well, and tells what was seen on the way.
  private mutating func follow(
    _ kind: MoveKind, from: String, to: String, within limit: Duration
  ) async throws -> IncidentRecord {
    let known = Set(try await rehearsal.incidents().map(\.id))
    let watcher = DemoWatcher(kind: kind, from: from, to: to, known: known)
    let (rehearsal, progress, begin) = (rehearsal, progress, times.begin)
    let gate = Task {
      while kind == .failback, !Task.isCancelled {
        if let explain = try? await rehearsal.explain() { watcher.sawGate(explain.gate) }
        try? await Task.sleep(for: .milliseconds(400))
      }
    }
    defer { gate.cancel() }
    let name = kind == .failover ? "failover" : "failback"
    let moved: IncidentRecord
    do {
      moved = try await rehearsal.waitForStatus("the \(name) to \(to)", within: limit) {
        service, document in
        for mark in watcher.saw(service, document) { progress.mark(mark.line(since: begin)) }
        progress.waiting(watcher.waiting(service))
        return watcher.ended(service)
      }
    } catch {
      noteMarks(watcher)
      if let open = (try? await rehearsal.incidents())?.first(where: { !known.contains($0.id) }) {
        note(open, target: watcher.targetText())
      }
      throw error
    }
    noteMarks(watcher)
    note(moved, target: watcher.targetText())
    try await waitUntilServed(by: moved.to)
    return moved
  }

  private mutating func noteMarks(_ watcher: DemoWatcher) {
    marks += watcher.marks().map(at)
  }

  /// Puts a move into the report.
  private mutating func note(_ incident: IncidentRecord, target: String?) {
    var move = DemoReport.Move()
    move.from = incident.from
    move.to = incident.to
    move.converged = incident.outcome == .converged
    move.partsSeconds = incident.stamps.parts(
      cacheSeconds: Double(incident.nameServers.compactMap(\.ttlSeconds).max() ?? 0))
    move.dataAtRiskSeconds = incident.dataAtRisk?.behindSeconds
    move.dataAtRiskUpperSeconds = upperBound(incident)
    if incident.kind == .failback {
      failback = incident
      report.failback = move
    } else {
      failover = incident
      report.failover = move
    }
    for mark in DemoWatcher.marks(of: incident, target: target) {
      marks.append(at(mark))
      progress.mark(at(mark))
    }
  }

  /// The coordinator's bound; where it can have none, because the source went dark, what the
  /// rehearsal knows: nothing was written there once the fault had struck.
  private func upperBound(_ incident: IncidentRecord) -> Double? {
    guard let risk = incident.dataAtRisk else { return nil }
    if let upper = risk.upperSeconds { return upper }
    guard incident.kind == .failover, fault.stopsWrites, let from = risk.fromMs else { return nil }
    return max(risk.behindSeconds, Double(times.fault - from) / 1000)
  }

  /// Name servers agree; the user has to see it too.
  private func waitUntilServed(by region: String) async throws {
    let end = Clocks.monotonic() + .seconds(15)
    while Clocks.monotonic() < end {
      let newest = visitor.seen().suffix(10)
      if newest.count == 10, newest.allSatisfy(\.served) { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    let last = visitor.seen().last { !$0.served }
    throw RehearsalError.late(
      "the name servers point at \(region), but users are not served: \(last?.detail ?? "?")")
  }

  private mutating func falseAlarm() async throws {
    let before = try await rehearsal.status()
    let known = Set(try await rehearsal.incidents().map(\.id))
    times.alarm = Clocks.wallMilliseconds()
    let seconds = Double(pace.cut.components.seconds)
    let what = "the coordinator's own network is cut for \(Int(seconds)) s"
    progress.mark(at(DemoMark(atMs: times.alarm, label: "FAULT", text: what)))
    let id = try await rehearsal.fault("coordinator-cut", seconds: seconds)
    let end = Clocks.monotonic() + pace.cut
    var rule: RuleLine?
    while Clocks.monotonic() < end {
      if let document = try? await rehearsal.coordinator.status(),
        let service = document.services.first
      {
        rule = service.rule
        progress.waiting("cut off: \(service.headline)")
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    // It ends by itself; an end that has come already is none of our business.
    try? await rehearsal.endFault(id)
    try await pause(pace.watch, "the coordinator sees again; does it move anything?")
    let after = try await rehearsal.status()
    let new = try await rehearsal.incidents().filter { !known.contains($0.id) }
    report.falseAlarm.switched =
      !new.isEmpty || after.active != before.active || after.epoch != before.epoch
    let did =
      report.falseAlarm.switched
      ? "it moved: \(new.last.map { $0.why } ?? "the record changed")" : "it did nothing"
    marks.append(
      at(
        DemoMark(
          atMs: times.alarm, sign: report.falseAlarm.switched ? .bad : .none, label: "FAULT",
          text: "coordinator cut off for \(Int(seconds)) s: \(did)", rule: rule?.number)))
    if report.falseAlarm.switched {
      throw RehearsalError.reply(
        "the false alarm moved something: epoch \(before.epoch) -> \(after.epoch), "
          + "\(before.active ?? "?") -> \(after.active ?? "?")")
    }
  }

  // MARK: Helpers

  private mutating func mark(
    _ atMs: Int64, _ label: String, _ text: String, sign: DemoTimeline.Mark.Sign = .none
  ) {
    let mark = at(DemoMark(atMs: atMs, sign: sign, label: label, text: text))
    marks.append(mark)
    progress.mark(mark)
  }

  func at(_ mark: DemoMark) -> DemoTimeline.Mark { mark.line(since: times.begin) }

  private func pause(_ duration: Duration, _ text: String) async throws {
    progress.waiting(text)
    try await Task.sleep(for: duration)
  }

  static func list(_ items: [String]) -> String {
    guard let last = items.last else { return "nothing" }
    return items.count == 1 ? last : items.dropLast().joined(separator: ", ") + " and " + last
  }
}
