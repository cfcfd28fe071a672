import FoundationEssentials
import Platform
import Synchronization
import Testing

@testable import CoordinatorCore
@testable import DNS
@testable import Linode

/// Which zone counts is asked anew with each listing (RULES 15).
@Suite struct ZoneChoiceTests {
  private static let name = "app.example.org"
  private static let marker = Marker(
    cluster: "c1", incarnation: "beef", epoch: 7, active: "eu-central")

  private static func move(
    _ account: SmallAccount, despiteZone: Bool = false
  ) async -> MoveResult {
    let plan = MovePlan(
      name: name, desired: ["A": "192.0.2.2"], configured: ["192.0.2.1", "192.0.2.2"],
      marker: marker)
    let provider = LinodeProvider(account.client)
    return await WriteDriver(
      despiteZone ? provider.despiteZone : provider, deadline: .seconds(1), observer: Notebook(),
      sleep: { _ in }
    ).run(RecordMove(plan, pace: MovePace()))
  }

  @Test func aChildZoneBesideTheParentIsTheOneThatCounts() async throws {
    let account = SmallAccount(["example.org": [("A", "app", "192.0.2.1")]])
    let provider = LinodeProvider(account.client)
    #expect(try await provider.records(of: Self.name).map(\.target) == ["192.0.2.1"])
    account.change { $0["app.example.org"] = .init(id: 2, records: [("A", "", "192.0.2.7")]) }
    #expect(try await provider.records(of: Self.name).map(\.target) == ["192.0.2.7"])
    account.change { $0["app.example.org"]?.records = [("A", "", "192.0.2.1")] }
    let record = try #require(try await provider.records(of: Self.name).first)
    try await provider.setTarget("192.0.2.2", of: record, deadline: .seconds(1))
    #expect(account.target("app.example.org", "A") == "192.0.2.2")
    #expect(account.target("example.org", "A") == "192.0.2.1", "which counts no longer")
    account.change { $0["app.example.org"] = nil }
    #expect(try await provider.records(of: Self.name).map(\.target) == ["192.0.2.1"])
  }

  /// Calls are counted: what can wait lists the zones now and then, and when one is gone.
  @Test func readingsThatCanWaitListTheZonesSeldom() async throws {
    let account = SmallAccount(["example.org": [("A", "app", "192.0.2.1")]])
    let seldom = LinodeProvider(account.client, zonesEvery: .seconds(3_600)).routine
    for _ in 0..<5 { _ = try await seldom.records(of: Self.name) }
    #expect(account.calls == 6, "one listing of zones")
    account.change { zones in
      zones["example.org"] = nil
      zones["app.example.org"] = .init(id: 2, records: [("A", "", "192.0.2.7")])
    }
    #expect(try await seldom.records(of: Self.name).map(\.target) == ["192.0.2.7"])
    #expect(seldom.zones(of: [Self.name])[Self.name]?.name == "app.example.org")
  }

  /// While the zones cannot be listed those of before do.
  @Test func aListingThatFailsForOnceStopsNothing() async throws {
    let account = SmallAccount(["example.org": [("A", "app", "192.0.2.1")]])
    let provider = LinodeProvider(account.client)
    _ = try await provider.records(of: Self.name)
    account.failZones()
    #expect(try await provider.records(of: Self.name).map(\.target) == ["192.0.2.1"])
  }

  /// In the middle of a move.
  @Test(arguments: 1...12) func aMoveGoesOnInTheZoneThatCounts(call: Int) async {
    let account = SmallAccount(["example.org": [("A", "app", "192.0.2.1")]])
    account.onCall = { number, zones in
      guard number == call else { return }
      zones["app.example.org"] = .init(id: 2, records: [("A", "", "192.0.2.1")])
    }
    let result = await Self.move(account)
    if account.calls >= call {
      // A child that comes with the last reading is the next reading's.
      let target = account.target("app.example.org", "A")
      #expect(target == "192.0.2.2" || account.calls - call <= 1, "\(result), \(account.calls)")
    }
    #expect(result == .committed)
  }

  /// Nothing is written to a zone that is not served, unless an operator overrides that.
  @Test func aZoneThatIsNotServedTakesAnOverrideOnly() async {
    let account = SmallAccount(["example.org": [("A", "app", "192.0.2.1")]])
    for status in ["disabled", "has_errors", "edit_mode"] {
      account.change {
        $0["example.org"]?.status = status
        $0["example.org"]?.records[0].2 = "192.0.2.1"
      }
      let provider = LinodeProvider(account.client)
      _ = try? await provider.records(of: Self.name)
      let trouble = provider.zones(of: [Self.name])[Self.name]?.trouble
      #expect(trouble?.contains("has the status \(status)") == true)
      let writes = account.writes
      guard case .refused(let error) = await Self.move(account) else {
        Issue.record("written to a zone that is \(status)")
        continue
      }
      #expect(error.description.contains("example.org") && error.description.contains(status))
      #expect(account.writes == writes)
      #expect(await Self.move(account, despiteZone: true) == .committed)
      #expect(account.target("example.org", "A") == "192.0.2.2")
    }
  }

