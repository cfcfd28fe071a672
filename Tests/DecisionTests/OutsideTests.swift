import Decision
import Testing
import Wire

/// RULES 3: a region by the votes of its vantages.
struct OutsideTests {
  /// All combinations of `count` votes.
  static func combinations(_ count: Int) -> [[Vote]] {
    (0..<count).reduce([[]]) { lists, _ in
      lists.flatMap { list in Vote.allCases.map { list + [$0] } }
    }
  }

  /// The view of region a by the coordinator's vote and those of the others, in order.
  static func view(_ votes: [Vote], minVantages: Int = 2) -> OutsideView {
    let regions = ["a", "b", "c", "d", "e"].prefix(votes.count)
    var lab = Lab(Array(regions), hosts: 1)
    lab.policy.minVantages = minVantages
    let vantages = [Outside.coordinator] + regions.dropFirst()
    for (vantage, vote) in zip(vantages, votes) { lab.see("a", vote, from: [vantage]) }
    lab.run(1)
    return lab.picture("a").outside
  }

  /// Two to five regions, every combination of votes, against the sentences of RULES 3.
  @Test(arguments: [1, 2, 3]) func everyCombination(minVantages: Int) {
    for count in 2...5 {
      for votes in Self.combinations(count) {
        let view = Self.view(votes, minVantages: minVantages)
        let good = votes.count { $0 == .serving }
        let bad = votes.count { $0 == .bad }
        let elsewhere = votes.dropFirst().contains(.bad)
        let wanted: OutsideState =
          if good + bad == 0 {
            .unknown
          } else if good > bad {
            .serving
          } else if bad >= minVantages, bad > good, elsewhere || minVantages == 1 {
            .bad
          } else {
            .split
          }
        #expect(view.state == wanted, "\(votes)")
        #expect(view.unanimousBad == !votes.contains(.serving), "\(votes)")
        if wanted != .bad { #expect(view.completedBadSince == nil, "\(votes)") }
      }
    }
  }

  @Test func neverBadWithoutAnotherRegionsVote() {
    for count in 2...5 {
      for votes in Self.combinations(count) where !votes.dropFirst().contains(.bad) {
        #expect(Self.view(votes).state != .bad, "\(votes)")
      }
    }
  }

  /// However many votes the coordinator may have one day: without another region's it is a split.
  @Test func ownVotesAloneAreASplit() {
    for bad in 1...5 {
      #expect(Outside.state(good: 0, bad: bad, foreignBad: false, minVantages: 2) == .split)
    }
    #expect(Outside.state(good: 0, bad: 2, foreignBad: true, minVantages: 2) == .bad)
    #expect(Outside.state(good: 0, bad: 1, foreignBad: false, minVantages: 1) == .bad)
  }

  @Test func neverBadByOneVoteAlone() {
    for count in 2...5 {
      for votes in Self.combinations(count) where votes.count(where: { $0 == .bad }) < 2 {
        #expect(Self.view(votes).state != .bad, "\(votes)")
      }
    }
  }

  @Test func theCoordinatorAloneWillDoWithOneVantage() {
    #expect(Self.view([.bad, .none], minVantages: 1).state == .bad)
    #expect(Self.view([.bad, .none], minVantages: 2).state == .split)
  }

  /// A region's vote is the majority of its agents that probe; a tie is none.
  @Test(arguments: [1, 2, 3, 4]) func aRegionsVoteIsItsMajority(hosts: Int) throws {
    for votes in Self.combinations(hosts) {
      var lab = Lab(["a", "b"], hosts: hosts)
      for (index, vote) in votes.enumerated() { lab.see("a", vote, from: ["b\(index + 1)"]) }
      lab.run(1)
      let good = votes.count { $0 == .serving }
      let bad = votes.count { $0 == .bad }
      let wanted: Vote = good == bad ? .none : good > bad ? .serving : .bad
      let found = try #require(lab.picture("a").outside.votes.first { $0.vantage == "b" })
      #expect(found.vote == wanted, "\(votes)")
    }
  }

  /// The vote that made the majority starts the clock, not the first agent's.
  @Test func aRegionsVoteIsAsOldAsItsMajority() throws {
    var lab = Lab(["a", "b"], hosts: 3)
    lab.run(1)
    var since: [Instant] = []
    for agent in ["b3", "b1", "b2"] {
      lab.run(5)
      lab.see("a", .bad, from: [agent])
      since.append(lab.now)
    }
    lab.run(1)
    let vote = try #require(lab.picture("a").outside.votes.first { $0.vantage == "b" })
    #expect(vote.badSince == since[1])
  }

  /// The loss of serving votes is no evidence: what was outvoted until then is confirmed from the
  /// last time that somebody was served.
  @Test(arguments: ["goodbye", "silence", "restart"])
  func votesThatFallMuteConfirmNothing(how: String) throws {
    var lab = Lab(["a", "b", "c", "d"], hosts: 1)
    lab.settle()
    lab.see("a", .bad, from: ["coordinator", "b"])
    #expect(lab.run(100).pictures["a"]?.verdict == .healthy)
    let muted = lab.now
    switch how {
    case "goodbye":
      for agent in ["c1", "d1"] { lab.hosts[agent]?.goodbye = true }
      lab.run(1)
    case "restart":
      // The new process has not probed yet.
      lab.edit = { report, _ in if ["c1", "d1"].contains(report.agent) { report.probes = [] } }
      lab.run(1)
    default: break
    }
    lab.reports("c", "d", arrive: false)
    let seen = lab.run(40)
    #expect(seen.pictures["a"]?.verdict == .unreachable)
    let since = try #require(seen.memories["a"]?.downSince)
    #expect((muted - .seconds(1)...muted + .seconds(1)).contains(since))
    #expect(seen.intent == nil)
  }

  /// The same within one vantage: of two agents that contradicted each other one is mute.
  @Test func anAgentThatFallsMuteConfirmsNothing() throws {
    var lab = Lab(["a", "b"], hosts: 2)
    lab.settle()
    lab.see("a", .bad, from: ["coordinator", "b1"])
    #expect(lab.run(100).pictures["a"]?.verdict == .healthy)
    let muted = lab.now
    lab.reports("b2", arrive: false)
    let seen = lab.run(40)
    #expect(seen.pictures["a"]?.verdict == .unreachable)
    #expect(seen.memories["a"]?.downSince == muted)
    #expect(lab.picture("a").outside.votes.last?.muteServed == muted)
  }

  @Test func aStarvedAgentsBadVoteAndAGoodbyeDoNotCount() throws {
    var lab = Lab(["a", "b"], hosts: 3)
    lab.see("a", .bad, from: ["b1", "b2"])
    lab.hosts["b1"]?.starved = true
    lab.run(1)
    // One serving and one bad are left: a tie.
    #expect(lab.picture("a").outside.votes.first { $0.vantage == "b" }?.vote == Vote.none)
    lab.hosts["b2"]?.goodbye = true
    lab.run(1)
    #expect(lab.picture("a").outside.votes.first { $0.vantage == "b" }?.vote == .serving)
  }

  @Test func ownAgentsAreNoVantage() {
    var lab = Lab(["a", "b"])
    for agent in ["a1", "a2"] {
      lab.sights[Sight(vantage: agent, region: "a", family: .ipv4)] = Held(
        value: .bad, since: lab.now)
    }
    lab.run(1)
    #expect(lab.picture("a").outside.votes.map(\.vantage) == ["coordinator", "b"])
  }

  @Test func aVoidOwnVoteVoidsOnlyThat() {
    var lab = Lab()
    lab.see("a", .bad, from: ["coordinator", "b", "c"])
    lab.run(1)
    lab.evidence.ownVoteVoid = true
    let votes = lab.picture("a").outside.votes.map(\.vote)
    #expect(votes == [.none, .bad, .bad])
    #expect(lab.picture("a").outside.state == .bad)
  }

  @Test func staleVotesAreNone() {
    var lab = Lab()
    lab.see("a", .bad, from: ["coordinator", "b", "c"])
    lab.run(1)
    lab.ownProbes = false
    lab.reports("b", "c", arrive: false)
    lab.run(15)
    #expect(lab.picture("a").outside.state == .bad)
    lab.run(1)
    #expect(lab.picture("a").outside.state == .unknown)
  }

  @Test func oneBadFamilyDegradesAndBothAreBad() {
    var lab = Lab(families: [.ipv4, .ipv6])
    lab.settle()
    lab.see("a", .bad, from: ["coordinator", "b", "c"], .ipv6)
    lab.run(5)
    #expect(lab.picture("a").outside.state == .serving)
    #expect(lab.picture("a").outside.badFamilies == [.ipv6])
    #expect(lab.picture("a").verdict == .degraded)
    let second = lab.now
    lab.see("a", .bad, from: ["coordinator", "b", "c"], .ipv4)
    lab.run(5)
    #expect(lab.picture("a").outside.state == .bad)
    #expect(lab.picture("a").outside.badFamilies == [])
    #expect(lab.picture("a").outside.completedBadSince == second)
    #expect(lab.picture("a").verdict == .unreachable)
  }

  /// Five regions, votes turning bad one after the other: the third of five makes the majority.
  @Test(arguments: [(2, 2), (3, 2), (4, 3), (5, 3)])
  func theCompletingVoteStartsTheClock(regions: Int, completing: Int) {
    let ids = Array(["a", "b", "c", "d", "e"].prefix(regions))
    var lab = Lab(ids, hosts: 1)
    lab.run(1)
    var since: [Instant] = []
    for vantage in ["coordinator"] + ids.dropFirst() {
      lab.run(3)
      lab.see("a", .bad, from: [vantage])
      since.append(lab.now)
    }
    lab.run(1)
    #expect(lab.picture("a").outside.completedBadSince == since[completing - 1])
  }

  @Test func twoRegionsAreEnoughWithoutTheCoordinator() {
    var lab = Lab()
    lab.see("a", .none, from: ["coordinator"])
    lab.run(3)
    lab.see("a", .bad, from: ["b"])
    lab.run(3)
    let completed = lab.now
    lab.see("a", .bad, from: ["c"])
    lab.run(1)
    #expect(lab.picture("a").outside.state == .bad)
    #expect(lab.picture("a").outside.completedBadSince == completed)
  }

  @Test func noVoteSaysWhy() {
    var lab = Lab()
    lab.see("a", .bad, from: ["b1"])
    lab.reports("c", arrive: false)
    lab.run(1)
    let votes = lab.picture("a").outside.votes.filter { $0.vantage != Outside.coordinator }
    #expect(votes.map(\.vote) == [.none, .none])
    #expect(votes.map(\.detail) == ["its agents disagree", "no probe"])
  }

  /// However early the coordinator's own vote was: without another region's there is no verdict.
  @Test func theClockWaitsForAnotherRegion() {
    var lab = Lab(["a", "b"])
    lab.see("a", .bad, from: ["coordinator"])
    lab.run(50)
    #expect(lab.picture("a").verdict == .healthy)
    let completed = lab.now
    lab.see("a", .bad, from: ["b"])
    lab.run(1)
    #expect(lab.picture("a").badSince == completed)
  }
}
