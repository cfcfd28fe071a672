/// Whether the coordinator acts by itself.
public enum Automation: String, Hashable, Sendable, CaseIterable {
  /// Judges and says what it would do, moves nothing by itself.
  case observe
  /// Waits for an operator's approval.
  case approve
  case automatic
}

/// How traffic returns to a recovered region that is preferred.
public enum FailbackMode: String, Hashable, Sendable, CaseIterable {
  case manual, automatic, never
}

/// What a move waits for that may leave more than `max_data_at_risk` behind.
public enum OnDataRisk: String, Hashable, Sendable, CaseIterable {
  case proceed, ask
}

/// What happens to an address in the record that somebody else put there.
public enum DriftPolicy: String, Hashable, Sendable, CaseIterable {
  case alert, enforce
}

/// What happens when a name has no record of a family that its regions publish.
public enum MissingPolicy: String, Hashable, Sendable, CaseIterable {
  case alert, create
}

/// What a region is worth whose hosts say bad while users are served.
public enum OnContested: String, Hashable, Sendable, CaseIterable {
  case move, alert
}

/// A host, as an address or a name, and a TCP port.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Whether `text` is an IPv4 or IPv6 address, without a port or brackets.
  public static func isAddress(_ text: String) -> Bool { IPAddress(text) != nil }

  /// `127.0.0.1:8621`, `[::1]:8621`.
  public var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// `coordinator.toml`, validated as a whole; the defaults are filled in.
public struct CoordinatorSettings: Sendable, Hashable {
  public var automation: Automation
  /// A loopback address for now: there is no TLS yet.
  public var listen: HostPort
  /// Names under which it may be asked besides addresses and `localhost`; at most ten.
  public var hostNames: [String]
  /// Path of the Unix socket that takes changes.
  public var socket: String
  public var stateDirectory: String
  /// How long recorded evidence is kept.
  public var evidenceDays: Int
  /// The most that it may take, in MiB.
  public var evidenceMiB: Int
  /// Ed25519, PKCS#8 PEM, readable by its owner alone.
  public var keyFile: String
  /// Where outgoing probes and API calls start; nil leaves it to the system.
  public var sourceAddress: String?
  /// URLs that tell a dead network here from dead regions; at most five.
  public var reference: [String]
  /// 1 outside rehearsals; divides the default times that the file does not set.
  public var rehearsalSpeed: Int
  public var linode: LinodeSettings
  /// `address:port`, an address or a name, each an authoritative server of the services' zones.
  public var nameServers: [String]
  /// Written alike; resolvers that are asked how long caches keep the old address. At most five.
  public var resolvers: [String]
  /// Sorted by name; at least one.
  public var services: [ServiceSettings]
  /// Sorted by id; at least two.
  public var regions: [RegionSettings]
  /// Sorted by id.
  public var agents: [AgentIdentity]
  /// The times that no key sets.
  public var pace: Pace
}

/// How to reach Linode's API.
public struct LinodeSettings: Sendable, Hashable {
  /// Without a slash at its end, as `https://api.linode.com/v4`.
  public var url: String
  public var tokenFile: String
  /// Nil: none, or a systemd credential.
  public var spareTokenFile: String?
}

/// One service: an app under a name, served from several regions.
public struct ServiceSettings: Sendable, Hashable {
  public var name: String
  /// Lower case, without a dot at the end; one to ten, the first is probed.
  public var dns: [String]
  /// The DynamoDB global table.
  public var table: String
  /// Ids by preference, primary first; at least two.
  public var regions: [String]
  /// The URL to probe, with the service's name in place of `{name}`.
  public var probe: String
  /// What the body of a probe's answer has to contain.
  public var probeBody: String?
  /// The place in the body's JSON that decides, as `JSONPath` reads it; nil: `status`, `healthy`.
  public var probeJSONPath: String?
  /// The words that are good there; empty: known words of failure are bad.
  public var probeHealthy: [String]
  public var ttlSeconds: Int
  /// The share of a region's hosts that has to be good: more than 0, at most 1.
  public var minHealthy: Double
  public var failoverAfter: Duration
  public var outsideConfirm: Duration
  public var cooldown: Duration
  public var minUp: Duration
  public var failback: FailbackMode
  public var failbackAfter: Duration
  public var maxLag: Duration
  public var maxDataAtRisk: Duration
  public var onDataRisk: OnDataRisk
  public var onContested: OnContested
  public var drift: DriftPolicy
  public var missing: MissingPolicy
  /// Of leases for exclusive work; nil, where the file says `off`: nothing is leased.
  public var lease: Duration?
  /// Automatic moves that are free within `switchWindow`.
  public var maxSwitches: Int
  /// All automatic moves within `switchWindow`; at least `maxSwitches`.
  public var maxSwitchesHard: Int
  public var switchWindow: Duration
  public var minVantages: Int
  /// At least two report intervals.
  public var freshFor: Duration
  public var reportInterval: Duration
  public var probeInterval: Duration
  public var probeDeadline: Duration
  /// Bad probes in a row that turn a vantage's vote.
  public var heartbeatPeriod: Duration
  public var heartbeatRead: Duration
}

/// One region: a Linode region and its AWS region.
public struct RegionSettings: Sendable, Hashable {
  /// The Linode id.
  public var id: String
  /// The AWS id.
  public var aws: String
  /// The label of its NodeBalancer; where the file has no addresses, they are that one's.
  public var nodebalancer: String?
  /// Public IPv4 addresses; at most one for now.
  public var addresses: [String]
  /// Public IPv6 addresses; at most one for now.
  public var addresses6: [String]
}

/// An agent whose reports count.
public struct AgentIdentity: Sendable, Hashable {
  public var id: String
  public var region: String
  /// The raw Ed25519 public key, 32 bytes, in base64.
  public var publicKey: String
  /// The services that its host carries; nil: all of its region.
  public var services: [String]?
}
