import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What the log has of a service's life: every line, with its second, its level and its kind.
@Suite struct EventStoryTests {
  private static func expect(
    _ world: StateWorld, in seconds: ClosedRange<Int> = 65...999, _ wanted: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let found = world.lines.filter { seconds.contains($0.second) }
    let text = found.map { "\($0.second) \($0.text)" }.joined(separator: "\n")
    #expect(text == wanted, sourceLocation: location)
  }

  private static let bad = "0/1 agents good, 1 bad, 2/2 outside checks fail, us1: http app: bad"
  private static let good = "1/1 agents good, 2/2 outside checks served"

  private static func world(policy: (inout Policy) -> Void = { _ in }) -> StateWorld {
    var world = StateWorld(policy: policy)
    world.isMute = false
    return world
  }

  /// Not having heard from a region is no news until the grace is over; that it is well is.
  @Test func aStartTellsWhatItHears() {
    Self.expect(
      StateWorld(), in: 0...64,
      """
      0 notice verdict: us is healthy (was unknown): \(Self.good)
      0 notice verdict: eu is healthy (was unknown): \(Self.good)
      0 notice rule: not moving: where DNS points is not known
      6 alert verdict: ap is silent (was unknown): 0/0 agents good, 3/3 outside checks served
      60 info rule: nothing to do: the active region is up
      """)
  }

  @Test func aRegionIsLeft() throws {
    var world = Self.world { $0.failoverAfter = .seconds(5) }
    world.seconds(5)
    world.fail()
    world.seconds(30)
    world.recover()
    world.seconds(10)
    let marker = "signalbox cluster=c incarnation=1"
    Self.expect(
      world, in: 70...999,
      """
      70 alert verdict: us is failing (was healthy): \(Self.bad)
      70 alert rule: the active region looks down: confirming (us: \(Self.bad))
      70 info rule: confirming that the active region is down
      75 alert intent: the active region is down: moving (us to eu, epoch 5)
      75 info rule: about to write the record
      76 info call: PUT TXT _signalbox.app.example.org \(marker) epoch=4 active=us -> \
      \(marker) epoch=5 active=eu
      76 info answer: TXT _signalbox.app.example.org: accepted
      76 info claimed: TXT marker: \(marker) epoch=5 active=eu
      76 info call: PUT A app.example.org 192.0.2.1 -> 192.0.2.2
      76 info answer: A app.example.org: accepted
      76 info read-back: read back: A 192.0.2.2
      76 notice committed: A app.example.org is 192.0.2.2, read back
      76 notice rule: written and read back
      76 info rule: asking the name servers until they agree
      78 notice converged: every name server that answers shows the new address
      78 info rule: a move was completed a short while ago
      100 notice verdict: us is healthy (was failing): \(Self.good)
      """)
    let last = try #require(world.bench.core?.lastIncident)
    let wall = { (second: Int64) in 1_790_000_000_000 + second * 1000 }
    #expect(
      last.stamps
        == Stamps(
          lastGoodMs: wall(70), firstBadMs: wall(70), confirmedMs: wall(75), heldMs: 0,
          intentMs: wall(75), committedMs: wall(76), convergedMs: wall(76)))
    #expect(last.outcome == .converged && last.why == "us is failing: \(Self.bad)")
    #expect(last.records.map(\.recordId) == [1] && last.records.map(\.committed) == [true])
  }

  /// Held back for long it is an alert, once, and again when it happens again (RULES 6).
  @Test func aRegionIsHeldBack() {
    var world = Self.world {
      $0.failoverAfter = .seconds(5)
      $0.automation = .observe
    }
    world.fail()
    world.seconds(100)
    world.recover()
    world.seconds(5)
    world.fail()
    world.seconds(80)
    let held =
      "alert held: us has been down and not left for 60 s: would have moved: automation is "
      + "observe. To force it: signalbox failover app --to eu"
    Self.expect(
      world,
      """
      65 alert verdict: us is failing (was healthy): \(Self.bad)
      65 alert rule: the active region looks down: confirming (us: \(Self.bad))
      65 info rule: confirming that the active region is down
      70 alert rule: would have moved: automation is observe (us: \(Self.bad); to eu)
      130 \(held)
      165 notice verdict: us is healthy (was failing): \(Self.good)
      165 notice rule: the active region is up again before the confirmation ended
      165 info rule: nothing to do: the active region is up
      170 alert verdict: us is failing (was healthy): \(Self.bad)
      170 alert rule: the active region looks down: confirming (us: \(Self.bad))
      170 info rule: confirming that the active region is down
      175 alert rule: would have moved: automation is observe (us: \(Self.bad); to eu)
      235 \(held)
      """)
  }

  @Test func anAddressSaysNothing() {
    var world = Self.world()
    world.seen = .none
    world.seconds(80)
    world.recover()
    world.seconds(5)
    Self.expect(
      world,
      """
      125 alert says-nothing: us: its IPv4 address answers only 404, which does not tell whether \
      users are served: nothing is at that path under that name: look at `probe`, and at the \
      names that the region serves
      145 notice says-again: an address of us tells again whether users are served, or is not asked
      """)
  }

  @Test func heartbeatsStop() {
    var world = StateWorld()
    world.arriving = .max
    world.seconds(20)
    world.arriving = 85
    world.seconds(40)
    world.arriving = .max
    world.seconds(5)
    Self.expect(
      world,
      """
      96 alert replication-stands: replication from us to eu is late: nothing new has arrived for \
      12 s: nobody is returned over it, data is at risk
      125 notice replication-flows: writes of us arrive in eu again
      """)
  }
}
