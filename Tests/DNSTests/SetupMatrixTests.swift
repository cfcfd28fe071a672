import Platform
import Sandbox
import Testing

@testable import DNS

/// What the API does to a plan, and when its process dies.
struct SetupCell: Hashable, Sendable, CustomStringConvertible {
  struct Trouble: Hashable, Sendable, CustomStringConvertible {
    var kind: FaultKind
    /// The requests that it meets.
    var method: String
    /// Nil: all, for a while.
    var count: Int?

    var description: String { "\(kind.rawValue) on \(method)" + (count.map { " x \($0)" } ?? "") }
  }

  var trouble: Trouble?
  var crash: FaultCrash?

  var description: String {
    [trouble.map { "\($0)" } ?? "no fault", crash.map { "\($0)" }].compactMap(\.self)
      .joined(separator: ", ")
  }

  private static func troubles(count: Int) -> [Trouble] {
    ["GET", "PUT", "POST"].flatMap { method in
      FaultKind.allCases.compactMap { kind -> Trouble? in
        if kind == .tokenRevoked || kind == .tokenNarrowed {
          return count == 1 ? Trouble(kind: kind, method: method) : nil
        }
        guard kind.meetsRequests else { return nil }
        switch kind {
        case .apiEmptyList, .apiStale, .apiGarbledMarker: if method != "GET" { return nil }
        case .apiLate: if method == "GET" { return nil }
        default: break
        }
        return Trouble(kind: kind, method: method, count: count)
      }
    }
  }

  private static func crashes(_ writes: ClosedRange<Int>) -> [FaultCrash] {
    writes.flatMap { write in
      FaultCrash.Moment.allCases.map { FaultCrash(write: write, moment: $0) }
    }
  }

  /// Every fault, once and thrice; every crash; and each fault of a kind of write with each crash
  /// in one of that kind.
  static func all() -> [SetupCell] {
    let once = troubles(count: 1)
    let puts = 1...SetupWorld.puts
    return [SetupCell()] + (once + troubles(count: 3)).map { SetupCell(trouble: $0) }
      + crashes(1...SetupWorld.writes).map { SetupCell(crash: $0) }
      + once.filter { $0.method != "GET" }.flatMap { trouble in
        crashes(trouble.method == "PUT" ? puts : SetupWorld.puts + 1...SetupWorld.writes)
          .map { SetupCell(trouble: trouble, crash: $0) }
      }
  }
}

/// A plan against every fault of the API and every crash: one final state, no record twice, nothing
/// of others touched, with the one checksum that was agreed to.
@Suite(.serialized) struct SetupMatrixTests {
  @Test(.timeLimit(.minutes(30))) func everyFaultAndEveryCrash() async {
    let start = Clocks.monotonic()
    // Who asked for a record waits whether it comes late, which costs next to nothing but time;
    // with more of the others at once, suites beside this one get no answers in time.
    let all = SetupCell.all()
    let waiting = all.filter { $0.trouble?.method == "POST" }
    let busy = all.filter { $0.trouble?.method != "POST" }
    async let late = Self.play(waiting, width: 12)
    let problems = await Self.play(busy, width: 6) + late
    let cells = busy + waiting
    let seconds = start.duration(to: Clocks.monotonic()).components.seconds
    for (cell, problem) in zip(cells, problems) {
      if let problem { Issue.record("\(cell): \(problem)") }
    }
    let passed = problems.count { $0 == nil }
    print("setup --apply: \(passed) of \(cells.count) cells passed, in \(seconds) s")
    let kinds = Set(FaultKind.allCases.filter(\.meetsRequests) + [.tokenRevoked, .tokenNarrowed])
    #expect(Set(cells.compactMap(\.trouble?.kind)) == kinds)
  }

  private static func play(_ cells: [SetupCell], width: Int) async -> [String?] {
    await withTaskGroup(of: (Int, String?).self) { group in
      var found = [String?](repeating: nil, count: cells.count)
      for index in cells.indices {
        if index >= width, let (done, problem) = await group.next() { found[done] = problem }
        group.addTask { (index, await play(cells[index])) }
      }
      for await (done, problem) in group { found[done] = problem }
      return found
    }
  }

  /// What is wrong with a cell; nil if nothing is.
  private static func play(_ cell: SetupCell) async -> String? {
    do {
      var problem: String?
      try await SetupWorld.run { world in problem = try await tell(cell, world) }
      return problem
    } catch {
      return "the sandbox: \(error)"
    }
  }

  private static func tell(_ cell: SetupCell, _ world: SetupWorld) async throws -> String? {
    let ledger = SetupLedger()
    let limit = Clocks.monotonic().advanced(by: .seconds(240))
    let begin = await world.sandbox.seenRequests().last?.number ?? 0
    var deaths = 0
    var refusals: [String] = []
    while true {
      guard Clocks.monotonic() < limit else { return "it does not end: \(refusals.suffix(3))" }
      let process = SetupProcess(cell, world, ledger)
      let applier = SetupApplier(
        process, process, world.wishes, pace: SetupWorld.pace,
        sleep: { time in
          if process.isDead { throw CancellationError() }
          try await Task.sleep(for: time)
        })
      let result: SetupApplier.Result
      do {
        result = try await applier.run(agreed: world.checksum) { _, _ in }
      } catch is CancellationError {
        deaths += 1
        if deaths > 1 { return "it died again" }
        continue
      }
      guard let refusal = result.refusal else {
        if !result.skipped.isEmpty { return "left out: \(result.skipped)" }
        break
      }
      // A person runs the same command again; nobody has to agree anew.
      if refusal.code == "not_agreed" { return "\(refusal)" }
      refusals.append("\(refusal)")
      try await Task.sleep(for: .milliseconds(50))
    }
    await world.sandbox.endAllFaults()
    // What comes late has come.
    if cell.trouble?.kind == .apiLate { try await Task.sleep(for: .seconds(17)) }
    let ours = try await world.ours()
    if ours != world.wanted { return "ends as \(ours)" }
    let others = try await world.others()
    if others != world.foreign {
      return "others: \(Set(others).symmetricDifference(world.foreign))"
    }
    let writes = await world.sandbox.seenRequests(after: begin).filter { $0.method != "GET" }
    if writes.contains(where: { $0.method == "DELETE" }) { return "something was deleted" }
    return deaths == (cell.crash == nil ? 0 : 1) ? nil : "it did not die"
  }
}
