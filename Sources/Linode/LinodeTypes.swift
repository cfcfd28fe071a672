/// A zone of the DNS Manager, as far as Signalbox needs it (facts/linode 1.2).
public struct LinodeDomain: Hashable, Sendable, Decodable {
  public var id: Int64
  /// The zone's name.
  public var domain: String
  /// `active`, or the zone is not rendered: writes take no effect.
  public var status: String
  /// The zone's default TTL, which records with `ttl_sec` 0 take; 0 means 86,400.
  public var ttlSeconds: Int

  public init(id: Int64, domain: String, status: String, ttlSeconds: Int) {
    self.id = id
    self.domain = domain
    self.status = status
    self.ttlSeconds = ttlSeconds
  }

  enum CodingKeys: String, CodingKey {
    case id, domain, status
    case ttlSeconds = "ttl_sec"
  }
}

/// A record of a zone, as far as Signalbox needs it (facts/linode 1.3).
public struct LinodeRecord: Hashable, Sendable, Decodable {
  public var id: Int64
  /// `A`, `AAAA`, `TXT`, …
  public var type: String
  /// Relative to the zone; empty for the zone itself. Some writers leave full names.
  public var name: String
  public var target: String
  /// 0 means the zone's default.
  public var ttlSeconds: Int

  public init(id: Int64, type: String, name: String, target: String, ttlSeconds: Int) {
    self.id = id
    self.type = type
    self.name = name
    self.target = target
    self.ttlSeconds = ttlSeconds
  }

  enum CodingKeys: String, CodingKey {
    case id, type, name, target
    case ttlSeconds = "ttl_sec"
  }
}

/// A value from the API and what its headers say besides.
public struct LinodeReply<Value: Sendable>: Sendable {
  public var value: Value
  public var rateLimit: LinodeRateLimit
  public var access: LinodeAccess
}

extension LinodeReply: Equatable where Value: Equatable {}

/// The state of the token's rate limit; each part absent where the reply does not say it.
public struct LinodeRateLimit: Hashable, Sendable {
  /// Calls per window.
  public var limit: Int?
  /// Calls left in this window.
  public var remaining: Int?
  /// The window's end, Unix seconds.
  public var resetsAtSeconds: Int64?

  public init(limit: Int? = nil, remaining: Int? = nil, resetsAtSeconds: Int64? = nil) {
    self.limit = limit
    self.remaining = remaining
    self.resetsAtSeconds = resetsAtSeconds
  }
}

/// What the token may do, from the headers `X-OAuth-Scopes` and `X-Accepted-OAuth-Scopes`
/// (facts/linode 2).
public struct LinodeAccess: Hashable, Sendable {
  /// The token's scopes; empty where the reply does not say.
  public var granted: [String]
  /// The scopes that the endpoint accepts.
  public var accepted: [String]

  public init(granted: [String], accepted: [String]) {
    self.granted = granted
    self.accepted = accepted
  }

  /// Whether the token may do `permission` (`read_only`, `read_write`) on `area` (`domains`);
  /// nil where the reply did not say.
  public func allows(_ area: String, _ permission: String) -> Bool? {
    guard !granted.isEmpty, granted != ["unknown"] else { return nil }
    let enough =
      permission == "read_only"
      ? ["\(area):read_only", "\(area):read_write", "\(area):*"]
      : ["\(area):read_write", "\(area):*"]
    return granted.contains { $0 == "*" || enough.contains($0) }
  }
}
