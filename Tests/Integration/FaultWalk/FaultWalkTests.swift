import FoundationEssentials
import Glibc
import Platform
import Rehearsal
import Seeded
import Testing

/// Nil where no walk is asked for.
private let walkLength = ProcessInfo.processInfo.environment["SIGNALBOX_WALK"]

extension ProcessTests {
  /// Every fault of the sandbox, and pairs of them, on real processes: the first line never says OK
  /// while no client is served, every suggested command works, and, in the long walk, the active
  /// region is killed in each of them and the forecast has to come true. It wants an idle machine
  /// and release programs (`make walk`), so it runs where `SIGNALBOX_WALK` says `some` (a dozen,
  /// drawn), `short` (all) or `long`.
  @Suite(.enabled(if: walkLength != nil)) struct FaultWalkTests {
    private static let isLong = walkLength == "long"
    private static let seed =
      ProcessInfo.processInfo.environment["SIGNALBOX_SEED"].flatMap { UInt64($0) } ?? 13
    /// Side by side: most of the time is waiting.
    private static let worlds = 3
    /// Drawn besides every fault by itself.
    private static let pairs = isLong ? 12 : 4

    @Test func screensTellTheTruthInEveryTrouble() async throws {
      let findings = try await withThrowingTaskGroup(of: [String].self) { group in
        for world in 0..<Self.worlds { group.addTask { try await Self.walk(in: world) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    /// At once: a run of minutes is watched.
    private static func tell(_ text: String) {
      let bytes = Array((text + "\n").utf8)
      _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }

    private static func walk(in world: Int) async throws -> [String] {
      var options = manual()
      options.network = "127.\(40 + world)"
      // Every trouble may move users, and they are moved back.
      options.extraServiceTOML = "max_switches = \"1000 per 6h\"\nmax_switches_hard = 1000\n"
      var random = SplitMix64(seed: seed)
      let rehearsal = try Rehearsal.prepare(options)
      var troubles =
        Trouble.singles(rehearsal) + Trouble.pairs(rehearsal, count: pairs, using: &random)
      if let only = ProcessInfo.processInfo.environment["SIGNALBOX_WALK_ONLY"] {
        troubles = troubles.filter { $0.description.contains(only) }
      }
      if walkLength == "some" {
        troubles = Array(troubles.shuffled(using: &random).prefix(worlds * 4))
      }
      let mine = troubles.enumerated().filter { $0.offset % worlds == world }.map(\.element)
      tell("fault walk \(world): \(mine.count) of \(troubles.count) troubles, seed \(seed)")
      do {
        let findings = try await walk(mine, on: rehearsal)
        await rehearsal.stop()
        return findings
      } catch {
        let tail = await rehearsal.logTail("coordinator", lines: 20)
        await rehearsal.stop()
        throw RehearsalError.program("coordinator", reason: "\(error)", log: tail)
      }
    }

    private static func walk(
      _ troubles: [Trouble], on rehearsal: Rehearsal
    ) async throws -> [String] {
      try await rehearsal.start()
      let servers = try (0..<rehearsal.options.nameServers).map {
        try DNSServer(rehearsal.options.addresses.nameServer($0))
      }
      let visitor = Visitor(
        name: SandboxFacts.name, port: SandboxFacts.appPort, servers: servers)
      let visits = Task { await visitor.run() }
      defer { visits.cancel() }
      let walk = FaultWalk(rehearsal: rehearsal, visitor: visitor, kills: isLong)
      var findings: [String] = []
      for trouble in troubles {
        let begun = Clocks.monotonic()
        let found = try await walk.visit(trouble)
        tell(
          (["fault walk: \(trouble): \(found.count) findings, \(Clocks.monotonic() - begun)"]
            + found).joined(separator: "\n  "))
        findings += found
      }
      return findings
    }
  }
}
