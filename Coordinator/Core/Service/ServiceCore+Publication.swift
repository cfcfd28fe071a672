import Decision
import Wire

/// The proof that a move is visible (RULES 16).
extension ServiceCore {
  /// Takes in a round of the name servers' answers, one watch per name and family. True where the
  /// proof is complete: then it is judged next. Nil where they are about another intent.
  mutating func tookAnswers(
    _ watches: [ConvergenceWatch], epoch: UInt64, now: Now
  ) -> Bool? {
    guard machine.memory.intent?.epoch == epoch else { return nil }
    lines = watches.flatMap(\.lines)
    incident?.nameServers = lines
    let converged = watches.compactMap(\.convergedMs)
    let isOver = converged.count == watches.count
    if isOver {
      machine.observe(write: .converged)
      incident?.trouble = nil
      let committed = incident?.stamps.committedMs ?? 0
      incident?.stamps.convergedMs = converged.reduce(committed, max)
      isVerifying = false
    } else {
      noteSlowness(pause: watches.map(\.pause).min(), now: now)
      tellNotPublished(now: now)
    }
    return isOver
  }

  /// Who keeps the move from its end, once publication takes longer than it usually does
  /// (facts/linode 3: a third of the alarm's time).
  private mutating func noteSlowness(pause: Duration?, now: Now) {
    guard let committed = incident?.stamps.committedMs,
      now.wallMs - committed > machine.policy.notPublishedAfter.wholeMilliseconds / 3
    else { return }
    let late = lines.filter { $0.answer != .new }.map { "\($0.server) \($0.answer.rawValue)" }
    hinder(
      "asking the name servers",
      answer: late.isEmpty ? "all new, once" : Set(late).sorted().joined(separator: ", "),
      sinceMs: committed, nextMs: pause.map { now.wallMs + $0.wholeMilliseconds }, now: now)
  }

  private mutating func tellNotPublished(now: Now) {
    guard !saidNotPublished, let committed = incident?.stamps.committedMs,
      now.wallMs - committed > machine.policy.notPublishedAfter.wholeMilliseconds
    else { return }
    let old = Set(lines.filter { $0.answer != .new }.map(\.server)).sorted()
    // Where all of them show it, the next rounds may prove it.
    let shown = lines.compactMap(\.newSinceMs).max() ?? committed
    let patience = machine.policy.convergenceRound * 2
    if old.isEmpty, now.wallMs - shown <= patience.wholeMilliseconds { return }
    saidNotPublished = true
    tell(
      .notPublished, at: now, level: .alert,
      text: old.isEmpty
        ? "written, and shown by all name servers, but not yet in every way that they are asked"
        : "written, but not published yet by \(old.joined(separator: ", "))")
  }
}
