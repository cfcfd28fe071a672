import Testing

@testable import Sandbox

/// A server's publication, by reference.
private final class Server {
  var value: Publication
  init(_ value: Publication) { self.value = value }
  func due(at now: Duration) -> [ZoneChange] { value.due(at: now) }
}

@Suite struct ZoneTests {
  private func zone(_ address: String) -> ZoneSnapshot {
    ZoneSnapshot(
      origin: "example.org", defaultTTL: 300,
      records: [
        ZoneRecord(owner: "app.example.org.", type: "A", ttl: 30, data: address),
        ZoneRecord(owner: "app.example.org.", type: "AAAA", ttl: 30, data: "2001:db8::1"),
      ])
  }

  @Test func onlyChangedSetsAreTouched() {
    #expect(zone("127.0.1.1").knotCommands(from: zone("127.0.1.1")).isEmpty)
    #expect(
      zone("127.0.2.1").knotCommands(from: zone("127.0.1.1")) == [
        "zone-begin example.org", "zone-unset example.org app.example.org. A",
        #"zone-set example.org app.example.org. 30 A "127.0.2.1""#, "zone-commit example.org",
      ])
  }

  @Test func serversPublishOneAfterTheOther() {
    let delays = (0..<3).map { Publication.delay(base: .seconds(1), index: $0) }
    #expect(delays == [.milliseconds(600), .seconds(1), .milliseconds(1400)])
    let server = Server(Publication(delay: delays[0], published: [zone("127.0.1.1")]))
    server.value.commit([zone("127.0.2.1")], at: .zero)
    server.value.commit([zone("127.0.3.1")], at: .milliseconds(100))
    #expect(server.due(at: .milliseconds(599)).isEmpty)
    let first = server.due(at: .milliseconds(600))
    #expect(first.map(\.old) == [zone("127.0.1.1")] && first.map(\.new) == [zone("127.0.2.1")])
    #expect(server.due(at: .milliseconds(650)).isEmpty)
    #expect(server.due(at: .milliseconds(700)).map(\.new) == [zone("127.0.3.1")])
  }

  @Test func aHeldServerCatchesUpAtOnce() throws {
    let server = Server(Publication(delay: .seconds(1), published: [zone("127.0.1.1")]))
    server.value.isHeld = true
    server.value.commit([zone("127.0.2.1")], at: .zero)
    #expect(server.due(at: .seconds(60)).isEmpty)
    server.value.isHeld = false
    let change = try #require(server.due(at: .seconds(60)).first)
    server.value.refused(change)
    // Not by itself, but with the next commit it is tried again.
    #expect(server.due(at: .seconds(60)).isEmpty)
    server.value.commit([zone("127.0.2.1")], at: .seconds(60))
    #expect(server.due(at: .seconds(61)).map(\.new) == [zone("127.0.2.1")])
    // A refusal that comes after a newer change does not undo it.
    server.value.commit([zone("127.0.3.1")], at: .seconds(61))
    #expect(server.due(at: .seconds(62)).count == 1)
    server.value.refused(change)
    #expect(server.value.published["example.org"] == zone("127.0.3.1"))
  }

  @Test func zonesComeAndGo() {
    var other = zone("127.0.1.1")
    other.origin = "example.net"
    let server = Server(Publication(delay: .zero, published: [zone("127.0.1.1")]))
    server.value.commit([other], at: .zero)
    let changes = server.due(at: .zero)
    #expect(changes.map(\.origin) == ["example.net", "example.org"])
    #expect(changes.map { $0.old == nil } == [true, false])
    #expect(changes.map { $0.new == nil } == [false, true])
    #expect(server.due(at: .zero).isEmpty)
  }

  @Test func aWrongServerPublishesOtherAddresses() {
    let server = Server(Publication(delay: .zero, published: [zone("127.0.1.1")]))
    server.value.replacements = ["127.0.1.1": "127.0.2.1", "127.0.2.1": "127.0.3.1"]
    #expect(server.due(at: .zero).map(\.new) == [zone("127.0.2.1")])
    server.value.commit([zone("127.0.2.1")], at: .zero)
    #expect(server.due(at: .zero).map(\.new) == [zone("127.0.3.1")])
    server.value.replacements = [:]
    #expect(server.due(at: .zero).map(\.new) == [zone("127.0.2.1")])
  }

  @Test func recordsAreRenderedAsNameServersServeThem() throws {
    let account = try Account()
    _ = account.create(#"{"type":"A","name":"app","target":"192.0.2.7","ttl_sec":300}"#)
    _ = account.create(#"{"type":"TXT","name":"","target":"a \"b\" \\ ;ü"}"#)
    _ = account.create(#"{"type":"MX","name":"","target":"mx.example.net","priority":10}"#)
    let lines = ZoneSnapshot(account.model.domains[0]).records.sorted().map(\.line)
    #expect(
      lines == [
        "app.example.org. 30 IN A 127.0.1.1", "app.example.org. 30 IN A 192.0.2.7",
        "app.example.org. 30 IN AAAA 2001:db8::1",
        "example.org. 300 IN MX 10 mx.example.net.",
        #"example.org. 300 IN TXT "a \034b\034 \092 \059\195\188""#,
      ])
  }

  @Test func longTextsAreSplit() {
    let text = ZoneRecord.quoted(String(repeating: "x", count: 256))
    #expect(text.split(separator: " ").map(\.count) == [257, 3])
    #expect(ZoneRecord.quoted("") == "\"\"")
  }
}

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "-0.5e+3", #""\u00fc\n""#, #"{"b":1,"a":[1,{"c":null}]}"#,
    #""\ud83d\ude00""#, "  [ 1 , 2 ]  ", "1.0",
  ])
  func valid(text: String) throws {
    let value = try JSON(parsing: Array(text.utf8))
    #expect(try JSON(parsing: value.encoded()) == value)
    #expect(try JSON(parsing: value.encoded(.spaced)) == value)
  }

  @Test(arguments: [
    "", "nul", "01", "1.", "[1,]", "{\"a\":1,}", "{a:1}", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"",
    "1 2", "\"", "[", "+1", "\"\\u+123\"", "-",
  ])
  func invalid(text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8)) }
  }

  @Test func depthAndBytesAreBounded() {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: JSONError.self) { try JSON(parsing: deep) }
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xff, 0x22]) }
  }

  @Test func orderAndNumbersStay() throws {
    let text = #"{"z":1.50,"a":"\"\\\t","z2":[true,false]}"#
    #expect(try JSON(parsing: Array(text.utf8)).encodedText() == text)
  }
}
