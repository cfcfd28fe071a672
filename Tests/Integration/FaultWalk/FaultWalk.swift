import Platform
import Rehearsal
import Sandbox
import Screens
import Wire

/// Walks one deployment through the sandbox's troubles, as a person on call would: reads the first
/// line while a real client asks for the page, pastes every command that a screen suggests, and
/// believes the forecast.
struct FaultWalk: Sendable {
  let rehearsal: Rehearsal
  let visitor: Visitor
  /// Also kill the active region in each trouble, and compare with the forecast.
  let kills: Bool

  private var home: String { rehearsal.sites[0].region }
  private var url: String { "unix:\(rehearsal.directory)/coordinator.sock" }

  /// How long a trouble is watched: the longest confirmation (60 s, a tenth here) and as much again
  /// for a client's view to settle.
  private static let watched = Duration.seconds(12)
  /// Unserved for longer than this, no first line may say OK: the longest confirmation, and time
  /// for a loaded machine's probes, reports and polls.
  private static let allowedMs: Int64 = 6_000 + 3_000

  /// What was found wrong in this trouble; empty when all was well.
  func visit(_ trouble: Trouble) async throws -> [String] {
    try await settle()
    let past = Set(try await suggestions(of: [["history", "app"]]).map(\.command))
    var findings: [String] = []
    var faults: [String] = []
    for part in trouble.parts {
      faults.append(try await rehearsal.fault(part.kind.rawValue, target: part.target))
    }
    findings += try await watch(for: Self.watched)
    findings += try await paste(except: past)
    if kills { findings += try await kill() }
    for fault in faults { try await rehearsal.endFault(fault) }
    return findings.map { "\(trouble): \($0)" }
  }

  // MARK: The first line

  private struct Sample {
    var atMs: Int64
    var line: String
    var isCalm: Bool
  }

  private func sample() async throws -> Sample {
    let document = try await rehearsal.coordinator.status()
    let line = Screens.status(document).split(separator: "\n").first.map(String.init) ?? ""
    return Sample(atMs: Clocks.wallMilliseconds(), line: line, isCalm: line.hasPrefix("OK"))
  }

  private func watch(for span: Duration) async throws -> [String] {
    var samples: [Sample] = []
    let end = Clocks.monotonic() + span
    while Clocks.monotonic() < end {
      samples.append(try await sample())
      try await Task.sleep(for: .milliseconds(250))
    }
    let outages = Outage.find(visitor.seen(), quietMs: 500)
    let falseCalm = samples.first { sample in
      sample.isCalm
        && outages.contains { outage in
          outage.fromMs + Self.allowedMs < sample.atMs && (outage.toMs ?? .max) > sample.atMs
        }
    }
    return falseCalm.map { ["first line while nobody is served: \($0.line)"] } ?? []
  }

  // MARK: The suggested commands

  private static let screens = [["status"], ["explain", "app"], ["check"], ["history", "app"]]

  /// Everything that these screens suggest now, each command once.
  private func suggestions(
    of screens: [[String]] = screens
  ) async throws -> [(command: String, screen: String)] {
    var commands: [(command: String, screen: String)] = []
    for screen in screens {
      let shown = try await signalbox(screen + ["--coordinator", url])
      for command in SuggestedCommands.find(in: shown.output + "\n" + shown.errors)
      where !commands.contains(where: { $0.command == command }) {
        commands.append((command, screen[0]))
      }
    }
    return commands
  }

  /// Runs each suggested command, then what the screens suggest after that, until nothing is new.
  /// `past`: what the history told of earlier troubles is not of this one.
  private func paste(except past: Set<String>) async throws -> [String] {
    var findings: [String] = []
    var done: Set<String> = []
    while true {
      let news = try await suggestions().filter {
        !done.contains($0.command) && !($0.screen == "history" && past.contains($0.command))
      }
      guard !news.isEmpty else { return findings }
      for (command, screen) in news {
        done.insert(command)
        guard let result = try await failure(of: command) else { continue }
        findings.append(
          "`\(command)` of \(screen) ends with \(result.code.map(String.init) ?? "no code"): "
            + result.output.split(separator: "\n").suffix(4).joined(separator: " / "))
      }
      if done.count > 40 { return findings + ["more than 40 commands are suggested"] }
    }
  }

