import Testing
import Wire

@testable import Decision

/// Probes that are told by their ages alone, put together with what was told before.
@Suite struct SteadyTests {
  private static func probe(_ number: Int?, _ outcome: ProbeOutcome = .serving) -> ProbeResult {
    ProbeResult(
      service: "app", region: "r\(number ?? 99)", family: .ipv4, number: number, outcome: outcome,
      vote: outcome.isBad ? .bad : .serving, status: 200, latencyMs: 30, ageMs: 10, servingMs: 40,
      badSinceMs: outcome.isBad ? 50 : nil)
  }

  private static func report(
    _ probes: [ProbeResult], steady: [Int]? = nil, orders: String? = "x", boot: String = "b1"
  ) -> Report {
    Report(
      agent: "a1", region: "a", boot: boot, sequence: 1, sentMs: 0, intervalMs: 5000,
      orders: orders, probes: probes, steady: steady, agentVersion: "1.0.0")
  }

  private static let before = report([probe(0), probe(1), probe(2, .dark), probe(4)])

  @Test func theyTakeTheirPlaceWithNewAges() throws {
    let next = Self.report([Self.probe(1, .dark), Self.probe(3)], steady: [0, 5, 25, 4, 7, 9])
    let (whole, isWhole) = next.joined(to: Self.before)
    #expect(isWhole && whole.steady == nil)
    #expect(whole.probes.map(\.number) == [0, 1, 3, 4])
    #expect(whole.probes.map(\.ageMs) == [5, 10, 10, 7])
    #expect(whole.probes.map(\.servingMs) == [25, 40, 40, 9])
    #expect(whole.probes.map(\.latencyMs) == [20, 30, 30, 2])
    #expect(whole.probes.map(\.outcome) == [.serving, .dark, .serving, .serving])
    #expect(whole.probes.map(\.status) == [200, 200, 200, 200])
  }

  /// Not known, not serving there, half told, in no order, of another process or of other orders.
  @Test func whatIsNotKnownIsMissingAndSaid() {
    let others: [(report: Report, kept: [Int?])] = [
      (Self.report([], steady: [0, 5, 25, 3, 5, 25]), [0]),
      (Self.report([], steady: [2, 5, 25]), []),
      (Self.report([], steady: [0, 5, 25, 1]), [0]),
      (Self.report([], steady: [0, 5]), []),
      (Self.report([], steady: [4, 5, 25, 0, 5, 25]), [4]),
      (Self.report([], steady: [0, 5, 25], boot: "b2"), []),
      (Self.report([], steady: [0, 5, 25], orders: nil), []),
      (Self.report([], steady: [0, 5, 25], orders: "y"), []),
    ]
    for (report, kept) in others {
      let (whole, isWhole) = report.joined(to: Self.before)
      #expect(!isWhole && whole.probes.map(\.number) == kept, "\(report.steady ?? [])")
    }
    let (alone, isWhole) = Self.report([], steady: [0, 5, 25]).joined(to: nil)
    #expect(!isWhole && alone.probes.isEmpty)
    // Who tells all each time gives no numbers.
    let old = Self.report([Self.probe(nil)], orders: nil)
    #expect(old.joined(to: Self.before).isWhole && old.joined(to: Self.before).report == old)
  }
}
