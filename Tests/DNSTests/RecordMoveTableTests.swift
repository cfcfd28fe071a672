import CoordinatorCore
import Seeded
import Synchronization
import Testing

/// Every step with every answer, judged by what must hold whatever happens.
@Suite struct RecordMoveTableTests {
  /// The first address writes (6 answers each) with the reads (3 each): long reads with short
  /// writes, and the reverse. 8,748 and 3,888 stories.
  @Test(arguments: [(2, 5), (4, 1)])
  func everyStepWithEveryAnswer(writes: Int, readings: Int) async {
    var stories = 0
    var committed = 0
    for puts in Self.sequences(of: Answer.allCases, length: writes) {
      for reads in Self.sequences(of: Answer.afterReads, length: readings) {
        let provider = World.provider()
        provider.script {
          $0.puts = puts
          $0.reads = reads
        }
        let notebook = Notebook()
        let result = await World.perform(
          World.plan(families: ["A", "AAAA"]), provider, notebook)
        stories += 1
        if result == .committed { committed += 1 }
        if let problem = Self.judge(result, provider, notebook, puts) {
          Issue.record("\(puts.map(\.rawValue)) \(reads.map(\.rawValue)): \(problem)")
          return
        }
      }
    }
    #expect(stories == (writes == 2 ? 36 * 243 : 1_296 * 3))
    #expect(committed > stories / 2)
  }

  static func sequences<T>(of choices: [T], length: Int) -> [[T]] {
    guard length > 0 else { return [[]] }
    return sequences(of: choices, length: length - 1).flatMap { head in
      choices.map { head + [$0] }
    }
  }

  /// What is wrong; nil if nothing is.
  static func judge(
    _ result: MoveResult, _ provider: ScriptedProvider, _ notebook: Notebook, _ puts: [Answer]
  ) -> String? {
    let state = provider.now
    let notes = notebook.now
    if let objection = state.objections.first { return objection }
    let changed = provider.address("A") != World.a[0] || provider.address("AAAA") != World.aaaa[0]
    switch result {
    case .committed:
      guard provider.address("A") == World.a[1], provider.address("AAAA") == World.aaaa[1] else {
        return "committed, but it is not so"
      }
      let journaled = notes.steps.filter { if case .committed = $0 { true } else { false } }
      guard journaled.count == 2 else { return "\(journaled.count) commits in the journal" }
    case .refused:
      guard !changed else { return "refused after a write" }
      guard puts.contains(.forbidden) else { return "refused without a refusal" }
    default: return "ended as \(result)"
    }
    let announced = notes.steps.filter { if case .writing = $0 { true } else { false } }.count
    let writes = state.addressPuts.count + state.markerPuts + state.posts
    guard announced == writes else { return "\(announced) writes announced, \(writes) made" }
    guard notes.asked == writes else { return "\(notes.asked) permissions for \(writes) writes" }
    return nil
  }

  /// Cancelled inside each call in turn: the call ends, no other follows, and the result says
  /// whether something may have changed.
  @Test(arguments: [Answer.done, .appliedAndLost, .lost], 1...9)
  func cancellationStopsBetweenCalls(answer: Answer, at call: Int) async {
    let running = Mutex<Task<MoveResult, Never>?>(nil)
    let provider = World.provider { number in
      guard number == call else { return }
      // The task is stored right after it was made.
      while running.withLock({ $0 }) == nil { await Task.yield() }
      running.withLock { $0 }?.cancel()
    }
    provider.script { $0.puts = [answer, answer] }
    let notebook = Notebook()
    let task = Task {
      await World.perform(World.plan(families: ["A", "AAAA"]), provider, notebook)
    }
    running.withLock { $0 = task }
    let result = await task.value
    let state = provider.now
    #expect(state.objections.isEmpty)
    if result != .committed { #expect(state.calls == call) }
    let changed = provider.address("A") != World.a[0]
    switch result {
    case .stopped: #expect(!changed)
    case .interrupted: #expect(!state.addressPuts.isEmpty)
    case .committed: #expect(provider.address("AAAA") == World.aaaa[1])
    default: Issue.record("\(result)")
    }
  }

  /// A seeded crowd: late writes, intruders, lost calls. Whatever happens, only configured
  /// addresses are written, after a read, and a commit is true when it is told.
  @Test(arguments: [UInt64(1), 20_261_123])
  func aSeededCrowd(seed: UInt64) async {
    var random = SplitMix64(seed: seed)
    for number in 0..<2_000 {
      let provider = World.provider()
      let call = Int.random(in: 2...12, using: &random)
      let intruder = Int.random(in: 0..<8, using: &random)
      provider.script { state in
        for _ in 0..<6 {
          state.puts.append(Answer.allCases.randomElement(using: &random) ?? .done)
          state.reads.append(Answer.afterReads.randomElement(using: &random) ?? .done)
        }
        state.claims = [Answer.allCases.randomElement(using: &random) ?? .done]
        if intruder < 3 {
          let target = [World.a[0], World.a[2], "203.0.113.7"][intruder]
          state.intrusion = (call: call, change: { $0.set(1, target) })
        } else if intruder < 5 {
          let target = [World.a[1], World.a[0]][intruder - 3]
          state.late = (afterReads: call, id: 1, target: target)
        }
      }
      let result = await World.perform(
        World.plan(families: ["A", "AAAA"]), provider, Notebook())
      let state = provider.now
      #expect(state.objections.isEmpty, "seed \(seed), story \(number)")
      if result == .committed {
        #expect(provider.address("A") == World.a[1], "seed \(seed), story \(number)")
        #expect(provider.address("AAAA") == World.aaaa[1], "seed \(seed), story \(number)")
      }
      if case .foreign = result {
        #expect(provider.address("A") == "203.0.113.7", "seed \(seed), story \(number)")
      }
    }
  }
}