  /// What it came to, where it fails as often as it is suggested; nil: it works. What failed
  /// because the world went on meanwhile is not suggested any more, or is again a moment later: on
  /// a busy machine a region may look down for a second, and is no target until `min_up` is over.
  private func failure(of command: String) async throws -> RunResult? {
    var result = try await type(command)
    for _ in 1...3 {
      if isFine(result, command) { return nil }
      guard try await suggestions().contains(where: { $0.command == command }) else { return nil }
      try await Task.sleep(for: .seconds(2))
      result = try await type(command)
    }
    return isFine(result, command) ? nil : result
  }

  /// As typed on a terminal by somebody who says yes. A move that takes long is left to go on.
  private func type(_ command: String) async throws -> RunResult {
    let programs = Built.program("signalbox").split(separator: "/").dropLast()
      .joined(separator: "/")
    let script = """
      export SIGNALBOX_URL='\(url)' PATH='/\(programs)':"$PATH" TERM=dumb
      printf 'y\\n' | timeout 20 script -qec "$1" /dev/null
      """
    return try await run("/bin/sh", ["-c", script, "sh", command])
  }

  private func isFine(_ result: RunResult, _ command: String) -> Bool {
    let verb = command.split(separator: " ").dropFirst().first ?? ""
    switch result.code {
    case 0: return true
    // Findings are what it is asked for.
    case 1: return verb == "check"
    // Still on its way when it was stopped.
    case 124: return ["failover", "failback", "plan"].contains(verb)
    default: return false
    }
  }

  // MARK: The forecast

  /// The active region dies for real: what was promised has to happen.
  private func kill() async throws -> [String] {
    let before = try await rehearsal.status()
    guard before.active == home, before.incident == nil else { return [] }
    let fault = try await rehearsal.fault("region-down", target: home)
    let limit = Duration.seconds(30)
    let end = Clocks.monotonic() + limit
    var reached: String?
    while reached == nil, Clocks.monotonic() < end {
      let now = try await rehearsal.status()
      if let active = now.active, active != home, now.at == "region" { reached = active }
      reached = reached ?? servedElsewhere()
      try await Task.sleep(for: .milliseconds(250))
    }
    try await rehearsal.endFault(fault)
    let promised = before.outlook.flatMap { $0.end == .moves ? $0.to : nil }
    guard reached != promised else { return [] }
    return [
      "forecast: \(promised ?? "no move, \(before.outlook?.because ?? "no outlook")"); "
        + "killed: \(reached ?? "no move") within \(limit)"
    ]
  }

  /// The other region that has served every visit of the last two seconds: users are there, also
  /// where the provider's readings do not show what was written.
  private func servedElsewhere() -> String? {
    let newest = visitor.seen().suffix(20)
    guard let region = newest.last?.detail, region != home, newest.count == 20,
      newest.allSatisfy({ $0.served && $0.detail == region })
    else { return nil }
    return region
  }

  // MARK: Back to the beginning

  /// Nothing broken, nothing ordered, users in the first region.
  func settle() async throws {
    try await rehearsal.endAllFaults()
    let end = Clocks.monotonic() + patience + patience
    var last = ""
    while Clocks.monotonic() < end {
      let status = try await rehearsal.status()
      last = "\(status.headline) \(status.phase)"
      let isHome = status.active == home && status.at == "region"
      if isHome, status.situation == .ok, status.incident == nil, status.orders?.paused == nil {
        return
      }
      if status.orders?.adoptable != nil { _ = try await type("signalbox adopt app") }
      if status.orders?.paused != nil || status.pinned != nil {
        _ = try await type("signalbox resume app")
      }
      if status.orders?.disarmed != nil { _ = try await type("signalbox ack app") }
      for work in status.orders?.maintenance ?? [] {
        _ = try await type("signalbox maintenance \(work.name) --end")
      }
      let isWell = status.regions.first { $0.region == home }?.verdict == "healthy"
      if !isHome, isWell, status.incident == nil {
        _ = try await type("signalbox failback app")
      }
      try await Task.sleep(for: .milliseconds(500))
    }
    throw RehearsalError.late("back to the beginning: not within \(patience + patience); \(last)")
  }
}
