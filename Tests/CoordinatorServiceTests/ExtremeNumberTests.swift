import Codec
import Decision
import Platform
import Screens
import Store
import Testing
import Wire

@testable import CoordinatorService

/// Whatever number stands in a report or an order: refused or taken, nothing traps.
@Suite struct ExtremeNumberTests {
  private static let extremes: [String] = [
    "-9223372036854775808", "-1", "0", "2147483648", "315360000000", "253402300799000",
    "9007199254740993", "9223372036854775807", "18446744073709551615", "1e308",
  ]

  private static func rig() throws -> CoordinatorRig {
    try CoordinatorRig { store in
      var memory = Memory()
      memory.active = "us-east"
      _ = try store.commit(Commit(service: "app", epoch: 0, memory: try JSON.encode(memory)))
    }
  }

  /// Every field that there is, set.
  private static func full(_ rig: CoordinatorRig) -> Report {
    var report = rig.report("a1", from: "us-east")
    let wall = report.sentMs
    report.checks = [
      CheckResult(
        name: "http", kind: "http", services: ["app"], state: .bad, failure: .serverError,
        reason: "503", latencyMs: 12, ageMs: 310, badSinceMs: 4200, successes: 1, riseMs: 9)
    ]
    report.heartbeat = OwnHeartbeat(
      table: "app", sequence: 9, writtenMs: wall, acknowledgedMs: 1100, periodMs: 2000)
    report.peers = [
      PeerHeartbeat(
        region: "eu-central", agent: "b1", boot: "fedcba9876543210", sequence: 8, writtenMs: wall,
        seenMs: 700, readMs: 200, periodMs: 2000,
        sightings: [Sighting(sequence: 8, writtenMs: wall, lagLowMs: 20, lagHighMs: 980)])
    ]
    report.probes = [
      ProbeResult(
        service: "app", region: "eu-central", family: .ipv4, outcome: .serving, vote: .serving,
        status: 200, latencyMs: 88, ageMs: 1500, servingMs: 1600, badSinceMs: 3)
    ]
    report.clock.errorMs = 3
    report.deployingMs = 60_000
    report.acknowledged = [ServiceEpoch(service: "app", epoch: 7)]
    report.history = [PastCheck(atMs: wall, name: "http", state: .bad)]
    return report
  }

  /// Where the numbers of a JSON text stand.
  private static func numbers(_ text: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var index = 0
    var isQuoted = false
    while index < text.count {
      if text[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
      let start = index
      while !isQuoted, index < text.count, "-0123456789.".utf8.contains(text[index]) { index += 1 }
      if index > start { found.append(start..<index) } else { index += 1 }
    }
    return found
  }

  @Test func everyNumberOfAReport() async throws {
    let rig = try Self.rig()
    await rig.coordinator.tick()
    var challenge: String?
    var taken = 0
    let count = Self.numbers(try JSON.encode(Self.full(rig))).count
    #expect(count > 25)
    for index in 0..<count {
      for extreme in Self.extremes {
        var report = Self.full(rig)
        report.challenge = challenge
        var text = try JSON.encode(report)
        let place = Self.numbers(text)[index]
        text.replaceSubrange(place, with: Array(extreme.utf8))
        guard let bent = try? JSON.decode(Report.self, from: text, maxBytes: 65_536),
          (try? Bounds.check(bent)) != nil
        else { continue }
        do {
          challenge = try await rig.coordinator.take(bent, from: "a1").challenge
          taken += 1
        } catch {
          challenge = error.challenge ?? challenge
        }
        await rig.coordinator.tick()
      }
      _ = Screens.status(await rig.coordinator.status())
      _ = Screens.explain(try await rig.coordinator.explain("app"))
      _ = Screens.check(try await rig.coordinator.check(nil))
    }
    #expect(taken > 50)
    await rig.end()
  }

  @Test(arguments: [Int64.max, .min, 0, -1, 31_622_400_001])
  func spansOfOrdersAreBounded(span: Int64) async throws {
    let rig = try Self.rig()
    await rig.coordinator.tick()
    for kind in [OrderKind.pause, .maintenance] {
      await #expect(throws: Refusal.self, "\(kind)") {
        try await rig.coordinator.order(
          "app", kind, OrderRequest(epoch: 0, operatorName: "t", forMs: span, name: "us-east"))
      }
    }
    do {
      _ = try await rig.coordinator.move(
        "app", request: MoveRequest(to: "eu-central", epoch: 0, operatorName: "t", pinForMs: span),
        isFailback: false)
      Issue.record("a pin of \(span) ms was taken")
    } catch {
      #expect(error.code == "bad_span")
    }
    await rig.coordinator.tick()
    _ = Screens.status(await rig.coordinator.status())
    await rig.end()
  }

  /// Texts of operators are cut: an order is never refused by the journal for its reason.
  @Test func aLongReasonIsNoTrouble() async throws {
    let rig = try Self.rig()
    await rig.coordinator.tick()
    let long = String(repeating: "\u{1B}[31m", count: 12_000)
    _ = try await rig.coordinator.order(
      "app", .pause, OrderRequest(epoch: 0, operatorName: long, reason: long))
    let paused = await rig.coordinator.status().services.first?.orders?.paused ?? ""
    #expect(!paused.isEmpty && paused.utf8.count < 500)
    await rig.end()
  }
}
