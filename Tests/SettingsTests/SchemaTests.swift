import Testing

@testable import Settings

struct SchemaTests {
  static let schemas = [Schema.coordinator, Schema.agentFile]

  @Test func keysAreUniqueAndSaidInOneLine() {
    for schema in Self.schemas {
      for section in schema.sections {
        #expect(Set(section.keys.map(\.name)).count == section.keys.count)
        #expect(!section.doc.isEmpty)
        for key in section.keys {
          #expect(!key.doc.isEmpty && !key.doc.hasSuffix(".") && !key.doc.contains("\n"))
          #expect(!key.kind.accepted.isEmpty)
          #expect(section.planned.allSatisfy { section.key($0) == nil })
        }
      }
    }
  }

  /// Every default is a value that the key itself accepts.
  @Test func defaultsAreAccepted() {
    for key in Self.schemas.flatMap(\.sections).flatMap(\.keys) {
      guard case .value(let value) = key.fallback else { continue }
      var node: Node
      switch value {
      case .text(let text): node = .string(text)
      case .texts(let texts): node = .array(texts.map(Node.string))
      case .integer(let number): node = .integer(number)
      case .number(let number): node = .float(number)
      case .duration(let time): node = .string(Texts.text(time))
      case .rate(let rate): node = .string("\(rate.count) per \(Texts.text(rate.window))")
      }
      if case .ttl = key.kind, case .integer(let seconds) = value {
        node = .string(Texts.text(.seconds(seconds)))
      }
      #expect(key.kind.read(node) == .success(value), "\(key.name)")
    }
  }

  /// Another value than the default or the minimal file's, for every key.
  private static let coordinator: [(key: String, value: String)] = [
    ("automation", "\"automatic\""), ("listen", "\"127.0.0.1:9\""), ("socket", "\"/s\""),
    ("state_directory", "\"/d\""), ("evidence_days", "31"), ("evidence_mib", "1025"),
    ("key_file", "\"/k\""), ("source_address", "\"127.0.0.9\""),
    ("rehearsal_speed", "2"), ("linode.url", "\"http://127.0.0.1/v4\""),
    ("linode.token_file", "\"/t\""), ("linode.spare_token_file", "\"/s\""),
    ("dns.name_servers", "[\"127.0.0.53\"]"), ("dns.resolvers", "[\"9.9.9.9\"]"),
    ("service.dns", "[\"b.example.org\"]"), ("service.table", "\"bbb\""),
    ("service.regions", "[\"us-east\", \"ap-south\"]"), ("service.probe", "\"http://{name}/\""),
    ("service.probe_body", "\"b\""), ("service.probe_json_path", "\"db.state\""),
    ("service.probe_healthy", "[\"up\"]"), ("service.ttl", "\"5m\""),
    ("service.min_healthy", "0.9"),
    ("service.failover_after", "\"31s\""), ("service.outside_confirm", "\"61s\""),
    ("service.cooldown", "\"11m\""), ("service.min_up", "\"61s\""),
    ("service.max_switches", "\"2 per 6h\""), ("service.max_switches_hard", "7"),
    ("service.failback", "\"never\""), ("service.failback_after", "\"16m\""),
    ("service.max_lag", "\"6s\""), ("service.max_data_at_risk", "\"61s\""),
    ("service.on_data_risk", "\"ask\""), ("service.on_contested", "\"alert\""),
    ("service.lease", "\"3m\""), ("service.drift", "\"enforce\""),
    ("service.missing", "\"create\""),
    ("host_names", "[\"a.example\"]"),
    ("agent.services", "[\"app\"]"), ("reference", "[\"https://example.com\"]"),
    ("service.min_vantages", "3"), ("service.fresh_for", "\"16s\""),
    ("service.report_interval", "\"6s\""), ("service.probe_interval", "\"6s\""),
    ("service.probe_deadline", "\"2s\""), ("service.heartbeat_period", "\"3s\""),
    ("service.heartbeat_read", "\"2s\""), ("region.aws", "\"us-west-2\""),
    ("region.addresses", "[\"192.0.2.9\"]"), ("region.nodebalancer", "\"lb-1\""),
    ("agent.region", "\"ap-south\""),
    ("agent.public_key", "\"\(Files.keyB)\""),
  ]

