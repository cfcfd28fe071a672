import Decision
import Testing
import Wire

/// The first line: every combination of what counts, and what it may never say.
@Suite struct StandingTests {
  private static let now: Int64 = 1_795_403_566_000

  private static func facts(_ change: (inout StandingFacts) -> Void = { _ in }) -> StandingFacts {
    var facts = StandingFacts(service: "app", name: "app.example.com", nowMs: now)
    facts.active = "us-east"
    facts.target = "us-west"
    facts.cause = "2/2 agents good"
    change(&facts)
    return facts
  }

  /// One thing that may be wrong.
  private static var spoilers: [(name: String, change: (inout StandingFacts) -> Void)] {
    [
      ("journal", { $0.journal = .init(why: "disk full", sinceMs: now - 90_000) }),
      ("grace", { $0.grace = .seconds(12) }),
      ("move", { $0.move = .init(from: "us-east", to: "us-west") }),
      (
        "foreign",
        {
          $0.at = .foreign
          $0.shown = ["198.51.100.7"]
        }
      ),
      ("accepted", { $0.accepted = ["198.51.100.7"] }),
      ("mixed", { $0.at = .mixed }), ("echo", { $0.at = .echo }), ("unknown", { $0.at = .unknown }),
      ("nowhere", { $0.active = nil }),
      ("pause", { $0.pause = Pause(by: "kim", reason: "audit", sinceMs: now, untilMs: nil) }),
      ("down", { $0.source = .down }), ("confirmed", { $0.source = .confirmed }),
      ("unsure", { $0.source = .unsure }), ("verdict", { $0.verdict = .degraded }),
      ("resolution", { $0.resolution = ["no name server answers"] }),
      ("marker", { $0.claim = "another writer claims the name" }),
      ("read", { $0.readTrouble = "503" }),
      ("write", { $0.writeTrouble = "401" }), ("target", { $0.target = nil }),
      ("voteless", { $0.unanswered = "its address answers only 404" }),
      ("thin", { $0.thin = ["1 of 2 hosts of us-west are lost"] }),
      ("lag", { $0.replication = ["replication stands"] }),
      ("spent", { $0.spent = "6 automatic moves, at most 6 in 6 h; that ends in 5 h" }),
    ]
  }

