import Store
import Testing
import Wire

/// Late evidence has a bound of its own per agent and pushes nothing else out.
@Suite struct LateEvidenceTests {
  private static func texts(_ store: Store) throws -> [String] {
    try store.events(service: nil, incident: nil, after: 0, limit: 10_000).map(\.text)
  }

  private static func late(_ agent: String, _ numbers: Range<Int>) -> Commit {
    Commit(
      service: nil,
      events: numbers.map {
        EventRecord(atMs: Int64($0), kind: "late-report", text: "\(agent) \($0)")
      }, source: agent)
  }

  @Test func oneKeyPushesNothingOut() throws {
    let scratch = try Scratch()
    var store = try scratch.open(bounds: StoreBounds(events: 5, late: 3))
    for number in 1...4 {
      _ = try store.commit(Commit(service: "app", events: [.sample(number)]))
    }
    _ = try store.commit(Self.late("b1", 1..<3))
    for round in 0..<40 { _ = try store.commit(Self.late("a1", round * 5..<round * 5 + 5)) }
    #expect(
      try Self.texts(store) == [
        "event 1", "event 2", "event 3", "event 4", "b1 1", "b1 2", "a1 197", "a1 198", "a1 199",
      ])
    // Its count is that of the file, also after it was opened anew.
    store.close()
    store = try scratch.open(bounds: StoreBounds(events: 5, late: 3))
    for number in 5...7 {
      _ = try store.commit(Commit(service: "app", events: [.sample(number)]))
    }
    let texts = try Self.texts(store)
    #expect(texts.filter { $0.hasPrefix("event") } == (3...7).map { "event \($0)" })
    #expect(texts.contains("a1 199") && texts.contains("b1 2"))
    // What is older than everything of the own goes with it: the file stays bounded.
    for number in 8...20 {
      _ = try store.commit(Commit(service: "app", events: [.sample(number)]))
    }
    #expect(try Self.texts(store) == (16...20).map { "event \($0)" })
  }
}
