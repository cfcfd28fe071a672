import Testing
import Wire

@testable import Decision

/// Whether users go back to the primary is one answer: what it says is what an order then does.
struct HomecomingTests {
  /// What the lab makes of it, a name each.
  static var cases: [(String, (inout Lab, Beats) -> Void)] {
    [
      ("ready", { lab, _ in lab.run(110) }),
      ("too soon", { lab, _ in lab.run(20) }),
      (
        "the primary is down",
        { lab, _ in
          lab.run(110)
          lab.fail("a")
          lab.run(60)
        }
      ),
      (
        "one host of it is bad",
        { lab, _ in
          lab.run(110)
          lab.check("a1", is: .bad)
          lab.run(20)
        }
      ),
      (
        "replication stands still",
        { lab, beats in
          lab.run(110)
          beats.arriveUntil["b a"] = lab.now.milliseconds
          lab.run(60)
        }
      ),
      (
        "paused",
        { lab, _ in
          try? lab.machine.pause(Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: nil), epoch: 0)
          lab.run(110)
        }
      ),
    ]
  }

  @Test(arguments: [FailbackMode.manual, .never, .automatic], [nil, "b"] as [RegionID?])
  func whatItSaysIsWhatHappens(mode: FailbackMode, pinned: RegionID?) {
    for (name, play) in Self.cases {
      var (lab, beats) = FailbackGateTests.away(mode) { $0.pinned = pinned }
      play(&lab, beats)
      // By itself it went already.
      guard lab.machine.memory.intent == nil else { continue }
      let seen = lab.run()
      guard lab.machine.memory.intent == nil, let found = seen.homecoming(lab.machine) else {
        continue
      }
      var ordered = lab.machine
      do throws(Refusal) {
        try ordered.ask(
          Request(to: "a", isFailback: true, overrides: []), epoch: ordered.memory.epoch,
          assessment: seen)
        #expect(found.mayBeOrdered, "\(name), \(mode): it is made; said: \(found.text)")
      } catch {
        #expect(!found.mayBeOrdered, "\(name), \(mode): \(error); said: \(found.text)")
      }
      #expect(found.isReady == found.conditions.allSatisfy(\.holds))
      #expect(
        found.text.contains("is not ready") == !found.mayBeOrdered, "\(name): \(found.text)")
      // Where it says that all holds, what is left is the person or the next moment.
      if found.isReady {
        #expect(found.text.contains("is ready"), "\(name): \(found.text)")
      } else {
        #expect(!found.text.contains("is ready"), "\(name): \(found.text)")
      }
    }
  }

  @Test func noQuestionWhileThePrimaryServes() {
    var lab = Lab()
    #expect(lab.settle().homecoming(lab.machine) == nil)
  }

  /// The step that returns users says so; under `approve` it says whose yes it waits for.
  @Test(arguments: [Automation.automatic, .approve])
  func whatIsDoneByItselfIsSaid(automation: Automation) {
    var (lab, _) = FailbackGateTests.away(.automatic)
    lab.policy.automation = automation
    lab.machine.reconfigure(topology: lab.topology, policy: lab.policy, now: lab.now)
    var seen = lab.run()
    for _ in 0..<200 where seen.gate?.isOpen != true { seen = lab.run() }
    let found = seen.homecoming(lab.machine)
    #expect(found?.isReady == true && found?.mayBeOrdered == true)
    let isAsked = automation == .approve
    #expect((lab.machine.memory.intent == nil) == isAsked)
    #expect(
      found?.text.hasSuffix(isAsked ? "waits for: signalbox approve app" : "it is done now") == true
    )
  }
}
