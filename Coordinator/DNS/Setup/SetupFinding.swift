/// Something in the account that a failover would stumble over.
public struct SetupFinding: Hashable, Sendable {
  /// The kinds of findings.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The name has no record.
    case noRecord = "no_record"
    /// The name has an AAAA record alone.
    case noIPv4 = "no_ipv4"
    /// The name is a CNAME, which cannot be moved.
    case alias
    /// More than one record of a type: the coordinator moves none then.
    case severalRecords = "several_records"
    /// The name leads to an address that no region of the proposal has.
    case foreignTarget = "foreign_target"
    /// A and AAAA lead to different regions.
    case split
    /// A family that is published, but that not every region has.
    case oneFamily = "one_family"
    /// `ttl_sec` 0, and the zone's default is long.
    case inheritedTTL = "inherited_ttl"
    /// A TTL that keeps users on a dead region.
    case longTTL = "long_ttl"
    /// A long default of the zone: absence is remembered as long.
    case zoneTTL = "zone_ttl"
    /// The zone is not rendered: changes take no effect.
    case zoneInactive = "zone_inactive"
    /// The zone is a copy of another server's.
    case zoneCopied = "zone_copied"
    /// The rest of the world asks other name servers.
    case delegatedElsewhere = "delegated_elsewhere"
    /// There is no second region.
    case oneRegion = "one_region"
    /// Several NodeBalancers of one region could be meant.
    case ambiguousRegion = "ambiguous_region"
    /// NodeBalancers of further regions look different and were left out.
    case leftOut = "left_out"
    /// A NodeBalancer without a port.
    case noPort = "no_port"
    /// A NodeBalancer that does not look whether its hosts are well.
    case unchecked
    /// A NodeBalancer that asks the deep check: then it fails closed when the agent does.
    case deepCheck = "deep_check"
    /// A check that takes long to leave a host out.
    case slowCheck = "slow_check"
    /// A NodeBalancer that leaves hosts out for what they answer to users.
    case passiveCheck = "passive_check"
    /// No host behind a NodeBalancer passes its check.
    case noHostUp = "no_host_up"
    /// Two regions use one AWS region.
    case sharedReplica = "shared_replica"
    /// No AWS region is known for a region.
    case unknownPlace = "unknown_place"
  }

  public var kind: Kind
  /// What is wrong and what that means.
  public var text: String
  /// What to do: a command where there is one.
  public var fix: String
  /// Whether `signalbox setup --apply` does it.
  public var isPlanned: Bool

  init(_ kind: Kind, _ text: String, fix: String, isPlanned: Bool = false) {
    self.isPlanned = isPlanned
    self.kind = kind
    self.text = SetupFile.plain(text)
    self.fix = SetupFile.plain(fix)
  }
}
