public import Decision
public import Wire

/// Why a keyframe was made.
public enum KeyframeReason: String, Codable, Hashable, Sendable, CaseIterable {
  /// The coordinator started.
  case start
  /// It took on another configuration.
  case reload
  /// Time, or the size of the segment.
  case regular
  /// Something could not be recorded.
  case gap
}

/// Everything that decisions rest on, at one instant: a replay can begin here.
public struct Keyframe: Codable, Hashable, Sendable {
  public var reason: KeyframeReason
  public var now: Now
  /// The release that recorded it, as `1.2.3`.
  public var release: String
  /// The interval of ticks, in milliseconds.
  public var tickMs: Int64
  /// By service name.
  public var machines: [Machine]
  public var evidence: Evidence
  public var doubts: Doubts

  /// `machines` may come in any order.
  public init(
    reason: KeyframeReason, now: Now, release: String, tickMs: Int64, machines: [Machine],
    evidence: Evidence, doubts: Doubts
  ) {
    self.reason = reason
    self.now = now
    self.release = release
    self.tickMs = tickMs
    self.machines = machines.sorted { $0.topology.service < $1.topology.service }
    self.evidence = evidence
    self.doubts = doubts
  }
}

/// What the shell has put into a machine since its last step: only what is different.
public struct OuterChange: Codable, Hashable, Sendable {
  public var at: AtFact?
  public var write: WriteFact?
  public var request: Asked?
  /// The whole memory, when anything of it is different: an order, or a move of somebody else.
  public var memory: Memory?

  /// The request that waits; none after it was withdrawn.
  public struct Asked: Codable, Hashable, Sendable {
    public var request: Request?
  }

  /// Nil where nothing is different.
  public init?(from old: Outer, to new: Outer) {
    guard old != new else { return nil }
    at = old.at == new.at ? nil : new.at
    write = old.write == new.write ? nil : new.write
    request = old.request == new.request ? nil : Asked(request: new.request)
    memory = old.memory == new.memory ? nil : new.memory
  }
}

/// One step of one service's machine that became durable.
public struct Step: Codable, Hashable, Sendable {
  public var service: String
  public var now: Now
  /// What happened to the machine before the step.
  public var change: OuterChange?
  /// What the step changed.
  public var transition: Transition?

  public init(
    service: String, now: Now, change: OuterChange? = nil, transition: Transition? = nil
  ) {
    self.service = service
    self.now = now
    self.change = change
    self.transition = transition
  }

  var isPlain: Bool { change == nil && transition == nil }
}

/// One address's own probe.
public struct ProbeReading: Codable, Hashable, Sendable {
  public var key: ProbeKey
  public var probe: OwnProbe

  public init(key: ProbeKey, probe: OwnProbe) {
    self.key = key
    self.probe = probe
  }
}

/// A round of the coordinator's own probes.
public struct ProbeRound: Codable, Hashable, Sendable {
  public var readings: [ProbeReading]
  /// No good answer came from anywhere.
  public var ownVoteVoid: Bool

  public init(readings: [ProbeReading], ownVoteVoid: Bool) {
    self.readings = readings.sorted { one, other in
      (one.key.service, one.key.region, one.key.family)
        < (other.key.service, other.key.region, other.key.family)
    }
    self.ownVoteVoid = ownVoteVoid
  }
}

/// A report as it came.
public struct ReceivedReport: Hashable, Sendable {
  public var report: Report
  /// The JSON that its agent signed.
  public var body: [UInt8]

  public init(_ report: Report, body: [UInt8]) {
    self.report = report
    self.body = body
  }
}

/// One thing of the recording, in the order in which it happened.
public enum Entry: Hashable, Sendable {
  case keyframe(Keyframe)
  /// A report that counts.
  case report(ReceivedReport, at: Instant)
  /// A relayed summary that counts, by its age signed at `signed`.
  case summary(HealthSummary, signed: Instant, at: Instant)
  case probes(ProbeRound)
  /// The coordinator judged its own view; the steps of all services follow.
  case doubts(Now)
  case step(Step)
}

extension Entry {
  /// What a crash should not take along.
  var isDecisive: Bool {
    switch self {
    case .keyframe: true
    case .step(let step): step.transition != nil
    case .report, .summary, .probes, .doubts: false
    }
  }
}
