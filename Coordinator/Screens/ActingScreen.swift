public import Wire

extension Screens {
  /// One move while it runs, or closed: what `failover` shows to its end.
  public static func move(
    _ incident: IncidentRecord, service: ServiceStatus?, atMs: Int64,
    style: ScreenStyle = ScreenStyle()
  ) -> String {
    var page = Page(style)
    if incident.outcome == .open {
      page.acting(incident, service: service, atMs: atMs)
    } else {
      page.closed(incident, service: service)
    }
    return page.text
  }
}

/// How far a step of a move is.
enum StepState: String {
  case done = "[x]"
  case running = "[.]"
  case waiting = "[ ]"
}

private struct Step {
  var name: String
  var atMs: Int64?
  var text: String
}

extension Page {
  /// The acting screen: what is happening, how far it is, what it costs, what you can do.
  mutating func acting(_ incident: IncidentRecord, service: ServiceStatus?, atMs: Int64) {
    spread(
      [
        Segment(incident.kind.acting, .warning),
        Segment("  \(incident.subject): \(incident.route)", .title),
      ],
      "+\(Text.stopwatch(atMs - incident.startMs)), incident \(incident.id)")
    gap()
    steps(incident)
    caches(incident, service: service)
    gap()
    risk(incident)
    if let trouble = incident.trouble { hindrance(trouble, atMs: atMs) }
    let mine = incident.operatorName.map { "\($0) asked for this; " } ?? ""
    labelled("You", mine + Self.advice(incident, service: service), column: 16)
    // Who follows a move by its incident alone does not know, and is told by the refusal.
    if incident.operatorName != nil, !Self.isWritten(incident), service?.mayCancel != false {
      labelled(
        "", "take it back before its first write: signalbox cancel \(incident.service)",
        column: 16)
    }
  }

  private static func isWritten(_ incident: IncidentRecord) -> Bool {
    incident.stamps.committedMs != nil || incident.records.contains(where: \.committed)
  }

  /// What holds the move up: what is tried, how often, since when, what came back.
  private mutating func hindrance(_ trouble: MoveTrouble, atMs: Int64) {
    let again =
      trouble.nextMs.map { next in
        next > atMs ? ", again in \(Text.span(Double(next - atMs) / 1000))" : ", again now"
      } ?? ""
    labelled(
      "Held up",
      "\(Text.clean(trouble.doing)): tried \(Text.count(trouble.times, "time", "times")) since "
        + "\(style.clock(trouble.sinceMs))\(again)", column: 16, tone: .warning)
    labelled("Last answer", Text.clean(trouble.answer), column: 16)
  }

  /// What a person can do about a move in flight.
  private static func advice(_ incident: IncidentRecord, service: ServiceStatus?) -> String {
    let name = incident.service
    // What the move waits for goes before what its last attempt came to.
    if let rule = service?.rule, rule.name == "supersede-awaits-approval" {
      return "\(rule.text): signalbox approve \(name)"
    }
    if let rule = service?.rule, ["target-dead-no-other", "resume-wait"].contains(rule.name) {
      return "\(rule.text). What it waits for: signalbox explain \(name)"
    }
    if incident.trouble != nil {
      return isWritten(incident)
        ? "it goes on by itself. What each name server should show, and the way by hand: "
          + "signalbox breakglass \(name)"
        : "it goes on trying. Where users cannot wait, write the record by hand: "
          + "signalbox breakglass \(name)"
    }
    return "nothing to do now. Why: signalbox explain \(name)"
  }

  /// The closing screen of a move that has ended.
  mutating func closed(_ incident: IncidentRecord, service: ServiceStatus? = nil) {
    let took = incident.stamps.convergedMs.map { Double($0 - incident.startMs) / 1000 }
    switch incident.outcome {
    case .converged:
      headline(
        "DONE", .good,
        "\(incident.subject) moved \(incident.route) in \(Text.span(took ?? 0)) "
          + "(incident \(incident.id)). Users are served by \(incident.to).")
    case .cancelled, .superseded, .failed, .open:
      let word =
        switch incident.outcome {
        case .failed: "FAILED"
        case .superseded: "REPLACED"
        default: "CALLED OFF"
        }
      headline(
        word, incident.outcome.tone,
        "\(incident.subject): \(incident.kind.noun) \(incident.route) "
          + "(incident \(incident.id)) was \(incident.outcome.word).")
    }
    gap()
    steps(incident)
    caches(incident, service: service)
    gap()
    if let text = incident.outcomeText { labelled("Outcome", text, column: 16) }
    labelled("Why", "\(incident.why)  (R\(incident.rule))", column: 16)
    if let name = incident.operatorName { labelled("Asked by", name, column: 16) }
    risk(incident)
    if incident.outcome == .converged {
      let parts = incident.stamps.parts(cacheSeconds: 0)
      labelled(
        "Took",
        "detect \(Text.fixed(parts.detect)), held \(Text.fixed(parts.held)), "
          + "decide \(Text.fixed(parts.decide)), api \(Text.fixed(parts.api)), "
          + "publish \(Text.fixed(parts.publish)): \(Text.fixed(parts.total)) s",
        column: 16)
    }
  }

