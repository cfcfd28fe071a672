import Codec
import Decision
import Platform
import Recording
import Settings
import Wire

extension Coordinator {
  /// Takes in what a report relays of hosts that are not heard themselves (RULES 4).
  ///
  /// Of a host that is heard nothing is needed: its signatures are not even looked at.
  func takeRelayed(_ report: Report, now: Now) {
    let limit = deployment.sharedPolicy.freshFor
    for relayed in report.peers.compactMap(\.summary) {
      guard let agent = deployment.keys[relayed.keyid]?.agent, let home = deployment.agents[agent],
        home != report.region, !evidence.isFresh(agent, now: now.instant, for: limit)
      else { continue }
      let signed = now.instant.before(ageMs: relayed.ageMs)
      guard now.instant - signed <= limit else { continue }
      do throws(SummaryError) {
        let summary = try SummaryCodec.verify(relayed, keys: deployment.verifyingKey)
        guard summary.agent == agent, summary.region == home, isTimely(summary, now: now) else {
          continue
        }
        evidence.take(summary, signed: signed, now: now.instant)
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

  /// The age is what the relaying agent says; by the wall clocks it may not be an old one that is
  /// shown again.
  private func isTimely(_ summary: HealthSummary, now: Now) -> Bool {
    let window = deployment.settings.pace.firstContactWindow.wholeMilliseconds
    return abs(now.wallMs - summary.wallMs) <= window
  }
}
