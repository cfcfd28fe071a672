import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What is said of a region and of replication, word by word.
@Suite struct StoryWordsTests {
  private static func assessment() throws -> Assessment {
    var bench = Bench()
    bench.step()
    return try #require(bench.core.assessment)
  }

  private static func instance(
    _ agent: String, _ vote: InstanceVote, _ reason: String? = nil, isHeard: Bool = true
  ) -> InstanceView {
    InstanceView(agent: agent, vote: vote, reason: reason, isHeard: isHeard)
  }

  private static func votes(_ votes: Vote...) -> [VantageVote] {
    votes.map { VantageVote(vantage: "eu", family: .ipv4, vote: $0, detail: "") }
  }

  @Test func aRegionInOneLine() throws {
    var picture = try #require(try Self.assessment().pictures["us"])
    let cases: [([InstanceView], [VantageVote], HeartbeatView, Verdict, String)] = [
      ([], [], .unknown, .healthy, "0/0 agents good, no outside check"),
      ([], Self.votes(.none), .unknown, .healthy, "0/0 agents good, no outside check"),
      (
        [Self.instance("us1", .good), Self.instance("us2", .degraded)],
        Self.votes(.serving, .none, .serving), .advancing, .healthy,
        "2/2 agents good, 2/2 outside checks served"
      ),
      (
        [
          Self.instance("us1", .good), Self.instance("us2", .bad, "http app: 500"),
          Self.instance("us3", .bad, "later"), Self.instance("us4", .missing, isHeard: false),
          Self.instance("us5", .missing), Self.instance("us6", .missing),
        ], Self.votes(.bad, .serving, .bad), .advancing, .failing,
        "1/6 agents good, 2 bad, 1 missing, 2 cannot tell, 2/3 outside checks fail, "
          + "heartbeats still arrive elsewhere, us2: http app: 500"
      ),
      (
        [Self.instance("us1", .bad)], [], .stopped, .healthy,
        "0/1 agents good, 1 bad, no outside check, heartbeats stopped"
      ),
    ]
    for (instances, votes, heartbeats, verdict, text) in cases {
      picture.inside.instances = Instances(instances)
      picture.outside.votes = votes
      picture.heartbeats = heartbeats
      picture.judgement.verdict = verdict
      #expect(Story.brief(picture) == text)
    }
  }

  /// Where there is no target, each region says why; where there would be one, it is named.
  @Test func whatARulesLineAdds() throws {
    var found = try Self.assessment()
    found.active = "us"
    found.target = "eu"
    for (region, text) in [("eu", "eu is down"), ("ap", "ap is silent")] {
      found.eligibilities[region] = Eligibility(
        region: region, conditions: [CheckedLine(name: "x", holds: false, text: text)])
    }
    let us = try #require(found.pictures["us"].map(Story.brief))
    let (eu, ap) = (
      try #require(found.eligibilities["eu"]).refusals, try #require(found.eligibilities["ap"])
    )
    #expect(eu.count == 1 && ap.refusals.count == 1)
    let cases: [(Rule, String)] = [
      (.suspect, " (us: \(us))"), (.blockedByBudget, " (us: \(us))"),
      (.blockedByPause, " (us: \(us); to eu)"), (.awaitApproval, " (us: \(us); to eu)"),
      (.noTarget, " (us: \(us); ap: \(ap.refusals[0]); eu: \(eu[0]))"), (.steady, ""),
    ]
    for (rule, text) in cases {
      #expect(Story.context(rule, assessment: found) == text, "\(rule)")
    }
    found.target = nil
    #expect(Story.context(.blockedByPause, assessment: found) == " (us: \(us))")
  }

  // MARK: Replication

  private static func replication(
    _ source: RegionID, _ target: RegionID, _ state: Replication.State
  ) -> (RegionPair, Replication) {
    (
      RegionPair(source: source, target: target),
      Replication(
        source: source, target: target, lagLowMs: nil, lagHighMs: nil, ageMs: 90_000, state: state)
    )
  }

  @Test func whatLeavesTheActiveRegionIsToldFirst() throws {
    var found = try Self.assessment()
    found.active = "us"
    found.replication = Dictionary(
      uniqueKeysWithValues: [
        Self.replication("ap", "us", .late), Self.replication("us", "eu", .stopped),
        Self.replication("ap", "eu", .flowing), Self.replication("us", "ap", .late),
        Self.replication("eu", "us", .unwritten),
      ])
    let now = Bench().now
    let told = found.replicationTroubles(at: now)
    #expect(
      told.map(\.0) == [
        .direction(source: "us", target: "ap"), .direction(source: "us", target: "eu"),
        .direction(source: "ap", target: "us"),
      ])
    #expect(told[0].1 == "replication from us to ap is late: nothing new has arrived for 90 s")
    #expect(
      told[1].1.hasPrefix("replication from us to eu has stopped since ")
        && told[1].1.hasSuffix(" (90 s)"), "\(told[1].1)")
  }

  @Test func itIsOverWhenWritesArriveAndNotBefore() throws {
    var found = try Self.assessment()
    let trouble = ReplicationTrouble.direction(source: "us", target: "eu")
    #expect(trouble.end(found) == nil, "it is not seen")
    for state in Replication.State.allCases {
      let (pair, replication) = Self.replication("us", "eu", state)
      found.replication[pair] = replication
      let text = state == .flowing ? "writes of us arrive in eu again" : nil
      #expect(trouble.end(found) == text, "\(state)")
    }
  }
}
