import Testing
import Wire

@testable import Decision

/// Probes that are told by their times alone, put together with what was told before.
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
      orders: orders, probes: probes,
      // Three numbers of each: its own, its age, and how long it took.
      steady: steady.map { numbers in
        SteadyProbes(
          stride(from: 0, to: numbers.count, by: 3).map {
            .init(number: numbers[$0], ageMs: numbers[$0 + 1], tookMs: numbers[$0 + 2])
          })
      }, agentVersion: "1.0.0")
  }

  private static let before = AgentEvidence(
    report: report([probe(0), probe(1), probe(2, .dark), probe(4)]), receivedAt: Lab.start)

  private static func joining(
    _ report: Report, to before: AgentEvidence? = Self.before
  ) -> (probes: [ProbeResult], isWhole: Bool) {
    let (held, isWhole) = AgentEvidence.joining(report, to: before, at: Lab.start)
    #expect(held.report.steady == nil && held.report.probes.isEmpty)
    return (Array(held.probes), isWhole)
  }

  @Test func theyTakeTheirPlaceWithNewAges() {
    let next = Self.report([Self.probe(1, .dark), Self.probe(3)], steady: [0, 5, 20, 4, 7, 2])
    let (probes, isWhole) = Self.joining(next)
    #expect(isWhole)
    #expect(probes.map(\.number) == [0, 1, 3, 4])
    #expect(probes.map(\.ageMs) == [5, 10, 10, 7])
    #expect(probes.map(\.servingMs) == [25, 40, 40, 9])
    #expect(probes.map(\.latencyMs) == [20, 30, 30, 2])
    #expect(probes.map(\.outcome) == [.serving, .dark, .serving, .serving])
    #expect(probes.map(\.status) == [200, 200, 200, 200])
  }

  /// Not known, not serving there, in no order, of another process or of other orders.
  @Test func whatIsNotKnownIsMissingAndSaid() {
    let others: [(report: Report, kept: [Int?])] = [
      (Self.report([], steady: [0, 5, 20, 3, 5, 20]), [0]),
      (Self.report([], steady: [2, 5, 20]), []),
      (Self.report([], steady: [4, 5, 20, 0, 5, 20]), [4]),
      (Self.report([], steady: [0, 5, 20, 1, 5, 20, 2, 5, 20, 4, 5, 20]), [0, 1, 4]),
      (Self.report([], steady: [0, 5, 20], boot: "b2"), []),
      (Self.report([], steady: [0, 5, 20], orders: nil), []),
      (Self.report([], steady: [0, 5, 20], orders: "y"), []),
    ]
    for (report, kept) in others {
      let (probes, isWhole) = Self.joining(report)
      #expect(!isWhole && probes.map(\.number) == kept, "\(report.steady?.text ?? "")")
    }
    let (alone, isWhole) = Self.joining(Self.report([], steady: [0, 5, 20]), to: nil)
    #expect(!isWhole && alone.isEmpty)
    // Who tells all each time gives no numbers.
    let old = Self.joining(Self.report([Self.probe(nil)], orders: nil))
    #expect(old.isWhole && old.probes == [Self.probe(nil)])
  }

  /// The words are kept once, for reports and for agents that say the same, and give the same.
  @Test func wordsAreShared() {
    let probes = (0..<4).map { Self.probe($0, $0 == 2 ? .dark : .serving) }
    var one = ProbeSheet(probes)
    let same = ProbeSheet(probes)
    #expect(Array(one) == probes && one == same && one.hashValue == same.hashValue)
    #expect(one.share(with: same) && !one.share(with: same))
    #expect(Array(one) == probes && one.of("app") == probes && one.of("shop").isEmpty)
    #expect(one[ProbeKey(probes[3])] == probes[3])
    #expect(one[ProbeKey(service: "app", region: "r9", family: .ipv4)] == nil)
    // Other times of what serves are no other words; a bad one's are.
    var (later, worse) = (probes, probes)
    (later[0].ageMs, later[0].servingMs, later[0].latencyMs) = (70, 90, 20)
    worse[2].ageMs = 70
    var other = ProbeSheet(later)
    #expect(other != one && other.share(with: one) && Array(other) == later)
    other = ProbeSheet(worse)
    #expect(other != one && !other.share(with: one) && Array(other) == worse)
  }

  /// Ages that no answer has are as good as old, by either way of joining.
  @Test func endlessTimesAreOld() {
    let years = 315_360_000_000
    let alone = Self.report([], steady: [0, years, years, 1, years, 0, 2, 5, 20, 4, 5, 20])
    let before = AgentEvidence(
      report: Self.report([0, 1, 2, 4].map { Self.probe($0) }), receivedAt: Lab.start)
    let (fast, isWhole) = Self.joining(alone, to: before)
    var also = alone
    also.probes = [Self.probe(5)]
    let slow = Self.joining(also, to: before)
    #expect(isWhole && slow.isWhole && slow.probes.count == 5)
    for (one, other) in zip(fast, slow.probes) {
      #expect(one.number == other.number && one.outcome == other.outcome)
      #expect(min(one.ageMs, 1 << 30) == min(other.ageMs, 1 << 30))
    }
    #expect(fast[0].ageMs > 1 << 30 && fast[2].ageMs == 5 && fast[2].servingMs == 25)
  }

  /// What makes no sense is kept as it is told.
  @Test func oddTimesAreKept() {
    var odd = Self.probe(0)
    (odd.ageMs, odd.servingMs) = (50, 40)
    var old = Self.probe(1)
    old.latencyMs = nil
    #expect(Array(ProbeSheet([odd]))[0] == odd)
    #expect(Array(ProbeSheet([old]))[0] == old)
    #expect(ProbeSheet([odd]).ages(0) == (40, 50) && ProbeSheet([old]).ages(0) == (40, 10))
  }
}
