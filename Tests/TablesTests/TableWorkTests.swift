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

  @Test func whatWasAskedForIsTold() {
    #expect(asked(.busy("in use")).account == "nothing was changed")
    #expect(asked(.accepted).account == "done before: to add the replica in b")
    var work = asked(.unknown("timeout"))
    #expect(work.account == "asked for, and not answered: to add the replica in b")
    #expect(work.performed == [Self.action])
    work.ended(.enableStream(at: "a"), .accepted, now: .zero)
    #expect(
      work.account == "done before: to switch its stream on in a; asked for, and not answered: to "
        + "add the replica in b")
    work.ended(Self.action, .accepted, now: .seconds(40))
    #expect(work.unanswered.isEmpty)
    work.ended(.removeReplica("c", at: "a"), .refused("no"), now: .seconds(41))
    #expect(!work.account.contains("c") || !work.account.contains("remove"), "\(work.account)")
  }

  /// A reading of before the addition, or of a creation that is about to be listed.
  @Test(arguments: [TableWork.Outcome.accepted, .unknown("timeout")])
  func whatWasJustAskedForIsNotUndone(outcome: TableWork.Outcome) {
    let failed = Given.view([Given.table(.active, ["b": .failed]), .missing, .missing])
    let removal = TableAction.removeReplica("b", at: "a")
    var work = asked(outcome)
    for second in [0, 10, 29] {
      guard case .wait = work.next(failed, now: .seconds(second)) else {
        Issue.record("undone after \(second) s")
        return
      }
    }
    #expect(work.next(failed, now: .seconds(30)) == .perform(removal))
    work.ended(removal, .accepted, now: .seconds(30))
    // The same the other way round, and where the last request was another one.
    guard case .wait = work.next(Self.before, now: .seconds(59)) else {
      Issue.record("added again")
      return
    }
    #expect(work.next(Self.before, now: .seconds(60)) == .perform(Self.action))
    work.ended(Self.action, .busy("in use"), now: .seconds(60))
    guard case .wait = work.next(failed, now: .seconds(59)) else {
      Issue.record("removed again")
      return
    }
  }

  @Test func aRefusalEndsIt() {
    var work = asked(.refused("no"))
    #expect(work.performed.isEmpty && work.account == "nothing was changed")
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
