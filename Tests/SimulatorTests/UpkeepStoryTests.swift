import Decision
import Simulator
import Testing
import Wire

/// What goes on beside moves: records that are missing, somebody else's values and markers, orders,
/// leases. The checkers watch; here it is that something comes of them.
@Suite struct UpkeepStoryTests {
  private static func enforced(_ setup: inout Setup) {
    setup.creates = true
    setup.policy.drift = .enforce
  }

  @Test func aDeletedRecordIsMadeAgainWhereDriftIsEnforced() async throws {
    for restores in [true, false] {
      let played = try await playWell(
        .plain(
          minutes: 60,
          change: { setup in
            setup.creates = true
            if restores { setup.policy.drift = .enforce }
          },
          faults: [fault(.zoneDeleted, .service(0), from: 10, minutes: 20)]))
      #expect(played.figures.made == (restores ? 1 : 0), "\(restores): \(played.story)")
    }
  }

  /// Neither what has no answer, nor what lands late, nor a restart makes two of one.
  @Test(arguments: [
    FaultKind.apiAppliedThenTimeout, .apiLate, .apiTimeout, .api5xx, .apiStale, .apiReadOnly,
  ])
  func aRecordIsNeverMadeTwice(_ kind: FaultKind) async throws {
    // Late: it lands after it was looked for again.
    let amount: Int64 = kind == .apiStale ? 20_000 : 300
    let played = try await playWell(
      .plain(
        minutes: 90, change: Self.enforced,
        faults: [
          fault(.zoneDeleted, .service(0), from: 10, minutes: 40),
          fault(kind, from: 9.9, minutes: 6, amount: amount),
          fault(.coordinatorCrash, from: 10, minutes: 20, amount: 8),
        ]))
    #expect(played.figures.made >= 1, "\(played.story)")
    #expect(played.figures.crashes == 1)
  }

  @Test func nothingIsMadeTowardARegionThatIsDown() async throws {
    let played = try await playWell(
      .plain(
        minutes: 60, change: Self.enforced,
        faults: [
          fault(.regionDown, .region(0), from: 9.9, minutes: 15),
          fault(.zoneDeleted, .service(0), from: 10.4, minutes: 14),
        ]))
    #expect(played.figures.made == 0, "\(played.story)")
  }

  @Test func somebodysValueIsWrittenOverOnceItStands() async throws {
    let played = try await playWell(
      .plain(
        minutes: 120, change: Self.enforced,
        faults: [fault(.zoneForeign, .service(0), from: 10, minutes: 60)]))
    #expect(played.moves(.repair) == 1, "\(played.story)")
    #expect(played.figures.outcomes[.converged] == 1, "\(played.story)")
  }

  @Test func whatAnOperatorAdoptsIsLeftWhenItsRegionDies() async throws {
    let played = try await playWell(
      .plain(
        minutes: 60,
        faults: [
          fault(.zoneForeign, .service(0), from: 5, minutes: 40),
          fault(.operatorAdopts, from: 8, minutes: 0),
          fault(.regionDown, .region(0), from: 12, minutes: 20),
        ]))
    #expect(played.trace.contains { $0.contains("is adopted") }, "\(played.story)")
    #expect(played.moves(.failover) == 1, "\(played.story)")
  }

