import Testing

@testable import Sandbox

/// NodeBalancers that are made, changed and deleted.
@Suite struct LinodeBalancerTests {
  static let token = "sandbox-full-token"

  private func ask(
    _ account: Account, _ method: String, _ path: String, _ body: String = ""
  ) -> LinodeAnswer {
    account.ask(method, path, body, token: Self.token)
  }

  private func field(_ answer: LinodeAnswer) -> String? {
    answer.body["errors"]?.elements?.first?["field"]?.text
  }

  @Test func aBalancerIsMadeWithTheRecordedDefaults() throws {
    let account = try Account()
    let made = ask(account, "POST", "nodebalancers", #"{"region":"us-east","tags":null}"#)
    #expect(made.status == 200 && made.isChange)
    let id = try #require(made.body["id"]?.integer)
    #expect(made.body["label"]?.text == "balancer\(id)")
    #expect(made.body["ipv4"]?.text?.hasPrefix("203.0.113.") == true)
    let config = ask(account, "POST", "nodebalancers/\(id)/configs", #"{"nodes":[{"x":1}]}"#).body
    for (key, value) in [
      ("port", "80"), ("protocol", #""http""#), ("algorithm", #""roundrobin""#),
      ("stickiness", #""none""#), ("check", #""none""#), ("check_interval", "31"),
      ("check_timeout", "30"), ("check_attempts", "3"), ("check_path", #""""#),
      ("check_passive", "true"), ("proxy_protocol", #""none""#),
      ("cipher_suite", #""recommended""#), ("nodes_status", #"{"up":0,"down":0}"#),
    ] { #expect(config[key]?.encodedText() == value, "\(key)") }
    let place = "nodebalancers/\(id)/configs/\(try #require(config["id"]?.integer))"
    let node = ask(
      account, "POST", "\(place)/nodes", #"{"label":"one","address":"192.0.2.1:80"}"#
    ).body
    #expect(node["weight"]?.integer == 50 && node["mode"]?.text == "accept")
    #expect(node["status"]?.text == "Unknown")
    // A config without an active check never tells anything.
    account.model.check(again: false) { _, _, _ in true }
    let path = "\(place)/nodes/\(try #require(node["id"]?.integer))"
    #expect(ask(account, "GET", path).body["status"]?.text == "Unknown")
    #expect(ask(account, "GET", place).body["nodes_status"]?.encodedText() == #"{"up":0,"down":0}"#)
    #expect(ask(account, "PUT", path, #"{"weight":100,"mode":"drain"}"#).status == 200)
    #expect(ask(account, "GET", path).body["weight"]?.integer == 100)
    for gone in [path, place, "nodebalancers/\(id)"] {
      #expect(ask(account, "DELETE", gone).body.encodedText() == "{}")
      #expect(ask(account, "DELETE", gone).status == 404)
    }
    #expect(account.model.events.map(\.action).first == "nodebalancer_create")
    #expect(account.model.events.map(\.action).last == "nodebalancer_delete")
    #expect(account.model.events.allSatisfy { $0.entity.id == id })
  }

  @Test func statusFollowsAnActiveCheckAndARebuildForgetsIt() throws {
    let account = try Account()
    let body =
      #"{"region":"us-east","label":"own","configs":[{"port":80,"check":"http","nodes":"#
      + #"[{"label":"one","address":"192.0.2.1:80"},{"label":"two","address":"192.0.2.2:80"}]}]}"#
    let id = try #require(ask(account, "POST", "nodebalancers", body).body["id"]?.integer)
    let configs = "nodebalancers/\(id)/configs"
    let config = try #require(
      ask(account, "GET", configs).body["data"]?.elements?.first?["id"]?.integer)
    let place = "\(configs)/\(config)"
    func states() -> [String] {
      (ask(account, "GET", "\(place)/nodes").body["data"]?.elements ?? []).compactMap {
        $0["status"]?.text
      }
    }
    #expect(states() == ["Unknown", "Unknown"])
    // Again: those that were never checked wait.
    account.model.check(again: true) { node, _, _ in node.label == "one" }
    #expect(states() == ["Unknown", "Unknown"])
    account.model.check(again: false) { node, _, _ in node.label == "one" }
    #expect(states() == ["UP", "DOWN"])
    #expect(ask(account, "GET", place).body["nodes_status"]?.encodedText() == #"{"up":1,"down":1}"#)
    let first = try #require(account.model.balancers.last?.configs.first?.nodes.first?.id)
    let rebuild =
      #"{"check_interval":60,"nodes":[{"id":\#(first),"label":"one"},"#
      + #"{"label":"three","address":"[2001:db8::1]:80"}]}"#
    #expect(ask(account, "POST", "\(place)/rebuild", rebuild).body["check_interval"] == 60)
    #expect(states() == ["Unknown", "Unknown"])
    let nodes = try #require(account.model.balancers.last?.configs.first?.nodes)
    #expect(nodes.map(\.label) == ["one", "three"] && nodes[0].id == first && nodes[1].id != first)
    #expect(nodes[0].address == "192.0.2.1:80")
    account.model.check(again: false) { _, _, _ in true }
    #expect(ask(account, "PUT", place, #"{"check":"none"}"#).status == 200)
    #expect(states() == ["Unknown", "Unknown"])
  }

  @Test(arguments: [
    ("POST", "", #"{}"#, "region"), ("POST", "", #"{"region":"moon"}"#, "region"),
    ("POST", "", #"{"region":"us-east","label":"ab"}"#, "label"),
    ("POST", "", #"{"region":"us-east","label":"a b c"}"#, "label"),
    ("POST", "", #"{"region":"us-east","label":"app-us-east"}"#, "label"),
    ("POST", "", #"{"region":"us-east","configs":[{"port":0}]}"#, "port"),
    ("PUT", "/1774401", #"{"label":"app-eu-central"}"#, "label"),
    ("PUT", "/1774401", #"{"client_conn_throttle":21}"#, "client_conn_throttle"),
    ("POST", "/1774401/configs", #"{"port":18680}"#, "port"),
    ("POST", "/1774401/configs", #"{"port":"80"}"#, "port"),
    ("POST", "/1774401/configs", #"{"protocol":"ftp"}"#, "protocol"),
    ("POST", "/1774401/configs", #"{"protocol":"https"}"#, "ssl_cert"),
    ("POST", "/1774401/configs", #"{"check_timeout":5,"check_interval":5}"#, "check_timeout"),
    ("POST", "/1774401/configs", #"{"check_attempts":31}"#, "check_attempts"),
    ("POST", "/1774401/configs", #"{"check_passive":"yes"}"#, "check_passive"),
    ("POST", "/1774401/configs", #"{"check_path":"/a b"}"#, "check_path"),
    ("POST", "/1774401/configs/2450401/nodes", #"{"label":"node"}"#, "address"),
    ("POST", "/1774401/configs/2450401/nodes", #"{"address":"192.0.2.1:80"}"#, "label"),
    (
      "POST", "/1774401/configs/2450401/nodes", #"{"label":"node","address":"192.0.2.1"}"#,
      "address"
    ),
    (
      "POST", "/1774401/configs/2450401/nodes", #"{"label":"node","address":"192.0.2.1:+80"}"#,
      "address"
    ),
    ("PUT", "/1774401/configs/2450401/nodes/2104029100", #"{"weight":0}"#, "weight"),
    ("PUT", "/1774401/configs/2450401/nodes/2104029100", #"{"mode":"off"}"#, "mode"),
    ("POST", "/1774401/configs/2450401/rebuild", #"{"port":80}"#, "nodes"),
    ("POST", "/1774401/configs/2450401/rebuild", #"{"nodes":[{"label":"x"}]}"#, "address"),
  ])
  func mistakesAreNamed(method: String, place: String, body: String, wrong: String) throws {
    let account = try Account()
    let before = account.model.balancers
    let answer = ask(account, method, "nodebalancers\(place)", body)
    #expect(answer.status == 400 && !answer.isChange)
    #expect(field(answer) == wrong, "\(answer.body.encodedText())")
    #expect(account.model.balancers == before && account.model.events.isEmpty)
  }

  /// As recorded of a new configuration for UDP.
  @Test func portsForUDPHaveDefaultsOfTheirOwn() throws {
    let account = try Account()
    let place = "nodebalancers/1774401/configs"
    let made = ask(
      account, "POST", place, #"{"port":80,"protocol":"udp","check_interval":60}"#
    ).body
    func values(_ config: JSON) -> [JSON?] {
      ["algorithm", "stickiness", "check_passive", "proxy_protocol", "cipher_suite"].map {
        config[$0]
      }
    }
    #expect(values(made) == ["roundrobin", "session", false, "none", "none"])
    let id = try #require(made["id"]?.integer)
    let back = ask(account, "PUT", "\(place)/\(id)", #"{"protocol":"http"}"#).body
    #expect(values(back) == ["roundrobin", "none", true, "none", "recommended"])
    let given = ask(
      account, "PUT", "\(place)/\(id)",
      #"{"protocol":"udp","algorithm":"ring_hash","stickiness":"source_ip"}"#
    ).body
    #expect(values(given) == ["ring_hash", "source_ip", false, "none", "none"])
    for (body, wrong) in [
      (#"{"check_passive":true}"#, "check_passive"),
      (#"{"proxy_protocol":"v2"}"#, "proxy_protocol"),
      (#"{"stickiness":"table"}"#, "stickiness"), (#"{"algorithm":"source"}"#, "algorithm"),
    ] {
      #expect(field(ask(account, "PUT", "\(place)/\(id)", body)) == wrong)
    }
  }

  @Test func typesAreToldToEveryone() throws {
    let account = try Account()
    for token in [nil, "wrong", "sandbox-read-token"] {
      let types = account.ask("GET", "nodebalancers/types", token: token)
      #expect(types.status == 200 && types.accepted == "*")
      #expect(
        types.body["data"]?.elements?.map { $0["id"]?.text }
          == ["nodebalancer", "nodebalancer-pr100"])
    }
    #expect(ask(account, "POST", "nodebalancers/types", "{}").status == 405)
  }

  @Test func scopesAndOtherPlaces() throws {
    let account = try Account()
    let refused = account.ask("POST", "nodebalancers", #"{"region":"us-east"}"#)
    #expect(refused.status == 401 && refused.accepted == "nodebalancers:read_write")
    #expect(ask(account, "GET", "nodebalancers/1774401/stats").status == 400)
    #expect(ask(account, "GET", "nodebalancers/1774401/firewalls").body["results"] == 0)
    #expect(ask(account, "GET", "nodebalancers/1774401/nothing").status == 404)
    #expect(ask(account, "PATCH", "nodebalancers/1774401").status == 405)
    #expect(ask(account, "GET", "nodebalancers/1774401/configs/1").status == 404)
    #expect(ask(account, "GET", "nodebalancers/1774401/configs/2450402").status == 404)
  }
}
