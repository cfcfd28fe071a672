import Decision
import Wire

/// A bug planted on purpose: the checkers have to find it.
public enum Perturbation: String, Hashable, Sendable, CaseIterable {
  /// Effects are performed before they are durable.
  case writeBeforeCommit = "write-before-commit"
  /// Writes are not judged anew right before they are sent.
  case noRevalidation = "no-revalidation"
  /// One vantage is enough, whoever it is.
  case oneVantage = "one-vantage"
  /// Nothing is confirmed.
  case noConfirmation = "no-confirmation"
  /// There is no budget.
  case noBudget = "no-budget"
  /// The gate of a failback opens at once.
  case noGate = "no-gate"
  /// A host that cannot judge says that it is bad.
  case unknownIsBad = "unknown-is-bad"
  /// Half of the hosts are needed twice.
  case allHosts = "all-hosts"

  /// The rules as the machine gets them.
  func policy(_ policy: Policy) -> Policy {
    var policy = policy
    switch self {
    case .oneVantage: policy.minVantages = 1
    case .noConfirmation:
      policy.failoverAfter = .zero
      policy.outsideConfirm = .zero
    case .noBudget:
      policy.maxSwitches = 1000
      policy.maxSwitchesHard = 1000
    case .noGate:
      policy.failbackAfter = .zero
      policy.maxElective = 1000
    case .allHosts: policy.minHealthy = 1
    case .writeBeforeCommit, .noRevalidation, .unknownIsBad: break
    }
    return policy
  }

  /// A report as the machine gets it.
  func report(_ report: Report) -> Report {
    var report = report
    // Nobody else's serving vote counts.
    if self == .oneVantage { report.probes.removeAll { $0.vote == .serving } }
    guard self == .unknownIsBad else { return report }
    for index in report.checks.indices where report.checks[index].state == .unknown {
      report.checks[index].state = .bad
      report.checks[index].badSinceMs = 60_000
    }
    return report
  }
}
