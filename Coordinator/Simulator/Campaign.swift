import Platform
import Synchronization

/// Many simulations, one for each seed.
public struct CampaignPlan: Sendable {
  public var firstSeed: UInt64
  /// At most so many.
  public var seeds: Int
  public var threads: Int
  public var drawer: ScheduleDrawer
  public var pace: Pace
  /// No seed is begun after that; nil: no bound.
  public var atMost: Duration?
  /// Ends after so many seeds with a violation.
  public var enough: Int

  public init(
    firstSeed: UInt64, seeds: Int, threads: Int, drawer: ScheduleDrawer, pace: Pace = .jump,
    atMost: Duration? = nil, enough: Int = 10
  ) {
    self.firstSeed = firstSeed
    self.seeds = max(0, seeds)
    self.threads = min(max(1, threads), 64)
    self.drawer = drawer
    self.pace = pace
    self.atMost = atMost
    self.enough = max(1, enough)
  }
}

/// How far a campaign is.
public struct CampaignProgress: Sendable {
  public var done: Int
  public var seeds: Int
  public var simulatedMs: Int64
  public var violations: Int
  public var falseMoves: Int
  public var elapsed: Duration
}

/// What a campaign came to.
public struct CampaignResult: Sendable {
  public var figures = Figures()
  /// The first of each failing seed, by seed.
  public var violations: [Violation] = []
  public var seeds = 0
  /// The seed that the next campaign may begin with.
  public var nextSeed: UInt64 = 0
  public var elapsed = Duration.zero

  public init() {}

  public var simulatedHours: Double { Double(figures.simulatedMs) / 3_600_000 }
  public var regionDays: Double { Double(figures.regionMs) / 86_400_000 }

  /// Of all threads together.
  public var hoursPerSecond: Double {
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    return seconds > 0 ? simulatedHours / seconds : 0
  }
}

/// What the threads of a campaign share.
private final class CampaignBoard: Sendable {
  private struct State: Sendable {
    var next = 0
    var result = CampaignResult()
  }

  private let state = Mutex(State())
  private let plan: CampaignPlan
  private let start = ContinuousClock.now

  init(_ plan: CampaignPlan) {
    self.plan = plan
  }

  /// The next seed; nil where none is to be played any more.
  func take() -> UInt64? {
    let isLate = plan.atMost.map { ContinuousClock.now - start >= $0 } ?? false
    return state.withLock { state in
      guard !Task.isCancelled, !isLate, state.next < plan.seeds,
        state.result.violations.count < plan.enough
      else { return nil }
      state.next += 1
      return plan.firstSeed &+ UInt64(state.next - 1)
    }
  }

  func note(_ played: Played) -> CampaignProgress {
    state.withLock { state in
      state.result.seeds += 1
      state.result.figures.add(played.figures)
      if let first = played.violations.first { state.result.violations.append(first) }
      return CampaignProgress(
        done: state.result.seeds, seeds: plan.seeds,
        simulatedMs: state.result.figures.simulatedMs,
        violations: state.result.violations.count,
        falseMoves: state.result.figures.falseMoves.count, elapsed: ContinuousClock.now - start)
    }
  }

  func end() -> CampaignResult {
    state.withLock { state in
      state.result.elapsed = ContinuousClock.now - start
      state.result.nextSeed = plan.firstSeed &+ UInt64(state.next)
      state.result.violations.sort { $0.seed < $1.seed }
      return state.result
    }
  }
}

/// Runs campaigns.
public enum Campaign {
  /// Plays all seeds of the plan on its threads; `progress` is called after each one.
  ///
  /// Cancelling the task ends it after the seeds that are being played. Throws where no thread or
  /// no directory can be had.
  public static func run(
    _ plan: CampaignPlan, progress: @escaping @Sendable (CampaignProgress) -> Void = { _ in }
  ) async throws -> CampaignResult {
    let board = CampaignBoard(plan)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<min(plan.threads, max(1, plan.seeds)) {
        let simulator = try Simulator()
        group.addTask {
          while let seed = board.take() {
            progress(board.note(await simulator.play(plan.drawer.draw(seed), pace: plan.pace)))
          }
        }
      }
      try await group.waitForAll()
    }
    return board.end()
  }
}
