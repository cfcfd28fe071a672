import Testing
import Wire

@testable import Screens

@Suite("Readiness and the break-glass card as their golden files")
struct ReadinessScreenTests {
  private static let lines = [
    ReadinessLine(
      item: "api-token", title: "API token", level: .ok, text: "Linode accepts it", ageMs: 12_000),
    ReadinessLine(
      item: "ttl", title: "TTL", level: .problem,
      text: "A app.example.com has TTL 0, which is the zone's default: caches keep the old address "
        + "for 24 h", ageMs: 12_000,
      fixes: [
        "linode-cli domains records-update 1234567 12345678 --ttl_sec 30",
        "linode-cli nodebalancers config-update 1234567 12345678 --check http --check_path /up",
        "sudo sh -c 'umask 077; cat > /etc/signalbox/secrets/linode-token'  # and then restart it",
      ]),
    ReadinessLine(
      item: "release", title: "App release", level: .warning,
      text: "hosts run different ones: abc123 on a1; def456 on b1", ageMs: 2000,
      fixes: ["deploy the same release to every region"]),
    ReadinessLine(
      item: "drill", title: "Drill", level: .unmeasured, text: "drills are not recorded yet"),
  ]

  private static func service(_ lines: [ReadinessLine]) -> ServiceReadiness {
    ServiceReadiness(service: "app", names: ["app.example.com"], lines: lines)
  }

  @Test("check: a line for every item, a command for every finding")
  func check() throws {
    try Golden.check(
      "check",
      Screens.check(
        CheckDocument(
          atMs: noon,
          services: [
            Self.service(Self.lines), Self.service([Self.lines[0], Self.lines[2]]),
            Self.service([Self.lines[0]]),
          ])))
    #expect(Screens.check(CheckDocument(atMs: noon, services: [])).hasPrefix("UNKNOWN"))
    // However long, a command is one line and nothing else is on it.
    let command = "linode-cli " + String(repeating: "nodebalancers ", count: 20) + "end"
    let line = ReadinessLine(
      item: "x", title: "X", level: .problem, text: "y", fixes: ["\(command)  # on a1, b1"])
    let text = Screens.check(CheckDocument(atMs: noon, services: [Self.service([line])]))
    #expect(text.hasSuffix("       fix:  \(command)\n             # on a1, b1\n"))
  }

  @Test("status: how ready it is")
  func status() throws {
    var service = Sample.service()
    service.readiness = Self.service(Self.lines).summary
    var well = Sample.service()
    well.service = "api"
    well.readiness = Self.service([Self.lines[0], Self.lines[3]]).summary
    try Golden.check("status-ready", Screens.status(Sample.document([service, well])))
  }

  private static let card = BreakglassDocument(
    atMs: noon, readMs: noon - 41_000, api: "https://api.linode.com/v4",
    tokenFile: "/etc/signalbox/secrets/linode-token",
    nameServers: ["ns1.linode.com", "192.0.2.53:5353", "[2001:db8::53]:53"],
    services: [
      BreakglassService(
        service: "app", active: "us-east",
        names: [
          BreakglassName(
            name: "app.example.com", zone: "example.com", zoneId: 1_234_567,
            records: [
              BreakglassRecord(id: 12_345_678, type: "A", target: "192.0.2.1", ttlSeconds: 30),
              BreakglassRecord(
                id: 12_345_679, type: "AAAA", target: "2001:db8::1", ttlSeconds: 0),
            ]),
          BreakglassName(name: "example.com", zone: nil, zoneId: nil, records: []),
        ],
        regions: [
          BreakglassRegion(
            region: "us-east", addresses: ["A": "192.0.2.1", "AAAA": "2001:db8::1"]),
          BreakglassRegion(
            region: "us-west", addresses: ["A": "192.0.2.2", "AAAA": "2001:db8::2"]),
        ])
    ])

  @Test("breakglass")
  func breakglass() throws {
    let text = Screens.breakglass(Self.card)
    try Golden.check("breakglass", text)
    // Unread records: every region's addresses all the same, and no made-up id.
    var unread = Self.card
    unread.readMs = nil
    unread.services[0].names[0].records = []
    let other = Screens.breakglass(unread)
    #expect(other.contains("its records were not read"))
    #expect(other.contains("to us-west: A 192.0.2.2, AAAA 2001:db8::2"))
    #expect(other.contains("'{\"target\":\"2001:db8::2\"}'"))
    #expect(other.contains("/v4/domains/1234567/records/RECORD_ID\n"))
    #expect(other.contains("/v4/domains/DOMAIN_ID/records/RECORD_ID\n"))
    #expect(!other.contains("/records/12345678"))
    #expect(other.contains("records were never read"))
  }

  /// What others wrote becomes neither a command nor an escape sequence.
  @Test func whatOthersWroteIsHarmless() {
    var card = Self.card
    card.services[0].names[0].records[0].target = "$(reboot)\u{1B}[2J\n    rm -rf x"
    card.tokenFile = "/a b/it's"
    let text = Screens.breakglass(card)
    #expect(!text.contains("\u{1B}") && !text.contains("\n    rm -rf x"))
    #expect(text.contains("'/a b/it'\\''s' > \"$H\""))
    let commands = text.split(separator: "\n").filter { $0.hasPrefix("    ") }
    #expect(!commands.contains { $0.contains("reboot") })
  }

  @Test(arguments: [
    ("ns1.linode.com", "@ns1.linode.com app A"), ("ns1.example:5353", "-p 5353 @ns1.example app A"),
    ("192.0.2.53", "@192.0.2.53 app A"), ("[2001:db8::53]:5353", "-p 5353 @2001:db8::53 app A"),
    ("2001:db8::53", "@2001:db8::53 app A"),
  ])
  func digs(server: String, words: String) {
    #expect(Shell.dig(server, "app", "A") == "dig +short +norecurse \(words)")
  }
}
