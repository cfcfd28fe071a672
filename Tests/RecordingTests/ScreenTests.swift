import Decision
import Glibc
import Platform
import Testing

@testable import Recording

/// Times as people write them, and the screen.
@Suite struct ScreenTests {
  @Test(arguments: [
    ("2026-11-23T14:00:05Z", 1_795_442_405_000), ("2026-11-23T15:00:05+01:00", 1_795_442_405_000),
    ("2026-11-23T09:30:05-0430", 1_795_442_405_000), ("2026-11-23T14:00:05.25Z", 1_795_442_405_250),
    ("2026-11-23T14:00Z", 1_795_442_400_000), ("2026-11-23 14:00Z", 1_795_442_400_000),
    ("1969-12-31T23:59:59Z", -1000), ("-2h", 92_800_000), ("-1d12h", -29_600_000),
    ("-90s", 99_910_000), ("-1w", -504_800_000), ("now", 100_000_000),
  ])
  func times(text: String, expected: Int64) {
    #expect(ReplayTime.milliseconds(of: text, now: 100_000_000) == expected)
  }

  @Test(arguments: [
    "", "-", "2h", "-2", "-2x", "-h", "-99999999999999999999h", "-9999999w", "yesterday",
    "2026-02-30T00:00:00Z", "2026-13-01", "2026-11-23T24:00Z", "2026-11-23T14:00:05+1", "26-11-23",
    "2026-11-23T14:00+99:00", "2026-11-23T14:00+14:01", "2026-11-23T14:00-1260",
  ])
  func noTimes(text: String) {
    #expect(ReplayTime.milliseconds(of: text, now: 100_000_000) == nil)
  }

  @Test func theHostsOwnTime() throws {
    let found = try #require(ReplayTime.milliseconds(of: "2026-11-23 14:00", now: 0))
    #expect(WallTime.clock(found) == "14:00:00")
    let day = try #require(ReplayTime.milliseconds(of: "2026-11-23", now: 0))
    #expect(found - day == 14 * 3_600_000)
  }

  private func screen(_ result: ReplayResult) -> ReplayScreen {
    ReplayScreen(
      result, fromMs: 1_795_442_000_000, toMs: 1_795_443_000_000,
      clock: { String(WallTime.iso8601($0).dropFirst(11).prefix(8)) },
      day: { String(WallTime.iso8601($0).prefix(10)) })
  }

  private func result() -> ReplayResult {
    var result = ReplayResult()
    result.begunMs = 1_795_438_800_000
    result.endedMs = 1_795_443_000_000
    result.releases = ["0.2.0"]
    result.services = ["app"]
    result.steps = 2000
    result.reports = 12_345
    let facts = Facts(source: .confirmed)
    let intent = Intent(
      epoch: 1, errand: .emergency, from: "us-east", to: "us-west", rule: .failOver)
    let suspect = Transition.sample(.steady, .init(.suspect, .confirming), facts, nil)
    let moved = Transition.sample(
      .confirming, .init(.failOver, .switching, .openEmergency), facts, intent)
    result.transitions = [
      ReplayedTransition(suspect, service: "app", atMs: 1_795_442_400_000),
      ReplayedTransition(moved, service: "app", atMs: 1_795_442_430_000),
    ]
    result.notes = [ReplayNote(atMs: 1_795_442_100_000, text: "the coordinator started")]
    return result
  }

  private func move(_ atMs: Int64, outcome: String = "converged") -> ReplayedMove {
    ReplayedMove(
      atMs: atMs, service: "app", from: "us-east", to: "us-west", errand: .emergency, rule: 250,
      ruleName: "fail-over", text: "the active region is down: moving (us-east is failing)",
      outcome: outcome)
  }

  /// Nothing played is nothing proven.
  @Test func nothingAtAll() {
    #expect(!ReplayResult().isExact)
    var read = ReplayResult()
    read.flaws = ["evidence/x: cut short"]
    read.notes = [ReplayNote(atMs: 1_795_442_100_000, text: "the coordinator started")]
    for result in [ReplayResult(), read] {
      let text = screen(result).text(policy: nil)
      #expect(text.contains("nothing was played again"))
      #expect(!text.contains("as it was recorded") && !text.contains("every tick"), "\(text)")
    }
    #expect(screen(read).text(policy: nil).contains("cut short"))
  }

