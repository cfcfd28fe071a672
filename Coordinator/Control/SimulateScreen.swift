import Screens
import Simulator

extension SimulateReport {
  /// The report for people.
  func screen(_ style: ScreenStyle = ScreenStyle()) -> String {
    var lines: [String] = []
    func add(_ text: String, indent: String = "") {
      let page = Screens.paragraph(text, indent: indent, style: style)
      lines += page.split(separator: "\n").map(String.init)
    }
    for note in notes { add("Note: \(note).") }
    if let story { add("Story: \(story).") }
    for event in timeline {
      let sign: DemoTimeline.Mark.Sign =
        switch event.label {
        case "FAULT": .bad
        case "decide": .over
        case "publish": .good
        default: .none
        }
      let mark = DemoTimeline.Mark(
        seconds: event.seconds, sign: sign, label: event.label, text: event.text)
      lines.append(
        contentsOf: Screens.mark(mark, style: style).split(separator: "\n").map(String.init))
    }
    if story != nil { lines.append("") }
    let each = hoursEach.map { " of \(Self.short($0)) \($0 == 1 ? "hour" : "hours")" } ?? ""
    lines.append(
      "\(seeds) \(seeds == 1 ? "seed" : "seeds")\(each), \(simulatedHours) simulated hours "
        + "(\(regionDays) region-days) at \(hoursPerSecond) hours a second")
    if let hoursEach, abs(simulatedHours - hoursEach * Double(seeds)) > 0.05 * simulatedHours {
      lines.append(
        "  (each goes on until all is in order again; one with lossy roads ends sooner)")
    }
    let count = faults.values.reduce(0, +)
    lines.append(
      "\(count) faults of \(faults.count) kinds; \(moves["failover"] ?? 0) failovers, "
        + "\(moves["failback"] ?? 0) failbacks, \(moves["operator"] ?? 0) by operators")
    lines.append("Violations: \(violations)   False moves: \(falseMoves)")
    lines += comparison() + table()
    if !worst.isEmpty {
      lines += ["", "The longest failovers"]
      for move in worst { add("seed \(move.seed): \(move.text)", indent: "  ") }
    }
    lines +=
      falseMoveStories.isEmpty ? [] : ["", "False moves"] + falseMoveStories.map { "  \($0)" }
    for failure in failures {
      lines += ["", failure.text, "  again: \(failure.replay)"]
      if let schedule = failure.schedule {
        lines += ["  the smallest schedule that does it (save it, then --schedule FILE --trace):"]
        lines += schedule.split(separator: "\n").map { "    \($0)" }
      }
      lines += ["  what happened:"] + failure.trace.suffix(25).map { "    \($0)" }
    }
    if violations > failures.count { lines.append("... and \(violations - failures.count) more") }
    if violations > 0 || falseMoves > 0 { lines.append("") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Without a needless fraction.
  private static func short(_ hours: Double) -> String {
    hours == hours.rounded() ? "\(Int(hours))" : "\(hours)"
  }

  /// The article's script beside what was played.
  private func comparison() -> [String] {
    guard let script else { return [] }
    let rows: [(String, Double, Int, Int)] = [
      ("Signalbox", userDowntimeSeconds, moves["failover"] ?? 0, moves["failback"] ?? 0),
      (
        "script, as printed", script.printed.userDowntimeSeconds, script.printed.failovers,
        script.printed.failbacks
      ),
      (
        "script, as meant", script.meant.userDowntimeSeconds, script.meant.failovers,
        script.meant.failbacks
      ),
    ]
    return ["", Self.row("moved by", ["users saw", "failovers", "failbacks"])]
      + rows.map { name, seconds, failovers, failbacks in
        Self.row(name, ["\(SimulateReport.rounded(seconds)) s", "\(failovers)", "\(failbacks)"])
      }
  }

  private func table() -> [String] {
    guard failover.count + failback.count > 0 else { return [] }
    var lines = [
      "", Self.row("seconds", ["p50", "p90", "p99", "max"]),
    ]
    for (name, times) in [("failover", failover), ("failback", failback)] where times.count > 0 {
      lines.append("\(name) (\(times.count) completed)")
      let parts = [
        ("  total", times.total), ("  detect", times.detect), ("  held", times.held),
        ("  decide", times.decide), ("  api", times.api), ("  publish", times.publish),
        ("  users saw", times.downtime), ("  data at risk", times.dataAtRisk),
      ]
      for (part, values) in parts {
        lines.append(
          Self.row(part, [values.p50, values.p90, values.p99, values.max].map { "\($0)" }))
      }
    }
    return lines
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    func pad(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: Swift.max(0, width - text.count))
    }
    return name + pad(name, 18) + cells.map { pad($0, 10) + $0 }.joined()
  }
}