  private mutating func steps(_ incident: IncidentRecord) {
    var runningSeen = incident.outcome != .open
    for step in Self.plan(incident) {
      let state: StepState
      if step.atMs != nil {
        state = .done
      } else if !runningSeen {
        state = .running
        runningSeen = true
      } else {
        state = .waiting
      }
      self.step(state, step.name, atMs: step.atMs, step.text)
    }
  }

  /// One step with its time, where it has one.
  mutating func step(_ state: StepState, _ name: String, atMs: Int64?, _ text: String) {
    let time = atMs.map(style.clock) ?? "        "
    let room = style.width - 29
    var lines = Text.wrap(text, room)
    // The whole of it is in the history.
    if lines.count > 3 { lines = [lines[0], lines[1], "\(lines[2].prefix(room - 4)) ..."] }
    let tone: Tone = state == .done ? .good : (state == .running ? .warning : .quiet)
    for (index, line) in lines.enumerated() {
      if index == 0 {
        add([
          Segment("  \(state.rawValue)", tone),
          Segment(" \(Text.pad(name, 12))\(time)   \(line)"),
        ])
      } else {
        add(String(repeating: " ", count: 29) + line)
      }
    }
  }

  /// The steps in order; a step without a time is still to come.
  private static func plan(_ incident: IncidentRecord) -> [Step] {
    let stamps = incident.stamps
    var steps: [Step] = []
    switch incident.kind {
    case .failover:
      steps.append(
        Step(
          name: "detected", atMs: stamps.firstBadMs,
          text: incident.evidence.first ?? incident.why))
      steps.append(
        Step(
          name: "confirmed", atMs: stamps.confirmedMs ?? stamps.intentMs,
          text: confirmation(incident)))
    case .failback:
      steps.append(
        Step(name: "gate open", atMs: stamps.gateMs ?? stamps.intentMs, text: incident.why))
    case .repair:
      steps.append(Step(name: "late write", atMs: stamps.intentMs, text: incident.why))
    case .operatorMove:
      steps.append(
        Step(
          name: "asked", atMs: stamps.gateMs ?? stamps.intentMs,
          text: incident.why))
    }
    let records = incident.records.map { record in
      "\(record.type) \(record.old ?? "?") -> \(record.new)"
    }
    let written = records.isEmpty ? "the record of \(incident.to)" : Text.list(records)
    steps.append(
      Step(
        name: "written", atMs: stamps.committedMs,
        text: stamps.committedMs == nil ? written : "\(written), read back"))
    let lines = incident.nameServers.byServer
    let servers = lines.map(\.noted).joined(
      separator: lines.allSatisfy { $0.note == nil } ? "  " : ", ")
    steps.append(
      Step(
        name: "published", atMs: stamps.convergedMs,
        text: servers.isEmpty ? "every name server is asked" : servers))
    return steps
  }

  /// How long it was watched, and how the target looked.
  private static func confirmation(_ incident: IncidentRecord) -> String {
    let stamps = incident.stamps
    var parts: [String] = []
    if let bad = stamps.firstBadMs, let confirmed = stamps.confirmedMs {
      parts.append("\(Text.span(Double(confirmed - bad) / 1000)) without recovery")
    }
    if let target = incident.evidence.first(where: { $0.hasPrefix("\(incident.to) ") }) {
      parts.append(target)
    }
    return parts.isEmpty ? "moving to \(incident.to)" : parts.joined(separator: "; ")
  }

  private mutating func risk(_ incident: IncidentRecord) {
    guard incident.kind != .failback || incident.dataAtRisk != nil else { return }
    let text =
      incident.dataAtRisk.map { $0.window(source: incident.from, style: style) }
      ?? "not measured: no heartbeat of \(incident.from ?? "the source") was seen there"
    labelled("Data at risk", text, column: 16)
  }
}
