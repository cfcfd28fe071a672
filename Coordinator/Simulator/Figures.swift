public import Wire

/// One completed automatic move.
public struct Recovery: Hashable, Sendable {
  public var seed: UInt64
  /// Milliseconds from the world's start.
  public var atMs: Int64
  public var kind: MoveKind
  public var from: String
  public var to: String
  public var why: String
  public var parts: RecoveryParts
  /// How long users failed.
  public var downtimeSeconds: Double
  public var dataAtRisk: DataAtRisk?
}

/// A move away from a region that was serving well.
public struct FalseMove: Hashable, Sendable {
  public var seed: UInt64
  public var atMs: Int64
  public var text: String
}

/// What simulations have counted.
public struct Figures: Sendable {
  public var worlds = 0
  public var simulatedMs: Int64 = 0
  /// Simulated time, once for each region.
  public var regionMs: Int64 = 0
  public var events = 0
  public var ticks = 0
  public var jumps = 0
  public var reports = 0
  public var reportsLost = 0
  public var reportsDamaged = 0
  public var encoded = 0
  public var calls = 0
  public var commits = 0
  public var refusedCommits = 0
  public var crashes = 0
  public var userDowntimeMs: Int64 = 0
  public var faults: [FaultKind: Int] = [:]
  /// Refused reports by code.
  public var refused: [String: Int] = [:]
  /// Refused operators by code.
  public var refusals: [String: Int] = [:]
  public var intents: [MoveKind: Int] = [:]
  public var outcomes: [IncidentOutcome: Int] = [:]
  public var recoveries: [Recovery] = []
  public var falseMoves: [FalseMove] = []
  /// Writes of an epoch that was over when they landed.
  public var lateEchoes = 0
  /// Records that were missing and asked for.
  public var made = 0
  /// How often another region than before was granted a lease.
  public var leaseTurns = 0
  /// Summaries of hosts that were not heard, relayed by other regions' agents and counted.
  public var relayed = 0

  public init() {}

  /// The most recoveries kept.
  static let keptRecoveries = 200_000

  /// Adds another simulation's.
  public mutating func add(_ other: Figures) {
    worlds += other.worlds
    simulatedMs += other.simulatedMs
    regionMs += other.regionMs
    events += other.events
    ticks += other.ticks
    jumps += other.jumps
    reports += other.reports
    reportsLost += other.reportsLost
    reportsDamaged += other.reportsDamaged
    encoded += other.encoded
    calls += other.calls
    commits += other.commits
    refusedCommits += other.refusedCommits
    crashes += other.crashes
    userDowntimeMs += other.userDowntimeMs
    lateEchoes += other.lateEchoes
    made += other.made
    leaseTurns += other.leaseTurns
    relayed += other.relayed
    faults.merge(other.faults, uniquingKeysWith: +)
    refused.merge(other.refused, uniquingKeysWith: +)
    refusals.merge(other.refusals, uniquingKeysWith: +)
    intents.merge(other.intents, uniquingKeysWith: +)
    outcomes.merge(other.outcomes, uniquingKeysWith: +)
    falseMoves += other.falseMoves
    if recoveries.count < Self.keptRecoveries { recoveries += other.recoveries }
  }
}
