import Linode
import Platform
import Testing

/// What the API tells of NodeBalancers, regions, users and events, in recorded forms.
@Suite struct AccountTests {
  private static func page(_ entries: String...) -> String {
    LinodeClientTests.page(entries, 1, of: 1, results: entries.count)
  }

  private func asked(_ api: Canned) -> [String] {
    api.requests.map { $0.url.replacing("http://127.0.0.1:1/v4", with: "") }
  }

  private func filter(_ api: Canned) -> String? {
    api.requests.first?.headers.first { $0.name == "X-Filter" }?.value
  }

  @Test func balancersWithTheirPortsAndHosts() async throws {
    let recorded = """
      {"id": 1774428, "label": "go-test-def", "region": "ap-west", "type": "common",
      "hostname":"thisIsYourHostName", "ipv4": "192.0.2.0", "ipv6": "1234::5678/128",
      "created": "2018-01-02T03:04:05", "updated": "2018-01-02T03:04:05",
      "client_conn_throttle": 20, "client_udp_sess_throttle": 0, "lke_cluster": null, "tags": [],
      "transfer": {"in": null, "out": null, "total": null}}
      """
    let bare = "{\"id\":2,\"label\":\"app\",\"region\":\"us-east\",\"ipv6\":null}"
    let api = Canned(200, Self.page(recorded, bare))
    let balancers = try await api.client().nodeBalancers().value
    #expect(
      balancers == [
        LinodeNodeBalancer(
          id: 1_774_428, label: "go-test-def", region: "ap-west", ipv4: "192.0.2.0",
          ipv6: "1234::5678", hostname: "thisIsYourHostName"),
        LinodeNodeBalancer(
          id: 2, label: "app", region: "us-east", ipv4: nil, ipv6: nil, hostname: nil),
      ])
    #expect(asked(api) == ["/nodebalancers?page=1&page_size=500"])
    let none = Canned(200, Self.page())
    #expect(try await none.client().nodeBalancers().value.isEmpty, "an account may have none")
  }

  @Test func portsWithoutACheckSayNothing() async throws {
    let recorded = """
      {"id": 2450487, "port": 8080, "protocol": "http", "algorithm": "roundrobin",
      "stickiness": "none", "check": "none", "check_interval": 30, "check_timeout": 5,
      "check_attempts": 5, "check_path": "", "check_body": "", "check_passive": true,
      "proxy_protocol": "none", "cipher_suite": "recommended", "nodebalancer_id": 1595316,
      "ssl_commonname": "", "ssl_fingerprint": "", "ssl_cert": null, "ssl_key": null,
      "nodes_status": {"up": 0, "down": 1}, "udp_check_port": 80, "udp_session_timeout": 16}
      """
    let checked = """
      {"id":3,"port":443,"protocol":"https","check":"http","check_path":"/up","check_interval":5,
      "check_timeout":3,"check_attempts":2,"nodes_status":{"up":2,"down":1}}
      """
    let api = Canned(
      200, Self.page(recorded, checked, "{\"id\":4,\"port\":1,\"protocol\":\"tcp\"}"))
    let configs = try await api.client().balancerConfigs(of: 7).value
    #expect(configs.map(\.hasActiveCheck) == [false, true, false])
    #expect(
      configs[1]
        == LinodeBalancerConfig(
          id: 3, port: 443, protocolName: "https", check: "http", checkPath: "/up",
          checkIntervalSeconds: 5, checkTimeoutSeconds: 3, checkAttempts: 2, nodesUp: 2,
          nodesDown: 1))
    #expect(asked(api) == ["/nodebalancers/7/configs?page=1&page_size=500"])
    #expect(try await Canned(200, Self.page()).client().balancerConfigs(of: 7).value.isEmpty)
  }

  @Test(arguments: [
    ("UP", LinodeBalancerNode.Status.up), ("up", .up), ("Down", .down), ("DOWN", .down),
    ("Unknown", .unknown), ("unknown", .unknown), ("drained", .unknown), ("", .unknown),
  ]) func hostsStandAsTheyAreSaidTo(word: String, status: LinodeBalancerNode.Status) async throws {
    let recorded = """
      {"id": 2104029484, "address": "192.0.2.0:8080", "label": "node-192.0.2.0",
      "status": "\(word)", "weight": 50, "mode": "backup", "config_id": 2450488,
      "nodebalancer_id": 1595317, "vpc_config_id": null}
      """
    let api = Canned(200, Self.page(recorded))
    let nodes = try await api.client().balancerNodes(of: 7, config: 9).value
    #expect(
      nodes == [
        LinodeBalancerNode(
          id: 2_104_029_484, label: "node-192.0.2.0", address: "192.0.2.0:8080", status: status,
          mode: "backup")
      ])
    #expect(asked(api) == ["/nodebalancers/7/configs/9/nodes?page=1&page_size=500"])
  }

  @Test func regionsOfferBalancersOrNot() async throws {
    let core = """
      {"id":"eu-central","label":"Frankfurt, DE","country":"de","status":"ok",
      "capabilities":["Linodes","NodeBalancers"],"site_type":"core"}
      """
    let distributed = """
      {"id":"us-den-1","label":"Denver, CO","country":"us","capabilities":["Linodes"],"status":"ok"}
      """
    let regions = try await Canned(200, Self.page(core, distributed)).client().regions().value
    #expect(regions.map(\.offersNodeBalancers) == [true, false])
    #expect(
      regions.first
        == LinodeRegion(
          id: "eu-central", label: "Frankfurt, DE", country: "de",
          capabilities: ["Linodes", "NodeBalancers"], status: "ok"))
    let error = await #expect(throws: LinodeError.self) {
      _ = try await Canned(200, Self.page()).client().regions()
    }
    #expect(error?.kind == .emptyList, "Linode has regions")
  }

  @Test func aUserIsRestrictedOrNot() async throws {
    let recorded = """
      {"uid": 2897900, "username": "prod-test-022", "email": "x@example.org", "restricted": false}
      """
    let api = Canned(200, recorded)
    #expect(
      try await api.client().profile().value
        == LinodeProfile(username: "prod-test-022", isRestricted: false))
    #expect(asked(api) == ["/profile"])

    let unrestricted = Canned(204, "")
    #expect(try await unrestricted.client().grants().value == nil)
    #expect(asked(unrestricted) == ["/profile/grants"])
    let grants = """
      {"global":{"account_access":null},"linode":[],
      "domain":[{"id":7,"label":"example.org","permissions":"read_write"},
      {"id":8,"label":"example.net","permissions":"read_only"},
      {"id":9,"label":"example.com","permissions":null}],
      "nodebalancer":[{"id":3,"label":"app","permissions":"read_only"}]}
      """
    let some = try #require(try await Canned(200, grants).client().grants().value)
    #expect([7, 8, 9, 10].map(some.permission(onDomain:)) == [.readWrite, .readOnly, nil, nil])
    #expect(some.permission(onNodeBalancer: 3) == .readOnly)
    #expect(some.permission(onNodeBalancer: 7) == nil)
    // Nothing but "no content" says that there are none.
    for (status, body) in [(200, ""), (200, "{}"), (200, "[]")] {
      let error = await #expect(throws: LinodeError.self) {
        _ = try await Canned(status, body).client().grants()
      }
      #expect(error?.kind == .garbled)
    }
    let elsewhere = await #expect(throws: LinodeError.self) {
      _ = try await Canned(204, "").client().profile()
    }
    #expect(elsewhere?.kind == .garbled, "no content where there must be some")
  }

  private static func event(_ id: Int) -> String {
    """
    {"id": \(id), "created": "2018-01-02T03:04:05", "seen": false, "read": false,
    "percent_complete": null, "time_remaining": null, "rate": null, "duration": null,
    "action": "dns_record_update", "username": "alice",
    "entity": {"label": "example.org", "id": 7, "type": "domain", "url": "/v4/domains/7"},
    "status": "notification", "secondary_entity": null, "message": "", "details": {}}
    """
  }

  @Test func eventsSayWhoDidIt() async throws {
    let odd = """
      {"id":1,"created":"2018-01-02T03:04:04","action":"tag_create","username":null,
      "entity":{"id":"blue","type":"tag"}}
      """
    let own = "{\"id\":0,\"created\":\"2018-01-02T03:04:03\",\"action\":\"x\",\"entity\":null}"
    let api = Canned(200, Self.page(Self.event(9), odd, own))
    let events = try await api.client().events(
      of: 7, actions: ["dns_record_update", "dns_zone_delete"], newerThan: 5, limit: 30
    ).value
    #expect(
      events == [
        LinodeEvent(
          id: 9, created: "2018-01-02T03:04:05", action: "dns_record_update", username: "alice",
          entityID: 7, entityType: "domain", entityLabel: "example.org"),
        LinodeEvent(
          id: 1, created: "2018-01-02T03:04:04", action: "tag_create", entityType: "tag"),
        LinodeEvent(id: 0, created: "2018-01-02T03:04:03", action: "x"),
      ])
    #expect(asked(api) == ["/account/events?page=1&page_size=30"])
    #expect(
      filter(api)
        == "{\"+or\":[{\"action\":\"dns_record_update\"},{\"action\":\"dns_zone_delete\"}],"
        + "\"+order\":\"desc\",\"+order_by\":\"id\",\"entity.id\":7,\"entity.type\":\"domain\","
        + "\"id\":{\"+gt\":5}}")
  }

  @Test func eventsAreBoundedAndNewestFirst() async throws {
    let all = Canned(200, Self.page())
    #expect(try await all.client().events(limit: 0).value.isEmpty, "none is no error")
    #expect(asked(all) == ["/account/events?page=1&page_size=25"])
    #expect(filter(all) == "{\"+order\":\"desc\",\"+order_by\":\"id\"}")

    // An event came in between the pages: the last of the first page is the first of the second.
    func page(_ ids: some Sequence<Int>, _ number: Int) -> Canned.Outcome {
      Canned.reply(
        200, LinodeClientTests.page(ids.map(Self.event), number, of: 3, results: 1_100))
    }
    let api = Canned([
      page(stride(from: 1_100, to: 600, by: -1), 1), page((102...601).reversed(), 2),
    ])
    let events = try await api.client().events(limit: 5_000).value
    #expect(asked(api) == (1...2).map { "/account/events?page=\($0)&page_size=500" })
    #expect(events.map(\.id) == (102...1_100).reversed().map(Int64.init))

    let first = Canned([page(stride(from: 1_100, to: 600, by: -1), 1)])
    #expect(try await first.client().events(limit: 26).value.count == 26)
    let nonsense = Canned([])
    let error = await #expect(throws: LinodeError.self) {
      _ = try await nonsense.client().events(actions: ["dns\r\nX-Evil: 1"])
    }
    #expect(error?.kind == .rejected)
    #expect(nonsense.requests.isEmpty)
  }

  @Test func theRenderedZone() async throws {
    let api = Canned(200, "{\"zone_file\": [\"; example.com [123]\", \"$TTL 300\"]}")
    #expect(try await api.client().zoneFile(of: 7).value == ["; example.com [123]", "$TTL 300"])
    #expect(asked(api) == ["/domains/7/zone-file"])
    #expect(try await Canned(200, "{\"zone_file\": []}").client().zoneFile(of: 7).value.isEmpty)
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00", Int64(0)), ("2018-01-02T03:04:05", 1_514_862_245),
    ("2000-02-29T23:59:59", 951_868_799), ("2026-11-24T01:42:06Z", 1_795_484_526),
    ("1999-12-31T23:59:59.5", 946_684_799), ("2018-01-02", nil), ("2018-13-02T03:04:05", nil),
    ("2018-01-02 03:04:05", nil), ("2018-01-02T03:04:05+01", nil), ("yesterday", nil), ("", nil),
  ]) func timesOfTheAPI(text: String, seconds: Int64?) {
    #expect(LinodeTime.unixSeconds(text) == seconds)
  }
}
