import Decision
import Simulator
import Testing
import Wire

/// How much is tried: little where everything is tested.
enum Effort {
  #if DEBUG
    static let isFull = false
  #else
    static let isFull = true
  #endif

  static func of(_ full: Int, debug: Int) -> Int { isFull ? full : debug }
}

extension Schedule {
  static let minute: Int64 = 60_000

  /// Three regions of two hosts with the default rules.
  static func plain(
    seed: UInt64 = 7, minutes: Int64, regions: Int = 3, hosts: Int = 2,
    change: (inout Setup) -> Void = { _ in }, faults: [Fault]
  ) -> Schedule {
    var setup = Setup.plain(regions: regions, hosts: hosts)
    change(&setup)
    return Schedule(seed: seed, setup: setup, length: minutes * minute, faults: faults)
  }
}

/// A fault from a minute on, for so many minutes.
func fault(
  _ kind: FaultKind, _ target: FaultTarget = .none, from: Double, minutes: Double,
  amount: Int64 = 0
) -> Fault {
  let begin = Int64(from * 60_000)
  return Fault(kind, target, begin: begin, end: begin + Int64(minutes * 60_000), amount: amount)
}

extension Played {
  /// The story, for failed expectations.
  var story: String {
    (violations.map(\.description) + trace.suffix(60)).joined(separator: "\n")
  }

  func moves(_ kind: MoveKind) -> Int { figures.intents[kind] ?? 0 }
}

/// Plays a schedule that must not break anything.
func playWell(
  _ schedule: Schedule, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> Played {
  let played = try await Simulator().play(schedule)
  #expect(played.violations.isEmpty, "\(played.story)", sourceLocation: sourceLocation)
  return played
}
