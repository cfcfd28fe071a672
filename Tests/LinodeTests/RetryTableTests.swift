import Platform
import Testing
import Wire

@testable import Linode

/// One row of the retry table: a reply, and what each shape of a call may do after it.
struct TableRow: Sendable, CustomTestStringConvertible {
  var status: Int
  var body: String
  var headers: [(String, String)] = []
  var type = "application/json"
  var kind: LinodeError.Kind
  var get: Failure
  var put: Failure
  var post: Failure

  var testDescription: String { "\(status) \(type) \(body.prefix(40))" }

  init(
    _ status: Int, _ body: String, _ kind: LinodeError.Kind, _ get: Failure, _ put: Failure,
    _ post: Failure? = nil, headers: [(String, String)] = [], type: String = "application/json"
  ) {
    self.status = status
    self.body = body
    self.headers = headers
    self.type = type
    self.kind = kind
    self.get = get
    self.put = put
    self.post = post ?? put
  }

  static func reason(_ text: String) -> String { "{\"errors\":[{\"reason\":\"\(text)\"}]}" }

  static let html = "<html><head><title>502 Bad Gateway</title></head></html>"

  private static let scoped = [
    ("X-OAuth-Scopes", "domains:read_only"), ("X-Accepted-OAuth-Scopes", "domains:read_write"),
  ]
  private static let enough = [
    ("X-OAuth-Scopes", "domains:read_write"), ("X-Accepted-OAuth-Scopes", "domains:read_write"),
  ]
  private static let nobody = [
    ("X-OAuth-Scopes", "unknown"), ("X-Accepted-OAuth-Scopes", "domains:read_write"),
  ]
  private static let planned = [("X-Maintenance-Mode", "planned")]
  private static let noScope = reason(
    "Your OAuth token is not authorized to use this endpoint.")

