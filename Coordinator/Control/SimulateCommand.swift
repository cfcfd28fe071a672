import ArgumentParser
import CommandEntry
import FoundationEssentials
import Platform
import Screens
import Simulator
import Wire

/// `signalbox simulate`.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Play years of faults against the decision, in virtual time.",
    discussion: """
      Each seed is a deployment, a policy and some days in which things go wrong: the real
      decision, agents, moves and store, in a simulated world. Checkers watch what must never
      happen, and after the faults everything has to be in order again. With --config it is your
      topology and your policy.

      Examples:
        signalbox simulate --config /etc/signalbox/coordinator.toml
        signalbox simulate --seeds 10000 --first-seed 1 --json
        signalbox simulate --story 2025-10-20
        signalbox simulate --story article
        signalbox simulate --weather deploys --hours 240
        signalbox simulate --schedule failing.txt --trace

      Exits 1 if anything happened that must never happen; with healthy weather (deploys, calm)
      a false move is such a thing.
      """)

  @Option(help: ArgumentHelp("How many seeds.", valueName: "count"))
  var seeds = 100
  @Option(help: ArgumentHelp("The first of them.", valueName: "number"))
  var firstSeed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Hours of each seed in which things go wrong; it goes on until all is in order again.",
      valueName: "hours"))
  var hours = 24.0
  @Option(
    help: ArgumentHelp("Your coordinator's file: its topology and policy.", valueName: "file"))
  var config: String?
  @Option(help: "The service of --config; may be left out when there is one only.")
  var service: String?
  @Option(help: ArgumentHelp("So many alike regions in place of drawn ones.", valueName: "count"))
  var regions: Int?
  @Option(help: ArgumentHelp("Hosts of each of --regions.", valueName: "count"))
  var hosts = 2
  @Option(
    help: "rough: everything. deploys: healthy, with 5 % loss and a daily deploy. calm: none.")
  var weather = Choice(Weather.rough)
  @Option(
    help: "An outage as it happened, or the article's, beside what the article's script does.")
  var story: Choice<Story>?
  @Option(help: ArgumentHelp("Play a schedule again.", valueName: "file"))
  var schedule: String?
  @Option(help: ArgumentHelp("Begin no seed after so many seconds.", valueName: "seconds"))
  var atMost: Double?
  @Option(help: ArgumentHelp("How many at once; all cores by default.", valueName: "count"))
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(
    help: "jump: leave out what changes nothing. step: every tick. both: and compare the two.")
  var pace = Choice(Pace.jump)
  @Flag(help: "Do not make failing schedules smaller.")
  var noShrink = false
  @Flag(help: "Print what happens, with one seed or --schedule.")
  var trace = false
  @Flag(help: "Print one JSON document on standard output and nothing else there.")
  var json = false

  func validate() throws {
    guard (1...100_000_000).contains(seeds) else {
      throw ValidationError("--seeds is \(seeds); accepted: 1 to 100000000")
    }
    guard (0.1...8760).contains(hours) else {
      throw ValidationError("--hours is \(hours); accepted: 0.1 to 8760")
    }
    guard (1...64).contains(threads) else {
      throw ValidationError("--threads is \(threads); accepted: 1 to 64")
    }
    // The longest that a campaign takes; beyond it the number fits no time.
    if let atMost, !(0.1...31_536_000).contains(atMost) {
      throw ValidationError("--at-most is \(atMost); accepted: 0.1 to 31536000 seconds")
    }
    guard service == nil || config != nil else {
      throw ValidationError("--service needs --config: it names a service of that file")
    }
    guard regions.map({ (2...10).contains($0) }) ?? true, (1...16).contains(hosts) else {
      throw ValidationError(
        "--regions is \(regions.map { "\($0)" } ?? "not given"), --hosts is \(hosts); accepted: "
          + "--regions 2 to 10, --hosts 1 to 16")
    }
    guard [config != nil, regions != nil, schedule != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("--config, --regions and --schedule exclude each other")
    }
    guard !trace || schedule != nil || story != nil || seeds == 1 else {
      throw ValidationError("--trace needs --seeds 1, --story or --schedule")
    }
  }

  func run() async throws {
    let own = try ownDeployment()
    if let one = try single(own) {
      try await play(one, own)
      return
    }
    let drawer = drawer(own)
    let plan = CampaignPlan(
      firstSeed: firstSeed, seeds: seeds, threads: threads, drawer: drawer, pace: pace.value,
      atMost: atMost.map { .milliseconds(Int64($0 * 1000)) })
    let bar = SimulateProgress()
    let result: CampaignResult
    do {
      result = try await Campaign.run(plan) { bar.show($0) }
    } catch {
      throw refused("\(error)")
    }
    bar.finish()
    var failures: [SimulateFailure] = []
    for violation in result.violations.prefix(3) {
      failures.append(try await failure(violation, schedule: drawer.draw(violation.seed)))
    }
    for violation in result.violations.dropFirst(3) {
      failures.append(SimulateFailure(violation, replay: replay(violation.seed), schedule: nil))
    }
    try report(SimulateReport(result, failures: failures, hoursEach: hours), own)
  }

  /// The one schedule that is asked for; nil where seeds are.
  private func single(_ own: SimulateConfiguration?) throws -> Schedule? {
    if let schedule {
      do {
        let bytes = try Files.read(schedule, maxBytes: 4_194_304)
        return try Schedule(text: String(decoding: bytes, as: UTF8.self))
      } catch {
        throw misused("\(schedule): \(error)")
      }
    }
    if let story {
      let setup = setup(own) ?? Setup.plain(regions: 3, hosts: 2)
      return story.value.schedule(setup, seed: firstSeed)
    }
    return trace ? drawer(own).draw(firstSeed) : nil
  }

  private func drawer(_ own: SimulateConfiguration?) -> ScheduleDrawer {
    ScheduleDrawer(
      weather: weather.value, length: Int64(hours * 3_600_000), setup: setup(own))
  }

  private func setup(_ own: SimulateConfiguration?) -> Setup? {
    own?.setup ?? regions.map { Setup.plain(regions: $0, hosts: hosts) }
  }

  private func ownDeployment() throws -> SimulateConfiguration? {
    try config.map { try SimulateConfiguration($0, service: service) }
  }

  private func play(_ schedule: Schedule, _ own: SimulateConfiguration?) async throws {
    let start = ContinuousClock.now
    let played: Played
    var scripts: ScriptsPlayed?
    do {
      let simulator = try Simulator()
      played = await simulator.play(schedule, pace: pace.value, keepTrace: trace)
      if story?.value.comparesScript == true { scripts = await simulator.playScripts(schedule) }
    } catch {
      throw refused("\(error)")
    }
    if trace && !json { Console.out(played.trace.joined(separator: "\n") + "\n\n") }
    var result = CampaignResult()
    result.figures = played.figures
    result.violations = Array(played.violations.prefix(1))
    result.seeds = 1
    result.nextSeed = schedule.seed &+ 1
    result.elapsed = ContinuousClock.now - start
    let again =
      self.schedule.map { "signalbox simulate --schedule \($0)" }
      ?? story.map { "signalbox simulate --story \($0.value.rawValue)" } ?? replay(schedule.seed)
    let failures = result.violations.map {
      SimulateFailure($0, replay: again, schedule: nil)
    }
    try report(
      SimulateReport(
        result, failures: failures, story: story?.value,
        timeline: story == nil ? [] : schedule.story(played.figures), scripts: scripts), own)
  }

  private func failure(_ violation: Violation, schedule: Schedule) async throws -> SimulateFailure {
    guard !noShrink else {
      return SimulateFailure(violation, replay: replay(violation.seed), schedule: nil)
    }
    if !json { Console.err("making the schedule of seed \(violation.seed) smaller ...\n") }
    let small = await Shrinker.shrink(schedule, violation, simulator: try Simulator())
    return SimulateFailure(
      small.violation, replay: replay(violation.seed), schedule: small.schedule)
  }

  /// The command that plays a seed again.
  private func replay(_ seed: UInt64) -> String {
    var words = "signalbox simulate --first-seed \(seed) --seeds 1 --hours \(hours)"
    if weather.value != .rough { words += " --weather \(weather.value.rawValue)" }
    if let config { words += " --config \(config)" }
    if let regions { words += " --regions \(regions) --hosts \(hosts)" }
    return words
  }

  private func report(_ report: SimulateReport, _ own: SimulateConfiguration?) throws {
    var report = report
    report.notes = own?.notes ?? []
    if json { try printJSON(report) } else { Console.out(report.screen(Console.style())) }
    // In rough weather a region may look bad to all who can look while it is not.
    let isHealthy = weather.value != .rough && schedule == nil && story == nil
    guard report.violations == 0, !isHealthy || report.falseMoves == 0 else {
      throw CommandFailure(code: 1, "")
    }
  }
}

/// One of the named values of another module's type.
struct Choice<Value: RawRepresentable<String> & CaseIterable & Sendable>: ExpressibleByArgument {
  var value: Value

  init(_ value: Value) {
    self.value = value
  }

  init?(argument: String) {
    guard let value = Value(rawValue: argument) else { return nil }
    self.value = value
  }

  static var allValueStrings: [String] { Value.allCases.map(\.rawValue) }
  var defaultValueDescription: String { value.rawValue }
}
