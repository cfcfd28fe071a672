import Decision
import Foundation
import Testing
import Wire

@testable import Simulator

/// What README says of recovery is what the simulator measures with the usual settings.
@Suite struct ReadmeNumbersTests {
  private static func readme() throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try String(contentsOfFile: "/\(root)/README.md", encoding: .utf8)
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The number between two pieces of README's text.
  private static func number(after start: String, before end: String) throws -> Int {
    let text = try readme()
    let from = try #require(text.range(of: start), "README says nothing like '\(start)'")
    let rest = text[from.upperBound...]
    let to = try #require(rest.range(of: end))
    return try #require(Int(rest[..<to.lowerBound].filter(\.isNumber)))
  }

  @Test func theStoryTakesAsLongAsItSays() async throws {
    let setup = Setup.plain(regions: 3, hosts: 2)
    let schedule = Story.dynamodb20251020.schedule(setup, seed: 1)
    let played = await (try Simulator()).play(schedule)
    let move = try #require(played.figures.recoveries.first)
    let said = try Self.number(after: "--story 2025-10-20` takes", before: " s")
    #expect(said == Int(move.parts.total.rounded()))
    // Its agents alone see the fault: users' own probes go on being served, and that is looked at
    // for longer.
    #expect(move.parts.detect == setup.policy.outsideConfirm / .seconds(1))
    // The timeline has a line for each of these, in the setup's names, by time.
    let lines = schedule.story(played.figures)
    #expect(lines.map(\.atMs) == lines.map(\.atMs).sorted())
    #expect(lines.first?.text == "dynamodb-dns region-1")
    #expect(lines.contains { $0.text == "replication-cut region-1 > region-2 is over" })
    let kinds = lines.map(\.kind).filter { ![.fault, .repair].contains($0) }
    #expect(kinds == [.failed, .confirmed, .failover, .published])
    #expect(lines.first { $0.kind == .failover }?.text == "from region-1 to region-2")
    #expect(lines.count == 2 * schedule.faults.count + 4)
  }

  @Test func aDeadRegionIsLeftAsFastAsItSays() async throws {
    let setup = Setup.plain(regions: 3, hosts: 2)
    let simulator = try Simulator()
    var seconds: [Double] = []
    for seed in 1...40 {
      let fault = Fault(.regionDown, .region(0), begin: 300_000, end: 900_000)
      let schedule = Schedule(seed: UInt64(seed), setup: setup, length: 900_000, faults: [fault])
      let played = await simulator.play(schedule)
      seconds += played.figures.recoveries.filter { $0.kind == .failover }.map(\.downtimeSeconds)
    }
    #expect(seconds.count == 40)
    let sorted = seconds.sorted()
    let typical = try Self.number(after: "About", before: " s from the first failure")
    #expect(abs(sorted[20] - Double(typical)) <= 7.5, "the median is \(sorted[20]) s")
    #expect((sorted.last ?? 0) <= 150, "README says 2 1/2 minutes at worst: \(sorted)")
  }
}
