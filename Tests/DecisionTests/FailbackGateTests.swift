import Decision
import Testing
import Wire

/// The gate of a return to the primary (RULES 12).
struct FailbackGateTests {
  /// Primary a, DNS at b, everything well; failback is automatic after 100 s.
  static func away(
    _ mode: FailbackMode = .automatic, adjust: (inout Memory) -> Void = { _ in }
  ) -> (Lab, Beats) {
    var policy = Policy.acting
    policy.failback = mode
    policy.failbackAfter = .seconds(100)
    var memory = Memory()
    memory.active = "b"
    adjust(&memory)
    var lab = Lab(policy: policy, memory: memory)
    let beats = lab.beat()
    lab.point(at: "b")
    return (lab, beats)
  }

  /// The names of the gate's conditions that do not hold after one more second.
  static func closed(_ lab: inout Lab) -> [String] {
    (lab.run().gate?.conditions ?? []).filter { !$0.holds }.map(\.name)
  }

  @Test func opensAfterFailbackAfter() {
    var (lab, _) = Self.away()
    // Up since the first second.
    #expect(lab.secondsUntilIntent(limit: 200) == 101)
    let intent = lab.machine.memory.intent
    #expect(intent?.errand == .elective)
    #expect(intent?.from == "b")
    #expect(intent?.to == "a")
    #expect(intent?.rule == .failBack)
  }

  @Test(arguments: [FailbackMode.manual, .never]) func onlyAutomaticMovesByItself(
    mode: FailbackMode
  ) {
    var (lab, _) = Self.away(mode)
    #expect(lab.secondsUntilIntent(limit: 200) == nil)
    #expect(lab.run().gate?.isOpen == true)
  }

  @Test func aPinHoldsIt() {
    var (lab, _) = Self.away { $0.pinned = "b" }
    #expect(lab.secondsUntilIntent(limit: 200) == nil)
  }

  @Test func theCooldownHoldsIt() {
    var (lab, _) = Self.away {
      $0.phase = .cooling
      $0.left = "a"
      $0.completedMs = Lab.wallStart
    }
    #expect(lab.run(400).gate?.isOpen == true)
    #expect(lab.tick().facts.gate == .closed)
    #expect(lab.secondsUntilIntent(limit: 700) == 201)
  }

  @Test func noGateWhileThePrimaryIsActive() {
    var lab = Lab()
    #expect(lab.settle().gate == nil)
  }

  /// Five in each direction, and all of them within `max_lag`.
  @Test(arguments: [("a b", "replication-out"), ("b a", "replication-in")])
  func oneDirectionIsNotEnough(pair: String, condition: String) {
    var (lab, beats) = Self.away()
    beats.arriveUntil[pair] = Lab.start.milliseconds - 10_000
    lab.run(110)
    // Replication that stands still is a breach of the lag limit: the clock starts anew.
    #expect(Self.closed(&lab) == ["stable", condition])
    beats.arriveUntil[pair] = nil
    lab.run(Int(lab.policy.failbackAfter.inSeconds))
    #expect(Self.closed(&lab) == [])
  }

  @Test func fiveDistinctHeartbeats() {
    var (lab, beats) = Self.away()
    lab.policy.failbackAfter = .seconds(1)
    lab.machine = Machine(
      topology: lab.topology, policy: lab.policy, memory: lab.machine.memory, started: lab.now)
    lab.point(at: "b")
    var opened: Int?
    for second in 1...30 where opened == nil {
      if Self.closed(&lab).isEmpty { opened = second }
    }
    // The first one after the recovery is known two seconds in at the latest; four more follow.
    #expect(opened == 11)
    #expect(beats.lagMs.isEmpty)
  }

  /// A third region that could be gone to has to see the recovered one's heartbeats, and the other
  /// way round; its lag does not restart the gate's clock.
  @Test(arguments: ["a c", "c a"]) func aThirdRegionThatLagsHoldsItBackWhileItIsEligible(
    pair: String
  ) {
    var (lab, beats) = Self.away(.manual)
    lab.run(110)
    #expect(Self.closed(&lab) == [])
    beats.lagMs[pair] = 5001
    #expect(Self.closed(&lab) == ["replication-others"])
    let text = lab.run().gate?.conditions.first { $0.name == "replication-others" }?.text
    let ends = pair.split(separator: " ")
    #expect(text?.hasPrefix("heartbeats \(ends[0]) to \(ends[1]): ") == true)
    #expect(text?.contains("slower") == true)
    #expect(text?.contains(";") == false)
    // No target: then it does not count.
    lab.fail("c")
    lab.run(3)
    #expect(Self.closed(&lab) == [])
    #expect(lab.run().gate?.conditions.contains { $0.name == "replication-others" } == false)
    lab.recover("c")
    lab.run(70)
    #expect(Self.closed(&lab) == ["replication-others"])
    beats.lagMs[pair] = nil
    lab.run(60)
    #expect(Self.closed(&lab) == [])
    let well = lab.run().gate?.conditions.first { $0.name == "replication-others" }
    #expect(well?.text == "heartbeats to and from c")
  }

