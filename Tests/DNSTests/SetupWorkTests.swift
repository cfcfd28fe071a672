import Linode
import Testing

@testable import DNS

/// One step at a time, and what came of it.
@Suite struct SetupWorkTests {
  /// Two ports without a check, and a canary to be made.
  private static let account: Account = {
    var account = Account()
    account.records.removeAll { $0.type == "AAAA" }
    for index in 0..<2 {
      account.survey.balancers[index].configs[0] = LinodeBalancerConfig(
        id: Int64(index + 1) * 100, port: 80, protocolName: "http", check: "none")
    }
    return account
  }()

  private static func propose(_ account: Account) throws -> SetupProposal {
    try account.propose(canary: "canary.example.com", ipv6: false)
  }

  private var pace: SetupPace { SetupPace() }

  /// An account, what is done to it, and a clock.
  private struct Bench {
    var account = SetupWorkTests.account
    var work: SetupWork
    var now = Duration.zero
    var writes: [SetupStep] = []

    init(agreed: String? = nil) throws {
      work = SetupWork(
        agreed: try agreed ?? SetupWorkTests.propose(SetupWorkTests.account).plan.checksum)
    }

    mutating func next(after seconds: Int64 = 0) throws -> SetupWork.Output {
      now += .seconds(seconds)
      return work.next(try SetupWorkTests.propose(account), now: now)
    }

    /// Until it asks for something; looks are answered as given.
    mutating func nextRequest(_ look: SetupWork.Look = .good) throws -> SetupWork.Output {
      for _ in 0..<200 {
        switch try next(after: 1) {
        case .wait: continue
        case .look(let step): work.looked(at: step, look)
        case let other: return other
        }
      }
      Issue.record("it waits for ever")
      return .done
    }

    mutating func end(
      _ output: SetupWork.Output, _ outcome: SetupWork.Outcome, isDone: Bool, up: Int = 1
    ) {
      guard case .perform(let step) = output else {
        Issue.record("\(output)")
        return
      }
      writes.append(step)
      work.ended(step, outcome, now: now)
      if isDone { account.take(step) }
      if case .check(let port, _, _) = step, isDone {
        for index in account.survey.balancers.indices
        where account.survey.balancers[index].object.id == port.balancer {
          account.survey.balancers[index].configs[0].nodesUp = up
          account.survey.balancers[index].configs[0].nodesDown = 1 - up
        }
      }
    }
  }

  @Test func stepsAreCarriedOutInTheirOrder() throws {
    var bench = try Bench()
    let steps = try Self.propose(Self.account).plan.steps
    #expect(try bench.next() == .wait("reading the account once more"))
    #expect(try bench.next(after: 1) == .wait("reading the account once more"))
    #expect(try bench.next(after: 1) == .look(steps[0]))
    bench.work.looked(at: steps[0], .good)
    bench.end(try bench.next(), .accepted, isDone: true)
    // The next region only once hosts pass here.
    let begin = bench.now
    bench.end(try bench.nextRequest(), .accepted, isDone: true)
    #expect(bench.now - begin >= pace.settleFor)
    bench.end(try bench.nextRequest(), .accepted, isDone: true)
    #expect(try bench.nextRequest() == .done)
    #expect(bench.writes == steps && bench.work.done == steps)
  }

  @Test func whatNobodyAgreedToIsNotDone() throws {
    let steps = try Self.propose(Self.account).plan.steps
    var none = try Bench(agreed: "")
    #expect(try none.next() == .refused(.notAgreed(steps)))
    var some = try Bench(agreed: steps.dropLast().map(\.token).joined(separator: "-"))
    #expect(try some.next() == .refused(.notAgreed([steps[2]])))
    // The account changes meanwhile.
    var bench = try Bench()
    bench.end(try bench.nextRequest(), .accepted, isDone: true)
    bench.account.survey.balancers[0].configs[0].checkAttempts = 9
    guard case .refused(.notAgreed(let strangers)) = try bench.nextRequest() else {
      Issue.record("it goes on")
      return
    }
    #expect(strangers.map(\.path) == [steps[1].path])
  }

  @Test func whatWasBegunGoesOnWithTheSameChecksum() throws {
    let checksum = try Self.propose(Self.account).plan.checksum
    var account = Self.account
    account.take(try Self.propose(account).plan.steps[0])
    var bench = try Bench(agreed: checksum)
    bench.account = account
    for _ in 0..<2 { bench.end(try bench.nextRequest(), .accepted, isDone: true) }
    #expect(try bench.nextRequest() == .done)
    #expect(bench.work.done.count == 2)
  }

  @Test func hostsThatDoNotAnswerKeepTheirCheck() throws {
    var bench = try Bench()
    bench.end(try bench.nextRequest(.bad("404")), .accepted, isDone: true)
    #expect(try bench.nextRequest() == .done)
    #expect(bench.work.skipped.map(\.reason) == ["404", "404"])
    #expect(bench.writes.map(\.path) == ["/domains/7/records"], "the rest is done all the same")
  }

  @Test func aCheckThatNobodyPassesIsPutBack() throws {
    var bench = try Bench()
    let steps = try Self.propose(Self.account).plan.steps
    bench.end(try bench.nextRequest(), .accepted, isDone: true, up: 0)
    let begin = bench.now
    let back = try bench.nextRequest()
    #expect(back == .perform(try #require(steps[0].reversed)))
    #expect(bench.now - begin >= pace.watchFor)
    bench.end(back, .unknown("cut off"), isDone: false)
    bench.end(try bench.nextRequest(), .busy("429"), isDone: false)
    bench.end(try bench.nextRequest(), .accepted, isDone: true)
    guard case .refused(.undone(steps[0], _)) = try bench.nextRequest() else {
      Issue.record("it goes on")
      return
    }
    let checks = [bench.account, Self.account].map { $0.survey.balancers[1].configs[0].settings }
    #expect(checks[0] == checks[1])
  }

