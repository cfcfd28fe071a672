/// What a sandbox is made of.
public struct SandboxOptions: Sendable {
  /// Linode region ids, numbered from 1; each needs another AWS region. At most 9.
  public var regions: [String]
  /// App hosts in each region, 1 to 20.
  public var instances: Int
  /// The first two octets of every address: a sandbox in another network can run beside this one.
  /// `any` picks a free one, from 127.64 to 127.254. The addresses below stand for the network
  /// 127.0 and move with it unless they are set.
  public var network: String
  /// Address and port of the Linode API; nil: `<network>.0.1:18600`.
  public var linode: String?
  /// The port of the name servers.
  public var dnsPort: Int
  /// Name servers at `<network>.0.53` and following, 0 to 5.
  public var nameServers: Int
  /// From a committed change to its publication by the middle of three name servers; they take
  /// 0.6, 1.0, 1.4, … times this.
  public var publishDelay: Duration
  /// From a committed change to its publication, of each name server in their order; nil: as
  /// `publishDelay` says.
  public var publishDelays: [Duration]?
  /// Requests a minute that the Linode API allows each token, 1 to 100,000; nil: it does not count.
  public var rateLimit: Int?
  /// From a write in one region to its visibility in the others, give or take 10 %.
  public var replicationLag: Duration
  /// How long the change of a DynamoDB table takes: a replica that is added or removed.
  public var tablePace: Duration
  /// After how long without its encryption key a replica is dropped from its table.
  public var replicaGrace: Duration
  /// Whether DynamoDB knows global tables of version 2017.11.29; newer regions do not.
  public var knowsLegacyTables = true
  /// Where the relay listens; nil: `<network>.0.2:18621`. Its address is also the coordinator's
  /// own, by which `coordinator-cut` knows it.
  public var relay: String?
  /// Where the relay leads; nil: `<network>.0.1:8621`.
  public var coordinator: String?
  /// For the name servers' files; it is made and kept. nil: a temporary one, removed at the end.
  public var workDirectory: String?
  /// The program knotd.
  public var knotd: String
  /// The seed of the replication's jitter.
  public var seed: UInt64

  /// The sandbox that `signalbox-sandbox serve` starts without flags.
  public init(
    regions: [String] = ["us-east", "eu-central", "ap-south"], instances: Int = 2,
    network: String = "127.0", linode: String? = nil, dnsPort: Int = 18653, nameServers: Int = 3,
    publishDelay: Duration = .seconds(1), publishDelays: [Duration]? = nil,
    rateLimit: Int? = nil, replicationLag: Duration = .milliseconds(800),
    tablePace: Duration = .seconds(2), replicaGrace: Duration = .seconds(72_000),
    relay: String? = nil, coordinator: String? = nil, workDirectory: String? = nil,
    knotd: String = "knotd", seed: UInt64 = 1
  ) {
    self.regions = regions
    self.instances = instances
    self.network = network
    self.linode = linode
    self.dnsPort = dnsPort
    self.nameServers = nameServers
    self.publishDelay = publishDelay
    self.publishDelays = publishDelays
    self.rateLimit = rateLimit
    self.replicationLag = replicationLag
    self.tablePace = tablePace
    self.replicaGrace = replicaGrace
    self.relay = relay
    self.coordinator = coordinator
    self.workDirectory = workDirectory
    self.knotd = knotd
    self.seed = seed
  }

  /// One for each name server, and one at least, for the zone file.
  var publishDelaysOrDefault: [Duration] {
    publishDelays.flatMap { $0.isEmpty ? nil : $0 }
      ?? (0..<max(nameServers, 1)).map { Publication.delay(base: publishDelay, index: $0) }
  }
}

/// A sandbox that cannot be had: every reason, for people.
public struct SandboxError: Error, Sendable, CustomStringConvertible {
  /// What is wrong, and what to do.
  public var problems: [String]
  /// Whether the options are to blame, not the machine.
  public var isMistake = false
  /// The problems, one a line.
  public var description: String { problems.joined(separator: "\n") }

  init(_ problem: String) { problems = [problem] }
  init(problems: [String], isMistake: Bool = false) {
    self.problems = problems
    self.isMistake = isMistake
  }
}

