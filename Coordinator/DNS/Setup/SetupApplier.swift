import Platform

/// Carries out a plan that was agreed to.
public struct SetupApplier: Sendable {
  /// What came of it.
  public struct Result: Sendable {
    public var done: [SetupStep]
    /// What was asked for, may have been done, and is not seen to be.
    public var unproven: [SetupStep]
    public var skipped: [SetupWork.Skipped]
    /// Nil: it came to its end.
    public var refusal: SetupRefusal?
    /// As read last; nil where nothing was read.
    public var proposal: SetupProposal?
  }

  private let account: any SetupAccount
  private let memory: any SetupMemory
  private let wishes: SetupWishes
  private let pace: SetupPace
  private let sleep: @Sendable (Duration) async throws -> Void

  /// `wishes` name the app and its regions, so that each reading proposes the same.
  public init(
    _ account: any SetupAccount, _ memory: any SetupMemory, _ wishes: SetupWishes,
    pace: SetupPace = SetupPace(),
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.account = account
    self.memory = memory
    self.wishes = wishes
    self.pace = pace
    self.sleep = sleep
  }

  /// `tell` hears what is done and waited for, each time. Cancelled, it throws between requests.
  public func run(
    agreed checksum: String, tell: (_ since: Duration, _ text: String) async -> Void
  ) async throws -> Result {
    try await memory.hold()
    var work = SetupWork(agreed: checksum, pace: pace, before: try await memory.recall())
    var forgotten = 0
    var latest: SetupProposal?
    let start = Clocks.monotonic()
    func now() -> Duration { start.duration(to: Clocks.monotonic()) }
    func result(_ refusal: SetupRefusal?) -> Result {
      Result(
        done: work.done, unproven: work.unproven, skipped: work.skipped, refusal: refusal,
        proposal: latest)
    }
    while true {
      try Task.checkCancellation()
      var output: SetupWork.Output
      do throws(SetupProblem) {
        let proposal = try SetupProposal(
          try await account.survey(for: wishes), wishes, agreed: checksum)
        latest = proposal
        output = work.next(proposal, now: now())
      } catch {
        output = work.next(error, now: now())
      }
      for step in work.settled[forgotten...] { try await memory.forget(step) }
      forgotten = work.settled.count
      switch output {
      case .done: return result(nil)
      case .refused(let refusal): return result(refusal)
      case .wait(let text):
        await tell(now(), text)
        try await sleep(pace.poll)
      case .look(let step):
        await tell(now(), "\(step.title): asking whether hosts answer")
        work.looked(at: step, await account.look(at: step, name: latest?.name ?? ""))
      case .perform(let step):
        await tell(now(), step.title)
        try Task.checkCancellation()
        if let latest, let asked = work.begins(step, latest) { try await memory.remember(asked) }
        // It is sent whole: what is cut off in the middle has an unknown outcome.
        let outcome = await Task { await account.perform(step) }.value
        work.ended(step, outcome, now: now())
      }
    }
  }
}
