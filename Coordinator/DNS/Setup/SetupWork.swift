import Linode

/// A plan while it is carried out: one step at a time, each read back before the next one.
///
/// A function of readings and of what requests came to; the caller asks and waits. A check is
/// changed only after the hosts answer what it will ask for, is watched, and is put back when hosts
/// that passed before do not pass it. Readings, not answers, say what is done: so whoever is
/// stopped goes on with the same checksum.
public struct SetupWork: Hashable, Sendable {
  /// What a request came to.
  public enum Outcome: Hashable, Sendable {
    case accepted
    /// It may have been done, or may be yet.
    case unknown(String)
    /// Not done; it may be asked for again.
    case busy(String)
    case refused(String)
  }

  /// What hosts answer to what a check will ask for.
  public enum Look: Hashable, Sendable {
    case good
    case bad(String)
  }

  /// What to do now.
  public enum Output: Hashable, Sendable {
    /// Whether hosts answer the check.
    case look(SetupStep)
    case perform(SetupStep)
    /// And read again.
    case wait(String)
    case done
    case refused(SetupRefusal)
  }

  /// A step that is not carried out.
  public struct Skipped: Hashable, Sendable {
    public var step: SetupStep
    public var reason: String
  }

  private struct Last: Hashable {
    var step: SetupStep
    var at: Duration
    var outcome: Outcome
  }

  /// How often the same is asked for.
  static let attempts = 5

  private let agreed: Set<String>
  private let pace: SetupPace
  /// What the account shows as done, in that order.
  public private(set) var done: [SetupStep] = []
  /// What was left out, and why; the others are carried out all the same.
  public private(set) var skipped: [Skipped] = []
  /// What needs not be remembered any more.
  public private(set) var settled: [SetupStep] = []
  /// When each was asked for the last time, also by processes before this one: before zero then.
  private var askedAt: [SetupStep: Duration] = [:]
  /// How often, by this one.
  private var asked: [SetupStep: Int] = [:]
  private var looked: Set<SetupStep> = []
  private var seenSince: [SetupStep: Duration] = [:]
  private var nothingSince: Duration?
  private var last: Last?
  private var watches: [SetupWatch] = []
  private var undone: Set<SetupStep> = []
  /// Of these, what is seen to be as it was.
  private var putBack: Set<SetupStep> = []
  private var troubleSince: Duration?

  /// `checksum` is what was agreed to: `SetupPlan.checksum`, or that of a plan that was begun.
  /// `before`: what processes before this one asked for, and how long ago.
  public init(
    agreed checksum: String, pace: SetupPace = SetupPace(), before: [SetupAsked] = []
  ) {
    agreed = SetupPlan.tokens(of: checksum)
    self.pace = pace
    for entry in before {
      askedAt[entry.step] = .zero - entry.age
      // Nobody knows whether hosts passed it.
      if entry.step.testsHosts {
        watches.append(SetupWatch(entry.step, hostsBefore: entry.hostsUp))
      }
    }
  }

