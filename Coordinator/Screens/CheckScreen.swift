public import Wire

extension Screens {
  /// `signalbox check`: a line for every item, and under each finding the command that mends it.
  public static func check(
    _ document: CheckDocument, style: ScreenStyle = ScreenStyle()
  ) -> String {
    var page = Page(style)
    if document.services.isEmpty {
      page.headline(
        "UNKNOWN", .warning, "No service is configured: add [service.NAME] to coordinator.toml.")
    }
    for service in document.services {
      page.gap()
      page.readiness(service)
    }
    return page.text
  }
}

extension ReadinessLevel {
  /// What stands before an item.
  var mark: String {
    switch self {
    case .ok: "ok"
    case .warning: "!"
    case .problem: "x"
    case .unmeasured: "-"
    }
  }

  var tone: Tone {
    switch self {
    case .ok: .plain
    case .warning: .warning
    case .problem: .bad
    case .unmeasured: .quiet
    }
  }
}

extension Page {
  fileprivate mutating func readiness(_ service: ServiceReadiness) {
    let subject = service.names.isEmpty ? service.service : Text.list(service.names)
    let problems = service.count(.problem)
    let warnings = service.count(.warning)
    let unmeasured = service.count(.unmeasured)
    var counts = [
      "\(service.count(.ok)) of \(service.lines.count - unmeasured) items are well"
    ]
    if problems > 0 { counts.append(Text.count(problems, "problem", "problems")) }
    if warnings > 0 { counts.append(Text.count(warnings, "warning", "warnings")) }
    if unmeasured > 0 { counts.append("\(unmeasured) not measured yet") }
    let (word, tone): (String, Tone) =
      problems > 0
      ? ("NOT READY", .bad) : warnings > 0 ? ("READY, BUT", .warning) : ("READY", .good)
    headline(word, tone, "\(subject): \(counts.joined(separator: ", ")).")
    gap()
    for line in service.lines { item(line) }
  }

  private mutating func item(_ line: ReadinessLine) {
    let column = 26
    let age = line.ageMs.map { Text.age($0) } ?? ""
    let text = line.level == .unmeasured ? "not measured yet: \(line.text)" : line.text
    let lines = Text.wrap(text, style.width - column - 6)
    for (index, part) in lines.enumerated() {
      guard index == 0 else {
        add(String(repeating: " ", count: column) + part, line.level.tone)
        continue
      }
      add([
        Segment("  \(Text.pad(line.level.mark, 3))", line.level == .ok ? .good : line.level.tone),
        Segment(Text.pad(line.title, column - 5)),
        Segment(Text.pad(part, style.width - column - 6), line.level.tone),
        Segment(Text.padLeft(age, 6), .quiet),
      ])
    }
    for fix in line.fixes {
      let lines = Text.wrap(fix, style.width - 14)
      // Within quotes a shell would take the backslash as it is.
      let isPlain = !fix.contains { "'\"#".contains($0) }
      for (index, part) in lines.enumerated() {
        let more = isPlain && index < lines.count - 1 ? " \\" : ""
        add([
          Segment(index == 0 ? "       fix:  " : "            "), Segment(part + more, .title),
        ])
      }
    }
  }
}
