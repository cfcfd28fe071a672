import Glibc
import Platform
import Testing

/// Counts on a thread of its own.
private actor Counter {
  private let executor: ThreadExecutor
  private var count = 0
  private var threads: Set<pthread_t> = []

  init(_ executor: ThreadExecutor) {
    self.executor = executor
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func add() -> Int {
    count += 1
    threads.insert(pthread_self())
    return threads.count
  }
  var total: Int { count }
}

@Suite struct ThreadExecutorTests {
  @Test func anActorStaysOnItsThread() async throws {
    let counter = Counter(try ThreadExecutor(name: "test"))
    let threads = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<200 { group.addTask { await counter.add() } }
      return await group.reduce(0, max)
    }
    #expect(threads == 1)
    #expect(await counter.total == 200)
  }
}
