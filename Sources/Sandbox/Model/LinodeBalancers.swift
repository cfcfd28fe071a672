/// A NodeBalancer, with the keys of recorded answers (facts on Linode, section 4).
struct LinodeNodeBalancer: Hashable, Sendable {
  var id: Int
  var label: String
  var region: String
  var ipv4: String
  var ipv6: String
  var connectionThrottle = 0
  var datagramThrottle = 0
  var tags: [String] = []
  var created: String
  var updated: String
  var configs: [Config] = []

  /// What it does on one port. The defaults are the recorded ones.
  struct Config: Hashable, Sendable {
    var id: Int
    var port = 80
    var proto = "http"
    var algorithm = "roundrobin"
    var stickiness = "none"
    var check = "none"
    /// Seconds.
    var checkInterval = 31
    /// Seconds.
    var checkTimeout = 30
    var checkAttempts = 3
    var checkPath = ""
    var checkBody = ""
    var checkPassive = true
    var proxyProtocol = "none"
    var cipherSuite = "recommended"
    var udpCheckPort = 80
    var hasCertificate = false
    var nodes: [Node] = []

    var isUDP: Bool { proto == "udp" }

    /// What is not said of a port for UDP, or no longer for UDP, is as recorded of a new one.
    mutating func takeDefaults() {
      stickiness = isUDP ? "session" : "none"
      checkPassive = !isUDP
      cipherSuite = isUDP ? "none" : "recommended"
      algorithm = "roundrobin"
      proxyProtocol = "none"
    }
  }

  struct Node: Hashable, Sendable {
    var id: Int
    var label: String
    var address: String
    var weight = 50
    var mode = "accept"
    /// nil: not checked yet, or never, for want of an active check.
    var isUp: Bool?
    /// In the case that was recorded.
    var status: String { isUp.map { $0 ? "UP" : "DOWN" } ?? "Unknown" }
  }

  var json: JSON {
    [
      "id": .integer(id), "label": .string(label), "region": .string(region), "type": "common",
      "hostname": .string("\(ipv4.replacing(".", with: "-")).ip.linodeusercontent.com"),
      "ipv4": .string(ipv4), "ipv6": .string(ipv6), "created": .string(created),
      "updated": .string(updated), "client_conn_throttle": .integer(connectionThrottle),
      "client_udp_sess_throttle": .integer(datagramThrottle), "lke_cluster": nil,
      "tags": .array(tags.map { .string($0) }),
      "transfer": ["in": nil, "out": nil, "total": nil],
    ]
  }

  func json(_ config: Config) -> JSON {
    let secret: JSON = config.hasCertificate ? "<REDACTED>" : nil
    return [
      "id": .integer(config.id), "port": .integer(config.port), "protocol": .string(config.proto),
      "algorithm": .string(config.algorithm), "stickiness": .string(config.stickiness),
      "check": .string(config.check), "check_interval": .integer(config.checkInterval),
      "check_timeout": .integer(config.checkTimeout),
      "check_attempts": .integer(config.checkAttempts), "check_path": .string(config.checkPath),
      "check_body": .string(config.checkBody), "check_passive": .bool(config.checkPassive),
      "proxy_protocol": .string(config.proxyProtocol),
      "cipher_suite": .string(config.cipherSuite), "nodebalancer_id": .integer(id),
      "ssl_commonname": "", "ssl_fingerprint": "", "ssl_cert": secret, "ssl_key": secret,
      "nodes_status": [
        "up": .integer(config.nodes.filter { $0.isUp == true }.count),
        "down": .integer(config.nodes.filter { $0.isUp == false }.count),
      ], "udp_check_port": .integer(config.udpCheckPort), "udp_session_timeout": 16,
    ]
  }

  func json(_ node: Node, of config: Config) -> JSON {
    [
      "id": .integer(node.id), "address": .string(node.address), "label": .string(node.label),
      "status": .string(node.status), "weight": .integer(node.weight),
      "mode": .string(node.mode), "config_id": .integer(config.id),
      "nodebalancer_id": .integer(id), "vpc_config_id": nil,
    ]
  }
}

extension LinodeModel {
  static let balancerLimit = 100

