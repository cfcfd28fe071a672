/// The numbers of what the coordinator does beside moves.
extension Defaults {
  /// How often the marker is written again as it is, to prove that the token can write (RULES 16).
  public static let tokenProof = Duration.seconds(6 * 3600)
  /// The same after an attempt that proved nothing.
  public static let tokenProofRetry = Duration.seconds(120)
  /// The longest that a move waits for the DNS provider because it asks to: then it is asked again.
  public static let moveWaitLimit = Duration.seconds(60)
  /// The same for readings and checks.
  public static let readWaitLimit = Duration.seconds(300)
  /// How often readings list the provider's zones, at most: a change is told within a minute.
  public static let zonesEvery = Duration.seconds(30)
  /// How long what is no marker has to stand at a marker's name until it is overwritten.
  public static let healAfter = Duration.seconds(60)
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
