import Store
import Testing
import Wire

@Suite struct Measure {
  @Test func bigOpen() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    for batch in 0..<100 {
      _ = try store.commit(Commit(service: "app", events: (0..<1000).map { n in var e = EventRecord.sample(batch * 1000 + n); e.text = String(repeating: "us-east failing ", count: 8); return e }))
    }
    store.close()
    let size = try scratch.read(scratch.path).count
    let clock = ContinuousClock()
    var again: Store?
    let opening = try clock.measure { again = try scratch.open() }
    var n = 0
    let committing = try clock.measure { for _ in 0..<100 { _ = try again?.commit(Commit(service: "app", epoch: 1, memory: [1], events: [.sample(1)])); n += 1 } }
    print("MEASURED open \(opening) size \(size) 100 commits \(committing)")
    again?.close()
  }
}
