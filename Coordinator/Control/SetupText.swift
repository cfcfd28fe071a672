import DNS
import Wire

/// What `signalbox setup` says to people.
enum SetupText {
  /// Each finding with what mends it.
  static func findings(_ proposal: SetupProposal) -> String {
    proposal.findings.map { finding in
      let fix = finding.isPlanned ? "--apply does it, below; or: \(finding.fix)" : finding.fix
      return "! \(finding.text)\n    \(fix)\n"
    }.joined()
  }

  /// What `--apply` does, and the command.
  static func plan(_ plan: SetupPlan, command: String) -> String {
    guard !plan.steps.isEmpty else {
      return "Nothing in the account is for --apply to change.\n"
    }
    var lines = [
      "What --apply does, in this order. Nothing is deleted, nobody is led elsewhere, it costs "
        + "nothing:"
    ]
    for (index, step) in plan.steps.enumerated() {
      lines.append("  \(index + 1). \(step.title)")
      let width = step.values.map(\.key.count).max() ?? 0
      for value in step.values {
        let key = value.key + String(repeating: " ", count: width - value.key.count)
        lines.append("       \(key)  \(shown(value.old)) -> \(shown(value.new))")
      }
    }
    lines.append("    \(command) --apply \(plan.checksum)")
    return lines.map(PlainText.cleanLines).joined(separator: "\n") + "\n\n"
  }

  private static func shown(_ value: String?) -> String {
    guard let value else { return "(none)" }
    return value.isEmpty ? "\"\"" : value
  }

  /// What came of it, in a line.
  static func account(of result: SetupApplier.Result) -> String {
    var parts: [String] = []
    if !result.done.isEmpty { parts.append("done before: \(titles(result.done))") }
    if !result.unproven.isEmpty {
      parts.append("asked for, and not proven: \(titles(result.unproven))")
    }
    return parts.isEmpty ? "nothing was changed" : parts.joined(separator: "; ")
  }

  static func result(_ result: SetupApplier.Result, _ hosts: [SetupFinding]) -> String {
    var lines: [String] = []
    for skipped in result.skipped {
      lines.append("! left out: \(skipped.step.title)\n    \(skipped.reason)")
    }
    for finding in hosts { lines.append("! \(finding.text)\n    \(finding.fix)") }
    var done = "Nothing to do"
    if !result.done.isEmpty {
      done = "Done: \(changes(result.done.count))"
    } else if !result.skipped.isEmpty {
      done = "Nothing was changed"
    }
    if !result.skipped.isEmpty {
      done += "; left out: \(changes(result.skipped.count)), which the same command tries again"
    } else if !hosts.isEmpty {
      done += "; but no host passes a check, above"
    }
    let rest = (result.proposal?.findings ?? []).count { !$0.isPlanned } - hosts.count
    lines.append(
      rest > 0
        ? "\(done). \(rest == 1 ? "A finding is" : "\(rest) findings are") left for you: signalbox "
          + "setup shows \(rest == 1 ? "it" : "them")."
        : "\(done).")
    return lines.map(PlainText.cleanLines).joined(separator: "\n") + "\n"
  }

  private static func titles(_ steps: [SetupStep]) -> String {
    steps.map(\.title).joined(separator: "; ")
  }

  private static func changes(_ count: Int) -> String {
    count == 1 ? "one change" : "\(count) changes"
  }
}
