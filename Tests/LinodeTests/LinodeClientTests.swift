import FoundationEssentials
import Linode
import Platform
import Testing
import Wire

@Suite struct LinodeClientTests {
  static func record(_ id: Int, type: String = "A", name: String = "app") -> String {
    """
    {"id":\(id),"type":"\(type)","name":"\(name)","target":"127.0.1.1","priority":0,"weight":0,\
    "port":0,"service":null,"protocol":null,"ttl_sec":30,"tag":null,\
    "created":"2018-01-02T03:04:05","updated":"2018-01-02T03:04:05"}
    """
  }

  static func page(_ entries: [String], _ page: Int, of pages: Int, results: Int) -> String {
    "{\"data\":[\(entries.joined(separator: ","))],\"page\":\(page),\"pages\":\(pages),"
      + "\"results\":\(results)}"
  }

  @Test func allPagesAreRead() async throws {
    let headers = [
      ("X-RateLimit-Limit", "200"), ("X-Ratelimit-Remaining", "198"),
      ("X-RateLimit-Reset", "1790000000"), ("X-OAuth-Scopes", "domains:read_only"),
    ]
    let api = Canned([
      Canned.reply(200, Self.page([Self.record(1), Self.record(2)], 1, of: 3, results: 5)),
      Canned.reply(200, Self.page([Self.record(3), Self.record(4)], 2, of: 3, results: 5)),
      Canned.reply(200, Self.page([Self.record(5)], 3, of: 3, results: 5), headers),
    ])
    let reply = try await api.client().records(domain: 7)
    #expect(reply.value.map(\.id) == [1, 2, 3, 4, 5])
    #expect(
      reply.value.first
        == LinodeRecord(
          id: 1, type: "A", name: "app", target: "127.0.1.1", ttlSeconds: 30,
          updated: "2018-01-02T03:04:05"))
    #expect(
      reply.rateLimit
        == LinodeRateLimit(limit: 200, remaining: 198, resetsAtSeconds: 1_790_000_000))
    #expect(reply.access.granted == ["domains:read_only"])
    #expect(
      api.requests.map(\.url)
        == (1...3).map { "http://127.0.0.1:1/v4/domains/7/records?page=\($0)&page_size=500" })
    for request in api.requests {
      #expect(request.method == "GET")
      #expect(request.body == nil)
      #expect(request.sourceAddress == "127.0.0.2")
      #expect(request.headers.contains(HTTPField("Authorization", "Bearer \(Canned.secret)")))
    }
  }

  @Test(arguments: [
    // Fewer entries than announced, a page that is another, pages without end.
    [page([record(1)], 1, of: 1, results: 2)],
    [page([record(1)], 2, of: 2, results: 1)],
    [page([record(1)], 1, of: 2, results: 2), page([record(1)], 1, of: 2, results: 2)],
    [page([record(1)], 1, of: 2, results: 2), page([], 2, of: 2, results: 0)],
    [page([record(1)], 1, of: 1_000_000, results: 2)],
  ]) func aListThatDoesNotAddUpIsGarbled(pages: [String]) async throws {
    let api = Canned(pages.map { Canned.reply(200, $0) })
    let error = try #require(await Shape.get.run(api.client()))
    #expect(error.kind == .garbled)
    #expect(error.failure == .transient)
  }

  /// It is refused before a parser sees it that calls itself for each level.
  @Test(arguments: [100, 30_000])
  func aReplyThatNestsDeepIsGarbled(depth: Int) async throws {
    let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let list = Self.page([Self.record(1)], 1, of: 1, results: 1)
    let reply = "{\"deep\":\(deep)," + list.dropFirst()
    let error = try #require(await Shape.get.run(Canned(200, reply).client()))
    #expect(error.kind == .garbled)
    let refused = try #require(
      await Shape.get.run(Canned(500, "{\"errors\":\(deep)}").client()))
    #expect(refused.failure == .transient)
  }

  @Test func anEmptyListIsAnError() async throws {
    let empty = Self.page([], 1, of: 1, results: 0)
    let records = try #require(await Shape.get.run(Canned(200, empty).client()))
    #expect(records.kind == .emptyList)
    #expect(records.failure == .transient)
    let domains = await #expect(throws: LinodeError.self) {
      _ = try await Canned(200, empty).client().domains()
    }
    #expect(domains?.kind == .emptyList)
  }

  @Test func aChangeIsOnePutOfTheTarget() async throws {
    let api = Canned(200, Self.record(9))
    _ = try await api.client().updateRecord(
      domain: 7, record: 9, target: "127.0.2.1", deadline: .seconds(3))
    let request = try #require(api.requests.first)
    #expect(request.method == "PUT")
    #expect(request.url == "http://127.0.0.1:1/v4/domains/7/records/9")
    #expect(String(decoding: request.body ?? [], as: UTF8.self) == "{\"target\":\"127.0.2.1\"}")
    #expect(request.headers.contains(HTTPField("Content-Type", "application/json")))
    #expect(request.deadline == .seconds(3))
    #expect(api.requests.count == 1)

    let other = Canned(200, Self.record(10))
    let error = try #require(await Shape.put.run(other.client()))
    #expect(error.kind == .garbled)
    #expect(error.failure == .outcomeUnknown)
  }

  /// What is sent says what changes.
  @Test(arguments: [
    (String?.some("127.0.2.1"), Int?.none, "{\"target\":\"127.0.2.1\"}"),
    (nil, 30, "{\"ttl_sec\":30}"),
    ("127.0.2.1", 0, "{\"target\":\"127.0.2.1\",\"ttl_sec\":0}"),
  ]) func onlyWhatChangesIsSent(target: String?, ttl: Int?, body: String) async throws {
    let api = Canned(200, Self.record(9))
    _ = try await api.client().updateRecord(
      domain: 7, record: 9, target: target, ttlSeconds: ttl)
    #expect(api.requests.map { String(decoding: $0.body ?? [], as: UTF8.self) } == [body])
  }

  @Test func whatTheAPIWouldRoundIsNotSent() async throws {
    for seconds in [-1, 1, 29, 31, 60, 299, 86_401, 2_419_201, .max] {
      let api = Canned([])
      let change = await #expect(throws: LinodeError.self) {
        _ = try await api.client().updateRecord(domain: 7, record: 9, ttlSeconds: seconds)
      }
      let creation = await #expect(throws: LinodeError.self) {
        _ = try await api.client().createRecord(
          domain: 7, type: "A", name: "app", target: "127.0.1.1", ttlSeconds: seconds)
      }
      for error in [change, creation] {
        #expect(error?.kind == .rejected)
        #expect(error?.failure == .permanent)
        #expect(error?.description.contains("\(seconds)") == true)
        #expect(error?.description.contains("0, 30, 120, 300, 3600") == true)
      }
      #expect(api.requests.isEmpty)
    }
    for seconds in LinodeTTL.accepted {
      let api = Canned(200, Self.record(9))
      _ = try await api.client().updateRecord(domain: 7, record: 9, ttlSeconds: seconds)
      #expect(api.requests.count == 1)
    }
    let nothing = Canned([])
    let error = await #expect(throws: LinodeError.self) {
      _ = try await nothing.client().updateRecord(domain: 7, record: 9)
    }
    #expect(error?.kind == .rejected)
    #expect(nothing.requests.isEmpty)
  }

  @Test func zonesTellTheirKind() async throws {
    let old = "{\"id\":7,\"domain\":\"example.org\",\"status\":\"active\",\"ttl_sec\":0}"
    let slave = """
      {"id":8,"domain":"example.net","status":"edit_mode","ttl_sec":300,"type":"slave",
      "soa_email":null,"master_ips":["192.0.2.1"]}
      """
    let master = """
      {"id":9,"domain":"example.com","status":"active","ttl_sec":300,"type":"master",
      "soa_email":"a@example.com"}
      """
    let domains = try await Canned(200, Self.page([old, slave, master], 1, of: 1, results: 3))
      .client().domains().value
    #expect(domains.map(\.type) == ["master", "slave", "master"])
    #expect(domains.map(\.soaEmail) == ["", "", "a@example.com"])
    #expect(
      domains[0] == LinodeDomain(id: 7, domain: "example.org", status: "active", ttlSeconds: 0))
  }

  @Test func aNewRecordIsOnePost() async throws {
    let api = Canned(200, Self.record(11, type: "TXT", name: "_signalbox.app"))
    let reply = try await api.client().createRecord(
      domain: 7, type: "TXT", name: "_signalbox.app", target: "signalbox x", ttlSeconds: 30)
    #expect(reply.value.id == 11)
    let body = try #require(api.requests.first?.body)
    let sent = try JSONDecoder().decode(LinodeSent.self, from: Data(body))
    #expect(
      sent
        == LinodeSent(type: "TXT", name: "_signalbox.app", target: "signalbox x", ttl_sec: 30))
    let wrong = Canned(200, Self.record(11, type: "A"))
    #expect(await Shape.post.run(wrong.client())?.failure == .outcomeUnknown)
  }

  @Test func scopesAreUnderstood() async throws {
    let body = Self.page(
      ["{\"id\":7,\"domain\":\"example.org\",\"status\":\"active\",\"ttl_sec\":0}"], 1, of: 1,
      results: 1)
    func access(_ scopes: String?) async throws -> LinodeAccess {
      let headers = scopes.map { [("X-OAuth-Scopes", $0)] } ?? []
      return try await Canned(200, body, headers).client().domains().access
    }
    #expect(try await access("domains:read_write").allows("domains", "read_write") == true)
    #expect(try await access("domains:read_write").allows("domains", "read_only") == true)
    #expect(try await access("domains:read_only").allows("domains", "read_write") == false)
    #expect(try await access("linodes:*, domains:*").allows("domains", "read_write") == true)
    #expect(try await access("*").allows("domains", "read_write") == true)
    #expect(try await access("linodes:read_write").allows("domains", "read_only") == false)
    #expect(try await access("unknown").allows("domains", "read_only") == nil)
    #expect(try await access(nil).allows("domains", "read_only") == nil)
  }

  @Test(arguments: ["", " \n", "two words", "tok\u{0}en", "tök", "a\r\nX-Evil: 1"])
  func anUnusableTokenIsNotSent(token: String) async throws {
    let api = Canned(200, "{}")
    let error = try #require(await Shape.get.run(api.client(token: token)))
    #expect(error.kind == .unauthorized)
    #expect(error.failure == .permanent)
    #expect(api.requests.isEmpty)
  }

  @Test func whiteSpaceAroundTheTokenIsDropped() async throws {
    let api = Canned(200, Self.record(9))
    _ = await Shape.put.run(api.client(token: " \(Canned.secret)\n"))
    #expect(
      api.requests.first?.headers.contains(
        HTTPField("Authorization", "Bearer \(Canned.secret)")) == true)
  }
}

/// The body of a POST as the API reads it.
struct LinodeSent: Decodable, Equatable {
  var type: String
  var name: String
  var target: String
  var ttl_sec: Int
}
