import Decision
import Testing
import Wire

/// The table of RULES 4, cell by cell, written out by hand.
struct JudgementTests {
  struct Cell: Sendable, CustomStringConvertible {
    var inside: InsideState
    var outside: OutsideState
    var unanimous: Bool?
    var heartbeats: HeartbeatView?
    var verdict: Verdict
    /// The confirmation, in seconds by the defaults.
    var seconds: Int?
    var basis: Basis?

    init(
      _ inside: InsideState, _ outside: OutsideState, _ verdict: Verdict, _ seconds: Int? = nil,
      by basis: Basis? = nil, unanimous: Bool? = nil, heartbeats: HeartbeatView? = nil
    ) {
      self.inside = inside
      self.outside = outside
      self.verdict = verdict
      self.seconds = seconds
      self.basis = basis
      self.unanimous = unanimous
      self.heartbeats = heartbeats
    }

    var description: String { "\(inside) inside, \(outside) outside" }
  }

  static let table = [
    Cell(.healthy, .serving, .healthy),
    Cell(.healthy, .bad, .unreachable, 60, by: .outside),
    Cell(.healthy, .split, .healthy),
    Cell(.healthy, .unknown, .healthy),

    Cell(.degraded, .serving, .degraded),
    Cell(.degraded, .bad, .unreachable, 60, by: .outside),
    Cell(.degraded, .split, .degraded),
    Cell(.degraded, .unknown, .degraded),

    Cell(.failing, .serving, .contested, 60, by: .inside),
    Cell(.failing, .bad, .failing, 30, by: .inside),
    Cell(.failing, .split, .failing, 60, by: .inside),
    Cell(.failing, .unknown, .failing, 60, by: .inside),

    Cell(.partial, .serving, .partial),
    Cell(.partial, .bad, .failing, 60, by: .outside, unanimous: true),
    Cell(.partial, .bad, .unknown, unanimous: false),
    Cell(.partial, .split, .unknown),
    Cell(.partial, .unknown, .unknown),

    Cell(.silent, .serving, .silent),
    Cell(.silent, .bad, .failing, 30, by: .outside, unanimous: true, heartbeats: .stopped),
    Cell(.silent, .bad, .failing, 60, by: .outside, unanimous: true, heartbeats: .unknown),
    Cell(.silent, .bad, .isolated, 60, by: .outside, unanimous: true, heartbeats: .advancing),
    Cell(.silent, .bad, .unknown, unanimous: false),
    Cell(.silent, .split, .unknown),
    Cell(.silent, .unknown, .unknown),
  ]

  /// A cell that does not name unanimity or heartbeats holds for all of them.
  @Test(arguments: table) func cell(_ cell: Cell) {
    let policy = Policy()
    for unanimous in cell.unanimous.map({ [$0] }) ?? [true, false] {
      for heartbeats in cell.heartbeats.map({ [$0] }) ?? HeartbeatView.allCases {
        let found = Judgement.of(
          inside: cell.inside, outside: cell.outside, unanimous: unanimous, heartbeats: heartbeats)
        let limit = found.confirmation.map { policy.limit($0, cooling: false) }
        #expect(found.verdict == cell.verdict)
        #expect(limit == cell.seconds.map { .seconds($0) })
        #expect(found.basis == cell.basis)
      }
    }
  }

  /// The other table does not leave a combination out, nor has it one twice.
  @Test func theTableIsComplete() {
    for inside in InsideState.allCases {
      for outside in OutsideState.allCases {
        for unanimous in [true, false] {
          for heartbeats in HeartbeatView.allCases {
            let cells = Self.table.filter {
              $0.inside == inside && $0.outside == outside
                && $0.unanimous ?? unanimous == unanimous
                && $0.heartbeats ?? heartbeats == heartbeats
            }
            #expect(cells.count == 1, "\(inside) \(outside) \(unanimous) \(heartbeats)")
          }
        }
      }
    }
  }

