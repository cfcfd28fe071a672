import Testing
import Wire

@testable import Decision

/// What is remembered of a region from tick to tick: when its clocks start, stop and are void.
struct RegionMemoryTests {
  private static let outside = ["coordinator", "b", "c"]

  /// A memory with a confirmed down verdict that was held back.
  private static func confirmed(_ lab: inout Lab) -> RegionMemory {
    lab.settle()
    lab.see("a", .bad, from: outside)
    lab.run()
    var memory = RegionMemory(at: lab.now)
    memory.fold(lab.picture("a"), policy: lab.policy, now: Present(lab.now))
    let isConfirmed = memory.confirm(limit: .zero, now: Present(lab.now + .seconds(1)))
    #expect(isConfirmed && memory.confirmedAt != nil && memory.hardDownSince != nil)
    memory.hold(Present(lab.now))
    #expect(memory.held(lab.now + .seconds(5)) == .seconds(5))
    return memory
  }

  @Test func theVerdictsAgeIsThatOfItsFirstTick() {
    var lab = Lab()
    lab.settle()
    lab.see("a", .bad, from: Self.outside)
    let first = lab.run(1)
    #expect(first.memories["a"]?.verdictSince == lab.now)
    let since = lab.now
    #expect(lab.run(10).memories["a"]?.verdictSince == since)
    lab.recover("a")
    #expect(lab.run(1).memories["a"]?.verdictSince == lab.now)
  }

  @Test func aVerdictThatIsDownNoMoreEndsAllItsClocks() {
    var lab = Lab()
    var memory = Self.confirmed(&lab)
    lab.recover("a")
    lab.run()
    memory.fold(lab.picture("a"), policy: lab.policy, now: Present(lab.now))
    #expect(memory.downSince == nil && memory.confirmedAt == nil)
    #expect(memory.held(lab.now) == .zero && memory.hardDownSince == nil)
  }

  @Test func aLongerLimitTakesTheConfirmationBack() {
    var lab = Lab()
    var memory = Self.confirmed(&lab)
    let isConfirmed = memory.confirm(limit: .seconds(60), now: Present(lab.now + .seconds(2)))
    #expect(
      !isConfirmed && memory.confirmedAt == nil && memory.held(lab.now + .seconds(2)) == .zero)
    #expect(memory.downSince != nil)
  }

  /// One vantage is served again while the verdict stands: the outside's clock starts anew.
  @Test func aVantageThatTurnsStartsTheConfirmationAnew() {
    var lab = Lab(["a", "b", "c", "d"])
    lab.see("a", .bad, from: ["d"])
    var memory = Self.confirmed(&lab)
    lab.see("a", .serving, from: ["d"])
    lab.run(5)
    memory.fold(lab.picture("a"), policy: lab.policy, now: Present(lab.now))
    #expect(lab.picture("a").verdict.isDown)
    #expect(memory.downSince == lab.now && memory.confirmedAt == nil)
  }

  @Test func aRestartVoidsAllClocks() {
    var lab = Lab()
    var memory = Self.confirmed(&lab)
    memory.restartConfirmation()
    #expect(memory.downSince == nil && memory.confirmedAt == nil && memory.hardDownSince == nil)
  }

  /// What was held back before counts on while it is not, until the verdict ends.
  @Test func theTimesItWasHeldAddUp() {
    var lab = Lab()
    var memory = Self.confirmed(&lab)
    memory.letGo(Present(lab.now + .seconds(40)))
    let later = Present(lab.now + .seconds(100))
    #expect(memory.held(later.instant) == .seconds(40))
    #expect(memory.isHeld(for: .seconds(40), later) && !memory.isHeld(for: .seconds(41), later))
    memory.hold(later)
    let end = Present(lab.now + .seconds(110))
    #expect(memory.isHeld(for: .seconds(50), end) && !memory.isHeld(for: .seconds(51), end))
  }

  /// Where its hosts alone say that it is broken, and nobody outside was ever served, it counts
  /// from what they say.
  @Test func withoutAnyServedUserItCountsFromTheHosts() {
    var policy = Policy.acting
    policy.onContested = .alert
    var lab = Lab(policy: policy)
    lab.sights = [:]
    lab.settle()
    let since = lab.now
    lab.check("a", is: .bad)
    lab.run(3)
    #expect(lab.picture("a").judgement.basis == .inside)
    #expect(lab.machine.regions["a"]?.downSince == since)
  }

  /// Time that was left out makes an address that says nothing no younger.
  @Test func timeThatIsLeftOutAgesAllClocks() {
    var lab = Lab()
    var memory = Self.confirmed(&lab)
    memory.voteless = [Voteless(family: .ipv4, status: 404, since: lab.now)]
    let before = memory
    memory.leaveOut(.seconds(60))
    #expect(memory.voteless?.map(\.since) == [lab.now - .seconds(60)])
    #expect(memory.voteless?.map(\.status) == [404])
    #expect(memory.downSince == before.downSince.map { $0 - .seconds(60) })
    #expect(memory.verdictSince == before.verdictSince - .seconds(60))
  }
}