  /// facts/linode, section 2 and 6.
  static let all: [TableRow] = [
    TableRow(429, reason("Too many requests"), .throttled, .transient, .transient),
    TableRow(
      429, reason("Too many requests"), .throttled, .transient, .transient,
      headers: [("Retry-After", "30")]),
    TableRow(429, html, .throttled, .transient, .transient, type: "text/html"),
    TableRow(400, reason("Linode busy."), .busy, .transient, .transient, .outcomeUnknown),
    TableRow(400, html, .garbled, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(400, reason("Invalid IPv4"), .rejected, .permanent, .permanent),
    TableRow(408, reason("Request timeout"), .timedOut, .transient, .outcomeUnknown),
    TableRow(408, html, .timedOut, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(401, reason("Invalid Token"), .unauthorized, .permanent, .permanent),
    TableRow(
      401, reason("Invalid Token"), .unauthorized, .permanent, .permanent, headers: nobody),
    TableRow(401, noScope, .scopeMissing, .permanent, .permanent, headers: scoped),
    // The words alone say nothing: they are not matched.
    TableRow(401, noScope, .unauthorized, .permanent, .permanent),
    TableRow(401, noScope, .unauthorized, .permanent, .permanent, headers: enough),
    TableRow(401, html, .garbled, .transient, .outcomeUnknown, headers: scoped, type: "text/html"),
    TableRow(403, reason("Unauthorized"), .forbidden, .permanent, .permanent),
    TableRow(403, html, .garbled, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(404, reason("Not found"), .notFound, .permanent, .permanent),
    TableRow(404, html, .garbled, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(422, reason("what"), .rejected, .permanent, .permanent),
    TableRow(500, reason("Internal"), .server, .transient, .outcomeUnknown),
    TableRow(500, html, .server, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(501, reason("Not yet"), .server, .transient, .outcomeUnknown),
    TableRow(502, html, .server, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(503, reason("Soon"), .unavailable, .transient, .transient),
    TableRow(503, reason("Soon"), .unavailable, .transient, .transient, headers: planned),
    TableRow(503, html, .unavailable, .transient, .transient, headers: planned, type: "text/html"),
    TableRow(503, html, .unavailable, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(504, "", .server, .transient, .outcomeUnknown),
    TableRow(504, html, .server, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(302, "", .garbled, .transient, .outcomeUnknown),
    TableRow(302, reason("odd"), .garbled, .transient, .outcomeUnknown),
    TableRow(999, reason("odd"), .garbled, .transient, .outcomeUnknown),
    TableRow(200, html, .garbled, .transient, .outcomeUnknown, type: "text/html"),
    TableRow(200, "", .garbled, .transient, .outcomeUnknown),
    TableRow(204, "", .garbled, .transient, .outcomeUnknown),
    TableRow(202, "{\"warnings\":[]}", .garbled, .transient, .outcomeUnknown),
    TableRow(200, "{\"id\":9,\"type\":\"A\",\"na", .garbled, .transient, .outcomeUnknown),
    TableRow(200, "[]", .garbled, .transient, .outcomeUnknown),
    TableRow(200, "null", .garbled, .transient, .outcomeUnknown),
    TableRow(200, reason("odd"), .garbled, .transient, .outcomeUnknown),
  ]
}

@Suite struct RetryTableTests {
  @Test(arguments: TableRow.all) func everyReplyHasItsMeaning(row: TableRow) async throws {
    for shape in Shape.allCases {
      let api = Canned(row.status, row.body, row.headers, type: row.type)
      let error = try #require(await shape.run(api.client()))
      let expected =
        switch shape {
        case .get: row.get
        case .put: row.put
        case .post: row.post
        }
      #expect(error.failure == expected, "\(shape): \(error)")
      #expect(error.kind == row.kind, "\(shape): \(error)")
      #expect(error.status == row.status)
      #expect(api.requests.count == 1, "the client never repeats by itself")
    }
  }

  @Test(arguments: [
    (HTTPError.Kind.timeout, Failure.outcomeUnknown, Failure.transient, Failure.outcomeUnknown),
    (.reset, .outcomeUnknown, .transient, .outcomeUnknown),
    (.tooLarge, .outcomeUnknown, .transient, .outcomeUnknown),
    (.connect, .transient, .transient, .transient),
    (.resolve, .transient, .transient, .transient),
    (.tls, .permanent, .permanent, .permanent),
  ]) func everyBrokenTransferHasItsMeaning(
    kind: HTTPError.Kind, failure: Failure, read: Failure, write: Failure
  ) async throws {
    for shape in Shape.allCases {
      let transfer = HTTPError(kind: kind, failure: failure, description: "127.0.0.1: \(kind)")
      let error = try #require(await shape.run(Canned([.failure(transfer)]).client()))
      #expect(error.kind == .unreachable)
      #expect(error.failure == (shape == .get ? read : write), "\(shape)")
      #expect(error.status == nil)
    }
  }

  @Test func waitsAndMaintenanceAreTold() async throws {
    let later = Canned(429, TableRow.reason("Too many requests"), [("Retry-After", "17")])
    #expect(await Shape.put.run(later.client())?.retryAfter == .seconds(17))
    let absurd = Canned(429, "", [("retry-after", "99999999")])
    let tooLong = await Shape.put.run(absurd.client())
    #expect(tooLong?.retryAfter == .seconds(3_600))
    #expect(tooLong?.description.contains("asks to wait 99999999 s") == true, "its own figure")
    for nonsense in ["soon", "-1", ""] {
      let api = Canned(429, "", [("Retry-After", nonsense)])
      #expect(await Shape.put.run(api.client())?.retryAfter == nil)
    }
    let planned = Canned(503, TableRow.reason("Soon"), [("X-Maintenance-Mode", "true")])
    let error = try #require(await Shape.get.run(planned.client()))
    #expect(error.maintenance)
    #expect(error.description.contains("planned maintenance"))
    #expect(await Shape.get.run(Canned(503, "").client())?.maintenance == false)
  }

  /// Each row of the table is met by a reply above, so that none can be lost unnoticed.
  @Test func everyRowOfTheTableIsCovered() throws {
    let call = LinodeCall(
      question: LinodeQuestion(method: "GET", path: "/domains", deadline: .seconds(1)),
      token: Canned.secret, tokenName: .primary, deadline: .seconds(1))
    let met = try TableRow.all.filter { $0.status >= 300 }.map { row in
      call.tableRow(of: try Canned.reply(row.status, row.body, row.headers, type: row.type).get())
    }
    #expect(Set(met) == Set(RetryTable.rows.indices))
  }

  @Test(arguments: [202, 299]) func aSuccessMayWarn(status: Int) async throws {
    let warned = LinodeClientTests.record(9).dropLast()
    let entries =
      "{\"title\":\"Slow\",\"detail\":\"takes\\na while, \(Canned.secret)\"},{\"detail\":\"b\"}"
    let body = "\(warned),\"warnings\":[\(entries)]}"
    let reply = try await Canned(status, body).client().updateRecord(
      domain: 7, record: 9, target: "127.0.2.1")
    #expect(reply.value.id == 9)
    #expect(reply.warnings == ["Slow: takes a while, [token]", "b"])
    // Warnings of another form do not make an error of what was done.
    let odd = Canned(status, "\(warned),\"warnings\":\"soon\"}")
    let reread = try await odd.client().updateRecord(domain: 7, record: 9, target: "127.0.2.1")
    #expect(reread.warnings.isEmpty)
    let plain = Canned(200, LinodeClientTests.record(9))
    #expect(
      try await plain.client().updateRecord(domain: 7, record: 9, target: "x").warnings.isEmpty)
  }

  @Test func refusalsOfTheTokenSayWhatIsMissing() async throws {
    let scopes = [
      ("X-OAuth-Scopes", "domains:read_only"), ("X-Accepted-OAuth-Scopes", "domains:read_write"),
    ]
    let body = TableRow.reason("no")
    let lacking = try #require(await Shape.put.run(Canned(401, body, scopes).client()))
    #expect(lacking.description.contains("has the scopes domains:read_only"))
    #expect(lacking.description.contains("needs domains:read_write"))
    #expect(lacking.tokensTried == ["token"])
    let wrong = try #require(await Shape.put.run(Canned(401, body).client()))
    #expect(wrong.description.contains("not valid or lacks the scope domains:read_write"))
    let narrow = try #require(await Shape.put.run(Canned(403, body).client()))
    #expect(narrow.description.contains("grant it read_write"))
  }

  @Test func reasonsAreShownWithTheirFieldAndBounded() async throws {
    let body = "{\"errors\":[{\"reason\":\"Invalid\\nIPv4\",\"field\":\"target\"}]}"
    let error = try #require(await Shape.put.run(Canned(400, body).client()))
    #expect(error.reasons == ["target: Invalid IPv4"])
    #expect(error.description.contains("PUT /domains/7/records/9: 400"))
    let one = "{\"reason\":\"\(String(repeating: "x", count: 5_000))\"}"
    let many = "{\"errors\":[\(Array(repeating: one, count: 50).joined(separator: ","))]}"
    let bounded = try #require(await Shape.put.run(Canned(400, many).client()))
    #expect(bounded.reasons.count == 8)
    #expect(bounded.reasons.allSatisfy { $0.count <= 300 })
  }

  @Test func theTokenIsNeverShown() async throws {
    let echo = TableRow.reason("no such token: \(Canned.secret)")
    for status in [400, 401, 403, 404, 429, 503, 500] {
      let error = try #require(await Shape.put.run(Canned(status, echo).client()))
      #expect(!"\(error) \(error.reasons)".contains(Canned.secret))
    }
    let transfer = HTTPError(
      kind: .other, failure: .transient, description: "sent Bearer \(Canned.secret)")
    let error = try #require(await Shape.get.run(Canned([.failure(transfer)]).client()))
    #expect(!error.description.contains(Canned.secret))
    #expect(error.description.contains("[token]"))
  }
}
