import Linode

/// How long to wait for what. Times are of a clock that does not jump.
public struct SetupPace: Hashable, Sendable {
  /// What is to be done counts when two readings so far apart say so.
  public var rereadAfter = Duration.seconds(2)
  /// A change that was taken on may stay unseen for so long before it is asked for again.
  public var unseenFor = Duration.seconds(20)
  /// A new record may appear for so long: it is never asked for twice.
  public var lateFor = Duration.seconds(90)
  /// Refusals for the moment, and lists that cannot be read, may last so long.
  public var busyFor = Duration.seconds(120)
  /// For so long after a check asks something else, counts may be those of before.
  public var settleFor = Duration.seconds(12)
  /// Hosts have so long to pass a new check: a NodeBalancer takes it on within seconds, and asks
  /// twice.
  public var watchFor = Duration.seconds(90)

  public init() {}
}

/// A plan while it is carried out: one step at a time, each read back before the next one.
///
/// A function of readings and of what requests came to; the caller asks and waits. A check is
/// changed only after the hosts answer what it will ask for, and put back when none of them passes
/// it. Readings, not answers, say what is done: so whoever is stopped goes on with the same
/// checksum.
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

  private struct Last: Hashable {
    var step: SetupStep
    var at: Duration
    var outcome: Outcome
  }

  private struct Watch: Hashable {
    var step: SetupStep
    var since: Duration
  }

  /// How often the same is asked for.
  static let attempts = 5

  private let agreed: Set<String>
  private let pace: SetupPace
  /// What the account shows as done, in that order.
  public private(set) var done: [SetupStep] = []
  /// What was left out, and why; the others are carried out all the same.
  public private(set) var skipped: [Skipped] = []
  private var asked: [SetupStep: Int] = [:]
  /// When records were asked for, also by processes before this one, by token.
  private let askedBefore: [String: Duration]
  private var looked: Set<SetupStep> = []
  private var seenSince: [SetupStep: Duration] = [:]
  private var last: Last?
  private var watch: Watch?
  private var undoing: Watch?
  private var troubleSince: Duration?

  /// A step that is not carried out.
  public struct Skipped: Hashable, Sendable {
    public var step: SetupStep
    public var reason: String
  }

  /// `checksum` is what was agreed to: `SetupPlan.checksum`, or that of a plan that was begun.
  /// `askedBefore`: how long ago records were asked for, by token.
  public init(
    agreed checksum: String, pace: SetupPace = SetupPace(), askedBefore: [String: Duration] = [:]
  ) {
    agreed = Set(checksum.split(separator: "-").map(String.init))
    self.pace = pace
    self.askedBefore = askedBefore
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
    guard problem.kind == .api else { return .refused(.unreadable(problem)) }
    let since = troubleSince ?? now
    troubleSince = since
    return now - since < pace.busyFor
      ? .wait("the account cannot be read: \(problem)") : .refused(.unreadable(problem))
  }

  /// What to do after a reading.
  public mutating func next(_ proposal: SetupProposal, now: Duration) -> Output {
    if last.map({ if case .busy = $0.outcome { false } else { true } }) ?? true {
      troubleSince = nil
    }
    let steps = proposal.plan.steps
    if let undoing { return undo(undoing, proposal, now) }
    note(steps, now)
    if let watch, let output = look(after: watch, proposal, now) { return output }
    let left = steps.filter { step in !skipped.contains { $0.step == step } }
    let strangers = left.filter { !isAgreed($0) }
    guard strangers.isEmpty else { return .refused(.notAgreed(strangers)) }
    guard let step = left.first else { return .done }
    // One more reading, so that an old one decides nothing.
    guard let since = seenSince[step], now - since >= pace.rereadAfter else {
      return .wait("reading the account once more")
    }
    return act(step, now)
  }

  /// What a request came to.
  public mutating func ended(_ step: SetupStep, _ outcome: Outcome, now: Duration) {
    last = Last(step: step, at: now, outcome: outcome)
    switch outcome {
    case .busy: troubleSince = troubleSince ?? now
    case .accepted, .unknown: asked[step, default: 0] += 1
    case .refused: break
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
    agreed.contains(step.token)
      || done.contains { step.completes($0) && agreed.contains($0.token) }
  }

  /// What was asked for and is gone from the plan is done.
  private mutating func note(_ steps: [SetupStep], _ now: Duration) {
    seenSince = seenSince.filter { steps.contains($0.key) }
    for step in steps where seenSince[step] == nil { seenSince[step] = now }
    for step in asked.keys where !steps.contains(step) && !done.contains(step) {
      done.append(step)
      if step.asksSomethingElse { watch = Watch(step: step, since: now) }
    }
  }

  private mutating func act(_ step: SetupStep, _ now: Duration) -> Output {
    if let output = waiting(for: step, now) { return output }
    if case .check(let port, _, let new) = step, new.check == "http", !looked.contains(step),
      port.speaksHTTP
    {
      return .look(step)
    }
    guard asked[step, default: 0] < Self.attempts else { return .refused(.unseen(step)) }
    return .perform(step)
  }

  /// What the last request means for the next; nil: it may be sent.
  private mutating func waiting(for step: SetupStep, _ now: Duration) -> Output? {
    let isCreation = step.reversed == nil
    if isCreation, let age = askedBefore[step.token], age + now < pace.lateFor {
      return .wait("\(step.title): asked for before, and not seen yet")
    }
    guard let last, last.step == step else { return nil }
    let age = now - last.at
    switch last.outcome {
    case .refused(let text): return .refused(.denied(step, text))
    case .busy(let text):
      if let troubleSince, now - troubleSince >= pace.busyFor {
        return .refused(.denied(step, text))
      }
      return age < pace.rereadAfter ? .wait("not now: \(text)") : nil
    case .accepted, .unknown:
      if age < (isCreation ? pace.lateFor : pace.unseenFor) {
        return .wait("\(step.title): asked for, and not seen yet")
      }
      return isCreation ? .refused(.unseen(step)) : nil
    }
  }

  // MARK: Watching a new check

  /// Whether hosts pass a check that was just changed; nil: they do, or there is none to ask.
  private mutating func look(
    after watch: Watch, _ proposal: SetupProposal, _ now: Duration
  ) -> Output? {
    guard let hosts = Self.hosts(of: watch.step, proposal) else {
      self.watch = nil
      return nil
    }
    let isSettled = now - watch.since >= pace.settleFor
    if hosts.up > 0, isSettled {
      self.watch = nil
      return nil
    }
    if !isSettled || now - watch.since < pace.watchFor {
      return .wait(
        "\(watch.step.title): waiting whether hosts pass (\(hosts.up) do, \(hosts.down) do not)")
    }
    guard hosts.down > 0, let back = watch.step.reversed else {
      // Nobody is behind it.
      self.watch = nil
      return nil
    }
    undoing = Watch(step: back, since: now)
    self.watch = nil
    return .perform(back)
  }

  private mutating func undo(
    _ undoing: Watch, _ proposal: SetupProposal, _ now: Duration
  ) -> Output {
    guard case .check(let port, _, let wanted) = undoing.step, let step = undoing.step.reversed,
      let config = Self.config(of: port, proposal)
    else { return .refused(.notUndone(undoing.step, "the port is gone")) }
    if config.settings == wanted {
      return .refused(
        .undone(step, "no host passed it within \(pace.watchFor.components.seconds) s"))
    }
    if let last, last.step == undoing.step, case .refused(let text) = last.outcome {
      return .refused(.notUndone(step, text))
    }
    guard now - undoing.since < pace.busyFor else {
      return .refused(.notUndone(step, "it was asked for, and nothing shows it"))
    }
    guard let last, now - last.at >= pace.rereadAfter else {
      return .wait("\(step.title): no host passes; putting it back")
    }
    return .perform(undoing.step)
  }

  private static func hosts(
    of step: SetupStep, _ proposal: SetupProposal
  ) -> (up: Int, down: Int)? {
    guard case .check(let port, _, _) = step, let config = config(of: port, proposal) else {
      return nil
    }
    return (config.nodesUp, config.nodesDown)
  }

  private static func config(
    of port: SetupPort, _ proposal: SetupProposal
  ) -> LinodeBalancerConfig? {
    proposal.regions.lazy.flatMap { region in
      region.balancer.object.id == port.balancer ? region.balancer.configs : []
    }.first { $0.id == port.config }
  }
}
