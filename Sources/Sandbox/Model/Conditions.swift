/// What the faults in force mean for each part: derived anew from them whenever they change.
struct Conditions: Hashable, Sendable {
  enum App: Hashable, Sendable { case serving, failing, hanging, dead }

  /// How a serving app says that it is well.
  enum Wording: Hashable, Sendable { case plain, odd, gzip, empty }

  /// By instance id.
  var apps: [String: App] = [:]
  /// By region, where it is not plain.
  var wordings: [String: Wording] = [:]
  /// The status that a region's NodeBalancer answers to everything.
  var fronts: [String: Int] = [:]
  /// Linode ids of the regions whose NodeBalancer refuses connections.
  var deadBalancers: Set<String> = []
  /// Linode ids of the regions whose replica refuses connections.
  var deadReplicas: Set<String> = []
  /// Linode ids of the regions whose replica answers 500.
  var failingReplicas: Set<String> = []
  /// Direction by direction, AWS ids.
  var cutLinks: Set<ReplicationLink> = []
  /// Linode ids of the regions whose DynamoDB endpoint has no name.
  var namelessReplicas: Set<String> = []
  /// What is wrong with tables, AWS ids.
  var tables = DynamoDBService.TableTrouble()
  /// Whether changes of tables are made and not answered.
  var areTablesUnanswered = false
  /// Linode ids of the regions from whose hosts nothing gets out.
  var cutRegions: Set<String> = []
  var coordinatorCut = false
  /// Addresses of stopped name servers.
  var muteServers: Set<String> = []
  /// Addresses of name servers that publish nothing.
  var staleServers: Set<String> = []
  /// Addresses of name servers that publish other regions' addresses.
  var wrongServers: Set<String> = []
  var tokenRevoked = false
  var tokenNarrowed = false
  var apiStale = false
  /// Requests a minute; nil: as the options have it.
  var apiRateLimit: Int?

  init(_ faults: FaultBook, _ topology: Topology) {
    coordinatorCut = faults.isActive(.coordinatorCut)
    tokenRevoked = faults.isActive(.tokenRevoked)
    tokenNarrowed = faults.isActive(.tokenNarrowed)
    apiStale = faults.isActive(.apiStale)
    apiRateLimit = faults.isActive(.apiRateLimit) ? FaultKind.scarcity : nil
    tables = Self.tables(faults, topology)
    areTablesUnanswered = faults.isActive(.tableUnanswered)
    for region in topology.regions {
      let down = faults.isActive(.regionDown, region.id)
      let hostsDown = down || faults.isActive(.hostsDown, region.id)
      if down {
        deadBalancers.insert(region.id)
        deadReplicas.insert(region.id)
      }
      if hostsDown { cutRegions.insert(region.id) }
      wordings[region.id] = Self.wording(faults, region.id)
      fronts[region.id] =
        faults.faults.last { $0.target == region.id && $0.kind.frontStatus != nil }?.kind
        .frontStatus
      if faults.isActive(.dynamoDBDown, region.id) { failingReplicas.insert(region.id) }
      if faults.isActive(.dynamoDBDNS, region.id) { namelessReplicas.insert(region.id) }
      for instance in region.instances {
        apps[instance.id] =
          if hostsDown || faults.isActive(.instanceDown, instance.id) {
            .dead
          } else if faults.isActive(.appHang, region.id) {
            .hanging
          } else if faults.isActive(.app500, region.id) {
            .failing
          } else { .serving }
      }
    }
    for server in topology.nameServers.map(\.address) {
      if faults.isActive(.nameServerMute, server) { muteServers.insert(server) }
      if faults.isActive(.nameServerStale, server) { staleServers.insert(server) }
      if faults.isActive(.nameServerWrong, server) { wrongServers.insert(server) }
    }
    let keyless = topology.regions.filter { tables.keyless.contains($0.awsRegion) }.map(\.id)
    let away = deadReplicas.union(failingReplicas).union(keyless)
    for from in topology.regions {
      for to in topology.regions where to != from {
        let cut =
          away.contains(from.id) || away.contains(to.id)
          || faults.isActive(.replicationCut, from.id) || faults.isActive(.replicationCut, to.id)
          || faults.isActive(.replicationCut, "\(from.id)>\(to.id)")
        if cut { cutLinks.insert(ReplicationLink(from: from.awsRegion, to: to.awsRegion)) }
      }
    }
  }

  private static func tables(
    _ faults: FaultBook, _ topology: Topology
  ) -> DynamoDBService.TableTrouble {
    func regions(_ kind: FaultKind) -> Set<String> {
      Set(topology.regions.filter { faults.isActive(kind, $0.id) }.map(\.awsRegion))
    }
    return DynamoDBService.TableTrouble(
      isLimited: faults.isActive(.tableLimit), denied: regions(.tableDenied),
      failing: regions(.replicaFails), keyless: regions(.replicaKeyLost))
  }

  /// The newest fault of them decides.
  private static func wording(_ faults: FaultBook, _ region: String) -> Wording? {
    let wordings = faults.faults.filter { $0.target == region }.compactMap { fault -> Wording? in
      switch fault.kind {
      case .appOddWord: .odd
      case .appGzip: .gzip
      case .app204: .empty
      default: nil
      }
    }
    return wordings.last
  }

  /// Whether connections from this address are cut.
  func cuts(source address: String, _ topology: Topology) -> Bool {
    if coordinatorCut && address == topology.relay.address { return true }
    return topology.region(ofAddress: address).map { cutRegions.contains($0.id) } ?? false
  }
}
