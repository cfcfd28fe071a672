import Decision
import Seeded
import Testing
import Wire

@testable import Simulator

@Suite struct ScheduleTests {
  private static let drawer = ScheduleDrawer(weather: .rough, length: 43_200_000)

  @Test func textsAreReadAsTheyWereWritten() throws {
    for seed in UInt64(1)...200 {
      let schedule = Self.drawer.draw(seed)
      let read = try Schedule(text: schedule.text)
      #expect(read == schedule, "seed \(seed)")
      #expect(read.text == schedule.text, "seed \(seed)")
    }
  }

  @Test func theSameSeedDrawsTheSame() {
    for seed in UInt64(1)...50 {
      #expect(Self.drawer.draw(seed) == Self.drawer.draw(seed), "seed \(seed)")
    }
    #expect(Self.drawer.draw(1) != Self.drawer.draw(2))
  }

  @Test func everyKindOfFaultIsDrawn() {
    var missing = Set(FaultKind.allCases)
    for seed in UInt64(1)...600 {
      missing.subtract(Self.drawer.draw(seed).faults.map(\.kind))
    }
    #expect(missing.isEmpty)
  }

  @Test func drawnTargetsExistAndAmountsAreInTheirRange() {
    for seed in UInt64(1)...200 {
      let schedule = Self.drawer.draw(seed)
      for fault in schedule.faults {
        #expect(schedule.fits(fault.target), "seed \(seed): \(fault.line)")
        #expect(fault.begin >= 0 && fault.end <= schedule.length, "seed \(seed): \(fault.line)")
        if let range = fault.kind.form.amount { #expect(range.contains(fault.amount)) }
      }
    }
  }

  @Test func faultsHaveOneLineEach() {
    let targets: [FaultTarget] = [
      .none, .region(0), .host(1, 2), .link(0, 3), .link(2, 0), .nameServer(1), .service(0),
    ]
    for kind in FaultKind.allCases {
      for target in targets {
        let fault = Fault(kind, target, begin: 1_234, end: 61_234, amount: -5)
        #expect(Fault(line: fault.line) == fault)
      }
    }
    let line = Fault(.app500, .host(0, 1), begin: 60_000, end: 90_500).line
    #expect(line == "fault app-500 r1.2 from 60.000 for 30.500")
  }

  @Test(arguments: [
    "fault app-501 r1.2 from 1.000 for 1.000", "fault app-500 r0 from 1.000 for 1.000",
    "fault app-500 r1.2 from x for 1.000", "fault app-500 r1.2 for 1.000", "fault",
    "fault app-500 r1.2 from 1.000 for 1.000 amount", "fault cut c>c1 from 1.000 for 1.000",
  ])
  func otherLinesAreNone(_ line: String) {
    #expect(Fault(line: line) == nil)
  }

  @Test func mistakesAreNamedWithTheirLine() throws {
    let good = Schedule.plain(minutes: 10, faults: []).text
    #expect(throws: Never.self) { try Schedule(text: good) }
    let problem = #expect(throws: ScheduleProblem.self) {
      try Schedule(text: good + "policy colour blue\n")
    }
    #expect(problem?.found == "policy colour blue")
    #expect((problem?.line ?? 0) > 3)
    #expect(throws: ScheduleProblem.self) { try Schedule(text: "") }
    #expect(throws: ScheduleProblem.self) {
      try Schedule(text: good + "fault app-500 r9.1 from 1.000 for 1.000\n")
    }
  }

  @Test func noiseDependsOnWhoAndWhenAlone() {
    let noise = Noise(seed: 5)
    let first = noise.unit(.checkLatency, 3, 1000)
    _ = noise.unit(.probeFails, 9, 1)
    #expect(noise.unit(.checkLatency, 3, 1000) == first)
    #expect(noise.unit(.checkLatency, 4, 1000) != first)
    #expect(Noise(seed: 6).unit(.checkLatency, 3, 1000) != first)
    let mean = (0..<10_000).reduce(0.0) { $0 + noise.unit(.user, 1, Int64($1)) } / 10_000
    #expect(abs(mean - 0.5) < 0.02)
  }

  @Test func eventsComeInTheirOrder() {
    var queue = EventQueue()
    var random = SplitMix64(seed: 11)
    for number in 0..<1000 { queue.plan(.check, at: random.within(0...50), who: number) }
    var last: (Int64, Int32) = (-1, -1)
    while let event = queue.pop() {
      #expect(event.time > last.0 || (event.time == last.0 && event.who > last.1))
      last = (event.time, event.who)
    }
    #expect(queue.count == 0)
  }
}
