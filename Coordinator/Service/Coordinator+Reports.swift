import Codec
import CoordinatorCore
import Decision
import Logging
import Platform
import Recording
import Settings
import Store
import Wire

extension Coordinator {
  /// Takes in a report whose signature is `agent`'s; the directive answers it.
  func take(_ received: ReceivedReport, from agent: AgentID) throws(Problem) -> Directive {
    let (report, now) = (received.report, Now.read())
    let challenge = SecureRandom.hex(16)
    switch tell(.report(report, from: agent, challenge: challenge), now: now) {
    case .directive(let directive):
      recording.put(received, at: now.instant)
      surroundings.skews[agent] = report.sentMs - now.wallMs
      takeRelayed(report, now: now)
      noteHistory(report, now: now)
      return directive
    case .refusedReport(let problem, let showsTwin):
      if showsTwin { recording.put(received, at: now.instant) }
      throw refuse(problem, now: now)
    case .text, .begun, .refused, .summary, nil:
      preconditionFailure("a report is answered by a directive, or refused")
    }
  }

  /// Takes in what other regions' agents relay of hosts that are not heard (RULES 4).
  private func takeRelayed(_ report: Report, now: Now) {
    for relayed in report.peers.compactMap(\.summary) {
      guard let agent = deployment.keys[relayed.keyid]?.agent,
        state.wants(
          summaryOf: agent, relayedFrom: report.region, ageMs: relayed.ageMs, now: now) != nil
      else { continue }
      do throws(SummaryError) {
        let summary = try SummaryCodec.verify(relayed, keys: deployment.verifyingKey)
        guard summary.agent == agent else { continue }
        let health = RelayedHealth(
          summary, by: report.agent, region: report.region, ageMs: relayed.ageMs)
        guard case .summary(let signed?) = tell(.summary(health), now: now) else { continue }
        recording.put(summary, signed: signed, at: now.instant)
      } catch {
        refuse(
          Problem(
            code: "bad_summary",
            message: "the health summary of '\(agent)' that '\(report.agent)' relays: \(error)"),
          now: now)
      }
    }
  }

  /// Counts a refused request and says so at a bounded rate; nothing else changes by it.
  @discardableResult
  func refuse(_ problem: Problem, now: Now) -> Problem {
    let count = (refused[problem.code] ?? 0) + 1
    refused[problem.code] = count
    let told = refusedToldAt[problem.code]
    if count.isPowerOfTen || told.map({ now.instant - $0 >= .seconds(60) }) ?? true {
      refusedToldAt[problem.code] = now.instant
      eventLog.write(
        .reportRefused, .warning, "refused \(count) report(s): \(problem.message)",
        ["code": problem.code, "count": "\(count)"])
    }
    return problem
  }

  /// What could not be delivered in time: history, never evidence.
  private func noteHistory(_ report: Report, now: Now) {
    guard !report.history.isEmpty else { return }
    // By the agent's own clock what it tells is past; the history goes by ours.
    let aheadMs = report.sentMs.subtractingSaturated(now.wallMs)
    let past = report.history.prefix(Limits.listEntries).filter { $0.atMs <= report.sentMs }
    let events = past.map { past in
      EventRecord(
        .lateReport,
        at: Now(instant: now.instant, wallMs: max(0, past.atMs.subtractingSaturated(aheadMs))),
        region: report.region,
        text: "\(report.agent): \(past.name) was \(past.state.rawValue)"
          + (past.reason.map { ": \($0)" } ?? "") + " (told now)")
    }
    guard !events.isEmpty else { return }
    for event in events { log(event) }
    do {
      _ = try store.commit(Commit(service: nil, events: events, source: report.agent))
    } catch {
      note(storeError: error)
    }
  }
}

extension Int {
  fileprivate var isPowerOfTen: Bool {
    var rest = self
    while rest >= 10 && rest % 10 == 0 { rest /= 10 }
    return rest == 1
  }
}
