import Decision
import Testing
import Wire

/// The coordinator's doubts about itself (RULES 6; FAULTS 16, 17).
struct DoubtsTests {
  static let everywhere = ["coordinator", "a", "b", "c"]

  static func settled() -> Lab {
    var lab = Lab()
    lab.settle()
    return lab
  }

  /// FAULTS 17: its uplink is dead. Nothing is done, and nothing is made up for afterwards.
  @Test func anIsolatedCoordinatorDoesNothing() {
    var lab = Self.settled()
    lab.reports("a", "b", "c", arrive: false)
    for region in ["a", "b", "c"] { lab.see(region, .bad, from: ["coordinator"]) }
    for second in 1...600 {
      let found = lab.run()
      #expect(found.intent == nil)
      if second > 15 {
        #expect(lab.doubts.current.contains(.hearsNothing))
        #expect(found.pictures.values.allSatisfy { $0.verdict == .unknown })
      }
    }
    // The reports arrive again; the own probes need a little longer.
    lab.reports("a", "b", "c", arrive: true)
    for second in 1...120 {
      if second == 10 {
        for region in ["a", "b", "c"] { lab.see(region, .serving, from: ["coordinator"]) }
      }
      let found = lab.run()
      #expect(found.decision.rule == .steady || found.decision.rule == .unsure)
      #expect(lab.doubts.blocks == (second <= 4), "second \(second)")
    }
    #expect(lab.machine.memory.epoch == 0)
  }

  /// Evidence of any age is void until one full round after the first report.
  @Test func hearingNothingVoidsEverythingForARound() {
    var lab = Self.settled()
    lab.reports("a", "b", "c", arrive: false)
    lab.run(20)
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.everywhere)
    lab.reports("a", "b", "c", arrive: true)
    #expect(lab.run(4).pictures["a"]?.verdict == .unknown)
    #expect(lab.run(1).pictures["a"]?.verdict == .failing)
  }

  /// FAULTS 16: region a is cut from the coordinator only.
  @Test func aRegionCutFromTheCoordinatorAloneStays() {
    var lab = Self.settled()
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: ["coordinator"])
    #expect(lab.secondsUntilIntent(limit: 900) == nil)
    #expect(lab.picture("a").verdict == .silent)
    #expect(lab.doubts.current == [])
  }

  /// FAULTS 16 with stale peers: unknown, no move.
  @Test func withoutPeersItIsUnknown() {
    var lab = Self.settled()
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: ["coordinator"])
    lab.see("a", .none, from: ["b", "c"])
    #expect(lab.secondsUntilIntent(limit: 900) == nil)
    #expect(lab.picture("a").verdict == .unknown)
  }

  /// The same with two regions: the standby's vote against the coordinator's is no majority.
  @Test func withTwoRegionsTheStandbysVoteDecides() {
    var lab = Lab(["a", "b"])
    lab.settle()
    lab.reports("a", arrive: false)
    lab.see("a", .bad, from: ["coordinator"])
    #expect(lab.secondsUntilIntent(limit: 300) == nil)
    lab.see("a", .bad, from: ["b"])
    #expect(lab.secondsUntilIntent(limit: 300) == 60)
  }

  /// RULES 6b: the own probes reach nothing; the others' votes go on counting.
  @Test func reachingNothingVoidsTheOwnVoteOnly() {
    var lab = Self.settled()
    for region in ["a", "b", "c"] { lab.see(region, .bad, from: ["coordinator"]) }
    lab.evidence.ownVoteVoid = true
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: ["b", "c"])
    #expect(lab.secondsUntilIntent(limit: 200) == 30)
    #expect(lab.doubts.current == [.reachesNothing])
    #expect(!lab.doubts.blocks)
  }

  @Test func wokeLateBlocksForOneRoundAtMost() {
    var lab = Self.settled()
    lab.now = lab.now + .seconds(300)
    lab.gather()
    lab.tick()
    #expect(lab.doubts.current == [.wokeLate])
    lab.run(4)
    #expect(lab.doubts.current == [.wokeLate])
    lab.run(1)
    #expect(lab.doubts.current == [])
  }

  /// With an eligible target and a valid down verdict only a late tick blocks, for one round.
  @Test func ofTheDoubtsOnlyALateTickBlocksAValidVerdict() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: Self.everywhere)
    for second in 1...29 {
      if second == 10 { lab.evidence.ownVoteVoid = true }
      if second == 20 { lab.reports("a", arrive: false) }
      let found = lab.run()
      #expect(!found.blocks.contains(.doubt))
    }
    #expect(lab.run(1).decision.rule == .failOver)
  }

  @Test func aFreshCoordinatorThatHeardNobodyDoesNotAct() {
    var lab = Lab()
    lab.reports("a", "b", "c", arrive: false)
    lab.see("a", .bad, from: Self.everywhere)
    lab.point(at: "a")
    #expect(lab.secondsUntilIntent(limit: 300) == nil)
    #expect(lab.doubts.blocks)
  }

  @Test func everyDoubtHasASentence() {
    #expect(Set(Doubt.allCases.map(\.text)).count == Doubt.allCases.count)
  }

  /// Evidence of the very instant from which on it counts, counts.
  @Test func whatIsAsOldAsTheFloorCounts() {
    let floor = Instant(milliseconds: 5000)
    let evidence = Evidence(floor: floor)
    #expect(evidence.isFresh(floor, now: Present(floor), for: .seconds(1)))
    #expect(!evidence.isFresh(Instant(milliseconds: 4999), now: Present(floor), for: .seconds(1)))
    #expect(evidence.isFresh(floor, now: Present(floor + .seconds(1)), for: .seconds(1)))
    let after = Present(floor + .milliseconds(1001))
    #expect(!evidence.isFresh(floor, now: after, for: .seconds(1)))
  }
}
