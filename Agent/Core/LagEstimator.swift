public import Wire

/// One successful read of a peer region's heartbeats from the local replica.
public struct ReplicaRead: Hashable, Sendable {
  /// When the request was sent, on this host's wall clock.
  public var sentWallMs: Int64
  /// When its reply was complete, on this host's wall clock.
  public var receivedWallMs: Int64
  /// When the request was sent, on the boot-time clock.
  public var sent: Instant
  /// When its reply was complete, on the boot-time clock.
  public var received: Instant
  /// How much later than scheduled the read was started.
  public var lateMs: Int64
  /// From scheduled read to scheduled read.
  public var periodMs: Int64
  /// What was found, in any order.
  public var found: [Heartbeat]

  /// A read with everything that was found.
  public init(
    sentWallMs: Int64, receivedWallMs: Int64, sent: Instant, received: Instant, lateMs: Int64,
    periodMs: Int64, found: [Heartbeat]
  ) {
    self.sentWallMs = sentWallMs
    self.receivedWallMs = receivedWallMs
    self.sent = sent
    self.received = received
    self.lateMs = lateMs
    self.periodMs = periodMs
    self.found = found
  }
}

/// Measures how long one region's heartbeats take to arrive in the local replica, as intervals.
///
/// A heartbeat written at `w` and first seen by a read that ended at `r1`, where the read before
/// was sent at `r0` and did not have it, took between `r0 - w` (less the time its own write took)
/// and `r1 - w`. An upper bound below zero is kept: it proves that the clocks disagree. Where the
/// reader was late, the wall clock stepped, or nothing was read before, the interval is unknown
/// and there is no sighting. Bounded: `writers` writers, `Limits.sightings` sightings.
public struct LagEstimator: Sendable {
  /// The most writers of one region that are told apart.
  public static let writers = 64
  /// A wall clock that moves by more than this against the boot-time clock has stepped.
  public static let stepMs: Int64 = 500

  private struct Writer: Sendable {
    var newest: Heartbeat
    var seen: Instant
    /// The most that the heartbeat took to get here, by the two wall clocks.
    var highMs: Int64
  }

  private struct Sighted: Sendable {
    var agent: String
    var boot: String
    var sequence: UInt64
    var writtenMs: Int64
    /// Before the time of the write is taken off.
    var sinceAbsentMs: Int64
    var writeMs: Int64
    var highMs: Int64
    /// Which change made it what it is.
    var change: UInt64
  }

  /// When a read was made, by the fields of `ReplicaRead`.
  private struct ReadTime: Sendable {
    var sentWallMs: Int64
    var sent: Instant
    var received: Instant
  }

  private var writers: [String: Writer] = [:]
  private var sighted: [Sighted] = []
  private var lastRead: ReadTime?
  /// Counts what became new or other of the sightings.
  public private(set) var changes: UInt64 = 0
  /// Heartbeats that were overwritten before they were seen.
  public private(set) var skipped: UInt64 = 0

  /// An estimator that has seen nothing.
  public init() {}

  /// Takes in a successful read; failed ones change nothing but the age of the last success.
  public mutating func take(_ read: ReplicaRead) {
    let before = lastRead.flatMap { intervalIsKnown(from: $0, to: read) ? $0 : nil }
    for heartbeat in read.found.prefix(Self.writers) where heartbeat.isPlausible {
      notice(heartbeat, in: read, absentAt: before)
    }
    let surplus = writers.count - Self.writers
    if surplus > 0 {
      for oldest in writers.sorted(by: order).prefix(surplus) { writers[oldest.key] = nil }
    }
    lastRead = ReadTime(sentWallMs: read.sentWallMs, sent: read.sent, received: read.received)
  }

  /// What the report says of the region, with the sightings from the first one on that is new or
  /// other since the change `told`; nil before the first heartbeat.
  public func peer(
    _ region: String, at now: Instant, since told: UInt64 = 0
  ) -> PeerHeartbeat? {
    guard let newest = writers.max(by: { order($0, $1) })?.value, let lastRead else { return nil }
    let old = max(0, newest.highMs) + Int64(newest.seen.age(at: now))
    let news = sighted.drop { $0.change <= told }
    return PeerHeartbeat(
      region: region, agent: newest.newest.agent, boot: newest.newest.boot,
      sequence: newest.newest.sequence, writtenMs: newest.newest.writtenMs,
      seenMs: newest.seen.age(at: now), readMs: lastRead.received.age(at: now),
      periodMs: newest.newest.periodMs, sightings: news.map(Self.sighting),
      summary: newest.newest.summary.map { $0.relayed(ageMs: Self.clamped(old)) })
  }

