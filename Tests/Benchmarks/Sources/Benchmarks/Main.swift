/// Measures what the project promises of its speed; each figure stands beside another of the same
/// run, for the machine is never the same twice.
///
///     benchmarks [simulator|ticks|dns|ingest|load [SERVICES]]
///
/// All by default. `ingest` and `load` play the programs in `build/bin`; `load 60` only with as
/// many services.
@main
enum Main {
  static func main() async throws {
    let chosen = CommandLine.arguments.dropFirst()
    if chosen.isEmpty || chosen.contains("simulator") { try await SimulatorBenchmark.run() }
    if chosen.isEmpty || chosen.contains("ticks") { TickBenchmark.run() }
    if chosen.isEmpty || chosen.contains("dns") { try await DNSBenchmark.run() }
    if chosen.isEmpty || chosen.contains("ingest") { try await IngestBenchmark.run() }
    if chosen.isEmpty || chosen.contains("load") {
      try await LoadBenchmark.run(services: chosen.lazy.compactMap { Int($0) }.first)
    }
  }
}
