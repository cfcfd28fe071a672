/// The text of a proposed `agent.toml`: one a region, the same on all of its hosts.
public struct SetupAgentFile: Hashable, Sendable {
  /// What the agents' files say of the coordinator.
  public struct Coordinator: Hashable, Sendable {
    /// Where reports go; nil: to be filled in.
    public var url: String?
    /// Its public key in Base64; nil: to be filled in.
    public var key: String?

    public init(url: String? = nil, key: String? = nil) {
      self.url = url
      self.key = key
    }
  }

  /// "agent-us-east.toml".
  public var name: String
  public var text: String

  init(_ region: SetupProposal.Region, of proposal: SetupProposal, _ coordinator: Coordinator) {
    func value(_ text: String?, _ what: String) -> String {
      text.map(SetupFile.quoted) ?? "\"\"  # (?) \(what)"
    }
    name = "agent-\(region.id).toml"
    text = """
      # /etc/signalbox/agent.toml of the hosts in \(region.id), proposed by `signalbox setup`.
      #
      # What only you can know is marked with (?). The host's key is in
      # /etc/signalbox/secrets/agent-key; `signalbox-agent check-config` prints its public part.
      region = \(SetupFile.quoted(region.id))
      coordinator = \(value(coordinator.url, "as https://coordinator.example.net:8621"))
      coordinator_key = \(value(coordinator.key, "signalbox-coordinator check-config prints it"))

      [dynamodb]
      table = \(value(proposal.table, "the DynamoDB global table of the app"))
      aws_region = \(value(region.aws, "the AWS region of the replica that these hosts use"))
      credentials_file = "/etc/signalbox/secrets/aws"

      [[check]]
      http = "http://127.0.0.1:3000\(SetupProposal.deepPath)"  # (?) the port of the app
      host = \(SetupFile.quoted(proposal.name))

      """
  }
}

extension SetupProposal {
  /// The agents' files, one a region.
  public func agentFiles(_ coordinator: SetupAgentFile.Coordinator) -> [SetupAgentFile] {
    regions.map { SetupAgentFile($0, of: self, coordinator) }
  }
}