  @Test func downVerdictsAreTheConfirmedOnes() {
    for cell in Self.table { #expect(cell.verdict.isDown == (cell.seconds != nil), "\(cell)") }
  }

  @Test func silenceWithOutsideServingIsNeverDown() {
    for heartbeats in HeartbeatView.allCases {
      let found = Judgement.of(
        inside: .silent, outside: .serving, unanimous: false, heartbeats: heartbeats)
      #expect(!found.verdict.isDown)
    }
  }

  @Test func oneVantageTriplesEveryConfirmation() {
    var policy = Policy()
    policy.minVantages = 1
    let seconds = Confirmation.allCases.map { policy.limit($0, cooling: false) }
    #expect(seconds == [.seconds(90), .seconds(180), .seconds(180)])
    policy.failoverAfter = .seconds(10)
    // At least 60 s.
    #expect(policy.limit(.once, cooling: false) == .seconds(60))
  }

  @Test func theCooldownDoublesEveryConfirmation() {
    let policy = Policy()
    for confirmation in Confirmation.allCases {
      #expect(
        policy.limit(confirmation, cooling: true) == policy.limit(confirmation, cooling: false) * 2)
    }
  }
}

/// Whether a region's heartbeats still arrive elsewhere.
struct HeartbeatViewTests {
  /// The view of region a when region b's agents saw its newest heartbeat `seenMs` ago.
  static func view(
    seenMs: Int, readMs: Int = 500, lagMs: Int = 800, silence: Int = 0
  ) -> HeartbeatView {
    var lab = Lab()
    lab.settle()
    lab.edit = { report, _ in
      guard report.region == "b" else { return }
      report.peers = [
        PeerHeartbeat(
          region: "a", agent: "a1", boot: "boot", sequence: 9, writtenMs: 0, seenMs: seenMs,
          readMs: readMs, periodMs: 2000,
          sightings: [Sighting(sequence: 9, writtenMs: 0, lagLowMs: 0, lagHighMs: lagMs)])
      ]
    }
    lab.run(1)
    lab.reports("b", arrive: false)
    lab.run(silence)
    return lab.picture("a").heartbeats
  }

  /// Three periods of 2 s and the usual lag.
  @Test func advancingWithinThreePeriodsAndTheUsualLag() {
    #expect(Self.view(seenMs: 6800) == .advancing)
    #expect(Self.view(seenMs: 6801) == .stopped)
  }

  @Test func aReaderThatCannotReadKnowsNothing() {
    #expect(Self.view(seenMs: 9000, readMs: 9000) == .unknown)
    #expect(Self.view(seenMs: 9000, readMs: 6801) == .unknown)
    #expect(Self.view(seenMs: 9000, readMs: 6800) == .stopped)
  }

  @Test func theUsualLagIsCappedAtMaxLag() {
    #expect(Self.view(seenMs: 11_000, lagMs: 60_000) == .advancing)
    #expect(Self.view(seenMs: 11_001, lagMs: 60_000) == .stopped)
  }

  /// RULES 4: items that arrive now and were written long ago are a backlog that drains, no life;
  /// and no proof that nothing is written any more.
  @Test(arguments: [true, false]) func aBacklogThatDrainsIsNoLife(isAcknowledged: Bool) {
    var lab = Lab()
    lab.settle()
    let beats = lab.beat()
    if !isAcknowledged {
      let before = lab.edit
      lab.edit = { report, now in
        before(&report, now)
        report.heartbeat = nil
      }
    }
    lab.run(30)
    #expect(lab.picture("a").heartbeats == .advancing)
    lab.reports("a", arrive: false)
    // They stand still for two minutes, and the old ones come in one after another.
    for pair in ["a b", "a c"] { beats.lagMs[pair] = 120_000 }
    lab.run(20)
    #expect(lab.picture("a").heartbeats == .unknown)
    for pair in ["a b", "a c"] { beats.lagMs[pair] = 800 }
    lab.run(2)
    #expect(lab.picture("a").heartbeats == .advancing)
  }

  @Test func aStaleReaderKnowsNothing() {
    #expect(Self.view(seenMs: 100, silence: 16) == .unknown)
  }
}
