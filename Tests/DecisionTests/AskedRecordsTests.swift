import Decision
import Testing
import Wire

/// What was asked for and may still appear (RULES 10, of a POST).
struct AskedRecordsTests {
  @Test func itIsRememberedForAsLongAsItMayAppear() {
    var lab = Lab()
    let start = lab.clock
    #expect(lab.machine.mayAppear(now: start).isEmpty)
    lab.machine.noteAsked(name: "app.example.org", type: "A", now: start)
    let asked = [AskedRecord(name: "app.example.org", type: "A", atMs: start.wallMs)]
    #expect(lab.machine.memory.asked == asked)
    let limit = lab.machine.policy.mayLandFor.wholeMilliseconds
    for (later, isThere) in [(0, true), (limit - 1, true), (limit, false), (-60_000, true)] {
      var now = start
      now.wallMs += later
      #expect(lab.machine.mayAppear(now: now).isEmpty == !isThere, "\(later)")
    }
  }

  @Test func eachIsThereOnceWithItsNewestTime() {
    var lab = Lab()
    var now = lab.clock
    lab.machine.noteAsked(name: "old.example.org", type: "A", now: now)
    now.wallMs += lab.machine.policy.mayLandFor.wholeMilliseconds
    for (name, type) in [("app", "A"), ("app", "AAAA"), ("www", "A"), ("app", "A")] {
      now.wallMs += 1
      lab.machine.noteAsked(name: name, type: type, now: now)
    }
    let kept = lab.machine.memory.asked ?? []
    #expect(kept.map { "\($0.name) \($0.type)" } == ["app AAAA", "www A", "app A"])
    #expect(kept.last?.atMs == now.wallMs)
  }
}
