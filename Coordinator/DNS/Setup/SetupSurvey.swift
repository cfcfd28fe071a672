import CoordinatorCore
public import Linode

/// What an account has of which a configuration can be made: read once, never written.
public struct SetupSurvey: Hashable, Sendable {
  /// A zone of the account.
  public struct Zone: Hashable, Sendable {
    public var domain: LinodeDomain
    /// Nil where they were not read, because the wanted name lies in another zone.
    public var records: [LinodeRecord]?
    /// The name servers that the rest of the world is sent to; nil where that was not measured.
    public var delegation: [String]?

    public init(domain: LinodeDomain, records: [LinodeRecord]?, delegation: [String]? = nil) {
      self.domain = domain
      self.records = records
      self.delegation = delegation
    }

    /// Lower case, without a final dot.
    public var name: String { domain.zoneName }

    /// Whether a canonical name lies in it.
    public func holds(_ name: String) -> Bool { domain.holds(name) }

    /// The full canonical name of a record.
    public func fullName(_ record: LinodeRecord) -> String { domain.fullName(record.name) }

    /// What is stored for a canonical name of the zone.
    func relativeName(_ full: String) -> String { domain.relativeName(full) }
  }

  /// A NodeBalancer with its ports.
  public struct Balancer: Hashable, Sendable {
    public var object: LinodeNodeBalancer
    public var configs: [LinodeBalancerConfig]

    public init(_ object: LinodeNodeBalancer, configs: [LinodeBalancerConfig]) {
      self.object = object
      self.configs = configs
    }

    /// Its label.
    public var label: String { object.label }
    var ipv4: String? { object.ipv4.map(Canonical.address) }
    var ipv6: String? { object.ipv6.map(Canonical.address) }

    /// Whether a record of that type leads to it.
    func isTarget(of record: LinodeRecord) -> Bool {
      switch record.type {
      case "A": ipv4 == Canonical.address(record.target)
      case "AAAA": ipv6 == Canonical.address(record.target)
      case "CNAME": object.hostname.map(Canonical.name) == Canonical.name(record.target)
      default: false
      }
    }
  }

  public var zones: [Zone]
  public var balancers: [Balancer]
  public var regions: [LinodeRegion]

  public init(zones: [Zone], balancers: [Balancer], regions: [LinodeRegion]) {
    self.zones = zones
    self.balancers = balancers
    self.regions = regions
  }

  /// The zone with the longest name that holds a canonical name.
  public func zone(of name: String) -> Zone? {
    zones.filter { $0.holds(name) }.max { $0.name.count < $1.name.count }
  }

  /// The names that lead to a NodeBalancer of the account, sorted; wildcards are none.
  public var candidates: [String] {
    var names: Set<String> = []
    for zone in zones {
      for record in zone.records ?? []
      where balancers.contains(where: { $0.isTarget(of: record) }) {
        let name = zone.fullName(record)
        if !name.contains("*") { names.insert(name) }
      }
    }
    return names.sorted()
  }

  /// "Newark, NJ"; the id where the region has no other name.
  func place(_ region: String) -> String {
    regions.first { $0.id == region }?.label ?? region
  }
}

/// Why there is nothing to propose: what was found, and what to do.
public struct SetupProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The token is not valid, or not readable.
    case token
    /// The token lacks a scope, or its user a grant.
    case scope
    /// The API cannot be used now.
    case api
    /// The account has nothing that fits.
    case nothing
    /// Several things fit: the person has to say which.
    case choice
    /// What was asked for is not there.
    case unknown
  }

  public var kind: Kind
  /// For people, without the token.
  public var description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
