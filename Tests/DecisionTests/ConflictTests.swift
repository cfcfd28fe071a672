import Decision
import Testing
import Wire

/// Another writer's marker, and what an operator adopts (RULES 7, 16).
struct ConflictTests {
  private static let theirs = "signalbox cluster=other incarnation=1 epoch=41 active=b"
  private static let place = "_signalbox.app.example.com"
  private static let page = "203.0.113.9"

  private static func claimed(epoch: UInt64? = 41) -> Lab {
    var lab = OrdersTests.settled()
    #expect(note(&lab, theirs, epoch: epoch))
    return lab
  }

  private static func note(_ lab: inout Lab, _ found: String, epoch: UInt64? = 41) -> Bool {
    let marker = ForeignMarker(name: place, text: found, epoch: epoch)
    return lab.machine.noteConflict([marker], wallMs: lab.clock.wallMs) == [marker]
  }

  private static func adopt(_ lab: inout Lab, foreign: [String]? = nil, epoch: UInt64 = 0) throws
    -> [String]
  {
    try lab.machine.adopt(foreign: foreign, by: "kim", epoch: epoch)
  }

  @Test func nothingIsOpenedUntilItIsAdopted() throws {
    var lab = Self.claimed()
    lab.fail("a")
    let held = lab.run(200)
    #expect(held.decision.rule == .blockedByConflict)
    #expect(held.target == "b" && held.intent == nil)
    #expect(held.holds.map(\.block) == [.conflict])
    #expect(held.holds.map(\.clears) == [.operation("signalbox adopt app")])
    // An operator's move is a write too.
    #expect(
      OrdersTests.code { () throws(Refusal) in
        try lab.machine.ask(
          Request(to: "b", isFailback: false, overrides: []), epoch: 0, assessment: held)
      } == "marker_conflict")
    #expect(lab.machine.isReadOnly)
    let said = try Self.adopt(&lab)
    #expect(said.count == 1)
    #expect(!lab.machine.isReadOnly)
    #expect(lab.machine.memory.epoch == 42, "above theirs")
    #expect(lab.machine.memory.conflict?.adopted == [Self.theirs])
    #expect(lab.run().intent?.epoch == 43)
  }

  /// Also after a restart, and when the text is gone again.
  @Test func itStaysUntilThen() throws {
    var lab = Self.claimed()
    lab.machine.noteMarkerIsOurs()
    #expect(lab.machine.isReadOnly)
    var again = Lab(memory: lab.machine.memory)
    again.settle()
    again.fail("a")
    #expect(again.run(100).decision.rule == .blockedByConflict)
    // The same text again is no news, before and after; another is.
    #expect(!Self.note(&again, Self.theirs))
    #expect(again.machine.memory.conflict == lab.machine.memory.conflict)
    _ = try Self.adopt(&again)
    #expect(!Self.note(&again, Self.theirs))
    #expect(!again.machine.isReadOnly)
    #expect(Self.note(&again, "else", epoch: nil))
    #expect(again.machine.isReadOnly)
    _ = try Self.adopt(&again, epoch: again.machine.memory.epoch)
    again.machine.noteMarkerIsOurs()
    #expect(again.machine.memory.conflict == nil)
  }

  @Test(arguments: [nil, 0, 3, UInt64.max] as [UInt64?])
  func theEpochAlwaysRises(theirs: UInt64?) throws {
    var lab = Self.claimed(epoch: theirs)
    _ = try Self.adopt(&lab)
    let epoch = lab.machine.memory.epoch
    #expect(epoch == (theirs == 3 ? 4 : 1))
  }

  @Test func aMoveThatHasWrittenGoesOnUnderTheNewEpoch() throws {
    var lab = Lab(families: [.ipv4, .ipv6])
    lab.settle()
    lab.fail("a")
    lab.run(31)
    lab.machine.observe(write: .partly)
    lab.run()
    #expect(lab.machine.memory.phase == .committed)
    #expect(Self.note(&lab, Self.theirs))
    lab.run(100)
    #expect(lab.machine.memory.phase == .committed, "nothing flips back")
    _ = try Self.adopt(&lab, epoch: 1)
    #expect(lab.machine.memory.intent?.epoch == 42)
    #expect(lab.machine.memory.intent?.to == "b")
  }

  @Test func whatHasWrittenNothingIsCalledOff() {
    var lab = OrdersTests.settled()
    lab.fail("a")
    lab.run(31)
    #expect(lab.machine.memory.phase == .switching)
    #expect(Self.note(&lab, Self.theirs))
    #expect(lab.run().decision.rule == .cancelHeld)
    #expect(lab.machine.memory.intent == nil)
  }

  @Test func anotherNameHasAMarkerOfItsOwn() {
    var memory = Memory()
    memory.conflict = Conflict(
      ForeignMarker(name: Self.place, text: Self.theirs, epoch: 41), sinceMs: 1)
    memory.accepted = [Self.page]
    memory.drift = DriftWatch(addresses: [Self.page], sinceMs: 1)
    var lab = Lab(memory: memory)
    lab.machine.reconfigure(topology: lab.topology, policy: lab.policy, now: lab.now)
    #expect(lab.machine.memory == memory, "nothing about the name has changed")
    lab.topology.name = "shop.example.com"
    lab.machine.reconfigure(topology: lab.topology, policy: lab.policy, now: lab.now)
    #expect(lab.machine.memory == Memory())
  }

  // MARK: Foreign addresses

  private static func foreign() -> Lab {
    var lab = OrdersTests.settled()
    _ = lab.machine.observe(addresses: [.ipv4: [page]], now: lab.clock)
    return lab
  }

  @Test func anAdoptedAddressCountsAsTheActiveRegion() throws {
    var lab = Self.foreign()
    lab.fail("a")
    #expect(lab.run(100).decision.rule == .atForeign)
    _ = try Self.adopt(&lab, foreign: [Self.page])
    #expect(lab.machine.memory.epoch == 0, "nothing was claimed")
    #expect(lab.machine.at == .region && lab.machine.memory.active == "a")
    _ = lab.machine.observe(addresses: [.ipv4: [Self.page]], now: lab.clock)
    #expect(lab.machine.at == .region)
    lab.run(2)
    let intent = lab.machine.memory.intent
    #expect(intent?.from == "a" && intent?.to == "b" && intent?.replaces == [Self.page])
  }

  @Test func onlyExactlyWhatWasSeen() throws {
    var lab = Self.foreign()
    _ = try Self.adopt(&lab, foreign: [Self.page])
    _ = lab.machine.observe(addresses: [.ipv4: ["203.0.113.10"]], now: lab.clock)
    #expect(lab.machine.at == .foreign && lab.machine.memory.accepted == nil)
    _ = lab.machine.observe(addresses: [.ipv4: [Self.page]], now: lab.clock)
    #expect(lab.machine.at == .foreign, "it was something else in between")
    _ = try Self.adopt(&lab, foreign: [Self.page])
    _ = lab.machine.observe(addresses: nil, now: lab.clock)
    #expect(lab.machine.memory.accepted == [Self.page], "not read is no other value")
    lab.point(at: "a")
    #expect(lab.machine.memory.accepted == nil)
    lab.point(at: "b")
    #expect(lab.machine.memory.active == "b", "a human's move is still one")
  }

  @Test func refusals() {
    var lab = OrdersTests.settled()
    func code(_ foreign: [String]?, epoch: UInt64 = 0) -> String? {
      OrdersTests.code { () throws(Refusal) in
        _ = try lab.machine.adopt(foreign: foreign, by: "kim", epoch: epoch)
      }
    }
    #expect(code(nil) == "nothing_to_adopt")
    #expect(code([Self.page]) == "nothing_to_adopt", "DNS points at a region")
    #expect(code(nil, epoch: 7) == "conflict")
    lab = Lab()
    _ = lab.machine.observe(addresses: [.ipv4: [Self.page]], now: lab.clock)
    #expect(code([Self.page]) == "at_unknown", "no region was ever active")
  }

  /// The largest epoch that still counts, and the first that does not.
  @Test(arguments: [((UInt64(1) << 53) - 1, UInt64(1) << 53), (1 << 53, 1)])
  func anEpochThatIsNonsenseIsOverwritten(theirs: UInt64, ours: UInt64) throws {
    var lab = Self.claimed(epoch: theirs)
    _ = try Self.adopt(&lab)
    #expect(lab.machine.memory.epoch == ours)
  }

  /// What was adopted once is not claimed again with the next foreign address.
  @Test func aForeignAddressAfterAnAdoptedMarkerClaimsNothing() throws {
    var lab = Self.claimed()
    _ = try Self.adopt(&lab)
    #expect(lab.machine.memory.epoch == 42)
    _ = lab.machine.observe(addresses: [.ipv4: [Self.page]], now: lab.clock)
    #expect(try Self.adopt(&lab, foreign: [Self.page], epoch: 42).count == 1)
    #expect(lab.machine.memory.epoch == 42)
  }

  /// No address at all is none that could count as a region.
  @Test func noAddressIsNotAdopted() throws {
    var lab = Self.foreign()
    #expect(Self.note(&lab, Self.theirs))
    #expect(try Self.adopt(&lab, foreign: []).count == 1)
    #expect(lab.machine.memory.accepted == nil)
    #expect(lab.machine.at == .foreign)
  }

  @Test func anAdoptedAddressIsNotWatchedAsDrift() throws {
    var policy = Policy.acting
    policy.drift = .enforce
    var lab = Lab(policy: policy)
    lab.settle()
    _ = lab.machine.observe(addresses: [.ipv4: [Self.page]], now: lab.clock)
    #expect(lab.machine.memory.drift != nil)
    _ = try Self.adopt(&lab, foreign: [Self.page])
    #expect(lab.machine.memory.drift == nil)
  }

  /// What an operator approved was meant for another epoch.
  @Test func anApprovalEndsWithTheClaim() throws {
    var memory = Memory()
    memory.active = "a"
    memory.conflict = Conflict(
      ForeignMarker(name: Self.place, text: Self.theirs, epoch: 41), sinceMs: 1)
    memory.approval = Approval(
      epoch: 0, from: "a", to: "b", by: "kim", untilMs: Lab.wallStart + 900_000)
    var lab = Lab(memory: memory)
    lab.settle()
    #expect(lab.machine.memory.approval != nil)
    _ = try Self.adopt(&lab)
    #expect(lab.machine.memory.approval == nil)
  }
}
