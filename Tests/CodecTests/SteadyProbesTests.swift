import Codec
import Testing
import Wire

/// The times of many probes as one text.
@Suite struct SteadyProbesTests {
  private static func decode(_ text: String) -> SteadyProbes? {
    try? JSON.decode(SteadyProbes.self, from: Array("\"\(text)\"".utf8), maxBytes: 1 << 20)
  }

  @Test func theyComeBack() throws {
    let all = SteadyProbes([
      .init(number: 0, ageMs: 0, tookMs: 0), .init(number: 7, ageMs: 4_980, tookMs: 20),
      .init(number: 255, ageMs: 2_147_483_647, tookMs: 2_147_483_647),
    ])
    #expect(all.text == "0,0,0;7,4980,20;255,2147483647,2147483647")
    #expect(try JSON.encode(all) == Array("\"\(all.text)\"".utf8))
    #expect(Self.decode(all.text) == all)
    #expect(Self.decode("") == SteadyProbes())
  }

  /// Only digits, three numbers of each, none longer than any age.
  @Test(
    arguments: [
      "1", "1,2", "1,2,", "1,2,3;", ";1,2,3", "1,2,3;4", "1,2,3,4", "1;2;3", ",,", "1,,3", "-1,2,3",
      "+1,2,3", " 1,2,3", "1.5,2,3", "1,2,3;;1,2,3", "1,2,1234567890123", "a,b,c", "٣,2,3",
    ])
  func whatIsNone(text: String) {
    #expect(Self.decode(text) == nil)
  }

  @Test func aProbeIsToldByItsTimesOnlyWhereItServes() {
    var probe = ProbeResult(
      service: "app", region: "r", family: .ipv4, number: 3, outcome: .serving, vote: .serving,
      status: 200, latencyMs: 30.4, ageMs: 10, servingMs: 40)
    #expect(SteadyProbes.Entry(probe) == .init(number: 3, ageMs: 10, tookMs: 30))
    probe.latencyMs = 30
    #expect(SteadyProbes.Entry(number: 3, ageMs: 10, tookMs: 30).applied(to: probe) == probe)
    // It began after it ended: not by the clock of any host.
    probe.servingMs = 5
    #expect(SteadyProbes.Entry(probe)?.tookMs == 0)
    probe.badSinceMs = 4
    #expect(SteadyProbes.Entry(probe) == nil)
    (probe.badSinceMs, probe.number) = (nil, nil)
    #expect(SteadyProbes.Entry(probe) == nil)
  }

  @Test func whatIsOutOfBoundsIsNamed() throws {
    var report = Report(
      agent: "a", region: "r", boot: "b", sequence: 1, sentMs: 1, intervalMs: 5000,
      agentVersion: "1")
    report.steady = SteadyProbes([
      .init(number: 0, ageMs: 1, tookMs: 1), .init(number: 1, ageMs: 999_999_999_999, tookMs: 1),
    ])
    let found = #expect(throws: CodecError.self) { try Bounds.check(report) }
    #expect("\(try #require(found))".contains("steady[1].age_ms"))
    report.steady = SteadyProbes(
      (0...Limits.listEntries).map { .init(number: $0, ageMs: 1, tookMs: 1) })
    let many = #expect(throws: CodecError.self) { try Bounds.check(report) }
    #expect("\(try #require(many))".contains("257 entries"))
  }
}
