public import Decision
import Wire

/// Plays a recording again: through the decision as it is now, under the policy that was in force,
/// and, where one is given, under another.
public struct Replayer {
  /// What it came to up to now.
  public private(set) var result = ReplayResult()
  private let service: String?
  private let fromMs: Int64
  private let policies: [String: Policy]?
  private var world: ReplayWorld?
  private var other: OtherWorld?
  private var log = MoveLog()
  private var holds = HoldLog()
  /// Differs from what was recorded since the newest keyframe.
  private var isOff: Set<String> = []
  /// The newest tick, and the services that were judged in it.
  private var looking: (now: Now, stepped: Set<String>)?
  /// Whether the newest entry lies in the span that is shown.
  private var isShown = false

  /// The most mismatches that are listed.
  static let maxMismatches = 20

  /// Shows what happens from `fromMs` on, of one service or of all. `policies` are those to compare
  /// with, by service; a service without one keeps its own.
  public init(fromMs: Int64, service: String? = nil, policies: [String: Policy]? = nil) {
    self.fromMs = fromMs
    self.service = service
    self.policies = policies
  }

  /// Plays the next entry.
  public mutating func take(_ entry: Entry) {
    if case .step(let step) = entry { looking?.stepped.insert(step.service) } else { look() }
    switch entry {
    case .keyframe(let keyframe): take(keyframe)
    case .summary(let summary, let signed, let at):
      world?.evidence.take(summary, signed: signed, now: at)
      other?.world.evidence.take(summary, signed: signed, now: at)
    case .report(let report, let at):
      result.reports += 1
      world?.evidence.take(report.report, at: at)
      other?.world.evidence.take(report.report, at: at)
    case .probes(let round):
      world?.take(round)
      other?.world.take(round)
    case .doubts(let now):
      show(now)
      world?.judge(now)
      other?.world.judge(now)
      looking = (now, [])
    case .step(let step): take(step)
    }
  }

  /// The steps of a tick were made: what was not due then may be under the other policy.
  private mutating func look() {
    guard let (now, stepped) = looking else { return }
    looking = nil
    guard let world, other != nil else { return }
    let machines = world.machines.filter { name, machine in
      guard wants(name), !stepped.contains(name) else { return false }
      // What came to something and was not recorded could not be stored: under no policy.
      var copy = machine
      return copy.tick(evidence: world.evidence, doubts: world.doubts, now: now).transition == nil
    }
    other?.look(machines, now: now, isShown: isShown)
  }

  /// Ends the replay: what is still open is told.
  public mutating func finish() -> ReplayResult {
    look()
    if var other {
      other.finish()
      result.newMoves = other.log.moves
      // How each move ended is known only now.
      result.differences = other.differences.map { difference in
        var told = difference
        told.then = told.then.map(log.current)
        told.new = told.new.map(other.log.current)
        return told
      }
      result.sameMoves = other.sameMoves
    }
    result.moves = log.moves
    result.holds = HoldLog.lines(holds, other?.holds)
    return result
  }

  private mutating func show(_ now: Now) {
    isShown = now.wallMs >= fromMs
    if isShown { result.endedMs = now.wallMs }
  }

  private func wants(_ service: String) -> Bool { self.service ?? service == service }

  // MARK: Keyframes

  private mutating func take(_ keyframe: Keyframe) {
    result.keyframes += 1
    show(keyframe.now)
    if result.begunMs == nil { result.begunMs = keyframe.now.wallMs }
    if result.releases.last != keyframe.release { result.releases.append(keyframe.release) }
    for machine in keyframe.machines
    where wants(machine.topology.service) && !result.services.contains(machine.topology.service) {
      result.services.append(machine.topology.service)
    }
    let isFirst = world == nil
    if keyframe.reason == .regular { compare(with: keyframe) }
    isOff = []
    world = ReplayWorld(keyframe)
    let words: String? =
      switch keyframe.reason {
      case .start: "the coordinator started"
      case .reload: "it took on another configuration"
      case .gap: "something before this was not recorded"
      case .regular: nil
      }
    if let words, isShown, !isFirst { note(words, keyframe.now) }
    if keyframe.reason == .start || keyframe.reason == .gap { log.forgetOpen() }
    guard let policies else { return }
    if other == nil {
      other = OtherWorld(keyframe, policies: policies)
    } else {
      other?.take(keyframe, policies: policies)
    }
  }