  /// Of what a third region and the active one do not see of each other, the gate says nothing.
  @Test func othersAmongThemselvesDoNotCount() {
    var (lab, beats) = Self.away(.manual)
    lab.run(110)
    beats.lagMs["b c"] = 60_000
    beats.lagMs["c b"] = 60_000
    #expect(Self.closed(&lab) == [])
  }

  /// What was written before the recovery proves nothing.
  @Test func heartbeatsOfBeforeTheRecoveryDoNotCount() {
    var (lab, beats) = Self.away()
    lab.run(50)
    lab.fail("a")
    lab.run(5)
    lab.recover("a")
    beats.arriveUntil["a b"] = lab.now.milliseconds
    beats.writesUntil["a"] = lab.now.milliseconds
    lab.run(120)
    // It writes none for anyone.
    #expect(Self.closed(&lab) == ["replication-out", "replication-others"])
  }

  @Test func aSlowHeartbeatClosesItAndRestartsItsClock() {
    var (lab, beats) = Self.away(.manual)
    lab.run(110)
    #expect(Self.closed(&lab) == [])
    beats.lagMs["a b"] = 5001
    #expect(Self.closed(&lab) == ["replication-out"])
    #expect(Self.closed(&lab).sorted() == ["replication-out", "stable"])
    lab.run(10)
    beats.lagMs["a b"] = 5000
    var waited = 0
    while !Self.closed(&lab).isEmpty && waited < 300 { waited += 1 }
    #expect(waited == 100)
  }

  /// Fifteen fast ones do not make up for one that took too long.
  @Test func oneSlowHeartbeatAmongFastOnesClosesIt() {
    var (lab, beats) = Self.away(.manual)
    lab.run(110)
    lab.edit = { report, now in
      beats.add(to: &report, at: now)
      guard report.region == "b" else { return }
      for index in report.peers.indices where report.peers[index].region == "a" {
        report.peers[index].sightings[7].lagHighMs = 5001
      }
    }
    #expect(Self.closed(&lab) == ["replication-out"])
  }

  @Test func downResetsIt() {
    var (lab, _) = Self.away(.manual)
    lab.run(110)
    lab.fail("a")
    lab.run(3)
    lab.recover("a")
    var waited = 0
    while !Self.closed(&lab).isEmpty && waited < 300 { waited += 1 }
    #expect(waited == 100)
  }

  /// Silence of 60 s stops its clock; of more, it starts anew.
  @Test(arguments: [(30, 55), (60, 55), (61, 100), (200, 100)])
  func silencePausesAndThenResets(seconds: Int, left: Int) {
    var (lab, _) = Self.away(.manual)
    // Up since the first second: 45 s of its clock have passed.
    lab.run(46)
    lab.check("a", is: .unknown)
    lab.run(seconds)
    #expect(Self.closed(&lab).contains("stable"))
    lab.check("a", is: .good)
    var waited = 0
    while !Self.closed(&lab).isEmpty && waited < 300 { waited += 1 }
    #expect(abs(waited - left) <= 1, "\(waited)")
  }

  /// A breach of the lag limit in the pause does not make the clock run ahead or behind.
  @Test func aBreachInThePauseResetsAndNothingElse() {
    var (lab, beats) = Self.away(.manual)
    lab.run(110)
    lab.check("a", is: .unknown)
    lab.run(10)
    beats.lagMs["b a"] = 9000
    lab.run(5)
    beats.lagMs["b a"] = nil
    lab.run(10)
    lab.check("a", is: .good)
    var waited = 0
    while !Self.closed(&lab).isEmpty && waited < 300 { waited += 1 }
    #expect(waited == 100)
  }

  @Test func aCloseBeforeTheFirstWriteCallsItOff() {
    var (lab, beats) = Self.away()
    #expect(lab.secondsUntilIntent(limit: 200) == 101)
    beats.lagMs["b a"] = 6000
    let found = lab.run()
    #expect(found.decision.rule == .cancelGateClosed)
    #expect(lab.machine.memory.intent == nil)
    #expect(lab.machine.memory.moves.isEmpty)
  }

  @Test func aDeadPrimaryIsNotReturnedTo() {
    var (lab, _) = Self.away()
    lab.run(90)
    lab.fail("a")
    #expect(lab.secondsUntilIntent(limit: 300) == nil)
  }

  @Test func observeNeverMoves() {
    var (lab, _) = Self.away()
    lab.policy.automation = .observe
    lab.machine = Machine(
      topology: lab.topology, policy: lab.policy, memory: lab.machine.memory, started: lab.now)
    lab.point(at: "b")
    #expect(lab.secondsUntilIntent(limit: 200) == nil)
    #expect(lab.run().gate?.isOpen == true)
    #expect(lab.tick().facts.gate == .closed)
  }

