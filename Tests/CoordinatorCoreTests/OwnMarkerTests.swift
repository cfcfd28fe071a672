import CoordinatorCore
import Testing

/// A marker of one's own with a later epoch is told as what it is.
@Suite struct OwnMarkerTests {
  private static func find(_ text: String) -> [MarkerConflict] {
    MarkerConflict.find(
      in: [
        ProviderRecord(
          id: 1, type: "TXT", name: "_signalbox.app.example.org", target: text, ttlSeconds: 30)
      ], names: ["app.example.org"],
      mine: Marker(cluster: "c1", incarnation: "i2", epoch: 5, active: "us-east"))
  }

  @Test func aJournalThatWentBack() {
    let own = Self.find("signalbox cluster=c1 incarnation=i1 epoch=7 active=us-east")
    #expect(own.map(\.isOwn) == [true])
    #expect(own.first?.description.contains("went back") == true)
    #expect(own.first?.description.contains("another writer") == false)
    let other = Self.find("signalbox cluster=c2 incarnation=i1 epoch=7 active=us-east")
    #expect(other.map(\.isOwn) == [false])
    #expect(other.first?.description.contains("another writer") == true)
    #expect(Self.find("nonsense").isEmpty, "no marker at all")
    #expect(Self.find("signalbox cluster=c1 incarnation=i1 epoch=5 active=us-east").isEmpty)
  }
}