/// An IPv4 address and a port.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// Dotted decimal.
  public var address: String
  /// 1 to 65535.
  public var port: Int
  /// "127.0.0.1:18600".
  public var description: String { "\(address):\(port)" }

  init(_ address: String, _ port: Int) {
    self.address = address
    self.port = port
  }

  /// "127.0.0.1:18600"; nil for anything else than a loopback address with a port.
  init?(loopback text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let port = Int(parts[1]), (1...65535).contains(port),
      let octets = IPv4.octets(String(parts[0])), octets[0] == 127
    else { return nil }
    self.init(String(parts[0]), port)
  }
}

/// One of the sandbox's regions.
public struct SandboxRegion: Hashable, Sendable {
  /// From 1, in the order of the options.
  public var number: Int
  /// The Linode id.
  public var id: String
  /// The AWS id.
  public var awsRegion: String
  /// The NodeBalancer's address.
  public var balancer: Endpoint
  /// Where this region's DynamoDB replica listens.
  public var dynamoDB: Endpoint
  /// The app's hosts.
  public var instances: [SandboxInstance]
  /// The documentation address of its AAAA record; nothing serves it.
  public var ipv6: String { "2001:db8::\(number)" }
}

/// One host running the app.
public struct SandboxInstance: Hashable, Sendable {
  /// `<region>-app-<j>`.
  public var id: String
  /// Where its app listens.
  public var app: Endpoint
}

/// Everything's place, worked out from the options.
public struct Topology: Hashable, Sendable {
  /// Region by region.
  public var regions: [SandboxRegion]
  /// The Linode API and the `/_sandbox` interface.
  public var linode: Endpoint
  /// The name servers, in the order of their publication.
  public var nameServers: [Endpoint]
  /// Where agents reach the coordinator.
  public var relay: Endpoint
  /// Where the relay leads.
  public var coordinator: Endpoint
  var network: String

  static let appPort = 18680
  static let dynamoDBPortBase = 18609

  /// The nearest AWS region of the Linode regions with NodeBalancers (facts on Linode, section 5).
  static let awsRegions: [String: String] = [
    "us-east": "us-east-1", "us-iad": "us-east-1", "us-ord": "us-east-2",
    "us-southeast": "us-east-1", "us-mia": "us-east-1", "us-central": "us-east-2",
    "us-west": "us-west-1", "us-lax": "us-west-1", "us-sea": "us-west-2",
    "ca-central": "ca-central-1", "br-gru": "sa-east-1", "eu-central": "eu-central-1",
    "de-fra-2": "eu-central-1", "eu-west": "eu-west-2", "gb-lon": "eu-west-2",
    "fr-par": "eu-west-3", "nl-ams": "eu-central-1", "it-mil": "eu-south-1",
    "es-mad": "eu-south-2", "se-sto": "eu-north-1", "ap-south": "ap-southeast-1",
    "sg-sin-2": "ap-southeast-1", "ap-northeast": "ap-northeast-1", "jp-osa": "ap-northeast-3",
    "ap-west": "ap-south-1", "in-maa": "ap-south-1", "id-cgk": "ap-southeast-3",
    "ap-southeast": "ap-southeast-2", "au-mel": "ap-southeast-4",
  ]

  /// All of the options' mistakes at once.
  init(_ options: SandboxOptions) throws(SandboxError) {
    let problems = Self.problems(options)
    guard problems.isEmpty else { throw SandboxError(problems: problems, isMistake: true) }
    let network = options.network
    let host = "\(network).0.1"
    self.network = network
    linode = options.linode.flatMap(Endpoint.init(loopback:)) ?? Endpoint(host, 18600)
    relay =
      options.relay.flatMap(Endpoint.init(loopback:)) ?? Endpoint("\(network).0.2", 18621)
    coordinator = options.coordinator.flatMap(Endpoint.init(loopback:)) ?? Endpoint(host, 8621)
    nameServers = (0..<options.nameServers).map {
      Endpoint("\(network).0.\(53 + $0)", options.dnsPort)
    }
    regions = options.regions.enumerated().map { index, id in
      let number = index + 1
      let instances = (1...options.instances).map { instance in
        SandboxInstance(
          id: "\(id)-app-\(instance)",
          app: Endpoint("\(network).\(number).\(10 + instance)", Self.appPort))
      }
      return SandboxRegion(
        number: number, id: id, awsRegion: Self.awsRegions[id] ?? id,
        balancer: Endpoint("\(network).\(number).1", Self.appPort),
        dynamoDB: Endpoint(host, Self.dynamoDBPortBase + number), instances: instances)
    }
  }