  /// RULES 12: a replica that is not active blocks, also while heartbeats still cross.
  @Test func aReplicaThatIsNotActiveBlocks() {
    var (lab, _) = Self.away()
    lab.run(105)
    #expect(lab.run().gate?.conditions.contains { $0.name == "replicas" } == false)
    func list(_ states: [String: String], on agent: AgentID) {
      let before = lab.edit
      lab.edit = { report, now in
        before(&report, now)
        guard report.agent == agent else { return }
        report.replicas = states.sorted { $0.key < $1.key }.map {
          ReplicaState(aws: "aws-\($0.key)", status: $0.value)
        }
      }
    }
    list(["b": "ACTIVE", "c": "ACTIVE"], on: "a1")
    let well = lab.run().gate?.conditions.first { $0.name == "replicas" }
    #expect(well?.holds == true && well?.text == "replicas are active")
    // As the active region's hosts list it.
    list(["a": "UPDATING", "c": "ACTIVE"], on: "b2")
    #expect(Self.closed(&lab) == ["replicas"])
    #expect(
      lab.run().gate?.conditions.first { $0.name == "replicas" }?.text
        == "replica aws-a is UPDATING")
    // A third region counts as long as it is eligible.
    list(["a": "ACTIVE", "c": "CREATING"], on: "b2")
    #expect(Self.closed(&lab) == ["replicas"])
    list(["a": "ACTIVE", "c": "ACTIVE"], on: "b2")
    list(["a": "DELETING", "b": "ACTIVE"], on: "c1")
    #expect(Self.closed(&lab) == ["replicas"])
    lab.fail("c")
    lab.run(3)
    list(["a": "ACTIVE", "c": "CREATING"], on: "b2")
    #expect(Self.closed(&lab) == [])
    // What was said long ago says nothing.
    list(["b": "REGION_DISABLED", "c": "ACTIVE"], on: "a1")
    #expect(Self.closed(&lab) == ["replicas"])
    lab.reports("a1", arrive: false)
    lab.run(15)
    #expect(Self.closed(&lab).contains("replicas") == false)
  }

  /// RULES 12: what the others do not list at all is no replica.
  @Test func aReplicaThatIsNotListedBlocksAndIsTold() {
    var (lab, _) = Self.away()
    lab.run(105)
    let before = lab.edit
    lab.edit = { report, now in
      before(&report, now)
      if report.region == "b" { report.replicas = [ReplicaState(aws: "aws-c", status: "ACTIVE")] }
    }
    #expect(Self.closed(&lab) == ["replicas"])
    let seen = lab.run()
    #expect(
      seen.gate?.conditions.first { $0.name == "replicas" }?.text
        == "replica aws-a is not listed in b")
    #expect(seen.illReplicas == ["a": "aws-a is not listed in b"])
    // Whatever DNS does.
    lab.point(at: "a")
    #expect(lab.run().illReplicas == ["a": "aws-a is not listed in b"])
  }

  /// On a strongly consistent table nothing lags (RULES 12): five writes in both regions.
  @Test func aStrongTableNeedsWritesInBothRegions() {
    var (lab, beats) = Self.away(.manual)
    var told: [RegionID: TableConsistency?] = ["a": .strong, "b": .strong]
    lab.edit = { report, now in
      beats.add(to: &report, at: now)
      report.consistency = told[report.region] ?? nil
    }
    beats.lagMs = ["a b": 60_000, "b a": 60_000, "a c": 60_000, "c a": 60_000]
    lab.run(110)
    let names = lab.run().gate?.conditions.map(\.name) ?? []
    #expect(names.contains("writes-out") && names.contains("writes-in"))
    #expect(!names.contains { $0.hasPrefix("heartbeats") })
    #expect(Self.closed(&lab) == [])
    // One region that says otherwise, or says nothing: lag counts.
    for other in [TableConsistency.eventual, nil] {
      told["b"] = other
      #expect(Self.closed(&lab).contains("replication-out"))
      #expect(lab.run().gate?.conditions.contains { $0.name == "writes-out" } == false)
    }
  }

  @Test(arguments: [("a", "writes-out"), ("b", "writes-in")])
  func aStrongTableThatTakesNoWritesKeepsItClosed(region: RegionID, condition: String) {
    var (lab, beats) = Self.away(.manual)
    lab.edit = { report, now in
      beats.add(to: &report, at: now)
      report.consistency = .strong
    }
    lab.run(110)
    lab.fail("a")
    lab.run(5)
    beats.writesUntil[region] = lab.now.milliseconds
    lab.recover("a")
    lab.run(120)
    #expect(Self.closed(&lab) == [condition])
    let line = lab.run().gate?.conditions.first { $0.name == condition }
    #expect(line?.text == "writes acknowledged in \(region): 0 of 5")
    beats.writesUntil[region] = nil
    var waited = 0
    while !Self.closed(&lab).isEmpty && waited < 60 { waited += 1 }
    #expect((8...11).contains(waited), "\(waited)")
  }
}