  /// Seen by somebody on call: what was promised was held back, and what was down went unsaid.
  @Test func whatIsHeldAndWhatIsDownIsSaid() {
    let held = "4 automatic moves in 6 h, beyond 3 they need more"
    let confirming = Standing(
      Self.facts {
        $0.source = .down
        $0.confirmationLeft = .seconds(4)
        $0.held = held
        $0.then = Outlook(.moves, to: "us-west", beginsSeconds: 34)
      })
    #expect(confirming.situation == .confirming)
    #expect(
      confirming.headline.hasSuffix(
        "then users of app.example.com are held (\(held)) and move to us-west in about 34 s."))
    // Without a hold what a forecast of some seconds ago says later is no hold.
    let plain = Standing(
      Self.facts {
        $0.source = .down
        $0.confirmationLeft = .seconds(17)
        $0.then = Outlook(.moves, to: "us-west", beginsSeconds: 20)
      })
    #expect(plain.headline.hasSuffix("then users of app.example.com move to us-west."))
    let paused = Standing(
      Self.facts {
        $0.source = .confirmed
        $0.pause = Pause(by: "kim", reason: nil, sinceMs: Self.now, untilMs: nil)
        $0.confirmedMs = Self.now
        $0.held = held
      })
    #expect(paused.headline.contains("paused or not, nobody would be moved yet: \(held)"))
    #expect(!paused.headline.contains("would have moved"))
    let lost = Standing(
      Self.facts {
        $0.at = .unknown
        $0.readTrouble = "Linode: 401"
        $0.source = .confirmed
        $0.downSinceMs = Self.now - 15_000
        $0.cause = "0 of 4 outside reach it"
      })
    #expect(lost.situation == .unknown)
    #expect(
      lost.headline.hasSuffix(
        "us-east, the active region, is DOWN (15 s): 0 of 4 outside reach it."))
    let moving = Standing(
      Self.facts {
        $0.move = .init(from: "us-east", to: "us-west")
        $0.targetTrouble = "looks down (0/2 agents good)"
      })
    #expect(moving.headline.hasSuffix("us-west looks down (0/2 agents good)."))
    let asking = Standing(
      Self.facts {
        $0.move = .init(from: "us-east", to: "us-west")
        $0.onwards = "eu-central"
      })
    #expect(asking.situation == .blocked)
    #expect(
      asking.headline.hasSuffix(
        "are sent to us-west, which is down: moving on to eu-central waits for a yes: signalbox "
          + "approve app."))
  }

  /// The same where it observes, is not yet confirmed, or has no target.
  @Test func whatIsHeldIsSaidInEachState() {
    let observing = Standing(
      Self.facts {
        $0.source = .confirmed
        $0.automation = .observe
        $0.held = "the zone is disabled. Set it to active"
      })
    #expect(
      observing.headline.contains(
        "while it observes or not, nobody would be moved yet: the zone is disabled;"))
    let lost = Standing(
      Self.facts {
        $0.at = .unknown
        $0.source = .down
        $0.downSinceMs = Self.now - 2_000
      })
    #expect(
      lost.headline.hasSuffix("us-east, the active region, looks down (2.0 s): 2/2 agents good."))
    let spent = Standing(
      Self.facts {
        $0.spent = "6 automatic moves, at most 6 in 6 h; that ends in 5 h"
        $0.target = nil
      })
    #expect(spent.situation == .unprotected)
    #expect(spent.headline.hasSuffix("in 5 h, and no other region could take over now."))
  }

  /// Every subset of everything that may be wrong: OK only where nothing is, never an empty line,
  /// and what is sent elsewhere is always named.
  @Test func neverOKWhereSomethingIsWrong() {
    let all = Self.spoilers
    var wrong: [String] = []
    for first in 0...all.count {
      for second in first...all.count {
        for third in second...all.count {
          let picked = Set([first, second, third]).filter { $0 < all.count }
          let facts = Self.facts { facts in
            for index in picked.sorted(by: >) { all[index].change(&facts) }
          }
          let standing = Standing(facts)
          let isOK = standing.situation == .ok
          let names = picked.sorted().map { all[$0].name }.joined(separator: "+")
          if isOK != picked.isEmpty { wrong.append("\(names): \(standing.situation)") }
          if standing.headline.isEmpty || !standing.headline.hasSuffix(".") { wrong.append(names) }
          let isElsewhere =
            !facts.accepted.isEmpty && facts.at == .region && facts.active != nil
            || facts.at == .foreign
          if isElsewhere, facts.grace == nil, facts.move == nil,
            !([standing.headline] + standing.also).contains(where: { $0.contains("198.51.100.7") })
          {
            wrong.append("\(names): does not name the address")
          }
        }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(20))")
  }

  /// While it starts, and while users are on the way, where they are and whether they are well
  /// there is no trouble of its own.
  @Test(arguments: [true, false]) func nothingIsSaidOfThePlaceMeanwhile(isStarting: Bool) {
    let about = [
      "foreign", "accepted", "mixed", "echo", "unknown", "nowhere", "unsure", "resolution",
    ]
    for spoiler in Self.spoilers where about.contains(spoiler.name) {
      var facts = Self.facts(spoiler.change)
      #expect(Standing(facts).situation != .ok, "\(spoiler.name)")
      if isStarting {
        facts.grace = .seconds(12)
      } else {
        facts.move = .init(from: "us-east", to: "us-west")
      }
      let standing = Standing(facts)
      #expect(standing.situation == (isStarting ? .unknown : .moving), "\(spoiler.name)")
      #expect(standing.also == [], "\(spoiler.name)")
    }
  }

  /// Where a move waits for a yes to go on elsewhere, it is said once where users are sent.
  @Test func aMoveThatWaitsForAYesIsToldOnce() {
    let standing = Standing(
      Self.facts { facts in
        facts.move = .init(from: "us-east", to: "us-west")
        facts.onwards = "ap-south"
      })
    #expect(standing.situation == .blocked && standing.also == [])
  }

  private func says(
    _ situation: Situation, _ headline: String, location: SourceLocation = #_sourceLocation,
    _ change: (inout StandingFacts) -> Void
  ) {
    let standing = Standing(Self.facts(change))
    #expect(standing.situation == situation, sourceLocation: location)
    #expect(standing.headline == headline, sourceLocation: location)
  }

  /// The forecast is the machine's own: a target that will be one in time protects.
  @Test func whoIsATargetInTimeProtects() {
    var facts = Self.facts { $0.target = nil }
    #expect(Standing(facts).situation == .unprotected)
    facts.ifItFailed = Outlook(.moves, to: "us-west", beginsSeconds: 12, seconds: 42)
    #expect(Standing(facts).situation == .ok)
    facts.ifItFailed = Outlook(.noTarget, because: "none is well")
    #expect(Standing(facts).situation == .unprotected)
  }

  @Test func wordsOfEach() {
    let now = Self.now
    says(.ok, "app.example.com is served by us-east.") { _ in }
    says(
      .blocked,
      "nothing can be decided or moved: the journal cannot be written since 03:11:16 UTC "
        + "(disk full); what is shown is 94 s old."
    ) {
      $0.journal = .init(why: "disk full", sinceMs: now - 90_000, pictureAge: .seconds(94))
    }
    says(
      .foreign,
      "users of app.example.com are sent to 198.51.100.7, adopted in place of us-east; the next "
        + "move overwrites it."
    ) { $0.accepted = ["198.51.100.7"] }
    says(
      .foreign,
      "users of www.example.com, docs.example.com are sent to 198.51.100.7, which is no region's "
        + "address: nothing is moved until it is one again, or: signalbox adopt app."
    ) {
      $0.at = .foreign
      $0.shown = ["198.51.100.7"]
      $0.astray = ["www.example.com", "docs.example.com"]
    }
    says(
      .paused,
      "by oncall since 02:12:46 UTC \"migrating db\", until 04:12:46 UTC. us-east is DOWN (4 min): "
        + "it would have moved to us-west at 03:09:16 UTC."
    ) {
      $0.pause = Pause(
        by: "oncall", reason: "migrating db", sinceMs: now - 3_600_000, untilMs: now + 3_600_000)
      $0.source = .confirmed
      $0.downSinceMs = now - 240_000
      $0.confirmedMs = now - 210_000
    }
    says(
      .confirming,
      "us-east looks down (0/2 agents good): confirming for another 12 s, then users of "
        + "app.example.com move to us-west."
    ) {
      $0.source = .down
      $0.verdict = .failing
      $0.cause = "0/2 agents good"
      $0.confirmationLeft = .seconds(12)
      $0.then = Outlook(.moves, to: "us-west", beginsSeconds: 12, seconds: 42)
    }
    says(
      .blocked,
      "us-east is DOWN: held: the DNS provider refused; the next attempt waits; 0/2 agents good. "
        + "It waits: the DNS provider refused the last attempt, in 40 s."
    ) {
      $0.source = .confirmed
      $0.cause = "0/2 agents good"
      $0.rule = .blockedByRefusal
      $0.hold = .init(text: "the DNS provider refused the last attempt", clears: "in 40 s")
    }
    says(
      .attention,
      "users of app.example.com may not reach us-east: none of the 3 answers: nobody can look "
        + "app.example.com up."
    ) { $0.resolution = ["none of the 3 answers: nobody can look app.example.com up"] }
  }

  @Test func timesFarAwayHaveTheirDate() {
    #expect(Words.clock(Self.now, at: Self.now) == "03:12:46 UTC")
    #expect(Words.clock(Self.now - 86_400_000, at: Self.now) == "2026-11-22 03:12:46 UTC")
  }
  /// A hold that ends with the confirmation, or a moment later, holds nobody.
  @Test(arguments: [(18, false), (20, true)] as [(Double, Bool)])
  func whatEndsWithTheConfirmationIsNoHold(begins: Double, isSaid: Bool) {
    let standing = Standing(
      Self.facts {
        $0.source = .down
        $0.confirmationLeft = .seconds(17)
        $0.held = "the zone is disabled"
        $0.then = Outlook(.moves, to: "us-west", beginsSeconds: begins)
      })
    #expect(standing.headline.contains("are held (the zone is disabled)") == isSaid)
    #expect(standing.headline.contains("move to us-west"))
  }
}
