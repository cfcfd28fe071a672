extension LinodeModel {
  typealias Config = LinodeNodeBalancer.Config
  typealias Node = LinodeNodeBalancer.Node

  mutating func routeConfigs(
    _ request: LinodeRequest, _ balancer: Int, _ path: [String]
  ) throws(LinodeRefusal) -> JSON {
    let owner = balancers[balancer]
    guard let first = path.first else {
      switch request.method {
      case "GET":
        return try LinodeLists.page(
          owner.configs.map(owner.json), query: request.query, filter: request.filter,
          filterable: [])
      case "POST": return try createConfig(request, balancer)
      default: throw .methodNotAllowed
      }
    }
    guard let index = owner.configs.firstIndex(where: { "\($0.id)" == first }) else {
      throw .notFound
    }
    switch (request.method, path.dropFirst().first) {
    case ("GET", nil): return owner.json(owner.configs[index])
    case ("PUT", nil): return try updateConfig(request, balancer, index)
    case ("DELETE", nil):
      balancers[balancer].configs.remove(at: index)
      note("nodebalancer_config_delete", balancer: balancer, time: request.time)
      return [:]
    case (_, nil): throw .methodNotAllowed
    case ("POST", "rebuild") where path.count == 2:
      return try rebuildConfig(request, balancer, index)
    case (_, "nodes"):
      return try routeNodes(request, balancer, index, Array(path.dropFirst(2)))
    default: throw .notFound
    }
  }

  /// A POST takes no `nodes`: they were seen to be ignored.
  private mutating func createConfig(
    _ request: LinodeRequest, _ balancer: Int
  ) throws(LinodeRefusal) -> JSON {
    var ids = (config: nextConfigID, node: nextNodeID)
    let config = try makeConfig(LinodeForm(request.body), in: balancers[balancer], [], &ids)
    (nextConfigID, nextNodeID) = ids
    balancers[balancer].configs.append(config)
    note("nodebalancer_config_create", balancer: balancer, time: request.time)
    return balancers[balancer].json(config)
  }

  private mutating func updateConfig(
    _ request: LinodeRequest, _ balancer: Int, _ index: Int
  ) throws(LinodeRefusal) -> JSON {
    var form = try LinodeForm(request.body)
    var config = balancers[balancer].configs[index]
    try Self.apply(&form, to: &config, in: balancers[balancer])
    balancers[balancer].configs[index] = config
    note("nodebalancer_config_update", balancer: balancer, time: request.time)
    return balancers[balancer].json(config)
  }

  /// Configuration and nodes at once. Nodes without an id are made anew, those that are not named
  /// are gone, and all have to be checked again (facts on Linode, section 4).
  private mutating func rebuildConfig(
    _ request: LinodeRequest, _ balancer: Int, _ index: Int
  ) throws(LinodeRefusal) -> JSON {
    var form = try LinodeForm(request.body)
    guard let wanted = form["nodes"]?.elements else {
      throw LinodeRefusal(400, "nodes is required", "nodes")
    }
    var config = balancers[balancer].configs[index]
    try Self.apply(&form, to: &config, in: balancers[balancer])
    let old = config.nodes
    var nextID = nextNodeID
    config.nodes = []
    for value in wanted {
      var nodeForm = LinodeForm(value)
      let kept = value["id"]?.integer.flatMap { id in old.first { $0.id == id } }
      if kept == nil { nodeForm.require("label", "address") }
      var node = kept ?? Node(id: nextID, label: "", address: "")
      if kept == nil { nextID += 1 }
      node.isUp = nil
      try Self.apply(&nodeForm, to: &node)
      config.nodes.append(node)
    }
    nextNodeID = nextID
    balancers[balancer].configs[index] = config
    note("nodebalancer_config_update", balancer: balancer, time: request.time)
    return balancers[balancer].json(config)
  }

  /// A new configuration with the given nodes; the ids are taken from `ids`.
  func makeConfig(
    _ form: LinodeForm, in balancer: LinodeNodeBalancer, _ nodes: [JSON],
    _ ids: inout (config: Int, node: Int)
  ) throws(LinodeRefusal) -> Config {
    var form = form
    var config = Config(id: ids.config)
    try Self.apply(&form, to: &config, in: balancer)
    ids.config += 1
    for value in nodes {
      var nodeForm = LinodeForm(value)
      nodeForm.require("label", "address")
      var node = Node(id: ids.node, label: "", address: "")
      try Self.apply(&nodeForm, to: &node)
      ids.node += 1
      config.nodes.append(node)
    }
    return config
  }

  private static func apply(
    _ form: inout LinodeForm, to config: inout Config, in balancer: LinodeNodeBalancer
  ) throws(LinodeRefusal) {
    form.number("port", &config.port, 1...65_535)
    let (id, port) = (config.id, config.port)
    if balancer.configs.contains(where: { $0.id != id && $0.port == port }) {
      form.refuse("Port must be unique among the configs of a NodeBalancer", "port")
    }
    let wasUDP = config.isUDP
    form.choice("protocol", &config.proto, ["http", "https", "tcp", "udp"])
    if config.isUDP != wasUDP { config.takeDefaults() }
    form.choice(
      "algorithm", &config.algorithm,
      ["roundrobin", "leastconn", config.isUDP ? "ring_hash" : "source"])
    form.choice(
      "stickiness", &config.stickiness,
      config.isUDP ? ["none", "session", "source_ip"] : ["none", "table", "http_cookie"])
    form.choice("check", &config.check, ["none", "connection", "http", "http_body"])
    form.number("check_interval", &config.checkInterval, 2...3600)
    form.number("check_timeout", &config.checkTimeout, 1...30)
    form.number("check_attempts", &config.checkAttempts, 1...30)
    if config.checkTimeout >= config.checkInterval {
      form.refuse("check_timeout must be less than check_interval", "check_timeout")
    }
    form.text("check_path", &config.checkPath, "Must be a path", isCheckPath)
    form.text("check_body", &config.checkBody, "Must be a string") { _ in true }
    form.flag("check_passive", &config.checkPassive)
    if config.isUDP && config.checkPassive {
      form.refuse("check_passive must be false for udp", "check_passive")
    }
    form.choice(
      "proxy_protocol", &config.proxyProtocol, config.isUDP ? ["none"] : ["none", "v1", "v2"])
    form.choice(
      "cipher_suite", &config.cipherSuite,
      config.isUDP ? ["none"] : ["recommended", "legacy", "none"])
    form.number("udp_check_port", &config.udpCheckPort, 1...65_535)
    if form["ssl_cert"]?.text != nil && form["ssl_key"]?.text != nil {
      config.hasCertificate = true
    }
    if config.proto == "https" && !config.hasCertificate {
      form.refuse("ssl_cert and ssl_key are required for https", "ssl_cert")
    }
    try form.check()
    // Without an active check nothing is known of the nodes.
    if config.check == "none" {
      for index in config.nodes.indices { config.nodes[index].isUp = nil }
    }
  }

  private static func isCheckPath(_ text: String) -> Bool {
    let others = Array("/-%?&=._".utf8)
    return text.utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || others.contains(byte)
    }
  }

  private mutating func routeNodes(
    _ request: LinodeRequest, _ balancer: Int, _ config: Int, _ path: [String]
  ) throws(LinodeRefusal) -> JSON {
    let owner = balancers[balancer]
    let parent = owner.configs[config]
    guard let first = path.first else {
      switch request.method {
      case "GET":
        return try LinodeLists.page(
          parent.nodes.map { owner.json($0, of: parent) }, query: request.query,
          filter: request.filter, filterable: [])
      case "POST":
        var form = try LinodeForm(request.body)
        form.require("label", "address")
        var node = Node(id: nextNodeID, label: "", address: "")
        try Self.apply(&form, to: &node)
        nextNodeID += 1
        balancers[balancer].configs[config].nodes.append(node)
        note("nodebalancer_node_create", balancer: balancer, time: request.time)
        return owner.json(node, of: parent)
      default: throw .methodNotAllowed
      }
    }
    guard path.count == 1, let index = parent.nodes.firstIndex(where: { "\($0.id)" == first })
    else { throw .notFound }
    switch request.method {
    case "GET": return owner.json(parent.nodes[index], of: parent)
    case "PUT":
      var form = try LinodeForm(request.body)
      var node = parent.nodes[index]
      try Self.apply(&form, to: &node)
      // Another address has not been checked.
      if node.address != parent.nodes[index].address { node.isUp = nil }
      balancers[balancer].configs[config].nodes[index] = node
      note("nodebalancer_node_update", balancer: balancer, time: request.time)
      return owner.json(node, of: parent)
    case "DELETE":
      balancers[balancer].configs[config].nodes.remove(at: index)
      note("nodebalancer_node_delete", balancer: balancer, time: request.time)
      return [:]
    default: throw .methodNotAllowed
    }
  }

  private static func apply(
    _ form: inout LinodeForm, to node: inout Node
  ) throws(LinodeRefusal) {
    form.text("label", &node.label, labelRule, isLabel)
    form.text("address", &node.address, "Must be an IP address and port", isNodeAddress)
    form.number("weight", &node.weight, 1...255)
    form.choice("mode", &node.mode, ["accept", "reject", "drain", "backup"])
    try form.check()
  }

  /// "192.0.2.1:80" or "[2001:db8::1]:80".
  private static func isNodeAddress(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":") else { return false }
    let (host, digits) = (text[..<colon], text[colon...].dropFirst())
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
      (1...65_535).contains(port)
    else { return false }
    if host.hasPrefix("[") && host.hasSuffix("]") {
      return LinodeRules.isIPv6(String(host.dropFirst().dropLast()))
    }
    return IPv4.octets(String(host)) != nil
  }

  /// What the NodeBalancers' active checks find: who of the nodes answers. Without such a check
  /// nothing becomes known. `again`: only of nodes that were checked before.
  mutating func check(
    again: Bool,
    _ isUp: (_ node: Node, _ balancer: LinodeNodeBalancer, _ config: Config) -> Bool
  ) {
    for index in balancers.indices {
      let balancer = balancers[index]
      for (place, config) in balancer.configs.enumerated() where config.check != "none" {
        for (number, node) in config.nodes.enumerated() where node.isUp != nil || !again {
          balancers[index].configs[place].nodes[number].isUp = isUp(node, balancer, config)
        }
      }
    }
  }
}
