import Testing
import Wire

@testable import Decision

/// Who may take over (RULES 8).
struct EligibilityTests {
  static func settled(_ regions: [RegionID] = ["a", "b", "c"], hosts: Int = 2) -> Lab {
    var lab = Lab(regions, hosts: hosts)
    lab.settle()
    return lab
  }

  /// The names of the conditions that `region` does not fulfil after one more second.
  static func refusals(_ lab: inout Lab, _ region: RegionID = "b") -> [String] {
    (lab.run().eligibilities[region]?.conditions ?? []).filter { !$0.holds }.map(\.name)
  }

  @Test func aHealthyServedRegionIsEligible() {
    var lab = Self.settled()
    #expect(Self.refusals(&lab) == [])
    lab.check("b1", is: .bad)
    // Degraded is enough.
    #expect(Self.refusals(&lab) == [])
  }

  @Test func aFailingPartialOrSilentRegionIsNot() {
    var lab = Self.settled()
    lab.check("b", is: .bad)
    #expect(Self.refusals(&lab) == ["inside", "min-up"])
    var partial = Self.settled()
    partial.check("b1", is: .bad)
    partial.check("b2", is: .unknown)
    #expect(Self.refusals(&partial) == ["inside"])
    var silent = Self.settled()
    silent.check("b", is: .unknown)
    #expect(Self.refusals(&silent) == ["inside"])
  }

  @Test func aSplitOrUnseenRegionIsNot() {
    var lab = Self.settled()
    lab.see("b", .bad, from: ["coordinator"])
    lab.see("b", .none, from: ["c"])
    #expect(Self.refusals(&lab) == ["outside"])
    lab.see("b", .none, from: ["coordinator"])
    #expect(Self.refusals(&lab) == ["outside"])
  }

  @Test func theSourcesOwnVoteDoesNotCount() {
    var lab = Self.settled(["a", "b"])
    lab.see("b", .bad, from: ["a"])
    #expect(Self.refusals(&lab) == [])
    // Nor does it help.
    lab.see("b", .serving, from: ["a"])
    lab.see("b", .none, from: ["coordinator"])
    #expect(Self.refusals(&lab) == ["outside"])
  }

  @Test func everyPublishedFamilyHasToServe() {
    var lab = Lab(families: [.ipv4, .ipv6])
    lab.settle()
    #expect(Self.refusals(&lab) == [])
    lab.see("b", .bad, from: ["coordinator", "c"], .ipv6)
    #expect(Self.refusals(&lab) == ["outside"])
  }

  /// What hit the source may hit the target two ticks later.
  @Test func successesHaveToBeYoungerThanTheFault() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    let fault = lab.now
    var passed: [Int] = []
    for second in 1...6 where Self.refusals(&lab).isEmpty { passed.append(second) }
    // The newest two successes in a row were started within the last two seconds.
    #expect(passed == [2, 3, 4, 5, 6])
    lab.edit = { report, now in
      guard report.region == "b" else { return }
      report.checks[0].riseMs = Int((now - fault).wholeMilliseconds) + 1
    }
    #expect(Self.refusals(&lab) == ["since-fault"])
    lab.edit = { report, _ in
      guard report.region == "b" else { return }
      report.checks[0].riseMs = nil
    }
    #expect(Self.refusals(&lab) == ["since-fault"])
  }

  /// One of two hosts is enough at a `min_healthy` of one half; none is not.
  @Test func minHealthyOfTheHostsHaveToPassAnew() {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(5)
    lab.edit = { report, _ in
      if report.agent == "b1" { report.checks[0].riseMs = 600_000 }
    }
    #expect(Self.refusals(&lab) == [])
    lab.policy.minHealthy = 0.75
    var stricter = Lab(policy: lab.policy)
    stricter.settle()
    stricter.fail("a")
    stricter.run(5)
    stricter.edit = lab.edit
    #expect(Self.refusals(&stricter) == ["since-fault"])
  }

  /// Successes reported by hosts that have fallen silent since prove nothing.
  @Test func staleHostsProveNothing() {
    var lab = Self.settled()
    lab.fail("a")
    lab.run(5)
    lab.reports("b2", arrive: false)
    lab.edit = { report, _ in
      if report.agent == "b1" { report.checks[0].riseMs = 600_000 }
    }
    lab.run(20)
    #expect(Self.refusals(&lab) == ["since-fault"])
  }

  @Test func aProbeOfTheTargetHasToBeYoungerThanTheFault() {
    var lab = Self.settled()
    lab.ownProbes = false
    lab.run(5)
    lab.check("a", is: .bad)
    lab.edit = { report, _ in
      for index in report.probes.indices { report.probes[index].servingMs = 60_000 }
    }
    #expect(Self.refusals(&lab).contains("probe-since-fault"))
    // As old as the fault is young enough.
    let fault = lab.now.before(ageMs: 1000)
    for extra in [0, 1] {
      lab.edit = { report, now in
        for index in report.probes.indices {
          report.probes[index].servingMs = Int((now - fault).wholeMilliseconds) + extra
        }
      }
      #expect(Self.refusals(&lab).contains("probe-since-fault") == (extra == 1))
    }
  }

  @Test func upForMinUpAfterADownVerdict() throws {
    var lab = Self.settled()
    lab.check("b", is: .bad)
    lab.run(5)
    lab.check("b", is: .good)
    var waited = 0
    while !Self.refusals(&lab).isEmpty && waited < 200 { waited += 1 }
    #expect(waited == 60)
  }

  @Test func aCheckMisconfiguredEverywhereAbstains() {
    var lab = Self.settled()
    lab.edit = { report, _ in
      var other = report.checks[0]
      other.name = "dynamodb app"
      other.state = .misconfigured
      other.riseMs = nil
      report.checks.append(other)
    }
    lab.fail("a")
    lab.run(5)
    #expect(Self.refusals(&lab) == [])
    #expect(lab.picture("b").verdict == .degraded)
  }

  @Test func aContestedRegionIsLeftForAFullyHealthyOneOnly() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.check("b1", is: .degraded)
    lab.check("c1", is: .degraded)
    #expect(lab.secondsUntilIntent(limit: 120) == nil)
    #expect(lab.machine.memory.phase == .stranded)
    lab.check("c1", is: .good)
    #expect(lab.secondsUntilIntent(limit: 120) == 1)
    #expect(lab.machine.memory.intent?.to == "c")
  }
}

