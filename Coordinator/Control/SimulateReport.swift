import Simulator
import Wire

/// What `signalbox simulate --json` prints.
struct SimulateReport: Encodable {
  /// How many seeds broke an invariant.
  var violations: Int
  var falseMoves: Int
  var simulatedHours: Double
  var hoursPerSecond: Double
  var regionDays: Double
  var seeds: Int
  var nextSeed: UInt64
  /// By kind.
  var faults: [String: Int]
  var moves: [String: Int]
  var outcomes: [String: Int]
  var crashes: Int
  var userDowntimeSeconds: Double
  var failover: SimulateTimes
  var failback: SimulateTimes
  var failures: [SimulateFailure]
  var falseMoveStories: [String]
  var worst: [SimulateWorst]
  var story: String?
  /// What `--hours` said; absent for a single schedule.
  var hoursEach: Double?
  /// Of a story.
  var timeline: [SimulateEvent]
  /// Of a story that is compared: what the article's script would have done.
  var script: SimulateScripts?
  /// What of `--config` is played otherwise than the file says, a sentence each.
  var notes: [String] = []

  init(
    _ result: CampaignResult, failures: [SimulateFailure], story: Story? = nil,
    hoursEach: Double? = nil, timeline: [StoryLine] = [], scripts: ScriptsPlayed? = nil
  ) {
    script = scripts.map(SimulateScripts.init)
    self.hoursEach = hoursEach
    self.timeline = timeline.map(SimulateEvent.init)
    let figures = result.figures
    violations = result.violations.count
    falseMoves = figures.falseMoves.count
    simulatedHours = Self.rounded(result.simulatedHours)
    hoursPerSecond = Self.rounded(result.hoursPerSecond)
    regionDays = Self.rounded(result.regionDays)
    seeds = result.seeds
    nextSeed = result.nextSeed
    faults = Dictionary(uniqueKeysWithValues: figures.faults.map { ($0.key.rawValue, $0.value) })
    moves = Dictionary(uniqueKeysWithValues: figures.intents.map { ($0.key.rawValue, $0.value) })
    outcomes = Dictionary(
      uniqueKeysWithValues: figures.outcomes.map { ($0.key.rawValue, $0.value) })
    crashes = figures.crashes
    userDowntimeSeconds = Double(figures.userDowntimeMs) / 1000
    failover = SimulateTimes(figures.recoveries.filter { $0.kind == .failover })
    failback = SimulateTimes(figures.recoveries.filter { $0.kind == .failback })
    self.failures = failures
    falseMoveStories = figures.falseMoves.prefix(10).map {
      "seed \($0.seed), after \($0.atMs / 1000) s: \($0.text)"
    }
    worst = figures.recoveries.filter { $0.kind == .failover }
      .sorted { $0.parts.total > $1.parts.total }.prefix(3).map(SimulateWorst.init)
    self.story = story?.text
  }

  static func rounded(_ number: Double) -> Double { (number * 10).rounded() / 10 }
}

/// A line of a story's timeline.
struct SimulateEvent: Encodable {
  var seconds: Double
  var label: String
  var text: String

  init(_ line: StoryLine) {
    seconds = Double(line.atMs) / 1000
    text = line.text
    label =
      switch line.kind {
      case .fault: "FAULT"
      case .repair: "repair"
      case .failed: "suspect"
      case .confirmed: "detect"
      case .failover, .failback: "decide"
      case .published: "publish"
      }
  }
}

/// The article's script in the coordinator's place.
struct SimulateScripts: Encodable {
  struct Form: Encodable {
    var userDowntimeSeconds: Double
    var failovers: Int
    var failbacks: Int
    var timeline: [SimulateEvent]

    init(_ played: ScriptPlayed) {
      userDowntimeSeconds = Double(played.downtimeMs) / 1000
      failovers = played.moves.count { $0.kind == .failover }
      failbacks = played.moves.count - failovers
      timeline = played.moves.map(SimulateEvent.init)
    }
  }

  /// Line by line.
  var printed: Form
  /// With its comparisons as its comments say.
  var meant: Form

  init(_ played: ScriptsPlayed) {
    printed = Form(played.printed)
    meant = Form(played.meant)
  }
}

/// Percentiles of the parts of completed moves, in seconds.
struct SimulateTimes: Encodable {
  struct Percentiles: Encodable {
    var p50: Double
    var p90: Double
    var p99: Double
    var max: Double

    init(_ values: [Double]) {
      let sorted = values.sorted()
      func at(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let index = Int((share * Double(sorted.count)).rounded(.up)) - 1
        return SimulateReport.rounded(sorted[Swift.min(Swift.max(0, index), sorted.count - 1)])
      }
      p50 = at(0.5)
      p90 = at(0.9)
      p99 = at(0.99)
      max = at(1)
    }
  }

  var count: Int
  var total: Percentiles
  var detect: Percentiles
  var held: Percentiles
  var decide: Percentiles
  var api: Percentiles
  var publish: Percentiles
  /// What users saw, caches included.
  var downtime: Percentiles
  var dataAtRisk: Percentiles

  init(_ moves: [Recovery]) {
    count = moves.count
    total = Percentiles(moves.map(\.parts.total))
    detect = Percentiles(moves.map(\.parts.detect))
    held = Percentiles(moves.map(\.parts.held))
    decide = Percentiles(moves.map(\.parts.decide))
    api = Percentiles(moves.map(\.parts.api))
    publish = Percentiles(moves.map(\.parts.publish))
    downtime = Percentiles(moves.map(\.downtimeSeconds))
    dataAtRisk = Percentiles(moves.compactMap { $0.dataAtRisk?.behindSeconds })
  }
}

/// One invariant that did not hold, and how to see it again.
struct SimulateFailure: Encodable {
  var seed: UInt64
  var atSeconds: Double
  var invariant: Int
  var text: String
  var replay: String
  /// The smallest schedule that was found.
  var schedule: String?
  var trace: [String]

  init(_ violation: Violation, replay: String, schedule: Schedule?) {
    seed = violation.seed
    atSeconds = Double(violation.atMs) / 1000
    invariant = violation.invariant.rawValue
    text = violation.description
    self.replay = replay
    self.schedule = schedule?.text
    trace = violation.trace
  }
}

/// A move that took long, in plain words.
struct SimulateWorst: Encodable {
  var seed: UInt64
  var text: String

  init(_ move: Recovery) {
    seed = move.seed
    func seconds(_ value: Double) -> String { "\(SimulateReport.rounded(value)) s" }
    let parts = move.parts
    let longest = [
      ("until it was confirmed", parts.detect), ("held back", parts.held),
      ("until it was decided", parts.decide), ("for the provider", parts.api),
      ("for the name servers", parts.publish),
    ].max { $0.1 < $1.1 }
    text =
      "\(move.from) to \(move.to) took \(seconds(parts.total)), \(seconds(longest?.1 ?? 0)) of it "
      + "\(longest?.0 ?? ""); users failed for \(seconds(move.downtimeSeconds)) (\(move.why))"
  }
}
