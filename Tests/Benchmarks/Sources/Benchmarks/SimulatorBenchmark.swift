import Simulator

/// Simulated hours a second and core, with jumping and with stepping on the same schedules.
enum SimulatorBenchmark {
  static func run() async throws {
    print("simulator: simulated hours a second and core")
    print("  weather         seeds  hours    jumping   stepping      ratio")
    let simulator = try Simulator()
    for (weather, seeds, hours) in [(Weather.rough, 6, 72), (.deploys, 2, 24), (.calm, 2, 24)] {
      let drawer = ScheduleDrawer(weather: weather, length: Int64(hours) * 3_600_000)
      let schedules = (1...UInt64(seeds)).map(drawer.draw)
      var rates: [Double] = []
      for pace in [Pace.jump, .step] {
        let begin = Timing.cpuMicroseconds()
        var simulated: Int64 = 0
        // Stepping takes its time: the first hours of each schedule tell as much.
        for var schedule in schedules {
          if pace == .step { schedule.length = min(schedule.length, 21_600_000) }
          simulated += await simulator.play(schedule, pace: pace).figures.simulatedMs
        }
        let seconds = (Timing.cpuMicroseconds() - begin) / 1e6
        rates.append(Double(simulated) / 3_600_000 / seconds)
      }
      let name = weather.rawValue + String(repeating: " ", count: 12 - weather.rawValue.count)
      print(
        "  \(name)" + Timing.text(Double(seeds), digits: 0, width: 9)
          + Timing.text(Double(hours), digits: 0, width: 7) + Timing.text(rates[0], width: 11)
          + Timing.text(rates[1], width: 11) + Timing.text(rates[0] / rates[1], width: 11))
    }
  }
}
