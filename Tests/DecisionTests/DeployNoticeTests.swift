import Decision
import Testing
import Wire

/// `signalbox-agent deploying` as the coordinator sees it (RULES 1).
struct DeployNoticeTests {
  static func deploying(_ hosts: Int = 2, leftMs: Int = 60_000) -> Lab {
    var lab = Lab(hosts: hosts)
    lab.settle()
    lab.check("a", is: .bad)
    for agent in lab.topology.agents(of: "a") { lab.hosts[agent]?.deployingMs = leftMs }
    lab.run()
    return lab
  }

  static func reason(_ lab: Lab, _ agent: AgentID) -> String? {
    lab.picture("a").inside.instances.first { $0.agent == agent }?.reason
  }

  /// One with nothing left of it is over: the next one begins anew.
  @Test func nothingLeftIsNoNotice() {
    var lab = Self.deploying(leftMs: 0)
    #expect(lab.evidence.excuses.isEmpty)
    #expect(lab.vote("a1") == .bad)
    lab.hosts["a1"]?.deployingMs = 1
    lab.run()
    #expect(lab.vote("a1") == .missing)
    #expect(lab.evidence.excuses.keys.sorted() == ["a1"])
    #expect(lab.evidence.excuses["a1"]?.until == lab.now + .milliseconds(1))
  }

  @Test func theRestAreRefusedWithTheReason() {
    let lab = Self.deploying(3)
    #expect(Self.reason(lab, "a1") == "is being deployed")
    #expect(Self.reason(lab, "a2") == "is being deployed")
    #expect(
      Self.reason(lab, "a3")
        == "http app: bad; its deploy notice does not count: at most 2 of 3 hosts at once")
    #expect(lab.picture("a").inside.completedBadSince != nil || lab.vote("a3") == .bad)
  }

  @Test func aNoticeOfTenMinutesCountsNoLonger() {
    var lab = Self.deploying()
    lab.run(599)
    #expect(lab.vote("a1") == .missing)
    // The next host's turn: its own notice began with that of the first.
    lab.run()
    #expect(lab.vote("a1") == .bad && lab.vote("a2") == .bad)
    #expect(
      Self.reason(lab, "a1")
        == "http app: bad; its deploy notice does not count: at most 600 s in any 1800 s")
    // Nor does a new one after a break.
    lab.hosts["a1"]?.deployingMs = nil
    lab.run()
    lab.hosts["a1"]?.deployingMs = 600_000
    lab.run()
    #expect(lab.vote("a1") == .bad && lab.vote("a2") == .bad)
    // Half an hour after the first began its time comes back as it leaves the window.
    lab.run(1196)
    #expect(lab.vote("a1") == .bad)
    lab.run(4)
    #expect(lab.vote("a1") == .missing && lab.vote("a2") == .bad)
  }

  /// What was left of the ten minutes when a notice was ended is there for the next one.
  @Test func severalNoticesShareTheTenMinutes() {
    var lab = Self.deploying(leftMs: 600_000)
    lab.run(299)
    for agent in ["a1", "a2"] { lab.hosts[agent]?.deployingMs = nil }
    lab.run(100)
    #expect(lab.vote("a1") == .bad)
    for agent in ["a1", "a2"] { lab.hosts[agent]?.deployingMs = 600_000 }
    lab.run()
    #expect(lab.vote("a1") == .missing)
    lab.run(299)
    #expect(lab.vote("a1") == .missing)
    lab.run(2)
    #expect(lab.vote("a1") == .bad && lab.vote("a2") == .bad)
  }

  /// What is left of it was said some time ago.
  @Test func aNoticeEndsBetweenTwoReports() {
    var lab = Self.deploying(leftMs: 3000)
    lab.now = lab.now + .milliseconds(2999)
    #expect(lab.vote("a1") == .missing)
    lab.now = lab.now + .milliseconds(1)
    #expect(lab.vote("a1") == .bad)
  }

  /// What failed under a notice was planned: it confirms nothing once the notice is over.
  @Test func anOutageIsCountedFromTheEndOfTheNotice() {
    var lab = Self.deploying(4)
    lab.run(100)
    #expect(lab.picture("a").inside.completedBadSince == nil)
    // The first two end theirs before time, by a report that does not carry it.
    for agent in ["a1", "a2"] { lab.hosts[agent]?.deployingMs = nil }
    lab.run()
    let ended = lab.now
    #expect(lab.evidence.excuses["a1"]?.until == ended)
    lab.run(7)
    #expect(lab.evidence.excuses["a1"]?.until == ended)
    for agent in ["a3", "a4"] { lab.hosts[agent]?.deployingMs = nil }
    lab.run()
    #expect(lab.picture("a").inside.state == .failing)
    #expect(lab.picture("a").inside.completedBadSince == lab.now)
    lab.evidence.forget("a1")
    #expect(lab.evidence.excuses["a1"] == nil)
  }

  /// The longest that a notice excuses is its end, whatever is left of it.
  @Test func anOutageIsCountedFromTheLongestNotice() {
    var lab = Self.deploying(leftMs: 100_000)
    let began = lab.now
    lab.run(620)
    #expect(lab.picture("a").inside.completedBadSince == began + Defaults.deployLimit)
    // A failure of later is as old as it is.
    lab.check("a", is: .good)
    lab.run(30)
    lab.check("a", is: .bad)
    let failed = lab.now
    lab.run(30)
    #expect(lab.picture("a").inside.completedBadSince.map { $0 >= failed } == true)
  }

  @Test func anAgentThatIsConfiguredAnewHasNoNotice() {
    var lab = Self.deploying()
    lab.run(599)
    lab.evidence.forget("a1")
    lab.run()
    #expect(lab.vote("a1") == .missing && lab.vote("a2") == .bad)
  }
}

/// A coordinator that starts over and over (RULES 15).
struct RestartsTests {
  @Test func threeInTenMinutesAreTooMany() {
    var lab = Lab()
    #expect(lab.machine.restarts(wallMs: 0) == nil)
    for start in [1_000_000, 1_300_000, 1_600_000] as [Int64] {
      #expect(lab.machine.restarts(wallMs: start) == nil)
      lab.machine.noteStart(wallMs: start)
    }
    #expect(lab.machine.restarts(wallMs: 1_600_000) == 3)
    // Ten minutes later the first of them is forgiven, and so all are.
    #expect(lab.machine.restarts(wallMs: 1_600_001) == nil)
    lab.machine.noteStart(wallMs: 1_600_002)
    #expect(lab.machine.restarts(wallMs: 1_600_002) == 3)
    // A wall clock that was set back shows what is yet to come: that says nothing.
    #expect(lab.machine.restarts(wallMs: 999_999) == nil)
  }

  @Test func onlySoManyAreRemembered() {
    var lab = Lab()
    for start in 1...20 { lab.machine.noteStart(wallMs: Int64(start)) }
    #expect(lab.machine.memory.startedMs == (5...20).map { Int64($0) })
    #expect(lab.machine.restarts(wallMs: 20) == 16)
  }
}
