import Linode
import Testing

/// Numbers and texts of replies are bounded where they are decoded.
@Suite struct NumberTests {
  private static let extremes = [
    "9223372036854776", "9223372036854775807", "-1", "-9223372036854775808", "2147483648",
  ]

  private static func domain(ttl: String) -> String {
    #"{"id":1,"domain":"example.org","status":"active","ttl_sec":\#(ttl)}"#
  }

  private static func record(ttl: String, id: String = "1") -> String {
    #"{"id":\#(id),"type":"A","name":"app","target":"192.0.2.1","ttl_sec":\#(ttl)}"#
  }

  private static func page(_ entry: String, pages: String = "1", results: String = "1") -> String {
    #"{"data":[\#(entry)],"page":1,"pages":\#(pages),"results":\#(results)}"#
  }

  private static func kind(_ body: () async throws -> Void) async -> LinodeError.Kind? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? LinodeError)?.kind
    }
  }

  @Test(arguments: extremes) func beyondTheBoundIsGarbled(number: String) async {
    let bodies = [
      Self.page(Self.domain(ttl: number)), Self.page(Self.domain(ttl: "30"), pages: number),
      Self.page(Self.domain(ttl: "30"), results: number),
    ]
    for body in bodies {
      #expect(await Self.kind { _ = try await Canned(200, body).client().domains() } == .garbled)
    }
    let record = Self.record(ttl: number)
    #expect(
      await Self.kind {
        _ = try await Canned(200, Self.page(record)).client().records(domain: 1)
      } == .garbled)
    #expect(
      await Self.kind {
        _ = try await Canned(200, record).client().updateRecord(
          domain: 1, record: 1, target: "192.0.2.1")
      } == .garbled)
  }

  @Test func portsAndCountsToo() async {
    for key in ["port", "check_interval", "check_timeout", "check_attempts"] {
      var fields = ["port": "80"]
      fields[key] = "9223372036854775807"
      let text = fields.map { "\"\($0)\":\($1)" }.joined(separator: ",")
      let body = Self.page(#"{"id":1,"protocol":"tcp",\#(text)}"#)
      #expect(
        await Self.kind {
          _ = try await Canned(200, body).client().balancerConfigs(of: 1)
        } == .garbled, "\(key)")
    }
  }

  @Test func idsMayBeLargerThanTtls() async throws {
    let body = Self.page(Self.record(ttl: "30", id: "4294967296"))
    let records = try await Canned(200, body).client().records(domain: 1).value
    #expect(records.map(\.id) == [4_294_967_296])
  }

  @Test func textsAreCut() async throws {
    let long = String(repeating: "x", count: 1_000_000)
    let body = Self.page(
      #"{"id":1,"type":"TXT","name":"app","target":"\#(long)","ttl_sec":30,"updated":"\#(long)"}"#)
    let records = try await Canned(200, body).client().records(domain: 1).value
    #expect(records.allSatisfy { $0.target.utf8.count <= 1024 })
    #expect(records.allSatisfy { ($0.updated ?? "").utf8.count <= 1024 })
    let event = Self.page(
      #"{"id":1,"created":"2018-01-02T03:04:05","action":"x","username":"\#(long)"}"#)
    let events = try await Canned(200, event).client().events().value
    #expect(events.allSatisfy { ($0.username ?? "").utf8.count <= 1024 })
  }
}
