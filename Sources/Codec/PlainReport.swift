public import Wire

extension JSON {
  /// Reads a report, as `decode` does.
  ///
  /// Nearly all that come are what a host says that is well, written by our own encoder: those are
  /// read in one pass, which takes a tenth of the decoder's time. All others are the decoder's.
  public static func report(
    from bytes: [UInt8], maxBytes: Int
  ) throws(CodecError) -> Report {
    if bytes.count <= maxBytes, let report = PlainReport.read(bytes) { return report }
    return try decode(Report.self, from: bytes, maxBytes: maxBytes)
  }
}

/// A report that has nothing to tell but how the host is now, in the form in which ours are
/// written. It is left to the decoder where it has words of probes, a past, or epochs one by one.
enum PlainReport {
  /// Nil where it is not plainly that: never another report than the decoder reads.
  static func read(_ bytes: [UInt8]) -> Report? {
    bytes.withUnsafeBufferPointer { bytes in
      var cursor = PlainCursor(bytes)
      guard let report = try? Report(plain: &cursor), cursor.isAtEnd else { return nil }
      return report
    }
  }
}

// Fields in the order in which they are written, which is that of their names in JSON.

extension Report: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    try cursor.nothing("acknowledged")
    let agent: String = try cursor.need("agent")
    let agentVersion: String = try cursor.need("agent_version")
    let app: AppState? = try cursor.field("app")
    let boot: String = try cursor.need("boot")
    let challenge: String? = try cursor.field("challenge")
    let checks: [CheckResult] = try cursor.need("checks")
    let clock: ClockState = try cursor.need("clock")
    let consistency: TableConsistency? = try cursor.field("consistency")
    let deployingMs: Int? = try cursor.field("deploying_ms")
    let goodbye: Bool = try cursor.need("goodbye")
    let heartbeat: OwnHeartbeat? = try cursor.field("heartbeat")
    try cursor.nothing("history")
    let intervalMs: Int = try cursor.need("interval_ms")
    let orders: String? = try cursor.field("orders")
    let peers: [PeerHeartbeat] = try cursor.need("peers")
    try cursor.nothing("probes")
    let region: String = try cursor.need("region")
    let replicas: [ReplicaState]? = try cursor.field("replicas")
    let sentMs: Int64 = try cursor.need("sent_ms")
    let sequence: UInt64 = try cursor.need("sequence")
    let stand: String? = try cursor.field("stand")
    let starved: Bool = try cursor.need("starved")
    let steady: SteadyProbes? = try cursor.field("steady")
    let version: Int = try cursor.need("version")
    try cursor.close()
    self.init(
      version: version, agent: agent, region: region, boot: boot, sequence: sequence,
      sentMs: sentMs, intervalMs: intervalMs, challenge: challenge, orders: orders, stand: stand,
      checks: checks, heartbeat: heartbeat, peers: peers, steady: steady, clock: clock, app: app,
      agentVersion: agentVersion, starved: starved, deployingMs: deployingMs, goodbye: goodbye,
      replicas: replicas, consistency: consistency)
  }
}

extension CheckResult: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let ageMs: Int = try cursor.need("age_ms")
    let badSinceMs: Int? = try cursor.field("bad_since_ms")
    let counts: CheckCounts = try cursor.need("counts")
    let failure: FailureClass? = try cursor.field("failure")
    let finding: String? = try cursor.field("finding")
    let kind: String = try cursor.need("kind")
    let latencyMs: Double? = try cursor.field("latency_ms")
    let name: String = try cursor.need("name")
    let reason: String? = try cursor.field("reason")
    let riseMs: Int? = try cursor.field("rise_ms")
    let services: [String] = try cursor.need("services")
    let state: CheckState = try cursor.need("state")
    let successes: Int = try cursor.need("successes")
    try cursor.close()
    self.init(
      name: name, kind: kind, services: services, counts: counts, state: state, failure: failure,
      reason: reason, finding: finding, latencyMs: latencyMs, ageMs: ageMs, badSinceMs: badSinceMs,
      successes: successes, riseMs: riseMs)
  }
}

extension OwnHeartbeat: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let acknowledgedMs: Int? = try cursor.field("acknowledged_ms")
    let failure: FailureClass? = try cursor.field("failure")
    let periodMs: Int = try cursor.need("period_ms")
    let reason: String? = try cursor.field("reason")
    let sequence: UInt64 = try cursor.need("sequence")
    let table: String = try cursor.need("table")
    let writtenMs: Int64? = try cursor.field("written_ms")
    try cursor.close()
    self.init(
      table: table, sequence: sequence, writtenMs: writtenMs, acknowledgedMs: acknowledgedMs,
      periodMs: periodMs, failure: failure, reason: reason)
  }
}

extension PeerHeartbeat: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let agent: String = try cursor.need("agent")
    let boot: String = try cursor.need("boot")
    let periodMs: Int = try cursor.need("period_ms")
    let readMs: Int = try cursor.need("read_ms")
    let region: String = try cursor.need("region")
    let seenMs: Int = try cursor.need("seen_ms")
    let sequence: UInt64 = try cursor.need("sequence")
    let sightings: [Sighting] = try cursor.need("sightings")
    let summary: RelayedSummary? = try cursor.field("summary")
    let writtenMs: Int64 = try cursor.need("written_ms")
    try cursor.close()
    self.init(
      region: region, agent: agent, boot: boot, sequence: sequence, writtenMs: writtenMs,
      seenMs: seenMs, readMs: readMs, periodMs: periodMs, sightings: sightings, summary: summary)
  }
}

extension Sighting: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let lagHighMs: Int = try cursor.need("lag_high_ms")
    let lagLowMs: Int = try cursor.need("lag_low_ms")
    let sequence: UInt64 = try cursor.need("sequence")
    let writtenMs: Int64 = try cursor.need("written_ms")
    try cursor.close()
    self.init(sequence: sequence, writtenMs: writtenMs, lagLowMs: lagLowMs, lagHighMs: lagHighMs)
  }
}

extension RelayedSummary: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let ageMs: Int = try cursor.need("age_ms")
    let keyid: String = try cursor.need("keyid")
    let signature: String = try cursor.need("signature")
    let summary: String = try cursor.need("summary")
    try cursor.close()
    self.init(summary: summary, signature: signature, keyid: keyid, ageMs: ageMs)
  }
}

extension AppState: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let region: String? = try cursor.field("region")
    let release: String? = try cursor.field("release")
    try cursor.close()
    self.init(region: region, release: release)
  }
}

extension ClockState: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let errorMs: Int? = try cursor.field("error_ms")
    let synchronised: Bool = try cursor.need("synchronised")
    try cursor.close()
    self.init(synchronised: synchronised, errorMs: errorMs)
  }
}

extension ReplicaState: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    try cursor.open()
    let aws: String = try cursor.need("aws")
    let status: String = try cursor.need("status")
    try cursor.close()
    self.init(aws: aws, status: status)
  }
}

extension SteadyProbes: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    guard let steady = SteadyProbes(text: try cursor.raw()) else { throw NotPlain() }
    self = steady
  }
}

extension CheckCounts: PlainlyRead {}
extension CheckState: PlainlyRead {}
extension FailureClass: PlainlyRead {}
extension TableConsistency: PlainlyRead {}
