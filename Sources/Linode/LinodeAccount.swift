/// The user that a token acts for.
public struct LinodeProfile: Hashable, Sendable, Decodable {
  public var username: String
  /// Whether the user may do only what its grants say.
  public var isRestricted: Bool

  public init(username: String, isRestricted: Bool) {
    self.username = username
    self.isRestricted = isRestricted
  }

  enum CodingKeys: String, CodingKey {
    case username
    case isRestricted = "restricted"
  }
}

/// What a restricted user may do with one domain or NodeBalancer.
public struct LinodeGrant: Hashable, Sendable, Decodable {
  /// The levels of access.
  public enum Permission: String, Hashable, Sendable, CaseIterable {
    /// It may look.
    case readOnly = "read_only"
    /// It may look and change.
    case readWrite = "read_write"
  }

  /// Of the domain or NodeBalancer.
  public var id: Int64
  public var label: String
  /// Nil: no access (also where the word is not known).
  public var permission: Permission?

  public init(id: Int64, label: String, permission: Permission?) {
    self.id = id
    self.label = label
    self.permission = permission
  }

  enum CodingKeys: String, CodingKey {
    case id, label, permissions
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.id(.id)
    label = try values.textIfPresent(.label) ?? ""
    let word = try values.textIfPresent(.permissions)
    permission = word.flatMap(Permission.init(rawValue:))
  }
}

/// What a restricted user may do (`GET /profile/grants`). What it has no access to is not listed.
public struct LinodeGrants: Hashable, Sendable, Decodable {
  public var domains: [LinodeGrant]
  public var nodeBalancers: [LinodeGrant]

  public init(domains: [LinodeGrant], nodeBalancers: [LinodeGrant]) {
    self.domains = domains
    self.nodeBalancers = nodeBalancers
  }

  /// Nil: the user has no access to the domain.
  public func permission(onDomain id: Int64) -> LinodeGrant.Permission? {
    domains.first { $0.id == id }?.permission
  }

  /// Nil: the user has no access to the NodeBalancer.
  public func permission(onNodeBalancer id: Int64) -> LinodeGrant.Permission? {
    nodeBalancers.first { $0.id == id }?.permission
  }

  enum CodingKeys: String, CodingKey {
    case domain, nodebalancer
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    // Without this key it is no list of grants, and everything would look forbidden.
    domains = try values.decode([LinodeGrant].self, forKey: .domain)
    nodeBalancers =
      try values.decodeIfPresent([LinodeGrant].self, forKey: .nodebalancer) ?? []
  }
}

/// What somebody did with the account (`GET /account/events`; kept for 90 days, facts/linode 2).
public struct LinodeEvent: Hashable, Sendable, Decodable {
  /// Rises from event to event.
  public var id: Int64
  /// As `LinodeTime` reads it.
  public var created: String
  /// `dns_record_update`, `dns_zone_delete`, …
  public var action: String
  /// Who did it; nil where the API did it by itself.
  public var username: String?
  /// Of the domain, for its records too; nil where it has none, or one that is no number.
  public var entityID: Int64?
  /// `domain`, `nodebalancer`, …
  public var entityType: String?
  public var entityLabel: String?

  public init(
    id: Int64, created: String, action: String, username: String? = nil, entityID: Int64? = nil,
    entityType: String? = nil, entityLabel: String? = nil
  ) {
    self.id = id
    self.created = created
    self.action = action
    self.username = username
    self.entityID = entityID
    self.entityType = entityType
    self.entityLabel = entityLabel
  }

  enum CodingKeys: String, CodingKey {
    case id, created, action, username, entity
  }

  private enum EntityKeys: String, CodingKey {
    case id, type, label
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.id(.id)
    created = try values.text(.created)
    action = try values.text(.action)
    username = try values.textIfPresent(.username)
    guard try values.contains(.entity) && !values.decodeNil(forKey: .entity) else { return }
    let entity = try values.nestedContainer(keyedBy: EntityKeys.self, forKey: .entity)
    // A tag's id is its name.
    entityID = try? entity.decodeIfPresent(Int64.self, forKey: .id)
    entityType = try entity.textIfPresent(.type)
    entityLabel = try entity.textIfPresent(.label)
  }
}
