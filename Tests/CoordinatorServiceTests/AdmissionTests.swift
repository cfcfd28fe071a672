import Decision
import Testing
import Wire

@testable import CoordinatorService

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
      let problem = #expect(throws: Problem.self) {
        try admission.admit(report(old, challenge: "c"), now: now(1))
      }
      #expect(problem?.code == "replayed")
    }
    try admission.admit(report(6, challenge: "c"), now: now(2))
  }

  @Test func aNewBootMayStartLowerAndEndsTheOldOne() throws {
    var admission = admission()
    try admission.admit(report(900), now: now(0))
    try admission.admit(report(boot: "b2", 1), now: now(1))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 1))
    let problem = #expect(throws: Problem.self) {
      try admission.admit(report(boot: "b1", 901, challenge: "c"), now: now(2))
    }
    #expect(problem?.code == "replayed")
  }

  /// With a fresh challenge the host's clock does not matter; without one, at first contact only.
  @Test(arguments: [-600_000, 600_000] as [Int64])
  func wrongClock(skewMs: Int64) throws {
    var admission = admission()
    let sent = Self.wall + skewMs
    let problem = #expect(throws: Problem.self) {
      try admission.admit(report(1, sentMs: sent), now: now(0))
    }
    #expect(problem?.code == "not_timely")
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    try admission.admit(report(2, challenge: "c", sentMs: sent), now: now(15_000))
  }

  @Test func anOldChallengeIsNone() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    admission.issued("c", to: "a1", now: Instant(milliseconds: 0))
    let problem = #expect(throws: Problem.self) {
      try admission.admit(report(2, challenge: "c"), now: now(15_001))
    }
    #expect(problem?.code == "not_timely")
  }

  @Test func anothersChallengeIsNone() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    admission.issued("theirs", to: "a2", now: Instant(milliseconds: 0))
    #expect(throws: Problem.self) {
      try admission.admit(report(2, challenge: "theirs"), now: now(1))
    }
  }

  /// The coordinator's own clock was stepped: only a challenge counts.
  @Test func noWallClockAfterAStep() throws {
    var admission = admission()
    admission.distrustWall(until: Instant(milliseconds: 5000))
    #expect(throws: Problem.self) { try admission.admit(report(1), now: now(4999)) }
    admission.issued("c", to: "a1", now: Instant(milliseconds: 4999))
    try admission.admit(report(1, challenge: "c"), now: now(4999))
    var later = self.admission()
    later.distrustWall(until: Instant(milliseconds: 5000))
    try later.admit(report(1), now: now(5000))
  }

  /// Without a challenge the wall clock is accepted at first contact only.
  @Test func noChallengeAfterFirstContact() throws {
    var admission = admission()
    try admission.admit(report(1), now: now(0))
    #expect(throws: Problem.self) { try admission.admit(report(2), now: now(1)) }
  }

  /// A refused report changes nothing: the honest one with the same number still counts.
  @Test func refusalsLeaveNoTrace() throws {
    var admission = admission()
    #expect(throws: Problem.self) {
      try admission.admit(report(7, sentMs: 0), now: now(0))
    }
    try admission.admit(report(7), now: now(1))
  }
}
