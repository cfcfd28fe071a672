/// `GET /v1/breakglass`: what is needed to move the services by hand. It holds no secret.
public struct BreakglassDocument: Codable, Hashable, Sendable {
  public var version: Int
  /// When it was put together, on the coordinator's wall clock, Unix milliseconds.
  public var atMs: Int64
  /// When the records were read, on the same clock; absent where they never were.
  public var readMs: Int64?
  /// The provider's API, without a slash at its end.
  public var api: String
  /// Where the token is on the coordinator's host; not the token.
  public var tokenFile: String
  /// `address:port` or names, as configured.
  public var nameServers: [String]
  public var services: [BreakglassService]

  public init(
    version: Int = 1, atMs: Int64, readMs: Int64?, api: String, tokenFile: String,
    nameServers: [String], services: [BreakglassService]
  ) {
    self.version = version
    self.atMs = atMs
    self.readMs = readMs
    self.api = api
    self.tokenFile = tokenFile
    self.nameServers = nameServers
    self.services = services
  }
}

/// One service of the card.
public struct BreakglassService: Codable, Hashable, Sendable {
  public var service: String
  /// Where DNS pointed.
  public var active: String?
  public var names: [BreakglassName]
  /// By preference.
  public var regions: [BreakglassRegion]

  public init(
    service: String, active: String?, names: [BreakglassName], regions: [BreakglassRegion]
  ) {
    self.service = service
    self.active = active
    self.names = names
    self.regions = regions
  }
}

/// One name of a service with its zone and records.
public struct BreakglassName: Codable, Hashable, Sendable {
  public var name: String
  /// Absent where it was never read.
  public var zone: String?
  /// The provider's id of the zone.
  public var zoneId: Int64?
  /// The A and AAAA records.
  public var records: [BreakglassRecord]

  public init(name: String, zone: String?, zoneId: Int64?, records: [BreakglassRecord]) {
    self.name = name
    self.zone = zone
    self.zoneId = zoneId
    self.records = records
  }
}

/// One record.
public struct BreakglassRecord: Codable, Hashable, Sendable {
  public var id: Int64
  /// `A` or `AAAA`.
  public var type: String
  public var target: String
  /// 0: the zone's default.
  public var ttlSeconds: Int

  public init(id: Int64, type: String, target: String, ttlSeconds: Int) {
    self.id = id
    self.type = type
    self.target = target
    self.ttlSeconds = ttlSeconds
  }
}

/// A region that the names can point at.
public struct BreakglassRegion: Codable, Hashable, Sendable {
  public var region: String
  /// By record type: `A`, `AAAA`.
  public var addresses: [String: String]

  public init(region: String, addresses: [String: String]) {
    self.region = region
    self.addresses = addresses
  }
}
