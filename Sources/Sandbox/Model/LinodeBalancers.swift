/// A NodeBalancer with its one configuration, with the keys of recorded answers (facts on Linode,
/// section 4).
struct LinodeNodeBalancer: Hashable, Sendable {
  struct Node: Hashable, Sendable {
    var id: Int
    var label: String
    var address: String
    /// nil: not checked yet.
    var isUp: Bool?
    var status: String { isUp.map { $0 ? "UP" : "DOWN" } ?? "Unknown" }
  }

  var id: Int
  var configID: Int
  var label: String
  var region: String
  var ipv4: String
  var ipv6: String
  var port: Int
  var created: String
  var nodes: [Node]

  var json: JSON {
    [
      "id": .integer(id), "label": .string(label), "region": .string(region), "type": "common",
      "hostname": .string("\(ipv4.replacing(".", with: "-")).ip.linodeusercontent.com"),
      "ipv4": .string(ipv4), "ipv6": .string(ipv6), "created": .string(created),
      "updated": .string(created), "client_conn_throttle": 0, "client_udp_sess_throttle": 0,
      "lke_cluster": nil, "tags": [], "transfer": ["in": nil, "out": nil, "total": nil],
    ]
  }

  var config: JSON {
    [
      "id": .integer(configID), "port": .integer(port), "protocol": "http",
      "algorithm": "roundrobin", "stickiness": "none", "check": "http", "check_interval": 5,
      "check_timeout": 3, "check_attempts": 2, "check_path": "/up", "check_body": "",
      "check_passive": true, "proxy_protocol": "none", "cipher_suite": "recommended",
      "nodebalancer_id": .integer(id), "ssl_commonname": "", "ssl_fingerprint": "",
      "ssl_cert": nil, "ssl_key": nil,
      "nodes_status": [
        "up": .integer(nodes.filter { $0.isUp == true }.count),
        "down": .integer(nodes.filter { $0.isUp == false }.count),
      ], "udp_check_port": 80, "udp_session_timeout": 16,
    ]
  }

  func json(_ node: Node) -> JSON {
    [
      "id": .integer(node.id), "address": .string(node.address), "label": .string(node.label),
      "status": .string(node.status), "weight": 50, "mode": "accept",
      "config_id": .integer(configID), "nodebalancer_id": .integer(id), "vpc_config_id": nil,
    ]
  }
}

/// A region as `GET /regions` lists it.
struct LinodeRegion: Hashable, Sendable {
  var id: String
  var label: String
  var country: String

  /// Of recorded places; an id without one is its own label.
  init(id: String) {
    let places = [
      "us-east": ("Newark, NJ", "us"), "eu-central": ("Frankfurt, DE", "de"),
      "ap-south": ("Singapore, SG", "sg"), "us-west": ("Fremont, CA", "us"),
      "eu-west": ("London, UK", "gb"), "us-central": ("Dallas, TX", "us"),
    ]
    self.id = id
    label = places[id]?.0 ?? id
    country = places[id]?.1 ?? String(id.prefix(2))
  }

  var json: JSON {
    [
      "id": .string(id), "label": .string(label), "country": .string(country),
      "capabilities": ["Linodes", "NodeBalancers", "Block Storage", "Cloud Firewall", "Metadata"],
      "monitors": ["alerts": ["NodeBalancers"], "metrics": ["NodeBalancers"]], "status": "ok",
      "resolvers": ["ipv4": "192.0.2.5,192.0.2.6", "ipv6": "2001:db8::5,2001:db8::6"],
      "placement_group_limits": [
        "maximum_pgs_per_customer": nil, "maximum_linodes_per_pg": 5,
        "maximum_linodes_per_flexible_pg": 5,
      ], "site_type": "core",
    ]
  }
}

extension LinodeModel {
  /// Read only: the balancers stand in front of the sandbox's own apps.
  func routeBalancers(_ request: LinodeRequest, _ path: [String]) throws(LinodeRefusal) -> JSON {
    guard request.method == "GET" else {
      throw LinodeRefusal(501, "The sandbox keeps its NodeBalancers.")
    }
    func list(_ elements: [JSON], _ filterable: Set<String>) throws(LinodeRefusal) -> JSON {
      try LinodeLists.page(
        elements, query: request.query, filter: request.filter, filterable: filterable)
    }
    guard let first = path.first else {
      return try list(
        balancers.map(\.json), ["label", "region", "ipv4", "ipv6", "hostname", "tags"])
    }
    guard let id = Int(first), let balancer = balancers.first(where: { $0.id == id }) else {
      throw .notFound
    }
    if path.count == 1 { return balancer.json }
    guard path[1] == "configs" else { throw .notFound }
    if path.count == 2 { return try list([balancer.config], []) }
    guard Int(path[2]) == balancer.configID else { throw .notFound }
    if path.count == 3 { return balancer.config }
    guard path[3] == "nodes" else { throw .notFound }
    if path.count == 4 { return try list(balancer.nodes.map(balancer.json), []) }
    guard path.count == 5, let node = balancer.nodes.first(where: { $0.id == Int(path[4]) }) else {
      throw .notFound
    }
    return balancer.json(node)
  }
}
