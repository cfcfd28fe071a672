import Decision
import Testing
import Wire

/// Work that only one region may do (RULES 13).
struct LeasesTests {
  /// 120 s, a tenth for clocks, 5 s.
  static let span: Int64 = 137_000

  /// A world in which the coordinator has waited for leases of before its start.
  static func settled(_ regions: [RegionID] = ["a", "b", "c"], hosts: Int = 1) -> LeaseWorld {
    var world = LeaseWorld(regions, hosts: hosts)
    world.time = span
    world.tick()
    return world
  }

  static func report(
    _ agent: String = "a1", _ region: String = "a", boot: String = "1", goodbye: Bool = false,
    epoch: UInt64? = nil, service: String = "app"
  ) -> Report {
    Report(
      agent: agent, region: region, boot: boot, sequence: 1, sentMs: 0, intervalMs: 5000,
      agentVersion: "1.0.0", goodbye: goodbye,
      acknowledged: epoch.map { [ServiceEpoch(service: service, epoch: $0)] } ?? [])
  }

  @Test func theSpanIsTheLeaseATenthAndFiveSeconds() {
    #expect(Leases.span(.seconds(120)) == .milliseconds(Self.span))
    #expect(Leases.span(.seconds(15)) == .milliseconds(21_500))
  }

  @Test func theActiveRegionIsWantedButNotWhileAMoveIsOpen() {
    var memory = Memory()
    #expect(Leases.wanted(memory) == nil)
    memory.active = "a"
    #expect(Leases.wanted(memory) == "a")
    memory.intent = Intent(epoch: 1, errand: .commanded, from: "a", to: "b", rule: .operatorMove)
    #expect(Leases.wanted(memory) == nil)
    memory.active = "b"
    #expect(Leases.wanted(memory) == "b")
    memory.intent = nil
    #expect(Leases.wanted(memory) == "b")
  }

