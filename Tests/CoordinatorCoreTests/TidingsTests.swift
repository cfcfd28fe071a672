import Decision
import Testing
import Wire

@testable import CoordinatorCore

/// What the state is told besides reports and readings, and what it makes of services that it does
/// not have any more.
@Suite struct TidingsTests {
  private static func told(_ outputs: [CoreOutput]) -> [EventRecord] {
    outputs.compactMap {
      switch $0 {
      case .log(let event), .record(let event): event
      default: nil
      }
    }
  }

  @Test func aZoneThatIsNotServedIsKeptAndTold() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.tell(.zones("app", trouble: "example.org is disabled"))
    #expect(Self.told(bench.outputs).map(\.kind) == ["zone-trouble"])
    #expect(Self.told(bench.outputs).first?.level == .alert)
    #expect(bench.core?.machine.memory.zoneTrouble == "example.org is disabled")
    bench.tell(.zones("app", trouble: "example.org is disabled"))
    #expect(bench.outputs.isEmpty, "it is known")
    bench.tell(.zones("app", trouble: nil))
    #expect(Self.told(bench.outputs).map(\.kind) == ["zone-back"])
    #expect(Self.told(bench.outputs).first?.text.contains("reaches users again") == true)
    bench.tell(.zones("shop", trouble: "away"))
    #expect(bench.outputs.isEmpty)
  }

  @Test func whatServersShowIsOfTheirGeneration() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    let lines = [NameServerLine(server: "ns1", answer: .new, askedMs: 0)]
    let generation = bench.core?.generation ?? 0
    bench.tell(.shown("app", generation: generation + 1, lines))
    #expect(bench.core?.lines.isEmpty == true)
    bench.tell(.shown("shop", generation: generation, lines))
    bench.tell(.shown("app", generation: generation, lines))
    #expect(bench.core?.lines == lines)
  }

  /// The incident that ended, and the one that is open.
  @Test func cachesClearLater() {
    var bench = StateBench(Bench(phase: .verifying))
    bench.tell(.tick)
    bench.tell(.caches("app", incident: 7, clearMs: 5))
    #expect(bench.core?.incident?.cachesClearMs == 5)
    bench.tell(.caches("app", incident: 8, clearMs: 9))
    #expect(bench.core?.incident?.cachesClearMs == 5, "of another incident")
  }

  @Test func nobodyIsToldOfAServiceThatIsGone() {
    var bench = StateBench(Bench())
    bench.tell(.tick)
    bench.tell(
      .reading(
        ServiceReading(
          service: "shop", generation: 0, began: bench.now.instant, found: .success([]),
          lines: [])))
    #expect(bench.outputs.isEmpty)
    bench.tell(.reply(WriteCall(service: "shop", number: 1, isRoutine: false), .begin))
    bench.tell(.servers("shop", [], epoch: 4))
    bench.tell(.caches("shop", incident: 7, clearMs: 5))
    #expect(bench.outputs.isEmpty)
  }
}
