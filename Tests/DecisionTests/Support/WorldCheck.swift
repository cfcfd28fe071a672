import AgentCore
import Decision
import Wire

/// One check of one host: the agent's own machine with the numbers of RULES 1.
struct WorldCheck {
  let kind: String
  var due: CoordinatorInstant
  private var machine: CheckMachine

  init(kind: String, due: CoordinatorInstant) {
    self.kind = kind
    self.due = due
    machine = CheckMachine(policy: CheckPolicy(), created: Self.agents(due))
  }

  /// Takes in one attempt; returns whether the state changed.
  mutating func take(_ failure: FailureClass?, at now: CoordinatorInstant) -> Bool {
    let verdict: CheckOutcome.Verdict =
      switch failure {
      case nil: .success
      case .credentials: .misconfigured
      default: .failure
      }
    let outcome = CheckOutcome(verdict, failure, reason: failure?.rawValue)
    let at = Self.agents(now)
    let changed = machine.take(Attempt(started: at, ended: at, outcome: outcome))
    due = CoordinatorInstant(milliseconds: machine.nextRun.milliseconds)
    return changed
  }

  /// As the report says it.
  func result(at now: CoordinatorInstant) -> CheckResult {
    machine.result(CheckIdentity(name: "\(kind) app", kind: kind), at: Self.agents(now))
  }

  private static func agents(_ instant: CoordinatorInstant) -> AgentCore.Instant {
    AgentCore.Instant(milliseconds: instant.milliseconds)
  }
}
