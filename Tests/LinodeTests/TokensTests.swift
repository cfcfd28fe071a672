import Platform
import Testing
import Wire

@testable import Linode

/// Two tokens: which one is asked with, and what is told of them.
@Suite struct TokensTests {
  private static let record = Canned.reply(200, LinodeClientTests.record(9))
  private static let list = Canned.reply(
    200, LinodeClientTests.page([LinodeClientTests.record(9)], 1, of: 1, results: 1))

  private static func refusal(_ status: Int, took: Duration = .zero) -> Canned.Outcome {
    Canned.reply(status, TableRow.reason("no"), took: took)
  }

  private static func success(_ shape: Shape) -> Canned.Outcome {
    switch shape {
    case .get: list
    case .put: record
    case .post: Canned.reply(200, LinodeClientTests.record(9, type: "TXT"))
    }
  }

  @Test(arguments: [401, 403], Shape.allCases)
  func theSpareStepsInAndStays(status: Int, shape: Shape) async throws {
    let success = Self.success(shape)
    let api = Canned([
      Self.refusal(status), success, success, success, Self.refusal(status), success, success,
    ])
    let client = api.client(spare: Canned.spareSecret)
    for _ in 1...5 { #expect(await shape.run(client) == nil) }
    let (one, two) = (Canned.secret, Canned.spareSecret)
    // Refused, so the spare; that stays until it is refused in turn.
    #expect(api.tokens == [one, two, two, two, two, one, one])
    #expect(client.tokens.preferred == .primary)
  }

  @Test func theReplySaysWhichTokenItWas() async throws {
    let api = Canned([Self.list, Self.refusal(401), Self.list])
    let client = api.client(spare: Canned.spareSecret)
    #expect(try await client.records(domain: 7).token == "token")
    #expect(try await client.records(domain: 7).token == "spare token")
    #expect(client.tokens.preferred == .spare)
  }

  /// A token without the scope for events is still the one for records.
  @Test func whichOneWorksIsKnownByArea() async throws {
    let events = Canned.reply(200, LinodeClientTests.page([], 1, of: 1, results: 0))
    let api = Canned([Self.refusal(401), events, Self.list, events, Self.list])
    let client = api.client(spare: Canned.spareSecret)
    for _ in 1...2 {
      #expect(try await client.events().value.isEmpty)
      #expect(try await client.records(domain: 7).value.count == 1)
    }
    let (one, two) = (Canned.secret, Canned.spareSecret)
    #expect(api.tokens == [one, two, one, two, one])
    #expect(client.tokens.preferred == .primary)
  }

  @Test func bothRefusedIsToldOfBoth() async throws {
    let echo = "\(Canned.secret) or \(Canned.spareSecret)"
    for (first, second) in [(401, 403), (403, 401), (401, 401)] {
      let api = Canned([
        Canned.reply(first, TableRow.reason(Canned.secret)),
        Canned.reply(second, TableRow.reason(Canned.spareSecret)),
      ])
      let error = try #require(await Shape.put.run(api.client(spare: Canned.spareSecret)))
      #expect(error.tokensTried == ["token", "spare token"])
      #expect(error.failure == .permanent)
      #expect(error.description.contains("\(first)"))
      #expect(error.description.contains("\(second)"))
      #expect(error.description.contains("(spare token)"))
      for secret in echo.split(separator: " ") where secret.count > 2 {
        #expect(!"\(error) \(error.reasons)".contains(secret))
      }
      #expect(api.requests.count == 2, "once with each")
    }
  }

  /// Only a refusal of the token is known not to have been carried out and to be mended by another.
  @Test func nothingElseIsTriedTwice() async throws {
    for row in TableRow.all where ![401, 403].contains(row.status) || row.type == "text/html" {
      for shape in Shape.allCases {
        let api = Canned(row.status, row.body, row.headers, type: row.type)
        let error = await shape.run(api.client(spare: Canned.spareSecret))
        #expect(error?.kind == row.kind)
        #expect(api.tokens == [Canned.secret])
        #expect(error?.tokensTried == ["token"])
      }
    }
    let lost = HTTPError(kind: .timeout, failure: .outcomeUnknown, description: "timeout")
    let api = Canned([.failure(lost)])
    _ = await Shape.put.run(api.client(spare: Canned.spareSecret))
    #expect(api.tokens == [Canned.secret])
  }

  @Test func whatTheSecondTryMeetsCounts() async throws {
    let lost = HTTPError(kind: .timeout, failure: .outcomeUnknown, description: "timeout")
    let api = Canned([Self.refusal(401), .failure(lost)])
    let client = api.client(spare: Canned.spareSecret)
    let error = try #require(await Shape.put.run(client))
    #expect(error.kind == .unreachable)
    #expect(error.failure == .outcomeUnknown, "it may have been carried out")
    #expect(error.tokensTried == ["token", "spare token"])
    #expect(client.tokens.preferred == .primary, "only what worked is preferred")
    let hidden = Canned([Self.refusal(401), Canned.reply(404, TableRow.reason("Not found"))])
    let other = hidden.client(spare: Canned.spareSecret)
    #expect(await Shape.put.run(other)?.kind == .notFound)
    #expect(other.tokens.preferred == .primary)
  }

  @Test func bothTriesShareTheDeadline() async throws {
    func put(_ client: LinodeClient) async throws {
      _ = try await client.updateRecord(
        domain: 7, record: 9, target: "127.0.2.1", deadline: .seconds(10))
    }
    let api = Canned([Self.refusal(401, took: .seconds(3)), Self.record])
    try await put(api.client(spare: Canned.spareSecret))
    #expect(api.requests.map(\.deadline) == [.seconds(10), .seconds(7)])
    let late = Canned([Self.refusal(401, took: .milliseconds(9_000)), Self.record])
    let error = await #expect(throws: LinodeError.self) {
      try await put(late.client(spare: Canned.spareSecret))
    }
    #expect(error?.kind == .unauthorized)
    #expect(late.requests.count == 1, "what is left is too short to be answered in")
  }

  @Test func anUnreadableTokenLeavesTheSpare() async throws {
    struct Gone: Error {}
    for source: LinodeTokens.Source in [{ throw Gone() }, { [] }, { Array("two words".utf8) }] {
      let api = Canned([Self.record])
      let tokens = LinodeTokens(source, spare: { Array(Canned.spareSecret.utf8) })
      #expect(await Shape.put.run(api.client(tokens: tokens)) == nil)
      #expect(api.tokens == [Canned.spareSecret])
      let alone = Canned([])
      let error = try #require(await Shape.put.run(alone.client(tokens: LinodeTokens(source))))
      #expect(error.kind == .unauthorized)
      #expect(alone.requests.isEmpty)
    }
  }

  @Test func nothingThatPrintsShowsAToken() async throws {
    let api = Canned([Self.refusal(401), Self.refusal(403)])
    let budget = LinodeBudget(waits: TestTime.waits)
    let client = api.client(
      tokens: LinodeTokens(
        { Array(Canned.secret.utf8) }, spare: { Array(Canned.spareSecret.utf8) }), budget: budget)
    let error = try #require(await Shape.put.run(client))
    var text = "\(client) \(client.tokens) \(budget) \(error) \(budget.standings())"
    text += String(reflecting: client) + String(reflecting: client.tokens)
    dump(client, to: &text)
    dump(client.tokens, to: &text)
    dump(error, to: &text)
    #expect(!text.contains(Canned.secret))
    #expect(!text.contains(Canned.spareSecret))
    #expect(text.contains("spare token"))
  }
}
