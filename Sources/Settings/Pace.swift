import Wire

/// The times of RULES 18 that no key sets, divided by the rehearsal speed.
public struct Pace: Sendable, Hashable {
  public var writeDeadline: Duration
  /// Added to the write deadline before the first write after a restart with an open intent.
  public var restartMargin: Duration
  public var rereadAfter: Duration
  public var mayLandFor: Duration
  public var convergenceRound: Duration
  public var notPublishedAfter: Duration
  public var lateTick: Duration
  public var failbackPause: Duration
  public var credentialsWait: Duration
  public var approvalValid: Duration
  public var probation: Duration
  public var tokenProof: Duration
  public var tokenProofRetry: Duration
  /// The longest that a move, and that a reading, waits because the provider asks to.
  public var moveWaitLimit: Duration
  public var readWaitLimit: Duration
  public var healAfter: Duration
  /// How often readings list the provider's zones, at most.
  public var zonesEvery: Duration
  public var driftAfter: Duration
  public var driftPause: Duration
  public var votelessAfter: Duration
  /// Not divided: it bounds the difference of real wall clocks.
  public var firstContactWindow: Duration

  /// The times at `speed`: 1 is real time, 10 a tenth of it.
  public init(speed: Int) {
    func divided(_ time: Duration) -> Duration { Pace.divided(time, by: speed) }
    writeDeadline = divided(Defaults.writeDeadline)
    restartMargin = divided(Defaults.restartMargin)
    rereadAfter = divided(Defaults.rereadAfter)
    mayLandFor = divided(Defaults.mayLandFor)
    convergenceRound = divided(Defaults.convergenceRound)
    notPublishedAfter = divided(Defaults.notPublishedAfter)
    lateTick = divided(Defaults.lateTick)
    failbackPause = divided(Defaults.failbackPause)
    credentialsWait = divided(Defaults.credentialsWait)
    approvalValid = divided(Defaults.approvalValid)
    probation = divided(Defaults.probation)
    tokenProof = divided(Defaults.tokenProof)
    tokenProofRetry = divided(Defaults.tokenProofRetry)
    moveWaitLimit = divided(Defaults.moveWaitLimit)
    readWaitLimit = divided(Defaults.readWaitLimit)
    zonesEvery = divided(Defaults.zonesEvery)
    healAfter = divided(Defaults.healAfter)
    driftAfter = divided(Defaults.driftAfter)
    driftPause = divided(Defaults.driftPause)
    votelessAfter = divided(Defaults.votelessAfter)
    firstContactWindow = Defaults.firstContactWindow
  }

  /// `time` at `speed`, in whole milliseconds, at least one.
  public static func divided(_ time: Duration, by speed: Int) -> Duration {
    guard speed > 1 else { return time }
    return .milliseconds(max(1, time.wholeMilliseconds / Int64(speed)))
  }
}
