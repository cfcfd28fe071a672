import Testing

@testable import Sandbox

/// One account of the API, asked as a client asks.
final class Account {
  var model = LinodeModel()
  let domain: Int

  init() throws {
    model.fill(try Topology(SandboxOptions()), time: "2026-11-23T03:12:05")
    domain = try #require(model.domains.first).id
  }

  func ask(
    _ method: String, _ path: String, _ body: String = "", query: [String: String] = [:],
    filter: String? = nil, token: String? = "sandbox-token"
  ) -> LinodeAnswer {
    let parts = path.replacing("{domain}", with: "\(domain)").split(separator: "/")
    return model.answer(
      LinodeRequest(
        method: method, path: parts.map(String.init), query: query, token: token, filter: filter,
        body: Array(body.utf8), remoteAddress: "127.0.0.9", time: "2026-11-23T03:12:06"))
  }

  func create(_ body: String) -> JSON {
    ask("POST", "domains/{domain}/records", body).body
  }
}

@Suite struct LinodeModelTests {
  static let record =
    #"{"id": 36666864, "type": "A", "name": "app", "target": "127.0.1.1", "priority": 0, "#
    + #""weight": 0, "port": 0, "service": null, "protocol": null, "ttl_sec": 30, "tag": null, "#
    + #""created": "2026-11-23T03:12:05", "updated": "2026-11-23T03:12:05"}"#

  @Test func recordsHaveTheRecordedKeysInTheirOrder() throws {
    let account = try Account()
    let answer = account.ask("GET", "domains/{domain}/records/36666864")
    #expect(answer.body.encodedText(.spaced) == Self.record)
    #expect(answer.accepted == "domains:read_only")
    #expect(!answer.isChange)
  }