  /// While another coordinator claims the name nobody is moved, and afterwards at once.
  @Test(arguments: [Int64(0), 1])
  func anotherCoordinatorsMarkerHoldsEverythingUntilItIsAdopted(_ asCopy: Int64) async throws {
    let played = try await playWell(
      .plain(
        minutes: 60,
        faults: [
          fault(.zoneClaimed, .service(0), from: 5, minutes: 10, amount: asCopy),
          fault(.regionDown, .region(0), from: 7, minutes: 30),
        ]))
    let adopted = try #require(played.trace.firstIndex { $0.contains("is adopted") })
    let written = try #require(
      played.trace.firstIndex { $0.contains("provider:") && $0.contains("198.51.100.2") })
    #expect(adopted < written, "\(played.story)")
    #expect(played.moves(.failover) == 1)
  }

  @Test func aMoveThatWaitsForApprovalBeginsWithIt() async throws {
    for isApproved in [true, false] {
      let approval = fault(.operatorApproves, from: 8, minutes: 20)
      let played = try await playWell(
        .plain(
          minutes: 60, change: { $0.policy.automation = .approve },
          faults: [fault(.regionDown, .region(0), from: 3, minutes: 20)]
            + (isApproved ? [approval] : [])))
      #expect(played.moves(.failover) == (isApproved ? 1 : 0), "\(played.story)")
    }
  }

  /// Exclusive work follows users, and comes back with them. Those who held it live on, and cannot
  /// be reached.
  @Test func leasesFollowAMove() async throws {
    let played = try await playWell(
      .plain(
        minutes: 120,
        change: {
          $0.policy.lease = .seconds(120)
          $0.policy.failback = .automatic
        },
        faults: [
          fault(.balancerDown, .region(0), from: 10, minutes: 20),
          fault(.cut, .link(0, 1), from: 10, minutes: 10),
          fault(.coordinatorDown, from: 13, minutes: 3),
        ]))
    #expect(played.moves(.failback) == 1, "\(played.story)")
    #expect(played.figures.leaseTurns >= 3, "\(played.figures.leaseTurns): \(played.story)")
  }

  @Test func aTokenThatMayOnlyReadHoldsAMoveUp() async throws {
    let played = try await playWell(
      .plain(
        minutes: 60,
        faults: [
          fault(.apiReadOnly, from: 2, minutes: 10),
          fault(.regionDown, .region(0), from: 4, minutes: 30),
        ]))
    #expect(played.figures.outcomes[.converged] == 1, "\(played.story)")
  }
}

/// Services of several names: all of them move, and what happens to one of them holds all.
@Suite struct SeveralNamesStoryTests {
  private static func three(_ setup: inout Setup) {
    setup.names = 3
    setup.families = [.ipv4, .ipv6]
  }

  /// All are written and published, also when the coordinator dies between two of them.
  @Test(arguments: [-1, 2, 3, 4, 5, 6, 7])
  func allNamesMove(_ crash: Int) async throws {
    let crashes =
      crash < 0 ? [] : [fault(.coordinatorCrash, from: 3, minutes: 20, amount: Int64(crash))]
    let played = try await playWell(
      .plain(
        minutes: 40, change: Self.three,
        faults: [fault(.regionDown, .region(0), from: 3, minutes: 20)] + crashes))
    #expect(played.moves(.failover) >= 1, "\(played.story)")
    #expect(played.figures.crashes == crashes.count)
    for name in ["app1.", "app1-2.", "app1-3."] {
      #expect(
        played.trace.contains { $0.contains("provider: \(name)") && $0.contains(".100.2") },
        "\(name)")
    }
  }

  @Test func aWriteWithoutAnAnswerLeavesNoNameBehind() async throws {
    for kind in [FaultKind.apiAppliedThenTimeout, .apiLate, .api5xx] {
      let played = try await playWell(
        .plain(
          minutes: 60, change: Self.three,
          faults: [
            fault(.regionDown, .region(0), from: 3, minutes: 30),
            fault(kind, from: 2, minutes: 8, amount: 40),
          ]))
      #expect(played.figures.outcomes[.converged] ?? 0 >= 1, "\(kind): \(played.story)")
    }
  }

  /// Somebody else's value, a claim, or nothing at one of the names.
  @Test func whatHappensToOneNameHoldsAll() async throws {
    for kind in [FaultKind.zoneForeign, .zoneClaimed, .zoneDeleted] {
      let played = try await playWell(
        .plain(
          minutes: 60, change: Self.three,
          faults: [
            fault(kind, .service(0), from: 3, minutes: 12),
            fault(.regionDown, .region(0), from: 5, minutes: 30),
          ]))
      let back = try #require(
        played.trace.firstIndex { $0.contains("fault ends: \(kind.rawValue)") })
      let written = try #require(
        played.trace.firstIndex { $0.contains("provider:") && $0.contains(".100.2") })
      #expect(back < written, "\(kind): \(played.story)")
    }
  }
}
