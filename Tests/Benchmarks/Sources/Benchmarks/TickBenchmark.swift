/// What an event costs the core with one service and with a thousand, when it concerns one of them.
enum TickBenchmark {
  private static let kinds: [(String, @Sendable (inout Fleet) -> Void)] = [
    ("one probe is another", { $0.changeOne() }),
    ("one report, as before", { $0.hearOne() }),
    ("a tick, nothing changed", { $0.tick() }),
  ]

  static func run() {
    print("core: one event that concerns one service, in microseconds of processor time")
    print("                                 1 service      1,000      ratio   (aim: at most 2)")
    var (one, many) = (settled(1), settled(1_000))
    for (name, event) in kinds {
      let (few, lots) = (measure(&one, 2_000, event), measure(&many, 400, event))
      print(
        "  \(name)" + String(repeating: " ", count: max(0, 28 - name.count))
          + Timing.text(few, width: 12) + Timing.text(lots, width: 11)
          + Timing.text(lots / few, width: 11))
    }
    precondition(one.areSteady && many.areSteady, "nothing is to happen while it is measured")
    let minute = [minute(&one), minute(&many)]
    print(
      "  a minute of all, in ms" + String(repeating: " ", count: 6)
        + Timing.text(minute[0] / 1000, width: 12) + Timing.text(minute[1] / 1000, width: 11)
        + Timing.text(minute[1] / minute[0], width: 11) + "   (1,000 times as much is said)")
  }

  /// Every service knows where its users are, and that all is well.
  private static func settled(_ services: Int) -> Fleet {
    var fleet = Fleet(services: services)
    for _ in 0..<200 { fleet.pass() }
    precondition(fleet.areSteady, "the fleet is to be well")
    return fleet
  }

  private static func measure(
    _ fleet: inout Fleet, _ times: Int, _ event: (inout Fleet) -> Void
  ) -> Double {
    var spent: [Double] = []
    for _ in 0..<times {
      let begin = Timing.cpuMicroseconds()
      event(&fleet)
      spent.append(Timing.cpuMicroseconds() - begin)
    }
    return Timing.percentile(spent, 0.5)
  }

  private static func minute(_ fleet: inout Fleet) -> Double {
    let begin = Timing.cpuMicroseconds()
    for _ in 0..<120 { fleet.pass() }
    return Timing.cpuMicroseconds() - begin
  }
}
