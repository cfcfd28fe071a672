import Seeded
import Testing
import Wire

@testable import Settings

/// What the simulator draws its policies from: all that a file may say, and nothing else.
struct DrawnSettingsTests {
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func whatIsDrawnIsAccepted(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for round in 0..<100 {
      let drawn = try DrawnSettings(hosts: [1, 2, 1]).draw(&random)
      #expect(try Files.coordinator(drawn.text) == drawn.settings, "seed \(seed), \(round)")
      #expect(drawn.settings.agents.count == 4)
    }
  }

  /// Every key that is a number, a time or a choice is drawn, to both ends of its range: a new one
  /// is drawn by itself.
  @Test func everyKeyIsDrawnOverItsWholeRange() {
    var random = SplitMix64(seed: 5)
    for key in DrawnSettings.keys {
      var found: Set<String> = []
      for _ in 0..<1500 {
        if let value = DrawnSettings.value(of: key, &random) { found.insert(value) }
      }
      switch key.kind {
      case .duration(let range, _), .durationOrOff(let range, _):
        #expect(found.contains("\"\(Texts.text(range.lowerBound))\""), "\(key.name)")
        #expect(found.contains("\"\(Texts.text(range.upperBound))\""), "\(key.name)")
        #expect(found.count > 100, "\(key.name)")
      case .integer(let range):
        #expect(
          found.isSuperset(of: ["\(range.lowerBound)", "\(range.upperBound)"]), "\(key.name)")
      case .choice(let words, _):
        #expect(found == Set(words.map { "\"\($0)\"" }), "\(key.name)")
      case .rate: #expect(found.count > 100)
      case .share: #expect(found.contains("1.0") && found.count > 5, "\(found)")
      default: Issue.record("\(key.name) is not drawn")
      }
    }
  }

  /// What was never drawn: the numbers with which an outage of 90 s moved users after five minutes'
  /// policy were not among them, because they are refused.
  @Test func limitsBelowFailoverAfterAreNeverDrawn() throws {
    var random = SplitMix64(seed: 6)
    var others = 0
    for _ in 0..<200 {
      let service = try #require(
        try DrawnSettings(hosts: [1, 1]).draw(&random).settings.services.first)
      #expect(service.outsideConfirm >= service.failoverAfter)
      if service.outsideConfirm != Defaults.outsideConfirm { others += 1 }
    }
    #expect(others > 50)
  }

  /// A vote that was cast long before an outage could be confirmed made two of them: with evidence
  /// of half an hour ago that was still called fresh.
  @Test func evidenceIsNeverOlderThanAConfirmation() throws {
    var random = SplitMix64(seed: 8)
    var long = 0
    for _ in 0..<60 {
      let service = try #require(
        try DrawnSettings(hosts: [1, 1]).draw(&random).settings.services.first)
      let rounds = max(service.reportInterval, service.probeInterval + service.probeDeadline) * 3
      #expect(service.freshFor <= max(service.failoverAfter, max(rounds, Defaults.freshFor)))
      if service.freshFor > Defaults.freshFor { long += 1 }
    }
    #expect(long > 8)
  }
}