  @Test func nobodyHasItBeforeALeaseOfAnEarlierLifeHasPassed() {
    var world = LeaseWorld()
    world.time = Self.span - 1
    world.tick()
    #expect(world.journal.exclusive == nil)
    #expect(
      world.leases.standing(world.journal, lease: world.lease, now: world.now.instant)
        == .pending("a", left: .milliseconds(1), holders: []))
    world.exchange(0)
    #expect(world.holding == [])
    world.time = Self.span
    world.tick()
    #expect(world.journal.exclusive == Exclusive(region: "a", leaseMs: 120_000))
    #expect(
      world.leases.standing(world.journal, lease: world.lease, now: world.now.instant)
        == .granted("a"))
    for agent in world.agents.indices { world.exchange(agent) }
    #expect(world.holding == ["a"])
    // It lasts as long as it says, and is renewed by each report.
    world.time += 119_999
    #expect(world.holding == ["a"])
    world.exchange(0)
    world.time += 119_999
    #expect(world.holding == ["a"])
    world.time += 1
    #expect(world.holding == [])
  }

  @Test func aMovePassesItOnWhenEveryHolderHasAcknowledged() {
    var world = Self.settled(hosts: 2)
    for agent in world.agents.indices { world.exchange(agent) }
    world.open(to: "b")
    world.tick()
    #expect(
      world.leases.standing(world.journal, lease: world.lease, now: world.now.instant) == .moving)
    // The first answer tells of the epoch, the next report acknowledges it.
    world.exchange(0)
    #expect(world.holding == ["a"])
    world.exchange(1)
    #expect(world.holding == [])
    world.commit()
    world.tick()
    #expect(
      world.leases.standing(world.journal, lease: world.lease, now: world.now.instant)
        == .pending("b", left: .milliseconds(Self.span), holders: ["a1", "a2"]))
    world.time += 5000
    world.exchange(0)
    world.tick()
    world.exchange(2)
    #expect(
      world.leases.standing(world.journal, lease: world.lease, now: world.now.instant)
        == .pending("b", left: .milliseconds(Self.span - 5000), holders: ["a2"]))
    #expect(world.holding == [] && world.journal.exclusive?.region == "a")
    world.exchange(1)
    world.tick()
    #expect(world.journal.exclusive == Exclusive(region: "b", leaseMs: 120_000))
    world.exchange(2)
    #expect(world.holding == ["b"])
    world.close()
    world.exchange(3)
    world.exchange(0)
    #expect(world.holding == ["b"])
  }

  @Test func aMovePassesItOnWhenTheLongestLeaseHasPassed() {
    var world = Self.settled(hosts: 2)
    world.exchange(0)
    world.time += 10_000
    world.exchange(1)
    world.open(to: "b")
    world.commit()
    world.time += Self.span - 1
    world.tick()
    #expect(
      world.leases.standing(world.journal, lease: world.lease, now: world.now.instant)
        == .pending("b", left: .milliseconds(1), holders: ["a2"]))
    #expect(world.journal.exclusive?.region == "a")
    world.time += 1
    world.tick()
    #expect(world.journal.exclusive?.region == "b")
  }

  @Test func aMoveThatIsCalledOffGivesItBack() {
    var world = Self.settled()
    world.exchange(0)
    world.open(to: "b")
    world.tick()
    world.exchange(0)
    #expect(world.holding == [])
    world.close()
    world.tick()
    world.exchange(1)
    world.exchange(0)
    #expect(world.holding == ["a"])
  }

  @Test func anAcknowledgementOfTheSameEpochReleasesNothing() {
    var world = Self.settled()
    world.exchange(0)
    world.adopt("b")
    world.exchange(0)
    world.time += 5000
    world.exchange(0)
    world.tick()
    #expect(world.journal.exclusive?.region == "a")
    world.time += Self.span - 5000
    world.tick()
    #expect(world.journal.exclusive?.region == "b")
  }

  @Test func onlyTheSameProcessOfTheSameAgentReleasesItsLease() {
    var memory = Memory()
    memory.active = "a"
    var leases = Leases(memory: memory, started: Instant(milliseconds: 0))
    let now = Instant(milliseconds: Self.span)
    memory.exclusive = leases.owner(memory, lease: .seconds(120), now: Present(now))
    #expect(leases.grant(to: Self.report(), memory: memory, lease: .seconds(120), now: now) != nil)
    memory.epoch = 1
    memory.active = "b"
    func holders() -> [AgentID] {
      guard
        case .pending(_, _, let holders) = leases.standing(
          memory, lease: .seconds(120), now: now)
      else { return ["none"] }
      return holders
    }
    leases.take(Self.report("a2", epoch: 1), of: "app", memory: memory)
    leases.take(Self.report(boot: "2", epoch: 1), of: "app", memory: memory)
    leases.take(Self.report(epoch: 1, service: "shop"), of: "app", memory: memory)
    leases.take(Self.report(epoch: 0), of: "app", memory: memory)
    // What was never given out.
    leases.take(Self.report(epoch: 2), of: "app", memory: memory)
    #expect(holders() == ["a1"])
    leases.take(Self.report(epoch: 1), of: "app", memory: memory)
    #expect(
      leases.standing(memory, lease: .seconds(120), now: now)
        == .pending("b", left: .zero, holders: []))
  }

  @Test func whoSaysGoodbyeOrIsElsewhereGetsNone() {
    var memory = Memory()
    memory.active = "a"
    memory.exclusive = Exclusive(region: "a", leaseMs: 120_000)
    var leases = Leases(memory: memory, started: Instant(milliseconds: 0))
    let now = Instant(milliseconds: 0)
    func grant(_ report: Report, _ lease: Duration? = .seconds(120)) -> Int? {
      leases.grant(to: report, memory: memory, lease: lease, now: now)
    }
    #expect(grant(Self.report(goodbye: true)) == nil)
    #expect(grant(Self.report("b1", "b")) == nil)
    #expect(grant(Self.report(), nil) == nil)
    // A longer one than the journal knows of.
    #expect(grant(Self.report(), .milliseconds(120_001)) == nil)
    #expect(grant(Self.report(), .seconds(100)) == 100_000)
    #expect(grant(Self.report()) == 120_000)
    memory.exclusive = nil
    #expect(grant(Self.report()) == nil)
  }

  @Test func aRestartRenewsWhereItWasAndWaitsElsewhere() {
    var world = Self.settled()
    world.exchange(0)
    world.time += 50_000
    world.restart()
    world.tick()
    world.exchange(0)
    #expect(world.holding == ["a"])
    world.time += 10_000
    // Who else was granted one before the restart is not known.
    world.open(to: "b")
    world.commit()
    world.exchange(0)
    world.exchange(0)
    world.tick()
    #expect(
      world.leases.standing(world.journal, lease: world.lease, now: world.now.instant)
        == .pending("b", left: .milliseconds(Self.span - 10_000), holders: []))
    world.time += Self.span - 10_001
    world.tick()
    #expect(world.journal.exclusive?.region == "a")
    world.time += 1
    world.tick()
    #expect(world.journal.exclusive?.region == "b")
  }

  @Test func aReloadWithALongerLeaseIsDurableFirstAndAShorterOneForgetsNothing() {
    var world = Self.settled()
    world.lease = .seconds(200)
    world.exchange(0)
    #expect(world.holding == [])
    world.tick()
    #expect(world.journal.exclusive?.leaseMs == 200_000)
    world.exchange(0)
    #expect(world.holding == ["a"])
    world.lease = .seconds(20)
    world.tick()
    #expect(world.journal.exclusive?.leaseMs == 200_000)
    world.exchange(0)
    world.adopt("b")
    world.time += 224_999
    world.tick()
    #expect(world.journal.exclusive?.region == "a")
    world.time += 1
    world.tick()
    #expect(world.journal.exclusive == Exclusive(region: "b", leaseMs: 20_000))
    // A restart waits for what the journal holds, not for today's lease.
    world.lease = .seconds(120)
    world.adopt("c")
    world.restart()
    world.time += 27_000
    world.tick()
    #expect(world.journal.exclusive?.region == "c")
  }

  @Test func withoutTheSettingNothingIsLeasedAndWhatWasRunsOut() {
    var world = Self.settled()
    world.exchange(0)
    world.lease = nil
    world.tick()
    #expect(world.leases.standing(world.journal, lease: nil, now: world.now.instant) == nil)
    #expect(world.journal.exclusive?.region == "a")
    world.exchange(0)
    #expect(world.holding == [])
    var nowhere = LeaseWorld()
    nowhere.journal.active = nil
    nowhere.time = Self.span
    nowhere.tick()
    #expect(nowhere.journal.exclusive == nil)
    #expect(
      nowhere.leases.standing(nowhere.journal, lease: nowhere.lease, now: nowhere.now.instant)
        == nil)
  }

  /// Memory is bounded: an agent that starts over and over gets no more leases for a while.
  @Test func theProcessesOfOneAgentAreBounded() {
    var memory = Memory()
    memory.active = "a"
    memory.exclusive = Exclusive(region: "a", leaseMs: 120_000)
    var leases = Leases(memory: memory, started: Instant(milliseconds: 0))
    func granted(_ agent: String, boot: Int, at time: Int64) -> Bool {
      leases.grant(
        to: Self.report(agent, boot: "\(boot)"), memory: memory, lease: .seconds(120),
        now: Instant(milliseconds: time)) != nil
    }
    for boot in 1...8 { #expect(granted("a1", boot: boot, at: 0)) }
    #expect(!granted("a1", boot: 9, at: 0))
    #expect(granted("a1", boot: 8, at: 0) && granted("a2", boot: 1, at: 0))
    let now = Present(Instant(milliseconds: Self.span))
    _ = leases.owner(memory, lease: .seconds(120), now: now)
    #expect(granted("a1", boot: 9, at: Self.span))
  }

  @Test func theMachineKeepsItWithItsMemory() {
    var lab = Lab()
    lab.machine.note(exclusive: Exclusive(region: "a", leaseMs: 1))
    #expect(lab.machine.memory.exclusive == Exclusive(region: "a", leaseMs: 1))
  }
}