  /// A keyframe in the middle is what the replay has come to, or the replay is off.
  private mutating func compare(with keyframe: Keyframe) {
    guard let world else { return }
    for machine in keyframe.machines {
      let name = machine.topology.service
      guard wants(name), !isOff.contains(name), let mine = world.machines[name], mine != machine
      else { continue }
      mismatch(
        name, keyframe.now, recorded: "its state at a keyframe", replayed: "another one",
        why: Self.difference(machine, mine))
    }
    if isOff.isEmpty && world.evidence != keyframe.evidence {
      mismatch(
        service ?? "*", keyframe.now, recorded: "the evidence at a keyframe",
        replayed: "another one", why: Self.difference(keyframe.evidence, world.evidence))
    }
  }

  private static func difference(_ one: some Encodable, _ other: some Encodable) -> String {
    guard let left = try? JSONTree(one), let right = try? JSONTree(other) else { return "" }
    return JSONTree.firstDifference(left, right) ?? ""
  }

  private mutating func note(_ text: String, _ now: Now) {
    result.notes.append(ReplayNote(atMs: now.wallMs, text: text))
  }

  // MARK: Steps

  private mutating func take(_ step: Step) {
    show(step.now)
    guard wants(step.service), let before = world?.machines[step.service]?.memory else { return }
    result.steps += 1
    if let change = step.change { world?.machines[step.service]?.take(change) }
    guard let stepped = world?.step(step.service, now: step.now) else { return }
    holds.note(stepped.assessment, service: step.service, isShown: isShown)
    if stepped.transition != step.transition { mismatch(step, stepped.transition) }
    if let made = step.transition, isShown {
      result.transitions.append(
        ReplayedTransition(made, service: step.service, atMs: step.now.wallMs))
    }
    let move = stepped.transition.flatMap {
      world?.move($0, service: step.service, atMs: step.now.wallMs)
    }
    if let transition = stepped.transition, isShown {
      log.note(transition, move, service: step.service)
    }
    guard let after = world?.machines[step.service] else { return }
    other?.take(
      step, from: before, machine: after, move: move, isShown: isShown)
  }

  private mutating func mismatch(_ step: Step, _ replayed: Transition?) {
    guard isOff.insert(step.service).inserted else { return }
    let why: String
    if let recorded = step.transition, let replayed {
      why = Self.difference(recorded, replayed)
    } else {
      why =
        replayed == nil
        ? "the release that replays decides otherwise, or something was not recorded"
        : "nothing was decided then"
    }
    mismatch(
      step.service, step.now, recorded: Self.words(step.transition),
      replayed: Self.words(replayed), why: why)
  }

  private mutating func mismatch(
    _ service: String, _ now: Now, recorded: String, replayed: String, why: String
  ) {
    isOff.insert(service)
    guard result.mismatches.count < Self.maxMismatches else {
      result.moreMismatches += 1
      return
    }
    result.mismatches.append(
      ReplayMismatch(
        atMs: now.wallMs, service: service, recorded: recorded, replayed: replayed, why: why))
  }

  private static func words(_ transition: Transition?) -> String {
    guard let transition else { return "nothing" }
    let decision = transition.decision
    let opened = transition.opened.map { ", \($0.from ?? "nowhere") to \($0.to)" } ?? ""
    return "rule \(decision.rule.rawValue) \(decision.rule.name)\(opened)"
  }
}

/// How long regions that are confirmed down are not left, by service and rule.
struct HoldLog {
  private struct Key: Hashable {
    var service: String
    var rule: Rule
  }

  private var times: [Key: Int64] = [:]
  /// Of each service's newest step, and the rule under which it was held back from there on.
  private var newest: [String: (at: Instant, rule: Rule?)] = [:]

  /// The most that one step counts for: longer ones are gaps.
  private static let longest: Int64 = 60_000

  mutating func note(_ assessment: Assessment, service: String, isShown: Bool) {
    let now = assessment.now.instant
    // A confirmation that has just ended is not held: the next tick moves.
    let isHeld =
      assessment.facts.source == .confirmed && assessment.intent == nil
      && assessment.decision.rule != .suspect
    defer { newest[service] = (now, isHeld ? assessment.decision.rule : nil) }
    guard isShown, let before = newest[service], let rule = before.rule else { return }
    let span = now.milliseconds - before.at.milliseconds
    times[Key(service: service, rule: rule), default: 0] += min(max(0, span), Self.longest)
  }

  static func lines(_ then: HoldLog, _ new: HoldLog?) -> [ReplayHold] {
    let keys = Set(then.times.keys).union(new.map { Set($0.times.keys) } ?? [])
    let sorted = keys.sorted {
      ($0.service, $0.rule.rawValue) < ($1.service, $1.rule.rawValue)
    }
    return sorted.map { key in
      ReplayHold(
        service: key.service, rule: key.rule.rawValue, ruleName: key.rule.name,
        text: RuleText.sentence(key.rule), thenSeconds: Double(then.times[key] ?? 0) / 1000,
        newSeconds: new.map { Double($0.times[key] ?? 0) / 1000 })
    }
  }
}
