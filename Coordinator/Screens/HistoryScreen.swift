public import Wire

extension Screens {
  /// `signalbox history`: the moves, newest first, then the newest events, oldest first.
  public static func history(
    incidents: [IncidentRecord], events: [EventRecord], service: String?, atMs: Int64,
    style: ScreenStyle = ScreenStyle()
  ) -> String {
    var page = Page(style)
    page.summary(incidents, service: service, atMs: atMs)
    for incident in incidents {
      page.gap()
      page.entry(incident)
    }
    if !events.isEmpty {
      page.gap()
      page.add("  Events")
      page.events(events)
    }
    if let newest = incidents.first {
      page.gap()
      page.labelled(
        "You can", "signalbox history --incident \(newest.id)   that move, step by step",
        column: 12)
    }
    return page.text
  }

  /// `signalbox history --incident N`: one move and everything that was noted of it.
  public static func incident(
    _ incident: IncidentRecord, events: [EventRecord], atMs: Int64,
    style: ScreenStyle = ScreenStyle()
  ) -> String {
    var page = Page(style)
    if incident.outcome == .open {
      page.acting(incident, service: nil, atMs: atMs)
    } else {
      page.closed(incident)
    }
    page.gap()
    page.add("  What was known at the decision, \(style.date(incident.stamps.intentMs))")
    for line in incident.evidence.isEmpty ? ["nothing was noted"] : incident.evidence {
      page.add(lines: Text.labelled("-", line, indent: 4, column: 6, width: style.width))
    }
    if !events.isEmpty {
      page.gap()
      page.add("  Events")
      page.events(events)
    }
    return page.text
  }

  /// Events as `history --follow` prints them, a line or more each.
  public static func events(_ events: [EventRecord], style: ScreenStyle = ScreenStyle()) -> String {
    var page = Page(style)
    page.events(events)
    return page.text
  }
}

extension Page {
  fileprivate mutating func summary(_ incidents: [IncidentRecord], service: String?, atMs: Int64) {
    let whose = service.map { " of \($0)" } ?? ""
    guard let newest = incidents.first else {
      headline("QUIET", .good, "No move\(whose) so far.")
      return
    }
    if newest.outcome == .open {
      headline(
        newest.kind.acting, .warning,
        "\(newest.subject): \(newest.route), incident \(newest.id), in progress.")
      return
    }
    let end = newest.stamps.convergedMs ?? newest.stamps.intentMs
    headline(
      "LAST MOVE", newest.outcome.tone,
      "\(Text.age(Int(max(0, atMs - end)))) ago: \(newest.subject) \(newest.route), "
        + "\(newest.kind.noun), \(newest.outcome.word).")
  }

  fileprivate mutating func entry(_ incident: IncidentRecord) {
    var left = "  \(Text.padLeft("\(incident.id)", 4))  \(style.date(incident.stamps.intentMs))"
    left += "  \(incident.kind.noun) \(incident.route)"
    var right = incident.outcome.word
    if incident.outcome == .converged {
      right += " in \(Text.span(incident.stamps.parts(cacheSeconds: 0).total))"
    }
    spread([Segment(left, .title)], right, tone: incident.outcome.tone)
    let who = incident.operatorName.map { " Asked by \($0)." } ?? ""
    for line in Text.wrap("\(incident.why) (R\(incident.rule))\(who)", style.width - 8) {
      add("        \(line)")
    }
    if let text = incident.outcomeText, incident.outcome != .converged {
      for line in Text.wrap(text, style.width - 8) { add("        \(line)") }
    }
    if let risk = incident.dataAtRisk, risk.behindSeconds >= 0.05 || risk.upperSeconds == nil {
      let text = "data at risk: \(risk.window(source: incident.from, style: style))"
      for line in Text.wrap(text, style.width - 8) { add("        \(line)") }
    }
  }

  fileprivate mutating func events(_ events: [EventRecord]) {
    for event in events {
      let tone: Tone =
        switch event.level {
        case .info: .plain
        case .notice: .title
        case .alert: .bad
        }
      let mark = event.level == .alert ? "!" : " "
      let rule = event.rule.map { " (R\($0))" } ?? ""
      let place = event.region.map { "\(Text.clean($0)): " } ?? ""
      let text = event.text.hasPrefix(place) ? event.text : place + event.text
      let head = "  \(mark) \(style.date(event.atMs))  "
      for (index, line) in Text.wrap(text + rule, style.width - head.count).enumerated() {
        add([
          Segment(index == 0 ? head : String(repeating: " ", count: head.count), .quiet),
          Segment(line, tone),
        ])
      }
    }
  }
}
