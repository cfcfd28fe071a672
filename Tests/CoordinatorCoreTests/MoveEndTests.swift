import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// What becomes of a move whose writes end otherwise than committed, and the words of it.
@Suite struct MoveEndTests {
  private static func ended(
    _ phase: Phase, _ result: MoveResult, write: WriteFact = .underway
  ) -> (core: ServiceCore, texts: [String]) {
    var bench = Bench(phase: phase)
    bench.step()
    bench.core.machine.observe(write: write)
    bench.core.take(result, now: bench.now)
    return (bench.core, Bench.texts(bench.core.takeDirectives()))
  }

  @Test func whatIsStoppedIsTakenUpAgain() {
    for (phase, write) in [(Phase.switching, WriteFact.pending), (.committed, .partly)] {
      let (core, texts) = Self.ended(phase, .stopped("paused"))
      #expect(core.machine.write == write && texts == ["no write: paused"])
      #expect(core.incident?.outcome == .open)
    }
    let known = Self.ended(.committed, .stopped("paused"), write: .partly)
    #expect(known.core.machine.write == .partly)
    let (core, texts) = Self.ended(.switching, .interrupted("no answer"))
    #expect(core.machine.write == .underway, "it may have landed")
    #expect(texts == ["interrupted after a write: no answer"])
  }

  @Test func whatSomebodyElseWroteIsLeftAlone() {
    let (core, texts) = Self.ended(.switching, .foreign(found: ["203.0.113.9"]))
    #expect(core.machine.write == .refused)
    #expect(texts.first?.contains("203.0.113.9, which is not configured") == true, "\(texts)")
    let conflict = MarkerConflict(found: "signalbox v=1 c=other", name: "_signalbox.app")
    let other = Self.ended(.switching, .conflict([conflict]))
    #expect(other.core.machine.write == .refused)
    #expect(other.texts.last?.contains("One of two coordinators has to stop") == true)
    // Past its point of no return what is written stays.
    let half = Self.ended(.committed, .conflict([conflict]))
    #expect(half.core.machine.write == .partly && half.core.machine.isReadOnly)
  }

  /// The same refusal is told once, however often it comes.
  @Test func aRefusalIsToldOnce() {
    var bench = Bench(phase: .committed)
    bench.step()
    let refused = MoveResult.refused(
      ProviderError(.refused, .permanent, description: "not in your plan"))
    bench.core.take(refused, now: bench.now)
    bench.core.take(refused, now: bench.now)
    #expect(Bench.texts(bench.core.takeDirectives()) == ["not in your plan"])
  }

  /// Without a text of its own it is the rule's.
  @Test func aMoveThatFailsSaysWhy() {
    var bench = Bench(phase: .switching)
    bench.core.machine.observe(write: .refused)
    bench.step()
    #expect(bench.core.lastIncident?.outcome == .failed && bench.core.incident == nil)
    #expect(bench.core.lastIncident?.outcomeText == RuleText.sentence(.writeRefused))
  }

  @Test(arguments: [(nil, "(kim)"), ("a mistake", "(kim: a mistake)")] as [(String?, String)])
  func whoTakesAMoveBackIsNamed(reason: String?, words: String) throws {
    var bench = Bench(phase: .switching) { $0.intent?.errand = .commanded }
    bench.step()
    bench.core.machine.observe(write: .pending)
    let taken = try bench.core.order(
      .cancel, OrderRequest(epoch: 4, operatorName: "kim", reason: reason), now: bench.now)
    #expect(taken.text.hasSuffix("nothing was written"))
    bench.step()
    #expect(bench.core.lastIncident?.outcome == .cancelled)
    #expect(bench.core.lastIncident?.outcomeText?.hasSuffix(words) == true)
  }

  @Test func spansAsPeopleSayThem() {
    let spans: [(Duration, String)] = [
      (.milliseconds(2_340), "2.3 s"), (.seconds(10), "10 s"), (.seconds(41), "41 s"),
      (.seconds(240), "4 min"), (.seconds(7200), "2 h"), (.seconds(86_400 * 3), "72 h"),
    ]
    for (span, text) in spans { #expect(Story.span(span) == text) }
  }

  @Test func whyAMoveIsMade() {
    var bench = Bench()
    bench.step()
    guard let assessment = bench.core.assessment else {
      Issue.record("it was judged")
      return
    }
    func why(_ errand: Errand, rule: Rule = .failOver, asked: Asked? = nil) -> String {
      Story.why(
        Intent(epoch: 4, errand: errand, from: "us", to: "eu", rule: rule), assessment: assessment,
        asked: asked)
    }
    #expect(why(.commanded) == "an operator asked for it")
    #expect(why(.commanded, asked: Asked(by: "kim", reason: "works")) == "kim asked for it: works")
    #expect(why(.repair, rule: .enforceDrift).hasPrefix("somebody else put another address there"))
    #expect(why(.repair, rule: .lateEcho).hasSuffix("landed late"))
    #expect(why(.elective) == "eu is ready to take users back from us")
    #expect(why(.emergency).hasPrefix("us is "))
  }
}
