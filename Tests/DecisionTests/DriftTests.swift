import Decision
import Seeded
import Testing
import Wire

/// `drift = "enforce"` (RULES 7): somebody else's value in the record is overwritten, rarely, and
/// never where that could hurt.
struct DriftTests {
  private static let page = "203.0.113.9"

  private static func enforcing() -> Policy {
    var policy = Policy.acting
    policy.drift = .enforce
    return policy
  }

  private static func settled(_ policy: Policy = enforcing()) -> Lab {
    var lab = Lab(policy: policy)
    lab.settle()
    return lab
  }

  /// Another reading of the record.
  private static func read(_ lab: inout Lab, _ address: String = page) {
    _ = lab.machine.observe(addresses: [.ipv4: [address]], now: lab.clock)
  }

  /// A second passes and the record is read, `seconds` times; the decisive rule of the last.
  @discardableResult
  private static func watch(_ lab: inout Lab, _ seconds: Int, _ address: String = page) -> Rule {
    var rule = Rule.steady
    for _ in 0..<seconds {
      lab.now = lab.now + .seconds(1)
      lab.gather()
      read(&lab, address)
      rule = lab.tick().decision.rule
    }
    return rule
  }

  /// The value of one name of several: it is told once, and what may be overwritten is all that
  /// was shown.
  @Test func oneOfSeveralNames() throws {
    var lab = Self.settled()
    let names: [NameReading] = [
      [.ipv4: [Self.page]], [.ipv4: ["192.0.2.1"]], [.ipv4: [Self.page]],
    ]
    for _ in 0...60 {
      lab.now = lab.now + .seconds(1)
      lab.gather()
      _ = lab.machine.observe(names: names, now: lab.clock)
      lab.tick()
    }
    let intent = try #require(lab.machine.memory.intent)
    #expect(intent.rule == .enforceDrift)
    #expect(intent.replaces == ["192.0.2.1", Self.page])
  }

  /// The active region's hosts are well, and its address answers only 404: nobody is served there.
  @Test(arguments: [page, "192.0.2.2"])
  func notWhereNobodyIsServed(shown: String) {
    var lab = Self.settled()
    lab.see("a", .none, from: [Outside.coordinator, "b", "c"])
    lab.run(60)
    let names: [NameReading] = [[.ipv4: [shown]], [.ipv4: ["192.0.2.1"]]]
    func watch(_ seconds: Int) -> Rule {
      var rule = Rule.steady
      for _ in 0..<seconds {
        lab.now = lab.now + .seconds(1)
        lab.gather()
        _ = lab.machine.observe(names: names, now: lab.clock)
        rule = lab.tick().decision.rule
      }
      return rule
    }
    #expect(watch(120) == .atForeign || watch(1) == .atMixed)
    #expect(lab.machine.memory.intent == nil)
    lab.see("a", .serving, from: [Outside.coordinator, "b", "c"])
    _ = watch(3)
    #expect(lab.machine.memory.intent?.rule == .enforceDrift)
  }

  @Test func overwrittenAfterTheSameValueInTwoReadingsAMinuteApart() throws {
    var lab = Self.settled()
    #expect(Self.watch(&lab, 60) == .atForeign)
    #expect(Self.watch(&lab, 1) == .enforceDrift)
    let intent = try #require(lab.machine.memory.intent)
    #expect(intent.errand == .repair && intent.kind == .repair)
    #expect(intent.from == nil && intent.to == "a")
    #expect(intent.replaces == [Self.page] && intent.replaced(.ipv4) == [Self.page])
    #expect(lab.machine.memory.drift == nil, "what comes after it is watched from its beginning")
    #expect(intent.replaced(.ipv6).isEmpty)
    #expect(lab.tick().decision.rule == .writePending)
    // It is no move.
    lab.machine.observe(write: .all)
    lab.run()
    lab.machine.observe(write: .converged)
    lab.run(2)
    let memory = lab.machine.memory
    #expect(memory.phase == .steady && memory.intent == nil)
    #expect(memory.moves == [] && memory.completedMs == nil && memory.active == "a")
  }

  @Test func atMostOnceInTenMinutes() {
    var lab = Self.settled()
    Self.watch(&lab, 61)
    lab.machine.observe(write: .all)
    lab.run()
    lab.machine.observe(write: .converged)
    lab.run(2)
    let first = lab.machine.memory.enforcedMs ?? 0
    while Self.watch(&lab, 1) != .enforceDrift {
      #expect(lab.clock.wallMs - first <= 600_000)
      if lab.clock.wallMs - first > 600_000 { return }
    }
    #expect(lab.clock.wallMs - first == 600_000)
  }

  @Test func anotherValueInBetweenStartsAnew() {
    var lab = Self.settled()
    Self.watch(&lab, 50)
    Self.watch(&lab, 1, "203.0.113.10")
    #expect(Self.watch(&lab, 60) == .atForeign)
    #expect(Self.watch(&lab, 1) == .enforceDrift)
    // A configured region in between is a human's move.
    var other = Self.settled()
    Self.watch(&other, 50)
    Self.watch(&other, 1, "192.0.2.2")
    #expect(other.machine.memory.active == "b" && other.machine.memory.drift == nil)
  }

