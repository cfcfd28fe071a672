/// What the coordinator knows of one agent beside its votes.
public struct AgentStatus: Codable, Hashable, Sendable {
  public var agent: String
  public var region: String
  /// Since its newest report arrived, milliseconds; absent where it does not count any more.
  public var heardMs: Int?
  /// Its host's wall clock less the coordinator's when the newest report arrived, milliseconds,
  /// less the report's way here: about. No decision rests on it (RULES 5).
  public var skewMs: Int?

  public init(agent: String, region: String, heardMs: Int? = nil, skewMs: Int? = nil) {
    self.agent = agent
    self.region = region
    self.heardMs = heardMs
    self.skewMs = skewMs
  }
}
