import Platform

/// What one simulation came to.
public struct Played: Sendable {
  public var figures: Figures
  public var violations: [Violation]
  /// Stands for the transitions and verdicts with their times.
  public var traceSum: UInt64
  /// The newest lines, or all where they were asked for.
  public var trace: [String]
  /// The lines that `traceSum` stands for; empty unless asked for.
  public var counted: [String]
}

/// What came of a schedule with the article's script in the coordinator's place.
public struct ScriptPlayed: Sendable {
  /// Its moves.
  public var moves: [StoryLine]
  /// How long users failed, milliseconds.
  public var downtimeMs: Int64
}

/// The article's script, as it is printed and as it is meant.
public struct ScriptsPlayed: Sendable {
  public var printed: ScriptPlayed
  public var meant: ScriptPlayed
}

/// Plays schedules one after another on a thread of its own, which may block: moves are real tasks
/// and the store is a real file.
public actor Simulator {
  private nonisolated let executor: ThreadExecutor
  /// The thread's executor.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }
  private let directory: String
  private let template: String

  /// Makes a directory in memory for the stores. Throws where that or a thread cannot be had.
  public init() throws {
    executor = try ThreadExecutor(name: "simulator")
    directory = try Journal.makeDirectory()
    template = try Journal.makeTemplate(in: directory)
  }

  deinit { Journal.removeDirectory(directory) }

  /// Plays one schedule to its end or to the first violation.
  ///
  /// At the pace `both` the story that differs first is a violation at the time where it does.
  public func play(
    _ schedule: Schedule, pace: Pace = .jump, perturbation: Perturbation? = nil,
    keepTrace: Bool = false
  ) -> Played {
    guard pace == .both else {
      return playOnce(schedule, pace: pace, perturbation: perturbation, keepTrace: keepTrace)
    }
    let stepped = playOnce(schedule, pace: .step, perturbation: perturbation, keepTrace: true)
    var jumped = playOnce(schedule, pace: .both, perturbation: perturbation, keepTrace: true)
    if stepped.counted != jumped.counted || stepped.traceSum != jumped.traceSum {
      let count = zip(stepped.counted, jumped.counted).prefix { $0 == $1 }.count
      let lines = [stepped.counted, jumped.counted].map {
        count < $0.count ? $0[count] : "the story's end"
      }
      jumped.violations.append(
        Violation(
          seed: schedule.seed, atMs: 0, invariant: .exactJumps,
          text: "line \(count + 1) of the story is \"\(lines[0])\" when every tick is made, and "
            + "\"\(lines[1])\" when ticks are left out",
          trace: jumped.counted.prefix(count).suffix(40)))
    }
    return jumped
  }

  /// Plays the schedule with the article's script in the coordinator's place, in its two forms.
  public func playScripts(_ schedule: Schedule) -> ScriptsPlayed {
    func play(_ form: ArticleScript.Form) -> ScriptPlayed {
      let journal = Journal(directory: directory, template: template)
      defer { journal.remove() }
      let world = World(schedule, pace: .step, journal: journal)
      world.scriptRun = ScriptRun(
        script: ArticleScript(form, preferred: schedule.setup.regions[0].id))
      world.run()
      return ScriptPlayed(
        moves: world.scriptRun?.moves ?? [], downtimeMs: world.users.totalMs)
    }
    return ScriptsPlayed(printed: play(.printed), meant: play(.meant))
  }

  private func playOnce(
    _ schedule: Schedule, pace: Pace, perturbation: Perturbation?, keepTrace: Bool
  ) -> Played {
    let journal = Journal(directory: directory, template: template)
    defer { journal.remove() }
    let world = World(
      schedule, pace: pace, journal: journal, perturbation: perturbation, keepTrace: keepTrace)
    world.run()
    return Played(
      figures: world.figures, violations: world.judge.violations, traceSum: world.trace.sum,
      trace: world.trace.lines, counted: world.trace.counted)
  }
}
