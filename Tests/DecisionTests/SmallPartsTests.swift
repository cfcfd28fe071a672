import Decision
import Testing
import Wire

/// Parts that stories seldom touch.
struct SmallPartsTests {
  // MARK: Requests

  @Test func aRequestOnAPictureOfAnotherActiveRegionIsRefused() {
    var lab = OrdersTests.settled()
    let seen = lab.run()
    // A human moves DNS between the look and the request.
    lab.point(at: "b")
    for isFailback in [true, false] {
      let code = OrdersTests.code { () throws(Refusal) in
        try lab.machine.ask(
          Request(to: "a", isFailback: isFailback, overrides: []), epoch: 0, assessment: seen)
      }
      #expect(code == "conflict")
    }
  }

  @Test func aRequestThatWasNotBegunCanBeTakenBack() throws {
    var lab = OrdersTests.settled()
    try lab.machine.ask(
      Request(to: "b", isFailback: false, overrides: []), epoch: 0, assessment: lab.run())
    lab.machine.withdraw()
    #expect(lab.run().decision.rule == .steady)
  }

  @Test func anOverrideHasToBeAConditionOfTheMove() {
    var lab = OrdersTests.settled()
    let code = OrdersTests.code { () throws(Refusal) in
      try lab.machine.ask(
        Request(to: "b", isFailback: false, overrides: ["inside", "wishes"]), epoch: 0,
        assessment: lab.run())
    }
    #expect(code == "unknown_override")
  }

