public import Wire

/// `agent.toml`, validated as a whole; the defaults are filled in.
public struct AgentSettings: Sendable, Hashable {
  /// This host's id among all agents.
  public var agent: String
  /// The Linode id.
  public var region: String
  /// The coordinator's URL without a slash at its end.
  public var coordinator: String
  /// The coordinator's raw Ed25519 public key, 32 bytes, in base64.
  public var coordinatorKey: String
  /// Ed25519, PKCS#8 PEM, readable by its owner alone.
  public var keyFile: String
  /// Where everything outgoing starts; nil leaves it to the system.
  public var sourceAddress: String?
  /// Where the local endpoint listens, as `127.0.0.1:8620`; nil is nowhere.
  public var listen: HostPort?
  /// 1 outside rehearsals; divides the default times that the file does not set.
  public var rehearsalSpeed: Int
  /// nil: no DynamoDB check and no heartbeat.
  public var dynamodb: DynamoDBSettings?
  public var checks: [HTTPCheckSettings]
  public var tcpChecks: [TCPCheckSettings]
  /// How often to report until a directive says otherwise.
  public var reportInterval: Duration
  /// How soon a check is repeated after a first failure.
  public var confirmInterval: Duration
  /// Of the DynamoDB check.
  public var checkInterval: Duration
  /// Of the DynamoDB check.
  public var checkDeadline: Duration
  public var freshFor: Duration
  /// What works but not as it should, in the order of the lines.
  public var warnings: [SettingsProblem]
}

/// What `agent.toml` names beside itself, as far as it is right: it is looked at in the same run,
/// whatever else is wrong.
public struct AgentFiles: Sendable, Hashable {
  public var keyFile: String?
  public var coordinatorKey: String?
  /// nil without DynamoDB, or where what names the credentials is wrong.
  public var credentials: Credentials?

  /// Where the AWS credentials are; nil is the standard place.
  public struct Credentials: Sendable, Hashable {
    public var file: String?
    public var profile: String?
  }

  /// Nothing.
  public init() {}
}

/// `agent.toml` as it was read.
public struct AgentDocument: Sendable {
  /// nil where something is wrong.
  public var settings: AgentSettings?
  public var files: AgentFiles
  /// Every mistake, in the order of the lines.
  public var problems: [SettingsProblem]
}

/// The replica of the global table that this host uses.
public struct DynamoDBSettings: Sendable, Hashable {
  public var table: String
  public var awsRegion: String
  /// Without a slash at its end.
  public var endpoint: String
  /// Whether the file or the environment names the endpoint; else it is the region's public one.
  public var namesEndpoint = true
  /// `address:port` of the name server to ask; nil is the system's.
  public var resolver: String?
  /// A name that tells a dead name from a dead resolver.
  public var referenceName: String?
  public var credentialsFile: String?
  public var profile: String?
  /// Whether the check of it is a reason to leave the region.
  public var counts: CheckCounts
  /// The key of a second item to write each heartbeat to.
  public var alsoWrite: String?
}

/// One check of the app over HTTP.
public struct HTTPCheckSettings: Sendable, Hashable {
  public var url: String
  /// The Host header; nil is the URL's host.
  public var host: String?
  /// The X-Forwarded-Proto header.
  public var forwardedProto: String
  /// The services it speaks for; `*` is all of them.
  public var services: [String]
  public var counts: CheckCounts
  public var every: Duration
  public var timeout: Duration
  public var fall: Int
  public var rise: Int
  public var bodyContains: String?
  /// The place in the body's JSON that decides; nil: `status` and `healthy`.
  public var jsonPath: JSONPath?
  /// The words that are good there; empty: known words of failure are bad.
  public var healthy: [String]
}

/// One check of a TCP port.
public struct TCPCheckSettings: Sendable, Hashable {
  public var place: HostPort
  /// The services it speaks for; `*` is all of them.
  public var services: [String]
  public var counts: CheckCounts
  public var every: Duration
  public var timeout: Duration
  public var fall: Int
  public var rise: Int
}
