/// The numbers of RULES 18, in one place: settings, agent and decision take them from here.
public enum Defaults {
  // Checks (agent).
  public static let checkInterval = Duration.seconds(2)
  public static let checkDeadline = Duration.milliseconds(1500)
  public static let confirmInterval = Duration.milliseconds(500)
  public static let checkFall = 3
  public static let checkRise = 2
  public static let checkForgive = 2
  /// The most that repeated falls raise `rise` to.
  public static let checkRiseLimit = 16
  /// Falls within this time of each other double `rise`; as much quiet resets it.
  public static let flapWindow = Duration.seconds(600)

  /// How long a deploy notice of one host can excuse its bad votes.
  public static let deployLimit = Duration.seconds(600)
  /// The time in which all of a host's deploy notices together excuse no longer than that.
  public static let deployWindow = Duration.seconds(1800)

  // Reports.
  public static let reportInterval = Duration.seconds(5)
  public static let freshFor = Duration.seconds(15)
  /// How far a first report's wall clock may be off (RULES 5).
  public static let firstContactWindow = Duration.seconds(60)
  /// How long an identity is quarantined after two hosts were last seen to use it (FAULTS 11).
  public static let quarantine = Duration.seconds(600)

  // Probes from outside.
  public static let probeInterval = Duration.seconds(5)
  public static let probeDeadline = Duration.seconds(3)
  /// A probe across the world connects, agrees on TLS and is answered: no deadline is below it.
  public static let probeDeadlineLeast = Duration.milliseconds(500)
  public static let probeFall = 3
  public static let minVantages = 2

  // Heartbeats.
  public static let heartbeatPeriod = Duration.seconds(2)
  public static let heartbeatRead = Duration.seconds(1)

  // Moving.
  public static let minHealthy = 0.5
  public static let failoverAfter = Duration.seconds(30)
  /// The confirmation of `unreachable`, `contested`, `isolated` and of `failing` with no clear
  /// outside (RULES 4).
  public static let outsideConfirm = Duration.seconds(60)
  public static let cooldown = Duration.seconds(600)
  public static let minUp = Duration.seconds(60)
  public static let maxSwitches = 3
  public static let maxSwitchesHard = 6
  public static let switchWindow = Duration.seconds(6 * 3600)
  public static let maxDataAtRisk = Duration.seconds(60)
  /// Automatic failbacks per `switchWindow`.
  public static let maxElective = 1
  /// A region that fails within this time of a failback disarms the automatic one (RULES 9).
  public static let probation = Duration.seconds(3600)
  /// An app that fails while the same agent's credentials fail is given this much more (RULES 8).
  public static let credentialsWait = Duration.seconds(30)

  // The operator.
  public static let approvalValid = Duration.seconds(900)
  public static let maintenanceFor = Duration.seconds(7200)
  public static let maintenanceLimit = Duration.seconds(7 * 86400)

  // Exclusive work (RULES 13).
  public static let lease = Duration.seconds(120)
  /// Added, with a tenth of it, to a lease before another region is granted one.
  public static let leaseMargin = Duration.seconds(5)

  // Starting (RULES 15).
  /// So many starts of the coordinator in `startsWindow` are too many.
  public static let startsAlarm = 3
  public static let startsWindow = Duration.seconds(600)
  /// The most starts that are remembered.
  public static let startsKept = 16

  // Failing back.
  public static let failbackAfter = Duration.seconds(900)
  public static let maxLag = Duration.seconds(5)
  /// Distinct heartbeats that have to cross in each direction after a recovery (RULES 12).
  public static let failbackHeartbeats = 5
  /// How long silence, partial or unknown evidence only pauses the gate.
  public static let failbackPause = Duration.seconds(60)

  // Acting.
  public static let writeDeadline = Duration.seconds(10)
  /// Added to the write deadline before the first write after a restart with an open intent.
  public static let restartMargin = Duration.seconds(10)
  /// Between the two reads that prove a write was not applied.
  public static let rereadAfter = Duration.seconds(2)
  public static let mayLandFor = Duration.seconds(900)
  /// At most so often is what a late echo put into the record overwritten, for each intent.
  public static let echoRepairs = 3
  /// Between two rounds of asking the name servers.
  public static let convergenceRound = Duration.seconds(5)
  public static let notPublishedAfter = Duration.seconds(180)
  /// A tick that comes later than this voids older evidence (RULES 6c).
  public static let lateTick = Duration.seconds(2)
  public static let ttlSeconds = 30
  /// How long the coordinator keeps its evidence, and how much of it.
  public static let evidenceDays = 30
  public static let evidenceMiB = 1024
  /// The TTLs that Linode stores unchanged (facts/linode 1.4).
  public static let ttlChoices = [
    30, 120, 300, 3600, 7200, 14400, 28800, 57600, 86400, 172_800, 345_600, 604_800, 1_209_600,
    2_419_200,
  ]
}
