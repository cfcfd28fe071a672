import Testing

@testable import Sandbox

/// Zones that are made, changed and deleted, and the corners of records.
@Suite struct LinodeZoneTests {
  private static let other =
    #"{"domain":"Example.net","type":"master","soa_email":"a@example.net","ttl_sec":301}"#

  private func field(_ answer: LinodeAnswer) -> String? {
    answer.body["errors"]?.elements?.first?["field"]?.text
  }

  @Test func zonesAreMadeAndDeleted() throws {
    let account = try Account()
    let made = account.ask("POST", "domains", Self.other)
    #expect(made.status == 200 && made.isChange)
    #expect(made.body["domain"]?.text == "example.net" && made.body["status"]?.text == "active")
    #expect(made.body["ttl_sec"]?.integer == 3600)
    let id = try #require(made.body["id"]?.integer)
    let path = "domains/\(id)"
    #expect(account.ask("GET", path).body == made.body)
    let record = account.ask(
      "POST", "\(path)/records", #"{"type":"A","name":"x.example.net","target":"192.0.2.1"}"#)
    #expect(record.body["name"]?.text == "x")
    #expect(account.ask("GET", "domains").body["results"]?.integer == 2)
    #expect(account.ask("DELETE", path).body.encodedText() == "{}")
    #expect(account.ask("DELETE", path).status == 404)
    #expect(account.ask("GET", "\(path)/records").status == 404)
    #expect(
      account.model.events.map(\.action) == [
        "dns_zone_create", "dns_record_create", "dns_zone_delete",
      ])
    #expect(account.model.events.last?.entity.label == "example.net")
  }