  @Test func aCheckThatCannotBePutBackIsToldInFull() throws {
    var bench = try Bench()
    bench.end(try bench.nextRequest(), .accepted, isDone: true, up: 0)
    bench.end(try bench.nextRequest(), .refused("401"), isDone: false)
    guard case .refused(let refusal) = try bench.nextRequest() else {
      Issue.record("it goes on")
      return
    }
    #expect(refusal.code == "not_undone")
    #expect("\(refusal)".contains("check none") && "\(refusal)".contains("check_interval 31"))
  }

  @Test func aPortWithoutHostsIsNoReasonToStop() throws {
    var bench = try Bench()
    let first = try bench.nextRequest()
    bench.end(first, .accepted, isDone: true)
    bench.account.survey.balancers[1].configs[0].nodesUp = 0
    bench.account.survey.balancers[1].configs[0].nodesDown = 0
    guard case .perform = try bench.nextRequest() else {
      Issue.record("it stops")
      return
    }
  }

  @Test func aRecordIsNeverAskedForTwice() throws {
    for outcome in [SetupWork.Outcome.accepted, .unknown("cut off")] {
      var bench = try Bench()
      for _ in 0..<2 { bench.end(try bench.nextRequest(), .accepted, isDone: true) }
      let creation = try bench.nextRequest()
      bench.end(creation, outcome, isDone: false)
      let begin = bench.now
      guard case .refused(.unseen(let step)) = try bench.nextRequest() else {
        Issue.record("it goes on")
        continue
      }
      #expect(creation == .perform(step))
      #expect(bench.now - begin >= pace.lateFor)
    }
  }

  @Test func aRecordThatComesLateIsSeen() throws {
    var bench = try Bench()
    for _ in 0..<2 { bench.end(try bench.nextRequest(), .accepted, isDone: true) }
    let creation = try bench.nextRequest()
    bench.end(creation, .unknown("cut off"), isDone: false)
    for _ in 0..<80 {
      guard case .wait = try bench.next(after: 1) else {
        Issue.record("it does not wait")
        return
      }
    }
    if case .perform(let step) = creation { bench.account.take(step) }
    #expect(try bench.nextRequest() == .done)
  }

  @Test func aTimeToLiveThatTheAPILostIsSetAfterwards() throws {
    var bench = try Bench()
    for _ in 0..<2 { bench.end(try bench.nextRequest(), .accepted, isDone: true) }
    bench.end(try bench.nextRequest(), .accepted, isDone: true)
    let made = try #require(bench.account.records.firstIndex { $0.name == "canary" })
    bench.account.records[made].ttlSeconds = 3_600
    let again = try bench.nextRequest()
    bench.end(again, .accepted, isDone: true)
    #expect(try bench.nextRequest() == .done)
    #expect(bench.account.records[made].ttlSeconds == 30)
  }

  @Test func whatIsRefusedForNowIsTriedAgainForAWhile() throws {
    var bench = try Bench()
    var tries = 0
    while bench.now < .seconds(600) {
      let output = try bench.nextRequest()
      if case .refused(let refusal) = output {
        #expect(refusal.code == "denied")
        break
      }
      bench.end(output, .busy("429"), isDone: false)
      tries += 1
    }
    #expect(tries > 20 && bench.now < .seconds(200), "\(tries) tries in \(bench.now)")
    var denied = try Bench()
    denied.end(try denied.nextRequest(), .refused("401"), isDone: false)
    guard case .refused(.denied(_, "401")) = try denied.next(after: 1) else {
      Issue.record("it goes on")
      return
    }
  }

  @Test func aChangeThatIsNeverSeenIsGivenUp() throws {
    var bench = try Bench()
    var output = try bench.nextRequest()
    for _ in 0..<SetupWork.attempts {
      bench.end(output, .accepted, isDone: false)
      output = try bench.nextRequest()
    }
    guard case .refused(.unseen) = output else {
      Issue.record("it goes on")
      return
    }
    #expect(bench.writes.count == SetupWork.attempts)
  }

  @Test func anAccountThatCannotBeReadIsWaitedFor() throws {
    var bench = try Bench()
    let down = SetupProblem(.api, "503")
    for second in 0..<120 {
      guard case .wait = bench.work.next(down, now: .seconds(second)) else {
        Issue.record("given up after \(second) s")
        return
      }
    }
    #expect(bench.work.next(down, now: .seconds(120)) == .refused(.unreadable(down)))
    let token = SetupProblem(.token, "401")
    var other = try Bench()
    #expect(other.work.next(token, now: .zero) == .refused(.unreadable(token)))
  }

  @Test func aChecksumIsToldFromOtherWords() {
    for good in ["1f00ba", "1f00ba-77ce03"] { #expect(SetupWork.isChecksum(good), "\(good)") }
    for bad in ["", "1f00b", "1f00ba-", "-1f00ba", "1F00BA", "1f00bg", "1f00ba 77ce03", "1f00baa"] {
      #expect(!SetupWork.isChecksum(bad), "\(bad)")
    }
  }
}
