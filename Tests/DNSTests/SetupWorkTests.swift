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
    var remembered: [SetupAsked] = []

    init(agreed: String? = nil, before: [SetupAsked] = []) throws {
      work = SetupWork(
        agreed: try agreed ?? SetupWorkTests.propose(SetupWorkTests.account).plan.checksum,
        before: before)
    }

    var proposal: SetupProposal { get throws { try SetupWorkTests.propose(account) } }

    mutating func next(after seconds: Int64 = 0) throws -> SetupWork.Output {
      now += .seconds(seconds)
      return work.next(try proposal, now: now)
    }

    /// Until it asks for something; looks are answered as given.
    mutating func nextRequest(_ look: SetupWork.Look = .good) throws -> SetupWork.Output {
      for _ in 0..<400 {
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
      _ output: SetupWork.Output, _ outcome: SetupWork.Outcome, isDone: Bool, up: Int = 1,
      down: Int = 0
    ) throws {
      guard case .perform(let step) = output else {
        Issue.record("\(output)")
        return
      }
      writes.append(step)
      if let asked = work.begins(step, try proposal) { remembered.append(asked) }
      work.ended(step, outcome, now: now)
      guard isDone else { return }
      account.take(step)
      if case .check(let port, _, _) = step { set(port.balancer, up: up, down: down) }
    }

    mutating func set(_ balancer: Int64, up: Int, down: Int) {
      for index in account.survey.balancers.indices
      where account.survey.balancers[index].object.id == balancer {
        account.survey.balancers[index].configs[0].nodesUp = up
        account.survey.balancers[index].configs[0].nodesDown = down
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
    try bench.end(try bench.next(), .accepted, isDone: true)
    // The next region only once hosts pass here.
    let begin = bench.now
    try bench.end(try bench.nextRequest(), .accepted, isDone: true)
    #expect(bench.now - begin >= .seconds(13))
    try bench.end(try bench.nextRequest(), .accepted, isDone: true)
    #expect(try bench.nextRequest() == .done)
    #expect(bench.writes == steps && bench.work.done == steps)
    #expect(Set(bench.work.settled) == Set(steps), "nothing of it is remembered")
  }

  @Test func whatNobodyAgreedToIsNotDone() throws {
    let steps = try Self.propose(Self.account).plan.steps
    var none = try Bench(agreed: "")
    #expect(try none.next() == .refused(.notAgreed(steps)))
    var some = try Bench(agreed: steps.dropLast().map(\.token).joined(separator: "-"))
    #expect(try some.next() == .refused(.notAgreed([steps[2]])))
    // The account changes meanwhile.
    var bench = try Bench()
    try bench.end(try bench.nextRequest(), .accepted, isDone: true)
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
    for _ in 0..<2 { try bench.end(try bench.nextRequest(), .accepted, isDone: true) }
    #expect(try bench.nextRequest() == .done)
    #expect(bench.work.done.count == 2)
  }

  @Test func hostsThatDoNotAnswerKeepTheirCheck() throws {
    var bench = try Bench()
    try bench.end(try bench.nextRequest(.bad("404")), .accepted, isDone: true)
    #expect(try bench.nextRequest() == .done)
    #expect(bench.work.skipped.map(\.reason) == ["404", "404"])
    #expect(bench.writes.map(\.path) == ["/domains/7/records"], "the rest is done all the same")
  }

  @Test func aCheckThatNobodyPassesIsPutBack() throws {
    var bench = try Bench()
    let steps = try Self.propose(Self.account).plan.steps
    try bench.end(try bench.nextRequest(), .accepted, isDone: true, up: 0, down: 2)
    let begin = bench.now
    let back = try bench.nextRequest()
    #expect(back == .perform(try #require(steps[0].reversed)))
    #expect(bench.now - begin >= pace.watchFor)
    try bench.end(back, .unknown("cut off"), isDone: false)
    try bench.end(try bench.nextRequest(), .busy("429"), isDone: false)
    try bench.end(try bench.nextRequest(), .accepted, isDone: true)
    guard case .refused(.undone(steps[0], _)) = try bench.nextRequest() else {
      Issue.record("it goes on")
      return
    }
    let checks = [bench.account, Self.account].map { $0.survey.balancers[1].configs[0].settings }
    #expect(checks[0] == checks[1] && bench.work.done.isEmpty)
  }

  @Test func aCheckThatCannotBePutBackIsToldInFull() throws {
    var bench = try Bench()
    try bench.end(try bench.nextRequest(), .accepted, isDone: true, up: 0, down: 2)
    try bench.end(try bench.nextRequest(), .refused("401"), isDone: false)
    guard case .refused(let refusal) = try bench.nextRequest() else {
      Issue.record("it goes on")
      return
    }
    #expect(refusal.code == "not_undone")
    #expect("\(refusal)".contains("config-update 12 200 --check none --check_path ''"))
    #expect("\(refusal)".contains("--check_interval 31"))
    #expect(bench.work.done == [] && bench.work.unproven == [bench.writes[0]])
  }

  @Test func aPortWithoutHostsIsNoReasonToStop() throws {
    var bench = try Bench()
    let first = try bench.nextRequest()
    try bench.end(first, .accepted, isDone: true, up: 0)
    guard case .perform = try bench.nextRequest() else {
      Issue.record("it stops")
      return
    }
  }

  @Test func aRecordIsNeverAskedForTwice() throws {
    for outcome in [SetupWork.Outcome.accepted, .unknown("cut off")] {
      var bench = try Bench()
      for _ in 0..<2 { try bench.end(try bench.nextRequest(), .accepted, isDone: true) }
      let creation = try bench.nextRequest()
      try bench.end(creation, outcome, isDone: false)
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
    for _ in 0..<2 { try bench.end(try bench.nextRequest(), .accepted, isDone: true) }
    let creation = try bench.nextRequest()
    try bench.end(creation, .unknown("cut off"), isDone: false)
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
    for _ in 0..<2 { try bench.end(try bench.nextRequest(), .accepted, isDone: true) }
    try bench.end(try bench.nextRequest(), .accepted, isDone: true)
    let made = try #require(bench.account.records.firstIndex { $0.name == "canary" })
    bench.account.records[made].ttlSeconds = 3_600
    let again = try bench.nextRequest()
    try bench.end(again, .accepted, isDone: true)
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
      try bench.end(output, .busy("429"), isDone: false)
      tries += 1
    }
    #expect(tries > 20 && bench.now < .seconds(200), "\(tries) tries in \(bench.now)")
    var denied = try Bench()
    try denied.end(try denied.nextRequest(), .refused("401"), isDone: false)
    guard case .refused(.denied(_, "401")) = try denied.next(after: 1) else {
      Issue.record("it goes on")
      return
    }
  }

  @Test func aChangeThatIsNeverSeenIsGivenUp() throws {
    var bench = try Bench()
    var output = try bench.nextRequest()
    for _ in 0..<SetupWork.attempts {
      try bench.end(output, .accepted, isDone: false)
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

  @Test func countsOfBeforeAreNotTheNewChecks() throws {
    // 15 s twice, until a host that fails is left out.
    var account = Self.account
    let slow = LinodeBalancerConfig(
      id: 200, port: 80, protocolName: "http", check: "http", checkPath: "/health",
      checkIntervalSeconds: 15, checkTimeoutSeconds: 3, checkAttempts: 2, checksPassively: false,
      nodesUp: 2)
    account.survey.balancers[1].configs[0] = slow
    var bench = try Bench(agreed: try Self.propose(account).plan.checksum)
    bench.account = account
    try bench.end(try bench.nextRequest(), .accepted, isDone: true, up: 2)
    for _ in 0..<30 {
      guard case .wait = try bench.next(after: 1) else {
        Issue.record("the counts of before are believed after \(bench.now)")
        return
      }
    }
    bench.set(12, up: 0, down: 2)
    guard case .perform(let back) = try bench.nextRequest() else {
      Issue.record("it is not put back")
      return
    }
    #expect(back.path == "/nodebalancers/12/configs/200")
    // Fewer than before will not do either.
    var fewer = try Bench(agreed: try Self.propose(account).plan.checksum)
    fewer.account = account
    try fewer.end(try fewer.nextRequest(), .accepted, isDone: true, up: 1, down: 1)
    #expect(try fewer.nextRequest() == .perform(back))
  }

  @Test func whoGoesOnWatchesWhatWasChanged() throws {
    var bench = try Bench()
    let steps = try bench.proposal.plan.steps
    try bench.end(try bench.nextRequest(), .accepted, isDone: true, up: 0, down: 2)
    _ = try bench.next(after: 10)
    // Killed here.
    var next = try Bench(
      before: bench.remembered.map {
        SetupAsked(step: $0.step, age: .seconds(10), hostsUp: $0.hostsUp)
      })
    next.account = bench.account
    #expect(try next.nextRequest() == .perform(try #require(steps[0].reversed)))
    // Where hosts pass it goes on.
    var well = try Bench(before: bench.remembered)
    well.account = bench.account
    well.set(12, up: 2, down: 0)
    #expect(try well.nextRequest() == .perform(steps[1]))
    #expect(well.work.settled == [steps[0]])
  }

  @Test func troubleWhileAWatchIsOpenIsWaitedForAndTold() throws {
    for kind in [SetupProblem.Kind.api, .token, .unknown] {
      var bench = try Bench()
      try bench.end(try bench.nextRequest(), .accepted, isDone: true, up: 0, down: 2)
      _ = try bench.next(after: 1)
      let problem = SetupProblem(kind, "trouble")
      for second in 0..<120 {
        guard case .wait = bench.work.next(problem, now: bench.now + .seconds(second)) else {
          Issue.record("given up after \(second) s: \(kind)")
          return
        }
      }
      guard case .refused(let refusal) = bench.work.next(problem, now: bench.now + .seconds(120))
      else {
        Issue.record("it goes on: \(kind)")
        continue
      }
      #expect(refusal.code == "unwatched" && "\(refusal)".contains("--check none"), "\(refusal)")
    }
  }

  @Test func aRecordIsNotAskedForTwiceBecauseOfAnOldReading() throws {
    var account = Self.account
    account.records.removeAll { $0.name == "app" }
    account.survey.balancers = Account().survey.balancers
    let regions = ["us-east", "eu-central"]
    let first = try account.propose(regions: regions)
    var work = SetupWork(agreed: first.plan.checksum)
    #expect(first.plan.steps.count == 2)
    _ = work.next(first, now: .zero)
    for (index, step) in first.plan.steps.enumerated() {
      let now = Duration.seconds(2 + index)
      let proposal = try account.propose(regions: regions, agreed: first.plan.checksum)
      #expect(work.next(proposal, now: now) == .perform(step))
      _ = work.begins(step, proposal)
      work.ended(step, .accepted, now: now)
      if index == 0 { account.take(step) }
    }
    for second in 5..<90 {
      guard case .wait = work.next(first, now: .seconds(second)) else {
        Issue.record("asked again after \(second) s")
        return
      }
    }
  }

  @Test func aTimeToLiveThatWasLostIsAgreedToAlsoByTheNextProcess() throws {
    let checksum = try Self.propose(Self.account).plan.checksum
    var account = Self.account
    for step in try Self.propose(account).plan.steps { account.take(step) }
    let made = try #require(account.records.firstIndex { $0.name == "canary" })
    account.records[made].ttlSeconds = 3_600
    var bench = try Bench(agreed: checksum)
    bench.account = account
    try bench.end(try bench.nextRequest(), .accepted, isDone: true)
    #expect(try bench.nextRequest() == .done)
  }

  @Test func aListThatIsEmptyForOnceEndsNothing() throws {
    var bench = try Bench()
    let whole = bench.account
    for index in 0..<2 { bench.account.survey.balancers[index].configs = [] }
    bench.account.add(50, "A", "canary", "192.0.2.1")
    #expect(try bench.next() == .wait("reading the account once more"))
    bench.account = whole
    guard case .perform = try bench.nextRequest() else {
      Issue.record("it ends")
      return
    }
  }
}
