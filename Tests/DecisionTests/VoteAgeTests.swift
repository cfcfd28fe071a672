import Decision
import Testing
import Wire

/// RULES 3: a vote is as old as the newest answer behind it.
struct VoteAgeTests {
  static let statuses = [301, 302, 403, 404, 429]

  /// The last answers of all vantages on region a were `vote`, `age` milliseconds ago; since then
  /// they get answers that say nothing.
  static func lab(_ vote: Vote, age: Int, status: Int = 404, active: RegionID = "a") -> Lab {
    var lab = Lab(["a", "b", "c"], hosts: 1)
    lab.settle(at: active)
    lab.gather()
    lab.edit = { report, _ in
      for index in report.probes.indices where report.probes[index].region == "a" {
        report.probes[index].vote = vote
        report.probes[index].outcome = .none
        report.probes[index].status = status
        report.probes[index].servingMs = vote == .serving ? age : nil
        report.probes[index].badSinceMs = vote == .bad ? age + 10_000 : nil
        report.probes[index].badMs = vote == .bad ? age : nil
      }
    }
    lab.ownProbes = false
    lab.run(1)
    let then = lab.now.before(ageMs: age)
    lab.evidence.take(
      OwnProbe(
        vote: vote, outcome: .none, detail: "\(status)", at: lab.now,
        servingStarted: vote == .serving ? then : nil,
        badSince: vote == .bad ? then - .seconds(10) : nil, badNewest: vote == .bad ? then : nil,
        status: status), of: ProbeKey(service: "app", region: "a", family: .ipv4))
    return lab
  }

  @Test(arguments: [Vote.serving, .bad], [0, 14_999, 15_000, 15_001, 3_600_000])
  func aVoteExpiresWithItsNewestAnswer(_ vote: Vote, _ age: Int) {
    let view = Self.lab(vote, age: age).picture("a").outside
    let counts = age <= 15_000
    #expect(view.votes.map(\.vote) == Array(repeating: counts ? vote : .none, count: 3))
    #expect(view.state == (counts ? (vote == .serving ? .serving : .bad) : .unknown))
    #expect(view.servingFamilies == (counts && vote == .serving ? [.ipv4] : []))
  }

  @Test(arguments: statuses) func whatGivesNoVoteIsNoTarget(_ status: Int) {
    for age in [1000, 3_600_000] {
      var lab = Self.lab(.serving, age: age, status: status, active: "b")
      let seen = lab.tick()
      #expect(seen.pictures["a"]?.verdict == .healthy)
      #expect(seen.eligibilities["a"]?.isEligible == (age == 1000))
      #expect(seen.gate?.conditions.first { $0.name == "outside" }?.holds == (age == 1000))
    }
  }

  /// What is shown as a vote's age is that of the answer, not that of the newest question.
  @Test func theAgeShownIsTheAnswers() {
    let lab = Self.lab(.serving, age: 9_000)
    #expect(lab.picture("a").outside.votes.allSatisfy { $0.at == lab.now.before(ageMs: 9_000) })
  }

  /// An agent of before tells no age of its bad vote: it counts while its newest probe is bad.
  @Test func agentsOfBefore() {
    var lab = Lab(["a", "b", "c"], hosts: 1)
    lab.settle()
    lab.see("a", .bad, from: [Outside.coordinator, "b", "c"])
    lab.run(1)
    #expect(lab.picture("a").outside.state == .bad)
    lab.edit = { report, _ in
      for index in report.probes.indices where report.probes[index].region == "a" {
        report.probes[index].outcome = .none
      }
    }
    lab.run(1)
    let votes = lab.picture("a").outside.votes
    #expect(votes.map(\.vote) == [.bad, .none, .none])
  }

  /// A vantage that is served no more and has no bad vote yet is mute: its loss dates the outage.
  @Test func anExpiredVoteIsMute() {
    var lab = Lab(["a", "b"], hosts: 3)
    lab.settle()
    lab.see("a", .bad, from: [Outside.coordinator, "b"])
    lab.edit = { report, now in
      guard report.agent == "b3" else { return }
      for index in report.probes.indices where report.probes[index].region == "a" {
        report.probes[index].vote = .serving
        report.probes[index].outcome = .none
        report.probes[index].servingMs = 20_000
      }
    }
    lab.run(20)
    let vote = lab.picture("a").outside.votes.first { $0.vantage == "b" }
    #expect(vote?.vote == .bad)
    #expect(vote?.muteServed == lab.now.before(ageMs: 20_000))
  }

