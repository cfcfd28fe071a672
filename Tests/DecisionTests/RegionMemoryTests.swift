import Decision
import Testing
import Wire

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
}
