import Testing

@testable import Tables

/// Where users are, as the coordinator tells it: a replica that they are on is not removed.
@Suite struct TableUseTests {
  private static let now: Int64 = 1_800_000_000_000

  private static func service(
    _ at: String, _ active: String?, readMs: Int? = 9000,
    _ change: (inout TableService) -> Void = { _ in }
  ) -> TableService {
    var service = TableService(
      name: "app", atMs: now, at: at, active: active, readMs: readMs, ttlSeconds: 60)
    change(&service)
    return service
  }

  private static func moved(
    _ from: String?, _ to: String, agoMs: Int64, ended: Bool = true, cachedMs: Int64? = nil
  ) -> TableService.Move {
    .init(
      from: from, to: to, begunMs: now - agoMs, convergedMs: ended ? now - agoMs : nil,
      cachedUntilMs: cachedMs.map { now + $0 })
  }

  @Test(
    arguments: [
      (service("region", "a"), "idle"),
      (service("region", "b"), "serves"),
      // The last known region says nothing of now.
      (service("mixed", "a"), "unknown"),
      (service("foreign", "a"), "unknown"),
      (service("echo", "a"), "unknown"),
      (service("unknown", "a"), "unknown"),
      (service("unknown", nil), "unknown"),
      (service("region", nil), "unknown"),
      (service("mixed", "b"), "serves"),
      (service("region", "d"), "unknown"),
      (service("region", "a", readMs: nil), "unknown"),
      (service("region", "a", readMs: 180_000), "idle"),
      (service("region", "a", readMs: 180_001), "unknown"),
      // A move in flight.
      (service("region", "a") { $0.move = moved("a", "b", agoMs: 0) }, "serves"),
      (service("region", "a") { $0.move = moved("b", "a", agoMs: 0) }, "serves"),
      (service("region", "a") { $0.move = moved("c", "a", agoMs: 0) }, "idle"),
      (service("region", "a") { $0.move = moved(nil, "a", agoMs: 0) }, "unknown"),
      (service("mixed", "a") { $0.move = moved("c", "a", agoMs: 0) }, "unknown"),
      // What caches keep of the last one.
      (service("region", "a") { $0.last = moved("b", "a", agoMs: 59_999) }, "unknown"),
      (service("region", "a") { $0.last = moved("b", "a", agoMs: 60_000) }, "idle"),
      (service("region", "a") { $0.last = moved("c", "a", agoMs: 1) }, "idle"),
      (
        service("region", "a") { $0.last = moved("b", "a", agoMs: 61_000, cachedMs: 1) },
        "unknown"
      ),
      (
        service("region", "a") { $0.last = moved("b", "a", agoMs: 61_000, cachedMs: 0) }, "idle"
      ),
      (
        service("region", "a") { $0.last = moved("a", "b", agoMs: 70_000, ended: false) }, "unknown"
      ),
      (
        service("region", "a") { $0.last = moved("b", "a", agoMs: 3_600_000, ended: false) }, "idle"
      ),
      (
        service("region", "a") {
          ($0.last, $0.ttlSeconds) = (moved("b", "a", agoMs: 70_000), 0)
        }, "unknown"
      ),
      (
        service("region", "a") {
          ($0.last, $0.ttlSeconds) = (moved("b", "a", agoMs: 70_000), nil)
        }, "unknown"
      ),
    ] as [(TableService, String)])
  func usersAreWhereTheCoordinatorSees(service: TableService, says: String) {
    #expect(Self.word(TableUse([service], here: ["b"], known: ["a", "b", "c"])) == says)
  }

  @Test func oneServiceOfSeveralIsEnough() {
    let (idle, serving, unknown) = (
      Self.service("region", "a"), Self.service("region", "b"), Self.service("mixed", "a")
    )
    func word(_ services: TableService...) -> String {
      Self.word(TableUse(services, here: ["b"], known: ["a", "b"]))
    }
    #expect(word(idle, unknown) == "unknown" && word(unknown, idle) == "unknown")
    #expect(word(idle, unknown, serving) == "serves" && word(idle, idle) == "idle")
    #expect(word() == "idle")
  }

  private static func word(_ use: TableUse) -> String {
    switch use {
    case .idle: "idle"
    case .serves: "serves"
    case .unknown: "unknown"
    case .unasked: "unasked"
    case .overridden: "overridden"
    }
  }
}
