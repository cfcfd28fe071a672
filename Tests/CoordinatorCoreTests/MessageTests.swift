import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// What the journal calls an event, from how the history keeps it.
@Suite struct MessageTests {
  private static func event(
    _ kind: String, rule: Int? = nil, level: EventLevel = .info
  ) -> EventRecord {
    EventRecord(atMs: 0, rule: rule, kind: kind, level: level, text: "")
  }

  /// A rule's message is found again from the rule's number.
  @Test(arguments: Rule.allCases)
  func aRuleIsFoundAgain(rule: Rule) {
    let message = CoordinatorMessage(rule)
    switch message.historyKind {
    case "intent", "rule":
      #expect(
        CoordinatorMessage(Self.event(message.historyKind, rule: rule.rawValue)) == message)
    default: #expect(CoordinatorMessage(Self.event(message.historyKind)) == message)
    }
    // What opens a move is an intent, and nothing else of a rule is one.
    let opens: Set<Rule> = [
      .failOver, .failBack, .operatorMove, .supersede, .lateEcho, .enforceDrift,
    ]
    #expect((message.historyKind == "intent") == opens.contains(rule), "\(rule): \(message)")
  }

  @Test func whatIsNoneIsADecision() {
    for event in [
      Self.event("rule"), Self.event("intent", rule: 99_999), Self.event("of-tomorrow"),
    ] {
      #expect(CoordinatorMessage(event) == .decided)
    }
    #expect(CoordinatorMessage(Self.event("verdict", level: .alert)) == .verdictWorse)
    #expect(CoordinatorMessage(Self.event("verdict", level: .notice)) == .verdictBetter)
    #expect(CoordinatorMessage.verdictBetter.historyKind == "verdict")
  }

  @Test func whoeverMustActIsAsked() {
    for rule in [Rule.awaitApproval, .supersedeAwaitsApproval, .failbackAwaitsApproval] {
      #expect(CoordinatorMessage(rule) == .approvalWanted)
    }
  }
}
