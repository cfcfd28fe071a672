public import Wire

extension Screens {
  /// `signalbox explain`: the answer, the evidence with its age, the rules, what you can do.
  public static func explain(_ document: ExplainDocument, style: ScreenStyle = ScreenStyle())
    -> String
  {
    var page = Page(style)
    page.answer(document)
    page.blocks(document.blocks)
    page.evidence(document.evidence)
    page.conclusion(document.conclusion)
    page.changes(document.changes)
    page.targets(document.targets)
    page.conditions(document)
    page.actions(document.actions)
    return page.text
  }
}

extension Page {
  fileprivate mutating func answer(_ document: ExplainDocument) {
    let right = "rule \(document.rule.label)  \(style.clock(document.atMs))"
    var lines = Text.wrap(document.answer, style.width)
    let last = lines.popLast() ?? ""
    for line in lines { add(line, .title) }
    spread([Segment(last, .title)], right)
    if !document.rule.text.isEmpty, document.rule.text != document.answer {
      for line in Text.wrap("\(document.rule.name): \(document.rule.text)", style.width - 4) {
        add("    \(line)", .quiet)
      }
    }
  }

  fileprivate mutating func blocks(_ blocks: [BlockLine]) {
    guard !blocks.isEmpty else { return }
    gap()
    add("  What blocks a move")
    let region = min(16, blocks.compactMap(\.region?.count).max() ?? 0)
    let column = 4 + 5 + (region > 0 ? region + 2 : 0)
    for block in blocks {
      let head =
        "    \(Text.pad(block.rule.label, 5))"
        + (region > 0 ? Text.pad(Text.clean(block.region ?? ""), region + 2) : "")
      let lines = Text.wrap(block.rule.text, style.width - column)
      for (index, line) in lines.enumerated() {
        add(
          (index == 0 ? head : String(repeating: " ", count: column)) + line,
          index == 0 ? .warning : .plain)
      }
      for line in Text.wrap("clears: \(block.clears)", style.width - column) {
        add(String(repeating: " ", count: column) + line)
      }
    }
  }

  fileprivate mutating func evidence(_ groups: [EvidenceGroup]) {
    for (number, group) in groups.enumerated() {
      gap()
      let title =
        "  What we know about \(Text.clean(group.subject)): \(VerdictWords.word(group.verdict))"
      if number == 0 { spread([Segment(title)], "age", tone: .quiet) } else { add(title) }
      let label = min(16, max(12, group.lines.map(\.label.count).max() ?? 12)) + 2
      let room = style.width - 4 - label - 8
      var shown = ""
      for line in group.lines {
        // The same label again is a further line of the same kind of evidence.
        let head = line.label == shown ? "" : line.label
        shown = line.label
        let lines = Text.wrap(line.text, room)
        for (index, text) in lines.enumerated() {
          let left = "    \(Text.pad(index == 0 ? head : "", label))\(text)"
          if index == 0, let age = line.ageMs {
            spread([Segment(left)], Text.age(age))
          } else {
            add(left)
          }
        }
      }
    }
  }

  fileprivate mutating func conclusion(_ text: String) {
    guard !text.isEmpty else { return }
    gap()
    for line in Text.wrap("So: \(text)", style.width - 2) {
      add("  \(line)", .title)
    }
  }

  fileprivate mutating func changes(_ changes: [RuleLine]) {
    guard !changes.isEmpty else { return }
    gap()
    add("  What would change this")
    for change in changes {
      for (index, line) in Text.wrap(change.text, style.width - 9).enumerated() {
        add("    \(index == 0 ? Text.pad(change.label, 5) : "     ")\(line)")
      }
    }
  }

  fileprivate mutating func targets(_ targets: [TargetLine]) {
    guard !targets.isEmpty else { return }
    gap()
    if let chosen = targets.first(where: \.chosen) {
      add("  It would go to \(Text.clean(chosen.region)).")
    } else {
      add("  No healthy target: no other region may take over.", .bad)
    }
    let name = min(18, targets.map(\.region.count).max() ?? 0) + 2
    for target in targets {
      let head = "    \(Text.pad(Text.clean(target.region), name))"
      var lines: [(String, Bool)] = []
      let holding = target.reasons.filter(\.holds).map(\.text)
      for reason in target.reasons where !reason.holds {
        let rule = reason.name.isEmpty ? "" : "  [\(reason.name)]"
        for (index, line) in Text.wrap(reason.text + rule, style.width - name - 10).enumerated() {
          lines.append(((index == 0 ? "no    " : "      ") + line, false))
        }
      }
      if !holding.isEmpty {
        for (index, line) in Text.wrap(
          holding.joined(separator: "; "), style.width - name - 10
        ).enumerated() {
          lines.append(((index == 0 ? "yes   " : "      ") + line, true))
        }
      }
      if lines.isEmpty { lines.append((target.chosen ? "chosen" : "standby", true)) }
      for (index, line) in lines.enumerated() {
        let left = index == 0 ? head : String(repeating: " ", count: name + 4)
        add([Segment(left), Segment(line.0, line.1 ? .plain : .warning)])
      }
    }
  }

  fileprivate mutating func conditions(_ document: ExplainDocument) {
    if !document.gate.isEmpty {
      gap()
      let open = document.gate.allSatisfy(\.holds)
      add("  Failing back: \(open ? "READY" : "not yet")")
      for line in document.gate {
        for (index, text) in Text.wrap(line.text, style.width - 8).enumerated() {
          let mark = index == 0 ? (line.holds ? "[x] " : "[ ] ") : "    "
          add([Segment("    \(mark)", line.holds ? .good : .warning), Segment(text)])
        }
      }
    }
    if !document.bound.isEmpty {
      let total = document.bound.reduce(0) { $0 + $1.seconds }
      let parts = document.bound.map { "\($0.name) \(Text.span($0.seconds))" }
      gap()
      labelled(
        "Bound",
        "if it failed for good now, the name servers agree within \(Text.span(total)): "
          + parts.joined(separator: ", "))
    }
  }

  fileprivate mutating func actions(_ actions: [ActionLine]) {
    guard !actions.isEmpty else { return }
    gap()
    let command = min(44, actions.map(\.command.count).max() ?? 0)
    for (number, action) in actions.enumerated() {
      let head = number == 0 ? "  You can   " : "            "
      let fits = action.command.count + 2 + action.effect.count <= style.width - 12
      if fits {
        let padded =
          command + 2 + action.effect.count <= style.width - 12
          ? Text.pad(action.command, command) : action.command
        add([Segment(head), Segment(padded, .title), Segment("  \(Text.clean(action.effect))")])
      } else {
        add([Segment(head), Segment(Text.clean(action.command), .title)])
        for line in Text.wrap(action.effect, style.width - 14) {
          add("              \(line)")
        }
      }
    }
  }
}
