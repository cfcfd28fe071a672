import Linode
import Platform
import Testing

/// What is found about tokens and zones before they are needed.
@Suite struct AccessCheckTests {
  /// An account as one token sees it.
  private struct Seen {
    var scopes: String? = "domains:read_write nodebalancers:read_only events:read_only"
    var zones = [zone(7, "example.org")]
    /// Nil: an unrestricted user.
    var grants: String?
    var grantsStatus = 200

    var replies: [Canned.Outcome] {
      let headers = scopes.map { [("X-OAuth-Scopes", $0)] } ?? []
      let page = LinodeClientTests.page(zones, 1, of: 1, results: zones.count)
      let answer =
        grants.map { Canned.reply(grantsStatus, $0, headers) } ?? Canned.reply(204, "", headers)
      return [Canned.reply(200, page, headers), answer]
    }

    static func zone(
      _ id: Int, _ name: String, status: String = "active", type: String = "master"
    ) -> String {
      "{\"id\":\(id),\"domain\":\"\(name)\",\"status\":\"\(status)\",\"ttl_sec\":300,"
        + "\"type\":\"\(type)\"}"
    }
  }

  private func paths(_ api: Canned) -> [String] {
    api.requests.map { $0.url.replacing("http://127.0.0.1:1/v4", with: "") }
  }

  private func check(
    _ api: Canned, zones: [String] = ["example.org"], balancers: Bool = true, spare: Bool = false
  ) async throws -> LinodeAccessReport {
    try await api.client(spare: spare ? Canned.spareSecret : nil).verifyAccess(
      for: zones, needsBalancers: balancers)
  }

  private static let twoCalls = ["/domains?page=1&page_size=500", "/profile/grants"]

