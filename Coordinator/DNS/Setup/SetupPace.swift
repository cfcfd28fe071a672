import Linode

/// How long to wait for what. Times are of a clock that does not jump.
public struct SetupPace: Hashable, Sendable {
  /// What is to be done counts when two readings so far apart say so.
  public var rereadAfter = Duration.seconds(2)
  /// A change that was taken on may stay unseen for so long before it is asked for again.
  public var unseenFor = Duration.seconds(20)
  /// A new record may appear for so long: it is never asked for twice within that.
  public var lateFor = Duration.seconds(90)
  /// Refusals for the moment, and lists that cannot be read, may last so long.
  public var busyFor = Duration.seconds(120)
  /// A NodeBalancer takes a new check on within this.
  public var settleMargin = Duration.seconds(8)
  /// What the times of checks are multiplied with.
  public var checkScale = 1.0
  /// Hosts have so long to pass a new check, from the time on when it has failed who fails it.
  public var watchFor = Duration.seconds(60)

  /// Between two readings; each takes a call for the zones, the records, the NodeBalancers and
  /// each of those that matter, of which Linode allows 200 a minute (facts/linode 2).
  public var poll = Duration.seconds(4)

  public init() {}

  /// All of it so many times faster, for a rehearsal.
  public init(speed: Double) {
    rereadAfter /= speed
    unseenFor /= speed
    lateFor /= speed
    busyFor /= speed
    settleMargin /= speed
    checkScale /= speed
    watchFor /= speed
    poll /= speed
  }

  /// For so long after a check is changed, its counts may be those of before.
  func settle(_ check: LinodeBalancerCheck) -> Duration {
    let seconds = Double(check.intervalSeconds * check.attempts + check.timeoutSeconds)
    return .seconds(seconds * checkScale) + settleMargin
  }
}