  @Test func listsComeInPages() throws {
    let account = try Account()
    for number in 0..<30 { _ = account.create(#"{"type":"TXT","name":"t","target":"\#(number)"}"#) }
    let path = "domains/{domain}/records"
    let all = account.ask("GET", path).body
    #expect(all["results"]?.integer == 32 && all["pages"]?.integer == 1)
    let second = account.ask("GET", path, query: ["page": "2", "page_size": "25"]).body
    #expect(second["data"]?.elements?.count == 7)
    #expect(second["page"]?.integer == 2 && second["pages"]?.integer == 2)
    #expect(account.ask("GET", path, query: ["page": "3", "page_size": "25"]).status == 404)
    for size in ["24", "501", "x"] {
      let answer = account.ask("GET", path, query: ["page_size": size])
      #expect(answer.status == 400)
      #expect(answer.body["errors"]?.elements?.first?["field"] == "page_size")
    }
    let none = account.ask("GET", path, filter: #"{"name":"nothing"}"#).body
    #expect(none.encodedText() == #"{"data":[],"page":1,"pages":1,"results":0}"#)
  }

  @Test func filtersAreAppliedOrRefused() throws {
    let account = try Account()
    func count(_ filter: String) -> Int? {
      account.ask("GET", "domains/{domain}/records", filter: filter).body["results"]?.integer
    }
    #expect(count(#"{"name":"app"}"#) == 2)
    #expect(count(#"{"name":"app","type":"A"}"#) == 1)
    #expect(count(#"{"+or":[{"type":"A"},{"type":"AAAA"}]}"#) == 2)
    #expect(count(#"{"target":{"+contains":"db8"}}"#) == 1)
    #expect(count(#"{"type":{"+neq":"A"}}"#) == 1)
    let refused = account.ask("GET", "domains/{domain}/records", filter: #"{"foo":1}"#)
    #expect(
      refused.body.encodedText()
        == #"{"errors":[{"reason":"Cannot filter on foo","field":"X-Filter"}]}"#)
    #expect(account.ask("GET", "domains", filter: #"{"domain":"example.org"}"#).status == 200)
    #expect(account.ask("GET", "domains", filter: "nonsense").status == 400)
  }

  @Test(arguments: [
    (0, 0), (1, 30), (30, 30), (31, 120), (60, 120), (121, 300), (86_400, 86_400),
    (2_419_200, 2_419_200), (9_999_999, 2_419_200),
  ])
  func timesAreRoundedUp(asked: Int, stored: Int) throws {
    let account = try Account()
    let body = #"{"ttl_sec":\#(asked)}"#
    let record = account.ask("PUT", "domains/{domain}/records/36666864", body).body
    #expect(record["ttl_sec"]?.integer == stored)
    #expect(account.ask("PUT", "domains/{domain}", body).body["ttl_sec"]?.integer == stored)
  }

  @Test(arguments: [
    ("app.example.org", "app"), ("app.example.org.", "app"), ("APP.Example.ORG", "APP"),
    ("example.org", ""), ("", ""), ("_signalbox.app", "_signalbox.app"), ("*.x", "*.x"),
    ("app.example.net", "app.example.net"),
  ])
  func namesAreStoredRelative(asked: String, stored: String) throws {
    let account = try Account()
    let record = account.create(#"{"type":"A","name":"\#(asked)","target":"192.0.2.1"}"#)
    #expect(record["name"]?.text == stored)
  }

  @Test func theApexIsNoAtSign() throws {
    let account = try Account()
    let answer = account.ask(
      "POST", "domains/{domain}/records", #"{"type":"A","name":"@","target":"192.0.2.1"}"#)
    #expect(answer.status == 400 && !answer.isChange)
    #expect(
      answer.body.encodedText()
        == #"{"errors":[{"reason":"Name contains invalid characters","field":"name"},"#
        + #"{"reason":"Invalid hostname","field":"name"}]}"#)
  }

  @Test func aPutChangesOnlyWhatItHas() throws {
    let account = try Account()
    let path = "domains/{domain}/records/36666864"
    let answer = account.ask("PUT", path, #"{"target":"127.0.2.1","type":"AAAA"}"#)
    #expect(answer.status == 200 && answer.isChange)
    #expect(answer.body["target"]?.text == "127.0.2.1")
    #expect(answer.body["type"]?.text == "A")
    #expect(answer.body["ttl_sec"]?.integer == 30)
    #expect(answer.body["updated"]?.text == "2026-11-23T03:12:06")
    #expect(account.ask("GET", path).body == answer.body)
  }

  @Test func targetsAreChecked() throws {
    let account = try Account()
    let wrong = [
      #"{"target":"2001:db8::1"}"#, #"{"target":"192.0.2.256"}"#, #"{"target":"192.0.2.01"}"#,
      #"{"target":""}"#, #"{"target":null}"#, #"{"target":7}"#, #"{"ttl_sec":-1}"#, "[1]", "{",
    ]
    for body in wrong {
      let answer = account.ask("PUT", "domains/{domain}/records/36666864", body)
      #expect(answer.status == 400 && !answer.isChange, "\(body)")
    }
    let other = account.ask(
      "PUT", "domains/{domain}/records/36666865", #"{"target":"192.0.2.1"}"#)
    #expect(other.status == 400)
    let own = account.create(#"{"type":"A","name":"me","target":"[remote_addr]"}"#)
    #expect(own["target"]?.text == "127.0.0.9")
    let dotted = account.create(#"{"type":"CNAME","name":"c","target":"x.example.net."}"#)
    #expect(dotted["target"]?.text == "x.example.net")
  }

  @Test(arguments: [
    ("::", true), ("::1", true), ("2001:db8::1", true), ("1:2:3:4:5:6:7:8", true),
    ("::ffff:192.0.2.1", true), ("1::", true), ("1:2:3:4:5:6:7", false), ("1::2::3", false),
    ("1:2:3:4:5:6:7:8:9", false), ("g::1", false), (":1:2:3:4:5:6:7", false), ("12345::", false),
    ("192.0.2.1", false), ("", false), (":", false), ("1:2:3:4:5:6:7:", false),
  ])
  func ipv6(text: String, isValid: Bool) {
    #expect(LinodeRules.isIPv6(text) == isValid)
  }

  @Test func duplicatesAreAcceptedButNotOfCNAMEs() throws {
    let account = try Account()
    for _ in 0..<2 {
      #expect(account.create(#"{"type":"TXT","name":"d","target":"x"}"#)["id"] != nil)
    }
    #expect(account.create(#"{"type":"CNAME","name":"c","target":"x.example.net"}"#)["id"] != nil)
    let second = account.ask(
      "POST", "domains/{domain}/records", #"{"type":"CNAME","name":"C","target":"y.example.net"}"#)
    #expect(
      second.body.encodedText()
        == #"{"errors":[{"reason":"Record conflict - CNAMES must be unique","field":"name"}]}"#)
  }

  @Test func aDeletedRecordIsGone() throws {
    let account = try Account()
    let path = "domains/{domain}/records/36666864"
    let answer = account.ask("DELETE", path)
    #expect(answer.status == 200 && answer.body.encodedText() == "{}")
    #expect(account.ask("GET", path).body.encodedText() == #"{"errors":[{"reason":"Not found"}]}"#)
    #expect(account.ask("DELETE", path).status == 404)
  }

  @Test func tokensAndScopesDecide() throws {
    let account = try Account()
    let missing =
      #"{"errors":[{"reason":"Your OAuth token is not authorized to use this endpoint."}]}"#
    for token in [nil, "", "wrong"] {
      let answer = account.ask("GET", "domains", token: token)
      #expect(answer.status == 401 && answer.scopes == "unknown")
      #expect(answer.body.encodedText() == #"{"errors":[{"reason":"Invalid Token"}]}"#)
    }
    let read = account.ask(
      "PUT", "domains/{domain}/records/36666864", "{}", token: "sandbox-read-token")
    #expect(read.status == 401 && read.body.encodedText() == missing)
    #expect(read.accepted == "domains:read_write")
    #expect(account.ask("GET", "account/events").body.encodedText() == missing)
    #expect(account.ask("GET", "regions", token: nil).body["results"]?.integer == 3)
    account.model.areTokensRevoked = true
    #expect(account.ask("GET", "domains").status == 401)
  }

  /// What there is not is not there for anybody.
  @Test(arguments: [
    "nothing", "linode/instances", "account/nothing", "domains/3153528/nothing", "profile/nothing",
    "nodebalancers/1774401/configs/2450401/nothing", "domains/3153528/records/36666864/more",
  ]) func unknownPlacesAreNotFound(path: String) throws {
    let account = try Account()
    for token in [
      "sandbox-token", "sandbox-read-token", "sandbox-account-token", "sandbox-full-token", "wrong",
      nil,
    ] {
      for method in ["GET", "POST", "PUT", "DELETE"] {
        let answer = account.ask(method, path, token: token)
        #expect(answer.status == 404 && !answer.isChange, "\(method) \(path)")
        #expect(answer.body.encodedText() == #"{"errors":[{"reason":"Not found"}]}"#)
      }
    }
  }

  @Test func aNarrowedTokenReadsOnly() throws {
    let account = try Account()
    account.model.areTokensNarrowed = true
    #expect(account.ask("GET", "domains").status == 200)
    let put = account.ask("PUT", "domains/{domain}/records/36666864", "{}")
    #expect(put.status == 401 && !put.isChange)
    #expect(put.scopes == "domains:read_only nodebalancers:read_only")
  }

  @Test func eventsNameWhoChangedWhat() throws {
    let account = try Account()
    let record = account.create(#"{"type":"TXT","name":"t","target":"x"}"#)
    let path = "domains/{domain}/records/\(try #require(record["id"]?.integer))"
    let admin = "sandbox-account-token"
    _ = account.ask("PUT", path, #"{"target":"y"}"#, token: admin)
    _ = account.ask("PUT", path, #"{"ttl_sec":-1}"#, token: admin)
    _ = account.ask("DELETE", path)
    func events(_ filter: String? = nil) throws -> [JSON] {
      let answer = account.ask("GET", "account/events", filter: filter, token: admin)
      return try #require(answer.body["data"]?.elements)
    }
    // The newest first; what was refused changed nothing.
    let actions = ["dns_record_delete", "dns_record_update", "dns_record_create"]
    #expect(try events().map { $0["action"]?.text } == actions)
    #expect(
      try events().map { $0["username"]?.text } == ["sandbox", "sandbox-admin", "sandbox"])
    let updates = try events(#"{"action":"dns_record_update","entity.type":"domain"}"#)
    #expect(updates.count == 1 && updates[0]["entity"]?["label"]?.text == "example.org")
    #expect(try events(#"{"entity.id":\#(account.domain)}"#).count == 3)
    #expect(try events(#"{"entity.id":1}"#).isEmpty)
    let id = try #require(updates[0]["id"]?.integer)
    #expect(account.ask("GET", "account/events/\(id)", token: admin).body == updates[0])
    #expect(account.ask("GET", "account/events/1", token: admin).status == 404)
    // It takes a scope of its own.
    #expect(account.ask("GET", "account/events").status == 401)
    for number in 0..<LinodeModel.eventLimit {
      _ = account.create(#"{"type":"TXT","name":"t\#(number)","target":"x"}"#)
    }
    #expect(account.model.events.count == LinodeModel.eventLimit)
  }

  @Test func balancersAndTheirNodes() throws {
    let account = try Account()
    let list = account.ask("GET", "nodebalancers", filter: #"{"label":"app-eu-central"}"#).body
    let balancer = try #require(list["data"]?.elements?.first)
    #expect(balancer["ipv4"]?.text == "127.0.2.1")
    let path = "nodebalancers/\(balancer["id"]?.integer ?? 0)/configs"
    let config = try #require(account.ask("GET", path).body["data"]?.elements?.first)
    #expect(config["nodes_status"]?.encodedText() == #"{"up":0,"down":0}"#)
    let nodes = account.ask("GET", "\(path)/\(config["id"]?.integer ?? 0)/nodes").body
    #expect(nodes["data"]?.elements?.map { $0["status"]?.text } == ["Unknown", "Unknown"])
    #expect(account.ask("GET", "nodebalancers/1").status == 404)
  }
}
