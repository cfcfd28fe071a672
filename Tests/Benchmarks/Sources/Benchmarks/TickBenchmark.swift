import Decision
import Wire

/// What one tick of the decision costs with one service and with a thousand, when one thing has
/// changed since the tick before.
enum TickBenchmark {
  static func run() {
    print("decision: one tick in which one thing changed, in microseconds of processor time")
    print("  services     ticks     median        p99")
    let one = measure(services: 1, ticks: 4000)
    let many = measure(services: 1000, ticks: 60)
    print(
      "  ratio           " + Timing.text(many.median / one.median)
        + Timing.text(many.p99 / one.p99, width: 11) + "   (aim: at most 2)")
  }

  private static func measure(services: Int, ticks: Int) -> (median: Double, p99: Double) {
    var fleet = Fleet(services: services)
    var spent: [Double] = []
    for tick in 0..<(ticks + 20) {
      fleet.bringIn(tick)
      let begin = Timing.cpuMicroseconds()
      fleet.decide()
      // The first ticks find where DNS points, and that all are well.
      if tick >= 20 { spent.append(Timing.cpuMicroseconds() - begin) }
    }
    precondition(fleet.areSteady, "the fleet is to be well while it is measured")
    let found = (Timing.percentile(spent, 0.5), Timing.percentile(spent, 0.99))
    print(
      Timing.text(Double(services), digits: 0) + Timing.text(Double(ticks), digits: 0)
        + Timing.text(found.0, width: 11) + Timing.text(found.1, width: 11))
    return found
  }
}
