import Seeded
import Testing
import Wire

@testable import Decision

/// Sightings that are told once, put together again.
struct SightingsTests {
  private static func report(
    _ sequences: ClosedRange<UInt64>?, orders: String? = "x", boot: String = "b1", low: Int = 100,
    region: String = "b"
  ) -> Report {
    let sightings = (sequences.map(Array.init) ?? []).map {
      Sighting(sequence: $0, writtenMs: Int64($0) * 2000, lagLowMs: low, lagHighMs: 900)
    }
    return Report(
      agent: "a1", region: "a", boot: boot, sequence: 1, sentMs: 0, intervalMs: 5000,
      orders: orders,
      peers: [
        PeerHeartbeat(
          region: region, agent: "b1", boot: "c", sequence: sequences?.upperBound ?? 0,
          writtenMs: 0, seenMs: 0, readMs: 0, periodMs: 2000, sightings: sightings)
      ], agentVersion: "1.0.0")
  }

  private static func after(_ reports: [Report]) -> [Sighting] {
    var evidence = Evidence(floor: Instant(milliseconds: 0))
    for (index, report) in reports.enumerated() {
      var report = report
      report.sequence = UInt64(index + 1)
      evidence.take(report, at: Instant(milliseconds: 10))
    }
    return evidence.agents["a1"]?.report.peers.first?.sightings ?? []
  }

  @Test func theyAreJoinedToThoseOfBefore() {
    #expect(Self.after([Self.report(1...5), Self.report(6...7)]).map(\.sequence) == Array(1...7))
    #expect(Self.after([Self.report(1...5), Self.report(nil)]).map(\.sequence) == Array(1...5))
    // One that is known better comes again, with all after it; so does everything, after a reload.
    let better = Self.after([Self.report(1...5), Self.report(5...7, low: 40)])
    #expect(better.map(\.sequence) == Array(1...7))
    #expect(better.map(\.lagLowMs) == [100, 100, 100, 100, 40, 40, 40])
    #expect(Self.after([Self.report(1...5), Self.report(1...6)]).map(\.sequence) == Array(1...6))
    let many = Self.after([Self.report(1...16), Self.report(17...18)])
    #expect(many.map(\.sequence) == Array(3...18))
    #expect(
      Self.after([Self.report(1...16), Self.report(21...36)]).map(\.sequence) == Array(21...36))
  }

  /// A process that began anew, one that tells all each time, and another region's.
  @Test func othersAreNotMixedIn() {
    for report in [
      Self.report(6...7, boot: "b2"), Self.report(6...7, orders: nil),
      Self.report(6...7, region: "c"),
    ] {
      #expect(Self.after([Self.report(1...5), report]).map(\.sequence) == [6, 7])
    }
  }

  /// However they are cut, lost and told again: what is kept is what one report would tell.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func whateverIsLostNothingIsMissing(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var kept = Evidence(floor: Instant(milliseconds: 0))
    var newest: UInt64 = 3, told: UInt64 = 0
    for sequence in 1...40 as ClosedRange<UInt64> {
      newest += UInt64.random(in: 0...4, using: &random)
      let first = max(told == 0 ? 1 : told, newest < 16 ? 1 : newest - 15)
      var report = Self.report(first...newest)
      report.sequence = sequence
      // Lost on its way, or its answer is.
      guard Bool.random(using: &random) else { continue }
      kept.take(report, at: Instant(milliseconds: 10))
      if Bool.random(using: &random) { told = newest }
      let whole = (newest < 16 ? 1 : newest - 15)...newest
      #expect(
        kept.agents["a1"]?.report.peers.first?.sightings.map(\.sequence) == Array(whole),
        "seed \(seed)")
    }
  }
}
