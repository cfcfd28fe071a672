/// The heartbeat of one region's writer, as an item (DESIGN section 6).
///
/// The partition key is `hb#<region>`, so that a policy can be written for it; the sort key, where
/// the table has one, is the agent's id. The item stays far under 1 KB: one write unit.
public struct HeartbeatItem: Hashable, Sendable {
  /// The Linode region that it is the heartbeat of.
  public var region: String
  /// The agent that wrote it.
  public var agent: String
  /// Random per start of the writer.
  public var boot: String
  /// Rises with each attempt of one boot.
  public var sequence: UInt64
  /// The writer's wall clock right before sending, Unix milliseconds.
  public var writtenMs: Int64
  /// The writer's period.
  public var periodMs: Int
  /// The bound of the writer's clock error.
  public var clockErrorMs: Int?
  /// How long the acknowledgement of the previous heartbeat took.
  public var previousRttMs: Int?
  /// How many heartbeats of this boot were acknowledged before this one.
  public var acknowledgedBefore: UInt64?
  /// What the writer says of its host's health.
  public var summary: Summary?

  /// A signed health summary, which is not read here.
  public struct Summary: Hashable, Sendable {
    /// The longest text, in bytes.
    public static let maxBytes = 560

    /// JSON, as it was signed.
    public var text: String
    /// In base64url, at most 86 characters.
    public var signature: String
    /// The signer's key, at most 64 characters.
    public var keyID: String

    /// A summary with its signature.
    public init(text: String, signature: String, keyID: String) {
      self.text = text
      self.signature = signature
      self.keyID = keyID
    }

    /// Nil where the item has none, or one that no sound writer writes.
    init?(_ item: Item) {
      guard let text = item["sum"]?.text, (1...Self.maxBytes).contains(text.utf8.count),
        let signature = item["sig"]?.text, (1...86).contains(signature.utf8.count),
        let keyID = item["kid"]?.text, (1...64).contains(keyID.utf8.count)
      else { return nil }
      self.init(text: text, signature: signature, keyID: keyID)
    }
  }

  /// A heartbeat with everything that it carries.
  public init(
    region: String, agent: String, boot: String, sequence: UInt64, writtenMs: Int64,
    periodMs: Int, clockErrorMs: Int? = nil, previousRttMs: Int? = nil,
    acknowledgedBefore: UInt64? = nil, summary: Summary? = nil
  ) {
    self.region = region
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

  /// The partition that holds a region's heartbeats.
  public static func partition(_ region: String) -> String { "hb#\(region)" }

  /// The item for a table with these keys.
  public func item(keys: TableKeys) -> Item {
    var item: Item = [
      "seq": .number("\(sequence)"), "boot": .string(boot), "w": .number("\(writtenMs)"),
      "period_ms": .number("\(periodMs)"), "agent": .string(agent),
    ]
    item["eps_ms"] = clockErrorMs.map { .number("\($0)") }
    item["prev_rtt_ms"] = previousRttMs.map { .number("\($0)") }
    item["acks"] = acknowledgedBefore.map { .number("\($0)") }
    item["sum"] = summary.map { .string($0.text) }
    item["sig"] = summary.map { .string($0.signature) }
    item["kid"] = summary.map { .string($0.keyID) }
    return item.merging(keys.key(Self.partition(region), agent)) { _, key in key }
  }

  /// Reads an item that another region's writer may have written: nil if it is no heartbeat, or
  /// one with values that no sound writer writes.
  public init?(_ item: Item, region: String) {
    guard let agent = item["agent"]?.text, (1...64).contains(agent.utf8.count),
      let boot = item["boot"]?.text, (1...64).contains(boot.utf8.count),
      let sequence = item["seq"]?.unsigned, (1...UInt64(Int64.max)).contains(sequence),
      let writtenMs = item["w"]?.integer, (0...253_402_300_799_000).contains(writtenMs),
      let period = item["period_ms"]?.integer, (1...86_400_000).contains(period)
    else { return nil }
    func small(_ name: String) -> Int? {
      item[name]?.integer.flatMap { (0...86_400_000).contains($0) ? Int($0) : nil }
    }
    self.init(
      region: region, agent: agent, boot: boot, sequence: sequence, writtenMs: writtenMs,
      periodMs: Int(period), clockErrorMs: small("eps_ms"), previousRttMs: small("prev_rtt_ms"),
      acknowledgedBefore: item["acks"]?.unsigned, summary: Summary(item))
  }

  /// The item that keeps another program's own heartbeat key alive: the seed's controller reads
  /// `system_heartbeat` and asks only whether it is there.
  public func companion(named name: String, keys: TableKeys) -> Item {
    let item: Item = [
      "region": .string(region), "agent": .string(agent), "updated_at": .number("\(writtenMs)"),
    ]
    return item.merging(keys.key(name, name)) { _, key in key }
  }
}