  private static func problems(_ options: SandboxOptions) -> [String] {
    var problems: [String] = []
    if options.regions.isEmpty || options.regions.count > 9 {
      problems.append("regions: \(options.regions.count) given; 1 to 9 are possible")
    }
    var taken: [String: String] = [:]
    for id in options.regions {
      guard let aws = awsRegions[id] else {
        let known = awsRegions.keys.sorted().joined(separator: ", ")
        problems.append("regions: '\(id)' is unknown; known are \(known)")
        continue
      }
      if let other = taken.updateValue(id, forKey: aws) {
        problems.append("regions: \(other) and \(id) both lie next to \(aws); leave one out")
      }
    }
    if !(1...20).contains(options.instances) {
      problems.append("instances: \(options.instances) given; 1 to 20 are possible")
    }
    if !(0...5).contains(options.nameServers) {
      problems.append("name-servers: \(options.nameServers) given; 0 to 5 are possible")
    }
    if !(1...65535).contains(options.dnsPort) {
      problems.append("dns-port: \(options.dnsPort) given; 1 to 65535 are possible")
    }
    if IPv4.octets("\(options.network).0.1")?.first != 127 {
      problems.append("network: '\(options.network)' given; 127.0 to 127.255 are possible")
    }
    for (name, text) in [
      ("linode", options.linode), ("relay", options.relay), ("coordinator", options.coordinator),
    ] {
      if let text, Endpoint(loopback: text) == nil {
        problems.append("\(name): '\(text)' is no loopback address with a port (127.0.0.1:8621)")
      }
    }
    if let delays = options.publishDelays, delays.count != options.nameServers {
      problems.append(
        "publish-delays: \(delays.count) given; one for each of the \(options.nameServers) "
          + "name servers is needed")
    }
    if let limit = options.rateLimit, !(1...100_000).contains(limit) {
      problems.append("rate-limit: \(limit) given; 1 to 100000 are possible")
    }
    let delays = (options.publishDelays ?? []).map { ("publish-delays", $0) }
    for (name, value) in [
      ("publish-delay", options.publishDelay), ("replication-lag", options.replicationLag),
      ("table-pace", options.tablePace),
    ] + delays where value < .zero || value > .seconds(3600) {
      problems.append("\(name): \(value) given; 0 s to 1 h are possible")
    }
    return problems
  }

  /// The AWS ids in the regions' order.
  var awsRegions: [String] { regions.map(\.awsRegion) }

  /// A region by its Linode or AWS id.
  func region(_ id: String) -> SandboxRegion? {
    regions.first { $0.id == id || $0.awsRegion == id }
  }

  /// An instance by its id or its address.
  func instance(_ id: String) -> SandboxInstance? {
    regions.flatMap(\.instances).first { $0.id == id || $0.app.address == id }
  }

  /// Each region's addresses and those of the next: what a name server in error publishes.
  var wrongAddresses: [String: String] {
    var addresses: [String: String] = [:]
    for (index, region) in regions.enumerated() {
      let next = regions[(index + 1) % regions.count]
      let isAlone = regions.count == 1
      addresses[region.balancer.address] =
        isAlone ? LinodeModel.strangersAddress : next.balancer.address
      if !isAlone { addresses[region.ipv6] = next.ipv6 }
    }
    return addresses
  }

  /// The region whose network an address belongs to.
  func region(ofAddress address: String) -> SandboxRegion? {
    regions.first { address.hasPrefix("\(network).\($0.number).") }
  }
}

/// IPv4 and IPv6 addresses as text.
enum IPv4 {
  /// The four numbers of a dotted decimal address without leading zeros.
  static func octets(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var octets: [UInt8] = []
    for part in parts {
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let octet = UInt8(part),
        part.count == 1 || !part.hasPrefix("0")
      else { return nil }
      octets.append(octet)
    }
    return octets
  }
}