  private static let agent: [(key: String, value: String)] = [
    ("agent", "\"b\""), ("region", "\"ap-south\""), ("coordinator", "\"http://127.0.0.9\""),
    ("coordinator_key", "\"\(Files.keyB)\""), ("key_file", "\"/k\""),
    ("source_address", "\"127.0.0.9\""), ("listen", "\"off\""),
    ("rehearsal_speed", "2"), ("dynamodb.table", "\"bbb\""),
    ("dynamodb.aws_region", "\"us-west-2\""), ("dynamodb.endpoint", "\"http://127.0.0.9\""),
    ("dynamodb.resolver", "\"127.0.0.53\""), ("dynamodb.reference_name", "\"b.example.org\""),
    ("dynamodb.credentials_file", "\"/c\""), ("dynamodb.profile", "\"b\""),
    ("dynamodb.counts", "\"alert\""), ("dynamodb.also_write", "\"b\""),
    ("check.http", "\"http://127.0.0.9\""),
    ("check.host", "\"b.example.org\""), ("check.services", "[\"b\"]"),
    ("check.counts", "\"alert\""), ("check.every", "\"3s\""), ("check.timeout", "\"1s\""),
    ("check.fall", "4"), ("check.rise", "3"), ("check.body_contains", "\"b\""),
    ("check.json_path", "\"db.state\""), ("check.healthy", "[\"up\"]"),
  ]

  /// A key that is parsed but reaches nobody would be a lie: each one has to make a difference.
  @Test func everyKeyMakesADifference() throws {
    // A region that loses its only agent is refused.
    let file =
      Files.coordinator + """
        [agent.us-east-app-2]
        region = "us-east"
        public_key = "AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

        """
    let coordinator = try Files.coordinator(file)
    for (key, value) in Self.coordinator {
      let text = Self.replaced(key, value, in: file)
      #expect(try Files.coordinator(text) != coordinator, "\(key)")
    }
    let agent = try Files.agent(Files.agent)
    for (key, value) in Self.agent {
      #expect(try Files.agent(Self.replaced(key, value, in: Files.agent)) != agent, "\(key)")
    }
    #expect(Self.names(of: .coordinator) == Set(Self.coordinator.map(\.key)))
    let tcp = Files.agent.replacing(
      "http = \"http://127.0.0.1:3000/health\"", with: "tcp = \"127.0.0.1:3000\"")
    #expect(try Files.agent(tcp) != agent)
    #expect(Self.names(of: .agentFile) == Set(Self.agent.map(\.key)).union(["check.tcp"]))
  }

  private static func names(of schema: Schema) -> Set<String> {
    Set(
      schema.sections.flatMap { section in
        section.keys.map { section.name.isEmpty ? $0.name : "\(section.name).\($0.name)" }
      })
  }

  /// `text` with `key` set to `value` in the first table of its section.
  private static func replaced(_ key: String, _ value: String, in text: String) -> String {
    let parts = key.split(separator: ".").map(String.init)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let name = parts[parts.count - 1]
    var start = 0
    if parts.count == 2 {
      let section = parts[0]
      if let header = lines.firstIndex(where: {
        $0.hasPrefix("[\(section)") || $0.hasPrefix("[[\(section)")
      }) {
        start = header + 1
      } else {
        lines.append("[\(section)]")
        start = lines.count
      }
    }
    let end = lines[start...].firstIndex { $0.hasPrefix("[") } ?? lines.count
    if let old = lines[start..<end].firstIndex(where: { $0.hasPrefix("\(name) =") }) {
      lines[old] = "\(name) = \(value)"
    } else {
      lines.insert("\(name) = \(value)", at: start)
    }
    return lines.joined(separator: "\n")
  }
}
