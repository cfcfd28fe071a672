import FoundationEssentials
import Seeded
import Testing
import Wire

@testable import Simulator

/// The article's script beside Signalbox (docs/from-the-article.md).
@Suite struct ArticleTests {
  private static let regions = ["us-east-1", "us-west-2", "eu-central-1"]

  private static func results(_ healthy: String...) -> [String: Bool] {
    Dictionary(uniqueKeysWithValues: regions.map { ($0, healthy.contains($0)) })
  }

  /// It counts the failures of the region that it wants to move to, which has none.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func asPrintedItNeverWrites(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var script = ArticleScript(.printed, preferred: Self.regions[0])
    for _ in 0..<500 {
      let found = Self.regions.map { ($0, random.chance(0.6)) }
      #expect(script.round(Dictionary(uniqueKeysWithValues: found)) == nil)
    }
    #expect(script.current == nil)
  }

  /// As it is meant it leaves after three failures, for the first one by name, and is back with the
  /// first success.
  @Test func asMeantItLeavesAndReturns() {
    var script = ArticleScript(.meant, preferred: Self.regions[0])
    let (all, others) = (
      Self.results("us-east-1", "us-west-2", "eu-central-1"),
      Self.results("us-west-2", "eu-central-1")
    )
    #expect(script.round(all) == "us-east-1" && script.round(all) == "us-east-1")
    #expect((0..<2).allSatisfy { _ in script.round(others) == nil })
    #expect(script.round(others) == "eu-central-1")
    #expect(script.round(Self.results("us-west-2")) == nil, "its failures are counted anew")
    #expect(script.round([:]) == nil)
    #expect(script.round(all) == "us-east-1")
  }

  private func row(_ name: String, _ downtimeMs: Int64, _ kinds: [MoveKind]) -> String {
    let failovers = kinds.count { $0 == .failover }
    let seconds = Int((Double(downtimeMs) / 1000).rounded())
    return "| \(name) | \(seconds) s | \(failovers) | \(kinds.count - failovers) |"
  }

  private func row(_ name: String, _ played: ScriptPlayed) -> String {
    row(name, played.downtimeMs, played.moves.map { $0.kind == .failover ? .failover : .failback })
  }

  /// Whoever returns at the first success is there when the region fails again.
  @Test func besideSignalbox() async throws {
    let schedule = Story.article.schedule(.plain(regions: 3, hosts: 2), seed: 1)
    let simulator = try Simulator()
    let played = await simulator.play(schedule)
    #expect(played.violations.isEmpty && played.figures.falseMoves.isEmpty)
    let ours = played.figures.userDowntimeMs
    #expect(ours < 150_000 && played.figures.recoveries.map(\.kind) == [.failover])
    let scripts = await simulator.playScripts(schedule)
    #expect(scripts.printed.moves.isEmpty)
    // 60 and twice 4 minutes, and what the load balancer takes.
    #expect((4_080_000...4_200_000).contains(scripts.printed.downtimeMs))
    #expect(scripts.meant.moves.map(\.kind).prefix(2) == [.failover, .failback])
    #expect(scripts.meant.downtimeMs > 3 * ours, "\(scripts.meant)")
    #expect(Story.allCases.filter(\.comparesScript) == [.article])
    let rows = [
      row("Signalbox", ours, played.figures.recoveries.map(\.kind)),
      row("the script as it is printed", scripts.printed),
      row("the script as it is meant", scripts.meant),
    ]
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(root)/docs/from-the-article.md"
    let page = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let other = rows.filter { !page.contains($0[...]) }
    #expect(other.isEmpty, "the page's table has other rows")
  }
}