  @Test func nothingIsWrong() async throws {
    let api = Canned(Seen().replies)
    let report = try await check(api, zones: ["example.org", "APP.example.org.", "a.example.org"])
    #expect(report.findings.isEmpty)
    #expect(report.canAct)
    #expect(report.ableTokens == ["token"])
    #expect(
      report.scopes["token"]
        == ["domains:read_write", "nodebalancers:read_only", "events:read_only"])
    #expect(paths(api) == Self.twoCalls, "two questions, whatever the number of zones")
    let all = Canned(Seen(scopes: "*").replies)
    #expect(try await check(all).findings.isEmpty)
  }

  @Test(arguments: [
    (
      "domains:read_only nodebalancers:read_only events:read_only", true,
      LinodeFinding.Kind.domainsScopeMissing, LinodeFinding.Severity.blocking
    ),
    (
      "linodes:read_write nodebalancers:read_only events:read_only", true, .domainsScopeMissing,
      .blocking
    ),
    ("domains:read_write events:read_only", true, .nodeBalancersScopeMissing, .blocking),
    ("domains:read_write nodebalancers:read_only", true, .eventsScopeMissing, .note),
    ("domains:read_write", false, .eventsScopeMissing, .note),
  ]) func missingScopesAreNamed(
    scopes: String, balancers: Bool, kind: LinodeFinding.Kind, severity: LinodeFinding.Severity
  ) async throws {
    let report = try await check(Canned(Seen(scopes: scopes).replies), balancers: balancers)
    #expect(report.findings.map(\.kind) == [kind])
    #expect(report.findings.first?.severity == severity)
    #expect(report.findings.first?.token == "token")
    #expect(report.canAct == (severity != .blocking))
  }

  @Test func scopesThatAreNotTold() async throws {
    let none = LinodeClientTests.page([], 1, of: 1, results: 0)
    for scopes in [nil, "unknown"] {
      var replies = Seen(scopes: scopes).replies
      replies.insert(Canned.reply(200, none), at: 1)
      let api = Canned(replies)
      let report = try await check(api)
      #expect(report.findings.map(\.kind) == [.scopesUnknown])
      #expect(report.canAct, "it is not known to be wrong")
      #expect(report.scopes["token"] == [])
      #expect(
        paths(api) == [
          Self.twoCalls[0], "/nodebalancers?page=1&page_size=25", Self.twoCalls[1],
        ])
      replies[1] = Canned.reply(401, TableRow.reason("no"))
      #expect(
        try await check(Canned(replies)).findings.map(\.kind)
          == [.scopesUnknown, .nodeBalancersScopeMissing])
      let unneeded = Canned(Seen(scopes: scopes).replies)
      #expect(
        try await check(unneeded, balancers: false).findings.map(\.kind) == [.scopesUnknown])
      #expect(paths(unneeded) == Self.twoCalls)
    }
  }

  @Test(arguments: [
    (401, [], LinodeFinding.Kind.tokenInvalid),
    (
      401,
      [
        ("X-OAuth-Scopes", "linodes:read_only"), ("X-Accepted-OAuth-Scopes", "domains:read_only"),
      ], .domainsScopeMissing
    ),
    (403, [], .userRefused),
  ]) func aRefusedListIsAFinding(
    status: Int, headers: [(String, String)], kind: LinodeFinding.Kind
  ) async throws {
    let api = Canned(status, TableRow.reason("no, \(Canned.secret)"), headers)
    let report = try await check(api)
    #expect(report.findings.map(\.kind) == [kind])
    #expect(report.findings.first?.severity == .blocking)
    #expect(!report.canAct)
    #expect(!"\(report)".contains(Canned.secret))
    #expect(paths(api).count == 1)
  }

  @Test func zonesThatCannotBeUsed() async throws {
    let zones = [
      Seen.zone(1, "org"), Seen.zone(7, "example.org", status: "disabled"),
      Seen.zone(8, "example.net", type: "slave"), Seen.zone(9, "other.example"),
    ]
    let report = try await check(
      Canned(Seen(zones: zones).replies),
      zones: ["app.example.org", "example.net", "example.com", "xexample.net", "www.other.example"])
    try #require(
      report.findings.map(\.kind)
        == [.zoneNotActive, .zoneIsSlave, .zoneNotVisible, .zoneNotVisible])
    #expect(
      report.findings.map(\.zone)
        == ["app.example.org", "example.net", "example.com", "xexample.net"])
    #expect(report.findings.map(\.token) == [nil, nil, "token", "token"])
    #expect(report.findings[0].description.contains("disabled"))
    #expect(report.findings[2].description.contains("it sees org, example.org"))
    let blind = Canned(Seen(zones: []).replies)
    let nothing = try await check(blind)
    #expect(nothing.findings.map(\.kind) == [.zoneNotVisible])
    #expect(paths(blind).count == 1, "no grants to ask for")
  }

  @Test func restrictedUsersNeedAGrant() async throws {
    let zones = [
      Seen.zone(7, "example.org"), Seen.zone(8, "example.net"), Seen.zone(9, "example.com"),
    ]
    let grants = """
      {"domain":[{"id":7,"label":"example.org","permissions":"read_write"},
      {"id":8,"label":"example.net","permissions":"read_only"}],"nodebalancer":[]}
      """
    let names = ["example.org", "example.net", "example.com"]
    let report = try await check(
      Canned(Seen(zones: zones, grants: grants).replies), zones: names)
    try #require(report.findings.map(\.kind) == [.zoneReadOnly, .zoneReadOnly])
    #expect(report.findings.map(\.zone) == ["example.net", "example.com"])
    #expect(report.findings[0].description.contains("read_only"))
    #expect(report.findings[1].description.contains("no grant"))
    #expect(!report.canAct)
    for status in [401, 403, 404] {
      let refused = Seen(grants: TableRow.reason("no"), grantsStatus: status)
      let unknown = try await check(Canned(refused.replies))
      #expect(unknown.findings.map(\.kind) == [.grantsUnknown])
      #expect(unknown.canAct)
    }
  }

  @Test func eachTokenIsCheckedForItself() async throws {
    let narrow = Seen(
      scopes: "domains:read_only", zones: [Seen.zone(7, "example.org", status: "edit_mode")])
    var wide = narrow
    wide.scopes = "*"
    let api = Canned(narrow.replies + wide.replies)
    let client = api.client(spare: Canned.spareSecret)
    let report = try await client.verifyAccess(for: ["example.org"], needsBalancers: false)
    #expect(
      report.findings.map { [$0.kind.rawValue, $0.token] } == [
        ["domainsScopeMissing", "token"], ["eventsScopeMissing", "token"], ["zoneNotActive", nil],
      ], "the zone's fault is told once")
    #expect(report.ableTokens.isEmpty)
    let (one, two) = (Canned.secret, Canned.spareSecret)
    #expect(api.tokens == [one, one, two, two])
    #expect(client.tokens.preferred == .primary, "a check prefers nothing")

    let good = Canned([Canned.reply(401, TableRow.reason("Invalid Token"))] + Seen().replies)
    let saved = try await check(good, spare: true)
    #expect(saved.findings.map(\.kind) == [.tokenInvalid])
    #expect(saved.ableTokens == ["spare token"])
    #expect(saved.canAct)
    #expect(good.tokens == [one, two, two])

    let same = Canned(Seen().replies + Seen().replies)
    let twice = try await same.client(spare: Canned.secret).verifyAccess(
      for: ["example.org"], needsBalancers: true)
    #expect(twice.findings.map(\.kind) == [.spareIsTheSame])
    #expect(twice.findings.first?.severity == .risk)
  }

  @Test func anUnreadableTokenIsAFinding() async throws {
    let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-tokens")
    defer { Files.removeTree(directory) }
    let path = "\(directory)/token"
    try Files.writeAtomically(Array(Canned.secret.utf8), to: path)
    let tokens = try LinodeTokens.reading(file: path, environment: [:])
    let api = Canned(401, TableRow.reason("Invalid Token"))
    let report = try await api.client(tokens: tokens).verifyAccess(for: [], needsBalancers: false)
    #expect(report.findings.map(\.kind) == [.tokenInvalid])
    #expect(report.findings.first?.description.contains(path) == true, "where to put a new one")
    let empty = try await Canned([]).client(tokens: LinodeTokens({ [] })).verifyAccess(
      for: [], needsBalancers: false)
    #expect(empty.findings.map(\.kind) == [.tokenInvalid])
  }

  @Test(arguments: [429, 500, 502, 503]) func whatIsNoTokensFaultIsThrown(status: Int) async throws
  {
    let first = await #expect(throws: LinodeError.self) {
      _ = try await check(Canned(status, TableRow.reason("no")))
    }
    #expect(first?.status == status)
    let second = await #expect(throws: LinodeError.self) {
      _ = try await check(
        Canned(Seen(grants: TableRow.reason("no"), grantsStatus: status).replies))
    }
    #expect(second?.status == status)
  }
}