  @Test func aClockSetBackStartsAnew() {
    var watch = DriftWatch(addresses: ["x"], sinceMs: 100_000)
    Self.take(&watch, at: 50_000)
    #expect(watch == DriftWatch(addresses: ["x"], sinceMs: 50_000))
    Self.take(&watch, at: 110_000)
    #expect(watch.stands)
  }

  private static func take(_ watch: inout DriftWatch, at wallMs: Int64) {
    var lab = Lab(policy: enforcing())
    lab.point(at: "a")
    var memory = lab.machine.memory
    memory.drift = watch
    var machine = Machine(
      topology: lab.topology, policy: lab.policy, memory: memory, started: lab.now)
    _ = machine.observe(
      addresses: [.ipv4: ["x"]], now: Now(instant: lab.now, wallMs: wallMs))
    watch = machine.memory.drift ?? watch
  }

  /// Every reason not to, one at a time.
  @Test func notWhereItMayNot() {
    var cases: [(name: String, policy: Policy, act: (inout Lab) -> Void)] = [
      ("drift is alert", .acting, { _ in }),
      ("the active region is down", Self.enforcing(), { $0.fail("a") }),
      ("the active region is degraded", Self.enforcing(), { $0.check("a1", is: .bad) }),
      ("the active region is silent", Self.enforcing(), { $0.reports("a", arrive: false) }),
      (
        "paused", Self.enforcing(),
        {
          try? $0.machine.pause(
            Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: nil), epoch: 0)
        }
      ),
      (
        "another writer claims the name", Self.enforcing(),
        {
          _ = $0.machine.noteConflict([ForeignMarker(name: "n", text: "x", epoch: nil)], wallMs: 0)
        }
      ),
    ]
    for mode in [Automation.observe, .approve] {
      var policy = Self.enforcing()
      policy.automation = mode
      cases.append(("automation is \(mode)", policy, { _ in }))
    }
    for test in cases {
      var lab = Self.settled(test.policy)
      test.act(&lab)
      #expect(Self.watch(&lab, 200) != .enforceDrift, "\(test.name)")
      #expect(lab.machine.memory.intent == nil, "\(test.name)")
      #expect(lab.machine.memory.enforcedMs == nil, "\(test.name)")
      // Only a policy that may act on it watches.
      #expect((lab.machine.memory.drift == nil) == (test.policy.drift == .alert), "\(test.name)")
    }
  }

  /// Judged anew before the first write.
  @Test func calledOffWhenTheActiveRegionFallsIll() {
    var lab = Self.settled()
    Self.watch(&lab, 61)
    #expect(lab.machine.memory.intent != nil)
    lab.check("a1", is: .bad)
    #expect(lab.run(2).decision.rule != .writePending)
    #expect(lab.machine.memory.intent == nil)
  }

  /// Families apart between our own regions: the active one has to be up, no more.
  @Test func mixedIsPutRightTowardARegionThatIsUp() {
    var lab = Lab(families: [.ipv4, .ipv6], policy: Self.enforcing())
    lab.settle()
    lab.check("a1", is: .bad)
    let mixed: [AddressFamily: [String]] = [.ipv4: ["192.0.2.1"], .ipv6: ["2001:db8::2"]]
    for _ in 0..<61 {
      lab.now = lab.now + .seconds(1)
      lab.gather()
      _ = lab.machine.observe(addresses: mixed, now: lab.clock)
      lab.tick()
    }
    #expect(lab.machine.memory.intent?.rule == .enforceDrift)
    #expect(lab.machine.memory.intent?.to == "a")
    #expect(lab.run().decision.rule == .writePending)
  }

  /// Whatever happens, nothing is written twice in ten minutes, nor while the active region is not
  /// healthy, nor less than a minute after the value came.
  @Test(arguments: 1...12)
  func withAnyHistory(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var lab = Self.settled()
    var shown = "192.0.2.1"
    var since = lab.clock.wallMs
    var last: Int64?
    for _ in 0..<1500 {
      lab.now = lab.now + .seconds(1)
      switch random.below(120) {
      case 0: lab.check("a1", is: .bad)
      case 1: lab.check("a1", is: .good)
      case 2, 3:
        let next = ["203.0.113.1", "203.0.113.2", "192.0.2.1"][random.below(3)]
        if next != shown { since = lab.clock.wallMs }
        shown = next
      default: break
      }
      lab.gather()
      if lab.machine.memory.intent == nil { Self.read(&lab, shown) }
      if lab.tick().decision.rule == .enforceDrift {
        #expect(lab.clock.wallMs - since >= 60_000, "seed \(seed)")
        #expect(last.map { lab.clock.wallMs - $0 >= 600_000 } ?? true, "seed \(seed)")
        #expect(lab.picture("a").verdict == .healthy, "seed \(seed)")
        last = lab.clock.wallMs
        lab.machine.observe(write: .all)
        lab.tick()
        lab.machine.observe(write: .converged)
        lab.tick()
        shown = "192.0.2.1"
        since = lab.clock.wallMs
      }
    }
  }
}
