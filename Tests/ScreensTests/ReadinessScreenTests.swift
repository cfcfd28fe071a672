import Testing
import Wire

@testable import Screens

@Suite("Readiness as its golden files")
struct ReadinessScreenTests {
  private static let lines = [
    ReadinessLine(
      item: "api-token", title: "API token", level: .ok, text: "Linode accepts it", ageMs: 12_000),
    ReadinessLine(
      item: "ttl", title: "TTL", level: .problem,
      text: "A app.example.com has TTL 0, which is the zone's default: caches keep the old address "
        + "for 24 h", ageMs: 12_000,
      fixes: ["linode-cli domains records-update 1234567 12345678 --ttl_sec 30"]),
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
}
