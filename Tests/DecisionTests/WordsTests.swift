import Decision
import Testing
import Wire

/// What the decision says to people, word by word.
@Suite struct WordsTests {
  @Test func spansAndTimes() {
    let spans: [(Duration, String)] = [
      (.milliseconds(2_340), "2.3 s"), (.seconds(41), "41 s"), (.seconds(240), "4 min"),
      (.seconds(3 * 3_600), "3 h"), (.seconds(9 * 86_400), "9 days"),
    ]
    for (span, text) in spans { #expect(Words.span(span) == text) }
    let now: Int64 = 1_795_403_566_000
    #expect(Words.clock(now, at: now) == "03:12:46 UTC")
    #expect(Words.clock(now - 86_400_000 * 2, at: now) == "2026-11-21 03:12:46 UTC")
  }

  /// A line of the active region that is well but for one thing.
  private static func line(_ change: (inout StandingFacts) -> Void) -> String {
    var facts = StandingFacts(
      service: "app", name: "app.example.com", nowMs: 1_795_403_566_000)
    facts.active = "us-east"
    facts.target = "us-west"
    facts.cause = "2/2 agents good"
    change(&facts)
    return Standing(facts).headline
  }

  @Test func whatComesAfterTheConfirmation() {
    func after(_ outlook: Outlook?) -> String {
      Self.line {
        $0.source = .down
        $0.verdict = .failing
        $0.then = outlook
      }
    }
    #expect(after(Outlook(.moves, to: nil)).contains("move to another region"))
    let held = after(Outlook(.held, because: "paused"))
    #expect(held.contains("then nobody is moved: paused"))
    #expect(after(Outlook(.held)).contains("something holds it back"))
    #expect(after(Outlook(.noTarget)).contains("no other region may take over then"))
    #expect(after(Outlook(.stays)).contains("before users of app.example.com are moved"))
    #expect(after(nil).contains("before users of app.example.com are moved"))
  }

  @Test func whatIsNotKnown() {
    let words: [(Verdict, String)] = [
      (.silent, "nothing is known from inside us-east"), (.partial, "too few agents of us-east"),
      (.contested, "the hosts of us-east say it is broken"),
      (.unknown, "whether us-east serves users of app.example.com is not known: its own"),
    ]
    for (verdict, text) in words {
      let line = Self.line {
        $0.source = .unsure
        $0.verdict = verdict
        $0.doubts = ["its own probes fail"]
      }
      #expect(line.contains(text), "\(line)")
    }
  }

  @Test func whereUsersAreSent() {
    let drift = Self.line {
      $0.at = .drift
      $0.shown = []
    }
    #expect(drift.contains("an unknown address") && drift.contains("being overwritten"))
    let begun = Self.line { $0.move = .init(from: nil, to: "us-west") }
    #expect(begun == "app.example.com: nowhere -> us-west.")
  }

  /// One's own marker is not another writer's.
  @Test func whoClaimsTheName() {
    let own = Conflict(
      ForeignMarker(name: nil, text: "mine", epoch: 9, isOwn: true), sinceMs: 0)
    #expect(own.claim.hasPrefix("this coordinator's own marker"))
    #expect(own.words(of: "app.example.com").contains(Conflict.wentBack))
    let other = Conflict(ForeignMarker(name: "n", text: "theirs", epoch: nil), sinceMs: 0)
    #expect(other.claim == "another writer claims the name")
  }

  @Test(arguments: [301, 403, 404, 405, 418, 429]) func whatUsuallyCausesAStatus(status: Int) {
    let found = Voteless(
      family: .ipv6, status: status, since: Instant(milliseconds: 1))
    #expect(found.text.contains("IPv6 address answers only \(status)") && !found.cause.isEmpty)
  }

  /// A second pause keeps who was first and when, its reason and end unless others are given.
  @Test func aSecondPause() throws {
    var lab = Lab()
    lab.settle()
    func pause(_ by: String, _ reason: String?, _ untilMs: Int64?) -> Pause {
      Pause(by: by, reason: reason, sinceMs: 5, untilMs: untilMs)
    }
    try lab.machine.pause(pause("kim", "audit", 90), epoch: 0)
    try lab.machine.pause(pause("lee", nil, nil), epoch: 0)
    #expect(lab.machine.memory.pause == pause("kim", "audit", 90))
    try lab.machine.pause(pause("lee", "more", 120), epoch: 0)
    #expect(lab.machine.memory.pause == pause("kim", "more", 120))
  }
}
