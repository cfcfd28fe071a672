import Platform
import Rehearsal
import Screens
import Wire

extension Demo {
  /// Judges the whole story and completes the report.
  mutating func conclude() async throws {
    times.end = Clocks.wallMilliseconds()
    if times.begin == 0 { times.begin = times.end }
    let visits = visitor.seen()
    let outages = outages(visits).filter { $0.fromMs >= times.begin }
    let turn = times.repair == 0 ? Int64.max : times.repair
    let alarm = times.alarm == 0 ? turn : times.alarm
    if times.fault > 0 {
      report.failover.clientDowntimeSeconds = downtime(outages, from: times.fault, to: alarm)
      report.failback.clientDowntimeSeconds = downtime(outages, from: turn, to: .max)
    }
    noteClient(outages)
    try await judge(visits, outages)
    report.seconds = Double(times.end - times.begin) / 1000
    report.passed = report.problems.isEmpty
  }

  /// A visit under way when the fault is stamped is no failure of before.
  private func outages(_ visits: [Visit]) -> [Outage] {
    Outage.find(visits, strikes: times.fault > 0 ? [times.fault] : [])
  }

  private mutating func judge(_ visits: [Visit], _ outages: [Outage]) async throws {
    let start = report.failover.from
    if report.problems.isEmpty {
      if !report.failover.converged { report.problems.append("the failover did not converge") }
      if !report.failback.converged { report.problems.append("the failback did not converge") }
      if report.failback.from != report.failover.to || report.failback.to != start {
        report.problems.append(
          "the failback went \(report.failback.from ?? "?") -> \(report.failback.to ?? "?"), not "
            + "\(report.failover.to ?? "?") -> \(start ?? "?")")
      }
      let moves = try await rehearsal.incidents().filter { $0.outcome == .converged }
      if moves.count != 2 {
        report.problems.append("there were \(moves.count) moves, not 2: see signalbox history")
      }
    }
    for outage in outages where outage.fromMs < times.fault {
      report.problems.append(
        "users were not served for \(Self.seconds(outage, end: times.end)) s before any fault")
    }
    if visits.suffix(5).contains(where: { !$0.served }) || visits.isEmpty {
      report.problems.append(
        "users are not served at the end: \(visits.last?.detail ?? "no visit")")
    }
  }

  private static func seconds(_ outage: Outage, end: Int64) -> Double {
    let length = (outage.toMs ?? end) - outage.fromMs
    return Double(max(0, length) / 100) / 10
  }

  private func downtime(_ outages: [Outage], from: Int64, to: Int64) -> Double {
    outages.filter { $0.fromMs >= from && $0.fromMs < to }
      .reduce(0) { $0 + Double(max(0, ($1.toMs ?? times.end) - $1.fromMs)) / 1000 }
  }

  /// How the story looked to the user.
  private mutating func noteClient(_ outages: [Outage]) {
    for outage in outages {
      marks.append(
        at(
          DemoMark(
            atMs: outage.fromMs, sign: .bad, label: "client", text: "first failed request")))
      guard let end = outage.toMs else { continue }
      let requests = outage.failed == 1 ? "1 request" : "\(outage.failed) requests"
      marks.append(
        at(
          DemoMark(
            atMs: end, sign: .good, label: "client",
            text: "served by \(outage.servedBy ?? "?"); \(requests) had failed")))
    }
    for incident in [failover, failback].compactMap({ $0 }) {
      guard let converged = incident.stamps.convergedMs else { continue }
      let begin = incident.kind == .failback ? times.repair : times.fault
      let end = incident.kind == .failback ? Int64.max : times.alarm
      if !outages.contains(where: { $0.fromMs >= begin && $0.fromMs < end }) {
        marks.append(
          at(
            DemoMark(
              atMs: converged, sign: .good, label: "client",
              text: "served by \(incident.to), 0 failed requests")))
      }
    }
  }

  /// The final screen's content.
  func timeline() -> DemoTimeline {
    let options = rehearsal.options
    let stateless = times.repair == 0 ? Int64.max : times.repair
    let outages = outages(visitor.seen())
    return DemoTimeline(
      title: "\(rehearsal.sites.count) regions x \(options.instances) agents, real processes; "
        + "a client asks every 0.1 s",
      marks: marks,
      rows: [
        .init(
          name: "failover", parts: report.failover.converged ? report.failover.partsSeconds : nil,
          usersSawSeconds: report.failover.clientDowntimeSeconds,
          atRiskSeconds: report.failover.dataAtRiskSeconds),
        .init(
          name: "false alarm", parts: nil,
          usersSawSeconds: times.alarm == 0
            ? 0 : downtime(outages, from: times.alarm, to: stateless), atRiskSeconds: nil),
        .init(
          name: "failback", parts: report.failback.converged ? report.failback.partsSeconds : nil,
          usersSawSeconds: report.failback.clientDowntimeSeconds,
          atRiskSeconds: report.failback.dataAtRiskSeconds),
      ],
      dataAtRisk: dataAtRisk(), honest: honest(), problems: report.problems,
      seconds: report.seconds,
      next: [
        ActionLine(command: "signalbox demo --hold", effect: "keep it running and look around")
      ])
  }

  private func dataAtRisk() -> String? {
    guard let incident = failover else { return nil }
    guard let risk = incident.dataAtRisk else {
      return
        "not measured: no heartbeat of \(incident.from ?? "the source") reached \(incident.to)."
    }
    let upper = report.failover.dataAtRiskUpperSeconds.map { ", at most \(tenths($0)) s" } ?? ""
    // The figure of the table, and when it was.
    let what = "\(tenths(risk.behindSeconds)) s of writes in \(incident.from ?? "?")\(upper)"
    guard let from = risk.fromMs, let to = risk.toMs else { return "\(what)." }
    return "\(what) (\(stopwatch(from)) - \(stopwatch(to)))."
  }

  /// What the same takes on Linode with the default settings.
  private func honest() -> String {
    "On Linode add 30 s to confirm, up to 60 s to publish, 30 s of TTL: about 75 s."
  }

  private func stopwatch(_ unixMs: Int64) -> String {
    let all = max(0, Int((Double(unixMs - times.begin) / 100).rounded()))
    let (minutes, seconds) = (all / 600, all / 10 % 60)
    return "\(minutes < 10 ? "0" : "")\(minutes):\(seconds < 10 ? "0" : "")\(seconds).\(all % 10)"
  }

  private func tenths(_ seconds: Double) -> String {
    let value = Int((max(0, seconds) * 10).rounded())
    return "\(value / 10).\(value % 10)"
  }
}
