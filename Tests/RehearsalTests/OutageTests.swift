import Rehearsal
import Testing

@Suite("What users saw")
struct OutageTests {
  /// Visits every 100 ms that take 10 ms: `.` served, `x` failed.
  static func visits(_ story: String) -> [Visit] {
    story.enumerated().map { index, mark in
      let start = Int64(index) * 100
      return Visit(
        startedMs: start, endedMs: start + 10, served: mark == ".", address: "127.0.1.1",
        detail: mark == "." ? "us-east" : "refused")
    }
  }

  @Test("no failure, no outage")
  func none() {
    #expect(Outage.find([]) == [])
    #expect(Outage.find(Self.visits("....................")) == [])
  }

  @Test("from the first failed visit to the end of the next served one")
  func one() {
    let outages = Outage.find(Self.visits("..xxx................"))
    #expect(outages.map(\.fromMs) == [200])
    #expect(outages.map(\.toMs) == [510])
    #expect(outages.map(\.failed) == [3])
    #expect(outages.map(\.servedBy) == ["us-east"])
  }

  @Test("a visit that was under way when the fault struck failed by it")
  func underWay() {
    var visits = Self.visits("....xxx..............")
    // Asked before, refused after: the power went at 450.
    visits[4].endedMs = 460
    let outages = Outage.find(visits, strikes: [450])
    #expect(outages.map(\.fromMs) == [450])
    #expect(outages.map(\.toMs) == [710])
    #expect(outages.map(\.failed) == [3])
    // One that had failed by then was a failure before it.
    #expect(
      Outage.find(Self.visits("....xxx.............."), strikes: [450]).map(\.fromMs) == [400])
    #expect(Outage.find(Self.visits("...................."), strikes: [450]) == [])
  }

  @Test("while name servers disagree it goes on, also where some visits are served")
  func mixed() {
    let outages = Outage.find(Self.visits("..xx.x..x......................"))
    #expect(outages.map(\.fromMs) == [200])
    #expect(outages.map(\.toMs) == [910])
    #expect(outages.map(\.failed) == [4])
  }

  @Test("a second of quiet ends it; a later failure is another one")
  func two() {
    let outages = Outage.find(Self.visits("..x...........x..............."))
    #expect(outages.map(\.fromMs) == [200, 1400])
    #expect(outages.map(\.toMs) == [310, 1510])
  }

  @Test("the end of the story may leave it open, or just closed")
  func atTheEnd() {
    #expect(Outage.find(Self.visits("..xxx")).map(\.toMs) == [nil])
    #expect(Outage.find(Self.visits("..xxx.")).map(\.toMs) == [510])
  }
}