  // MARK: Addresses that never say anything

  /// All vantages get `outcomes` second by second; when the finding is there.
  static func findings(_ seconds: Int, status: @escaping (Int) -> Int?) -> [Voteless?] {
    var lab = Lab(["a", "b"], hosts: 1)
    lab.settle()
    var second = 0
    var served = lab.now
    lab.edit = { report, now in
      for index in report.probes.indices where report.probes[index].region == "a" {
        guard let status = status(second) else { continue }
        report.probes[index].outcome = .none
        report.probes[index].status = status
        report.probes[index].servingMs = Int((now - served).wholeMilliseconds)
      }
    }
    lab.ownProbes = false
    return (0..<seconds).map { current in
      second = current
      lab.now = lab.now + .seconds(1)
      let status = status(current)
      if status == nil { served = lab.now }
      lab.gather()
      lab.evidence.take(
        OwnProbe(
          vote: .serving, outcome: status == nil ? .serving : .none, detail: "", at: lab.now,
          servingStarted: served, badSince: nil, status: status ?? 200),
        of: ProbeKey(service: "app", region: "a", family: .ipv4))
      return lab.tick().voteless["a"]
    }
  }

  @Test(arguments: statuses) func onlySuchAnswersForAMinuteAreAFinding(_ status: Int) {
    let found = Self.findings(70) { _ in status }
    #expect(found.prefix(60).allSatisfy { $0 == nil })
    #expect(found.dropFirst(60).allSatisfy { $0?.status == status && $0?.family == .ipv4 })
    #expect(found.last??.text.contains("only \(status)") == true)
  }

  @Test func oneAnswerThatSaysSomethingStartsTheMinuteAnew() {
    let found = Self.findings(110) { $0 == 40 ? nil : 404 }
    #expect(found.prefix(101).allSatisfy { $0 == nil })
    #expect(found.dropFirst(101).allSatisfy { $0 != nil })
  }

  @Test func eachCodeHasACause() {
    let causes = [301, 401, 403, 404, 405, 410, 418, 429].map {
      Voteless(family: .ipv6, status: $0, since: Lab.start).cause
    }
    #expect(causes.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
    #expect(Set(causes).count == 6)
  }
  /// Of two addresses that say nothing the one that has said nothing for longer is told; who was
  /// never served counts from the first such answer.
  @Test func theAddressThatIsSilentForLongestIsTold() {
    var policy = Policy.acting
    policy.votelessAfter = .seconds(60)
    var lab = Lab(["a", "b"], families: [.ipv4, .ipv6], policy: policy)
    lab.ownProbes = false
    var mute: [AddressFamily: Int] = [.ipv6: 404]
    lab.edit = { report, _ in
      for index in report.probes.indices where report.probes[index].region == "a" {
        guard let status = mute[report.probes[index].family] else { continue }
        report.probes[index].vote = .none
        report.probes[index].outcome = .none
        report.probes[index].status = status
        report.probes[index].servingMs = nil
      }
    }
    lab.point(at: "a")
    lab.run()
    let first = lab.now
    lab.run(29)
    mute[.ipv4] = 403
    var found = lab.run(31)
    #expect(found.voteless["a"]?.family == .ipv6 && found.voteless["a"]?.since == first)
    found = lab.run(31)
    #expect(found.voteless["a"]?.family == .ipv6 && found.voteless["a"]?.status == 404)
    mute[.ipv6] = nil
    found = lab.run()
    #expect(found.voteless["a"]?.family == .ipv4 && found.voteless["a"]?.status == 403)
  }

  /// Without a vote an answer is as old as itself.
  @Test func theOldestOfAReportIsWhatItSaysLeastLately() {
    func oldest(_ vote: Vote, servingMs: Int?) -> Instant {
      let probe = ProbeResult(
        service: "app", region: "a", family: .ipv4, outcome: .none, vote: vote, ageMs: 4_000,
        servingMs: servingMs)
      let report = Report(
        agent: "b1", region: "b", boot: "boot", sequence: 1, sentMs: 0, intervalMs: 5000,
        probes: [probe], agentVersion: "1.0.0")
      return AgentEvidence(report: report, receivedAt: Lab.start).oldest
    }
    #expect(oldest(.serving, servingMs: 9_000) == Lab.start - .seconds(9))
    #expect(oldest(.none, servingMs: 9_000) == Lab.start - .seconds(4))
  }
}
