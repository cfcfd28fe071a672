import Wire

/// A NodeBalancer: the one public address of a region (facts/linode 4).
public struct LinodeNodeBalancer: Hashable, Sendable, Decodable {
  public var id: Int64
  /// Unique in the account, 3 to 32 characters.
  public var label: String
  /// The Linode id of its region.
  public var region: String
  public var ipv4: String?
  /// Without a prefix length, which the API may give.
  public var ipv6: String?
  public var hostname: String?

  public init(
    id: Int64, label: String, region: String, ipv4: String?, ipv6: String?, hostname: String?
  ) {
    self.id = id
    self.label = label
    self.region = region
    self.ipv4 = ipv4
    self.ipv6 = ipv6.map(Self.bare)
    self.hostname = hostname
  }

  enum CodingKeys: String, CodingKey {
    case id, label, region, ipv4, ipv6, hostname
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: try values.id(.id),
      label: try values.text(.label),
      region: try values.text(.region),
      ipv4: try values.textIfPresent(.ipv4),
      ipv6: try values.textIfPresent(.ipv6),
      hostname: try values.textIfPresent(.hostname))
  }

  private static func bare(_ address: String) -> String {
    String(address.prefix { $0 != "/" })
  }
}

/// How a port of a NodeBalancer checks the hosts behind it (facts/linode 4).
public struct LinodeBalancerCheck: Hashable, Sendable, Codable {
  /// `none`, `connection`, `http` (2xx or 3xx passes) or `http_body`.
  public var check: String
  /// What `http` and `http_body` ask for; letters, digits and `/-%?&=._`.
  public var path: String
  /// 2 to 3600.
  public var intervalSeconds: Int
  /// 1 to 30, less than the interval.
  public var timeoutSeconds: Int
  /// Failures in a row until a host is left out, 1 to 30.
  public var attempts: Int
  /// Whether a host is left out too that fails users' requests: connecting, in time, or with a 5xx
  /// but 501 and 505. It has no effect for `tcp`.
  public var isPassive: Bool

  /// Whether hosts are asked for `path`.
  public var asksByHTTP: Bool { check.hasPrefix("http") }

  /// With the keys of the API.
  enum CodingKeys: String, CodingKey {
    case check
    case path = "check_path"
    case intervalSeconds = "check_interval"
    case timeoutSeconds = "check_timeout"
    case attempts = "check_attempts"
    case isPassive = "check_passive"
  }

  public init(
    check: String, path: String, intervalSeconds: Int, timeoutSeconds: Int, attempts: Int,
    isPassive: Bool
  ) {
    self.check = check
    self.path = path
    self.intervalSeconds = intervalSeconds
    self.timeoutSeconds = timeoutSeconds
    self.attempts = attempts
    self.isPassive = isPassive
  }
}

/// One port of a NodeBalancer and how it checks the hosts behind it (facts/linode 4).
public struct LinodeBalancerConfig: Hashable, Sendable, Decodable {
  public var id: Int64
  public var port: Int
  /// `http`, `https`, `tcp` or `udp`.
  public var protocolName: String
  /// `none`, `connection`, `http` or `http_body`.
  public var check: String
  public var checkPath: String
  public var checkIntervalSeconds: Int
  public var checkTimeoutSeconds: Int
  public var checkAttempts: Int
  /// Whether hosts that fail users' requests are left out as well.
  public var checksPassively: Bool
  /// Hosts that pass; says nothing where `hasActiveCheck` is false.
  public var nodesUp: Int
  /// Hosts that fail; a host that was not checked yet is in neither count.
  public var nodesDown: Int

  /// Whether it checks by itself: without, `nodesUp` and `nodesDown` say nothing.
  public var hasActiveCheck: Bool { check != "none" }

  /// Whether it understands HTTP, so that it can ask hosts for a path.
  public var speaksHTTP: Bool { Self.speaksHTTP(protocolName) }

  /// The same of a protocol's name.
  public static func speaksHTTP(_ protocolName: String) -> Bool {
    protocolName.hasPrefix("http")
  }

  /// All of how it checks its hosts.
  public var settings: LinodeBalancerCheck {
    LinodeBalancerCheck(
      check: check, path: checkPath, intervalSeconds: checkIntervalSeconds,
      timeoutSeconds: checkTimeoutSeconds, attempts: checkAttempts, isPassive: checksPassively)
  }