  /// By first sight: what was seen last is newest, whatever the writers' clocks say.
  private func order(
    _ left: (key: String, value: Writer), _ right: (key: String, value: Writer)
  ) -> Bool {
    (left.value.seen, left.value.newest.writtenMs, left.key)
      < (right.value.seen, right.value.newest.writtenMs, right.key)
  }

  private func intervalIsKnown(from last: ReadTime, to read: ReplicaRead) -> Bool {
    let wall = read.sentWallMs - last.sentWallMs
    let boot = read.sent - last.sent
    return abs(wall - boot) <= Self.stepMs && read.lateMs * 2 <= read.periodMs && boot >= 0
  }

  private mutating func notice(
    _ heartbeat: Heartbeat, in read: ReplicaRead, absentAt before: ReadTime?
  ) {
    let known = writers[heartbeat.agent]?.newest
    if let known, known.boot == heartbeat.boot, heartbeat.sequence <= known.sequence { return }
    writers[heartbeat.agent] = Writer(
      newest: heartbeat, seen: read.received, highMs: read.receivedWallMs - heartbeat.writtenMs)
    if let known, known.boot == heartbeat.boot {
      correct(before: heartbeat)
      attribute(from: known, to: heartbeat, in: read, absentAt: before)
    }
    guard let before else { return }
    sight(heartbeat, writtenMs: heartbeat.writtenMs, in: read, absentAt: before)
  }

  /// How long the write of the heartbeat right before took is known only now.
  private mutating func correct(before next: Heartbeat) {
    guard let rtt = next.previousRttMs, next.sequence > 1 else { return }
    for index in sighted.indices
    where sighted[index].sequence == next.sequence - 1 && sighted[index].boot == next.boot
      && sighted[index].agent == next.agent
    {
      changes += 1
      sighted[index].writeMs = Int64(max(0, rtt))
      sighted[index].change = changes
    }
  }

  /// Heartbeats that were acknowledged but overwritten in the replica before a read saw them were
  /// late too: without them a stall would count once. Attributed only where every skipped sequence
  /// was acknowledged, for then their times are known by the period.
  private mutating func attribute(
    from old: Heartbeat, to new: Heartbeat, in read: ReplicaRead, absentAt before: ReadTime?
  ) {
    let jump = new.sequence - old.sequence
    guard jump > 1, let first = old.acknowledgedBefore, let last = new.acknowledgedBefore,
      last > first, last < new.sequence
    else { return }
    let overwritten = min(last - first - 1, jump - 1)
    skipped &+= overwritten
    guard overwritten == jump - 1, let before, new.writtenMs > old.writtenMs else { return }
    let span = new.writtenMs - old.writtenMs
    for step in max(1, jump - min(jump, UInt64(Limits.sightings)))..<jump {
      var missed = new
      missed.sequence = old.sequence + step
      let written = old.writtenMs + Int64(Double(span) * Double(step) / Double(jump))
      sight(missed, writtenMs: written, in: read, absentAt: before)
    }
  }

  private mutating func sight(
    _ heartbeat: Heartbeat, writtenMs: Int64, in read: ReplicaRead, absentAt before: ReadTime
  ) {
    changes += 1
    sighted.append(
      Sighted(
        agent: heartbeat.agent, boot: heartbeat.boot, sequence: heartbeat.sequence,
        writtenMs: writtenMs, sinceAbsentMs: before.sentWallMs - writtenMs,
        writeMs: Int64(max(0, heartbeat.previousRttMs ?? 0)),
        highMs: read.receivedWallMs - writtenMs, change: changes))
    if sighted.count > Limits.sightings { sighted.removeFirst() }
  }

  private static func sighting(_ sighted: Sighted) -> Sighting {
    let low = max(0, sighted.sinceAbsentMs - sighted.writeMs)
    return Sighting(
      sequence: sighted.sequence, writtenMs: sighted.writtenMs,
      lagLowMs: clamped(min(low, sighted.highMs)), lagHighMs: clamped(sighted.highMs))
  }

  private static func clamped(_ milliseconds: Int64) -> Int {
    Int(min(max(milliseconds, Int64(Int32.min)), Int64(Int32.max)))
  }
}
