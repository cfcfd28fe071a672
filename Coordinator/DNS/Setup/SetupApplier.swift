import Linode
import Platform

/// Carries out a plan that was agreed to.
public struct SetupApplier: Sendable {
  /// What came of it.
  public struct Result: Sendable {
    public var done: [SetupStep]
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
  private let poll: Duration
  private let sleep: @Sendable (Duration) async throws -> Void

  /// `wishes` name the app and its regions, so that each reading proposes the same.
  public init(
    _ account: any SetupAccount, _ memory: any SetupMemory, _ wishes: SetupWishes,
    pace: SetupPace = SetupPace(), poll: Duration = .seconds(1),
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.account = account
    self.memory = memory
    self.wishes = wishes
    self.pace = pace
    self.poll = poll
    self.sleep = sleep
  }

  /// `tell` hears what is done and waited for, each time. Cancelled, it throws between requests.
  public func run(
    agreed checksum: String, tell: (_ since: Duration, _ text: String) async -> Void
  ) async throws -> Result {
    try await memory.hold()
    var work = SetupWork(
      agreed: checksum, pace: pace, askedBefore: try await memory.recall())
    var latest: SetupProposal?
    let start = Clocks.monotonic()
    func now() -> Duration { start.duration(to: Clocks.monotonic()) }
    func result(_ refusal: SetupRefusal?) -> Result {
      Result(done: work.done, skipped: work.skipped, refusal: refusal, proposal: latest)
    }
    while true {
      try Task.checkCancellation()
      var output: SetupWork.Output
      do throws(SetupProblem) {
        let proposal = try SetupProposal(
          try await account.survey(for: wishes.name), wishes, agreed: checksum)
        latest = proposal
        output = work.next(proposal, now: now())
      } catch {
        output = work.next(error, now: now())
      }
      switch output {
      case .done: return result(nil)
      case .refused(let refusal): return result(refusal)
      case .wait(let text):
        await tell(now(), text)
        try await sleep(poll)
      case .look(let step):
        guard case .check(let port, _, let new) = step else { continue }
        await tell(now(), "\(step.title): asking whether hosts answer \(new.path)")
        let look = await account.look(at: port, path: new.path, name: latest?.name ?? "")
        work.looked(at: step, look)
      case .perform(let step):
        await tell(now(), step.title)
        try Task.checkCancellation()
        if step.reversed == nil { try await memory.remember(step.token) }
        // It is sent whole: what is cut off in the middle has an unknown outcome.
        let outcome = await Task { await account.perform(step) }.value
        work.ended(step, outcome, now: now())
      }
    }
  }
}
