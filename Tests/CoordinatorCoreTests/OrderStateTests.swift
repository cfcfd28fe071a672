import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// Each order as the state takes it: what it answers, what is durable then, what it refuses.
@Suite struct OrderStateTests {
  private static func settled(
    _ change: (inout Memory) -> Void = { _ in }, phase: Phase? = nil
  ) -> StateBench {
    var bench = StateBench(Bench(phase: phase, change))
    bench.run(seconds: 12, reading: "192.0.2.1")
    return bench
  }

  /// The text of what holds, or the code of the refusal.
  private static func say(
    _ bench: inout StateBench, _ kind: OrderKind, epoch: UInt64 = 4,
    _ fill: (inout OrderRequest) -> Void = { _ in }
  ) -> String {
    var request = OrderRequest(epoch: epoch, operatorName: "kim")
    fill(&request)
    return switch bench.tell(.order("app", kind, request)) {
    case .text(let text): text
    case .refused(let refusal): refusal.code
    default: "no answer"
    }
  }

  @Test func aPauseIsKeptAndEnded() {
    var bench = Self.settled { $0.pinned = "us" }
    let first = Self.say(&bench, .pause) {
      $0.forMs = 600_000
      $0.reason = "works"
    }
    #expect(first.hasPrefix("app is paused: no new automatic moves until "), "\(first)")
    #expect(first.hasSuffix("for 10 min") && bench.durable?.pause?.reason == "works")
    let again = Self.say(&bench, .pause)
    #expect(again.contains("it was paused by kim since "), "\(again)")
    let resumed = Self.say(&bench, .resume)
    #expect(
      resumed.hasPrefix(
        "app is resumed: the pause by kim is over, and the pin that kept users in us is lifted"))
    #expect(bench.durable?.pause == nil && bench.durable?.pinned == nil)
    #expect(Self.say(&bench, .resume) == "not_paused")
  }

  @Test func maintenanceEnds() {
    var bench = Self.settled()
    #expect(Self.say(&bench, .maintenance) == "bad_request")
    #expect(Self.say(&bench, .maintenance) { $0.name = "mars" } == "unknown_name")
    let usual = Self.say(&bench, .maintenance) { $0.name = "eu" }
    #expect(usual == "eu is in maintenance for 2 h")
    #expect(bench.durable?.maintenance?["eu"]?.by == "kim")
    let long = Self.say(&bench, .maintenance) {
      $0.name = "us1"
      $0.forMs = 8 * 86_400_000
    }
    #expect(long == "bad_span")
    let active = Self.say(&bench, .maintenance) { $0.name = "us" }
    #expect(active == "active_region")
    let stays = Self.say(&bench, .maintenance) {
      $0.name = "us"
      $0.stays = true
      $0.forMs = 60_000
    }
    #expect(stays == "us is in maintenance for 60 s")
    let over = Self.say(&bench, .maintenance) {
      $0.name = "eu"
      $0.ends = true
    }
    #expect(over == "the maintenance of eu is over" && bench.durable?.maintenance?["eu"] == nil)
    let none = Self.say(&bench, .maintenance) {
      $0.name = "eu"
      $0.ends = true
    }
    #expect(none == "no_maintenance")
  }

  @Test func whatDoesNotHoldIsRefused() {
    var bench = Self.settled()
    #expect(Self.say(&bench, .approve) == "nothing_to_approve")
    #expect(Self.say(&bench, .ack) == "nothing_to_acknowledge")
    #expect(Self.say(&bench, .cancel) == "nothing_to_cancel")
    #expect(Self.say(&bench, .adopt) == "nothing_to_adopt" && bench.core?.adoptable == nil)
    #expect(Self.say(&bench, .adopt) { $0.seen = Adoptable() } == "nothing_to_adopt")
    #expect(Self.say(&bench, .adopt) { $0.seen = Adoptable(addresses: ["x"]) } == "conflict")
    #expect(Self.say(&bench, .pause, epoch: 9) == "conflict")
    let order = OrderRequest(epoch: 4, operatorName: "kim")
    guard case .refused(let refusal) = bench.tell(.order("shop", .pause, order)) else {
      Issue.record("a service that there is not")
      return
    }
    #expect(refusal.message.contains("'shop' is no service here; accepted: app"))
    let move = MoveRequest(to: nil, epoch: 4, operatorName: "kim")
    guard case .refused(let nowhere) = bench.tell(.move("app", move, isFailback: false)) else {
      Issue.record("a move to nowhere")
      return
    }
    #expect(nowhere.code == "no_target")
    guard case .refused = bench.tell(.move("shop", move, isFailback: true)) else {
      Issue.record("a move of a service that there is not")
      return
    }
  }

  @Test func anAcknowledgementArmsAgain() {
    var bench = Self.settled { $0.disarmed = Disarmed(region: "us", atMs: 1_789_999_999_000) }
    #expect(Self.say(&bench, .ack) == "automatic failback of app is armed again")
    #expect(bench.durable?.disarmed == nil)
  }

  @Test func anOperatorsMoveIsTakenBack() {
    var bench = StateBench(
      Bench(phase: .switching) {
        $0.intent?.errand = .commanded
        $0.pinned = "eu"
      })
    bench.tell(.tick)
    // Of before the restart something may be on its way.
    #expect(Self.say(&bench, .cancel) == "write_underway")
    var text = "write_underway"
    for _ in 0..<60 where text == "write_underway" {
      bench.run(seconds: 1, reading: "192.0.2.1")
      text = Self.say(&bench, .cancel) { $0.reason = "a mistake" }
    }
    #expect(text.hasPrefix("the move of app to eu is taken back: "), "\(text)")
    bench.run(seconds: 3)
    #expect(bench.core?.machine.memory.intent == nil)
    #expect(bench.core?.lastIncident?.outcome == .cancelled)
    #expect(bench.core?.lastIncident?.outcomeText?.hasSuffix("(kim: a mistake)") == true)
  }

  /// As the operator saw it, and only so.
  @Test func aForeignAddressIsAdopted() {
    var bench = Self.settled()
    for _ in 0..<3 {
      bench.read("203.0.113.9")
      bench.run(seconds: 2)
    }
    #expect(bench.core?.adoptable?.addresses == ["203.0.113.9"])
    let stale = Self.say(&bench, .adopt) { $0.seen = Adoptable(markers: [], addresses: ["x"]) }
    #expect(stale == "conflict")
    let text = Self.say(&bench, .adopt) {
      $0.seen = Adoptable(markers: [], addresses: ["203.0.113.9"])
    }
    #expect(text.hasPrefix("app is adopted: 203.0.113.9 counts as us"), "\(text)")
    #expect(bench.durable?.accepted == ["203.0.113.9"])
  }
}
