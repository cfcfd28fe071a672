/// Why a plan is not carried out to its end.
public enum SetupRefusal: Hashable, Sendable, CustomStringConvertible {
  /// Nobody agreed to these: the account, or what was asked for, is another than when they did.
  case notAgreed([SetupStep])
  case denied(SetupStep, String)
  /// It was asked for and nothing shows it: whether it comes is not known.
  case unseen(SetupStep)
  /// With the new check too few hosts passed, so the old one is back.
  case undone(SetupStep, String)
  /// The same, and the old one could not be put back.
  case notUndone(SetupStep, String)
  /// A check was changed, and whether hosts pass it could not be read.
  case unwatched(SetupStep, String)
  case unreadable(SetupProblem)

  /// For programs.
  public var code: String {
    switch self {
    case .notAgreed: "not_agreed"
    case .denied: "denied"
    case .unseen: "unseen"
    case .undone: "undone"
    case .notUndone: "not_undone"
    case .unwatched: "unwatched"
    case .unreadable: "unreadable"
    }
  }

  public var description: String {
    switch self {
    case .notAgreed(let steps):
      "the checksum is not that of \(steps.map(\.title).joined(separator: ", nor that of ")): the "
        + "account or the options changed since; look at the plan again"
    case .denied(let step, let text): "\(step.title): \(text)"
    case .unseen(let step):
      "\(step.title) was asked for, and the account does not show it: whether it was made, or "
        + "still is, is not known; look at the plan again in two minutes"
    case .undone(let step, let text):
      "\(step.title): \(text); the check is again what it was"
    case .notUndone(let step, let text):
      "\(step.title): too few hosts pass, and the check could not be put back (\(text)); by hand: "
        + Self.old(step)
    case .unwatched(let step, let text):
      "\(step.title) was changed, and whether hosts pass it cannot be read (\(text)): look, and if "
        + "they do not, put it back: " + Self.old(step)
    case .unreadable(let problem): problem.description
    }
  }

  /// The old values of a check, as linode-cli takes them.
  private static func old(_ step: SetupStep) -> String {
    guard case .check(let port, _, _) = step else { return "" }
    let options = step.values.map { "--\($0.key) \($0.old.map { $0.isEmpty ? "''" : $0 } ?? "''")" }
    return "linode-cli nodebalancers config-update \(port.balancer) \(port.config) "
      + options.joined(separator: " ")
  }
}
