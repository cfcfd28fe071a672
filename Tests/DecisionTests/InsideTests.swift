import Decision
import Testing
import Wire

/// RULES 2: votes are counted over the expected hosts.
struct InsideTests {
  struct Count: Hashable, CustomStringConvertible {
    var good: Int
    var bad: Int
    var missing: Int
    var description: String { "\(good) good, \(bad) bad, \(missing) missing" }
  }

  /// Every split of 1 to 4 hosts.
  static let counts: [Count] = (1...4).flatMap { expected in
    (0...expected).flatMap { good in
      (0...(expected - good)).map { bad in
        Count(good: good, bad: bad, missing: expected - good - bad)
      }
    }
  }
  static let shares = [0.01, 0.25, 1.0 / 3, 0.5, 2.0 / 3, 0.75, 1.0]

  static func state(_ count: Count, _ share: Double, flawed: Bool = false) -> InsideState {
    Inside.state(
      good: count.good, bad: count.bad, missing: count.missing, flawed: flawed, minHealthy: share)
  }

  @Test(arguments: shares) func aLostVoteNeverCreatesFailing(share: Double) {
    for count in Self.counts where Self.state(count, share) != .failing {
      var lost = count
      lost.missing += 1
      if count.good > 0 {
        lost.good -= 1
        #expect(Self.state(lost, share) != .failing, "a good vote of \(count) is lost")
        lost.good += 1
      }
      if count.bad > 0 {
        lost.bad -= 1
        #expect(Self.state(lost, share) != .failing, "a bad vote of \(count) is lost")
      }
    }
  }

  /// The definitions of RULES 2, word for word, in whole numbers: shares are twelfths here.
  @Test(arguments: [1, 3, 4, 6, 8, 9, 12]) func theDefinitions(twelfths: Int) {
    for count in Self.counts {
      for flawed in [false, true] {
        let expected = count.good + count.bad + count.missing
        let best = 12 * (count.good + count.missing)
        let worst = 12 * count.good
        let wanted: InsideState =
          if best < twelfths * expected {
            .failing
          } else if worst >= twelfths * expected {
            count.bad + count.missing == 0 && !flawed ? .healthy : .degraded
          } else {
            count.good + count.bad == 0 ? .silent : .partial
          }
        let found = Self.state(count, Double(twelfths) / 12, flawed: flawed)
        #expect(found == wanted, "\(count), flawed \(flawed), \(twelfths)/12")
      }
    }
  }

  @Test func noExpectedHostIsSilence() {
    #expect(Self.state(Count(good: 0, bad: 0, missing: 0), 0.5) == .silent)
  }

