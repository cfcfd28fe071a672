import Decision
import Seeded
import Testing
import Wire

/// Which authentic reports count (RULES 5).
@Suite struct AdmissionTests {
  private static let wall: Int64 = 1_700_000_000_000

  private func now(_ milliseconds: Int64, wallMs: Int64? = nil) -> Now {
    Now(instant: Instant(milliseconds: milliseconds), wallMs: wallMs ?? Self.wall + milliseconds)
  }

  private func report(
    boot: String = "b1", _ sequence: UInt64, challenge: String? = nil, sentMs: Int64 = wall
  ) -> Report {
    Report(
      agent: "a1", region: "us-east", boot: boot, sequence: sequence, sentMs: sentMs,
      intervalMs: 5000, challenge: challenge, agentVersion: "0.1.0")
  }

  private func admission() -> Admission {
    Admission(freshFor: .seconds(15), window: .seconds(60))
  }

  @Test func aReportCountsOnce() throws {
    var admission = admission()
    try admission.admit(report(5), now: now(0))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    for old: UInt64 in [5, 4, 1] {
      let problem = #expect(throws: Admission.Refusal.self) {
        try admission.admit(report(old, challenge: "c"), now: now(1))
      }
      #expect(problem?.problem.code == "replayed")
      #expect(problem?.showsTwin == false && problem?.wantsChallenge == false)
    }
    try admission.admit(report(6, challenge: "c"), now: now(2))
  }

  /// Also where it is another report, which shows a twin: it is evidence of that alone.
  @Test func aNumberThatWasSeenIsRefusedWhateverTheReport() throws {
    var admission = admission()
    try admission.admit(report(5), now: now(0))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    try admission.admit(report(6, challenge: "c", sentMs: Self.wall + 1), now: now(1))
    for _ in 0..<3 {
      for old: UInt64 in [5, 6] {
        let refusal = #expect(throws: Admission.Refusal.self) {
          try admission.admit(report(old, challenge: "c", sentMs: Self.wall + 2), now: now(2))
        }
        #expect(refusal?.problem.code == "replayed")
        #expect(refusal?.showsTwin == true && refusal?.wantsChallenge == true)
        // Without a challenge it may be old.
        let untimely = #expect(throws: Admission.Refusal.self) {
          try admission.admit(report(old, sentMs: Self.wall + 2), now: now(2))
        }
        #expect(untimely?.problem.code == "not_timely" && untimely?.showsTwin == false)
      }
    }
    try admission.admit(report(7, challenge: "c", sentMs: Self.wall + 3), now: now(3))
  }

  /// Whatever comes, in whatever order: a number of a boot is admitted once, and rises.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func noNumberIsEverAdmittedTwice(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var admission = admission()
    var admitted: [String: UInt64] = [:]
    for step in 0..<400 as Range<Int64> {
      let challenge = "\(step)"
      admission.issued(challenge, to: "a1", now: Instant(milliseconds: step * 100))
      let boot = ["one", "two", "three"].randomElement(using: &chance) ?? "one"
      let last = admitted[boot] ?? 0
      let sequence = UInt64.random(in: (last > 5 ? last - 5 : 0)...(last + 2), using: &chance)
      let report = report(
        boot: boot, sequence, challenge: challenge,
        sentMs: Self.wall + Int64.random(in: 0...5, using: &chance))
      guard (try? admission.admit(report, now: now(step * 100 + 50))) != nil else { continue }
      #expect(admitted[boot].map { sequence > $0 } ?? true, "seed \(seed), step \(step)")
      admitted[boot] = sequence
    }
    #expect(admitted.count == 3)
  }

  @Test func aNewBootMayStartLowerAndEndsTheOldOne() throws {
    var admission = admission()
    try admission.admit(report(900), now: now(0))
    try admission.admit(report(boot: "b2", 1), now: now(2))
    // Issued before the new one came, or with it: the old one's report may have been late.
    for (challenge, at) in [("c", 1), ("d", 2)] as [(String, Int64)] {
      admission.issued(challenge, to: "a1", now: Instant(milliseconds: at))
      let problem = #expect(throws: Admission.Refusal.self) {
        try admission.admit(report(boot: "b1", 901, challenge: challenge), now: now(3))
      }
      #expect(problem?.problem.code == "ended_boot")
    }
    // Without a challenge it says nothing of its time.
    let problem = #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(boot: "b1", 901), now: now(3))
    }
    #expect(problem?.problem.code == "not_timely")
    try admission.admit(report(boot: "b2", 2, challenge: "d"), now: now(4))
  }

  /// Both of two live processes get through; then only the newer one does again.
  @Test func anOldBootThatLivesComesBack() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    try admission.admit(report(boot: "b2", 1), now: now(1))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 2))
    try admission.admit(report(2, challenge: "c"), now: now(3))
    let problem = #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(boot: "b2", 2, challenge: "c"), now: now(4))
    }
    #expect(problem?.problem.code == "ended_boot")
    try admission.admit(report(3, challenge: "c"), now: now(5))
  }

  @Test func anotherBootThatWasSentBeforeIsLate() throws {
    var admission = admission()
    try admission.admit(report(1, sentMs: Self.wall + 10), now: now(20))
    let problem = #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(boot: "b2", 1, sentMs: Self.wall + 9), now: now(20))
    }
    #expect(problem?.problem.code == "not_timely")
    try admission.admit(report(boot: "b2", 1, sentMs: Self.wall + 10), now: now(20))
  }

  /// The window is inclusive.
  @Test(arguments: [(60_000, true), (60_001, false), (-60_000, true), (-60_001, false)])
  func theWindow(skewMs: Int64, counts: Bool) {
    var admission = admission()
    let code: String?
    do {
      try admission.admit(report(1, sentMs: Self.wall + skewMs), now: now(0))
      code = nil
    } catch {
      code = error.problem.code
    }
    #expect(code == (counts ? nil : "not_timely"))
  }

  @Test func onlySoManyChallengesAreKept() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    for number in 1...17 {
      admission.issued("\(number)", to: "a1", now: Instant(milliseconds: 0))
    }
    #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(2, challenge: "1"), now: now(1))
    }
    try admission.admit(report(2, challenge: "2"), now: now(1))
  }

  @Test func anotherBoundForChallenges() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    admission.reconfigure(freshFor: .seconds(20))
    try admission.admit(report(2, challenge: "c"), now: now(20_000))
  }

  /// With a fresh challenge the host's clock does not matter; without one, at first contact only.
  @Test(arguments: [-600_000, 600_000] as [Int64])
  func wrongClock(skewMs: Int64) throws {
    var admission = admission()
    let sent = Self.wall + skewMs
    let problem = #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(1, sentMs: sent), now: now(0))
    }
    #expect(problem?.problem.code == "not_timely")
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    try admission.admit(report(2, challenge: "c", sentMs: sent), now: now(15_000))
  }

  @Test func anOldChallengeIsNone() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    let problem = #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(2, challenge: "c"), now: now(15_001))
    }
    #expect(problem?.problem.code == "not_timely")
  }

  @Test func anothersChallengeIsNone() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    admission.issued("theirs", to: "a2", now: Instant(milliseconds: 0))
    #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(2, challenge: "theirs"), now: now(1))
    }
  }

  /// The coordinator's own clock was stepped: only a challenge counts.
  @Test func noWallClockAfterAStep() throws {
    var admission = admission()
    admission.distrustWall(until: Instant(milliseconds: 5000))
    #expect(throws: Admission.Refusal.self) { try admission.admit(report(1), now: now(4999)) }
    admission.issued("c", to: "a1", now: Instant(milliseconds: 4999))
    try admission.admit(report(1, challenge: "c"), now: now(4999))
    var later = self.admission()
    later.distrustWall(until: Instant(milliseconds: 5000))
    try later.admit(report(1), now: now(5000))
  }

  /// Who was let in by the wall clock alone may be a recording; who echoes a challenge is not.
  @Test func aFirstContactIsProvenByAChallengeAlone() throws {
    var admission = admission()
    #expect(!admission.isProven("a1"))
    try admission.admit(report(1), now: now(0))
    #expect(!admission.isProven("a1"))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    try admission.admit(report(2, challenge: "c"), now: now(1))
    #expect(admission.isProven("a1"))
    // Another process: anew.
    try admission.admit(report(boot: "b2", 1, sentMs: Self.wall + 2), now: now(2))
    #expect(!admission.isProven("a1"))
    try admission.admit(report(boot: "b3", 1, challenge: "c"), now: now(3))
    #expect(admission.isProven("a1"))
  }

  /// A challenge proves as long as reports are fresh, that instant too, also when another one is
  /// given then.
  @Test func aChallengeIsForgottenOnceItProvesNothing() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    admission.issued("d", to: "a1", now: Instant(milliseconds: 15_000))
    try admission.admit(report(2, challenge: "c"), now: now(15_000))
    #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(3, challenge: "c"), now: now(15_001))
    }
  }

  /// Without a challenge the wall clock is accepted at first contact only.
  @Test func noChallengeAfterFirstContact() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    #expect(throws: Admission.Refusal.self) { try admission.admit(report(2), now: now(1)) }
  }

  /// A refused report changes nothing: the honest one with the same number still counts.
  @Test func refusalsLeaveNoTrace() throws {
    var admission = admission()
    #expect(throws: Admission.Refusal.self) {
      try admission.admit(report(7, sentMs: 0), now: now(0))
    }
    try admission.admit(report(7), now: now(1))
  }
}