  /// The command of a minute ago, pasted when what it overrides is over.
  @Test func anOverrideOfAConditionThatIsOverIsNoMistake() throws {
    var lab = OrdersTests.settled()
    let assessment = lab.run()
    let gone = ["since-fault", "probe-since-fault", "maintenance", "zone"]
    let now = Set(try #require(assessment.eligibilities["b"]).conditions.map(\.name))
    #expect(now.isDisjoint(with: gone))
    try lab.machine.ask(
      Request(to: "b", isFailback: false, overrides: gone), epoch: 0, assessment: assessment)
    #expect(lab.run().decision.rule == .operatorMove)
  }

  @Test func aHumanWhoMovesBackToThePrimaryPinsNothing() {
    var lab = OrdersTests.settled()
    lab.point(at: "b")
    #expect(lab.machine.memory.pinned == "b")
    lab.point(at: "a")
    #expect(lab.machine.memory.pinned == nil)
  }

  // MARK: A service without addresses

  @Test func nothingIsKnownOfAServiceWithoutAddresses() {
    var lab = Lab(["a", "b"], families: [])
    #expect(lab.machine.observe(addresses: [:], now: lab.clock) == nil)
    #expect(lab.machine.at == .unknown)
    #expect(lab.run(40).decision.rule == .atUnknown)
    #expect(lab.picture("a").outside.state == .unknown)
    #expect(lab.topology.families == [])
  }

  // MARK: Votes

  @Test func aBadVoteWithoutItsFirstFailureCountsFromNow() {
    var lab = OrdersTests.settled()
    lab.edit = { report, _ in
      for index in report.probes.indices { report.probes[index].badSinceMs = nil }
    }
    lab.fail("a")
    lab.run()
    #expect(lab.picture("a").outside.completedBadSince == lab.now)
    // The coordinator's own vote is the one that completes it, and does not know since when.
    lab.see("a", .none, from: ["c"])
    lab.run()
    lab.evidence.take(
      OwnProbe(
        vote: .bad, outcome: .dark, detail: "", at: lab.now, servingStarted: nil, badSince: nil),
      of: ProbeKey(service: "app", region: "a", family: .ipv4))
    #expect(lab.picture("a").outside.state == .bad)
    #expect(lab.picture("a").outside.completedBadSince == nil)
    lab.machine.restartConfirmations()
    lab.reports("a", arrive: false)
    lab.now = lab.now + .seconds(1)
    #expect(lab.tick().memories["a"]?.downSince != nil)
  }

  /// Bad from outside alone, by votes that do not know since when: the clock starts now.
  @Test func aVerdictOfUnknownAgeStartsItsClockNow() {
    var lab = OrdersTests.settled()
    lab.ownProbes = false
    lab.see("a", .bad, from: ["b", "c"])
    lab.see("a", .none, from: ["c"])
    for _ in 0..<2 {
      lab.now = lab.now + .seconds(1)
      lab.gather()
      for region in ["a", "b", "c"] {
        lab.evidence.take(
          OwnProbe(
            vote: region == "a" ? .bad : .serving, outcome: region == "a" ? .dark : .serving,
            detail: "", at: lab.now, servingStarted: lab.now, badSince: nil),
          of: ProbeKey(service: "app", region: region, family: .ipv4))
      }
      lab.tick()
    }
    let found = lab.tick()
    #expect(found.pictures["a"]?.verdict == .unreachable)
    #expect(found.memories["a"]?.downSince == lab.now - .seconds(1))
  }

  @Test func aServedProbeSaysHowWell() {
    var lab = OrdersTests.settled()
    lab.edit = { report, _ in
      for index in report.probes.indices {
        report.probes[index].status = 204
        report.probes[index].latencyMs = 12.4
      }
    }
    lab.run()
    let details = lab.picture("a").outside.votes.map(\.detail)
    #expect(details.contains("204 in 12 ms"))
  }

  @Test func aRegionThatIsUpIsBadSinceNever() {
    var lab = OrdersTests.settled()
    lab.run()
    #expect(lab.picture("a").badSince == nil)
  }

  @Test func aPausedGateStandsStill() {
    var lab = OrdersTests.settled()
    lab.run(100)
    lab.check("b", is: .unknown)
    let before = lab.run().memories["b"]?.stable(Present(lab.now))
    let paused = lab.run(10).memories["b"]
    #expect(paused?.isPaused == true)
    #expect(paused?.stable(Present(lab.now)) == before)
    lab.check("b", is: .good)
    #expect(lab.run(10).memories["b"]?.isPaused == false)
  }

  // MARK: Heartbeats

  @Test func theNewestHeartbeatOfSeveralWritersCounts() {
    var lab = Lab()
    let beats = lab.beat()
    lab.edit = { report, now in
      beats.add(to: &report, at: now)
      // A writer of before, whose heartbeats are still in the replica.
      if let old = report.peers.first {
        var other = old
        other.agent = "\(old.region)2"
        other.seenMs += 60_000
        other.writtenMs -= 60_000
        report.peers.append(other)
      }
      // Both hosts wrote lately.
      if report.agent.hasSuffix("2"), report.region == "a" {
        report.heartbeat = OwnHeartbeat(
          table: "t", sequence: 1, writtenMs: 1000, acknowledgedMs: 60_000, periodMs: 2000)
      }
    }
    lab.settle()
    lab.reports("a", arrive: false)
    lab.run()
    #expect(lab.picture("a").heartbeats == .advancing)
    let newest = Heartbeats.newestAcknowledgement(
      of: "a", topology: lab.topology, evidence: lab.evidence)
    #expect((newest?.writtenMs ?? 0) > 1000)
    let lag = Heartbeats.lag(of: "a", in: "b", topology: lab.topology, evidence: lab.evidence)
    #expect(lag?.lowMs == 0 && lag?.highMs == 800)
  }

  // MARK: Numbers

  @Test func spansAndInstants() {
    let instant = Instant(milliseconds: 5000)
    #expect(instant - .seconds(2) == Instant(milliseconds: 3000))
    #expect(Now(instant: instant, wallMs: 90_000).wall(Instant(milliseconds: 4000)) == 89_000)
  }

  // MARK: Reload

  @Test func anotherPolicyKeepsTheConfirmation() {
    var lab = OrdersTests.settled()
    lab.fail("a")
    lab.run(20)
    var policy = lab.policy
    policy.failoverAfter = .seconds(25)
    lab.machine.reconfigure(topology: lab.topology, policy: policy, now: lab.now)
    #expect(lab.secondsUntilIntent(limit: 60) == 5)
  }

  @Test func aRegionWithAnotherAddressStartsWithoutAPast() {
    var lab = OrdersTests.settled()
    lab.fail("b")
    lab.run(10)
    var topology = lab.topology
    topology.regions[1].addresses[.ipv4] = "198.51.100.7"
    topology.regions.removeLast()
    lab.machine.reconfigure(topology: topology, policy: lab.policy, now: lab.now)
    let found = lab.tick()
    #expect(found.memories.keys.sorted() == ["a", "b"])
    #expect(found.memories["b"]?.downSince == found.pictures["b"]?.badSince)
    #expect(found.memories["a"]?.upSince != nil)
  }

  @Test func whatIsConfiguredOtherwiseIsForgotten() {
    var lab = OrdersTests.settled()
    lab.run()
    lab.evidence.forget("a1")
    #expect(lab.evidence.agents["a1"] == nil)
    let key = ProbeKey(service: "app", region: "a", family: .ipv4)
    lab.evidence.forget(key)
    #expect(lab.evidence.ownProbes[key] == nil)
  }
  // MARK: Times from the network

  /// A writer's clock that is beyond all sense tells nothing of its heartbeats' age.
  @Test(arguments: [Int64.min, .max, -(1 << 60)])
  func aHeartbeatOfAClockBeyondSenseIsNoLife(writtenMs: Int64) {
    var lab = Lab(["a", "b"], hosts: 1)
    _ = lab.beat()
    lab.settle()
    #expect(lab.picture("a").heartbeats == .advancing)
    let flow = lab.edit
    lab.edit = { report, now in
      flow(&report, now)
      guard report.agent == "b1", !report.peers.isEmpty else { return }
      report.peers[0].writtenMs = writtenMs
    }
    lab.now = lab.now + .seconds(1)
    lab.gather()
    #expect(lab.picture("a").heartbeats == .unknown)
  }
}
