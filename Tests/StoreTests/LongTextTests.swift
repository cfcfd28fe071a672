import Store
import Testing
import Wire

/// No commit fails for the length of an explanation.
@Suite struct LongTextTests {
  private static let long = String(repeating: "\u{1}\"", count: 2_000_000)

  @Test func anIntentIsStoredWhateverIsSaidOfIt() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var incident = IncidentRecord.sample()
    incident.why = Self.long
    incident.outcomeText = Self.long
    incident.operatorName = Self.long
    incident.evidence = Array(repeating: Self.long, count: 300)
    incident.nameServers = Array(
      repeating: NameServerLine(
        server: Self.long, answer: .other, addresses: Array(repeating: Self.long, count: 300),
        askedMs: 1, note: Self.long), count: 300)
    var event = EventRecord.sample(1)
    event.incident = 0
    event.text = Self.long
    let receipt = try store.commit(
      Commit(service: "app", epoch: 1, incident: incident, events: [event]))
    #expect(receipt.incident == 1)
    let stored = try #require(try store.incident(1))
    #expect(stored.to == incident.to && stored.records == incident.records)
    #expect(stored.why.utf8.count <= Limits.explanationBytes)
    #expect(try store.events(service: nil, incident: 1, after: 0, limit: 9).count == 1)
  }
}
