/// What a region's heartbeat writer says of its own host, for those who cannot hear it (RULES 4).
///
/// It is signed, lies in the heartbeat item and is relayed by other regions' agents, so that it
/// travels another road than the reports.
public struct HealthSummary: Codable, Hashable, Sendable {
  /// The host that it speaks of.
  public var agent: String
  /// The Linode region id of the host.
  public var region: String
  /// The boot of its agent, as in its reports.
  public var boot: String
  /// The sequence of the heartbeat that carried it first; rises within one boot.
  public var sequence: UInt64
  /// The signer's wall clock, Unix milliseconds: a claim, for people.
  public var wallMs: Int64
  /// The checks that count for a region, the worst first.
  public var checks: [SummaryCheck]
  /// How many checks had no room; they come after the listed ones. Absent when none.
  public var omitted: Int?
  /// The agent could not run on time: its bad votes are not to be trusted.
  public var starved: Bool?
  /// What is left of a deploy notice at signing.
  public var deployingMs: Int?

  public init(
    agent: String, region: String, boot: String, sequence: UInt64, wallMs: Int64,
    checks: [SummaryCheck], omitted: Int? = nil, starved: Bool? = nil, deployingMs: Int? = nil
  ) {
    self.agent = agent
    self.region = region
    self.boot = boot
    self.sequence = sequence
    self.wallMs = wallMs
    self.checks = checks
    self.omitted = omitted
    self.starved = starved
    self.deployingMs = deployingMs
  }
}

/// One check of a health summary; as in `CheckResult`, with ages at the moment of signing.
public struct SummaryCheck: Codable, Hashable, Sendable {
  public var name: String
  public var services: [String]
  public var state: CheckState
  public var ageMs: Int
  public var badSinceMs: Int?

  public init(
    name: String, services: [String], state: CheckState, ageMs: Int, badSinceMs: Int? = nil
  ) {
    self.name = name
    self.services = services
    self.state = state
    self.ageMs = ageMs
    self.badSinceMs = badSinceMs
  }
}

/// A health summary as another region's agent relays it, unread.
public struct RelayedSummary: Codable, Hashable, Sendable {
  /// The signed bytes, JSON of a `HealthSummary`, in base64url without padding.
  public var summary: String
  /// Ed25519 over `signalbox-summary-v1`, a line feed and the bytes, in base64url without padding.
  public var signature: String
  /// The first 16 hex digits of SHA-256 of the signer's raw public key.
  public var keyid: String
  /// The most time that can have passed since it was signed: since it was first seen, and what it
  /// took to get there by the two hosts' wall clocks.
  public var ageMs: Int

  public init(summary: String, signature: String, keyid: String, ageMs: Int) {
    self.summary = summary
    self.signature = signature
    self.keyid = keyid
    self.ageMs = ageMs
  }
}