  /// Whether something is a checksum at all.
  public static func isChecksum(_ text: String) -> Bool {
    text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
      part.utf8.count == 6
        && part.utf8.allSatisfy { byte in
          (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }
  }

  /// What to do after a reading that could not be made.
  public mutating func next(_ problem: SetupProblem, now: Duration) -> Output {
    nothingSince = nil
    let since = troubleSince ?? now
    troubleSince = since
    let open = watches.first { $0.isTaken }
    // With a check that nobody knows to be good, anything is waited for.
    if problem.kind == .api || open != nil, now - since < pace.busyFor {
      return .wait("the account cannot be read: \(problem)")
    }
    if let open { return .refused(.unwatched(open.step, "\(problem)")) }
    return .refused(.unreadable(problem))
  }

  /// What to do after a reading.
  public mutating func next(_ proposal: SetupProposal, now: Duration) -> Output {
    if last.map({ if case .busy = $0.outcome { false } else { true } }) ?? true {
      troubleSince = nil
    }
    let steps = proposal.plan.steps
    note(steps, proposal, now)
    if let output = watched(proposal, now) { return output }
    let left = steps.filter { step in !skipped.contains { $0.step == step } }
    let strangers = left.filter { !isAgreed($0) }
    guard strangers.isEmpty else { return .refused(.notAgreed(strangers)) }
    guard let step = left.first else { return finished(now) }
    nothingSince = nil
    // One more reading, so that an old one decides nothing.
    guard let since = seenSince[step], now - since >= pace.rereadAfter else { return Self.again }
    return act(step, now)
  }

  private static let again = Output.wait("reading the account once more")

  /// One list that is empty for once ends nothing.
  private mutating func finished(_ now: Duration) -> Output {
    let since = nothingSince ?? now
    nothingSince = since
    return now - since >= pace.rereadAfter ? .done : Self.again
  }

  /// What was asked for, may have been done, and is not seen to be.
  public var unproven: [SetupStep] {
    asked.keys.filter { !done.contains($0) && !putBack.contains($0) }.sorted { $0.path < $1.path }
  }

  /// What a request came to. `hostsUp`: of a check, how many hosts passed before it was changed.
  public mutating func ended(_ step: SetupStep, _ outcome: Outcome, now: Duration) {
    last = Last(step: step, at: now, outcome: outcome)
    if let index = watches.firstIndex(where: { $0.step.reversed == step }) {
      watches[index].answered(outcome, now)
      return
    }
    switch outcome {
    case .busy:
      troubleSince = troubleSince ?? now
      settled.append(step)
    case .accepted, .unknown:
      asked[step, default: 0] += 1
      askedAt[step] = now
    case .refused: settled.append(step)
    }
  }

  /// What hosts answer.
  public mutating func looked(at step: SetupStep, _ look: Look) {
    switch look {
    case .good: looked.insert(step)
    case .bad(let text): skipped.append(Skipped(step: step, reason: text))
    }
  }

  private func isAgreed(_ step: SetupStep) -> Bool {
    agreed.contains(step.token) || step.creation.map { agreed.contains($0.token) } ?? false
  }

  /// What was asked for and is there now is done.
  private mutating func note(_ steps: [SetupStep], _ proposal: SetupProposal, _ now: Duration) {
    seenSince = seenSince.filter { steps.contains($0.key) }
    for step in steps where seenSince[step] == nil { seenSince[step] = now }
    for step in asked.keys
    where !done.contains(step) && !undone.contains(step) && step.isShown(in: proposal) {
      done.append(step)
      if !step.testsHosts { settled.append(step) }
    }
  }

  private mutating func act(_ step: SetupStep, _ now: Duration) -> Output {
    if let output = waiting(for: step, now) { return output }
    if case .check(_, _, let new) = step, step.testsHosts, new.asksByHTTP,
      !looked.contains(step)
    {
      return .look(step)
    }
    guard asked[step, default: 0] < Self.attempts else { return .refused(.unseen(step)) }
    return .perform(step)
  }

  /// What requests before mean for the next; nil: it may be sent.
  private mutating func waiting(for step: SetupStep, _ now: Duration) -> Output? {
    if let last, last.step == step {
      switch last.outcome {
      case .refused(let text): return .refused(.denied(step, text))
      case .busy(let text):
        if let troubleSince, now - troubleSince >= pace.busyFor {
          return .refused(.denied(step, text))
        }
        if now - last.at < pace.rereadAfter { return .wait("not now: \(text)") }
      case .accepted, .unknown: break
      }
    }
    guard let at = askedAt[step] else { return nil }
    let isCreation = step.reversed == nil
    if now - at < (isCreation ? pace.lateFor : pace.unseenFor) {
      return .wait("\(step.title): asked for, and not seen yet")
    }
    return isCreation && asked[step] != nil ? .refused(.unseen(step)) : nil
  }

  // MARK: Watching changed checks

  /// Told before a check is changed, so that its hosts are watched from then on.
  ///
  /// What is to be remembered; nil where it puts something back.
  public mutating func begins(_ step: SetupStep, _ proposal: SetupProposal) -> SetupAsked? {
    if undone.contains(where: { $0.reversed == step }) { return nil }
    var hosts = 0
    if case .check(let port, let old, _) = step, old.check != "none" {
      hosts = proposal.config(of: port)?.nodesUp ?? 0
    }
    if step.testsHosts, !watches.contains(where: { $0.step == step }) {
      watches.append(SetupWatch(step, hostsBefore: hosts))
    }
    return SetupAsked(step: step, age: .zero, hostsUp: hosts)
  }

  /// What the checks that were changed come to; nil: there is nothing to wait for.
  private mutating func watched(_ proposal: SetupProposal, _ now: Duration) -> Output? {
    for index in watches.indices {
      switch watches[index].look(proposal, pace, now) {
      case .idle: continue
      case .passed:
        settled.append(watches[index].step)
        watches.remove(at: index)
        return watched(proposal, now)
      case .wait(let text): return .wait(text)
      case .undo(let step):
        undone.insert(watches[index].step)
        done.removeAll { undone.contains($0) }
        return .perform(step)
      case .refused(let refusal):
        if case .undone(let step, _) = refusal {
          settled.append(step)
          putBack.insert(step)
        }
        return .refused(refusal)
      }
    }
    return nil
  }
}
