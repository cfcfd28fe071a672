public import Wire

/// What the coordinator's newest directives add up to (RULES 13, DESIGN 5).
public struct DirectiveState: Sendable {
  /// What became of a directive.
  public enum Verdict: Hashable, Sendable {
    /// Taken over; services whose epoch was lower than a known one kept what they had.
    case taken(staleServices: [String])
    /// Nothing of it was taken over, for the reason given.
    case refused(String)
  }

  /// What one service was told, and until when its lease runs on this host's clock.
  public struct Service: Hashable, Sendable {
    /// The directive's entry.
    public var directive: ServiceDirective
    /// Counted from the sending of the report that was answered; nil without a lease.
    public var leaseUntil: Instant?
    /// When the entry was taken over.
    public var received: Instant
    /// The newest directive names it; else only its epoch is of use.
    public var isTold = true
  }

  /// By service name, at most `Limits.listEntries`.
  public private(set) var services: [String: Service] = [:]
  /// To be echoed in the next report.
  public private(set) var challenge: String?
  /// Whether this agent writes its region's heartbeat.
  public private(set) var heartbeatWriter = false
  /// How often it writes it.
  public private(set) var heartbeatPeriodMs: Int64
  /// How often peers' heartbeats are read.
  public private(set) var heartbeatReadMs: Int64
  /// Which orders `peers` and `probes` are of, for the report; nil where they have no name.
  public private(set) var orders: String?
  /// Which words on services it holds whole, for the report; nil where they have no name, or some
  /// of them were not taken over.
  public private(set) var stand: String?
  /// The other regions.
  public private(set) var peers: [String] = []
  /// From probe to probe of a target that says nothing else.
  public private(set) var probePeriodMs: Int64 = 5000
  /// How long a probe of such a one may take.
  public private(set) var probeDeadlineMs: Int64 = 3000
  /// Bad outcomes in a row that make a bad vote.
  public private(set) var probeFall = Defaults.probeFall
  /// When the newest directive was taken over.
  public private(set) var received: Instant?
  /// What to probe; taken by the owner of the probes.
  public private(set) var probes: [ProbeTarget] = []

  private let agent: String
  private let region: String
  /// As the directive had them.
  private var toldProbes: [ProbeTarget] = []

  /// The state of an agent that has heard nothing yet.
  public init(agent: String, region: String) {
    self.agent = agent
    self.region = region
    heartbeatPeriodMs = 2000
    heartbeatReadMs = 1000
  }

  /// Takes on a challenge that came with a refusal.
  public mutating func take(challenge: String) {
    guard challenge.utf8.count <= Limits.textBytes else { return }
    self.challenge = challenge
  }

  /// Takes over a verified directive that answers report `sequence`, sent at `sent`.
  ///
  /// It is refused as a whole when it is for another agent, report or wire version; entries of
  /// services with a lower epoch than known are left out. Periods are held within sane bounds.
  public mutating func take(
    _ directive: Directive, answering sequence: UInt64, sent: Instant, at now: Instant
  ) -> Verdict {
    guard directive.version == Limits.wireVersion else {
      return .refused(
        "wire version \(directive.version); this agent speaks \(Limits.wireVersion)")
    }
    guard directive.agent == agent else {
      return .refused("it is for agent \(Text.cut(directive.agent, to: Limits.nameBytes))")
    }
    guard directive.sequence == sequence else {
      return .refused("it answers report \(directive.sequence), not \(sequence)")
    }
    take(challenge: directive.challenge)
    guard directive.renews == nil || directive.renews == stand else {
      // Told whole after the next report.
      stand = nil
      return .refused("it renews what this agent was not told")
    }
    guard takeOrders(directive) else {
      return .refused("it names orders that this agent does not go by")
    }
    heartbeatWriter = directive.heartbeatWriter
    heartbeatPeriodMs = Self.bounded(directive.heartbeatPeriodMs)
    heartbeatReadMs = Self.bounded(directive.heartbeatReadMs)
    probePeriodMs = Self.bounded(directive.probePeriodMs)
    probeDeadlineMs = Self.bounded(directive.probeDeadlineMs)
    probeFall = min(max(1, directive.probeFall), 100)
    received = now
    guard directive.renews == nil else {
      renewLeases(sent: sent)
      return .taken(staleServices: [])
    }
    let stale = takeServices(directive.services, sent: sent, at: now)
    stand = stale.isEmpty ? directive.stand : nil
    return .taken(staleServices: stale)
  }

  /// As if the services were told again, of which none is stale.
  private mutating func renewLeases(sent: Instant) {
    for (name, service) in services where service.isTold {
      services[name]?.leaseUntil = Self.end(of: service.directive.leaseMs, sent: sent)
    }
  }

  private static func end(of leaseMs: Int?, sent: Instant) -> Instant? {
    leaseMs.map { sent + Int64(min(max(0, $0), mostMs)) }
  }

  /// Takes over whom to read and what to probe; false where that is not told and not known.
  private mutating func takeOrders(_ directive: Directive) -> Bool {
    guard let newPeers = directive.peers, let newProbes = directive.probes else {
      // Named anew in the next report, or else told whole.
      if directive.orders == nil || directive.orders != orders { orders = nil }
      return orders != nil
    }
    orders = directive.orders
    var known = Set<String>()
    peers = newPeers.prefix(Limits.listEntries).filter {
      $0 != region && known.insert($0).inserted
    }
    if toldProbes != newProbes {
      toldProbes = newProbes
      probes = Array(newProbes.prefix(Limits.listEntries).filter { $0.region != region })
    }
    return true
  }

  /// From probe to probe of that target, and how long one may take.
  public func times(of target: ProbeTarget) -> (periodMs: Int64, deadlineMs: Int64) {
    (
      target.periodMs.map(Self.bounded) ?? probePeriodMs,
      target.deadlineMs.map(Self.bounded) ?? probeDeadlineMs
    )
  }

  /// The newest epoch of each service, for the report; by name.
  public var acknowledged: [ServiceEpoch] {
    services.values.map { ServiceEpoch(service: $0.directive.service, epoch: $0.directive.epoch) }
      .sorted { $0.service < $1.service }
  }

  private mutating func takeServices(
    _ told: [ServiceDirective], sent: Instant, at now: Instant
  ) -> [String] {
    var stale: [String] = []
    var next: [String: Service] = [:]
    for entry in told.prefix(Limits.listEntries) {
      if let known = services[entry.service], entry.epoch < known.directive.epoch {
        stale.append(entry.service)
        next[entry.service] = known
        next[entry.service]?.isTold = true
        continue
      }
      next[entry.service] = Service(
        directive: entry, leaseUntil: Self.end(of: entry.leaseMs, sent: sent), received: now)
    }
    // A service that is not named any more keeps its epoch: a later, lower one is still refused.
    for (name, known) in services
    where next[name] == nil && next.count < Limits.listEntries {
      next[name] = known
      next[name]?.isTold = false
    }
    services = next
    return stale
  }

  private static let mostMs = 3_600_000

  private static func bounded(_ milliseconds: Int) -> Int64 {
    Int64(min(max(50, milliseconds), mostMs))
  }
}
