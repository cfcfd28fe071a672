public import Wire

/// What a rehearsal saw, as its final screen shows it. Times are seconds since its start.
public struct DemoTimeline: Sendable {
  /// A line of the timeline.
  public struct Mark: Sendable {
    /// How the sign column marks a line.
    public enum Sign: String, Sendable, CaseIterable {
      case none = ""
      case bad = "x"
      case over = "->"
      case back = "<-"
      case good = "ok"
    }
    public var seconds: Double
    public var sign: Sign
    /// `FAULT`, `client`, `decide`, …: one word.
    public var label: String
    public var text: String
    /// The rule behind it, where there is one.
    public var rule: Int?

    public init(seconds: Double, sign: Sign = .none, label: String, text: String, rule: Int? = nil)
    {
      self.seconds = seconds
      self.sign = sign
      self.label = label
      self.text = text
      self.rule = rule
    }
  }

  /// A row of the table of parts.
  public struct Row: Sendable {
    public var name: String
    /// Absent where nothing was moved.
    public var parts: RecoveryParts?
    public var usersSawSeconds: Double
    public var atRiskSeconds: Double?

    public init(
      name: String, parts: RecoveryParts?, usersSawSeconds: Double, atRiskSeconds: Double?
    ) {
      self.name = name
      self.parts = parts
      self.usersSawSeconds = usersSawSeconds
      self.atRiskSeconds = atRiskSeconds
    }
  }

  /// What was rehearsed, one or two lines.
  public var title: String
  public var marks: [Mark]
  public var rows: [Row]
  /// The sentence on the writes at risk; absent where nothing is known of them.
  public var dataAtRisk: String?
  /// What the same would take on Linode.
  public var honest: String
  /// Why it did not pass; empty when it did.
  public var problems: [String]
  public var seconds: Double
  public var next: [ActionLine]

  public init(
    title: String, marks: [Mark], rows: [Row], dataAtRisk: String?, honest: String,
    problems: [String], seconds: Double, next: [ActionLine]
  ) {
    self.title = title
    self.marks = marks
    self.rows = rows
    self.dataAtRisk = dataAtRisk
    self.honest = honest
    self.problems = problems
    self.seconds = seconds
    self.next = next
  }
}

extension Screens {
  /// The rehearsal's final screen.
  public static func timeline(_ timeline: DemoTimeline, style: ScreenStyle = ScreenStyle())
    -> String
  {
    var page = Page(style)
    let title = Text.wrap(timeline.title, style.width - 17)
    for (index, line) in title.enumerated() {
      page.add([
        Segment(index == 0 ? "signalbox demo   " : String(repeating: " ", count: 17), .title),
        Segment(line),
      ])
    }
    // Without empty lines: the whole story fits a terminal of 24 lines.
    // A stable order of marks with the same time: as they were given.
    let ordered = timeline.marks.enumerated().sorted {
      ($0.element.seconds, $0.offset) < ($1.element.seconds, $1.offset)
    }
    for mark in ordered { page.mark(mark.element) }
    page.table(timeline.rows)
    if let risk = timeline.dataAtRisk {
      for line in Text.wrap("Data at risk: \(risk)", style.width - 1) { page.add(" \(line)") }
    }
    for line in Text.wrap(timeline.honest, style.width - 1) { page.add(" \(line)") }
    page.verdict(timeline)
    return page.text
  }

  /// One line of the timeline by itself: live progress.
  public static func mark(_ mark: DemoTimeline.Mark, style: ScreenStyle = ScreenStyle()) -> String {
    var page = Page(style)
    page.mark(mark)
    return page.text
  }
}

extension Page {
  fileprivate mutating func mark(_ mark: DemoTimeline.Mark) {
    let tone: Tone =
      switch mark.sign {
      case .none: .plain
      case .bad: .bad
      case .over, .back: .warning
      case .good: .good
      }
    let column = 24
    let rule = mark.rule.map { "R\($0)" } ?? ""
    let room = style.width - column - (rule.isEmpty ? 0 : 6)
    let lines = Text.wrap(mark.text, room)
    for (index, line) in lines.enumerated() {
      guard index == 0 else {
        add(String(repeating: " ", count: column) + line)
        continue
      }
      let left = [
        Segment(" \(Text.stopwatchTenths(mark.seconds))  ", .quiet),
        Segment(Text.pad(mark.sign.rawValue, 3), tone),
        Segment(" \(Text.pad(mark.label, 9)) ", mark.sign == .none ? .title : tone),
        Segment(line),
      ]
      if rule.isEmpty { add(left) } else { spread(left, rule) }
    }
  }

  fileprivate mutating func table(_ rows: [DemoTimeline.Row]) {
    let name = max(12, rows.map(\.name.count).max() ?? 0)
    let heads = ["detect", "held", "decide", "api", "publish", "total", "users saw", "at risk"]
    let widths = [8, 7, 7, 6, 8, 7, 10, 9]
    let head = zip(heads, widths).map { Text.padLeft($0, $1) }.joined()
    add(" \(Text.pad("", name))\(head)", .quiet)
    for row in rows {
      var cells: [String]
      if let parts = row.parts {
        cells = [
          parts.detect, parts.held, parts.decide, parts.api, parts.publish, parts.total,
        ].map { "\(Text.fixed($0)) s" }
      } else {
        cells = Array(repeating: "-", count: 6)
      }
      cells.append("\(Text.fixed(row.usersSawSeconds)) s")
      cells.append(row.parts == nil ? "-" : row.atRiskSeconds.map { "\(Text.fixed($0)) s" } ?? "?")
      add(" \(Text.pad(row.name, name))" + zip(cells, widths).map { Text.padLeft($0, $1) }.joined())
    }
  }

  fileprivate mutating func verdict(_ timeline: DemoTimeline) {
    if timeline.problems.isEmpty {
      add([
        Segment(" PASS", .good),
        Segment(
          "  both moves converged, nothing moved without a reason "
            + "(\(Text.span(timeline.seconds)))"),
      ])
    } else {
      for (index, problem) in timeline.problems.enumerated() {
        for (row, line) in Text.wrap(problem, style.width - 7).enumerated() {
          add([Segment(index == 0 && row == 0 ? " FAIL" : "     ", .bad), Segment("  \(line)")])
        }
      }
    }
    let width = timeline.next.map(\.command.count).max() ?? 0
    for (index, action) in timeline.next.enumerated() {
      add(
        "\(index == 0 ? " Next" : "     ")  \(Text.pad(action.command, width))  \(action.effect)")
    }
  }
}
