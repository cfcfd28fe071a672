import Decision

/// A replay as text.
public struct ReplayScreen {
  private let result: ReplayResult
  private let fromMs: Int64
  private let toMs: Int64
  private let clock: (Int64) -> String
  private let day: (Int64) -> String

  /// The most transitions and differences that are told.
  static let maxLines = 200

  /// `clock` writes the time of day, `day` the date, of Unix milliseconds.
  public init(
    _ result: ReplayResult, fromMs: Int64, toMs: Int64, clock: @escaping (Int64) -> String,
    day: @escaping (Int64) -> String
  ) {
    self.result = result
    self.fromMs = fromMs
    self.toMs = toMs
    self.clock = clock
    self.day = day
  }

  /// The whole screen; `policy` is the other policy's file.
  public func text(policy: String?) -> String {
    var lines = head() + flaws() + transitions()
    if let policy, !result.isEmpty { lines += comparison(policy) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func time(_ ms: Int64) -> String {
    day(ms) == day(fromMs) ? clock(ms) : "\(day(ms)) \(clock(ms))"
  }

  private var beginning: String {
    guard let begun = result.begunMs else { return time(fromMs) }
    return begun > fromMs
      ? "\(time(begun)) on: nothing older is recorded" : "the keyframe of \(time(begun))"
  }

  /// What there is to say where there was nothing to play.
  private func nothing() -> [String] {
    [
      "\(day(fromMs)) \(clock(fromMs)) to \(time(toMs)): nothing was played again. No decision was "
        + "recorded in that time, or none could be read: this proves nothing.",
      "Another span: --from and --to. Another recording: --file.",
    ]
  }

  private func head() -> [String] {
    guard !result.isEmpty else { return nothing() }
    let services = result.services.joined(separator: ", ")
    let releases = result.releases.joined(separator: ", ")
    var lines = [
      "\(services): \(day(fromMs)) \(clock(fromMs)) to \(time(result.endedMs ?? toMs)), "
        + "recorded by \(releases)",
      "\(Self.number(result.steps)) decisions on \(Self.number(result.reports)) reports played "
        + "again, from \(beginning).",
    ]
    guard !result.isExact else {
      lines.append("Every one came out as it was recorded.")
      return lines
    }
    lines.append("Not every one came out as it was recorded:")
    for mismatch in result.mismatches {
      lines.append(
        "  \(time(mismatch.atMs))  \(mismatch.service): recorded \(mismatch.recorded), now "
          + "\(mismatch.replayed)")
      lines.append("            \(mismatch.why)")
    }
    if result.moreMismatches > 0 { lines.append("  and \(result.moreMismatches) more") }
    return lines
  }

  private func flaws() -> [String] {
    result.flaws.isEmpty ? [] : ["", "Not all could be read:"] + result.flaws.map { "  \($0)" }
  }

  private func transitions() -> [String] {
    var told = result.transitions.map { transition in
      (transition.atMs, line(of: transition))
    }
    told += result.notes.map { ($0.atMs, "\(time($0.atMs))  --- \($0.text)") }
    guard !told.isEmpty else {
      guard !result.isEmpty else { return [] }
      return ["", "Nothing was decided in that time: every tick said the same as the one before."]
    }
    told.sort { $0.0 < $1.0 }
    var lines = ["", "What was decided"] + told.prefix(Self.maxLines).map { "  \($0.1)" }
    if told.count > Self.maxLines {
      lines.append("  and \(told.count - Self.maxLines) more; all of them with --json")
    }
    return lines
  }

  private func line(of transition: ReplayedTransition) -> String {
    let service = result.services.count > 1 ? "\(transition.service): " : ""
    let move = transition.opens.map { "\($0.from ?? "nowhere") to \($0.to): " } ?? ""
    return "\(time(transition.atMs))  \(service)\(move)\(transition.text) "
      + "(rule \(transition.rule))"
  }

  // MARK: The other policy

  private func comparison(_ policy: String) -> [String] {
    let then = result.moves.count
    let new = result.newMoves?.count ?? 0
    var lines = [
      "", "Under \(policy)",
      "  Moves: \(then) then, \(new) under this policy, \(result.sameMoves) of them the same.",
    ]
    if result.differences.isEmpty {
      lines.append("  Nothing would have been decided otherwise about where traffic goes.")
    } else {
      lines += result.differences.prefix(Self.maxLines).flatMap(tell)
      lines += [
        "  From a difference on, until both agree again on where traffic is, what DNS and the",
        "  provider said belongs to the moves that were made: there, this policy's moves are taken",
        "  to succeed at once.",
      ]
    }
    return lines + holds()
  }

  private func tell(_ difference: ReplayDifference) -> [String] {
    let service = result.services.count > 1 ? "\(difference.service): " : ""
    let head = "  \(time(difference.atMs))  \(service)"
    switch difference.kind {
    case .later, .earlier:
      guard let then = difference.then, let new = difference.new else { return [] }
      return [
        head + "\(Self.way(then)) \(Self.seconds(difference.seconds ?? 0)) "
          + "\(difference.kind.rawValue)",
        "      then \(time(then.atMs)): \(Self.reason(then))",
        "      new  \(time(new.atMs)): \(Self.reason(new))",
      ]
    case .onlyThen:
      guard let then = difference.then else { return [] }
      return [
        head + "\(Self.way(then)) would not have been made",
        "      then: \(Self.reason(then)), \(then.outcome)",
      ]
    case .onlyNew:
      guard let new = difference.new else { return [] }
      return [
        head + "\(Self.way(new)) would have been made",
        "      new: \(Self.reason(new)), \(new.outcome)",
      ]
    case .refused: return [head + (difference.text ?? "")]
    }
  }

  private func holds() -> [String] {
    let lines = result.holds.filter { $0.thenSeconds != $0.newSeconds }
    guard !lines.isEmpty else { return [] }
    return ["  Time in which a region that was confirmed down was not left:"]
      + lines.map { hold in
        "    \(hold.text) (rule \(hold.rule)): \(Self.seconds(hold.thenSeconds)) then, "
          + "\(Self.seconds(hold.newSeconds ?? 0)) under this policy"
      }
  }

  private static func way(_ move: ReplayedMove) -> String {
    "\(move.from ?? "nowhere") to \(move.to)"
  }

  private static func reason(_ move: ReplayedMove) -> String {
    "rule \(move.rule), \(move.text)"
  }

  private static func seconds(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) s"
  }

  /// `12,345`.
  static func number(_ count: Int) -> String {
    var digits = ""
    for (index, digit) in String(count).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { digits.append(",") }
      digits.append(digit)
    }
    return String(digits.reversed())
  }
}
