/// The numbers of what the coordinator does beside moves.
extension Defaults {
  /// How often the marker is written again as it is, to prove that the token can write (RULES 16).
  public static let tokenProof = Duration.seconds(6 * 3600)
  /// The same after an attempt that proved nothing.
  public static let tokenProofRetry = Duration.seconds(120)
  /// How long the same wrong value has to stand under `drift = "enforce"` (RULES 7).
  public static let driftAfter = Duration.seconds(60)
  /// At most once in this time is it overwritten.
  public static let driftPause = Duration.seconds(600)
  /// A certificate that is valid for less is a warning of readiness: automatic renewal begins long
  /// before.
  public static let certificateWarning = Duration.seconds(14 * 86_400)
  /// For less than that, a problem.
  public static let certificateProblem = Duration.seconds(3 * 86_400)
  /// An address that gives only answers without a vote for so long is a finding (RULES 3).
  public static let votelessAfter = Duration.seconds(60)
  /// A host's wall clock that is further off is a finding (RULES 5).
  public static let skewShown = Duration.seconds(2)
}