  @Test func aChildWithoutTheRecordHasNone() async {
    let account = SmallAccount(["example.org": [("A", "app", "192.0.2.1")]])
    account.change { $0["app.example.org"] = .init(id: 2, records: [("MX", "", "mail")]) }
    guard case .refused(let error) = await Self.move(account) else {
      Issue.record("moved")
      return
    }
    #expect(error.kind == .noRecord && error.description.contains("the zone app.example.org"))
    #expect(account.writes == 0)
  }
}

/// Zones and records as the API tells them.
final class SmallAccount: Sendable {
  struct Zone: Sendable {
    var id: Int64
    var status = "active"
    /// Type, relative name, target; numbered from 1 within the zone, ids are zone x 100 + that.
    var records: [(String, String, String)]
  }

  private struct State: Sendable {
    var zones: [String: Zone]
    var calls = 0
    var writes = 0
    var zonesFail = false
    var onCall: (@Sendable (Int, inout [String: Zone]) -> Void)?
  }

  private let state: Mutex<State>

  init(_ zones: [String: [(String, String, String)]]) {
    state = Mutex(State(zones: zones.mapValues { Zone(id: 1, records: $0) }))
  }

  var calls: Int { state.withLock { $0.calls } }
  var writes: Int { state.withLock { $0.writes } }

  /// Run before each call, with its number from 1.
  var onCall: (@Sendable (Int, inout [String: Zone]) -> Void)? {
    get { nil }
    set { state.withLock { $0.onCall = newValue } }
  }

  /// From now on the zones cannot be listed.
  func failZones() { state.withLock { $0.zonesFail = true } }

  func change(_ body: (inout [String: Zone]) -> Void) { state.withLock { body(&$0.zones) } }

  func target(_ zone: String, _ type: String) -> String? {
    state.withLock { $0.zones[zone]?.records.first { $0.0 == type }?.2 }
  }

  var client: LinodeClient { client(nil) }

  /// Its calls are counted there.
  func client(_ budget: LinodeBudget?) -> LinodeClient {
    LinodeClient(
      baseURL: "http://127.0.0.1:1/v4", tokens: LinodeTokens({ Array("token".utf8) }),
      budget: budget, send: { (request) async throws(HTTPError) in self.answer(request) })
  }

  private func answer(_ request: HTTPRequest) -> HTTPResponse {
    let path = request.url.split(separator: "/").dropFirst(3).map {
      String($0.split(separator: "?").first ?? "")
    }
    return state.withLock { state in
      state.calls += 1
      state.onCall?(state.calls, &state.zones)
      if path.count == 1, state.zonesFail { return Self.reply(500, #"{"errors":[]}"#) }
      if path.count == 1 { return Self.page(state.zones.map { Self.json($0.key, $0.value) }) }
      guard let name = state.zones.first(where: { "\($0.value.id)" == path[1] })?.key,
        let zone = state.zones[name]
      else { return Self.reply(404, #"{"errors":[{"reason":"Not found"}]}"#) }
      if request.method == "GET" {
        return Self.page(zone.records.indices.map { Self.json(zone, $0) })
      }
      state.writes += 1
      struct Change: Decodable {
        var target: String
        var type: String?
        var name: String?
      }
      guard let body = request.body,
        let change = try? JSONDecoder().decode(Change.self, from: Data(body))
      else { return Self.reply(400, #"{"errors":[{"reason":"no body"}]}"#) }
      if request.method == "POST" {
        state.zones[name]?.records.append((change.type ?? "", change.name ?? "", change.target))
        return Self.reply(200, Self.json(state.zones[name] ?? zone, zone.records.count))
      }
      let index = (path.last.flatMap { Int($0) } ?? 0) % 100 - 1
      guard zone.records.indices.contains(index), "\(zone.id * 100 + Int64(index) + 1)" == path.last
      else { return Self.reply(404, #"{"errors":[{"reason":"Not found"}]}"#) }
      state.zones[name]?.records[index].2 = change.target
      return Self.reply(200, Self.json(state.zones[name] ?? zone, index))
    }
  }

  private static func json(_ name: String, _ zone: Zone) -> String {
    #"{"id":\#(zone.id),"domain":"\#(name)","status":"\#(zone.status)","ttl_sec":0,"#
      + #""type":"master"}"#
  }

  private static func json(_ zone: Zone, _ index: Int) -> String {
    let record = zone.records[index]
    return #"{"id":\#(zone.id * 100 + Int64(index) + 1),"type":"\#(record.0)","#
      + #""name":"\#(record.1)","target":"\#(record.2)","ttl_sec":30}"#
  }

  private static func page(_ entries: [String]) -> HTTPResponse {
    reply(
      200,
      #"{"data":[\#(entries.joined(separator: ","))],"page":1,"pages":1,"#
        + #""results":\#(entries.count)}"#)
  }

  private static func reply(_ status: Int, _ body: String) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [HTTPField("Content-Type", "application/json")],
      body: Array(body.utf8), total: .zero)
  }
}