/// Which of the eligible regions is chosen.
struct ChoiceTests {
  static func settled() -> Lab { EligibilityTests.settled(["a", "b", "c", "d"]) }

  @Test func byPreference() {
    var lab = Self.settled()
    #expect(lab.run().target == "b")
    lab.check("b", is: .unknown)
    #expect(lab.run().target == "c")
  }

  @Test func healthyBeforeDegraded() {
    var lab = Self.settled()
    lab.check("b1", is: .degraded)
    lab.check("c1", is: .degraded)
    #expect(lab.run().target == "d")
    lab.check("d1", is: .degraded)
    #expect(lab.run().target == "b")
  }

  /// The region just left comes last while the cool-down runs, however healthy.
  @Test func theRegionJustLeftComesLast() {
    var lab = Self.settled()
    lab.check("a", is: .bad)
    lab.see("a", .bad, from: ["coordinator", "b", "c", "d"])
    lab.run(30)
    lab.complete()
    lab.check("a", is: .good)
    lab.see("a", .serving, from: ["coordinator", "b", "c", "d"])
    lab.run(70)
    lab.check("c1", is: .degraded)
    lab.check("d", is: .unknown)
    #expect(lab.run().target == "c")
    lab.check("c", is: .unknown)
    #expect(lab.run().target == "a")
    lab.check("c", is: .good)
    // After the cool-down preference counts again.
    #expect(lab.run(560).target == "a")
  }

  /// A restart forgets that the region just left was down: it has to be up for `min_up` anew.
  @Test func theRegionJustLeftHasToBeUpForMinUpAfterARestart() {
    var memory = Memory()
    memory.phase = .cooling
    memory.active = "b"
    memory.left = "a"
    memory.completedMs = Lab.wallStart - 1000
    var lab = Lab(["a", "b"], memory: memory)
    lab.point(at: "b")
    #expect(lab.run(40).target == nil)
    #expect(lab.run(25).target == "a")
  }

  /// Two regions may share one AWS region.
  @Test func anotherAWSRegionWhenDynamoDBFails() {
    for name in ["http app", "dynamodb app"] {
      var lab = Lab(["a", "b", "c"])
      lab.topology.regions[1].aws = lab.topology.regions[0].aws
      lab.machine = Machine(
        topology: lab.topology, policy: lab.policy, memory: Memory(), started: lab.now)
      lab.settle()
      for agent in ["a1", "a2"] { lab.hosts[agent]?.name = name }
      lab.check("a", is: .bad)
      lab.run(5)
      #expect(lab.run().target == (name == "http app" ? "b" : "c"))
    }
  }

  @Test func dataAtRiskWithinTheLimitFirst() {
    var lab = Self.settled()
    lab.edit = { report, _ in
      if report.agent == "a1" {
        report.heartbeat = OwnHeartbeat(
          table: "t", sequence: 90, writtenMs: 1_000_000, acknowledgedMs: 0, periodMs: 2000)
      }
      let behind: [RegionID: Int64] = ["b": 57_001, "c": 57_000, "d": 0]
      if let late = behind[report.region] {
        report.peers = [
          PeerHeartbeat(
            region: "a", agent: "a1", boot: "boot", sequence: 90, writtenMs: 1_000_000 - late,
            seenMs: 0, readMs: 0, periodMs: 2000)
        ]
      }
    }
    #expect(lab.run().target == "c")
  }

  @Test func theSameInputGivesTheSameChoice() {
    var chosen: Set<RegionID?> = []
    for _ in 0..<20 {
      var lab = Self.settled()
      lab.check("b1", is: .degraded)
      lab.check("a", is: .bad)
      chosen.insert(lab.run(10).target)
    }
    #expect(chosen == ["c"])
  }
  /// A region that was taken out of the file is no target, and nobody is returned to it.
  @Test func aRegionThatIsNotKnownIsNoTarget() {
    var lab = Self.settled()
    lab.run()
    let chooser = TargetChooser(
      topology: lab.topology, policy: lab.policy, evidence: lab.evidence, pictures: [:],
      memories: [:], justLeft: nil, excused: [], maintained: [], now: Present(lab.now))
    let found = chooser.eligibility(of: "mars", EligibilityQuery(source: "a"))
    #expect(!found.isEligible && found.refusals == ["is not known"])
    #expect(chooser.choose(EligibilityQuery(source: "a")) == nil)
    let gate = FailbackGate.judge(recovered: "mars", active: "a", chooser: chooser)
    let stable = gate.conditions.first { $0.name == "stable" }
    #expect(!gate.isOpen && stable?.holds == false)
    #expect(stable?.text.hasPrefix("mars stable for 0.0 s") == true)
  }
}
