import Platform
import Sandbox
import Testing

/// Every operation against every fault of the API and every crash: one final state, no record
/// twice or lost, nothing of others touched, the history complete.
@Suite(.serialized) struct FaultMatrixTests {
  @Test(.timeLimit(.minutes(30))) func everyOperationWithEveryFaultAndEveryCrash() async {
    let start = Clocks.monotonic()
    // Those that wait cost next to nothing but time.
    async let late = Self.play(FaultCell.waiting(), width: 24)
    let cells = FaultCell.all()
    let problems = await Self.play(cells, width: 16)
    let verdicts = Array(zip(cells, problems)) + Array(zip(FaultCell.waiting(), await late))
    let seconds = start.duration(to: Clocks.monotonic()).components.seconds
    print(Self.table(verdicts, seconds))
    for (cell, problem) in verdicts {
      if let problem { Issue.record("\(cell): \(problem)") }
    }
    // Seven operations, every fault that meets requests and 2 of tokens, 51 crashes.
    let kinds = Set(FaultKind.allCases.filter(\.meetsRequests) + [.tokenRevoked, .tokenNarrowed])
    #expect(Set(verdicts.compactMap(\.0.trouble?.kind)) == kinds)
    #expect(Set(cells.map { Pair($0.operation, $0.crash) }).count == 7 + 51)
  }

  private struct Pair: Hashable {
    var operation: FaultOperation
    var crash: FaultCrash?
    init(_ operation: FaultOperation, _ crash: FaultCrash?) {
      self.operation = operation
      self.crash = crash
    }
  }

  /// What is wrong with each cell, so many sandboxes at a time.
  private static func play(_ cells: [FaultCell], width: Int) async -> [String?] {
    await withTaskGroup(of: (Int, String?).self) { group in
      var found = [String?](repeating: nil, count: cells.count)
      for index in cells.indices {
        if index >= width, let (done, problem) = await group.next() { found[done] = problem }
        group.addTask { (index, await FaultStory.play(cells[index])) }
      }
      for await (done, problem) in group { found[done] = problem }
      return found
    }
  }

  /// The cells that passed of all: by fault and by crash, for each operation.
  private static func table(_ verdicts: [(FaultCell, String?)], _ seconds: Int64) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func row(_ name: String, _ isIn: (FaultCell) -> Bool) -> String? {
      let mine = verdicts.filter { isIn($0.0) }
      guard !mine.isEmpty else { return nil }
      let cells = FaultOperation.allCases.map { operation -> String in
        let its = mine.filter { $0.0.operation == operation }
        return its.isEmpty ? "-" : "\(its.count { $0.1 == nil })/\(its.count)"
      }
      return name + right("", 26 - name.count) + cells.map { right($0, 12) }.joined()
    }
    var lines: [String?] = [
      "cells passed of all       "
        + FaultOperation.allCases.map { right($0.rawValue, 12) }.joined()
    ]
    lines.append(row("no fault") { $0.trouble == nil })
    for kind in FaultKind.allCases {
      lines.append(row(kind.rawValue) { $0.trouble?.kind == kind })
    }
    lines.append(row("no crash") { $0.crash == nil && $0.then == nil && !$0.waits })
    lines.append(row("and a refused token") { $0.then != nil })
    for moment in FaultCrash.Moment.allCases {
      lines.append(row("crash: \(moment.rawValue)") { $0.crash?.moment == moment && !$0.waits })
    }
    lines.append(row("late landing waited for") { $0.waits })
    lines.append(row("all") { _ in true })
    let passed = verdicts.count { $0.1 == nil }
    lines.append("fault matrix: \(passed) of \(verdicts.count) cells passed, in \(seconds) s")
    return lines.compactMap { $0 }.joined(separator: "\n")
  }
}