  public init(
    id: Int64, port: Int, protocolName: String, check: String, checkPath: String = "",
    checkIntervalSeconds: Int = 31, checkTimeoutSeconds: Int = 30, checkAttempts: Int = 3,
    checksPassively: Bool = true, nodesUp: Int = 0, nodesDown: Int = 0
  ) {
    self.id = id
    self.port = port
    self.protocolName = protocolName
    self.check = check
    self.checkPath = checkPath
    self.checkIntervalSeconds = checkIntervalSeconds
    self.checkTimeoutSeconds = checkTimeoutSeconds
    self.checkAttempts = checkAttempts
    self.checksPassively = checksPassively
    self.nodesUp = nodesUp
    self.nodesDown = nodesDown
  }

  enum CodingKeys: String, CodingKey {
    case id, port, check
    case protocolName = "protocol"
    case checkPath = "check_path"
    case checkIntervalSeconds = "check_interval"
    case checkTimeoutSeconds = "check_timeout"
    case checkAttempts = "check_attempts"
    case checksPassively = "check_passive"
    case nodesStatus = "nodes_status"
  }

  private struct NodesStatus: Decodable {
    var up: Int
    var down: Int

    enum CodingKeys: String, CodingKey { case up, down }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      up = try values.number(.up)
      down = try values.number(.down)
    }
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.id(.id)
    port = try values.number(.port)
    protocolName = try values.text(.protocolName)
    // What does not say that it checks, does not.
    check = try values.textIfPresent(.check) ?? "none"
    checkPath = try values.textIfPresent(.checkPath) ?? ""
    checkIntervalSeconds = try values.numberIfPresent(.checkIntervalSeconds) ?? 0
    checkTimeoutSeconds = try values.numberIfPresent(.checkTimeoutSeconds) ?? 0
    checkAttempts = try values.numberIfPresent(.checkAttempts) ?? 0
    checksPassively = try values.decodeIfPresent(Bool.self, forKey: .checksPassively) ?? true
    let nodes = try values.decodeIfPresent(NodesStatus.self, forKey: .nodesStatus)
    nodesUp = nodes?.up ?? 0
    nodesDown = nodes?.down ?? 0
  }
}

/// A host behind a NodeBalancer (facts/linode 4).
public struct LinodeBalancerNode: Hashable, Sendable, Decodable {
  /// What the NodeBalancer's check says.
  public enum Status: String, Hashable, Sendable, CaseIterable {
    /// It passes.
    case up
    /// It fails.
    case down
    /// Not checked yet, without an active check, or any other word.
    case unknown
  }

  public var id: Int64
  public var label: String
  /// "192.0.2.1:80".
  public var address: String
  public var status: Status
  /// `accept`, `reject`, `drain` or `backup`.
  public var mode: String

  public init(id: Int64, label: String, address: String, status: Status, mode: String) {
    self.id = id
    self.label = label
    self.address = address
    self.status = status
    self.mode = mode
  }

  enum CodingKeys: String, CodingKey {
    case id, label, address, status, mode
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.id(.id)
    label = try values.text(.label)
    address = try values.text(.address)
    // The specification writes UP, the live API Unknown.
    let word = try values.textIfPresent(.status) ?? ""
    status = Status(rawValue: word.lowercased()) ?? .unknown
    mode = try values.textIfPresent(.mode) ?? "accept"
  }
}

/// A Linode region (facts/linode 5). Ids are opaque: their parts mean nothing.
public struct LinodeRegion: Hashable, Sendable, Decodable {
  public var id: String
  /// "Frankfurt, DE".
  public var label: String
  /// Two letters in lower case.
  public var country: String
  public var capabilities: [String]
  /// `ok` or `outage`: a coarse hint, nothing to decide on.
  public var status: String

  /// Whether a NodeBalancer can be there; distributed regions have none.
  public var offersNodeBalancers: Bool { capabilities.contains("NodeBalancers") }

  public init(
    id: String, label: String, country: String, capabilities: [String], status: String
  ) {
    self.id = id
    self.label = label
    self.country = country
    self.capabilities = capabilities
    self.status = status
  }

  enum CodingKeys: String, CodingKey {
    case id, label, country, capabilities, status
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.text(.id)
    label = try values.textIfPresent(.label) ?? id
    country = try values.textIfPresent(.country) ?? ""
    capabilities = Outside.list(
      try values.decodeIfPresent([String].self, forKey: .capabilities) ?? [])
    status = try values.textIfPresent(.status) ?? ""
  }
}
