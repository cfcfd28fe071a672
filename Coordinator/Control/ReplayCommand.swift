import ArgumentParser
import CommandEntry
import Decision
import Platform
import Recording
import Screens
import Settings
import Wire

/// `signalbox replay`.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Play what was decided again, under the same policy or another.",
    discussion: """
      The coordinator keeps the evidence behind its decisions. It goes through the decision again:
      each has to come out as it was recorded. With --config, another coordinator.toml, it also
      goes through under that policy, and what would have been otherwise is shown. Nothing is
      moved, and the coordinator may run meanwhile.

      Examples:
        sudo signalbox replay --from -2h
        sudo signalbox replay --from "2026-11-23 14:00" --to "2026-11-23 15:00" --service app
        sudo signalbox replay --from -30d --config new.toml
        signalbox replay --file copied/evidence --from 2026-11-23T14:00:00Z --json

      A time is ISO 8601, this host's own as "2026-11-23 14:00", or a span before now as -2h.
      Exits 1 if a decision does not come out as it was recorded, or if there was none to play.
      """)

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Where the span begins.", valueName: "time"))
  var from: String
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Where it ends; now.", valueName: "time"))
  var to: String?
  @Option(help: "Only of this service.")
  var service: String?
  @Option(
    help: ArgumentHelp(
      "The recording: a directory, or one file of it. Else the coordinator's own.",
      valueName: "file"))
  var file: String?
  @Option(
    help: ArgumentHelp("Another coordinator's file: its policy is compared.", valueName: "file"))
  var config: String?
  @Flag(help: "Print one JSON document on standard output and nothing else there.")
  var json = false

  func run() async throws {
    let now = Clocks.wallMilliseconds()
    let begin = try time(from, "--from", now: now)
    let end = try to.map { try time($0, "--to", now: now) } ?? now
    guard begin < end else { throw misused("--from is not before --to") }
    let policies = try config.map(Self.policies)
    let recording: Recording
    do {
      recording = try Recording(path: try path())
    } catch let error as RecordingError {
      throw refused("\(error)")
    }
    let result = try play(recording, fromMs: begin, toMs: end, policies: policies)
    if let service, !result.services.contains(service) {
      throw misused("'\(service)' is no service of what was recorded then")
    }
    if json {
      try printJSON(result)
    } else {
      let screen = ReplayScreen(
        result, fromMs: begin, toMs: end, clock: WallTime.clock, day: Self.day)
      Console.out(screen.text(policy: config))
    }
    if !result.isExact { throw CommandFailure(code: 1, "") }
  }

  private func play(
    _ recording: Recording, fromMs: Int64, toMs: Int64, policies: [String: Policy]?
  ) throws -> ReplayResult {
    var replayer = Replayer(fromMs: fromMs, service: service, policies: policies)
    let progress = ReplayProgress(fromMs: max(fromMs, recording.fromMs), toMs: toMs)
    let flaws: [Recording.Flaw]
    do {
      flaws = try recording.play(fromMs: fromMs, toMs: toMs) { entry in
        replayer.take(entry)
        if case .doubts(let now) = entry { progress.show(now.wallMs) }
      }
    } catch let error as RecordingError {
      throw refused("\(error)")
    }
    progress.finish()
    var result = replayer.finish()
    result.flaws = flaws.map { "\($0.path): \($0.text)" }
    return result
  }

  private func time(_ text: String, _ option: String, now: Int64) throws -> Int64 {
    guard let found = ReplayTime.milliseconds(of: text, now: now) else {
      throw misused("\(option) is \"\(text)\"; accepted: \(ReplayTime.accepted)")
    }
    return found
  }

  /// The date in the host's time zone.
  private static func day(_ ms: Int64) -> String {
    let offset = Console.style().secondsFromUTC(ms)
    return String(WallTime.iso8601(ms + Int64(offset) * 1000).prefix(10))
  }

  /// What was named, or where the coordinator of this host records.
  private func path() throws -> String {
    if let file { return file }
    var directory = "/var/lib/signalbox"
    if Files.exists(CoordinatorFile.usual) {
      directory = try CoordinatorFile.settings(CoordinatorFile.usual).stateDirectory
    }
    return "\(directory)/evidence"
  }

  private static func policies(_ path: String) throws -> [String: Policy] {
    let settings = try CoordinatorFile.settings(path)
    return Dictionary(
      uniqueKeysWithValues: settings.services.map { ($0.name, Policy($0, of: settings)) })
  }
}
