public import AgentCore

/// One kind of check of this host: the part that contributors add, one file per kind.
///
/// An attempt never throws and never outlives its deadline by more than a moment: whatever goes
/// wrong is an outcome. What cannot be classified is `unknown`, never bad (RULES 1).
public protocol Check: Sendable {
  /// What the check is called and what it speaks for.
  var identity: CheckIdentity { get }

  /// Tries once, within `deadline`.
  func attempt(deadline: Duration) async -> CheckOutcome
}
