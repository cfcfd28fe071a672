import Glibc
import Sandbox

/// What the real coordinator costs while nothing happens: the program in `build/bin`, its journal,
/// a zone and name servers of the sandbox, own probes, and agents that report every five seconds as
/// theirs do, signed and verified.
enum LoadBenchmark {
  private struct Fleet {
    var services: Int
    var agents: Int
  }

  /// A fleet with six agents is what the next ones of as many services are compared with.
  private static let fleets = [
    Fleet(services: 1, agents: 6), Fleet(services: 60, agents: 6),
    Fleet(services: 60, agents: 500), Fleet(services: 1, agents: 2_000),
    Fleet(services: 1_000, agents: 2_000),
  ]
  /// Until every region is judged healthy, and what is measured after it.
  private static let warmUp = Duration.seconds(45)
  private static let span = Duration.seconds(30)
  /// How often memory is looked at in it.
  private static let looks = 15

  /// With every number of services, or only with that one.
  static func run(services: Int?) async throws {
    let fleets = fleets.filter { services == nil || $0.services == services }
    guard !fleets.isEmpty else { throw NoFleet(services: services ?? 0) }
    print("load: the coordinator's processor seconds a minute, and its memory, while all is well")
    print("  services     agents  reports/s    refused   cpu s/min     MiB   KiB/agent")
    var bases: [Int: (agents: Int, memory: Double)] = [:]
    for fleet in fleets {
      let found = try await measure(fleet)
      let kibibytes = bases[fleet.services].map {
        (found.memory - $0.memory) / 1024 / Double(fleet.agents - $0.agents)
      }
      print(
        Timing.text(Double(fleet.services), digits: 0)
          + Timing.text(Double(fleet.agents), digits: 0)
          + Timing.text(found.reports, width: 11)
          + Timing.text(Double(found.refused), digits: 0, width: 11)
          + Timing.text(found.processor, width: 12)
          + Timing.text(found.memory / 1_048_576, width: 8)
          + (kibibytes.map { Timing.text($0, width: 12) } ?? ""))
      // Each takes its time.
      fflush(nil)
      bases[fleet.services] = bases[fleet.services] ?? (fleet.agents, found.memory)
    }
    print("  (aims: 60 services with 500 agents at most 6 s a minute, and 16 KiB an agent)")
  }

  /// There is none of so many services.
  private struct NoFleet: Error { var services: Int }

  private struct Found {
    var reports: Double
    var refused: Int
    /// Seconds a minute.
    var processor: Double
    /// Bytes.
    var memory: Double
  }

  private static func measure(_ fleet: Fleet) async throws -> Found {
    let sandbox = try await Sandbox.start(
      SandboxOptions(instances: 1, network: "any", nameServers: 3, publishDelay: .zero))
    let site = try LoadSite(sandbox, services: fleet.services, agents: fleet.agents)
    do {
      try await site.start()
      let senders = Task { await site.send() }
      try await Task.sleep(for: warmUp)
      let before = try site.usage()
      // What is free is given back now and then: how much is held is a mean over the span.
      var memory = 0.0
      for _ in 0..<looks {
        try await Task.sleep(for: span / looks)
        memory += try site.usage().memory / Double(looks)
      }
      let after = try site.usage()
      senders.cancel()
      await senders.value
      await site.stop()
      await sandbox.stop()
      let minutes = span / .seconds(60)
      return Found(
        reports: Double(after.reports - before.reports) / (span / .seconds(1)),
        refused: after.refused - before.refused,
        processor: (after.processor - before.processor) / minutes, memory: memory)
    } catch {
      await site.stop()
      await sandbox.stop()
      throw error
    }
  }
}
