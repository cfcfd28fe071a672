import Screens
import Synchronization
import Wire

/// A line of the timeline at a wall-clock time.
struct DemoMark: Sendable {
  var atMs: Int64
  var sign = DemoTimeline.Mark.Sign.none
  var label: String
  var text: String
  var rule: Int?

  /// The line of a timeline that begins at `begin`.
  func line(since begin: Int64) -> DemoTimeline.Mark {
    DemoTimeline.Mark(
      seconds: Double(atMs - begin) / 1000, sign: sign, label: label, text: text, rule: rule)
  }
}

/// Watches one move in the coordinator's status: what shows before the move itself is stored.
final class DemoWatcher: Sendable {
  private struct State {
    var marks: [DemoMark] = []
    var suspected = false
    var recovered = false
    var gate: [GateLine] = []
    /// The target, as it was before the move.
    var target: RegionStatus?
  }

  private let kind: MoveKind
  private let from: String
  private let to: String
  /// The incidents of before.
  private let known: Set<Int64>
  private let state = Mutex(State())

  init(kind: MoveKind, from: String, to: String, known: Set<Int64>) {
    self.kind = kind
    self.from = from
    self.to = to
    self.known = known
  }

  func marks() -> [DemoMark] { state.withLock { $0.marks } }

  /// `healthy 2/2, lag 0.8 s` of the target as it was before the move.
  func targetText() -> String? {
    guard let target = state.withLock({ $0.target }) else { return nil }
    var text = "\(target.verdict) \(target.agents.good)/\(target.agents.expected)"
    if let lag = target.lagHighSeconds { text += ", lag \(Self.tenths(lag)) s" }
    return text
  }

  func sawGate(_ gate: [GateLine]) {
    guard !gate.isEmpty else { return }
    state.withLock { $0.gate = gate }
  }

  /// Takes in a status and gives the marks that are new with it.
  func saw(_ service: ServiceStatus, _ document: StatusDocument) -> [DemoMark] {
    state.withLock { state in
      var new: [DemoMark] = []
      if service.active == from, let target = region(to, service) { state.target = target }
      if kind == .failover, !state.suspected, let source = region(from, service),
        ["failing", "unreachable", "isolated", "contested"].contains(source.verdict)
      {
        state.suspected = true
        let votes = source.outside.serving + source.outside.bad
        new.append(
          DemoMark(
            atMs: document.atMs - Int64(source.verdictMs), label: "suspect",
            text: "\(from) \(source.verdict): \(source.agents.good)/\(source.agents.expected) "
              + "agents, \(source.outside.bad)/\(votes) outside fail",
            rule: service.rule.number))
      }
      if kind == .failback, !state.recovered, let source = region(to, service),
        source.verdict == "healthy"
      {
        state.recovered = true
        let missing = state.gate.count { !$0.holds }
        let waits =
          missing == 0 ? "" : "; waits for \(missing) condition\(missing == 1 ? "" : "s")"
        new.append(
          DemoMark(
            atMs: document.atMs, label: "gate",
            text: "\(to) healthy \(source.agents.good)/\(source.agents.expected)\(waits)",
            rule: service.rule.number))
      }
      state.marks += new
      return new
    }
  }

  /// What is waited for, for the live line.
  func waiting(_ service: ServiceStatus) -> String {
    let missing = state.withLock { $0.gate.first { !$0.holds }?.text }
    if kind == .failback, service.incident == nil, let missing { return missing }
    return service.headline
  }

  /// The move, once it has ended well.
  func ended(_ service: ServiceStatus) -> IncidentRecord? {
    guard let last = service.lastIncident, !known.contains(last.id), last.outcome == .converged
    else { return nil }
    return last
  }

  private func region(_ name: String, _ service: ServiceStatus) -> RegionStatus? {
    service.regions.first { $0.region == name }
  }

  /// The marks of a stored move: its own stamps.
  static func marks(of incident: IncidentRecord, target: String?) -> [DemoMark] {
    let stamps = incident.stamps
    var marks: [DemoMark] = []
    if let confirmed = stamps.confirmedMs {
      let since = stamps.firstBadMs.map { Double(confirmed - $0) / 1000 } ?? 0
      marks.append(
        DemoMark(
          atMs: confirmed, label: "detect", text: "confirmed: bad for \(tenths(since)) s"))
    }
    marks.append(
      DemoMark(
        atMs: stamps.intentMs, sign: incident.kind == .failback ? .back : .over, label: "decide",
        text: decision(incident, target: target), rule: incident.rule))
    if let committed = stamps.committedMs, let converged = stamps.convergedMs {
      let records = incident.records.map { "\($0.type) \($0.new)" }.joined(separator: ", ")
      marks.append(
        DemoMark(
          atMs: converged, label: "publish",
          text: "\(records): \(publication(incident.nameServers, committed: committed))",
          rule: 410))
    }
    if incident.outcome != .converged, incident.outcome != .open {
      marks.append(
        DemoMark(
          atMs: stamps.intentMs, sign: .bad, label: "ended",
          text: "\(incident.outcome.rawValue): \(incident.outcomeText ?? incident.why)"))
    }
    return marks
  }

  private static func decision(_ incident: IncidentRecord, target: String?) -> String {
    let verb = incident.kind == .failback ? "back to \(incident.to)" : incident.to
    return [verb + (target.map { ": \($0)" } ?? ""), "epoch \(incident.epoch)"]
      .joined(separator: ", ")
  }

  private static func publication(_ servers: [NameServerLine], committed: Int64) -> String {
    let lines = servers.enumerated().map { index, line -> String in
      guard let since = line.newSinceMs else { return "ns\(index + 1) \(line.answer.rawValue)" }
      return "ns\(index + 1) +\(tenths(Double(max(0, since - committed)) / 1000))"
    }
    return lines.joined(separator: " ") + " s"
  }

  private static func tenths(_ seconds: Double) -> String {
    let value = Int((seconds * 10).rounded())
    return "\(value / 10).\(abs(value % 10))"
  }
}