  @Test func twoHosts() {
    let table: [(Count, InsideState)] = [
      (Count(good: 2, bad: 0, missing: 0), .healthy),
      (Count(good: 1, bad: 1, missing: 0), .degraded),
      (Count(good: 1, bad: 0, missing: 1), .degraded),
      (Count(good: 0, bad: 2, missing: 0), .failing),
      (Count(good: 0, bad: 1, missing: 1), .partial),
      (Count(good: 0, bad: 0, missing: 2), .silent),
    ]
    for (count, state) in table { #expect(Self.state(count, 0.5) == state, "\(count)") }
  }

  /// 2 good and 2 bad of 4, one good report lost: counting over the fresh ones would say failing.
  @Test func theLostReportOfTheRules() {
    #expect(Self.state(Count(good: 1, bad: 2, missing: 1), 0.5) == .partial)
  }

  @Test func theCompletingVoteStartsTheClock() {
    var lab = Lab(hosts: 3)
    lab.settle()
    lab.check("a2", is: .bad)
    let first = lab.now
    lab.run(3)
    lab.check("a1", is: .bad)
    let second = lab.now
    lab.run(3)
    #expect(lab.picture("a").inside.state == .failing)
    #expect(lab.picture("a").inside.completedBadSince == second)
    lab.check("a3", is: .bad)
    lab.run(3)
    #expect(lab.picture("a").inside.completedBadSince == second)
    #expect(first < second)
  }

  @Test(arguments: [1, 2, 3, 4, 5]) func aDeployExcusesAtMostHalfRoundedUp(hosts: Int) {
    var lab = Lab(hosts: hosts)
    lab.settle()
    lab.check("a", is: .bad)
    for agent in lab.topology.agents(of: "a") { lab.hosts[agent]?.deployingMs = 60_000 }
    lab.run(1)
    let view = lab.picture("a").inside
    let excused = [1, 1, 2, 2, 3][hosts - 1]
    #expect(view.count(.missing) == excused)
    #expect(view.count(.bad) == hosts - excused)
  }

  @Test func anEndedDeployExcusesNothing() {
    var lab = Lab()
    lab.settle()
    lab.check("a", is: .bad)
    lab.hosts["a1"]?.deployingMs = 0
    lab.run(1)
    #expect(lab.picture("a").inside.count(.bad) == 2)
  }

  @Test func aStarvedHostsBadVoteIsMissingItsGoodOneCounts() {
    var lab = Lab()
    lab.settle()
    lab.hosts["a1"]?.starved = true
    lab.hosts["a2"]?.starved = true
    lab.check("a2", is: .bad)
    lab.run(1)
    #expect(lab.vote("a1") == .good)
    #expect(lab.vote("a2") == .missing)
  }

  @Test func aGoodbyeAndAnUnsupportedVersionAreMissing() {
    var lab = Lab()
    lab.settle()
    lab.check("a", is: .bad)
    lab.hosts["a1"]?.goodbye = true
    lab.hosts["a2"]?.version = Limits.wireVersion + 1
    lab.run(1)
    #expect(lab.vote("a1") == .missing)
    #expect(lab.vote("a2") == .missing)
    #expect(lab.picture("a").inside.state == .silent)
  }

  @Test func aReportCountsForFreshForAndNotLonger() {
    var lab = Lab()
    lab.settle()
    lab.reports("a1", arrive: false)
    lab.run(15)
    #expect(lab.vote("a1") == .good)
    lab.run(1)
    #expect(lab.vote("a1") == .missing)
  }

  /// The report is new, the check's own result is not: a hung check must not look alive.
  @Test func aStaleResultInAFreshReportIsMissing() {
    var lab = Lab()
    lab.settle()
    lab.edit = { report, _ in
      if report.agent == "a1" { report.checks[0].ageMs = 15_001 }
    }
    lab.run(1)
    #expect(lab.vote("a1") == .missing)
  }

  /// One of two checks hangs: neither its last good nor its last bad result counts any more.
  /// Why a host is missing is told.
  @Test func aReportThatIsTooOldIsToldFromAResultThatIs() {
    var lab = Lab()
    lab.settle()
    lab.reports("a1", arrive: false)
    lab.run(16)
    let silent = lab.picture("a").inside.instances.first { $0.agent == "a1" }
    #expect(silent?.vote == .missing && silent?.reason == "its last report is too old")
    lab.reports("a1", arrive: true)
    lab.edit = { report, _ in report.checks[0].ageMs = 15_001 }
    lab.run()
    let stuck = lab.picture("a").inside.instances.first { $0.agent == "a1" }
    #expect(stuck?.vote == .missing && stuck?.reason == "a check has no fresh result")
  }

  @Test(arguments: [CheckState.good, .bad]) func oneStaleResultOfTwoIsMissing(stale: CheckState) {
    var lab = Lab()
    lab.settle()
    lab.edit = { report, _ in
      guard report.agent == "a1" else { return }
      var other = report.checks[0]
      other.name = "dynamodb app"
      other.state = stale
      other.ageMs = 15_001
      report.checks.append(other)
    }
    lab.run(1)
    #expect(lab.vote("a1") == .missing)
  }

  @Test func onlyTheServicesOwnChecksCount() {
    var lab = Lab()
    lab.settle()
    lab.check("a", is: .bad)
    lab.hosts["a1"]?.services = ["other"]
    lab.hosts["a2"]?.services = ["other", "app"]
    lab.run(1)
    #expect(lab.vote("a1") == .missing)
    #expect(lab.vote("a2") == .bad)
    lab.hosts["a2"]?.counts = .alert
    lab.run(1)
    #expect(lab.vote("a2") == .missing)
  }

  @Test func states() {
    let table: [(CheckState, InstanceVote)] = [
      (.good, .good), (.degraded, .degraded), (.bad, .bad), (.unknown, .missing),
      (.misconfigured, .missing),
    ]
    for (state, vote) in table {
      var lab = Lab()
      lab.settle()
      lab.check("a1", is: state)
      lab.run(1)
      #expect(lab.vote("a1") == vote, "\(state)")
    }
  }

  /// Two checks on one host, all pairs of states.
  @Test(arguments: CheckState.allCases, CheckState.allCases)
  func twoChecks(first: CheckState, second: CheckState) {
    var lab = Lab()
    lab.settle()
    lab.edit = { report, _ in
      guard report.agent == "a1" else { return }
      var other = report.checks[0]
      report.checks[0].state = first
      report.checks[0].name = "http app"
      other.state = second
      other.name = "dynamodb app"
      report.checks.append(other)
    }
    lab.run(1)
    let both: Set<CheckState> = [first, second]
    let wanted: InstanceVote =
      if both.contains(.bad) {
        .bad
      } else if both == [.misconfigured] || both.contains(.unknown) {
        .missing
      } else {
        both == [.good] ? .good : .degraded
      }
    #expect(lab.vote("a1") == wanted)
    guard wanted == .degraded else { return }
    // Which of them keeps it from being good.
    let flawed: CheckState = both.contains(.degraded) ? .degraded : .misconfigured
    let name = first == flawed ? "http app" : "dynamodb app"
    let reason = lab.picture("a").inside.instances.first { $0.agent == "a1" }?.reason
    #expect(reason == "\(name): \(flawed.rawValue)")
  }
}

extension Lab {
  /// One instance's vote in its own region.
  func vote(_ agent: AgentID) -> InstanceVote? {
    let region = topology.agents[agent] ?? ""
    return picture(region).inside.instances.first { $0.agent == agent }?.vote
  }
}
