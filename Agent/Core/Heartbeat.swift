import Wire

/// A heartbeat as it is written to and read from the table (facts/dynamodb.md section 7).
public struct Heartbeat: Hashable, Sendable {
  /// The agent that wrote it.
  public var agent: String
  /// Random per start of the writer.
  public var boot: String
  /// Rises with each attempt of one boot, from 1.
  public var sequence: UInt64
  /// The writer's wall clock right before the successful sending, Unix milliseconds.
  public var writtenMs: Int64
  /// The writer's period.
  public var periodMs: Int
  /// The bound of the writer's clock error, where its kernel knows one.
  public var clockErrorMs: Int?
  /// How long the acknowledgement of the writer's previous heartbeat took.
  public var previousRttMs: Int?
  /// How many heartbeats of this boot were acknowledged before this one: tells overwritten
  /// heartbeats from attempts that failed.
  public var acknowledgedBefore: UInt64?

  /// What the writer says of its host's health, signed.
  public var summary: SignedSummary?

  /// A heartbeat with everything that it carries.
  public init(
    agent: String, boot: String, sequence: UInt64, writtenMs: Int64, periodMs: Int,
    clockErrorMs: Int? = nil, previousRttMs: Int? = nil, acknowledgedBefore: UInt64? = nil,
    summary: SignedSummary? = nil
  ) {
    self.agent = agent
    self.boot = boot
    self.sequence = sequence
    self.writtenMs = writtenMs
    self.periodMs = periodMs
    self.clockErrorMs = clockErrorMs
    self.previousRttMs = previousRttMs
    self.acknowledgedBefore = acknowledgedBefore
    self.summary = summary
  }

  /// Whether every value is one that a sound writer writes: what comes from a table is foreign,
  /// and a report with a value out of bounds is refused as a whole.
  public var isPlausible: Bool {
    (1...Limits.nameBytes).contains(agent.utf8.count)
      && (1...Limits.nameBytes).contains(boot.utf8.count)
      && (1...UInt64(Int64.max)).contains(sequence)
      && (0...253_402_300_799_000).contains(writtenMs) && (1...86_400_000).contains(periodMs)
  }
}