  @Test func asItWasRecorded() {
    let text = screen(result()).text(policy: nil)
    #expect(
      text == """
        app: 2026-11-23 13:53:20 to 14:10:00, recorded by 0.2.0
        2,000 decisions on 12,345 reports played again, from the keyframe of 13:00:00.
        Every one came out as it was recorded.

        What was decided
          13:55:00  --- the coordinator started
          14:00:00  the active region looks down: confirming (rule 200)
          14:00:30  us-east to us-west: the active region is down: moving (rule 250)

        """)
  }

  @Test func underAnotherPolicy() {
    var result = result()
    result.moves = [move(1_795_442_430_000)]
    result.newMoves = [move(1_795_442_460_000)]
    result.differences = [
      ReplayDifference(
        kind: .later, service: "app", atMs: 1_795_442_430_000, then: move(1_795_442_430_000),
        new: move(1_795_442_460_000), seconds: 30),
      ReplayDifference(
        kind: .onlyNew, service: "app", atMs: 1_795_442_500_000,
        new: move(1_795_442_500_000, outcome: "cancelled")),
      ReplayDifference(
        kind: .onlyThen, service: "app", atMs: 1_795_442_510_000, then: move(1_795_442_510_000)),
      ReplayDifference(kind: .refused, service: "app", atMs: 1_795_442_520_000, text: "no"),
    ]
    result.holds = [
      ReplayHold(
        service: "app", rule: 240, ruleName: "no-target", text: "no healthy target", thenSeconds: 0,
        newSeconds: 12.5)
    ]
    let text = screen(result).text(policy: "new.toml")
    let part = text.drop { $0 != "U" }
    #expect(
      part == """
        Under new.toml
          Moves: 1 then, 1 under this policy, 0 of them the same.
          14:00:30  us-east to us-west 30.0 s later
              then 14:00:30: rule 250, the active region is down: moving (us-east is failing)
              new  14:01:00: rule 250, the active region is down: moving (us-east is failing)
          14:01:40  us-east to us-west would have been made
              new: rule 250, the active region is down: moving (us-east is failing), cancelled
          14:01:50  us-east to us-west would not have been made
              then: rule 250, the active region is down: moving (us-east is failing), converged
          14:02:00  no
          From a difference on, until both agree again on where traffic is, what DNS and the
          provider said belongs to the moves that were made: there, this policy's moves are taken
          to succeed at once.
          Time in which a region that was confirmed down was not left:
            no healthy target (rule 240): 0.0 s then, 12.5 s under this policy

        """, "\(text)")
  }

  @Test func whatIsOffIsSaid() {
    var result = result()
    result.begunMs = 1_795_442_300_000
    result.mismatches = [
      ReplayMismatch(
        atMs: 1_795_442_430_000, service: "app", recorded: "rule 250", replayed: "nothing",
        why: "facts.at")
    ]
    result.moreMismatches = 2
    result.flaws = ["x.evidence: its last seconds were not finished"]
    result.transitions = []
    result.notes = []
    let text = screen(result).text(policy: nil)
    #expect(text.contains("from 13:58:20 on: nothing older is recorded."))
    #expect(text.contains("Not every one came out"))
    #expect(text.contains("recorded rule 250, now nothing") && text.contains("and 2 more"))
    #expect(text.contains("Not all could be read:\n  x.evidence"))
    #expect(text.contains("Nothing was decided in that time"))
  }
}

extension Transition {
  /// As a machine makes it.
  fileprivate static func sample(
    _ from: Phase, _ decision: Decision, _ facts: Facts, _ opened: Intent?
  ) -> Transition {
    struct Parts: Encodable {
      var from: Phase
      var decision: Decision
      var facts: Facts
      var opened: Intent?
    }
    do {
      let parts = Parts(from: from, decision: decision, facts: facts, opened: opened)
      return try JSONTree(parts).value(as: Transition.self)
    } catch {
      fatalError("\(error)")
    }
  }
}
