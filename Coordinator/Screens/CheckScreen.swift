public import Wire

extension Screens {
  /// `signalbox check`: a line for every item, and under each finding the command that mends it.
  public static func check(
    _ document: CheckDocument, style: ScreenStyle = ScreenStyle()
  ) -> String {
    if document.services.isEmpty {
      var page = Page(style)
      page.headline(
        "UNKNOWN", .warning, "No service is configured: add [service.NAME] to coordinator.toml.")
      return page.text
    }
    return document.services.map { service in
      service.lines.reduce(into: head(service, style)) { text, line in
        text += item(line, style) + fixes(line, style)
      }
    }.joined(separator: "\n")
  }

  private static func head(_ service: ServiceReadiness, _ style: ScreenStyle) -> String {
    var page = Page(style)
    page.readiness(service)
    return page.text
  }

  private static func item(_ line: ReadinessLine, _ style: ScreenStyle) -> String {
    var page = Page(style)
    page.item(line)
    return page.text
  }

  /// Commands are wider than the style where they have to be, so that each can be pasted as it
  /// stands; what is said of one stands under it.
  private static func fixes(_ line: ReadinessLine, _ style: ScreenStyle) -> String {
    var wide = style
    wide.width = .max
    var page = Page(wide)
    for fix in line.fixes {
      let (command, comment) = parted(Text.clean(fix))
      page.add([Segment("       fix:  "), Segment(command, .title)])
      guard let comment else { continue }
      for part in Text.wrap(comment, style.width - 15) {
        page.add("             # \(part)", .quiet)
      }
    }
    return page.text
  }

  /// A command without the comment at its end.
  private static func parted(_ fix: String) -> (command: String, comment: String?) {
    let mark = Array("  # ")
    let characters = Array(fix)
    guard characters.count > mark.count,
      let start = (0...(characters.count - mark.count)).first(where: {
        Array(characters[$0..<($0 + mark.count)]) == mark
      })
    else { return (fix, nil) }
    return (String(characters[..<start]), String(characters[(start + mark.count)...]))
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
  }

  fileprivate mutating func item(_ line: ReadinessLine) {
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
  }
}
