import Testing

@testable import Tables

/// One request at a time, and what came of it.
@Suite struct TableWorkTests {
  private static let before = Given.view([Given.table(), .missing, .missing])
  private static let during = Given.view([
    Given.table(.active, ["b": .creating]), .missing, .missing,
  ])
  private static let after = Given.view([
    Given.table(.active, ["b": .active]), Given.table(.active, ["a": .active]), .missing,
  ])
  private static let action = TableAction.addReplica("b", at: "a")

  private func asked(_ outcome: TableWork.Outcome) -> TableWork {
    var work = TableWork(.addReplica("b"))
    #expect(work.next(Self.before, now: .zero) == .perform(Self.action))
    work.ended(Self.action, outcome, now: .zero)
    return work
  }

  @Test func whatWasTakenOnIsWaitedForAndSeen() {
    var work = asked(.accepted)
    // DescribeTable is behind.
    guard case .wait = work.next(Self.before, now: .seconds(6)) else {
      Issue.record("asked again")
      return
    }
    #expect(
      work.next(Self.during, now: .seconds(8)) == .wait("b-id (b): the replica is CREATING"))
    #expect(work.next(Self.after, now: .seconds(30)) == .done)
    #expect(work.performed == [Self.action])
  }

  @Test(arguments: [TableWork.Outcome.accepted, .unknown("timeout")])
  func whatNeverCameIsAskedForAgainLater(outcome: TableWork.Outcome) {
    var work = asked(outcome)
    for second in stride(from: 0, to: 30, by: 5) {
      guard case .wait = work.next(Self.before, now: .seconds(second)) else {
        Issue.record("asked again after \(second) s")
        return
      }
    }
    #expect(work.next(Self.before, now: .seconds(30)) == .perform(Self.action))
  }

  @Test func whatIsUnknownMayHaveBeenDone() {
    var work = asked(.unknown("timeout"))
    #expect(work.next(Self.after, now: .seconds(15)) == .done)
  }

  @Test func whatIsTakenOnAgainAndAgainIsGivenUp() {
    var work = TableWork(.addReplica("b"))
    var now = Duration.zero
    for _ in 0..<TableWork.attempts {
      #expect(work.next(Self.before, now: now) == .perform(Self.action))
      work.ended(Self.action, .accepted, now: now)
      now += TableWork.unseenFor
    }
    #expect(work.next(Self.before, now: now) == .refused(.undone(Self.action)))
  }

  @Test func whatIsRefusedForNowIsAskedForAgain() {
    var work = asked(.busy("in use"))
    #expect(
      work.next(Self.before, now: .seconds(1)) == .wait("DynamoDB takes it on later: in use"))
    var now = TableWork.busyFor
    while now < TableWork.busyAtMost {
      #expect(work.next(Self.before, now: now) == .perform(Self.action), "\(now)")
      work.ended(Self.action, .busy("in use"), now: now)
      now += TableWork.busyFor
    }
    #expect(work.performed.isEmpty)
    #expect(work.next(Self.before, now: now) == .refused(.denied(Self.action, "in use")))
  }

  @Test func aRefusalEndsIt() {
    var work = asked(.refused("no"))
    #expect(work.next(Self.before, now: .seconds(1)) == .refused(.denied(Self.action, "no")))
    // Somebody else did it meanwhile.
    #expect(work.next(Self.after, now: .seconds(1)) == .done)
  }

  @Test func aRegionThatDoesNotAnswerIsWaitedForAWhile() {
    var work = TableWork(.addReplica("b"))
    let passing = Given.view([Given.dead(), .missing, .missing])
    let lasting = Given.view([Given.dead(false), .missing, .missing])
    func isWaiting(_ view: TableView, _ now: Duration) -> Bool {
      if case .wait = work.next(view, now: now) { true } else { false }
    }
    #expect(isWaiting(passing, .zero) && isWaiting(passing, .seconds(59)))
    #expect(!isWaiting(passing, .seconds(60)))
    #expect(!isWaiting(lasting, .zero))
    #expect(work.next(Self.after, now: .seconds(70)) == .done)
    #expect(isWaiting(passing, .seconds(80)))
  }
}