  @Test(arguments: [
    (#"{}"#, "domain"), (#"{"domain":"x.net"}"#, "type"),
    (#"{"domain":"x.net","type":"master"}"#, "soa_email"),
    (#"{"domain":"x.net","type":"slave"}"#, "master_ips"),
    (#"{"domain":"x.net","type":"other","soa_email":"a@b.c"}"#, "type"),
    (#"{"domain":"x","type":"master","soa_email":"a@b.c"}"#, "domain"),
    (#"{"domain":"x.n1","type":"master","soa_email":"a@b.c"}"#, "domain"),
    (#"{"domain":"x..net","type":"master","soa_email":"a@b.c"}"#, "domain"),
    (#"{"domain":"EXAMPLE.org","type":"master","soa_email":"a@b.c"}"#, "domain"),
    (#"{"domain":"sandbox.test","type":"master","soa_email":"a@b.c"}"#, "domain"),
    (#"{"domain":7,"type":"master","soa_email":"a@b.c"}"#, "domain"),
    (#"{"domain":"x.net","type":"master","soa_email":"nobody"}"#, "soa_email"),
    (#"{"domain":"x.net","type":"master","soa_email":"a@b.c","ttl_sec":"1"}"#, "ttl_sec"),
    (#"{"domain":"x.net","type":"master","soa_email":"a@b.c","tags":"t"}"#, "tags"),
    (#"{"domain":"x.net","type":"master","soa_email":"a@b.c","status":"has_errors"}"#, "status"),
  ])
  func zonesThatAreRefused(body: String, wrong: String) throws {
    let account = try Account()
    let answer = account.ask("POST", "domains", body)
    #expect(answer.status == 400 && !answer.isChange)
    #expect(field(answer) == wrong, "\(answer.body.encodedText())")
    #expect(account.model.domains.count == 1)
  }

  @Test func aZoneIsClonedRenamedAndDisabled() throws {
    let account = try Account()
    let clone = account.ask("POST", "domains/{domain}/clone", #"{"domain":"example.net"}"#)
    let id = try #require(clone.body["id"]?.integer)
    let records = account.ask("GET", "domains/\(id)/records").body["data"]?.elements
    #expect(records?.map { $0["target"]?.text } == ["127.0.1.1", "2001:db8::1"])
    #expect(records?.map { $0["id"]?.integer } == [36_666_866, 36_666_867])
    #expect(
      account.ask("POST", "domains/{domain}/clone", #"{"domain":"example.net"}"#).status == 400)
    #expect(account.ask("POST", "domains/{domain}/clone", "{}").status == 400)
    #expect(account.ask("PUT", "domains/\(id)", #"{"domain":"example.org"}"#).status == 400)
    let renamed = account.ask("PUT", "domains/\(id)", #"{"domain":"renamed.net"}"#)
    #expect(renamed.body["domain"]?.text == "renamed.net")
    #expect(renamed.body["soa_email"]?.text == "admin@example.org")
    #expect(account.model.domains.map(\.isServed) == [true, true])
    _ = account.ask("PUT", "domains/\(id)", #"{"status":"disabled"}"#)
    #expect(account.model.domains.map(\.isServed) == [true, false])
    #expect(account.ask("POST", "domains/import", "{}").status == 501)
    #expect(account.ask("PATCH", "domains").status == 405)
  }

  /// The zone file tells of the last rendering, not of what is stored.
  @Test func theZoneFileIsWhatWasRendered() throws {
    let account = try Account()
    func file(_ path: String) -> [String] {
      (account.ask("GET", "\(path)/zone-file").body["zone_file"]?.elements ?? [])
        .compactMap(\.text)
    }
    let before = file("domains/{domain}")
    #expect(before.first == "; example.org [3153528]")
    #expect(before[2].hasPrefix("@ IN SOA ns1.linode.com. admin.example.org. 2021000001 14400 "))
    #expect(before.contains("app.example.org. 30 IN A 127.0.1.1"))
    _ = account.ask("PUT", "domains/{domain}/records/36666864", #"{"target":"192.0.2.9"}"#)
    #expect(file("domains/{domain}") == before)
    account.model.render(account.model.domains)
    #expect(file("domains/{domain}").contains("app.example.org. 30 IN A 192.0.2.9"))
    #expect(file("domains/{domain}")[2].contains(" 2021000002 "))
    let rendered = file("domains/{domain}")
    account.model.render(account.model.domains)
    #expect(file("domains/{domain}") == rendered)

    let id = try #require(account.ask("POST", "domains", Self.other).body["id"]?.integer)
    #expect(file("domains/\(id)").isEmpty)
    let stored = account.model.domains
    _ = account.ask("PUT", "domains/\(id)", #"{"status":"disabled"}"#)
    account.model.render(account.model.domains)
    #expect(file("domains/\(id)").isEmpty)
    account.model.render(stored)
    #expect(file("domains/\(id)").count == 8)
  }

  @Test(arguments: [
    (#"{"type":"CNAME","name":"app","target":"x.net"}"#, "name"),
    (#"{"type":"A","name":"alias","target":"192.0.2.1"}"#, "name"),
    (#"{"type":"TXT","name":"ALIAS","target":"x"}"#, "name"),
    (#"{"type":"CNAME","name":"alias.example.org.","target":"y.net"}"#, "name"),
    (#"{"type":"A","name":7,"target":"192.0.2.1"}"#, "name"),
    (#"{"type":"A","name":"a b","target":"192.0.2.1"}"#, "name"),
    (#"{"type":"A","name":"x.*","target":"192.0.2.1"}"#, "name"),
    (#"{"type":"A","name":"x"}"#, "target"), (#"{"type":"A","name":"x","target":[]}"#, "target"),
    (#"{"type":"AAAA","name":"x","target":"192.0.2.1"}"#, "target"),
    (#"{"name":"x","target":"192.0.2.1"}"#, "type"),
    (#"{"type":"a","name":"x","target":"192.0.2.1"}"#, "type"),
    (#"{"type":7,"name":"x","target":"192.0.2.1"}"#, "type"),
    (#"{"type":"A","name":"x","target":"192.0.2.1","ttl_sec":"30"}"#, "ttl_sec"),
    (#"{"type":"A","name":"x","target":"192.0.2.1","ttl_sec":1.5}"#, "ttl_sec"),
    (#"{"type":"SRV","name":"","target":"x.net","port":65536}"#, "port"),
    (#"{"type":"SRV","name":"","target":"x.net","service":7}"#, "service"),
    (#"{"type":"MX","name":"","target":"x.net","priority":256}"#, "priority"),
    (#"{"type":"CAA","name":"","target":"x.net","tag":"other"}"#, "tag"),
  ])
  func recordsThatAreRefused(body: String, wrong: String) throws {
    let account = try Account()
    #expect(account.create(#"{"type":"CNAME","name":"alias","target":"x.net"}"#)["id"] != nil)
    let answer = account.ask("POST", "domains/{domain}/records", body)
    #expect(answer.status == 400 && !answer.isChange)
    #expect(field(answer) == wrong, "\(answer.body.encodedText())")
  }

  @Test func aPutMeetsCNAMEsToo() throws {
    let account = try Account()
    let alias = account.create(#"{"type":"CNAME","name":"alias","target":"x.net"}"#)
    let path = "domains/{domain}/records/\(try #require(alias["id"]?.integer))"
    let taken = account.ask("PUT", path, #"{"name":"app"}"#)
    #expect(taken.status == 400 && field(taken) == "name")
    #expect(account.ask("PUT", path, #"{"target":"y.net"}"#).status == 200)
    let beside = account.ask(
      "PUT", "domains/{domain}/records/36666864", #"{"name":"alias"}"#)
    #expect(beside.status == 400 && field(beside) == "name")
    // A service's record stands below its name.
    let service =
      #"{"type":"SRV","name":"alias","service":"sip","protocol":"udp","target":"x.net"}"#
    #expect(account.create(service)["id"] != nil)
  }

  @Test func aPutOfNothingOrOfUnknownChangesNothing() throws {
    let account = try Account()
    let path = "domains/{domain}/records/36666864"
    let before = account.ask("GET", path).body
    for body in ["", "{}", #"{"type":"TXT","unknown":[1],"id":7,"name":null,"ttl_sec":null}"#] {
      let answer = account.ask("PUT", path, body)
      #expect(answer.status == 200)
      for key in ["id", "type", "name", "target", "ttl_sec", "created"] {
        #expect(answer.body[key] == before[key], "\(key) after \(body)")
      }
    }
  }

  @Test func equalRecordsStandSideBySide() throws {
    let account = try Account()
    for body in [
      #"{"type":"A","name":"app","target":"127.0.1.1","ttl_sec":30}"#,
      #"{"type":"AAAA","name":"app","target":"2001:db8::1","ttl_sec":30}"#,
      #"{"type":"TXT","name":"app","target":"x"}"#, #"{"type":"TXT","name":"app","target":"x"}"#,
    ] { #expect(account.create(body)["id"] != nil) }
    let found = account.ask("GET", "domains/{domain}/records", filter: #"{"name":"app"}"#)
    #expect(found.body["results"]?.integer == 6)
  }

  @Test func aZoneHasAtMostSoManyRecords() throws {
    let account = try Account()
    let record = try #require(account.model.domains[0].records.first)
    let missing = LinodeDomain.recordLimit - account.model.domains[0].records.count - 1
    account.model.domains[0].records += (0..<missing).map { number in
      var copy = record
      copy.id = 1_000_000 + number
      return copy
    }
    let body = #"{"type":"TXT","name":"t","target":"x"}"#
    let last = account.ask("POST", "domains/{domain}/records", body)
    #expect(last.status == 200)
    let more = account.ask("POST", "domains/{domain}/records", body)
    #expect(more.status == 400 && !more.isChange)
    #expect(account.model.domains[0].records.count == 12_000)
    let id = try #require(last.body["id"]?.integer)
    #expect(account.ask("DELETE", "domains/{domain}/records/\(id)").status == 200)
    #expect(account.ask("POST", "domains/{domain}/records", body).status == 200)
  }
}
