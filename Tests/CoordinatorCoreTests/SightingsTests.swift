import Testing
import Wire

@testable import CoordinatorCore

/// What several readings, or several name servers, have to say alike before it counts.
@Suite struct SightingsTests {
  private static let theirs = MarkerConflict(
    found: "signalbox cluster=d incarnation=2 epoch=1 active=eu", name: "_signalbox.a")

  private static func text(_ name: String, _ target: String) -> ProviderRecord {
    ProviderRecord(id: 1, type: "TXT", name: name, target: target, ttlSeconds: 30)
  }

  @Test func anothersMarkerIsProvenByTheSecondReadingInARow() {
    var sightings = MarkerSightings()
    let readings: [(found: [MarkerConflict], proven: Int, doubted: Int)] = [
      ([Self.theirs], 0, 1), ([Self.theirs], 1, 0), ([], 0, 0), ([Self.theirs], 0, 1),
    ]
    for (at, reading) in readings.enumerated() {
      let news = sightings.take(reading.found, unread: [], atMs: Int64(at))
      #expect(news.proven.count == reading.proven && news.doubted.count == reading.doubted, "\(at)")
      #expect(sightings.isDoubtful == (reading.doubted > 0), "\(at)")
    }
  }

  /// It stands since the first of the readings that show it without a gap: each name by itself.
  @Test func damageStandsSinceItWasFirstSeen() {
    var sightings = MarkerSightings()
    let (one, other) = (Self.text("_signalbox.a", "x"), Self.text("_signalbox.b", "x"))
    let readings: [(found: [ProviderRecord], new: [ProviderRecord])] = [
      ([one], [one]), ([one, other], [other]), ([other], []), ([one, other], [one]),
    ]
    for (at, reading) in readings.enumerated() {
      let news = sightings.take([], unread: reading.found, atMs: Int64(at) * 10)
      #expect(news.unread == reading.new, "\(at)")
    }
    // The other one since 10, the first one anew since 30.
    #expect(sightings.standing(forMs: 20, atMs: 29).isEmpty)
    #expect(sightings.standing(forMs: 20, atMs: 30) == ["x"])
    _ = sightings.take([], unread: [one], atMs: 40)
    #expect(sightings.standing(forMs: 20, atMs: 49).isEmpty)
    #expect(sightings.standing(forMs: 20, atMs: 50) == ["x"])
  }

  /// Two of each family, and none that says otherwise; who is mute, or has nothing, does not count.
  @Test func nameServersAgree() {
    func agreed(_ answers: [String]...) -> [AddressFamily: [String]]? {
      NameServerLine.agreed(
        answers.enumerated().map { index, addresses in
          NameServerLine(
            server: "ns\(index)", answer: addresses.first == "mute" ? .mute : .other,
            addresses: addresses, askedMs: 0)
        })
    }
    let (one, other) = ("192.0.2.1", "192.0.2.2")
    #expect(agreed() == nil)
    #expect(agreed([one]) == nil)
    #expect(agreed([one], ["mute"], []) == nil)
    #expect(agreed([one], [one], ["mute"], []) == [.ipv4: [one]])
    #expect(agreed([one, other], [other, one], [one, other]) == [.ipv4: [one, other]])
    #expect(agreed([one], [one], [other]) == nil)
    #expect(agreed([one], [one], ["2001:db8::1"]) == nil, "one of that family")
    #expect(
      agreed([one], ["2001:db8::1"], [one], ["2001:db8::1"])
        == [.ipv4: [one], .ipv6: ["2001:db8::1"]])
  }
}