  /// The regions' own NodeBalancers stand in front of the sandbox's apps and go on carrying their
  /// traffic whatever is changed or deleted here; those that are made carry none.
  mutating func routeBalancers(
    _ request: LinodeRequest, _ path: [String]
  ) throws(LinodeRefusal) -> JSON {
    guard let first = path.first else {
      switch request.method {
      case "GET":
        return try LinodeLists.page(
          balancers.map(\.json), query: request.query, filter: request.filter,
          filterable: ["label", "region", "ipv4", "ipv6", "hostname", "tags"])
      case "POST": return try createBalancer(request)
      default: throw .methodNotAllowed
      }
    }
    if path == ["types"] {
      guard request.method == "GET" else { throw .methodNotAllowed }
      return try LinodeLists.page(
        Self.types, query: request.query, filter: request.filter, filterable: ["label"])
    }
    guard let id = Int(first), let index = balancers.firstIndex(where: { $0.id == id }) else {
      throw .notFound
    }
    switch (request.method, path.dropFirst().first) {
    case ("GET", nil): return balancers[index].json
    case ("PUT", nil): return try updateBalancer(index, request)
    case ("DELETE", nil):
      note("nodebalancer_delete", balancer: index, time: request.time)
      balancers.remove(at: index)
      return [:]
    case (_, nil): throw .methodNotAllowed
    case (_, "configs"): return try routeConfigs(request, index, Array(path.dropFirst(2)))
    case ("GET", "firewalls") where path.count == 2, ("GET", "vpcs") where path.count == 2:
      return try LinodeLists.page(
        [], query: request.query, filter: request.filter, filterable: [])
    case ("GET", "stats") where path.count == 2:
      throw LinodeRefusal(400, "Stats are unavailable at this time.")
    default: throw .notFound
    }
  }

  /// What the account may buy, as recorded.
  private static let types: [JSON] = [
    [
      "id": "nodebalancer", "label": "NodeBalancer",
      "price": ["hourly": .number("0.015"), "monthly": .number("10.0")],
      "region_prices": [
        ["id": "id-cgk", "hourly": .number("0.018"), "monthly": .number("12.0")],
        ["id": "br-gru", "hourly": .number("0.021"), "monthly": .number("14.0")],
      ], "transfer": 0,
    ],
    [
      "id": "nodebalancer-pr100", "label": "Nodebalancer Premium",
      "price": ["hourly": .number("0.225"), "monthly": .number("150.0")],
      "region_prices": [
        ["id": "br-gru", "hourly": .number("0.315"), "monthly": .number("210.0")],
        ["id": "id-cgk", "hourly": .number("0.27"), "monthly": .number("180.0")],
      ], "transfer": 0,
    ],
  ]

  private mutating func createBalancer(_ request: LinodeRequest) throws(LinodeRefusal) -> JSON {
    var form = try LinodeForm(request.body)
    guard balancers.count < Self.balancerLimit else {
      throw LinodeRefusal(400, "The sandbox keeps at most \(Self.balancerLimit) NodeBalancers")
    }
    let id = nextBalancerID
    let number = id % 250 + 1
    // Of the networks for documentation: nothing answers there.
    var balancer = LinodeNodeBalancer(
      id: id, label: "balancer\(id)", region: "", ipv4: "203.0.113.\(number)",
      ipv6: "2001:db8:b::\(number)", created: request.time, updated: request.time)
    form.require("region")
    form.text("region", &balancer.region, "region is not valid") { region in
      regions.contains { $0.id == region }
    }
    apply(&form, to: &balancer)
    try form.check()
    var ids = (config: nextConfigID, node: nextNodeID)
    for config in form["configs"]?.elements ?? [] {
      let nodes = config["nodes"]?.elements ?? []
      balancer.configs.append(try makeConfig(LinodeForm(config), in: balancer, nodes, &ids))
    }
    (nextConfigID, nextNodeID) = ids
    nextBalancerID += 1
    balancers.append(balancer)
    note("nodebalancer_create", balancer: balancers.count - 1, time: request.time)
    return balancer.json
  }

  private mutating func updateBalancer(
    _ index: Int, _ request: LinodeRequest
  ) throws(LinodeRefusal) -> JSON {
    var form = try LinodeForm(request.body)
    var balancer = balancers[index]
    apply(&form, to: &balancer)
    try form.check()
    balancer.updated = request.time
    balancers[index] = balancer
    note("nodebalancer_update", balancer: index, time: request.time)
    return balancer.json
  }

  private func apply(_ form: inout LinodeForm, to balancer: inout LinodeNodeBalancer) {
    form.text("label", &balancer.label, Self.labelRule, Self.isLabel)
    let (id, label) = (balancer.id, balancer.label)
    if balancers.contains(where: { $0.id != id && $0.label == label }) {
      form.refuse("Label must be unique among your NodeBalancers", "label")
    }
    form.number("client_conn_throttle", &balancer.connectionThrottle, 0...20)
    form.number("client_udp_sess_throttle", &balancer.datagramThrottle, 0...20)
    form.list("tags", &balancer.tags)
  }

  static let labelRule = "Length must be 3-32 characters of letters, digits, - _ and ."

  static func isLabel(_ text: String) -> Bool {
    (3...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
  }
}
